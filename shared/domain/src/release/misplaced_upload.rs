//! Uploads whose keys mean nothing to Windlass. They look meant for it, so their author learns what was probably
//! meant. Pure.

// A manifest's key and the version in it have to be one name: the version from the key alone fails for what is
// posted, and a key that is ignored is what its author looks for.

use crate::document::secret;
use crate::release::key::{AccessPlace, FINDINGS_SUFFIX, LONGEST, PLANS, is_secret, upload};
use crate::text::count::count;
use crate::text::finding::{Finding, repeated};
use crate::text::name::AppName;

/// Windlass keeps its own objects below this.
const OURS: &str = "windlass/";

/// The folder of access files.
const ACCESS: &str = "access";

/// The folders of uploads.
const FOLDERS: [&str; 4] = ["apps", "releases", "artifacts", ACCESS];

/// The most letters by which a folder's name may be misspelt.
const MISSPELT: usize = 2;

/// An upload whose key means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisplacedUpload {
    /// The application in its key, if the key names one.
    pub app: Option<AppName>,
    /// The finding: what is wrong with the key, and which key was probably meant.
    pub finding: Finding,
    /// True if it lies in a folder of uploads: findings are written beside it there.
    pub beside: bool,
}

/// Returns what is wrong with a key; `None` for an upload, for what is only planned, for objects that Windlass writes
/// itself, and for the empty objects that stand for folders (Amazon S3 User Guide, "Organizing objects in the Amazon S3
/// console by using folders").
pub fn misplaced_upload(key: &str) -> Option<MisplacedUpload> {
    let ours = key.starts_with(OURS) || key.starts_with(PLANS) || key.ends_with(FINDINGS_SUFFIX);
    if ours || key.ends_with('/') || upload(key).is_some() {
        return None;
    }
    let parts: Vec<&str> = key.split('/').collect();
    if let Some(misplaced) = of_secret(key, &parts) {
        return Some(misplaced);
    }
    let (folders, file) = parts.split_at(parts.len() - 1);
    let file = file.first().copied().unwrap_or_default();
    let folder = folders.first().and_then(|name| meant(name));
    let folder = folder.or_else(|| by_file(file));
    let named = |at: usize| folders.get(at).map(|name| as_name(name));
    let or = |name: Option<String>, any: &str| name.unwrap_or_else(|| any.to_owned());
    let of = if folder == Some(ACCESS) { of_access(folders, file) } else { named(1) };
    let app = or(of.clone(), "<app>");
    let too_long = key.len() > LONGEST;
    let remedy = match folder {
        _ if too_long => format!("Upload it with a key of at most {LONGEST} bytes."),
        _ if key.contains(char::is_control) => {
            "Upload it with a key in one line, without characters that are not shown.".to_owned()
        }
        Some("apps") => format!("Upload the declaration as `apps/{app}/app.yaml`."),
        Some("releases") => {
            format!("Upload the manifest as `releases/{app}/{}/{}.json`.", or(named(2), "<environment>"), version(file))
        }
        Some(ACCESS) if of.is_none() => {
            format!("Upload the access file of all applications as `{}`.", AccessPlace::All)
        }
        Some(ACCESS) => format!("Upload the access file of an application as `access/apps/{app}.yaml`."),
        Some(_) => {
            // With one folder fewer it is the environment that is missing.
            let (environment, component) = match named(3) {
                None => (None, named(2)),
                component => (named(2), component),
            };
            format!(
                "Upload the artifact as `artifacts/{app}/{}/{}/{file}`.",
                or(environment, "<environment>"),
                or(component, "<component>")
            )
        }
        None => "Upload declarations as `apps/<app>/app.yaml`, artifacts as \
                 `artifacts/<app>/<environment>/<component>/<file>`, manifests as \
                 `releases/<app>/<environment>/<version>.json` and access files as `access/apps/<app>.yaml`; keep \
                 everything else in another bucket."
            .to_owned(),
    };
    let reason = if too_long {
        let length = count(key.len(), "byte");
        format!("the key has {length}, and no findings could be written beside it.")
    } else {
        format!("`{}` is no key that Windlass reads, so nothing came of this upload.", repeated(key))
    };
    Some(MisplacedUpload {
        app: folder.and_then(|_| AppName::new(of?).ok()),
        finding: Finding::bad_value(key, reason, remedy),
        beside: !too_long && folders.first().is_some_and(|name| FOLDERS.contains(name)),
    })
}

