//! Kinds of components. Each kind has a folder, and one line in the registry (`registry.rs`).

pub mod appconfig;
pub mod archive;
mod codedeploy;
pub mod ecs;
pub mod external;
mod kept_documents;
pub mod lambda;
mod look_context;
pub mod needs;
pub mod noticed;
pub(crate) mod owned_fields;
pub(crate) mod prepared;
mod publishing;
pub mod recorded_state;
mod registry;
pub mod site;
pub mod stack;
pub mod task;
mod writes;

use crate::ports::{Clock, Result};
pub use codedeploy::words as words_of_codedeploy;
pub use kept_documents::{DocumentToKeep, KeptDocuments, SHA256, digest_of, known_sum, read_pinned, sum_of, to_json};
pub use look_context::{BegunChange, LookContext, SentChange};
pub use noticed::Noticed;
pub use prepared::*;
pub use publishing::{Checkpoint, PastReleases, Publication, Publishes, together};
pub use recorded_state::Recorded;
pub use registry::{Built, Either, KindPorts, KindVisitor, check_artifact, needs_of, prepare, with_kind_of, writes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;
use windlass_domain::declaration::execution_history::OFTEN_S;
use windlass_domain::deployment::hourly_look::CALLS_A_LOOK;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::stays_reachable::StaysReachable;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;
pub use writes::Writes;

/// The next thing to do to get from the present state to the goal.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<Change> {
    /// The goal is reached, and was seen.
    Done,
    /// Make this change, then observe again.
    Do(Change),
    /// Wait about so many seconds: there is nothing else to do.
    Wait(u64),
    /// Wait so long that the target is looked at rarely: at intervals that grow to a quarter of an hour, for a day. It
    /// is only for a wait whose end [`Kind::next`] decides. A [`Next::Wait`] fails after an hour.
    WaitForHours,
    /// The goal cannot be reached.
    Failed(Finding),
    /// The goal cannot be reached, because somebody else has changed the target since something was sent. It is left to
    /// them, and the undo leaves it as well.
    Theirs(Finding),
    /// The goal cannot be reached, because AWS itself has taken back what was sent, such as by an alarm of its own. So
    /// if callers get something else now, that is nobody else's change.
    TakenBack(Finding),
}

impl<Change> Next<Change> {
    /// Returns the same for a kind whose changes wrap those of another one.
    pub fn map<Other>(self, wrap: impl FnOnce(Change) -> Other) -> Next<Other> {
        match self {
            Self::Done => Next::Done,
            Self::Do(change) => Next::Do(wrap(change)),
            Self::Wait(seconds) => Next::Wait(seconds),
            Self::WaitForHours => Next::WaitForHours,
            Self::Failed(finding) => Next::Failed(finding),
            Self::Theirs(finding) => Next::Theirs(finding),
            Self::TakenBack(finding) => Next::TakenBack(finding),
        }
    }

    /// Waits for something that has an end of its own and has been waited for since so many milliseconds.
    pub fn wait_on(waited_ms: u64, seconds: u64) -> Self {
        if waited_ms > OFTEN_S * 1000 { Self::WaitForHours } else { Self::Wait(seconds) }
    }
}

/// The harm of a change that is late (design: two classes of change).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// New keys, new versions, new task definitions: harmless when late.
    Additive,
    /// Documents of a live site, an alias, a service: recorded as an open call before it is sent, one at a time.
    Switching,
}

/// Everything that one look shows of a target of any kind: pure.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The state that callers of the target notice. It is equal in two looks if nobody changed it between them, and
    /// additive changes make no difference. So somebody else's change is noticed.
    pub noticed: Noticed,
    /// The reason why a target is not ready yet, in words, if AWS gives it. If somebody can do something about it, the
    /// words say what.
    pub waits_for: Option<Prose>,
    /// True if AWS puts a condition on every switching change of such a target: nobody else's change is overwritten.
    pub is_guarded: bool,
    /// True if AWS promises that a look at such a target shows every change that was made before it.
    pub is_consistent: bool,
}

/// Everything that must be known of a change to make it: pure.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeFacts {
    /// The harm of the change when it is late.
    pub class: Class,
    /// The seconds by which a change may take longer than the usual 10 s. Where it is switching its open call is recorded
    /// for as much longer.
    pub longer_s: u64,
    /// The change as the ledger records it, by which it is recognized. It is equal for the same change upon another
    /// condition (a RevisionId, an ETag). Of something that is too large for an item it has a digest.
    pub value: Value,
    /// The change in words, such as `alias live 41 → 42 at 10 %`: for people alone.
    pub what: String,
    /// The state that callers of the target notice once a switching change is made upon what was seen; `None` if that
    /// takes more than one change, or is not known.
    pub after: Option<Noticed>,
}

impl ChangeFacts {
    /// The facts of a change that takes no longer than usual. Nobody can know what callers get after it.
    pub fn new(class: Class, value: Value, what: String) -> Self {
        Self { class, longer_s: 0, value, what, after: None }
    }
}

