//! What a deployment cost, estimated from what was counted and measured. Pure.

use crate::deployment::Cost;

/// US dollars for a state transition of a Standard workflow (AWS Step Functions pricing,
/// us-east-1, 2026).
pub const DOLLARS_PER_TRANSITION: f64 = 0.000_025;

/// US dollars for a gigabyte-second of an arm64 function (AWS Lambda pricing, us-east-1, 2026).
pub const DOLLARS_PER_GB_S: f64 = 0.000_013_333_4;

/// The memory of the deployers in the template, in gigabytes.
pub const MEMORY_GB: f64 = 0.25;

/// The transitions that follow when the ending is written: `Ended`, or `Admitted`, and the ending
/// itself.
pub const STILL_TO_COME: u64 = 2;

/// The estimate, from the state transitions of all executions that worked for the deployment, and
/// the milliseconds that its deployers worked.
pub fn cost(transitions: u64, worked_ms: u64) -> Cost {
    // Counts of one deployment are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let dollars = transitions as f64 * DOLLARS_PER_TRANSITION
        + worked_ms as f64 / 1000.0 * MEMORY_GB * DOLLARS_PER_GB_S;
    Cost {
        transitions,
        worked_ms,
        dollars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_and_work_cost_money() {
        let dollars = |transitions, worked_ms| cost(transitions, worked_ms).dollars;
        assert!((dollars(40, 0) - 0.001).abs() < 1e-9);
        assert!((dollars(0, 300_000) - 0.001).abs() < 1e-6);
        assert!((dollars(40, 300_000) - 0.002).abs() < 1e-6);
    }
}
