//! What a deployment cost, estimated from what was counted and measured. Pure.

use crate::deployment::Cost;

/// US dollars for a state transition of a Standard workflow (AWS Step Functions pricing,
/// us-east-1, 2026).
pub const DOLLARS_PER_TRANSITION: f64 = 0.000_025;

/// US dollars for a gigabyte-second of an arm64 function (AWS Lambda pricing, us-east-1, 2026).
pub const DOLLARS_PER_GB_S: f64 = 0.000_013_333_4;

/// The memory of the deployers in the template, in gigabytes.
pub const MEMORY_GB: f64 = 0.25;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Waves that were changed.
    pub waves: u64,
    /// Waves that were brought back.
    pub undo_waves: u64,
    /// Invocations of deployers: each is a transition, a poll by Retry too.
    pub invocations: u64,
    /// Choices within waves, forward and back: one for each component's kind, and one more for a
    /// site.
    pub items: u64,
    /// Looks of the judge.
    pub looks: u64,
    /// Milliseconds that deployers worked.
    pub worked_ms: u64,
}

/// `Admit`, `Admitted`, `Prepare`, `Prepared`, and at the end `Settle` or `SettleUndo`, `Ended` and
/// the ending.
const ALWAYS: u64 = 7;

/// The estimate. Each wave is a Map and a Choice; each look is `Judge` and `Judged`, and `Bake`
/// between two looks; each undone wave is `Undo`, `Undoing` and a Map, and the undo asks once more
/// at its end.
pub fn cost(counted: &Counted) -> Cost {
    let looks = 2 * counted.looks + counted.looks.saturating_sub(counted.waves);
    let undo = if counted.undo_waves == 0 {
        0
    } else {
        3 * counted.undo_waves + 2
    };
    let transitions =
        ALWAYS + 2 * counted.waves + counted.items + counted.invocations + looks + undo;
    // Counts of one deployment are far below 2^52.
    #[allow(clippy::cast_precision_loss)]
    let dollars = transitions as f64 * DOLLARS_PER_TRANSITION
        + counted.worked_ms as f64 / 1000.0 * MEMORY_GB * DOLLARS_PER_GB_S;
    Cost {
        transitions,
        worked_ms: counted.worked_ms,
        dollars,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_of_three_components_in_three_waves() {
        let counted = Counted {
            waves: 3,
            items: 3,
            invocations: 4,
            looks: 3,
            ..Counted::default()
        };
        assert_eq!(cost(&counted).transitions, 7 + 6 + 3 + 4 + 6);
    }

    #[test]
    fn an_undo_costs_its_waves() {
        let forward = Counted {
            waves: 2,
            items: 2,
            invocations: 2,
            looks: 2,
            ..Counted::default()
        };
        let undone = Counted {
            undo_waves: 2,
            items: 4,
            invocations: 4,
            ..forward
        };
        assert_eq!(
            cost(&undone).transitions - cost(&forward).transitions,
            2 + 2 + 8
        );
    }

    #[test]
    fn work_costs_money() {
        let idle = cost(&Counted::default());
        let busy = cost(&Counted {
            worked_ms: 1_000_000,
            ..Counted::default()
        });
        assert!(busy.dollars > idle.dollars, "{busy:?} against {idle:?}");
    }
}
