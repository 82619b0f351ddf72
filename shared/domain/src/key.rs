//! Tells from its key what an upload to the artifacts bucket is. Pure.

use crate::name::{AppName, ComponentName};

/// The sort of an upload, with the names in its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upload {
    /// `apps/<app>/app.yaml`
    Declaration(AppName),
    /// `releases/<app>/<version>.json`
    Manifest(AppName),
    /// `artifacts/<app>/<component>/…`
    Artifact(AppName, ComponentName),
}

/// The suffix of the files that Windlass writes beside an upload. Such a file is never an upload itself.
pub const FINDINGS_SUFFIX: &str = ".findings.json";

/// The longest key of an upload, in bytes: with the suffix it is one that S3 takes (Amazon S3 User Guide, "Naming Amazon S3
/// objects": at most 1,024 bytes).
pub const LONGEST: usize = 1024 - FINDINGS_SUFFIX.len();

/// Returns the key of the manifest of a release.
pub fn manifest_key(app: &AppName, version: &str) -> String {
    format!("releases/{app}/{version}.json")
}

/// Reads a key; `None` if it is none of the three, such as a file that Windlass writes there itself, or is too long.
pub fn upload(key: &str) -> Option<Upload> {
    if key.ends_with(FINDINGS_SUFFIX) || key.len() > LONGEST {
        return None;
    }
    let parts: Vec<&str> = key.split('/').collect();
    match parts.as_slice() {
        ["apps", app, "app.yaml"] => Some(Upload::Declaration(AppName::new(*app).ok()?)),
        ["releases", app, file]
            if file
                .strip_suffix(".json")
                .is_some_and(|version| !version.is_empty()) =>
        {
            Some(Upload::Manifest(AppName::new(*app).ok()?))
        }
        ["artifacts", app, component, file, ..] if !file.is_empty() => {
            let component = ComponentName::new(*component).ok()?;
            Some(Upload::Artifact(AppName::new(*app).ok()?, component))
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
        let web = || ComponentName::new("web").unwrap();
        let table = [
            ("apps/shop/app.yaml", Some(Upload::Declaration(shop()))),
            ("apps/shop/app.yaml.findings.json", None),
            ("apps/Shop/app.yaml", None),
            ("apps/shop/other.yaml", None),
            ("releases/shop/1.4.0.json", Some(Upload::Manifest(shop()))),
            ("releases/shop/1.4.0.json.findings.json", None),
            ("releases/shop/.json", None),
            ("releases/shop/deep/1.json", None),
            (
                "artifacts/shop/web/1.4.0.zip",
                Some(Upload::Artifact(shop(), web())),
            ),
            (
                "artifacts/shop/web/a/b.zip",
                Some(Upload::Artifact(shop(), web())),
            ),
            ("artifacts/shop/web/", None),
            ("artifacts/shop/web", None),
            ("windlass/sites/shop/x.json", None),
            ("", None),
        ];
        for (key, expected) in table {
            assert_eq!(upload(key), expected, "{key}");
        }
    }
}
