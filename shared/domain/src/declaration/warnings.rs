//! Warnings about a declaration that its authors may not mean, and about the ways in that an environment takes releases
//! from. They are shown, and stop nothing. Pure.

use super::Declaration;
use crate::declaration::kinds::WarningContext;
use crate::declaration::resolved::Resolved;
use crate::release::request::Route;
use crate::text::finding::{Finding, FindingName, limited};
use crate::text::time::Span;

impl Declaration {
    /// Returns the warnings about the declaration, in all of its environments.
    pub fn warnings(&self) -> Vec<Finding> {
        let resolved = self.environments().filter_map(|name| self.resolve(name).ok());
        limited(resolved.flat_map(|resolved| resolved.warnings()).collect())
    }
}

impl Resolved {
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

    /// Returns a warning if a release passes here whatever it does: one that is promoted from elsewhere, or one that is
    /// watched for a time in which nothing is measured.
    fn unmeasured(&self) -> Option<Finding> {
        let (here, bake) = (&self.environment, self.gates.bake);
        let is_bare = self.gates.all().is_empty();
        let reason = if self.promoted_to && is_bare {
            format!("Releases are promoted to `{here}`, and nothing is measured there: each passes, whatever it does.")
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

/// The ways in as people write them: those first that ask for a right to the environment.
const WRITTEN: [Route; 4] = [Route::Api, Route::Console, Route::S3, Route::Ecr];

impl Resolved {
    /// Returns the finding that the environment takes no releases from this way in, with the line to write where it is
    /// to; `None` if it does.
    pub fn not_accepted(&self, route: Route) -> Option<Finding> {
        if self.sources.contains(&route) {
            return None;
        }
        let at = format!("environments.{}", self.environment);
        let taken = |written: &Route| *written == route || self.sources.contains(written);
        let line = WRITTEN.into_iter().filter(taken);
        let line: Vec<String> = line.map(|written| written.to_string()).collect();
        Some(Finding::new(
            FindingName::SourceNotAccepted,
            format!("{at}.sources"),
            format!("the environment does not accept releases from `{route}`."),
            format!(
                "Use a way in that it names; or, where this one is meant, write `sources: [{}]` under `{at}` of the \
                 declaration.",
                line.join(", ")
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::declaration::Declaration;
    use crate::release::request::Route::{Api, Console, Ecr, S3};
    use crate::text::name::EnvironmentName;

    #[test]
    fn what_asks_for_no_right_to_the_environment_is_taken_only_where_it_is_named() {
        let text = "app: shop\nversion: 1.0.0\nenvironments: {dev: {}, prod: {sources: [ecr, console]}}\n\
                    components: {web: {kind: static_site, bucket: 'web-{environment}'}}\n";
        let declaration = Declaration::parse(text).unwrap();
        for (environment, route, line) in [
            ("dev", Api, None),
            ("dev", Console, None),
            ("dev", S3, Some("`sources: [api, console, s3]` under `environments.dev`")),
            ("dev", Ecr, Some("`sources: [api, console, ecr]` under `environments.dev`")),
            ("prod", Ecr, None),
            ("prod", Api, Some("`sources: [api, console, ecr]` under `environments.prod`")),
            ("prod", S3, Some("`sources: [console, s3, ecr]` under `environments.prod`")),
        ] {
            let name = EnvironmentName::new(environment).unwrap();
            let finding = declaration.resolve(&name).unwrap().not_accepted(route);
            assert_eq!(finding.is_some(), line.is_some(), "{environment} {route}");
            if let (Some(finding), Some(line)) = (finding, line) {
                assert!(finding.remedy.written().contains(line), "{finding:?}");
                assert_eq!(finding.path, format!("environments.{environment}.sources"));
            }
        }
    }
}
