//! The place of a release in the order of its environment, computed from the scenario and not by the product.

use crate::outcome::Outcome;
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;

/// The place of a release.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// CI's number.
    number: Option<u64>,
    /// The whole second in which it arrived. If no arrival is known, the one in which it was accepted.
    second: u64,
    /// The time at which it was accepted.
    accepted: Time,
}

impl Place {
    /// Returns the place of a deployment's release.
    pub fn of(outcome: &Outcome<'_>, record: &Deployment) -> Self {
        let mut arrivals = outcome.arrivals();
        let arrived = arrivals.find(|(_, arrival)| arrival.became(record));
        let at = arrived.map_or(record.accepted, |(at, _)| at);
        Self {
            number: outcome.scenario.number_of(&record.release.version),
            second: at.0 / 1_000,
            accepted: record.accepted,
        }
    }

    /// Returns whether it is newer than another place, by the first measure that both have and that differs.
    pub fn is_after(self, other: Self) -> bool {
        match (self.number, other.number) {
            (Some(own), Some(other)) if own != other => own > other,
            _ => (self.second, self.accepted) > (other.second, other.accepted),
        }
    }
}
