//! Estimates the cost of a deployment from what was counted and measured. Pure.

use crate::deployment::Cost;
use crate::kinds::KindName;

/// US dollars for a state transition of a Standard workflow (AWS Step Functions pricing,
/// us-east-1, 2026).
pub const DOLLARS_PER_TRANSITION: f64 = 0.000_025;

/// US dollars for a gigabyte-second of an arm64 function (AWS Lambda pricing, us-east-1, 2026).
pub const DOLLARS_PER_GB_S: f64 = 0.000_013_333_4;

/// The transitions that follow when the ending is written: `Ended`, or `Admitted`, and the ending
/// itself.
pub const STILL_TO_COME: u64 = 2;

/// Returns the estimate. It takes the state transitions of all executions that worked for the deployment, and the
/// milliseconds that each component's deployers worked.
pub fn cost(transitions: u64, worked: &[(KindName, u64)]) -> Cost {
    let mb_ms: u64 = worked.iter().map(|(kind, ms)| kind.memory_mb() * ms).sum();
    // Counts of one deployment are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let dollars = transitions as f64 * DOLLARS_PER_TRANSITION + mb_ms as f64 / 1024.0 / 1000.0 * DOLLARS_PER_GB_S;
    Cost { transitions, worked_ms: worked.iter().map(|(_, ms)| ms).sum(), dollars }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_and_work_cost_money() {
        let dollars = |transitions, worked: &[_]| cost(transitions, worked).dollars;
        let ecs = [(KindName::Ecs, 300_000)];
        assert!((dollars(40, &[]) - 0.001).abs() < 1e-9);
        assert!((dollars(0, &ecs) - 0.001).abs() < 1e-6);
        assert!((dollars(40, &ecs) - 0.002).abs() < 1e-6);
    }

    #[test]
    fn work_costs_by_the_memory_of_its_kind() {
        // Two seconds of half a gigabyte, and one of a whole.
        let worked = [(KindName::Lambda, 2_000), (KindName::StaticSite, 1_000)];
        let cost = cost(0, &worked);
        assert!((cost.dollars - 2.0 * DOLLARS_PER_GB_S).abs() < 1e-12);
        assert_eq!(cost.worked_ms, 3_000);
    }
}
