//! The files that an archive may not publish: at `Prepare`, at `Publish`, and before the upload.

use crate::site::scene::Scene;
use crate::site::zips::{stored, zip};
use std::collections::BTreeSet;
use windlass_domain::declaration::folder::{FolderPatterns, LOOKED_AT, TABLE, Treatment};
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::kinds::check_artifact;
use windlass_engine::payload::WorkTransition;

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n";

fn patterns(publish: &[&str], exclude: &[&str]) -> FolderPatterns {
    let list = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    FolderPatterns { publish: list(publish), exclude: list(exclude) }
}

/// The outcome of one archive.
struct Outcome {
    /// The paths that are refused at `Prepare`, without the archive's name.
    refused: Vec<String>,
    warnings: Vec<Finding>,
    /// The files that visitors can get after the deployment.
    live: BTreeSet<String>,
}

/// Releases an archive that somebody else has packed. What `windlass release` says before the upload is the same.
fn released(mode: SiteMode, archive: Vec<u8>, files: FolderPatterns) -> Outcome {
    let mut scene = Scene::new(mode);
    scene.site.files = files;
    let component = ComponentName::new("web").unwrap();
    let spec = Spec::StaticSite(scene.site.clone());
    let before = check_artifact(&component, &spec, "artifacts/shop/prod/web/site.zip", &archive);
    let artifact = scene.upload(archive);
    let deployment = scene.prepare(Some(&artifact), None);
    let prepared = &deployment.prepared;
    let said = |findings: &[Finding]| -> Vec<(FindingName, String)> {
        findings.iter().map(|one| (one.name, one.path.clone())).collect()
    };
    assert_eq!(said(&before), said(&prepared.findings), "before the upload");
    if prepared.findings.is_empty() {
        assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
        assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    }
    let refused = prepared.findings.iter().map(|finding| {
        assert_eq!(finding.name, FindingName::FileRefused, "{finding:?}");
        finding.path.replace("artifacts/shop/prod/web/site.zip: ", "")
    });
    let keys = scene.bucket().into_keys();
    Outcome {
        refused: refused.collect(),
        warnings: prepared.warnings.clone(),
        live: keys
            .filter_map(|key| match mode {
                SiteMode::InPlace => Some(key),
                SiteMode::Prefix => key.splitn(3, '/').nth(2).map(str::to_owned),
            })
            .collect(),
    }
}

/// A file that a name of the table names.
fn example(name: &str) -> String {
    let name = name.trim_start_matches("**/").replace("[k-p]", "p");
    name.replace('*', "x").replace('\\', "")
}

#[test]
fn each_name_of_the_table_is_refused_or_left_out() {
    let names = TABLE.iter().flat_map(|row| row.names.iter().map(|name| (row.site, *name)));
    let (refused, left_out): (Vec<_>, Vec<_>) = names.partition(|(treatment, _)| *treatment == Treatment::Refused);
    let deep = |name: &str| format!("assets/{}", example(name));
    let paths = |of: &[(Treatment, &str)]| -> Vec<String> {
        of.iter().flat_map(|(_, name)| [example(name), deep(name)]).collect()
    };
    let (refused, left_out) = (paths(&refused), paths(&left_out));
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let goes = ["index.html", ".well-known/security.txt"].map(str::to_owned);
        for chunk in refused.chunks(20) {
            let files: Vec<(&str, &str)> = chunk.iter().map(|path| (path.as_str(), "x")).collect();
            let outcome = released(mode, zip(&files), FolderPatterns::default());
            let listed: BTreeSet<&String> = outcome.refused.iter().collect();
            assert_eq!(listed, chunk.iter().collect(), "each is named");
        }
        let files: Vec<(&str, &str)> = left_out.iter().chain(&goes).map(|path| (path.as_str(), "x")).collect();
        let outcome = released(mode, zip(&files), FolderPatterns::default());
        assert_eq!(outcome.refused, [""; 0]);
        assert_eq!(outcome.live, goes.into(), "nothing else is live");
        let counted = outcome.warnings.iter().find(|one| one.name == FindingName::FilesLeftOut);
        let count = format!("{} files", left_out.len());
        assert!(counted.unwrap().reason.written().contains(&count), "{counted:?}");
    }
}

#[test]
fn hostile_names_of_an_archive_are_refused() {
    for name in [".ENV", ".Git/config", ".git", "assets/.env.production", "a/ID_RSA", "x.P12"] {
        let outcome = released(SiteMode::InPlace, zip(&[("index.html", "x"), (name, "x")]), FolderPatterns::default());
        let root = name.split("/config").next().unwrap();
        assert_eq!(outcome.refused, [root], "{name}");
    }
}

