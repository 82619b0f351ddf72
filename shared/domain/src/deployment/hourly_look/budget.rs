//! The calls to targets that the looks of an application may take.

use crate::text::time::Time;
use serde::{Deserialize, Serialize};

/// The calls to targets that the hourly looks of an application take in an hour of the clock, in all of its
/// environments together. A look that takes more than was known before, such as one at a site of very many files, is
/// paid by the hours after it.
pub const CALLS_AN_HOUR: u32 = 480;

/// The calls that a look at one component is expected to take before one was made.
pub const CALLS_A_LOOK: u32 = 16;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// Calls that were made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentCalls {
    /// The hour of the clock, counted since 1970.
    hour: u64,
    /// The calls that count for the hour: its own, and those that former hours could not pay.
    calls: u32,
}

impl SpentCalls {
    /// Returns the calls that count for the hour of this time.
    pub fn at(self, now: Time) -> u32 {
        let hours = (now.0 / HOUR_MS).saturating_sub(self.hour);
        let paid = u64::from(CALLS_AN_HOUR).saturating_mul(hours);
        let paid = u32::try_from(paid).unwrap_or(u32::MAX);
        self.calls.saturating_sub(paid)
    }

    /// Counts calls in.
    pub fn add(&mut self, calls: u32, now: Time) {
        self.calls = self.at(now).saturating_add(calls);
        self.hour = now.0 / HOUR_MS;
    }
}

/// Returns the first of these that an hour pays, of which so many calls are made already. If it pays none, one that
/// alone takes more than an hour pays is let through: the hours after it pay the rest.
pub(super) fn affordable<'a, T: 'a>(
    costs: impl Iterator<Item = (&'a T, u32)>,
    spent: u32,
) -> impl Iterator<Item = &'a T> {
    let mut sum = spent;
    let within = move |(_, cost): &(&T, u32)| {
        let may = sum == 0 || sum.saturating_add(*cost) <= CALLS_AN_HOUR;
        sum = sum.saturating_add(*cost);
        may
    };
    costs.take_while(within).map(|(one, _)| one)
}
