//! Kinds of components. One file, or folder, each; [`crate::converge`] is their only caller.

pub mod ecs;
mod folder;
pub mod lambda;
mod left;
mod prepare;
mod prepared;
pub mod site;

pub use folder::{Clash, Folder};
pub use left::{has_moved, is_as_left};
pub use prepare::*;
pub use prepared::*;

use crate::ports::Answered;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use windlass_domain::finding::Finding;
use windlass_domain::identity::DeploymentId;

/// What to do next to get from what is to what is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<Change> {
    /// What is wanted is there, and was seen.
    Done,
    /// Make this change, then observe again.
    Do(Change),
    /// Nothing to do but to wait about so many seconds.
    Wait(u64),
    /// What is wanted cannot be reached.
    Failed(Finding),
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

/// All that is to be known of a change to make it: pure.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<State> {
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
    pub after: Option<State>,
}

/// Who owns which field, for the end of what is told of a stranger's change.
fn whose(owned: &str) -> String {
    format!("Windlass owns {owned}; every other field is yours")
}

/// One kind of component. Generic over its ports; stateless but for what it was built with.
pub trait Kind {
    /// What its target is, as the step item keeps it.
    type Target: Serialize + DeserializeOwned + Clone + Debug;
    /// What is observed, what is wanted, and what the ledger records: the fields that are owned,
    /// and what must be known to judge them. A wanted state may leave members open, which
    /// [`Kind::next`] then does not compare.
    type State: Serialize + DeserializeOwned + Clone + PartialEq + Debug;
    /// One bounded change, with the condition that it is sent upon.
    type Change: Debug;

    /// Tells, before the first look, what is gone for, and what [`Kind::remembered`] told in a former invocation;
    /// null where it told nothing. A look may need names that are not to be found at the target.
    fn recall(&self, _wanted: &Self::State, _remembered: &Value) {}

    /// What has to be remembered of the additive changes that were made, for whoever goes on: written with the step
    /// before the next switching change. To lose it costs a repeated change, and no more.
    fn remembered(&self) -> Value {
        Value::Null
    }

    /// Reads the target.
    async fn observe(&self, target: &Self::Target) -> Answered<Self::State>;

    /// Keeps what a state that was seen only names, such as a list, so that the state can be recorded.
    /// Changes nothing of the target.
    async fn keep(&self, _target: &Self::Target, _seen: &Self::State) -> Answered<()> {
        Ok(())
    }

    /// Pure: what to do next to get from what is to what is wanted.
    fn next(is: &Self::State, wanted: &Self::State) -> Next<Self::Change>;

    /// Pure: whether what callers of the target can notice is the same, so that a stranger's change
    /// is noticed. Additive changes must make no difference here.
    fn same(a: &Self::State, b: &Self::State) -> bool;

    /// Pure: what is to be known of a change that is made upon what was seen.
    fn facts(change: &Self::Change, is: &Self::State) -> Facts<Self::State>;

    /// Pure: what callers of the target get, in words, such as `40 at 100 %`.
    fn shown(state: &Self::State) -> String;

    /// Pure: what a target that is not ready waits for, where that is somebody's to do, in words that tell
    /// how.
    fn waits_for(_state: &Self::State) -> Option<String> {
        None
    }

    /// Pure: what of the target Windlass owns, in words, such as `the image of container web`; every
    /// other field is the user's (rule 9).
    fn owned(target: &Self::Target) -> String;

    /// Pure: whether AWS puts a condition on every switching change of such a target, so that what a
    /// stranger made of it is never overwritten.
    fn is_guarded(_state: &Self::State) -> bool {
        false
    }

    /// Pure: whether AWS promises that a look at such a target shows every change that was made before it.
    fn is_consistent(_state: &Self::State) -> bool {
        false
    }

    /// Gets what a switching change needs, such as bytes, before its intent is recorded: nothing
    /// slow may stand between the record and the send. Changes nothing.
    async fn ready(&self, _target: &Self::Target, _change: &Self::Change) -> Answered<()> {
        Ok(())
    }

    /// One bounded, conditional change. The deployment's id goes into descriptions and tags.
    ///
    /// A switching change is one call that the adapter sends once, without a retry of its own, and
    /// for at most 10 s ([`Facts::longer_s`]): then `Conflict` and every other refusal mean that it was not made,
    /// and only `Unavailable` and `Throttled` leave that open.
    async fn change(
        &self,
        target: &Self::Target,
        change: &Self::Change,
        deployment: &DeploymentId,
    ) -> Answered<()>;
}
