//! Shared code of the kinds whose callers a deployment of AWS CodeDeploy moves. Such a kind is another one, which
//! brings what callers are to get, and a group of CodeDeploy, which moves them to it (decision 0450). They
//! differ in [`MovesCallers`] alone.
//!
//! A look reads what CodeDeploy does in the group, and then the target. So what is read of the target is never older
//! than what is known of the deployment that moves its callers.

mod deployments;
mod group;
mod sentences;
mod state;
mod waves;
pub(super) mod wording;

use crate::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, Trail, View};
use crate::ports::{Clock, CodeDeployApi, Deployed, DeploymentWait, Lifecycle, NewDeployed, Result};
#[cfg(test)]
pub(super) use deployments::SentCalls;
pub use deployments::words;
use deployments::{MARK, ROLLBACK, mark, sent};
pub(super) use deployments::{POLL_S, again};
pub(super) use group::{Asks, FoundGroup, SERVICES, needs, refused};
pub(super) use sentences::status;
use serde_json::Value;
pub use state::*;
use std::collections::BTreeMap;
pub(super) use waves::GroupWaves;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Time;

/// A kind whose callers a group of CodeDeploy can move. [`Kind`] is what it does without CodeDeploy.
pub trait MovesCallers: Kind {
    /// True if a deployment keeps the former tasks for a while once all callers are moved. Windlass then follows it
    /// after its release too, because it bars the group.
    const KEEPS_FORMER: bool;

    /// Pure: the group of a target.
    fn group(target: &Self::Target) -> Option<&PlannedGroup>;

    /// Pure: the target in words.
    fn place(target: &Self::Target) -> String;

    /// Pure: what a deployment's description says of what it brings, and its AppSpec.
    fn content(appspec: &AppSpec, way: &Replacement) -> (String, String);

    /// Looks at the target itself, and at the task sets of a service, once it is known what CodeDeploy does with them.
    /// So what is read of the target is never older than that.
    async fn see(
        &self,
        target: &Self::Target,
        way: &LookContext<'_, Goal<Self::Goal>>,
        seen: Seen<()>,
    ) -> Result<Seen<Self::Seen>>;

    /// Lets a deployment go on that waits for that. Where none ever waits, no call is made: the function's role needs
    /// none.
    async fn go_on(_at: &impl CodeDeployApi, deployment: &str, _waiting: DeploymentWait) -> Result<()> {
        Err(Fault::internal(format!("{deployment} waits for nobody")))
    }

    /// Pure: what callers get, as if nothing moved by itself ([`crate::kinds::View::noticed`]).
    fn noticed(seen: &Seen<Self::Seen>) -> Noticed;

    /// Pure: what callers get once all of them are moved.
    fn after(to: &str, images: &BTreeMap<String, String>) -> Noticed;

    /// Pure: what is recorded to come back to.
    fn record(seen: &Seen<Self::Seen>) -> Self::Goal;

    /// Pure: what to do next; see [`Kind::next`].
    fn next_move(target: &Self::Target, seen: &Seen<Self::Seen>, goal: &Goal<Self::Goal>)
    -> Next<Change<Self::Change>>;

    /// Pure: what callers get, in words, with what CodeDeploy does about it.
    fn shown(target: &Self::Target, seen: &Seen<Self::Seen>) -> String;

    /// Pure: what the target waits for; see [`crate::kinds::View::waits_for`].
    fn waits_for(target: &Self::Target, seen: &Seen<Self::Seen>) -> Option<String>;

    /// Pure: the deployment that waits for a person; see [`Kind::asks_people`].
    fn left_to_people(_target: &Self::Target, _seen: &Seen<Self::Seen>) -> Option<String> {
        None
    }

    /// Pure: what is replaced by what, in words, such as `alias live 41 → 42`.
    fn what(seen: &Seen<Self::Seen>, way: &Replacement) -> String;
}

