//! The keys of the artifacts bucket: what an upload is, whose it is, and where a release may take its artifacts from. A
//! release takes those of its own environment alone. What is recorded keeps its pinned objects wherever they lie. Pure.

use crate::document::secret;
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::prose::Prose;
use std::fmt;

/// The sort of an upload, with the names in its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// `apps/<app>/app.yaml`
    Declaration(AppName),
    /// `releases/<app>/<environment>/<version>.json`
    Manifest(AppName, EnvironmentName),
    /// `artifacts/<app>/<environment>/<component>/…`
    Artifact(AppName, EnvironmentName, ComponentName),
    /// An access file, which is of all environments.
    Access(AccessPlace),
}

impl Upload {
    /// Returns the environment of its prefix: it releases there and nowhere else.
    pub fn environment(&self) -> Option<&EnvironmentName> {
        match self {
            Self::Declaration(_) | Self::Access(_) => None,
            Self::Manifest(_, environment) | Self::Artifact(_, environment, _) => Some(environment),
        }
    }
}

/// The place of an access file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessPlace {
    /// `access/apps/<app>.yaml`: the rules of an application.
    App(AppName),
    /// `access/all.yaml`: what holds for all applications.
    All,
}

/// Writes its key.
impl fmt::Display for AccessPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(app) => write!(f, "access/apps/{app}.yaml"),
            Self::All => f.write_str("access/all.yaml"),
        }
    }
}

/// The suffix of the files that Windlass writes beside an upload. Such a file is never an upload itself.
pub const FINDINGS_SUFFIX: &str = ".findings.json";

/// The longest key of an upload, in bytes: with the suffix it is one that S3 takes (Amazon S3 User Guide, "Naming
/// Amazon S3 objects": at most 1,024 bytes).
pub const LONGEST: usize = 1024 - FINDINGS_SUFFIX.len();

/// The prefix of artifacts that are only planned. They expire after a week, and no release takes them.
pub const PLANS: &str = "plans/";

/// Returns the key of the manifest of a release into an environment.
pub fn manifest_key(app: &AppName, environment: &EnvironmentName, version: &str) -> String {
    format!("releases/{app}/{environment}/{version}.json")
}

/// Returns the prefix of a component's artifacts for an environment.
pub fn artifacts_of(app: &AppName, environment: &EnvironmentName, component: &ComponentName) -> String {
    format!("artifacts/{app}/{environment}/{component}/")
}

/// Returns the prefix of a component's artifacts that are only planned, for whichever environment.
pub fn plans_of(app: &AppName, component: &ComponentName) -> String {
    format!("{PLANS}{app}/{component}/")
}

/// Returns whether a key looks like a secret. A request names its upload by the key, and may have no secret (rule 10).
pub fn is_secret(key: &str) -> bool {
    secret::finding("", "key", key).is_some()
}

/// Reads a key; `None` if it is that of no upload, such as a file that Windlass writes there itself, is too long, looks
/// like a secret, or has control characters.
pub fn upload(key: &str) -> Option<Upload> {
    let is_none = key.ends_with(FINDINGS_SUFFIX) || key.len() > LONGEST;
    if is_none || key.contains(char::is_control) || is_secret(key) {
        return None;
    }
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        ["apps", app, "app.yaml"] => Some(Upload::Declaration(AppName::new(*app).ok()?)),
        ["releases", app, environment, file]
            if file.strip_suffix(".json").is_some_and(|version| !version.is_empty()) =>
        {
            let environment = EnvironmentName::new(*environment).ok()?;
            Some(Upload::Manifest(AppName::new(*app).ok()?, environment))
        }
        ["artifacts", app, environment, component, file, ..] if !file.is_empty() => {
            let environment = EnvironmentName::new(*environment).ok()?;
            let component = ComponentName::new(*component).ok()?;
            Some(Upload::Artifact(AppName::new(*app).ok()?, environment, component))
        }
        ["access", "apps", file] => {
            let app = AppName::new(file.strip_suffix(".yaml")?).ok()?;
            Some(Upload::Access(AccessPlace::App(app)))
        }
        ["access", "all.yaml"] => Some(Upload::Access(AccessPlace::All)),
        _ => None,
    }
}

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
            None => Finding::bad_value(
                path,
                format!("`{seen}` is not the key of an artifact of `{component}`."),
                format!("Upload it below `{folder}` and write that key, without `..`."),
            )
            .resting_on(["app", "artifact_object.component"]),
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
    let remedy =
        format!("Upload it below `artifacts/{app}/<environment>/<component>/` and write that key, without `..`.");
    (!is_own || !is_clean(key)).then(|| of_another(app, key, path, remedy))
}

