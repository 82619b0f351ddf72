//! The kind `external`: an outside thing that a Lambda function of the user's looks at and changes.
//!
//! The function is a witness, and Windlass decides. One call goes to one published version, which `Prepare` has pinned,
//! and is sent once. What callers get is a JSON object that is compared by value, recorded, and handed back as the goal
//! to come back to. Only a deployer has the word by which something changes: everybody else looks
//! (`docs/decisions/kinds/0653-changing-a-component-by-a-users-function.md`).

mod ask;
mod find;
mod next;
mod prepare;
mod state;
mod wording;

use self::next::unseen;
use super::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, View, Writes};
use crate::ports::{AssumeRole, Clock, ExternalActApi, ExternalLookApi, OnlyLooks, Result, STARTS_S};
pub use find::needs;
pub use prepare::prepare;
use serde_json::Value;
pub use state::{Change, Goal, Seen, Target, Way};
use std::cell::Cell;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::external::{
    Act, Acted, CONFLICT, Deed, External as Spec, FunctionRefusal, Observe, Subject, TOO_LATE, VALUE,
};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// Returns that what it runs is elsewhere; see [`crate::kinds::writes()`].
pub fn writes(step: &Step) -> Result<Writes> {
    let target: Target = super::from_value("target", &step.target)?;
    Ok(Writes::Elsewhere(format!("the function {} has a log group of its own", target.function.name)))
}

/// Returns nothing: only the function knows which bytes it takes; see [`crate::kinds::check_artifact`].
pub const fn check_artifact(_: &ComponentName, _: &Spec, _: &str, _: &[u8]) -> Vec<Finding> {
    Vec::new()
}

/// The kind, over ports at the target's place: those of a look, and those by which something changes.
#[derive(Debug)]
pub struct External<P, A> {
    at: P,
    acts: A,
    about: Subject,
    /// The time of the last look.
    looked: Cell<Option<Time>>,
}

impl<P, A> External<P, A> {
    /// The kind for one component; the settings come with its target.
    pub const fn new(at: P, acts: A, about: Subject) -> Self {
        Self { at, acts, about, looked: Cell::new(None) }
    }

    /// Returns the component that a request is about.
    fn about(&self, target: &Target) -> Subject {
        Subject { settings: target.settings.clone(), ..self.about.clone() }
    }
}

fn about(step: &Step) -> Subject {
    Subject {
        app: step.app.clone(),
        environment: step.environment.clone(),
        component: step.component.clone(),
        deployment: step.deployment.clone(),
        settings: serde_json::Map::new(),
    }
}

/// Returns the kind of a step, for those who only look.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<External<P, OnlyLooks>> {
    Ok(External::new(ports.at(&step.place), OnlyLooks, about(step)))
}

/// Returns the kind of a step, for its deployer.
#[allow(clippy::unused_async, reason = "the handler waits for every kind")]
pub async fn deployer<P: AssumeRole>(ports: &P, step: &Step) -> Result<External<P, P>> {
    Ok(External::new(ports.at(&step.place), ports.at(&step.place), about(step)))
}

/// The milliseconds between two looks of one invocation: each may ask a service outside that counts its calls.
const PACE_MS: u64 = 5_000;

impl<P: ExternalLookApi + Clock, A: ExternalActApi> Kind for External<P, A> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    const RUNS_FUNCTIONS: bool = true;
    const SENDS_ONCE: bool = true;

    async fn observe(&self, target: &Target, look: &LookContext<'_, Goal>) -> Result<Seen> {
        let way = Way::of(look);
        if let Some(last) = self.looked.get() {
            let since = self.at.now().ms_since(last);
            self.at.sleep_ms(PACE_MS.saturating_sub(since)).await;
        }
        let now = self.at.now();
        self.looked.set(Some(now).filter(|_| way.is_driven));
        let request = Observe::new(&self.about(target), look.goal.map(|goal| &goal.state));
        let seen = ask::look(&self.at, target.looks(), &request, false).await;
        match seen.map_err(|unseen| unseen.fault(target.looks())).and_then(|look| ask::known(target.looks(), look)) {
            Ok((look, state)) => Ok(Seen { now, look, says: wording::says(target.looks()), state, way }),
            Err(fault) if way.is_driven => Err(unseen(target, &way, now, fault)),
            Err(fault) => Err(fault),
        }
    }

    fn view(target: &Target, seen: &Seen) -> View {
        View {
            noticed: Noticed { value: Value::Object(seen.state.clone()), shown: wording::shown(target, &seen.state) },
            waits_for: wording::waits_for(target, seen).map(Into::into),
            is_guarded: seen.look.guarded,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        Goal { state: seen.state.clone() }
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, seen: &Seen) -> ChangeFacts {
        let (class, longer_s) = match change {
            Change::Prepare { timeout_s, .. } => (Class::Additive, *timeout_s),
            Change::Note { .. } => (Class::Additive, 0),
            Change::Send { timeout_s, .. } => (Class::Switching, *timeout_s),
        };
        // Nothing is said of what callers get after it: the outside may take its time.
        ChangeFacts { longer_s, ..ChangeFacts::new(class, change.value(), wording::what(change, seen)) }
    }

    fn outputs(seen: &Seen, _: &Goal) -> BTreeMap<String, String> {
        seen.look.value.iter().map(|value| (VALUE.to_owned(), value.clone())).collect()
    }

    fn calls(_: &Seen) -> u32 {
        1
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        let (goal, is_back) = match change {
            Change::Note { .. } => return Ok(None),
            Change::Prepare { goal, .. } => (goal, false),
            Change::Send { goal, is_back, .. } => (goal, *is_back),
        };
        let release = target.release.as_ref().filter(|_| !is_back);
        let not_after = self.at.now().plus_s(STARTS_S);
        let (about, deed) = (self.about(target), Deed { goal, release, is_back, not_after });
        let acted = if let Change::Send { mark, .. } = change {
            let request = Act::change(&about, &deed, mark.as_deref());
            ask::act(&self.acts, &target.function, &request, Acted::of_change).await?
        } else {
            let request = Act::prepare(&about, &deed);
            ask::act(&self.acts, &target.function, &request, Acted::of_preparation).await?
        };
        match acted {
            Acted::Done => Ok(Some(state::DONE.to_owned())),
            Acted::More => Ok(None),
            Acted::Refused(refusal) => Err(refused(target, &refusal)),
        }
    }
}

/// Returns the fault of a refusal. What is refused was not made: where the mark has moved, or the time was over, the
/// next look decides.
fn refused(target: &Target, refusal: &FunctionRefusal) -> Fault {
    let is_passing = [CONFLICT, TOO_LATE].contains(&refusal.name.as_str());
    let name = if is_passing { FaultName::Conflict } else { FaultName::Refused };
    Fault::new(name, wording::refusal(&target.function, refusal))
}
