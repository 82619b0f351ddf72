//! Pure: whether ECS has come as far with a service deployment as a goal says.

use super::pause;
use super::stage::{POST_PRODUCTION, PRE_PRODUCTION, SHIFT, rank};
use super::state::Until;
use crate::ports::ServiceRollout;

/// Returns whether a deployment that is under way has come this far.
pub(super) fn has_come(rollout: &ServiceRollout, until: Until) -> bool {
    let has = rollout.traffic_tenths;
    let is_from = |stage| rank(&rollout.stage).is_some_and(|is| is >= stage);
    match until {
        Until::Complete => false,
        Until::Shifted => is_from(POST_PRODUCTION) && has != Some(0),
        // Before each step but the first ECS is at the stage before the shift once more.
        Until::Shifting { tenths } => match has {
            Some(has) => is_from(PRE_PRODUCTION) && has >= tenths,
            None => is_from(SHIFT),
        },
        Until::Paused { at, tenths } => pause::has_come(rollout, at, tenths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::time::Time;

    fn rollout(stage: &str) -> ServiceRollout {
        ServiceRollout {
            arn: "arn/d".into(),
            created: Time(0),
            status: "IN_PROGRESS".into(),
            reason: String::new(),
            stage: stage.into(),
            task_definition: "t:2".into(),
            traffic_tenths: None,
            hooks: vec![],
            target_groups: None,
        }
    }

    #[test]
    fn production_traffic_is_not_shifted_while_ecs_tells_that_none_is() {
        for (tenths, has) in [(None, true), (Some(0), false), (Some(1), true)] {
            let is = ServiceRollout { traffic_tenths: tenths, ..rollout("PRODUCTION_TRAFFIC_SHIFT") };
            assert_eq!(has_come(&is, Until::Shifting { tenths: 1 }), has, "{tenths:?}");
        }
    }
}
