//! Checks whether Fargate has room for a release beside what runs. The quota of Fargate counts all vCPUs that run at
//! the same time in the account and the region. Service Quotas returns it, and names the metric of what is used (Amazon
//! ECS Developer Guide, "Amazon ECS service quotas" and "AWS Fargate usage metrics"; Service Quotas API Reference,
//! GetServiceQuota).
//!
//! The quota of tasks per service is not checked: it is about the desired count, which no release changes.

use crate::kinds::ecs::wording;
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{
    Clock, CloudWatchApi, EcsApi, JsonCall, JsonServices, MetricPoint, Result, Service, TaskDefinition,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::{Span, Time};
use windlass_domain::{prose, run};

/// The two sorts of Fargate that have a quota of their own: the name that a service has for it, and the code and the
/// name in Service Quotas.
const SORTS: [(&str, &str, &str); 2] = [
    ("FARGATE", "L-3032A538", "Fargate On-Demand vCPU resource count"),
    ("FARGATE_SPOT", "L-36FBB829", "Fargate Spot vCPU resource count"),
];

/// The time before now in which the newest point of the usage is looked for, in milliseconds. A point comes every few
/// minutes.
const RECENT_MS: u64 = 30 * 60_000;

/// The number of CPU units in a vCPU (Amazon ECS API Reference, TaskDefinition, `cpu`).
const UNITS: u32 = 1024;

/// Adds to the plan what a check finds against it. If the quota could not be asked for, a warning says so.
pub(super) async fn check<P>(
    there: &P,
    input: &PrepareInput<'_>,
    spec: &Spec,
    mut planned: Prepared,
) -> Result<Prepared>
where
    P: EcsApi + JsonServices + CloudWatchApi + Clock,
{
    if !input.is_check {
        return Ok(planned);
    }
    let service = match there.service(&spec.cluster, &spec.service).await {
        // It was reported when the change was planned.
        Err(fault) if matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied) => return Ok(planned),
        service => service?,
    };
    let current = there.task_definition(service.runs()).await?;
    let Some(asked) = QuotaQuery::of(spec, &service, &current) else { return Ok(planned) };
    match asked.room(there).await {
        Ok(room) => asked.check_room(input, room, &mut planned),
        Err(fault) => planned.warnings.push(asked.not_checked(input, &fault)),
    }
    Ok(planned)
}

/// The vCPUs that a release asks Fargate for.
#[derive(Debug, Clone, PartialEq)]
struct QuotaQuery {
    /// The name of the service, for people.
    named: String,
    /// The sorts of Fargate on which its tasks run; several if the service shares its tasks out.
    sorts: Vec<(&'static str, &'static str, &'static str)>,
    /// The vCPUs of one task.
    each: f64,
    /// The number of tasks that are to run beside those that run now: at most at the same time, and at least for the
    /// release to come to its end.
    beside: (u32, u32),
}

/// A quota in vCPUs, and how much of it is used; `None` if that is not known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Room {
    quota: f64,
    used: Option<f64>,
}

impl QuotaQuery {
    /// Returns what a release asks for. `None` if no task runs on Fargate, if the task definition has no `cpu`, or if
    /// no task has to run beside the others.
    fn of(spec: &Spec, service: &Service, current: &TaskDefinition) -> Option<Self> {
        let is_on = |name: &str| service.capacity.iter().any(|one| one == name);
        let sorts: Vec<_> = SORTS.into_iter().filter(|sort| is_on(sort.0)).collect();
        let units: u32 = current.document["cpu"].as_str()?.parse().ok()?;
        let beside = beside(spec, service);
        (!sorts.is_empty() && beside.0 > 0).then(|| Self {
            named: format!("service {}/{}", spec.cluster, spec.service),
            sorts,
            each: f64::from(units) / f64::from(UNITS),
            beside,
        })
    }

    async fn room(&self, there: &(impl JsonServices + CloudWatchApi + Clock)) -> Result<Room> {
        let [(_, code, _)] = self.sorts.as_slice() else {
            let why = "its tasks are shared out between On-Demand and Spot, so that nobody knows how many each gets";
            return Err(Fault::new(FaultName::Refused, why));
        };
        let answer = there.json_call(JsonCall {
            service: "servicequotas",
            target: "ServiceQuotasV20190624.GetServiceQuota",
            body: json!({"ServiceCode": "fargate", "QuotaCode": code}),
        });
        let answer = answer.await?;
        let quota = &answer["Quota"];
        let value = quota["Value"].as_f64();
        let value = value.ok_or_else(|| unreadable("GetServiceQuota showed no value"))?;
        let Some(metric) = metric_of(&quota["UsageMetric"]) else { return Ok(Room { quota: value, used: None }) };
        let now = there.now();
        let from = Time(now.0.saturating_sub(RECENT_MS));
        let points: Vec<MetricPoint> = there.points(&metric, from, now).await?;
        Ok(Room { quota: value, used: points.last().map(|point| point.value) })
    }

