//! Reads a service: what it is set to, how its rollout stands, what its tasks run and why they stopped.

use super::images::{Images, OwnImage, digests};
use super::state::{
    COMPLETED, FollowedRollout, GIVEN_UP, Goal, HoldingHook, PRIMARY, Registered, Seen, SentUpdate, StoppedTasks,
    Target,
};
use super::{document, hook, pause};
use crate::kinds::LookContext;
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::wording;
use crate::ports::{Clock, EcsApi, OnFailure, Result, Service, ServiceTask, StoppedBy, TaskContainer, TaskDefinition};
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// The tag that names the deployment which registered a task definition.
pub(super) const DEPLOYMENT_TAG: &str = "windlass:deployment";

/// The number of a family's newest task definitions that are searched for one of this deployment. It is registered in
/// the middle of the deployment, so few can be newer.
const LOOK_BACK: u32 = 10;

/// The largest number of different reasons of stopped tasks, and of events, that is kept.
const REASONS: usize = 3;

/// The state of the sent rollout, as the newest of the service's deployments shows it.
#[derive(Default)]
struct Newest {
    held: Option<HoldingHook>,
    rolled_back: Option<String>,
    finished: Option<Time>,
}

impl Newest {
    /// Reads the hooks of a followed deployment. Its status shows whether it is taken back, so that is left out here.
    fn of(followed: &FollowedRollout, target: &Target) -> Self {
        let held = |rollout| hook::held(rollout, pause::own(rollout, &target.pauses));
        Self { held: followed.rollout.as_ref().and_then(held), ..Self::default() }
    }
}

