//! What a look at a target is for, and what was done before it, as far as the step of the ledger shows.
//!
//! A kind reads its own changes here again, by the values with which it has recorded them. So it decides the same in
//! each invocation, whichever of them made a change.

use serde_json::Value;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::time::Time;

/// The purpose of a look, and what was done before it, as the step says. Without a goal somebody only looks.
#[derive(Debug)]
pub struct LookContext<'a, Goal> {
    /// The goal of the way.
    pub goal: Option<&'a Goal>,
    /// The last switching change that was sent in this direction under this token of the lock.
    pub sent: Option<SentChange<Goal>>,
    /// The last switching change that was sent forward, under whichever token. The way back has it as well.
    pub begun: Option<BegunChange<'a>>,
    /// The time at which the wave began; `None` on the way back.
    pub entered: Option<Time>,
    /// The name that AWS gave to the last additive change that it named ([`super::Kind::change`]).
    pub made: Option<&'a str>,
    /// All changes that this deployment has sent to the target, in both directions and under every token, oldest first.
    pub changes: &'a [ChangeRecord],
    /// The wave, if other components have touched the target since what was sent before it; `None` on the way back.
    pub behind: Option<u32>,
    /// How often in a row the condition of a switching change did not hold on this way, in all invocations. A kind
    /// whose condition may move although nobody changes anything gives up by it.
    pub refused: u32,
    /// True if an operator has looked, and lets the undo change whatever is there: then a state that nobody expects is
    /// no obstacle.
    pub goes_over: bool,
    /// The token of the lock under which it is gone.
    pub token: u64,
    /// The resources that components claim; `None` if nobody has looked them up ([`super::Kind::MAKES_RESOURCES`]).
    pub claimed: Option<&'a [String]>,
}

impl<Goal> Default for LookContext<'_, Goal> {
    fn default() -> Self {
        let (goal, sent, begun, entered, made, behind, claimed) = (None, None, None, None, None, None, None);
        Self { goal, sent, begun, entered, made, changes: &[], behind, refused: 0, goes_over: false, token: 0, claimed }
    }
}

/// A switching change by which a step has begun to change its target.
#[derive(Debug, Clone, Copy)]
pub struct BegunChange<'a> {
    /// The change, by [`super::ChangeFacts::value`].
    pub change: &'a Value,
    /// The time at which its intent was recorded.
    pub at: Time,
}

/// A switching change that was sent.
#[derive(Debug)]
pub struct SentChange<Goal> {
    /// The change, by [`super::ChangeFacts::value`].
    pub change: Value,
    /// The time at which its intent was recorded.
    pub at: Time,
    /// The state that was seen before it was sent, as it is recorded.
    pub upon: Goal,
}