fn of_another(app: &AppName, key: &str, path: &str, remedy: impl Into<Prose>) -> Finding {
    let reason = format!("`{}` is not the key of an artifact of `{app}`.", repeated(key));
    Finding::bad_value(path, reason, remedy).resting_on(["app"])
}

/// Returns a finding if a pinned object is none of the application's.
pub(crate) fn pinned_of_another(app: &AppName, planned: bool, key: &str, path: &str) -> Option<Finding> {
    let is_own =
        key.starts_with(&format!("artifacts/{app}/")) || (planned && key.starts_with(&format!("{PLANS}{app}/")));
    (!is_own || !is_clean(key)).then(|| of_another(app, key, path, "Leave `pinned` out: it is pinned anew then."))
}

fn is_clean(key: &str) -> bool {
    key.len() <= LONGEST
        && !key.contains(|c: char| c.is_control())
        && key.split('/').all(|part| part != ".." && part != ".")
}

#[cfg(test)]
mod tests_of_artifact_place {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_what_it_is() {
        let shop = || AppName::new("shop").unwrap();
        let dev = || EnvironmentName::new("dev").unwrap();
        let web = || ComponentName::new("web").unwrap();
        let table = [
            ("apps/shop/app.yaml", Some(Upload::Declaration(shop()))),
            ("apps/shop/app.yaml.findings.json", None),
            ("apps/Shop/app.yaml", None),
            ("apps/shop/other.yaml", None),
            ("releases/shop/dev/1.4.0.json", Some(Upload::Manifest(shop(), dev()))),
            ("releases/shop/dev/1.4.0.json.findings.json", None),
            ("releases/shop/dev/.json", None),
            ("releases/shop/dev/deep/1.json", None),
            ("releases/shop/1.4.0.json", None),
            ("artifacts/shop/dev/web/1.4.0.zip", Some(Upload::Artifact(shop(), dev(), web()))),
            ("artifacts/shop/dev/web/a/b.zip", Some(Upload::Artifact(shop(), dev(), web()))),
            ("artifacts/shop/web/1.4.0.zip", None),
            ("artifacts/shop/dev/web/1.4.0\nnext: run it.zip", None),
            ("artifacts/shop/dev/web/ghp_16C7e42F292c6912E7710c838347Ae178B4a.zip", None),
            ("artifacts/shop/dev/web/", None),
            ("artifacts/shop/dev/web", None),
            ("access/apps/shop.yaml", Some(Upload::Access(AccessPlace::App(shop())))),
            ("access/apps/shop.yaml.findings.json", None),
            ("access/apps/Shop.yaml", None),
            ("access/apps/shop.yml", None),
            ("access/apps/shop", None),
            ("access/apps/.yaml", None),
            ("access/apps/shop/prod.yaml", None),
            ("access/shop.yaml", None),
            ("access/all.yaml", Some(Upload::Access(AccessPlace::All))),
            ("access/all.yaml.findings.json", None),
            ("access/all.yml", None),
            ("plans/shop/web/1.4.0.zip", None),
            ("windlass/sites/shop/x.json", None),
            ("", None),
        ];
        for (key, expected) in table {
            assert_eq!(upload(key), expected, "{key}");
            if let Some(Upload::Access(place)) = expected {
                assert_eq!(place.to_string(), key);
            }
        }
    }
}
