//! The ways in that an environment takes releases from. Pure.

use super::resolved::Resolved;
use crate::finding::{Finding, FindingName};
use crate::request::Route;

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
    use crate::name::EnvironmentName;
    use crate::request::Route::{Api, Console, Ecr, S3};

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
                assert!(finding.remedy.contains(line), "{finding}");
                assert_eq!(finding.path, format!("environments.{environment}.sources"));
            }
        }
    }
}
