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
        (self.promoted_to && self.gates.all().is_empty()).then(|| {
            Finding::new(
                FindingName::NothingMeasured,
                format!("environments.{}.gates", self.environment),
                format!(
                    "Releases are promoted to `{}`, and nothing is measured there: each passes, whatever it does.",
                    self.environment
                ),
                "Write `gates`, for the whole release or of a component, such as `alarms` or `probes`.",
            )
        })
    }

    /// A rollout in steps whose time passes without anything that could end it.
    fn unmeasured_steps(&self, name: &ComponentName, function: &Lambda) -> Option<Finding> {
        let steps = function.rollout.steps.len();
        (steps > 0 && !self.gates.measure(name)).then(|| {
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
                "Write `gates`, for the whole release or of the function; or leave `rollout` out, which then takes no time.",
            )
        })
    }
}