/// The configuration by which callers of a service go back. CodeDeploy has it in every account (AWS CodeDeploy User
/// Guide, "Predefined deployment configurations for an Amazon ECS compute platform").
const AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

/// The seconds by which the clock of CodeDeploy may be behind.
const CLOCKS_S: u64 = 10;

/// The kind of a target whose callers CodeDeploy moves.
pub struct CodeDeployed<K, P> {
    /// The kind of the same target without CodeDeploy.
    of: K,
    /// The ports at the target's place.
    at: P,
    deployment: DeploymentId,
}

impl<K, P> CodeDeployed<K, P> {
    /// Builds it for one deployment from the kind without CodeDeploy, and the ports at the target's place.
    pub fn new(of: K, at: P, deployment: DeploymentId) -> Self {
        Self { of, at, deployment }
    }
}

impl<K: MovesCallers, P: CodeDeployApi + Clock> Kind for CodeDeployed<K, P> {
    type Target = K::Target;
    type Seen = Seen<K::Seen>;
    type Goal = Goal<K::Goal>;
    type Change = Change<K::Change>;

    async fn observe(&self, target: &K::Target, way: &LookContext<'_, Self::Goal>) -> Result<Self::Seen> {
        let at = &self.at;
        let now = at.now();
        let group = group_of::<K>(target)?;
        let group = (group.application.as_str(), group.group.as_str());
        let begun: Vec<Time> = DeploymentRequest::begun(way.changes.iter()).map(|asked| asked.at).collect();
        let when = begun.first().copied().zip(begun.last().copied());
        let all = deployments::deployments(at, group, when).await?;
        let asked = way.changes.iter().rev().find_map(DeploymentRequest::of);
        let followed = self.followed(way.changes, asked.as_ref(), &all).await?;
        let followed = followed.map(|it| Followed { is_own: it.is_own && !is_former(way, &it.is), ..it });
        let own = |id: &str| {
            followed.as_ref().is_some_and(|it| it.is.id == id || it.rollback.as_ref().is_some_and(|back| back.id == id))
        };
        let other = all.iter().find(|one| !one.is_over() && !own(&one.id)).cloned();
        let other_moves = match other.as_ref().filter(|_| way.goal.is_none()) {
            Some(other) if K::KEEPS_FORMER => !is_ending(other, &at.lifecycle_events(&other.id).await?),
            other => other.is_some(),
        };
        let forward = newest(way.changes.iter().filter(|one| !one.undo));
        let (task_sets, sent) = (vec![], tried(way));
        let seen = Seen { now, of: (), task_sets, asked, forward, sent, followed, other, other_moves };
        self.of.see(target, way, seen).await
    }

