//! A service that CodeDeploy deploys: what its callers get, and which tasks it has.

use crate::kinds::codedeploy::{self, DeploymentRequest, Followed};
use crate::kinds::ecs::state::{self as ecs, Target};
use crate::kinds::ecs::wording::short;
use crate::ports::TaskSet;
use windlass_domain::text::time::Time;

/// The goal of a service that CodeDeploy deploys.
pub type Goal = codedeploy::Goal<ecs::Goal>;

/// The result of one look at it.
pub type Seen = codedeploy::Seen<ecs::Seen>;

/// One change of it.
pub type Change = codedeploy::Change<ecs::Change>;

impl Followed {
    /// Returns whether its description says that it deploys this task definition.
    pub(super) fn is_to(&self, task_definition: &str) -> bool {
        let to = self.is.description.rsplit(": ").next();
        to == Some(short(task_definition))
    }
}

/// Returns the time that a deployment may take, in seconds: for the new tasks, the steps, the wait before them, and an
/// hour for each hook (AWS CodeDeploy User Guide, "`AppSpec` 'hooks' section").
pub(super) fn patience_s(target: &Target) -> u64 {
    let of_group = target.codedeploy.as_ref().map_or(0, |group| {
        let hooks = group.appspec.hooks().len() as u64;
        (group.minutes + group.ready_min.unwrap_or(0) + hooks * 60) * 60
    });
    target.steady_within_s.saturating_add(of_group)
}

/// Returns the task set with the production traffic.
pub(super) fn primary(task_sets: &[TaskSet]) -> Option<&TaskSet> {
    task_sets.iter().find(|one| one.status == "PRIMARY")
}

/// Returns the task definition that callers get, as if nothing moved by itself. While CodeDeploy moves callers between
/// two that were asked for, it is the one that all callers will get. A stop counts only once it was answered or has
/// taken effect, because otherwise it may not reach the deployment before that succeeds.
pub(super) fn callers(runs: &str, asked: Option<&DeploymentRequest>, followed: Option<&Followed>, now: Time) -> String {
    let (Some(asked), Some(followed)) = (asked, followed) else { return runs.to_owned() };
    let is_of_it = match &asked.stop {
        Some(stop) => *stop == followed.is.id,
        None => followed.is_own && followed.is_to(&asked.to),
    };
    let is_between = [&asked.from, &asked.to].into_iter().any(|one| one == runs);
    let is_on_its_way = !followed.is.is_over() || followed.is_returning(now);
    let is_stopped = followed.is.is_gone() || followed.stops.is_some_and(|sent| sent.answered);
    match is_of_it && is_between && is_on_its_way {
        true if asked.stop.is_none() || is_stopped => asked.to.clone(),
        true => asked.from.clone(),
        false => runs.to_owned(),
    }
}

impl Seen {
    /// Returns whether somebody else has moved callers to a task definition that CodeDeploy cannot have left.
    pub(super) fn is_elsewhere(&self) -> bool {
        let runs = primary(&self.task_sets).map(|one| &one.task_definition);
        let asked = self.asked.as_ref();
        asked.zip(runs).is_some_and(|(asked, runs)| *runs != asked.from && *runs != asked.to)
    }

    /// Returns the percent of the traffic that the tasks of a task definition get, as the followed deployment says.
    pub(super) fn percent(&self, task_definition: &str) -> Option<u64> {
        let followed = self.followed.as_ref()?;
        let own = |one: &&TaskSet| one.task_definition == task_definition;
        let ids: Vec<&str> = self.task_sets.iter().filter(own).map(|one| one.id.as_str()).collect();
        let mut shares = followed.lifecycle.task_sets.iter();
        shares.find(|one| ids.contains(&one.id.as_str())).and_then(|one| one.percent)
    }

    /// True if former tasks of this task definition still run beside those that callers get.
    pub(super) fn still_has(&self, task_definition: &str) -> bool {
        let mut former = self.task_sets.iter().filter(|one| one.status == "ACTIVE");
        former.any(|one| one.task_definition == task_definition && one.running > 0)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