/// The output that names the version of a function with the goal's code. Gates invoke it. For a service whose traffic
/// ECS shifts, it is the target group of the new tasks, as CloudWatch names it.
pub const VERSION: &str = "version";

/// The output that names the version that gets the rest of the callers while a new one gets a share of them. For a
/// service, it is the target group of the former tasks.
pub const FORMER: &str = "former";

/// The output that names the load balancer that divides callers between two target groups, as CloudWatch names it.
pub const BALANCER: &str = "balancer";

/// The place of a target's events in CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The name of the resource.
    pub resource: String,
    /// The region in which a global service has its events; the target's own if `None`.
    pub region: Option<&'static str>,
}

/// A switch that was made, and whose goal was seen.
#[derive(Debug)]
pub struct Switched {
    /// The time at which the last switching change in this direction was recorded, before it was sent.
    pub at: Time,
    /// A token by which AWS recognizes a request. It names what follows this switch, and nothing else.
    pub token: String,
}

/// An object that is to be deleted, although the goal does not ask for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The key in the target's bucket.
    pub key: String,
    /// The ETag of the object that was seen.
    pub etag: String,
}

/// Everything that is to be taken away once a goal is reached: what an undone deployment has brought newly, or what an
/// operator has withdrawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// The words for the objects: files `that are withdrawn`.
    pub which: &'static str,
    /// The objects that go.
    pub goes: Vec<Leftover>,
    /// The files that stay, and why.
    pub stays: Vec<StaysReachable>,
}

/// Returns who owns which field, for the end of a text about somebody else's change.
fn whose(owned: &str) -> String {
    format!("Windlass owns {owned}; every other field is yours")
}

/// The longest time that the look before a change may take, in milliseconds. The change is already recorded as open by
/// then, and the state that it is based on must still be true when it is sent.
const LOOK_MS: u64 = 2_000;

/// Returns the fault `Conflict` if the look before a change took longer than [`LOOK_MS`]: what it showed may no longer
/// be true. `look` says what it was, such as `looking at a service`.
fn check_took(clock: &impl Clock, began: Time, look: &str) -> Result<()> {
    let took = clock.now().ms_since(began);
    if took <= LOOK_MS {
        return Ok(());
    }
    Err(Fault::new(FaultName::Conflict, format!("{look} took {took} ms, so that it was not changed upon that")))
}

/// One kind of component. It is generic over its ports, and has no state but what it was built with.
pub trait Kind {
    /// The target, as the step item keeps it.
    type Target: Serialize + DeserializeOwned + Debug;
    /// The result of a look: the fields that are owned, and what must be known to judge them and to change them. It is
    /// never kept.
    type Seen: Debug;
    /// The goal, and the state that is recorded of a target to come back to.
    type Goal: Serialize + DeserializeOwned + Debug;
    /// One bounded change, with the condition upon which it is sent.
    type Change: Debug;

    /// True if a look at a target runs code of the user's. The API runs none: it shows the last look.
    const RUNS_FUNCTIONS: bool = false;

    /// True if other components may have what the target is made of for their targets ([`Kind::makes`]): a look then
    /// knows what components claim.
    const MAKES_RESOURCES: bool = false;

    /// True if a switching change is one request that nothing sends again: then one that is throttled was not made. An
    /// SDK that tries again may be throttled after an answer was lost.
    const SENDS_ONCE: bool = false;

