//! The shift of traffic to a new version of a component, for every kind that lets Windlass do it.

use crate::declaration::gates::Slowest;
use crate::declaration::scope::Scope;
use crate::document::shape::join;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The steps in which traffic is shifted to a new version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Percentages below 100, rising; empty for all at once. 100 always follows.
    pub steps: Vec<u8>,
    /// The time for which each step is watched.
    pub every: Span,
}

/// The steps in which Windlass shifts traffic, such as `{canary: [10, 50], every: 5m}` or `{linear: 25, every: 5m}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Rollout", deny_unknown_fields)]
#[schemars(extend("examples" = [
    json!({"canary": [10, 50], "every": "5m"}), json!({"linear": 25, "every": "5m"}),
]))]
pub struct Written {
    /// Rising percentages from 1 to 99. The step to 100 follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minItems" = 1, "maxItems" = 20))]
    #[schemars(inner(range(min = 1, max = 99)))]
    pub canary: Option<Vec<u8>>,
    /// The percentage that each step adds, from 5 to 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 5, max = 50))]
    pub linear: Option<u8>,
    /// The time for which Windlass watches each step, such as `5m`.
    #[serde(default = "Span::of_seconds::<300>")]
    pub every: Span,
}

impl Written {
    /// Returns the percentages before 100.
    pub fn steps(&self) -> Vec<u8> {
        match (&self.canary, self.linear) {
            (Some(steps), _) => steps.clone(),
            (None, Some(step)) => {
                (1..100u8).map_while(|n| step.checked_mul(n).filter(|percent| *percent < 100)).collect()
            }
            (None, None) => Vec::new(),
        }
    }
}

impl Rollout {
    /// Resolves the rollout that is written at this path of the declaration, and notes in the scope what is wrong with
    /// it. Each step is watched until the slowest gate answers.
    pub(crate) fn resolve(scope: &mut Scope<'_>, path: &str, written: &Written, slowest: Option<&Slowest>) -> Self {
        if written.canary.is_some() == written.linear.is_some() {
            scope.bad_value(
                path,
                "A rollout is either `canary` or `linear`.",
                "Write one of them, such as `{canary: [10, 50], every: 5m}` or `{linear: 25, every: 5m}`.",
            );
        }
        let steps = written.steps();
        if !steps.is_sorted_by(|a, b| a < b) {
            scope.bad_value(
                &join(path, "canary"),
                format!("The steps {steps:?} do not rise."),
                "Write rising percentages below 100, such as `[10, 50]`.",
            );
        }
        if let Some(slowest) = slowest {
            slowest.check(scope, &join(path, "every"), written.every);
        }
        Self { steps, every: written.every }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_rollout_goes_in_equal_steps_below_100() {
        let table: [(u8, &[u8]); 4] = [(25, &[25, 50, 75]), (33, &[33, 66, 99]), (50, &[50]), (100, &[])];
        for (linear, steps) in table {
            let rollout = Written { canary: None, linear: Some(linear), every: Span::seconds(300) };
            assert_eq!(rollout.steps(), steps, "{linear}");
        }
    }
}
