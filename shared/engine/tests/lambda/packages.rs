//! `Prepare` refuses the zip of a function that cannot run, and warns of one that perhaps cannot.

use super::scene::{Setting, function};
use std::io::{Cursor, Write as _};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_engine::payload::WorkTransition;
use windlass_world::World;
use windlass_world::conformance::Trial;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const ARCHIVE: &str = "artifacts/shop/prod/api/1.zip";

/// Makes a zip of files, each with its permissions, and of links, each with what it leads to.
fn zip(files: &[(&str, u32)], links: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (file, permissions) in files {
        writer.start_file(*file, SimpleFileOptions::default().unix_permissions(*permissions)).unwrap();
        writer.write_all(b"x").unwrap();
    }
    for (link, to) in links {
        writer.add_symlink(*link, *to, SimpleFileOptions::default()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn upload(world: &World, archive: Vec<u8>) -> Artifact {
    world.s3().bucket("artifacts", true);
    Artifact::Object {
        key: ARCHIVE.into(),
        sha256: Digest::of(&archive),
        bytes: archive.len() as u64,
        version_id: world.s3().upload("artifacts", ARCHIVE, archive).id.unwrap(),
    }
}

fn setting() -> Setting {
    Setting { alias: true, ..Setting::default() }
}

/// The files of a zip for which a function of this runtime, with the handler `index.handler`, refuses it, and those of
/// which it warns.
fn checked(runtime: &str, has_more_code: bool, archive: Vec<u8>) -> (Vec<String>, Vec<String>) {
    let world = setting().world();
    function(&world, |function| {
        function.runtime = runtime.into();
        function.handler = "index.handler".into();
        function.has_more_code = has_more_code;
    });
    let artifact = upload(&world, archive);
    let prepared = setting().prepare(&world, Some(&artifact), None);
    let paths = |findings: Vec<Finding>| -> Vec<String> {
        let paths = findings.into_iter().map(|finding| {
            assert_eq!(finding.name, FindingName::BadArchive, "{finding:?}");
            finding.path.replace(&format!("{ARCHIVE}: "), "")
        });
        paths.collect()
    };
    (paths(prepared.findings), paths(prepared.warnings))
}

/// A runtime, the files of a zip, the file for which it is refused, and the one of which is warned.
type Case<'a> = (&'a str, &'a [(&'a str, u32)], Option<&'a str>, Option<&'a str>);

#[test]
fn a_zip_that_cannot_run_is_refused() {
    let (python, native) = ("python3.13", "provided.al2023");
    let table: [Case<'_>; 11] = [
        (python, &[("index.py", 0o644), ("lib/helper.py", 0o644)], None, None),
        (python, &[("index.py", 0o644), ("lib\\helper.py", 0o644)], Some("lib\\helper.py"), None),
        (python, &[("./index.py", 0o644)], None, None),
        (python, &[("api/index.py", 0o644)], Some("index.py"), None),
        (python, &[("readme.txt", 0o644)], Some("index.py"), None),
        (python, &[("index.html", 0o644), ("app.js", 0o644)], Some("index.py"), None),
        (python, &[("index.py", 0o600)], Some("index.py"), None),
        (python, &[("index.py", 0o644), ("notes.txt", 0o600)], None, Some("notes.txt")),
        (native, &[("bootstrap", 0o755)], None, None),
        (native, &[("bootstrap", 0o644)], Some("bootstrap"), None),
        (native, &[("shop", 0o755)], Some("bootstrap"), None),
    ];
    let list = |one: Option<&str>| -> Vec<String> { one.into_iter().map(str::to_owned).collect() };
    for (runtime, files, refused, warned) in table {
        assert_eq!(checked(runtime, false, zip(files, &[])), (list(refused), list(warned)), "{runtime} {files:?}");
    }
}

#[test]
fn a_handler_that_a_layer_may_bring_is_a_warning() {
    for (runtime, file) in [("python3.13", "index.py"), ("provided.al2023", "bootstrap")] {
        let (refused, warned) = checked(runtime, true, zip(&[("readme.txt", 0o644)], &[]));
        assert_eq!((refused, warned), (vec![], vec![file.to_owned()]), "{runtime}");
    }
}

#[test]
fn what_is_no_zip_is_refused() {
    let files = [("index.py", 0o644), ("lib/helper.py", 0o644)];
    let whole = zip(&files, &[]);
    let table: [(&str, Vec<u8>); 4] = [
        ("a tar.gz", [&b"\x1f\x8b\x08\x00"[..], &[7; 200]].concat()),
        ("a page", b"<html><title>404 Not Found</title></html>".to_vec()),
        ("a zip that is cut off", whole[..whole.len() - 30].to_vec()),
        ("zeros", vec![0; 300]),
    ];
    for (what, bytes) in table {
        assert_eq!(checked("python3.13", false, bytes), (vec!["the archive".to_owned()], vec![]), "{what}");
    }
    assert_eq!(checked("python3.13", false, whole), (vec![], vec![]));
}

#[test]
fn links_that_lead_to_no_file_of_the_package_are_warnings() {
    let files = [("index.py", 0o644), ("lib/helper.py", 0o644)];
    let of = |links: &[(&str, &str)]| checked("python3.13", false, zip(&files, links));
    let good = [("a.py", "lib/helper.py"), ("lib/b.py", "../index.py"), ("lib/c", "/opt/lib"), ("d", "lib/c/x")];
    assert_eq!(of(&good), (vec![], vec![]));
    let bad = [("a", "none.py"), ("lib/b", "../none.py"), ("c", "../x"), ("d", "/etc/passwd")];
    assert_eq!(of(&bad), (vec![], vec!["a".to_owned(), "c".to_owned()]));
}

/// 261 targets of 4,008 bytes are 1 MiB.
#[test]
fn links_beyond_what_is_read_are_one_warning() {
    let names: Vec<String> = (0..300).map(|n| format!("l{n:03}")).collect();
    let to = format!("{}index.py", "./".repeat(2000));
    for (links, warned) in [(261, vec![]), (300, vec!["l261".to_owned()])] {
        let links: Vec<(&str, &str)> = names.iter().take(links).map(|name| (name.as_str(), to.as_str())).collect();
        assert_eq!(checked("python3.13", false, zip(&[("index.py", 0o644)], &links)), (vec![], warned));
    }
}

#[test]
fn the_links_of_a_zip_that_is_refused_are_not_read() {
    let files = [("index.py", 0o644), ("lib\\helper.py", 0o644)];
    let found = checked("python3.13", false, zip(&files, &[("a", "none.py")]));
    assert_eq!(found, (vec!["lib\\helper.py".to_owned()], vec![]));
}

/// The code that a rollback brings back was live, and is no part of the release.
#[test]
fn a_rollback_is_not_checked() {
    let setting = setting();
    let first = Trial::begin(&setting).unwrap();
    let recorded = first.before.goal.clone();
    assert_eq!(first.forward(), Ok(WorkTransition::Changed));
    let world = &first.scene.world;
    let broken = upload(world, zip(&[("lib\\helper.py", 0o600)], &[]));
    assert_eq!(setting.prepare(world, None, Some(&recorded)).findings, []);
    assert_eq!(setting.prepare(world, Some(&broken), Some(&recorded)).findings, []);
}
