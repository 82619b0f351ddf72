//! Warnings about a declaration that its authors may not mean. They are told, and stop nothing. Pure.

use super::Declaration;
use super::resolved::Resolved;
use crate::finding::{Finding, FindingName, limited};
use crate::kinds::About;

impl Declaration {
    /// Returns the warnings about the declaration, in all of its environments.
    pub fn warnings(&self) -> Vec<Finding> {
        let environments = self.environments();
        let resolved = environments.filter_map(|name| self.resolve(name).ok());
        limited(resolved.flat_map(|resolved| resolved.warnings()).collect())
    }
}

impl Resolved {
    /// Returns the warnings about the declaration in this environment.
    pub fn warnings(&self) -> Vec<Finding> {
        let mut warnings: Vec<Finding> = self.unmeasured().into_iter().collect();
        for (name, component) in &self.components {
            let about = About {
                component: name,
                environment: &self.environment,
                is_measured: self.gates.measure(name),
            };
            warnings.extend(component.spec.warnings(&about));
        }
        warnings
    }

    /// Returns a warning if an environment that releases are promoted to has no gate: a release that was good elsewhere
    /// passes here whatever it does.
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
}
