//! The record of a deployment, and its activity at this moment, in one line, for those who watch it.

use crate::ground::failure::Failure;
use crate::talk::windlass::{self, RouteName, Windlass};
use crate::view::approval;
use serde_json::Value;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::deployment::drill::lasted;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::shown::api::deployments::{NotYetRecorded, Record};
use windlass_domain::text::count::count;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// Reads the record of a deployment; `None` where the deployment is accepted and not recorded yet.
///
/// # Errors
/// If the answer has another form: the program and Windlass are of different versions.
pub fn read(answer: &Value) -> Result<Option<Record>, Failure> {
    if windlass::read::<NotYetRecorded>(answer).is_ok() {
        return Ok(None);
    }
    windlass::read(answer).map(Some)
}

/// Asks for the record of a deployment; `None` where the deployment is accepted and not recorded yet.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn of_deployment(windlass: &Windlass, app: &AppName, id: &str) -> Result<Option<Record>, Failure> {
    read(&windlass.get(RouteName::Deployment, &[app.as_str(), id], &[]).await?)
}

/// Reads the environment of a deployment; `None` where it is accepted, and its Git ref chooses the environment.
///
/// # Errors
/// If the answer has another form.
pub fn environment(answer: &Value) -> Result<Option<EnvironmentName>, Failure> {
    Ok(match read(answer)? {
        Some(record) => Some(record.deployment.environment),
        None => windlass::read::<NotYetRecorded>(answer)?.deployment.environment,
    })
}

/// Returns the line; `None` of a record means that the deployment is accepted and not recorded yet.
pub fn activity(record: Option<&Record>, now: Time) -> String {
    let Some(record) = record else {
        return "it is accepted, and its execution begins".to_owned();
    };
    let deployment = &record.deployment;
    if deployment.status == Status::Waiting {
        let since = lasted(now.ms_since(deployment.accepted));
        let what = approval::of_record(record);
        let what = what.map_or_else(|| "its turn".to_owned(), |standing| format!("people ({standing})"));
        return format!("it waits for {what}, for {since} now");
    }
    if deployment.undoing.is_some() {
        let left = of(record, |step| {
            matches!(step.status, StepStatus::Changing | StepStatus::Changed | StepStatus::Failed | StepStatus::Undoing)
        });
        let left = if left.is_empty() { String::new() } else { format!("; not back yet: {}", left.join(", ")) };
        return format!("it is being undone{left}");
    }
    if deployment.status == Status::Recovering {
        return "it is being recovered".to_owned();
    }
    let waves = record.plan.as_ref().map_or(0, |plan| plan.waves.len());
    if waves == 0 {
        return "its targets and gates are looked at, and the plan is made".to_owned();
    }
    let open = |judgement: &&Judgement| judgement.verdict == Verdict::Unknown;
    if let Some(judgement) = record.judgements.iter().rfind(open) {
        let number = judgement.wave + 1;
        return format!("wave {number} of {waves} is watched: {}", watched(deployment, judgement, now));
    }
    let changing = of(record, |step| step.status == StepStatus::Changing);
    let wave = record.steps.iter().filter_map(|step| step.entered).map(|(wave, _)| wave + 1).max();
    let wave = wave.map_or_else(String::new, |wave| format!("wave {wave} of {waves}: "));
    match changing.as_slice() {
        [] => format!("{wave}it goes on with the next change"),
        [name] => format!("{wave}{name} is being changed"),
        names => format!("{wave}{} are being changed", names.join(", ")),
    }
}

fn of(record: &Record, wanted: impl Fn(&Step) -> bool) -> Vec<&str> {
    record.steps.iter().filter(|step| wanted(step)).map(|step| step.component.as_str()).collect()
}

/// Returns how long the wave is watched yet, what its gates say, and when it is looked at next.
fn watched(deployment: &Deployment, judgement: &Judgement, now: Time) -> String {
    let steered = judgement.steered.as_ref();
    let paused = steered.and_then(|steered| steered.paused.as_ref());
    let until = steered.map_or(judgement.until, |steered| steered.until);
    let left = until.ms_since(now);
    let left = match (paused, left) {
        (Some(paused), _) => format!("paused until {} UTC", paused.until.clock()),
        (None, 0) => "its time is over".to_owned(),
        (None, left) => format!("{} left", lasted(left)),
    };
    let mut parts = vec![left];
    parts.extend(gates(judgement));
    let is_over = deployment.ending.is_some();
    let next = judgement.looked.plus_s(judgement.pace_s);
    let next = if paused.is_none() && until > now { next.min(until) } else { next };
    parts.extend((!is_over).then(|| match next.ms_since(now) {
        0 => "it is looked at now".to_owned(),
        ms => format!("next look in {}", lasted(ms)),
    }));
    parts.join("; ")
}

