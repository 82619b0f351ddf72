//! Kinds of components. One folder each, and one line in the registry (`registry.rs`).

pub mod appconfig;
mod codedeploy;
pub mod ecs;
pub mod fields;
mod kept;
pub mod lambda;
pub mod needs;
mod prepared;
mod publishing;
mod recorded;
mod registry;
pub mod site;
pub mod task;
mod writes;

pub use kept::{Document, Kept, digest_of, to_json};
pub use prepared::*;
pub use publishing::{Checkpoint, Past, Publication, Publishes, Trouble, together};
pub use recorded::{Noticed, Recorded};
pub use registry::{Built, KindPorts, Then, brought, needs_of, prepare, with_kind_of, writes};
pub use writes::Writes;

use crate::ports::Answered;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;
use windlass_domain::execution_history::OFTEN_S;
use windlass_domain::finding::Finding;
use windlass_domain::hourly_look::CALLS_A_LOOK;
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

/// What to do next to get from what is to what is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<Change> {
    /// What is wanted is there, and was seen.
    Done,
    /// Make this change, then observe again.
    Do(Change),
    /// Nothing to do but to wait about so many seconds.
    Wait(u64),
    /// The same for so long that it is looked at rarely: at intervals that grow to a quarter of an hour, for a day. Only
    /// for what has an end of its own in [`Kind::next`]; what is [`Next::Wait`]ed for fails after an hour.
    WaitForHours,
    /// What is wanted cannot be reached.
    Failed(Finding),
    /// The same, because somebody else has changed the target since something was sent: it is left to them, also by
    /// the undo.
    Theirs(Finding),
    /// The same, because AWS itself has taken back what was sent, such as by an alarm of its own: that callers get
    /// something else now is nobody else's change.
    TakenBack(Finding),
}

impl<Change> Next<Change> {
    /// To wait for what has been waited for since so many milliseconds, and has an end of its own.
    pub fn wait_on(waited_ms: u64, seconds: u64) -> Self {
        if waited_ms > OFTEN_S * 1000 {
            Self::WaitForHours
        } else {
            Self::Wait(seconds)
        }
    }
}

/// How harmful a change is when it is late (design: two classes of change).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// New keys, new versions, new task definitions: harmless when late.
    Additive,
    /// Documents of a live site, an alias, a distribution, a service: recorded as an open call
    /// before it is sent, one at a time.
    Switching,
}

/// What a look is for, and what was done before it, as the step tells. Without a goal somebody only looks.
#[derive(Debug)]
pub struct Way<'a, Goal> {
    /// What is gone for.
    pub goal: Option<&'a Goal>,
    /// The last switching change that was sent in this direction under this token of the lock.
    pub sent: Option<Sent<Goal>>,
    /// The last switching change that was sent forward, under whichever token; also on the way back.
    pub begun: Option<Begun<'a>>,
    /// When the wave began; on the way back nothing.
    pub entered: Option<Time>,
    /// What AWS called the last additive change that it gave a name ([`Kind::change`]).
    pub made: Option<&'a str>,
    /// All that this deployment has sent to the target, in both directions and under every token, oldest first.
    pub changes: &'a [ChangeRecord],
}

impl<Goal> Default for Way<'_, Goal> {
    fn default() -> Self {
        Self {
            goal: None,
            sent: None,
            begun: None,
            entered: None,
            made: None,
            changes: &[],
        }
    }
}

/// A switching change by which a step has begun to change its target.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    /// The change, as [`Facts::value`] told it.
    pub change: &'a Value,
    /// When its intent was recorded.
    pub at: Time,
}

/// A switching change that was sent.
#[derive(Debug)]
pub struct Sent<Goal> {
    /// The change, as [`Facts::value`] told it.
    pub change: Value,
    /// When its intent was recorded.
    pub at: Time,
    /// What was seen before it was sent, as it is recorded.
    pub upon: Goal,
}

/// What one look tells, whatever the kind: pure.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What callers of the target get. Two looks between which nobody changed that are equal in it, and additive
    /// changes make no difference: so a stranger's change is noticed.
    pub noticed: Noticed,
    /// What a target that is not ready waits for, where AWS tells that, in words; with what to do where that is
    /// somebody's.
    pub waits_for: Option<String>,
    /// Whether AWS puts a condition on every switching change of such a target, so that what a stranger made of
    /// it is never overwritten.
    pub is_guarded: bool,
    /// Whether AWS promises that a look at such a target shows every change that was made before it.
    pub is_consistent: bool,
}

/// All that is to be known of a change to make it: pure.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// How harmful it is when it is late.
    pub class: Class,
    /// How many seconds longer than the usual 10 s a switching change may take. Its open call is recorded for as
    /// much longer.
    pub longer_s: u64,
    /// The change as the ledger records it, by which it is known again: equal for the same change upon another
    /// condition (a RevisionId, an ETag), and a digest of what is too large for an item.
    pub value: Value,
    /// The change in words, such as `alias live 41 → 42 at 10 %`: for people alone.
    pub what: String,
    /// What callers of the target get once a switching change is made upon what was seen; `None` where
    /// that takes more than one change, or cannot be told.
    pub after: Option<Noticed>,
}

impl Facts {
    /// Of a change that takes no longer than usual, and after which nobody can tell what callers get.
    pub fn new(class: Class, value: Value, what: String) -> Self {
        Self {
            class,
            longer_s: 0,
            value,
            what,
            after: None,
        }
    }
}

/// The output that names the version of a function which has the goal's code; gates invoke it. Of a service whose
/// traffic ECS shifts, the target group of the new tasks, as CloudWatch names it.
pub const VERSION: &str = "version";