/// Returns what is reported of a key that looks like a secret: where it lies, as far as that is none.
fn of_secret(key: &str, parts: &[&str]) -> Option<MisplacedUpload> {
    let folder = parts.first().filter(|name| FOLDERS.contains(name));
    let named = folder.filter(|name| **name != ACCESS);
    let app = named.and(parts.get(1)).filter(|name| !is_secret(name));
    let app = app.and_then(|name| AppName::new(*name).ok());
    let place = match (folder, &app) {
        (Some(folder), Some(app)) => format!("{folder}/{app}/…"),
        _ => "an upload".to_owned(),
    };
    Some(MisplacedUpload {
        app,
        finding: secret::finding(&place, "key", key)?,
        beside: folder.is_some() && key.len() <= LONGEST,
    })
}

/// Returns the folder that a name was meant to be.
fn meant(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let distance = |folder: &&str| strsim::damerau_levenshtein(&name, folder);
    FOLDERS.into_iter().min_by_key(distance).filter(|folder| distance(folder) <= MISSPELT)
}

/// Returns the application of an access file; `None` of that of all applications.
fn of_access(folders: &[&str], file: &str) -> Option<String> {
    let stem = file.split('.').next().unwrap_or_default();
    match folders {
        [_] if as_name(stem) == "all" => None,
        [_, folder] if as_name(folder) != "apps" => Some(as_name(folder)),
        [_, _, app, ..] => Some(as_name(app)),
        _ if stem.is_empty() => Some("<app>".to_owned()),
        _ => Some(as_name(stem)),
    }
}

/// Returns the folder that a file belongs in.
fn by_file(file: &str) -> Option<&'static str> {
    let stem = file.split('.').next().unwrap_or_default();
    let is_yaml = file.contains(".yaml") || file.contains(".yml");
    if stem == "app" && is_yaml {
        Some("apps")
    } else if crate::document::git_rule::version_of_tag(&version(file)).is_some() && file.contains(".json") {
        Some("releases")
    } else {
        None
    }
}

/// Returns the version that a manifest's file is named after.
fn version(file: &str) -> String {
    let mut version = file;
    for end in [".txt", ".json", ".yaml", ".yml", ".JSON"] {
        version = version.strip_suffix(end).unwrap_or(version);
    }
    if version.is_empty() { "<version>".to_owned() } else { repeated(version) }
}

