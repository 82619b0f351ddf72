//! The bytes of a release, looked at before any of them is sent; and those of a manifest's artifacts, from files or
//! from the artifacts bucket, looked at in the same way.

use crate::ground::arguments::ComponentArgument;
use crate::ground::failure::Failure;
use crate::ground::machine::LARGEST_ARTIFACT;
use crate::talk::installation_source::InstallationPlace;
use crate::verbs::release::contents::ReleaseContents;
use crate::verbs::release::preflight;
use crate::verbs::release::upload::{self, LoadedArtifact};
use std::path::Path;
use windlass_domain::declaration::folder::{Folder, FolderRules};
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName};
use windlass_engine::kinds::archive::{Entry, Limits, check_whole, directory, refusals, sort};
use windlass_engine::kinds::check_artifact;

/// The outcome of a look.
#[derive(Debug, Default)]
pub struct LookedInto {
    /// The findings on the bytes.
    pub findings: Vec<Finding>,
    /// The parts that could not be looked at, with the reason.
    pub unseen: Vec<String>,
}

/// Looks at the bytes of a manifest's artifacts: those of the files that are `given` for components, and of the others
/// in the artifacts bucket. `declared` are the components as they are declared, where that is known.
///
/// # Errors
/// A file that cannot be read.
pub async fn look(
    app: &AppName,
    manifest: &Manifest,
    declared: Option<&ResolvedEnvironment>,
    given: &[ComponentArgument],
    bucket: Option<&InstallationPlace>,
) -> Result<LookedInto, Failure> {
    let contents = ReleaseContents::of(app, given, declared)?;
    let mut looked = LookedInto::default();
    looked.findings.extend(contents.findings(declared));
    let mut readable = contents.readable(declared);
    let mut unread = manifest.clone();
    let named = std::mem::take(&mut unread.components);
    let is_given = |name: &ComponentName| contents.artifacts.iter().any(|one| one.component == *name);
    let (given, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|(name, _)| is_given(name));
    looked.findings.extend(readable.iter().filter_map(|artifact| {
        let named = given.iter().find(|(name, _)| *name == artifact.component);
        misnamed(artifact, named.map(|(_, named)| named))
    }));
    for (name, named) in others {
        match fetched(bucket, &name, &named).await {
            Some(Ok(artifact)) => readable.push(artifact),
            Some(Err(why)) => looked.unseen.push(why),
            None => {
                unread.components.insert(name, named);
            }
        }
    }
    looked.unseen.extend(preflight::unread(&unread));
    looked.findings.extend(misfits(app, &readable, declared));
    Ok(looked)
}

/// Reads the object of a component; the text is the reason why it cannot be read. `None` if it names none, or the
/// bucket is not named.
async fn fetched(
    bucket: Option<&InstallationPlace>,
    name: &ComponentName,
    named: &ArtifactRef,
) -> Option<Result<LoadedArtifact, String>> {
    let (bucket, key) = (bucket?, named.key.as_deref()?);
    let version = named.version_id.as_deref();
    let read = upload::read_version(bucket, key, version, LARGEST_ARTIFACT).await;
    let unread = |why: String| format!("the bytes of `{name}` ({why})");
    Some(match read {
        Ok(Some(bytes)) => Ok(LoadedArtifact {
            component: name.clone(),
            given: key.to_owned(),
            key: key.to_owned(),
            sha256: Digest::of(&bytes),
            bytes,
        }),
        Ok(None) => Err(unread(format!("there is no s3://{}/{key}", bucket.value))),
        Err(failure) => Err(unread(failure.message)),
    })
}

/// The finding for a file that is not what the manifest names for its component.
fn misnamed(artifact: &LoadedArtifact, named: Option<&ArtifactRef>) -> Option<Finding> {
    let (name, given) = (&artifact.component, &artifact.given);
    let path = format!("components.{name}");
    let Some(named) = named else {
        return Some(Finding::new(
            FindingName::UnknownName,
            path,
            format!("`{given}` is given, and the manifest has no `{name}`."),
            "Name the component as the manifest does, or leave it out.",
        ));
    };
    let pinned = named.sha256.as_ref().filter(|pinned| **pinned != artifact.sha256)?;
    Some(Finding::new(
        FindingName::DigestMismatch,
        format!("{path}.sha256"),
        format!("`{given}` has the SHA-256 {}, and the manifest names {pinned}.", artifact.sha256),
        "Give the file that is uploaded, or write its SHA-256 into the manifest.",
    ))
}