/// The output that names the version which gets the rest of the callers, while a new one gets a share of them; of a
/// service, the target group of the former tasks.
pub const FORMER: &str = "former";

/// The output that names the load balancer which shares callers out between two target groups, as CloudWatch names it.
pub const BALANCER: &str = "balancer";

/// Where CloudTrail has the events of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The name of the resource.
    pub resource: String,
    /// The region in which a global service has its events; the target's own if absent.
    pub region: Option<&'static str>,
}

/// A switch that was made, and whose goal was seen.
#[derive(Debug)]
pub struct Switched {
    /// When the last switching change in this direction was recorded, before it was sent.
    pub at: Time,
    /// Names what follows this switch, and nothing else: a token by which AWS knows a request again.
    pub token: String,
}

/// Who owns which field, for the end of what is told of a stranger's change.
fn whose(owned: &str) -> String {
    format!("Windlass owns {owned}; every other field is yours")
}

/// One kind of component. Generic over its ports; stateless but for what it was built with.
pub trait Kind {
    /// What its target is, as the step item keeps it.
    type Target: Serialize + DeserializeOwned + Debug;
    /// What one look shows: the fields that are owned, and what must be known to judge them and to change them.
    /// It is never kept.
    type Seen: Debug;
    /// What is wanted, and what is recorded of a target to come back to.
    type Goal: Serialize + DeserializeOwned + Debug;
    /// One bounded change, with the condition that it is sent upon.
    type Change: Debug;

    /// Reads the target. Changes nothing.
    async fn observe(
        &self,
        target: &Self::Target,
        way: &Way<'_, Self::Goal>,
    ) -> Answered<Self::Seen>;

    /// Pure: what callers get, and what the look is worth (rule 1: what is said is what the target shows).
    fn view(target: &Self::Target, seen: &Self::Seen) -> View;

    /// Pure: what is recorded of what was seen, so that an undo or a rollback comes back to it (rules 2 and 8).
    fn back(seen: &Self::Seen) -> Self::Goal;

    /// Pure: why what callers get is not final though nobody does anything more, such as a deployment by which AWS still
    /// moves them. An operator accepts nothing until it is (decision 0452).
    fn unsettled(_target: &Self::Target, _seen: &Self::Seen) -> Option<Finding> {
        None
    }

    /// Keeps what such a record only names ([`Kept`]), such as a list that is too large for an item. Changes nothing
    /// of the target.
    async fn keep(&self, _target: &Self::Target, _seen: &Self::Seen) -> Answered<()> {
        Ok(())
    }

    /// Pure: what to do next to get from what is to what is wanted, forward or back.
    fn next(target: &Self::Target, seen: &Self::Seen, goal: &Self::Goal) -> Next<Self::Change>;

    /// Pure: what is to be known of a change that is made upon what was seen (rule 3).
    fn facts(change: &Self::Change, seen: &Self::Seen) -> Facts;

    /// Pure: what a goal that is reached gives to others, by name, where they cannot know it before, such as the
    /// number that AWS gave to a version. It is recorded with what was seen; no secret belongs there.
    fn outputs(_seen: &Self::Seen, _goal: &Self::Goal) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Pure: the parts of a target of many of which callers get something else than in a recorded state, by name, such
    /// as a site's files.
    fn differing(_seen: &Self::Seen, _recorded: &Self::Goal) -> Vec<String> {
        Vec::new()
    }

    /// Pure: a member of what callers notice ([`View::noticed`]) as people call it, and its value in their words: so drift
    /// is told by field.
    fn field(member: &str, value: &Value) -> (String, String) {
        (member.replace('_', " "), fields::plain(value))
    }

    /// Pure: the name by which CloudTrail knows the resource that Windlass changes, and the region in which it keeps its
    /// events where that is not the target's; nothing where it keeps none of such a target.
    fn trail(_target: &Self::Target) -> Option<Trail> {
        None
    }

    /// Pure: how many calls to the target such a look takes at most, where that depends on what is there, such as on how
    /// many files it has: the hourly looks keep to a budget.
    fn calls(_seen: &Self::Seen) -> u32 {
        CALLS_A_LOOK
    }

    /// Pure: what of the target Windlass owns, in words, such as `the image of container web`; every
    /// other field is the user's (rule 9).
    fn owned(target: &Self::Target) -> String;

    /// Gets what a switching change needs, such as bytes, before its intent is recorded: nothing
    /// slow may stand between the record and the send. Changes nothing.
    async fn ready(&self, _target: &Self::Target, _change: &Self::Change) -> Answered<()> {
        Ok(())
    }

    /// One bounded, conditional change. The deployment's id goes into descriptions and tags. Answers what AWS
    /// called what was made, where no look at the target finds that again, such as a version's number: it is
    /// recorded with the change, and the looks after it are told. To lose it costs a repeated change, and no more.
    ///
    /// A switching change is one call that the adapter sends once, without a retry of its own, and
    /// for at most 10 s ([`Facts::longer_s`]): then `Conflict` and every other refusal mean that it was not made,
    /// and only `Unavailable` and `Throttled` leave that open.
    async fn change(
        &self,
        target: &Self::Target,
        change: &Self::Change,
        deployment: &DeploymentId,
    ) -> Answered<Option<String>>;

    /// Does what follows a switch once its goal was seen, such as to let caches forget what they hold: asked for
    /// again, also by a later invocation, until it answers. It takes nothing back: what could not be done is
    /// answered as warnings. Fault: `StillInProgress` while it waits for its end.
    async fn follow(&self, _target: &Self::Target, _switched: &Switched) -> Answered<Vec<String>> {
        Ok(Vec::new())
    }
}
