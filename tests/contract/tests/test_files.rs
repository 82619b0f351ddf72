//! A crate whose integration tests are one binary names each of their files in `tests/main.rs`: cargo would not miss a
//! file that it does not, and neither would anybody else.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic, and reads better"
)]

use std::fs;
use std::path::Path;

/// The crates whose tests are one binary, because each more would link the SDK or compile what is generic once more.
const CRATES: [&str; 4] = ["cli", "shared/aws", "shared/engine", "tests/machine"];

#[test]
fn every_file_of_tests_is_run() {
    for krate in CRATES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(krate);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("autotests = false"), "{krate}");
        let main = fs::read_to_string(folder.join("tests/main.rs")).expect("the list");
        let mut files = 0;
        for entry in fs::read_dir(folder.join("tests")).expect("a folder") {
            let path = entry.expect("an entry").path();
            let is_file = path.extension().is_some_and(|it| it == "rs");
            if !is_file && !path.join("mod.rs").exists() || path.ends_with("main.rs") {
                continue;
            }
            files += 1;
            let name = path.file_stem().expect("a name").to_string_lossy();
            assert!(
                main.contains(&format!("\nmod {name};\n")),
                "{krate}/tests/main.rs does not name {name}: its tests do not run"
            );
        }
        assert!(files > 5, "the tests of {krate} are somewhere else");
    }
}
