//! Copies of the tests' repositories, in which `windlass init` runs.

use crate::standin::folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Copies a repository of the tests into a folder of its own.
pub fn copy(name: &str) -> PathBuf {
    fn all(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                all(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let place = folder("init").join(name);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repositories").join(name);
    all(&from, &place);
    place
}

/// Runs `windlass init` in a folder, without a terminal and without an account.
pub fn init(place: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let program = program.arg("init").arg("--no-account").args(arguments).current_dir(place).env_clear();
    program.stdin(std::process::Stdio::null()).output().unwrap()
}

/// The answers for the repository `next`.
pub const ANSWERS: [&str; 11] = [
    "--yes",
    "--answer",
    "region=eu-west-1",
    "--answer",
    "account=111111111111",
    "--answer",
    "github=example/shop",
    "--answer",
    "web.bucket=shop-web-{environment}",
    "--answer",
    "web.distribution=none",
];
