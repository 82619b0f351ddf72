//! An invocation that is to begin, and the mishap that it meets.

use crate::mishap_gate::LONG_MS;
use crate::run_notes::ahead_of;
use crate::schedule::{Counted, What};
use crate::stage::Stage;
use crate::task::Done;
use serde_json::Value;
use windlass_domain::text::time::Time;
use windlass_machine::TaskError;

/// The time until a function begins, in milliseconds.
const BEGIN_MS: u64 = 20;

/// The time until a function begins whose invocation was given up long ago, in milliseconds.
const LATE_MS: u64 = 120_000;

/// The course of an invocation.
#[derive(Clone, Copy)]
pub(crate) struct Invocation {
    /// Its number, from 1.
    pub number: u64,
    /// True if the function cannot be invoked, so that it never begins.
    pub is_refused: bool,
    /// True if the invoking side has given it up, and it begins all the same.
    pub is_given_up: bool,
    /// The time at which it begins.
    pub begins: Time,
    /// The time by which its clock is ahead, in milliseconds.
    pub ahead_ms: i64,
    is_answer_lost: bool,
}

impl Stage<'_> {
    /// Makes the next invocation of any function, whoever invokes it.
    pub(crate) fn next_invocation(&mut self) -> Invocation {
        self.invocations += 1;
        let number = self.invocations;
        let met: Vec<What> = self.schedule.at(Counted::Invocations, number).collect();
        for what in &met {
            self.gate.note(*what);
        }
        let is_given_up = met.contains(&What::InvokedLate);
        let now = self.world.true_time();
        if met.contains(&What::FunctionsThrottled) {
            self.throttled_until = now.plus_ms(LONG_MS);
        }
        Invocation {
            number,
            is_refused: met.contains(&What::NotInvoked),
            is_given_up,
            begins: now.plus_ms(if is_given_up { LATE_MS } else { BEGIN_MS }),
            ahead_ms: ahead_of(&met),
            is_answer_lost: met.contains(&What::AnswerLost),
        }
    }
}

impl Invocation {
    /// Returns the end of the invocation, as the invoking side sees it.
    pub fn done(self, answer: Result<Value, TaskError>) -> Done {
        if self.is_answer_lost {
            let error = TaskError::new("Lambda.Unknown", "its answer was lost");
            return Done::Function(Err(error));
        }
        Done::Function(answer)
    }
}
