//! A crate whose integration tests are one binary names each of their files in `tests/main.rs`: cargo would not miss a
//! file that it does not, and neither would anybody else.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use std::fs;
use std::path::Path;

/// The crates whose tests are one binary, because each more would link the SDK or compile what is generic once more.
const CRATES: [&str; 6] = ["cli", "shared/aws", "shared/domain", "shared/engine", "tests/contract", "tests/machine"];

#[test]
fn every_file_of_tests_is_run() {
    for krate in CRATES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(krate);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("autotests = false"), "{krate}");
        let files = named(&folder.join("tests"), "main.rs");
        assert!(files > 5, "the tests of {krate} are somewhere else");
    }
}

/// Checks that a list names every file and every folder beside it, and goes into the folders; returns how many files
/// there are.
fn named(folder: &Path, list: &str) -> usize {
    let listed = fs::read_to_string(folder.join(list)).expect("the list");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_file = path.extension().is_some_and(|it| it == "rs");
        if !is_file && !path.join("mod.rs").exists() || path.ends_with(list) {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        let lines = listed.lines().map(|line| line.trim_start_matches("pub "));
        assert!(
            lines.into_iter().any(|line| line == format!("mod {name};")),
            "{}/{list} does not name {name}: its tests do not run",
            folder.display()
        );
        files += if is_file { 1 } else { named(&path, "mod.rs") };
    }
    files
}
