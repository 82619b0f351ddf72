//! A gate at every call. Code that runs a whole simulation decides there when each call takes effect, when its answer
//! comes, and what the caller gets.

use std::fmt::Debug;
use windlass_domain::text::time::Time;
use windlass_engine::ports::Result;

/// Decides at every call.
pub trait Gate: Debug {
    /// Decides on a call that is about to take effect, or whose answer is about to go back.
    fn pass(&self, now: Time, passing: Passing) -> Passage;

    /// Returns whether any read of a service may be behind, so that the past must be remembered.
    fn looks_back(&self) -> bool;
}

/// The moment of a call at which a mishap happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the call has any effect.
    Before,
    /// After it took effect: its answer is lost.
    After,
}

/// A call at a gate.
#[derive(Debug, Clone, Copy)]
pub struct Passing {
    /// Its number.
    pub call: u64,
    /// Its name.
    pub name: &'static str,
    /// The time after which its caller gives it up, in milliseconds, where the caller says so.
    pub within_ms: Option<u64>,
    /// The point at which the call is: about to take effect, or about to get its answer.
    pub when: When,
}

/// The decision of a gate on a call.
#[derive(Debug, Clone)]
pub struct Passage {
    /// The time at which it goes on.
    pub at: Time,
    /// The milliseconds by which a read that need not be consistent is behind.
    pub late_ms: u64,
    /// The number of an item on which another transaction is under way, if there is one. It is counted around the items
    /// of this call.
    pub conflict: Option<u64>,
    /// The result at the gate; a fault ends the call there.
    pub answer: Result<()>,
}