/// Returns the name that was probably meant.
fn as_name(text: &str) -> String {
    repeated(&text.trim().to_lowercase().replace(['_', ' '], "-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::FindingName;

    #[test]
    fn a_key_that_is_too_long_for_its_findings_is_reported_without_them() {
        let key = |length: usize| format!("artifacts/shop/dev/web/{}.zip", "a".repeat(length - 27));
        assert_eq!(misplaced_upload(&key(LONGEST)), None);
        for length in [LONGEST + 1, 1024] {
            let misplaced = misplaced_upload(&key(length)).unwrap();
            assert_eq!(misplaced.app, AppName::new("shop").ok());
            assert!(!misplaced.beside);
            assert!(misplaced.finding.remedy.written().contains("at most 1010 bytes"), "{:?}", misplaced.finding);
        }
    }

    #[test]
    fn a_key_that_looks_like_a_secret_is_never_repeated() {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        for (key, app, place, beside) in [
            ("releases/shop/dev/{}.json", Some("shop"), "releases/shop/…", true),
            ("artifacts/{}/dev/web/1.zip", None, "an upload", true),
            ("holiday-{}.jpg", None, "an upload", false),
            ("access/apps/{}.yaml", None, "an upload", true),
        ] {
            let misplaced = misplaced_upload(&key.replace("{}", token)).unwrap();
            assert_eq!(misplaced.finding.name, FindingName::SecretInInput);
            assert_eq!((misplaced.app.as_ref().map(AppName::as_str), misplaced.beside), (app, beside));
            assert_eq!(misplaced.finding.path, place);
            assert!(!misplaced.finding.written().contains(token), "{:?}", misplaced.finding);
        }
    }

    #[test]
    fn a_key_that_looks_meant_is_answered_with_the_one_that_was_meant() {
        for (key, app, beside, meant) in [
            ("apps/shop/app.yml", Some("shop"), true, "apps/shop/app.yaml"),
            ("apps/shop/app.yaml.txt", Some("shop"), true, "apps/shop/app.yaml"),
            ("apps/shop/prod/app.yaml", Some("shop"), true, "apps/shop/app.yaml"),
            ("apps/Shop/app.yaml", Some("shop"), true, "apps/shop/app.yaml"),
            ("apps/app.yaml", None, true, "apps/<app>/app.yaml"),
            ("app/shop/app.yaml", Some("shop"), false, "apps/shop/app.yaml"),
            ("app.yaml", None, false, "apps/<app>/app.yaml"),
            ("releases/1.0.0.json", None, true, "releases/<app>/<environment>/1.0.0.json"),
            ("releases/shop/prod/1.0.0.yaml", Some("shop"), true, "releases/shop/prod/1.0.0.json"),
            ("releases/shop/1.0.0.json", Some("shop"), true, "releases/shop/<environment>/1.0.0.json"),
            ("releases/shop/prod/.json", Some("shop"), true, "releases/shop/prod/<version>.json"),
            ("releases/shop/prod/a/1.0.0.json", Some("shop"), true, "releases/shop/prod/1.0.0.json"),
            ("release/shop/prod/1.0.0.json", Some("shop"), false, "releases/shop/prod/1.0.0.json"),
            ("Releases/shop/prod/1.0.0.json", Some("shop"), false, "releases/shop/prod/1.0.0.json"),
            ("1.0.0.json", None, false, "releases/<app>/<environment>/1.0.0.json"),
            ("artifacts/shop/web.zip", Some("shop"), true, "artifacts/shop/<environment>/<component>/web.zip"),
            ("artifact/shop/prod/web/1.zip", Some("shop"), false, "artifacts/shop/prod/web/1.zip"),
            ("artifacts/web.zip", None, true, "artifacts/<app>/<environment>/<component>/web.zip"),
            ("artifacts/shop/prod/My_Web/1.zip", Some("shop"), true, "artifacts/shop/prod/my-web/1.zip"),
            ("artifacts/shop/web/1.zip", Some("shop"), true, "artifacts/shop/<environment>/web/1.zip"),
            ("access/shop.yaml", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/Shop.yaml", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/shop.yml", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/shop", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/.yaml", None, true, "access/apps/<app>.yaml"),
            ("access/shop/access.yaml", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/shop/prod.yaml", Some("shop"), true, "access/apps/shop.yaml"),
            ("access/apps/all.yml", Some("all"), true, "access/apps/all.yaml"),
            ("access/all.yml", None, true, "access/all.yaml"),
            ("Access/all.yaml", None, false, "access/all.yaml"),
            ("acces/apps/shop.yaml", Some("shop"), false, "access/apps/shop.yaml"),
            ("holiday.jpg", None, false, "apps/<app>/app.yaml"),
            ("backups/shop/2026.tar", None, false, "apps/<app>/app.yaml"),
        ] {
            let found = misplaced_upload(key).expect(key);
            let named = found.app.as_ref().map(AppName::as_str);
            assert_eq!((named, found.beside), (app, beside), "{key}");
            let remedy = &found.finding.remedy;
            assert!(remedy.written().contains(&format!("`{meant}`")), "{key}: {remedy:?}");
            assert_eq!(found.finding.path, key);
            let now = meant.replace("<app>", "a").replace("<component>", "c");
            let now = now.replace("<environment>", "e");
            assert!(upload(&now).is_some(), "{meant} is one that is read");
        }
    }

    #[test]
    fn uploads_folders_and_our_own_objects_are_in_their_place() {
        for key in [
            "apps/shop/app.yaml",
            "releases/shop/prod/1.0.0.json",
            "artifacts/shop/prod/web/1.zip",
            "plans/shop/web/1.zip",
            "plans/1.zip",
            "apps/shop/app.yml.findings.json",
            "access/apps/shop.yaml",
            "access/all.yaml",
            "access/shop.yaml.findings.json",
            "windlass/sites/shop/x.json",
            "apps/",
            "apps/shop/",
            "holidays/",
        ] {
            assert_eq!(misplaced_upload(key), None, "{key}");
        }
    }
}
