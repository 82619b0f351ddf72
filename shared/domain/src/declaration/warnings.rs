//! What a declaration allows and its authors may not mean: told, and nothing is stopped by it. Pure.

use super::Declaration;
use super::resolved::{Lambda, Resolved, Spec};
use crate::finding::{Finding, FindingName, limited};
use crate::name::ComponentName;

impl Declaration {
    /// What is noted of the declaration, in all of its environments.
    pub fn warnings(&self) -> Vec<Finding> {
        let environments = self.environments();
        let resolved = environments.filter_map(|name| self.resolve(name).ok());
        limited(resolved.flat_map(|resolved| resolved.warnings()).collect())
    }
}

impl Resolved {
    /// What is noted of the declaration in this environment.
    pub fn warnings(&self) -> Vec<Finding> {
        let mut warnings: Vec<Finding> = self.unmeasured().into_iter().collect();
        for (name, component) in &self.components {
            if let Spec::Lambda(function) = &component.spec {
                warnings.extend(self.unmeasured_steps(name, function));
            }
        }
        warnings
    }

    /// No gate in an environment that releases are promoted to: what was good elsewhere passes here
    /// whatever it does.
    fn unmeasured(&self) -> Option<Finding> {
        (self.promoted_to && !self.has_gates() && !self.invokes()).then(|| {
            Finding::new(
                FindingName::NothingMeasured,
                format!("environments.{}.gates", self.environment),
                format!(
                    "Releases are promoted to `{}`, and nothing is measured there: each passes, whatever it does.",
                    self.environment
                ),
                "Write `gates` with `alarms`, `metrics` or `probes`, or `invocations` of a function.",
            )
        })
    }

    /// A rollout in steps whose time passes without anything that could end it.
    fn unmeasured_steps(&self, name: &ComponentName, function: &Lambda) -> Option<Finding> {
        let steps = function.rollout.steps.len();
        let is_measured = self.has_gates() || !function.invocations.is_empty();
        (steps > 0 && !is_measured).then(|| {
            let steps = match steps {
                1 => "a step".to_owned(),
                steps => format!("{steps} steps"),
            };
            Finding::new(
                FindingName::NothingMeasured,
                format!("components.{name}.rollout"),
                format!(
                    "In `{}` the rollout goes in {steps} of {}, and nothing is measured meanwhile: each passes when its time is over.",
                    self.environment, function.rollout.every
                ),
                "Write `gates` or the function's `invocations`; or leave `rollout` out, which then takes no time.",
            )
        })
    }

    fn has_gates(&self) -> bool {
        let gates = &self.gates;
        !(gates.alarms.is_empty() && gates.metrics.is_empty() && gates.probes.is_empty())
    }

    fn invokes(&self) -> bool {
        let mut components = self.components.values();
        components.any(|component| match &component.spec {
            Spec::Lambda(function) => !function.invocations.is_empty(),
            _ => false,
        })
    }
}
