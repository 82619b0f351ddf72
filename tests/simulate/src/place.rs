//! Where a release stands in the order of its environment, as the scenario says and not the product.

use crate::outcome::Outcome;
use windlass_domain::deployment::Deployment;
use windlass_domain::time::Time;

/// Where a release stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// CI's number.
    number: Option<u64>,
    /// The whole second in which it arrived, or else was accepted.
    second: u64,
    /// When it was accepted.
    accepted: Time,
}

impl Place {
    /// The place of a deployment's release.
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

    /// Whether it is newer than another: by the first measure that both have and that differs.
    pub fn is_after(self, other: Self) -> bool {
        match (self.number, other.number) {
            (Some(own), Some(other)) if own != other => own > other,
            _ => (self.second, self.accepted) > (other.second, other.accepted),
        }
    }
}
