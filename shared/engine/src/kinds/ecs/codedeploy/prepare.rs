//! Plans what CodeDeploy does with a service. `Prepare` asks: is the group there, of Amazon ECS, and free; does it
//! deploy this service, and in which steps? What the service itself needs has been planned by then.

use super::state::{Goal, Moved, is_ending};
use super::wording;
use crate::kinds::codedeploy::group::{self, looks};
use crate::kinds::codedeploy::{self, CODEDEPLOY, MARK, sentences};
use crate::kinds::ecs::state::{self as ecs, Group, Target};
use crate::kinds::{Holds, PrepareInput, Prepared, Stage, from_value, to_value};
use crate::ports::{CodeDeployApi, Deployed, DeploymentGroup, EcsApi, Result};
use crate::trouble::{Checked, Trouble, collected};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::declaration::kinds::ecs::Ecs as Spec;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans what the group does of what is planned of the service.
pub async fn prepare(
    there: &(impl EcsApi + CodeDeployApi),
    input: &PrepareInput<'_>,
    spec: &Spec,
    declared: &Declared,
    planned: Prepared,
) -> Result<Prepared> {
    let asks = Asks { of: group::Asks { there, input, declared, platform: "ECS" }, spec };
    let found = match asks.find().await {
        Err(trouble) => return Ok(with(trouble.findings()?, planned)),
        // The service that the group would be asked about need not be there.
        Ok(_) if !planned.findings.is_empty() => return Ok(planned),
        Ok(found) => found,
    };
    let target = Target { codedeploy: Some(found.group.clone()), ..from_value("target", &planned.target)? };
    if let Some(busy) = asks.busy(&target).await? {
        return Ok(with(vec![busy], planned));
    }
    let way = WavePlanner { found: &found, service: &spec.service, is_back: input.goal_state.is_some() };
    let mut stages = Vec::new();
    for stage in &planned.stages {
        stages.extend(way.stages(stage)?);
    }
    Ok(Prepared { target: to_value(&target)?, stages, ..planned })
}

/// Returns the plan, refused for these findings as well.
fn with(more: Vec<Finding>, planned: Prepared) -> Prepared {
    let mut findings = planned.findings;
    findings.extend(more);
    Prepared { claims: planned.claims, ..Prepared::refused(findings) }
}

/// A group that can deploy this service.
struct Found {
    group: Group,
    /// The group and what it will do, in words.
    words: String,
}

struct WavePlanner<'a> {
    found: &'a Found,
    service: &'a str,
    is_back: bool,
}

impl WavePlanner<'_> {
    /// Plans the waves. CodeDeploy goes by itself. It is looked at in waves for as long as the configuration says, so
    /// that gates watch it, and so that Windlass soon reports what CodeDeploy takes back. If the declaration says so,
    /// CodeDeploy waits for Windlass before these waves. A way back is one wave.
    fn stages(&self, planned: &Stage) -> Result<Vec<Stage>> {
        let of: ecs::Goal = from_value("goal", &planned.goal)?;
        let Group { minutes, ready_min, continues, .. } = self.found.group;
        let what = &planned.what;
        let mut stages = Vec::new();
        if let Some(ready_min) = ready_min.filter(|_| continues && !self.is_back) {
            stages.push(Stage {
                holds: Some(self.holds(ready_min)),
                ..stage(&of, Moved::Ready, format!("{what}, ready"))?
            });
        }
        let looks = if self.is_back { 0 } else { looks(minutes) };
        for look in 1..=looks {
            stages.push(Stage {
                bake_s: Some(minutes * 60 / looks),
                look: look > 1,
                timed_by: Some(CODEDEPLOY),
                ..stage(&of, Moved::Some, format!("{what}, look {look} of {looks}"))?
            });
        }
        // CodeDeploy counts the time until it ends the former tasks.
        stages.push(Stage { timed_by: Some(CODEDEPLOY), ..stage(&of, Moved::All, format!("{what}, complete"))? });
        if let Some(first) = stages.first_mut() {
            let ready = if first.holds.is_some() { ", ready" } else { "" };
            let words = if self.is_back {
                "CodeDeploy, all callers at once"
            } else {
                &format!("CodeDeploy's {}", self.found.words)
            };
            first.what = format!("{what} by {words}{ready}");
        }
        Ok(stages)
    }

    /// Returns the time after which CodeDeploy stops a deployment that waits.
    fn holds(&self, ready_min: u64) -> Holds {
        Holds {
            member: "codedeploy",
            seconds: ready_min * 60,
            when: format!("while CodeDeploy waits before it moves callers of service {}", self.service),
            kept: "its deployment group waits".to_owned(),
            then: "then CodeDeploy stops the deployment".to_owned(),
            longer: "raise `waitTimeInMinutes` of its `deploymentReadyOption` to at least".to_owned(),
            is_always: true,
        }
    }
}