    /// Pure: adds a finding if the release has no room. It adds a warning if there is little room, or if the usage is
    /// not known.
    fn check_room(&self, input: &PrepareInput<'_>, room: Room, planned: &mut Prepared) {
        let Room { quota, used } = room;
        let (all, least) = (self.vcpus(self.beside.0), self.vcpus(self.beside.1));
        let Some(used) = used else {
            let why = format!(
                "CloudWatch does not show how many of the {quota} vCPUs are used, of which the release takes up to {all} beside what runs"
            );
            planned.warnings.push(self.not_checked(input, &Fault::new(FaultName::NotFound, why)));
            return;
        };
        let left = quota - used;
        if all <= left {
            return;
        }
        let (sort, code) = self.sorts.first().map_or(("", ""), |sort| (sort.2, sort.1));
        let wanted = (used + all).ceil();
        let reason = format!(
            "{} starts {} beside those that run, of {} vCPU each, and {used} of the {quota} vCPUs of the quota `{sort}` are used",
            self.named,
            count(self.beside.0 as usize, "task"),
            self.each
        );
        let more = prose!(
            "ask for more: {}",
            run!(
                "aws service-quotas request-service-quota-increase --service-code fargate --quota-code {code} --desired-value {wanted}"
            )
        );
        let finding = |then: &str, remedy: Prose| {
            let name = FindingName::TargetNotReady;
            wording::finding(name, input.path("service"), format!("{reason}{then}"), remedy)
        };
        if least > left {
            let remedy = prose!("{}; or stop tasks that nobody needs", more);
            planned.findings.push(finding(", so that they are not started and the rollout fails", remedy));
        } else {
            planned.warnings.push(finding(", so that ECS rolls with fewer at a time, and longer", more));
        }
    }

    fn vcpus(&self, tasks: u32) -> f64 {
        f64::from(tasks) * self.each
    }

    fn not_checked(&self, input: &PrepareInput<'_>, fault: &Fault) -> Finding {
        let (name, remedy) = match fault.name {
            FaultName::AccessDenied => (
                FindingName::NoPermission,
                "allow `servicequotas:GetServiceQuota` and `cloudwatch:GetMetricData` to the role that reads the service",
            ),
            _ => (
                FindingName::CouldNotPrepare,
                "look at the quota, and at what is used of it, in the console of Service Quotas",
            ),
        };
        let reason = format!(
            "whether Fargate has room for the tasks of {}. {}",
            self.named,
            fault.message.trim_end_matches('.')
        );
        wording::finding(name, input.path("service"), reason, remedy).not_checked()
    }
}

/// Pure: returns how many tasks run beside the wanted ones at most, and how many must at least. A service that rolls
/// goes on with one at a time, and with none if it may stop one first. Every other service starts all its tasks again.
fn beside(spec: &Spec, service: &Service) -> (u32, u32) {
    let wanted = service.desired;
    if !spec.rollout.is_rolling() || spec.codedeploy.is_some() {
        return (wanted, wanted);
    }
    let (least, most) = service.percents;
    let share = |percent: u32| u64::from(wanted) * u64::from(percent);
    let may_run = u32::try_from(share(most) / 100).unwrap_or(u32::MAX);
    let beside = may_run.saturating_sub(wanted);
    let may_stop = share(least).div_ceil(100) < u64::from(wanted);
    (beside, if may_stop { 0 } else { beside.min(1) })
}

/// Returns the metric that a quota names (Service Quotas API Reference, MetricInfo).
fn metric_of(usage: &Value) -> Option<MetricGate> {
    let text = |member: &str| usage[member].as_str().map(str::to_owned);
    let dimensions = usage["MetricDimensions"].as_object()?.iter();
    let dimensions = dimensions.map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        (name.clone(), value.to_owned())
    });
    let dimensions: BTreeMap<String, String> = dimensions.collect();
    Some(MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: text("MetricNamespace")?,
            metric: text("MetricName")?,
            dimensions,
            statistic: text("MetricStatisticRecommendation").unwrap_or_else(|| "Maximum".into()),
        }),
        region: None,
        period: Span::seconds(60),
        at_most: None,
        at_least: None,
    })
}

