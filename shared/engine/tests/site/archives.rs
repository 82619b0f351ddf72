//! Tests of archives that were made to do harm, or were damaged.

use crate::site::scene::Scene;
use crate::site::zips::{directory_records, replaced, stored, with_link, zip};
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_engine::payload::WorkTransition;

fn findings(archive: Vec<u8>) -> Vec<Finding> {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(archive);
    let prepared = scene.prepare(Some(&artifact), None).prepared;
    for finding in &prepared.findings {
        assert_eq!(finding.name, FindingName::BadArchive, "{finding:?}");
    }
    prepared.findings
}

fn reason(archive: Vec<u8>) -> String {
    let findings = findings(archive);
    assert_eq!(findings.len(), 1, "{findings:?}");
    format!("{} {}", findings[0].path, findings[0].reason.written())
}

#[test]
fn harmful_names_are_refused() {
    let table = [
        ("aa/x.html", "../x.html", "leads out of the folder"),
        ("aa/x.html", "/aa.xhtml", "absolute path"),
        ("aa/x.html", "aa\\x.html", "backslash"),
        ("aa/x.html", "aa//.html", "empty part"),
        ("aa/x.html", "a\0/x.html", "control characters"),
    ];
    for (name, harmful, expected) in table {
        let archive = replaced(zip(&[(name, "x")]), name.as_bytes(), harmful.as_bytes());
        let reason = reason(archive);
        assert!(reason.contains(expected), "{harmful:?}: {reason}");
    }
}

#[test]
fn duplicates_are_refused() {
    let archive = replaced(zip(&[("a.txt", "1"), ("b.txt", "2")]), b"b.txt", b"a.txt");
    assert!(reason(archive).contains("a.txt the archive names it 2 times"));
}

#[test]
fn links_are_refused() {
    assert!(reason(with_link()).contains("link it is a symbolic link"));
}

#[test]
fn encrypted_entries_are_refused() {
    let mut archive = zip(&[("a.txt", "1")]);
    let record = directory_records(&archive)[0];
    archive[record + 8] |= 1;
    assert!(reason(archive).contains("a.txt it is encrypted"));
}

#[test]
fn unsupported_methods_are_refused() {
    let mut archive = zip(&[("a.txt", "1")]);
    let record = directory_records(&archive)[0];
    archive[record + 10] = 14;
    assert!(reason(archive).contains("packed with Lzma"));
}

#[test]
fn overlapping_entries_are_refused() {
    let mut archive = stored(&[("a.txt", b"11111111"), ("b.txt", b"22222222")]);
    let record = directory_records(&archive)[1];
    // The second entry begins one byte behind the first.
    archive[record + 42] = 1;
    assert!(reason(archive).contains("a.txt its bytes overlap `b.txt`"));
}

#[test]
fn a_bomb_is_refused_by_what_it_declares() {
    let zeros = "0".repeat(16 * 1024 * 1024);
    let reason = reason(zip(&[("bomb.txt", &zeros)]));
    assert!(reason.contains("more than 200 times as many"), "{reason}");
}

#[test]
fn what_is_no_archive_is_refused() {
    for bytes in [b"".to_vec(), b"no zip at all".to_vec(), vec![0; 100_000]] {
        assert!(reason(bytes).contains("the archive"));
    }
    let whole = zip(&[("a.txt", "1"), ("b.txt", "2")]);
    for cut in 0..whole.len() {
        assert!(!findings(whole[..cut].to_vec()).is_empty(), "cut at {cut}");
    }
}

#[test]
fn a_damaged_directory_never_does_harm() {
    let whole = zip(&[("a.txt", "1"), ("b.txt", "2")]);
    let directory = directory_records(&whole)[0];
    for at in directory..whole.len() {
        for value in [0x00, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            let mut scene = Scene::new(SiteMode::InPlace);
            scene.site.root = Some("none".into());
            let artifact = scene.upload(damaged);
            let deployment = scene.prepare(Some(&artifact), None);
            if deployment.prepared.findings.is_empty() {
                let _ = scene.publish(&deployment);
            }
            for key in scene.keys() {
                assert!(!key.contains(".."), "{key}");
            }
        }
    }
}

#[test]
fn an_entry_that_turns_out_different_stops_it_before_any_document() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let files: &[(&str, &[u8])] = &[("index.html", b"one"), ("a.txt", b"content")];
        let archive = replaced(stored(files), b"content", b"CONTENT");
        let mut scene = Scene::new(mode);
        let artifact = scene.upload(archive);
        let deployment = scene.prepare(Some(&artifact), None);
        assert_eq!(deployment.prepared.findings, []);
        assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
        let failure = format!("{:?}", scene.step(&deployment).failure);
        assert!(failure.contains("BadArchive") && failure.contains("a.txt"), "{failure}");
        assert!(failure.contains("under a new version"), "the release is recorded: {failure}");
        assert!(!scene.keys().contains(&"index.html".to_owned()));
        assert_eq!(scene.world.cloudfront().distributions["E1"].changes, 0);
    }
}

#[test]
fn an_entry_larger_than_declared_stops_it() {
    let mut archive = zip(&[("a.txt", &"ab".repeat(5000))]);
    let record = directory_records(&archive)[0];
    // 10,000 bytes, declared as 16.
    archive[record + 24..record + 28].copy_from_slice(&16_u32.to_le_bytes());
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.root = Some("none".into());
    let artifact = scene.upload(archive);
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(deployment.prepared.findings, []);
    assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
    let failure = format!("{:?}", scene.step(&deployment).failure);
    assert!(failure.contains("larger than the 16 bytes"), "{failure}");
}