fn stage(of: &ecs::Goal, moved: Moved, what: String) -> Result<Stage> {
    let of = of.clone();
    Ok(Stage::new(to_value(&Goal { of, moved })?, what))
}

struct Asks<'a, P> {
    of: group::Asks<'a, P>,
    spec: &'a Spec,
}

impl<P: EcsApi + CodeDeployApi> Asks<'_, P> {
    async fn find(&self) -> Checked<Found> {
        let of = &self.of;
        let found = of.group().await?;
        let routing = of.there.routing(&found.configuration).await?;
        let mut findings = Vec::new();
        let minutes = of.minutes(&found, &routing).map_err(Trouble::from);
        let minutes = collected(minutes, &mut findings)?;
        let appspec = match self.of_another(&found) {
            Some(finding) => Err(finding.into()),
            None => self.appspec(&found).await,
        };
        let appspec = collected(appspec, &mut findings)?;
        match (minutes, appspec) {
            (Some(minutes), Some(appspec)) => Ok(Found {
                words: sentences::way(&of.named(), &routing, &appspec),
                group: Group {
                    application: of.declared.application.clone(),
                    group: of.declared.group.clone(),
                    minutes,
                    ready_min: found.ready_min,
                    ends_min: found.ends_min,
                    continues: of.declared.continue_when_ready,
                    appspec,
                },
            }),
            _ => Err(findings.into()),
        }
    }

    /// Finds a group of another service.
    fn of_another(&self, found: &DeploymentGroup) -> Option<Finding> {
        let name = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
        let own = (name(&self.spec.cluster), self.spec.service.clone());
        let mut all = found.services.iter();
        if all.any(|(cluster, service)| (name(cluster), name(service)) == own) {
            return None;
        }
        let named = found.services.iter().map(|(cluster, service)| format!("{cluster}/{service}"));
        let named: Vec<String> = named.collect();
        Some(self.of.finding(
            FindingName::BadValue,
            format!(
                "CodeDeploy's {} deploys {}, and not service {}/{}.",
                self.of.named(),
                match named.as_slice() {
                    [] => "no service".to_owned(),
                    named => format!("service {}", named.join(", ")),
                },
                self.spec.cluster,
                self.spec.service
            ),
            "Name the deployment group that deploys this service.",
        ))
    }

    /// Returns the document of the group's last revision. If there is none, it is made from the task set that has the
    /// callers.
    async fn appspec(&self, found: &DeploymentGroup) -> Checked<AppSpec> {
        match self.of.last_text(found).await? {
            Some(text) => AppSpec::read_service(&text).map_err(|why| self.of.unreadable(&why, "this service").into()),
            None => self.first().await,
        }
    }

    async fn first(&self) -> Checked<AppSpec> {
        let (cluster, service) = (&self.spec.cluster, &self.spec.service);
        let found = self.of.there.service(cluster, service).await?;
        let shape = super::state::primary(&found.task_sets).map(|primary| &primary.shape);
        let shape = shape.filter(|shape| shape.container.is_some());
        match shape {
            Some(shape) => Ok(AppSpec::of_service(shape)),
            None => Err(self.of.finding(
                FindingName::TargetNotReady,
                format!(
                    "CodeDeploy's {} has deployed nothing yet, and no task set of service {cluster}/{service} is PRIMARY behind a load balancer, so that nobody knows what to deploy it with.",
                    self.of.named()
                ),
                "Deploy the service once with CodeDeploy; Windlass goes on from there.",
            ).into()),
        }
    }

    /// Finds somebody's deployment under way in the group. One of an earlier release that only keeps the former tasks
    /// does not count.
    async fn busy(&self, target: &Target) -> Result<Option<Finding>> {
        let Some(group) = &target.codedeploy else {
            return Ok(None);
        };
        let there = self.of.there;
        let group = (group.application.as_str(), group.group.as_str());
        let all = codedeploy::deployments(there, group, None).await?;
        for other in all.into_iter().filter(|one| !one.is_over()) {
            if !self.is_left(&other).await? {
                return Ok(Some(Finding {
                    path: self.of.input.path("codedeploy.group"),
                    ..wording::busy(target, &other)
                }));
            }
        }
        Ok(None)
    }

    /// Returns whether an earlier release has left it only to keep the former tasks.
    async fn is_left(&self, other: &Deployed) -> Result<bool> {
        if !other.description.starts_with(MARK) {
            return Ok(false);
        }
        let lifecycle = self.of.there.lifecycle_events(&other.id).await?;
        Ok(is_ending(other, &lifecycle))
    }
}