fn unreadable(why: &str) -> Fault {
    Fault::new(FaultName::Unavailable, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::prepared::tests::asked_of;
    use windlass_domain::declaration::resolved::Place;

    fn spec(rollout: &str) -> Spec {
        serde_json::from_value(json!({
            "cluster": "shop", "service": "agent", "containers": {"agent": "shop/agent"}, "base": "running",
            "rollout": rollout, "pause": [], "steady_within": "15m",
        }))
        .unwrap()
    }

    fn service(desired: u32, percents: (u32, u32), capacity: &[&str]) -> Service {
        Service {
            arn: "arn:aws:ecs:eu-west-1:111111111111:service/shop/agent".into(),
            status: "ACTIVE".into(),
            task_definition: "agent:1".into(),
            desired,
            running: desired,
            capacity: capacity.iter().map(|one| (*one).to_owned()).collect(),
            controller: "ECS".into(),
            strategy: "ROLLING".into(),
            percents,
            completes_early: false,
            breaker: crate::ports::OnFailure::RollsBack,
            alarms: crate::ports::OnFailure::GoesOn,
            hooks: vec![],
            shifting: crate::ports::Shifting::default(),
            deployments: vec![],
            task_sets: vec![],
            events: vec![],
            tags: BTreeMap::new(),
        }
    }

    fn definition(cpu: &str) -> TaskDefinition {
        TaskDefinition {
            arn: "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:1".into(),
            family: "agent".into(),
            document: json!({"cpu": cpu}),
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn how_many_tasks_run_beside_the_others() {
        let table = [
            ("rolling", 4, (100, 200), (4, 1)),
            ("rolling", 4, (100, 150), (2, 1)),
            ("rolling", 4, (50, 200), (4, 0)),
            ("rolling", 4, (50, 100), (0, 0)),
            ("rolling", 1, (100, 150), (0, 0)),
            ("rolling", 0, (100, 200), (0, 0)),
            ("blue_green", 4, (100, 200), (4, 4)),
            ("canary", 4, (50, 100), (4, 4)),
        ];
        for (rollout, desired, percents, expected) in table {
            let found = beside(&spec(rollout), &service(desired, percents, &["FARGATE"]));
            assert_eq!(found, expected, "{rollout} {desired} {percents:?}");
        }
    }

    #[test]
    fn only_fargate_has_this_quota() {
        let table = [
            (&["FARGATE"][..], "512", Some(1)),
            (&["FARGATE_SPOT"], "512", Some(1)),
            (&["FARGATE", "FARGATE_SPOT"], "512", Some(2)),
            (&["EC2"], "512", None),
            (&[], "512", None),
            (&["FARGATE"], "", None),
        ];
        for (capacity, cpu, expected) in table {
            let service = service(2, (100, 200), capacity);
            let asked = QuotaQuery::of(&spec("rolling"), &service, &definition(cpu));
            assert_eq!(asked.map(|asked| asked.sorts.len()), expected, "{capacity:?} {cpu}");
        }
    }

    #[test]
    fn a_release_that_has_no_room_is_found_and_one_with_little_is_warned_of() {
        let place = Place::default();
        let input = PrepareInput { is_check: true, ..asked_of("agent", &place) };
        // rollout, used of 6 vCPUs: findings, warnings, and a part of what is reported
        let table = [
            ("rolling", Some(4.0), 0, 0, ""),
            ("rolling", Some(5.0), 0, 1, "with fewer at a time"),
            ("rolling", Some(6.0), 1, 0, "--desired-value 8"),
            ("blue_green", Some(4.0), 0, 0, ""),
            ("blue_green", Some(5.0), 1, 0, "the rollout fails"),
            ("rolling", None, 0, 1, "Not checked: "),
        ];
        for (rollout, used, findings, warnings, part) in table {
            // Four tasks of half a vCPU.
            let service = service(4, (100, 200), &["FARGATE"]);
            let asked = QuotaQuery::of(&spec(rollout), &service, &definition("512")).unwrap();
            let mut planned = Prepared::default();
            asked.check_room(&input, Room { quota: 6.0, used }, &mut planned);
            let reported = format!("{:?}{:?}", planned.findings, planned.warnings);
            let found = (planned.findings.len(), planned.warnings.len());
            assert_eq!(found, (findings, warnings), "{rollout} {used:?} {reported}");
            assert!(reported.contains(part), "{reported}");
        }
    }
}