#[test]
fn a_private_key_is_refused_whatever_its_name_and_a_certificate_goes() {
    let with_mark = format!("\u{feff}{KEY}");
    let with_lines = format!("\n\r\n\n{KEY}");
    let both = format!("{CERTIFICATE}{KEY}");
    let archive = zip(&[
        ("index.html", "x"),
        ("logo.png", KEY),
        ("marked.txt", &with_mark),
        ("later.txt", &with_lines),
        ("ssl/chain.pem", &both),
        ("ssl/root.pem", CERTIFICATE),
        ("docs/keys.html", &format!("<pre>{KEY}</pre>")),
    ]);
    let outcome = released(SiteMode::InPlace, archive.clone(), FolderPatterns::default());
    assert_eq!(outcome.refused, ["later.txt", "logo.png", "marked.txt", "ssl/chain.pem"]);
    let published = patterns(&["/*.txt", "logo.png", "chain.pem"], &[]);
    let outcome = released(SiteMode::InPlace, archive, published);
    assert_eq!(outcome.refused, [""; 0]);
    assert_eq!(outcome.live.len(), 7);
    assert_eq!(outcome.warnings.len(), 0, "{:?}", outcome.warnings);
}

/// `Prepare` does not look into large files. Publishing does, before the first byte of one is sent.
#[test]
fn a_large_key_is_refused_before_it_is_uploaded() {
    for size in [LOOKED_AT + 1, 9 * 1024 * 1024] {
        let key = format!("{KEY}{}", "x".repeat(size));
        for mode in [SiteMode::InPlace, SiteMode::Prefix] {
            let mut scene = Scene::new(mode);
            let files = [("index.html", &b"x"[..]), ("big.txt", key.as_bytes())];
            let artifact = scene.upload(stored(&files));
            let deployment = scene.prepare(Some(&artifact), None);
            assert_eq!(deployment.prepared.findings, []);
            assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
            let keys: Vec<String> = scene.bucket().into_keys().collect();
            assert!(!keys.iter().any(|key| key.ends_with("big.txt")), "{keys:?}");
        }
    }
}

#[test]
fn the_declaration_lets_files_go_and_takes_others_out() {
    let archive = zip(&[
        ("index.html", "x"),
        ("app.js", "x"),
        ("app.js.map", "x"),
        ("keep.map", "x"),
        (".env.example", "x"),
        ("drafts/.git/config", "x"),
    ]);
    let files = patterns(&[".env.example", "app.js"], &["*.map", "!keep.map", "drafts/"]);
    let outcome = released(SiteMode::InPlace, archive, files);
    let live = ["index.html", "app.js", "keep.map", ".env.example"].map(str::to_owned);
    assert_eq!(outcome.live, live.into());
    let lines: Vec<String> = outcome.warnings.iter().map(Finding::written).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    FilesLeftOut: artifacts/shop/prod/web/site.zip: What is left out is not published: 2 files (1 by `*.map`, 1 by `drafts/`). Remedy: Nothing has to be done; to publish one of them all the same, name it in `publish` of the component, or take the pattern out of `exclude`.
    NothingToPublish: artifacts/shop/prod/web/site.zip: `publish` has `app.js`, and no rule refuses or leaves out a file of that name here. Remedy: Take the pattern out of `publish`: every other file goes by itself.
    ");
}

#[test]
fn other_patterns_of_the_same_archive_are_another_release() {
    let archive = zip(&[("index.html", "x"), ("app.js.map", "x")]);
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(archive);
    scene.deploy(&artifact);
    assert_eq!(scene.bucket().len(), 2);
    scene.site.files = patterns(&[], &["*.map"]);
    let goals = scene.prepare(Some(&artifact), None).prepared.stages;
    assert_eq!(goals.len(), 1, "it is not there already");
}

#[test]
fn an_archive_of_which_nothing_is_left_is_refused() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.files = patterns(&[], &["*"]);
    let artifact = scene.upload(zip(&[("index.html", "x"), (".DS_Store", "x")]));
    let findings = scene.prepare(Some(&artifact), None).prepared.findings;
    let lines: Vec<String> = findings.iter().map(Finding::written).collect();
    insta::assert_snapshot!(lines.join("\n"), @"BadArchive: artifacts/shop/prod/web/site.zip: the archive: Nothing of it is published, because all is left out: 2 files (2 by `*`). Remedy: Take patterns out of `exclude` of the component, or pack its files.");
}