/// The endings of files that are documents of their own form, beside JSON, which is known by its content.
const DOCUMENTS: [&str; 3] = ["yaml", "yml", "txt"];

/// Returns the findings about the artifacts' bytes. `declared` says what each component takes. Where that is not
/// known, an archive must be readable as one, and anything else must be a document.
pub fn misfits(app: &AppName, artifacts: &[LoadedArtifact], declared: Option<&ResolvedEnvironment>) -> Vec<Finding> {
    let looked = artifacts.iter().map(|artifact| {
        let name = &artifact.component;
        let component = declared.and_then(|declared| declared.components.get(name));
        match component {
            Some(component) => check_artifact(name, &component.spec, &artifact.given, &artifact.bytes),
            // One that is not declared has a finding of its own, and no kind to look up.
            None => of_no_kind(app, artifact, declared.is_some()),
        }
    });
    looked.flatten().collect()
}

fn of_no_kind(app: &AppName, artifact: &LoadedArtifact, is_undeclared: bool) -> Vec<Finding> {
    match directory(&artifact.given, &artifact.bytes) {
        Ok(entries) => of_archive(&artifact.given, entries),
        Err(_) if is_undeclared => vec![],
        Err(broken) => of_document(app, artifact, broken).into_iter().collect(),
    }
}

/// Finds what every kind refuses of an archive.
fn of_archive(given: &str, mut entries: Vec<Entry>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = check_whole(given, &entries, &Limits::default()).into_iter().collect();
    if let Ok(rules) = FolderRules::new(Folder::UNKNOWN) {
        let sorting = sort(&mut entries, &rules);
        findings.extend(refusals(given, &sorting, &rules));
    }
    findings
}