    fn view(target: &K::Target, seen: &Self::Seen) -> View {
        let mut noticed = K::noticed(seen);
        noticed.shown = K::shown(target, seen);
        if let Some(other) = seen.other.as_ref().filter(|_| seen.other_moves) {
            // Nobody knows where somebody else's deployment will leave the callers: what they get is not as recorded.
            noticed.value["moved_by"] = other.id.clone().into();
        }
        View {
            noticed,
            waits_for: K::waits_for(target, seen).map(Into::into),
            // A group has one deployment at a time, and nobody else may change the task sets of its service. CodeDeploy
            // begins nothing unless an alias is as the AppSpec says, and the alias itself moves upon its RevisionId.
            // Every other call names a deployment of Windlass's (`docs/safety-limits.md`).
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn back(seen: &Self::Seen) -> Self::Goal {
        Goal::to(K::record(seen))
    }

    fn unsettled(target: &K::Target, seen: &Self::Seen) -> Option<Finding> {
        let moving = seen.moving().map(|moving| sentences::unsettled(&K::place(target), moving));
        moving.or_else(|| K::unsettled(target, &seen.of))
    }

    fn idle(target: &K::Target, seen: &Self::Seen) -> Option<String> {
        K::idle(target, &seen.of)
    }

    fn asks_people(target: &K::Target, seen: &Self::Seen) -> Option<String> {
        K::left_to_people(target, seen)
    }

    fn share(seen: &Self::Seen) -> Option<u32> {
        K::share(&seen.of)
    }

    fn next(target: &K::Target, seen: &Self::Seen, goal: &Self::Goal) -> Next<Self::Change> {
        K::next_move(target, seen, goal)
    }

    fn facts(change: &Self::Change, seen: &Self::Seen) -> ChangeFacts {
        let after = match change {
            Change::Of(change) => return K::facts(change, &seen.of),
            Change::Begin { way, .. } | Change::Stop { way: Some(way), .. } => Some(K::after(&way.to, &way.images)),
            Change::Stop { way: None, .. } => seen.asked.as_ref().map(|asked| K::after(&asked.from, &BTreeMap::new())),
            Change::Continue { .. } => Some(K::noticed(seen)),
        };
        let what = wording::what(change, |way| K::what(seen, way));
        ChangeFacts { after, ..ChangeFacts::new(Class::Switching, change.value(), what) }
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        K::field(member, value)
    }

    fn outputs(seen: &Self::Seen, goal: &Self::Goal) -> BTreeMap<String, String> {
        K::outputs(&seen.of, &goal.of)
    }

    fn own_part(target: &K::Target) -> Option<&str> {
        K::own_part(target)
    }

    fn trail(target: &K::Target) -> Option<Trail> {
        K::trail(target)
    }

    fn owned(target: &K::Target) -> String {
        K::owned(target)
    }

    async fn ready(&self, target: &K::Target, change: &Self::Change) -> Result<()> {
        match change {
            Change::Of(change) => self.of.ready(target, change).await,
            _ => Ok(()),
        }
    }

    async fn change(
        &self,
        target: &K::Target,
        change: &Self::Change,
        deployment: &DeploymentId,
    ) -> Result<Option<String>> {
        match change {
            Change::Of(change) => self.of.change(target, change, deployment).await,
            Change::Begin { way, at_once, .. } => {
                let group = group_of::<K>(target)?;
                let (brings, content) = K::content(&group.appspec, way);
                let new = NewDeployed {
                    application: group.application.clone(),
                    group: group.group.clone(),
                    description: format!("{}{brings}", mark(deployment)),
                    content,
                    configuration: at_once.then(|| AT_ONCE.to_owned()),
                };
                self.at.create_deployment(&new).await.map(Some)
            }
            Change::Stop { deployment, .. } => self.at.stop_deployment(deployment).await.map(|()| None),
            Change::Continue { deployment, waiting, .. } => {
                K::go_on(&self.at, deployment, *waiting).await.map(|()| None)
            }
        }
    }
}

/// Returns the deployment group of a target.
fn group_of<K: MovesCallers>(target: &K::Target) -> Result<&PlannedGroup> {
    K::group(target).ok_or_else(|| Fault::internal("the step names no deployment group"))
}

impl<K: MovesCallers, P: CodeDeployApi + Clock> CodeDeployed<K, P> {
    /// Returns the newest deployment of CodeDeploy that this deployment has created. If there is none, it is the one
    /// that this deployment has stopped, or else one of an earlier deployment of Windlass that keeps the group.
    async fn followed(
        &self,
        changes: &[ChangeRecord],
        asked: Option<&DeploymentRequest>,
        all: &[Deployed],
    ) -> Result<Option<Followed>> {
        let at = &self.at;
        let own = mark(&self.deployment);
        let with_more = format!("{own}: ");
        let is_mine = |one: &&Deployed| {
            let by = &one.description;
            (*by == own || by.starts_with(&with_more)) && one.creator != ROLLBACK
        };
        let mine = all.iter().filter(is_mine).max_by_key(|one| one.created).cloned();
        let is_own = mine.is_some();
        let is = match (mine, asked.and_then(|asked| asked.stop.as_ref())) {
            (Some(mine), _) => Some(mine),
            (None, Some(stopped)) => deployments::deployment(at, stopped).await?,
            (None, None) => {
                let is_earlier = |one: &&Deployed| one.description.starts_with(MARK) && one.creator != ROLLBACK;
                all.iter().filter(|_| K::KEEPS_FORMER).find(|one| is_earlier(one) && !one.is_over()).cloned()
            }
        };
        let Some(is) = is else { return Ok(None) };
        let rollback = deployments::rollback(at, &is, all).await?;
        let lifecycle = match is.status.as_str() {
            "Succeeded" => Lifecycle::default(),
            _ => at.lifecycle_events(&is.id).await?,
        };
        let [stops, goes, ends] = ["stop", "go", "end"].map(|member| sent(changes, member, &is.id));
        Ok(Some(Followed { is, is_own, rollback, lifecycle, keeps_former: K::KEEPS_FORMER, stops, goes, ends }))
    }
}

/// Returns whether a deployment was over before this wave began, behind others that have touched the target since; or
/// before the undo was asked for once more behind them, so that the changes of the former one have no token.
fn is_former<Goal>(way: &LookContext<'_, Goal>, is: &Deployed) -> bool {
    let began = way.behind.and(way.entered);
    let is_before = |(created, began): (Time, Time)| created.plus_s(CLOCKS_S) < began;
    let asked = way.changes.iter().rfind(|one| DeploymentRequest::of(one).is_some());
    let is_of_former_undo = asked.is_some_and(|one| one.undo && one.token == 0);
    is.is_over() && (is_of_former_undo || is.created.zip(began).is_some_and(is_before))
}

/// Returns what the newest of these changes that asks for a deployment brings.
fn newest<'a>(changes: impl DoubleEndedIterator<Item = &'a ChangeRecord>) -> Option<String> {
    DeploymentRequest::begun(changes).next_back().map(|asked| asked.to)
}

/// Returns what a deployment was asked for last, in the same direction and under the same token as the last change that
/// was sent.
fn tried<Goal>(way: &LookContext<'_, Goal>) -> Option<String> {
    let last = way.sent.as_ref()?;
    let known = way.changes.iter().rfind(|one| one.change == last.change)?;
    newest(way.changes.iter().filter(|one| one.undo == known.undo && one.token == known.token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn behind_others_what_an_earlier_wave_created_is_not_followed() {
        let at = |seconds: u64| Some(Time(0).plus_s(seconds));
        // The wave behind others, when it began, the status of a deployment, when it was created, and whether it is
        // of an earlier wave.
        for (behind, entered, status, created, wanted) in [
            (Some(2), at(600), "Succeeded", at(60), true),
            (Some(2), at(600), "Succeeded", at(601), false),
            (Some(2), at(600), "InProgress", at(60), false),
            (None, at(600), "Succeeded", at(60), false),
        ] {
            let way = LookContext::<()> { entered, behind, ..LookContext::default() };
            let is = Deployed { status: status.into(), created, ..Deployed::default() };
            assert_eq!(is_former(&way, &is), wanted, "{behind:?} {status} {created:?}");
        }
    }

    #[test]
    fn what_an_undo_created_that_is_asked_for_once_more_is_not_followed() {
        for (undo, token, status, wanted) in [
            (true, 0, "Succeeded", true),
            (true, 0, "InProgress", false),
            (true, 7, "Succeeded", false),
            (false, 0, "Succeeded", false),
        ] {
            let change = json!({"at": 0, "change": {"begin": {"from": "1", "to": "2"}}, "what": "", "answered": true,
                "undo": undo, "token": token});
            let changes = [serde_json::from_value(change).unwrap()];
            let way = LookContext::<()> { changes: &changes, ..LookContext::default() };
            let is = Deployed { status: status.into(), ..Deployed::default() };
            assert_eq!(is_former(&way, &is), wanted, "{undo} {token} {status}");
        }
    }
}