impl<P: EcsApi + Clock> Ecs<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let sent = SentUpdate::of(way);
        let service = self.at.service(&target.cluster, &target.service).await?;
        let followed = self.followed(target, way).await?;
        let set_to = match &followed {
            Some(followed) if followed.stands() => followed.to.clone(),
            _ => service.runs().to_owned(),
        };
        let since = way.begun.map(|begun| begun.at);
        let since = sent.as_ref().map(|sent| sent.at).or(since);
        let seen = self.tasks_of(target, &service, &set_to, since).await?;
        let newest = match &followed {
            Some(followed) => Newest::of(followed, target),
            None => self.newest(target, &service, sent.as_ref(), &seen.troubles).await?,
        };
        // Somebody else may have let it go on from a pause, long after the last send.
        let since = way.sent.as_ref().map(|sent| way.entered.map_or(sent.at, |at| at.max(sent.at)));
        let waited_ms = since.map_or(0, |since| now.ms_since(since));
        // A deployment that was stopped bakes no more.
        let bakes_s = sent.as_ref().map_or(0, |_| target.bakes_s);
        let patience_s = target.steady_within_s.saturating_add(bakes_s);
        Ok(Seen {
            events: sent.as_ref().map_or_else(Vec::new, |sent| events(&service, sent.at)),
            held: newest.held,
            rolled_back: newest.rolled_back,
            finished: newest.finished,
            sent,
            overdue: waited_ms > patience_s.saturating_mul(1000),
            waited_ms,
            deployments: service.deployments,
            followed,
            ..seen
        })
    }

    /// Reads what a service has of this task definition: its images, what its tasks show of them, and why tasks stopped
    /// since then. It does not look at how the service gets there.
    pub(super) async fn tasks_of(
        &self,
        target: &Target,
        service: &Service,
        set_to: &str,
        since: Option<Time>,
    ) -> Result<Seen> {
        let task_definition = self.task_definition(set_to).await?;
        let registered = self.registered(target, &task_definition).await?;
        let running = self.at.tasks(&target.cluster, &target.service, false).await?;
        let (images, unknown_digests) = own_images(&task_definition, target, &running)?;
        let troubles = self.troubles(target, since).await?;
        Ok(Seen {
            images,
            registered,
            desired: service.desired,
            breaker: service.breaker != OnFailure::GoesOn,
            rolls_back: [service.breaker, service.alarms].contains(&OnFailure::RollsBack),
            unknown_digests,
            troubles,
            task_definition: set_to.to_owned(),
            ..Seen::default()
        })
    }

    /// Reads what holds the sent rollout, whether ECS itself has rolled it back, and when it was complete. It asks only
    /// if the service has hooks, is not set to what was sent, or has early success criteria and tasks of a complete
    /// rollout that failed. If the deployments may not be read, the rollout goes on.
    async fn newest(
        &self,
        target: &Target,
        service: &Service,
        sent: Option<&SentUpdate>,
        troubles: &BTreeMap<String, StoppedTasks>,
    ) -> Result<Newest> {
        let set_to = &service.task_definition;
        let Some(sent) = sent else { return Ok(Newest::default()) };
        let is_left = sent.update.to != *set_to;
        let is_complete = service.deployments.iter().all(|d| d.rollout == COMPLETED);
        let may_be_held = !service.hooks.is_empty() && !is_complete;
        let mut complete = service.deployments.iter().filter(|d| d.status == PRIMARY && d.rollout == COMPLETED);
        let has_died =
            service.completes_early && complete.any(|d| d.task_definition == *set_to && troubles.contains_key(set_to));
        if !is_left && !may_be_held && !has_died {
            return Ok(Newest::default());
        }
        let (cluster, name) = (&target.cluster, &target.service);
        // Clocks may be a second apart, and ECS may return whole seconds.
        let since = Time((sent.at.0 / 1000).saturating_sub(1) * 1000);
        let listed = self.at.service_rollouts(cluster, name, since).await;
        match listed.map(|listed| listed.into_iter().next()) {
            Ok(newest) => Ok(Newest {
                held: newest.as_ref().filter(|_| may_be_held).and_then(|newest| hook::held(newest, None)),
                finished: newest
                    .as_ref()
                    .filter(|it| service.completes_early && it.task_definition == *set_to)
                    .and_then(|it| it.finished),
                rolled_back: newest
                    .filter(|newest| is_left && newest.status.starts_with("ROLLBACK_"))
                    .map(|newest| newest.reason),
            }),
            Err(fault) if fault.name.is_transient() => Err(fault),
            Err(fault) => Ok(Newest { held: may_be_held.then(|| hook::unread(&fault)), ..Newest::default() }),
        }
    }

    /// Returns the task definition that this deployment has registered: the one that the service is set to, or one of
    /// the newest of the family.
    async fn registered(&self, target: &Target, set_to: &TaskDefinition) -> Result<Option<Registered>> {
        if let Some(own) = self.as_own(set_to, target) {
            return Ok(Some(own));
        }
        self.find_registered(target).await
    }

    /// Looks through the newest of the family, so that no lost answer leads to a second registration.
    pub(super) async fn find_registered(&self, target: &Target) -> Result<Option<Registered>> {
        let newest = self.at.task_definitions(&target.family, LOOK_BACK).await?;
        for arn in newest {
            let found = self.task_definition(&arn).await?;
            if let Some(own) = self.as_own(&found, target) {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    fn as_own(&self, found: &TaskDefinition, target: &Target) -> Option<Registered> {
        if found.tags.get(DEPLOYMENT_TAG).map(String::as_str) != Some(self.deployment.as_str()) {
            return None;
        }
        let own = target.containers.iter().filter_map(|name| {
            let image = document::image(&found.document, name)?;
            Some((name.clone(), image.to_owned()))
        });
        Some(Registered { arn: found.arn.clone(), images: own.collect() })
    }

    /// Returns why tasks stopped by themselves since the change was sent; nothing if none was sent.
    async fn troubles(&self, target: &Target, since: Option<Time>) -> Result<BTreeMap<String, StoppedTasks>> {
        let Some(since) = since else { return Ok(BTreeMap::new()) };
        let stopped = self.at.tasks(&target.cluster, &target.service, true).await?;
        Ok(troubles(&stopped, since))
    }
}

/// Returns the images of those owned containers that a task definition has, with what its running tasks show, and the
/// number of tasks that show none. An older task definition may not have all containers yet. The fault is `NotFound` if
/// it has none of them.
fn own_images(
    found: &TaskDefinition,
    target: &Target,
    running: &[ServiceTask],
) -> Result<(Images, BTreeMap<String, u32>)> {
    let (mut images, mut unknown) = (Images::new(), BTreeMap::new());
    for name in &target.containers {
        let Some(image) = document::image(&found.document, name) else { continue };
        let (digests, silent) = digests(running, &found.arn, name);
        let image = image.to_owned();
        images.insert(name.clone(), OwnImage { image, digests });
        if silent > 0 {
            unknown.insert(name.clone(), silent);
        }
    }
    if images.is_empty() {
        return Err(Fault::new(
            FaultName::NotFound,
            format!("task definition {} does not have {}", found.arn, wording::containers(target)),
        ));
    }
    Ok((images, unknown))
}

/// Returns whether something happened since then. ECS may return whole seconds, so that everything in the second of the
/// change counts.
fn is_since(at: Time, since: Time) -> bool {
    at.0 / 1000 >= since.0 / 1000
}

/// Returns the events in which ECS gives a deployment up, or is unable to place a task or to go on within
/// `minimumHealthyPercent` and `maximumPercent` (Amazon ECS Developer Guide, "Amazon ECS service event messages").
fn events(service: &Service, since: Time) -> Vec<String> {
    let speaks = |message: &str| message.contains(GIVEN_UP) || message.contains("unable to");
    let mut messages: Vec<String> = Vec::new();
    for event in &service.events {
        let counts = is_since(event.at, since) && speaks(&event.message);
        if counts && messages.len() < REASONS && !messages.contains(&event.message) {
            messages.push(event.message.clone());
        }
    }
    messages
}

fn troubles(stopped: &[ServiceTask], since: Time) -> BTreeMap<String, StoppedTasks> {
    let mut troubles: BTreeMap<String, StoppedTasks> = BTreeMap::new();
    let recent = |task: &&ServiceTask| task.stopped_at.is_some_and(|at| is_since(at, since));
    for task in stopped.iter().filter(recent).filter(|task| is_failure(task)) {
        let trouble = troubles.entry(task.task_definition.clone()).or_default();
        trouble.tasks += 1;
        trouble.last = trouble.last.max(task.stopped_at);
        let reason = reason(task);
        if trouble.reasons.len() < REASONS && !trouble.reasons.contains(&reason) {
            trouble.reasons.push(reason);
        }
    }
    troubles
}

/// Returns whether a task stopped although nobody asked for it (Amazon ECS API Reference, Task: `stopCode`). The
/// scheduler also stops tasks that fail a health check: they count.
fn is_failure(task: &ServiceTask) -> bool {
    match StoppedBy::of(&task.stop_code) {
        Some(StoppedBy::Itself | StoppedBy::Start) => true,
        Some(StoppedBy::Scheduler) => task.stopped_reason.contains("health check"),
        Some(StoppedBy::Others) | None => false,
    }
}

/// Says why a task stopped, such as `EssentialContainerExited: Essential container in task exited (agent: exit code
/// 1)`.
fn reason(task: &ServiceTask) -> String {
    let said = |c: &TaskContainer| container_reason(c, &task.stopped_reason);
    let containers: Vec<String> = task.containers.iter().filter_map(said).collect();
    let containers = if containers.is_empty() { String::new() } else { format!(" ({})", containers.join(", ")) };
    format!("{}: {}{containers}", task.stop_code, task.stopped_reason)
}

/// Returns what a container says besides what the task says already.
fn container_reason(container: &TaskContainer, said: &str) -> Option<String> {
    let exit = container.exit_code.filter(|code| *code != 0).map(|code| format!("exit code {code}"));
    let reason = (!said.contains(&container.reason)).then(|| container.reason.clone());
    let parts: Vec<String> = exit.into_iter().chain(reason).collect();
    (!parts.is_empty()).then(|| format!("{}: {}", container.name, parts.join(", ")))
}