fn of_document(app: &AppName, artifact: &LoadedArtifact, broken: Finding) -> Option<Finding> {
    let (given, bytes) = (artifact.given.as_str(), &artifact.bytes);
    let ends = Path::new(given).extension().and_then(|end| end.to_str());
    let ends_with = |end: &&str| ends.is_some_and(|ends| ends.eq_ignore_ascii_case(end));
    if ends_with(&"zip") || bytes.starts_with(b"PK") {
        return Some(broken);
    }
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    let is_text = !bytes.is_empty() && std::str::from_utf8(bytes).is_ok();
    if is_json || (is_text && DOCUMENTS.iter().any(ends_with)) {
        return None;
    }
    let name = &artifact.component;
    Some(Finding::new(
        FindingName::BadValue,
        format!("components.{name}"),
        format!(
            "`{given}` ({}) is neither a zip archive nor JSON, nor a text whose name ends in `.{}`; and what \
             `{name}` takes is not known here.",
            count(bytes.len(), "byte"),
            DOCUMENTS.join("` or `.")
        ),
        format!(
            "Name what was built. Or let its kind be looked up: give `--endpoint`, or `s3:GetObject` on \
             `apps/{app}/app.yaml` in the bucket."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use windlass_domain::declaration::Declaration;
    use windlass_domain::text::digest::Digest;
    use windlass_domain::text::name::{ComponentName, EnvironmentName};

    const DECLARATION: &str = "
app: shop
version: 1.0.0
environments: {prod: {deploy: {branch: main}}}
components:
  web: {kind: static_site, bucket: shop-web}
  front: {kind: static_site, bucket: shop-front, distribution: E1}
  api: {kind: lambda, function: shop-api, alias: live}
  job: {kind: ecs, cluster: shop, service: job, container: job, repository: shop/job, base: artifact}
  flags: {kind: appconfig, application: shop, environment: prod, profile: flags, strategy: slow}
  words: {kind: appconfig, application: shop, environment: prod, profile: words, strategy: slow,
    content_type: text/plain, after: [flags]}
";

    fn zip(files: &[&str]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for file in files {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(*file, options).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// Returns the findings about a file for a component, with the declaration and without it.
    fn findings(component: &str, file: &str, bytes: &[u8]) -> [String; 2] {
        let declaration = Declaration::parse(DECLARATION).unwrap();
        let prod = EnvironmentName::new("prod").unwrap();
        let declared = declaration.resolve(&prod).unwrap();
        let artifact = LoadedArtifact {
            component: ComponentName::new(component).unwrap(),
            given: file.to_owned(),
            key: "k".into(),
            sha256: Digest::of(bytes),
            bytes: Bytes::copy_from_slice(bytes),
        };
        [Some(&declared), None].map(|declared| {
            let app = AppName::new("shop").unwrap();
            let found = misfits(&app, std::slice::from_ref(&artifact), declared);
            let names: Vec<String> = found.iter().map(|one| one.name.to_string()).collect();
            assert!(
                found.iter().all(|one| one.reason.written().contains(file) || one.path.starts_with(file)),
                "the file is named: {found:?}"
            );
            let version = |one: &Finding| one.remedy.written().contains("new version");
            assert!(!found.iter().any(version), "the version is free: {found:?}");
            names.join(" ")
        })
    }

    #[test]
    fn what_is_of_the_wrong_sort_is_found_of_every_kind() {
        let (site, function) = (zip(&["index.html"]), zip(&["bootstrap"]));
        let (none, up) = (zip(&[]), zip(&["index.html", "../x"]));
        let cut = &site[..site.len() - 30];
        let task = br#"{"family": "job", "containerDefinitions": [{"name": "job", "image": "shop/job:1"}]}"#;
        let foreign = br#"{"family": "job", "containerDefinitions": [{"name": "job", "image": "bank/job:1"}]}"#;
        let nameless = br#"{"family": "job", "containerDefinitions": []}"#;
        let table: [(&str, &str, &[u8], [&str; 2]); 25] = [
            ("web", "dist", &site, ["", ""]),
            ("web", "hacked.html", b"hacked\n", ["BadArchive", "BadValue"]),
            ("web", "web.zip", b"hacked\n", ["BadArchive", "BadArchive"]),
            ("web", "web.zip", b"", ["BadArchive", "BadArchive"]),
            ("web", "web", cut, ["BadArchive", "BadArchive"]),
            ("web", "web.zip", &none, ["BadArchive", "BadArchive"]),
            ("web", "web.zip", &up, ["BadArchive", ""]),
            ("web", "web.zip", &function, ["BadArchive", ""]),
            ("web", "web.json", b"{}", ["BadArchive", ""]),
            ("front", "web.zip", &function, ["", ""]),
            ("front", "web.tar", b"a tar", ["BadArchive", "BadValue"]),
            ("api", "fn.zip", &function, ["", ""]),
            ("api", "bootstrap", b"\x7fELF", ["BadArchive", "BadValue"]),
            ("api", "fn.zip", &none, ["BadArchive", "BadArchive"]),
            ("job", "task.json", task, ["", ""]),
            ("job", "task.json", foreign, ["BadValue", ""]),
            ("job", "task.json", nameless, ["UnknownName", ""]),
            ("job", "task.json", b"{\"family\": 1}", ["BadValue", ""]),
            ("job", "folder", &site, ["BadValue", ""]),
            ("flags", "flags.json", b"{\"flags\": {}}", ["", ""]),
            ("flags", "flags.json", b"{\"flags\"", ["BadValue", "BadValue"]),
            ("flags", "folder", &site, ["BadValue", ""]),
            ("words", "words.TXT", b"hacked", ["", ""]),
            ("words", "words.txt", b"\xff\xfe", ["BadValue", "BadValue"]),
            ("wbe", "hacked.html", b"hacked\n", ["", "BadValue"]),
        ];
        for (component, file, bytes, expected) in table {
            assert_eq!(findings(component, file, bytes), expected, "{component}={file}");
        }
    }
}
