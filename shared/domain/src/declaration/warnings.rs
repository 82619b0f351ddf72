//! Warnings about a declaration that its authors may not mean. They are shown, and stop nothing. Pure.

// These are warnings and no refusals: a first `app.yaml` has no alarms yet. An environment without a gate is warned
// of only where it says `bake`, or releases are promoted to it: else each `dev` would be.

use super::Declaration;
use crate::declaration::kinds::WarningContext;
use crate::declaration::resolved::ResolvedEnvironment;
use crate::text::finding::{Finding, FindingName, limited};
use crate::text::time::Span;

impl Declaration {
    /// Returns the warnings about the declaration, in all of its environments.
    pub fn warnings(&self) -> Vec<Finding> {
        let resolved = self.environments().filter_map(|name| self.resolve(name).ok());
        limited(resolved.flat_map(|resolved| resolved.warnings()).collect())
    }
}

impl ResolvedEnvironment {
    /// Returns the warnings about the declaration in this environment.
    pub fn warnings(&self) -> Vec<Finding> {
        let mut warnings: Vec<Finding> = self.unmeasured().into_iter().collect();
        for (name, component) in &self.components {
            let about = WarningContext {
                component: name,
                environment: &self.environment,
                is_measured: self.gates.measure(name),
            };
            warnings.extend(component.spec.as_kind().warnings(&about));
        }
        warnings.into_iter().map(Finding::of_the_declaration).collect()
    }

    /// Returns a warning if a release passes here whatever it does: one that does not come by itself from a
    /// branch, where there are several environments, or one that is watched for a time in which nothing is measured.
    fn unmeasured(&self) -> Option<Finding> {
        let (here, bake) = (&self.environment, self.gates.bake);
        let is_bare = self.gates.all().is_empty();
        let reason = if self.promoted_to && is_bare {
            format!(
                "`{here}` has no gate, and gets releases by a tag, by name or from a person: each passes there, whatever it does."
            )
        } else if bake > Span::ZERO && is_bare {
            format!(
                "Releases are watched for {bake} in `{here}`, and nothing is measured meanwhile: each passes, whatever it does."
            )
        } else if bake > Span::ZERO {
            format!(
                "Releases are watched for {bake} in `{here}`, and nothing is measured of {}: one that brings nothing else passes, whatever it does.",
                self.unwatched()?
            )
        } else {
            return None;
        };
        Some(Finding::new(
            FindingName::NothingMeasured,
            format!("environments.{here}.gates"),
            reason,
            "Write `gates`, for the whole release or of a component, such as `alarms` or `probes`.",
        ))
    }

    /// Returns the components of which no gate decides, where there are any. A component whose result is no state is
    /// measured by how it ends.
    fn unwatched(&self) -> Option<String> {
        let components = self.components.iter();
        let unwatched = components
            .filter(|(name, it)| it.spec.kind().goes_back() && !self.gates.measure(name))
            .map(|(name, _)| format!("`{name}`"));
        let unwatched: Vec<String> = unwatched.collect();
        (!unwatched.is_empty()).then(|| unwatched.join(", "))
    }
}