    /// Reads the target. Changes nothing.
    async fn observe(&self, target: &Self::Target, way: &LookContext<'_, Self::Goal>) -> Result<Self::Seen>;

    /// Pure: what callers get, and how far the look can be relied upon (rule 1: what is said is what the target shows).
    fn view(target: &Self::Target, seen: &Self::Seen) -> View;

    /// Pure: the state that is recorded of what was seen, so that an undo or a rollback comes back to it (rules 2 and
    /// 8).
    fn back(seen: &Self::Seen) -> Self::Goal;

    /// Pure: the reason why callers may still get something else though nobody does anything more, such as a deployment
    /// by which AWS still moves them. As long as there is one, an operator can accept nothing (decision 0450).
    fn unsettled(_target: &Self::Target, _seen: &Self::Seen) -> Option<Finding> {
        None
    }

    /// Pure: the reason, in words, why nothing runs what was seen, if nothing does: then no gate says anything of it.
    fn idle(_target: &Self::Target, _seen: &Self::Seen) -> Option<String> {
        None
    }

    /// Pure: what asks people for a decision that it waits for, such as a pause of the team's own, by its id.
    fn asks_people(_target: &Self::Target, _seen: &Self::Seen) -> Option<String> {
        None
    }

    /// Pure: the share of callers, in percent, that get what a shift brings, as long as one stands between two states.
    fn share(_seen: &Self::Seen) -> Option<u32> {
        None
    }

    /// Keeps what such a record only names ([`KeptDocuments`]), such as a list that is too large for an item. Changes
    /// nothing of the target.
    async fn keep(&self, _target: &Self::Target, _seen: &Self::Seen) -> Result<()> {
        Ok(())
    }

    /// Pure: what to do next to get from the present state to the goal, forward or back.
    fn next(target: &Self::Target, seen: &Self::Seen, goal: &Self::Goal) -> Next<Self::Change>;

    /// Pure: the facts of a change that is made upon what was seen (rule 3).
    fn facts(change: &Self::Change, seen: &Self::Seen) -> ChangeFacts;

    /// Pure: the values, by name, that a reached goal gives to others and that they cannot know before, such as the
    /// number that AWS gave to a version. They are recorded with what was seen. No secret belongs there.
    fn outputs(_seen: &Self::Seen, _goal: &Self::Goal) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Pure: the names of the parts in which callers get something else than in a recorded state, for a target of many
    /// parts, such as the files of a site.
    fn differing(_seen: &Self::Seen, _recorded: &Self::Goal) -> Vec<String> {
        Vec::new()
    }

    /// Pure: a member of what callers notice ([`View::noticed`]) as people call it, and its value in their words. So
    /// drift is listed by field.
    fn field(member: &str, value: &Value) -> (String, String) {
        (member.replace('_', " "), noticed::plain(value))
    }

    /// Pure: the name by which CloudTrail knows the resource that Windlass changes, and the region of its events if
    /// that is not the target's. `None` if CloudTrail keeps none of such a target.
    fn trail(_target: &Self::Target) -> Option<Trail> {
        None
    }

    /// Pure: the part of the target that is the component's own, where the target has several of that sort
    /// ([`windlass_domain::declaration::kinds::ResolvedKind::own_part`]).
    fn own_part(_target: &Self::Target) -> Option<&str> {
        None
    }

    /// Pure: the most calls to the target that such a look takes. It matters for targets whose content decides it, such
    /// as the number of files, because the hourly looks keep to a budget.
    fn calls(_seen: &Self::Seen) -> u32 {
        CALLS_A_LOOK
    }

    /// Pure: the part of the target that Windlass owns, in words, such as `the image of container web`. Every other
    /// field is the user's (rule 9).
    fn owned(target: &Self::Target) -> String;

    /// Gets what a switching change needs, such as bytes, before its intent is recorded: nothing slow may stand between
    /// the record and the send. Changes nothing.
    async fn ready(&self, _target: &Self::Target, _change: &Self::Change) -> Result<()> {
        Ok(())
    }

    /// Makes one bounded, conditional change. The deployment's id goes into descriptions and tags. Returns the name
    /// that AWS gave to what was made, if no look at the target finds that again, such as a version's number. The name
    /// is recorded with the change, and the looks after it get it. If it is lost, the change is repeated, and no more.
    ///
    /// A switching change is one call that the adapter sends once, without a retry of its own, and for at most 10 s
    /// ([`ChangeFacts::longer_s`]). So `Conflict` and every other refusal mean that it was not made, and only
    /// `Unavailable` and `Throttled` leave that open.
    async fn change(
        &self,
        target: &Self::Target,
        change: &Self::Change,
        deployment: &DeploymentId,
    ) -> Result<Option<String>>;

    /// Returns what is to be taken away once the goal is reached. On the way back it is what this deployment has
    /// published newly: only what no caller can come to ask for may go. What is withdrawn goes in both directions.
    async fn leftovers(&self, _target: &Self::Target, _: &Step, _is_back: bool) -> Result<Leftovers> {
        Ok(Leftovers::default())
    }

    /// Proves that callers do not get any more what was withdrawn. Returns a finding if they still do after a long
    /// time. Fault: `StillInProgress` while they may.
    async fn prove_gone(&self, _target: &Self::Target, _since: &Switched) -> Result<Option<Finding>> {
        Ok(None)
    }

    /// Deletes such objects within the time of an open call, each on the condition that it is the one that was seen.
    async fn clear(&self, _target: &Self::Target, _: &[Leftover]) -> Result<()> {
        Ok(())
    }

    /// Lets go of what `Prepare` has made only to plan, such as a change set, where nobody carries the plan out: it is
    /// refused, or undone before its turn. Callers never noticed it, and it may be gone already.
    async fn let_go(&self, _target: &Self::Target) -> Result<()> {
        Ok(())
    }

    /// Returns the resources that the target is made of, if other components may have them for their targets.
    async fn makes(&self, _target: &Self::Target) -> Result<Option<Vec<AwsResource>>> {
        Ok(None)
    }

    /// Does what follows a switch once its goal was seen, such as to clear caches. It is called again, also by a later
    /// invocation, until it answers. It takes nothing back: if something could not be done, it returns warnings. Fault:
    /// `StillInProgress` while it waits for its end.
    async fn follow(&self, _target: &Self::Target, _switched: &Switched) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// The shortest time of a wave in which callers are watched whom AWS moves by itself, in minutes. The look after it
/// shows whether AWS has gone back by itself.
pub const LOOK_MIN: u64 = 5;

/// Returns the number of looks while AWS moves callers for so many minutes: each look is a wave.
pub fn looks(minutes: u64, most: u64) -> u64 {
    if minutes == 0 { 0 } else { (minutes / LOOK_MIN).clamp(1, most) }
}
