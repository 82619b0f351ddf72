//! The keys of the artifacts bucket: what an upload is, and whose. Pure.

use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::secret;

/// The sort of an upload, with the names in its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// `apps/<app>/app.yaml`
    Declaration(AppName),
    /// `releases/<app>/<environment>/<version>.json`
    Manifest(AppName, EnvironmentName),
    /// `artifacts/<app>/<environment>/<component>/…`
    Artifact(AppName, EnvironmentName, ComponentName),
}

impl Upload {
    /// Returns the environment of its prefix: it releases there and nowhere else.
    pub fn environment(&self) -> Option<&EnvironmentName> {
        match self {
            Self::Declaration(_) => None,
            Self::Manifest(_, environment) | Self::Artifact(_, environment, _) => Some(environment),
        }
    }
}

/// The suffix of the files that Windlass writes beside an upload. Such a file is never an upload itself.
pub const FINDINGS_SUFFIX: &str = ".findings.json";

/// The longest key of an upload, in bytes: with the suffix it is one that S3 takes (Amazon S3 User Guide, "Naming Amazon S3
/// objects": at most 1,024 bytes).
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

/// Reads a key; `None` if it is none of the three, such as a file that Windlass writes there itself, is too long, looks
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
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_what_it_is() {
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
            ("plans/shop/web/1.4.0.zip", None),
            ("windlass/sites/shop/x.json", None),
            ("", None),
        ];
        for (key, expected) in table {
            assert_eq!(upload(key), expected, "{key}");
        }
    }
}
