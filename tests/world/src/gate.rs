//! A gate at every call: who runs a whole simulation decides when each call takes effect, when its
//! answer comes, and what the caller is told.

use crate::mishaps::When;
use std::fmt::Debug;
use windlass_domain::time::Time;
use windlass_engine::ports::Answered;

/// Decides at every call.
pub trait Gate: Debug {
    /// A call is about to take effect, or its answer to go back.
    fn pass(&self, now: Time, passing: Passing) -> Passage;

    /// Whether any read of a service may be behind, so that the past must be remembered.
    fn looks_back(&self) -> bool;
}

/// A call at a gate.
#[derive(Debug, Clone, Copy)]
pub struct Passing {
    /// Its number.
    pub call: u64,
    /// Its name.
    pub name: &'static str,
    /// After how many milliseconds its caller gives it up, where the caller says so.
    pub within_ms: Option<u64>,
    /// Whether it is about to take effect, or its answer to go back.
    pub when: When,
}

/// What becomes of a call at a gate.
#[derive(Debug, Clone)]
pub struct Passage {
    /// When it goes on.
    pub at: Time,
    /// By how many milliseconds a read that need not be consistent is behind.
    pub late_ms: u64,
    /// Where another transaction is under way on an item of this one: on which, counted around.
    pub conflict: Option<u64>,
    /// With what: a fault ends the call there.
    pub answer: Answered<()>,
}