/// Returns how many gates say what.
fn gates(judgement: &Judgement) -> Option<String> {
    let all = judgement.measurements.len();
    if all == 0 {
        return None;
    }
    let are = |verdict: Verdict| judgement.measurements.iter().filter(|one| one.verdict == verdict).count();
    let counts = [
        (are(Verdict::Pass), "passes", "pass"),
        (are(Verdict::Fail), "fails", "fail"),
        (are(Verdict::Unknown), "is unknown", "are unknown"),
    ];
    let counts = counts.into_iter().filter(|(number, ..)| *number > 0);
    let counts: Vec<String> = counts
        .map(|(number, one, many)| {
            let says = if number == 1 { one } else { many };
            format!("{number} of {} {says}", count(all, "gate"))
        })
        .collect();
    Some(counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn record(change: impl Fn(&mut Value)) -> Record {
        let measured = |verdict: &str| json!({"gate": "g", "source": "alarm", "verdict": verdict, "measured": "1", "threshold": "5", "window": "", "at": 0});
        let mut record = json!({
            "deployment": {
                "id": "0123456789abcdef", "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
                "release": {"app": "shop", "version": "1.4.0", "components": {}}, "release_digest": "ab".repeat(32),
                "declaration": "1.3.0", "requester": {"route": "api"}, "order": {"accepted": 0, "id": "0123456789abcdef"},
                "allow_older": false, "accept_red": false, "again": false, "by_person": false,
                "accepted": 0, "started": 0, "executions": ["arn:one"], "status": "running",
            },
            "plan": {"outcome": "change", "warnings": [], "unchanged": [], "waves": [
                {"changes": [{"component": "api", "kind": "lambda", "what": "x"}], "bake_s": 300},
                {"changes": [{"component": "api", "kind": "lambda", "what": "x"}], "bake_s": 300},
            ]},
            "steps": [{
                "deployment": "0123456789abcdef", "app": "shop", "environment": "prod", "component": "api",
                "kind": "lambda", "place": {}, "target": {}, "before": {}, "goals": {}, "attempt": 1,
                "status": "changed", "wave": 0,
            }],
            "judgements": [{
                "wave": 0, "changed": 0, "started": 10_000, "until": 310_000, "verdict": "unknown", "decides": true,
                "polls": 1, "looked": 70_000, "pace_s": 60, "measurements": [measured("pass"), measured("unknown")],
            }],
        });
        change(&mut record);
        read(&record).unwrap().unwrap()
    }

    #[test]
    fn a_watched_wave_shows_the_time_that_is_left_and_the_next_look() {
        let it = record(|_| ());
        let at = |ms: u64| activity(Some(&it), Time(ms));
        let gates = "1 of 2 gates passes, 1 of 2 gates is unknown";
        let table = [
            (90_000, format!("3 min 40 s left; {gates}; next look in 40 s")),
            (130_000, format!("3 min left; {gates}; it is looked at now")),
            (320_000, format!("its time is over; {gates}; it is looked at now")),
        ];
        for (ms, wanted) in table {
            assert_eq!(at(ms), format!("wave 1 of 2 is watched: {wanted}"));
        }
    }

    #[test]
    fn no_moment_of_a_deployment_is_without_words() {
        type Row = (fn(&mut Value), &'static str);
        let table: [Row; 6] = [
            (|it| it["deployment"]["status"] = "waiting".into(), "it waits for its turn, for 1 min now"),
            (
                |it| {
                    it["deployment"]["status"] = "waiting".into();
                    it["deployment"]["approval"] = json!({"hash": "a".repeat(64), "since": 0, "until": 3_600_000});
                    it["needs"] = 2.into();
                },
                "it waits for people (0 of 2 approvals until 1970-01-01T01:00:00Z), for 1 min now",
            ),
            (|it| it["plan"] = Value::Null, "its targets and gates are looked at, and the plan is made"),
            (
                |it| {
                    it["judgements"] = json!([]);
                    it["steps"][0]["status"] = "changing".into();
                    it["steps"][0]["entered"] = json!([1, 0]);
                },
                "wave 2 of 2: api is being changed",
            ),
            (|it| it["judgements"] = json!([]), "it goes on with the next change"),
            (
                |it| it["deployment"]["undoing"] = json!({"name": "GateFailed", "text": "x"}),
                "it is being undone; not back yet: api",
            ),
        ];
        for (change, wanted) in table {
            assert_eq!(activity(Some(&record(change)), Time(60_000)), wanted);
        }
        assert!(activity(None, Time(0)).contains("begins"));
    }
}
