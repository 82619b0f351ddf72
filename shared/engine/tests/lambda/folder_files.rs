//! `Prepare` and the look before an upload refuse what the zip of a function may not have.

use super::scene::Setting;
use std::io::{Cursor, Write as _};
use windlass_domain::declaration::folder::{FolderPatterns, TABLE, Treatment};
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::kinds::{Prepared, check_artifact};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const ARCHIVE: &str = "artifacts/shop/prod/api/1.zip";

fn zip(files: &[&str]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let options = SimpleFileOptions::default();
        writer.start_file(*file, options).unwrap();
        writer.write_all(b"x").unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn patterns(publish: &[&str], exclude: &[&str]) -> FolderPatterns {
    let list = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    FolderPatterns { publish: list(publish), exclude: list(exclude) }
}

/// Plans the release of a zip that somebody else has packed. What `windlass release` says before the upload is the
/// same.
fn prepared(files: &[&str], patterns: FolderPatterns) -> Prepared {
    let setting = Setting { alias: true, files: patterns, ..Setting::default() };
    let archive = zip(files);
    let component = ComponentName::new("api").unwrap();
    let spec = Spec::Lambda(setting.spec());
    let before = check_artifact(&component, &spec, ARCHIVE, &archive);
    let world = setting.world();
    world.s3().bucket("artifacts", true);
    let artifact = Artifact::Object {
        key: ARCHIVE.into(),
        sha256: Digest::of(&archive),
        bytes: archive.len() as u64,
        version_id: world.s3().upload("artifacts", ARCHIVE, archive).id.unwrap(),
    };
    let prepared = setting.prepare(&world, Some(&artifact), None);
    let said = |findings: &[Finding]| -> Vec<(FindingName, String)> {
        findings.iter().map(|one| (one.name, one.path.clone())).collect()
    };
    assert_eq!(said(&before), said(&prepared.findings), "before the upload");
    prepared
}

fn refused(files: &[&str], patterns: FolderPatterns) -> Vec<String> {
    let findings = prepared(files, patterns).findings.into_iter();
    findings
        .map(|finding| {
            let path = finding.path.replace("artifacts/shop/prod/api/1.zip: ", "");
            // A name with a backslash is refused for itself as well.
            let name = if path.contains('\\') { FindingName::BadArchive } else { FindingName::FileRefused };
            assert_eq!(finding.name, name, "{finding:?}");
            path
        })
        .collect()
}

#[test]
fn each_name_of_the_table_is_refused_or_goes() {
    for row in &TABLE {
        for name in row.names {
            let path = name.trim_start_matches("**/").replace("[k-p]", "p");
            let path = path.replace('*', "x").replace('\\', "");
            let deep = format!("vendor/{path}");
            let found = refused(&["bootstrap", &path, &deep], FolderPatterns::default());
            let expected = match row.function {
                Treatment::Refused => vec![path, deep],
                _ => vec![],
            };
            assert_eq!(found, expected, "{name}");
        }
    }
}

#[test]
fn hostile_names_are_refused_all_at_once() {
    let files = ["bootstrap", ".ENV", "lib\\.git\\config", "a/.env.production", ".git"];
    let found = refused(&files, FolderPatterns::default());
    assert_eq!(found, ["lib\\.git\\config", ".ENV", ".git", "a/.env.production", "lib/.git"]);
    let found = refused(&files, patterns(&[".git", ".env.*", ".ENV"], &[]));
    assert_eq!(found, ["lib\\.git\\config"]);
}

/// Lambda takes an archive whole, so nothing can be left out of one that is packed.
#[test]
fn an_archive_with_what_is_excluded_is_refused() {
    let outcome = prepared(&["bootstrap", "tests/a.py", "tests/b.py"], patterns(&["x"], &["tests/"]));
    let lines: Vec<String> = outcome.findings.iter().map(Finding::written).collect();
    insta::assert_snapshot!(lines.join("\n"), @"BadArchive: artifacts/shop/prod/api/1.zip: `exclude` of the component leaves out 2 files (2 by `tests/`), and Lambda takes the archive whole, with them. Remedy: Pack it without them, as a folder is packed that the command line releases.");
}

#[test]
fn a_pattern_that_publishes_nothing_is_a_warning() {
    let warnings = prepared(&["bootstrap"], patterns(&[".env.example"], &[])).warnings;
    let idle = warnings.iter().filter(|one| one.name == FindingName::NothingToPublish);
    assert_eq!(idle.count(), 1, "{warnings:?}");
}
