//! A service that ECS deploys, as a kind: its look, its changes, and the words of what callers get.

use super::stage::sentence;
use super::state::{Change, Goal, Seen, Stop, Target, Until};
use super::{images, next, shift_in_words};
use crate::config::Configured;
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::wording;
use crate::kinds::noticed::plain;
use crate::kinds::{BALANCER, ChangeFacts, Class, FORMER, Kind, LookContext, Next, Noticed, Trail, VERSION, View};
use crate::ports::{Clock, EcsApi, Result, S3Api, ShiftedTargetGroups};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::prose;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::count::count;
use windlass_domain::text::prose::Prose;

/// Returns what callers get of a service. It is the same whether ECS or CodeDeploy deploys it.
pub(super) fn noticed(task_definition: &str, images: &BTreeMap<String, String>) -> Value {
    json!({"task_definition": task_definition, "images": images})
}

/// Returns the name and the value, for people, of one member of what callers get.
pub(super) fn field(member: &str, value: &Value) -> (String, String) {
    let value = plain(value);
    if let Some(container) = member.strip_prefix("images.") {
        return (format!("image of container {container}"), value);
    }
    match member {
        "task_definition" => ("task definition".to_owned(), wording::short(&value).to_owned()),
        "moved_by" => ("being moved by CodeDeploy".to_owned(), value),
        other => (other.to_owned(), value),
    }
}

/// Says what a rollout waits for: something of the team's own, its tasks, or what ECS does with a service that does not
/// roll.
fn waits_for(target: &Target, seen: &Seen) -> Option<Prose> {
    if let Some(held) = &seen.held {
        return Some(prose!("the rollout of {} is held by {}; {}", wording::service(target), &held.by, &held.remedy));
    }
    let Some(followed) = &seen.followed else {
        return seen.rolling().map(|primary| wording::tasks_run(seen, primary).into());
    };
    let rollout = followed.rollout.as_ref().filter(|_| followed.stands())?;
    Some(shift_in_words::waits_for(target, rollout).into())
}

/// Says in words what callers get.
fn shown(target: &Target, seen: &Seen) -> String {
    let named = wording::short(&seen.task_definition);
    let followed = seen.followed.as_ref().filter(|it| it.stands());
    match followed.and_then(|it| it.rollout.as_ref()) {
        Some(rollout) => {
            let paused = shift_in_words::paused(target, rollout);
            format!("{named} under way: {}{paused}", sentence(rollout))
        }
        None => format!("{named} steady with {}", count(seen.desired, "task")),
    }
}

impl<P: EcsApi + S3Api + Configured + Clock> Kind for Ecs<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        self.look(target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        View {
            noticed: Noticed {
                value: noticed(&seen.task_definition, &images::texts(&seen.images)),
                shown: shown(target, seen),
            },
            waits_for: waits_for(target, seen),
            is_guarded: false,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        Goal {
            task_definition: Some(seen.task_definition.clone()),
            images: seen.images.clone(),
            completed: seen.completed(),
            until: Until::default(),
        }
    }

    fn idle(_: &Target, seen: &Seen) -> Option<String> {
        (seen.desired == 0).then(|| "the service wants 0 tasks".to_owned())
    }

    fn asks_people(_: &Target, seen: &Seen) -> Option<String> {
        seen.held.as_ref()?.pause.clone()
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let (class, value, what) = match change {
            Change::Register { images } => (
                Class::Additive,
                json!({"register": images}),
                format!("register a task definition with {}", images::in_words(images)),
            ),
            Change::Update(update) => (
                Class::Switching,
                json!(update),
                format!("task definition {} → {}", wording::short(&update.from), wording::short(&update.to)),
            ),
            Change::Stop(Stop { rollout, of, .. }) => {
                (Class::Switching, json!({ "stop": rollout }), format!("stop the deployment of {}", wording::short(of)))
            }
            Change::Answer(pausing) => (Class::Switching, json!(pausing), shift_in_words::answer(pausing)),
        };
        ChangeFacts::new(class, value, what)
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn outputs(seen: &Seen, goal: &Goal) -> BTreeMap<String, String> {
        let mut outputs = vec![("task_definition", seen.task_definition.clone())];
        if goal.until.is_between() && seen.is_shared() {
            // If ECS does not name the target groups, they are empty: two versions get callers, and nobody knows which.
            let ShiftedTargetGroups { balancer, new, former } = seen.target_groups().cloned().unwrap_or_default();
            outputs.extend([(BALANCER, balancer), (VERSION, new), (FORMER, former)]);
        }
        let named = outputs.into_iter();
        named.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.service.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Register { images } => self.register(target, images, deployment).await?,
            Change::Update(update) => self.update(target, update).await?,
            Change::Stop(stop) => self.stop(target, stop).await?,
            Change::Answer(pausing) => self.answer(target, pausing).await?,
        }
        Ok(None)
    }
}
