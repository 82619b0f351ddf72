//! The places that artifacts are taken from: a release takes those of its own environment alone. What is recorded keeps
//! its pinned objects wherever they lie. Pure.

use crate::finding::{Finding, FindingName, repeated};
use crate::key::{LONGEST, PLANS, Upload, artifacts_of, plans_of, upload};
use crate::name::{AppName, ComponentName, EnvironmentName};

/// The place that a component's artifact of a release is taken from.
#[derive(Debug, Clone, Copy)]
pub struct ArtifactPlace<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The environment that the release goes to, where that is known.
    pub environment: Option<&'a EnvironmentName>,
    /// The component.
    pub component: &'a ComponentName,
    /// True if the release is only planned.
    pub planned: bool,
}

impl ArtifactPlace<'_> {
    /// Returns the finding that a key is in another place.
    pub fn finding(&self, key: &str, path: &str) -> Option<Finding> {
        let Self { app, component, .. } = self;
        if is_clean(key) && self.takes(key) {
            return None;
        }
        let environment = self.environment.map_or("<environment>", |it| it.as_str());
        let folder = format!("artifacts/{app}/{environment}/{component}/");
        let seen = repeated(key);
        let elsewhere = match upload(key).filter(|_| is_clean(key)) {
            Some(Upload::Artifact(of, there, named)) if of == **app && named == **component => {
                Some(format!("`{seen}` lies below the prefix of `{there}`, and this release goes to `{environment}`."))
            }
            _ if key.starts_with(PLANS) => Some(format!("`{seen}` is of a plan, which no release takes.")),
            _ => None,
        };
        Some(match elsewhere {
            Some(reason) => Finding::new(
                FindingName::OtherPrefix,
                path,
                reason,
                format!(
                    "Upload it below `{folder}` as well and write that key; or promote the release that is recorded, by \
                     its version."
                ),
            ),
            None => Finding::new(
                FindingName::BadValue,
                path,
                format!("`{seen}` is not the key of an artifact of `{component}`."),
                format!("Upload it below `{folder}` and write that key, without `..`."),
            ),
        })
    }

    fn takes(&self, key: &str) -> bool {
        let Self { app, component, .. } = *self;
        let below = |folder: String| key.strip_prefix(&folder).is_some_and(|rest| !rest.is_empty());
        let own = match (self.environment, upload(key)) {
            (Some(environment), _) => below(artifacts_of(app, environment, component)),
            (None, Some(Upload::Artifact(of, _, named))) => of == *app && named == *component,
            (None, _) => false,
        };
        own || (self.planned && below(plans_of(app, component)))
    }
}

/// Returns a finding if a key is of none of the application's artifacts, planned ones included. A manifest by itself
/// shows no more: only the declaration knows whether its component is declared, and where it goes.
pub(crate) fn key_of_another(app: &AppName, key: &str, path: &str) -> Option<Finding> {
    let parts: Vec<&str> = key.splitn(5, '/').collect();
    let is_own = match parts.as_slice() {
        ["artifacts", of, environment, component, file] => {
            *of == app.as_str() && ![environment, component, file].iter().any(|it| it.is_empty())
        }
        ["plans", of, component, file, ..] => *of == app.as_str() && !component.is_empty() && !file.is_empty(),
        _ => false,
    };
    (!is_own || !is_clean(key)).then(|| {
        Finding::new(
            FindingName::BadValue,
            path,
            format!("`{}` is not the key of an artifact of `{app}`.", repeated(key)),
            format!("Upload it below `artifacts/{app}/<environment>/<component>/` and write that key, without `..`."),
        )
    })
}

/// Returns a finding if a pinned object is none of the application's.
pub(crate) fn pinned_of_another(app: &AppName, planned: bool, key: &str, path: &str) -> Option<Finding> {
    let is_own =
        key.starts_with(&format!("artifacts/{app}/")) || (planned && key.starts_with(&format!("{PLANS}{app}/")));
    (!is_own || !is_clean(key)).then(|| {
        Finding::new(
            FindingName::BadValue,
            path,
            format!("`{}` is not the key of an artifact of `{app}`.", repeated(key)),
            "Leave `pinned` out: it is pinned anew then.",
        )
    })
}

fn is_clean(key: &str) -> bool {
    key.len() <= LONGEST
        && !key.contains(|c: char| c.is_control())
        && key.split('/').all(|part| part != ".." && part != ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: Option<FindingName> = Some(FindingName::BadValue);
    const OTHER: Option<FindingName> = Some(FindingName::OtherPrefix);

    #[test]
    fn a_release_takes_the_artifacts_of_its_own_component_and_environment_alone() {
        let app = &AppName::new("shop").unwrap();
        let component = &ComponentName::new("web").unwrap();
        let dev = &EnvironmentName::new("dev").unwrap();
        let folder = "artifacts/shop/dev/web/";
        let most = format!("{folder}{}", "x".repeat(LONGEST - folder.len()));
        let more = format!("{most}x");
        for (key, here, anywhere, planned) in [
            ("artifacts/shop/dev/web/1.zip", None, None, None),
            ("artifacts/shop/dev/web/a/b.zip", None, None, None),
            ("artifacts/shop/dev/web/..a/b..", None, None, None),
            (most.as_str(), None, None, None),
            ("artifacts/shop/prod/web/1.zip", OTHER, None, OTHER),
            ("plans/shop/web/1.zip", OTHER, OTHER, None),
            ("plans/bank/web/1.zip", OTHER, OTHER, OTHER),
            ("plans/shop/api/1.zip", OTHER, OTHER, OTHER),
            ("artifacts/shop/web/1.zip", BAD, BAD, BAD),
            (folder, BAD, BAD, BAD),
            ("artifacts/shop/dev/api/1.zip", BAD, BAD, BAD),
            ("artifacts/bank/dev/web/1.zip", BAD, BAD, BAD),
            ("artifacts/shop/dev/web/../api/1.zip", BAD, BAD, BAD),
            ("artifacts/shop/dev/web/./1.zip", BAD, BAD, BAD),
            ("artifacts/shop/dev/web/a\n.zip", BAD, BAD, BAD),
            (more.as_str(), BAD, BAD, BAD),
        ] {
            let seen = |environment, planned| {
                let place = ArtifactPlace { app, environment, component, planned };
                place.finding(key, "here").map(|finding| finding.name)
            };
            assert_eq!(seen(Some(dev), false), here, "{key}");
            assert_eq!(seen(None, false), anywhere, "{key}");
            assert_eq!(seen(Some(dev), true), planned, "{key}");
        }
    }

    #[test]
    fn what_is_recorded_lies_wherever_it_was_uploaded_for_the_application() {
        let app = &AppName::new("shop").unwrap();
        for (key, recorded, planned) in [
            ("artifacts/shop/dev/web/1.zip", true, true),
            ("artifacts/shop/web/1.zip", true, true),
            ("plans/shop/web/1.zip", false, true),
            ("artifacts/shopper/dev/web/1.zip", false, false),
            ("artifacts/shop/../bank/1.zip", false, false),
        ] {
            let seen = |planned| pinned_of_another(app, planned, key, "here").is_none();
            assert_eq!((seen(false), seen(true)), (recorded, planned), "{key}");
        }
    }
}
