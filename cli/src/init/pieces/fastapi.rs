//! FastAPI: a function where Mangum stands before it, in whichever of its files, an image where a Dockerfile is beside it, else undecided.

use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, folder_of, join};
use std::collections::BTreeSet;

/// Files at the root of an API, which list the packages that it needs.
pub(super) const PACKAGES: [&str; 2] = ["requirements.txt", "pyproject.toml"];

/// Finds APIs, one for each root.
pub fn fastapi(repository: &Repository, found: &mut Pieces) {
    let mut roots = BTreeSet::new();
    let mut of_functions = BTreeSet::new();
    for (path, text) in repository.ending(".py") {
        let root = || root_of(repository, folder_of(path), &PACKAGES);
        if text.contains("FastAPI(") {
            roots.insert(root());
        }
        if text.contains("Mangum(") {
            of_functions.insert(root());
        }
    }
    for folder in roots {
        let has = |name| repository.first_of(&folder, &[name]).is_some();
        let is_known = |piece: &Piece| piece.sort == Sort::Sam && piece.folder == folder;
        if found.pieces.iter().any(is_known) || has("Dockerfile") {
            continue;
        }
        let runs = if of_functions.contains(&folder) {
            Runs::Function { named: None, alias: None, is_image: false }
        } else {
            Runs::Undecided
        };
        found.pieces.push(Piece {
            sort: Sort::FastApi,
            file: PACKAGES.iter().find(|name| has(name)).map_or_else(|| folder.clone(), |name| join(&folder, name)),
            name: named(&folder, "api"),
            runs,
            build: build_python(has("requirements.txt")),
            output: "package".to_owned(),
            folder,
        });
    }
}

/// Returns the nearest folder upwards that lists packages; else the folder itself.
pub(super) fn root_of(repository: &Repository, folder: &str, lists: &[&str]) -> String {
    let mut at = folder;
    loop {
        if repository.first_of(at, lists).is_some() {
            return at.to_owned();
        }
        if at.is_empty() {
            return folder.to_owned();
        }
        at = folder_of(at);
    }
}

/// Returns the commands that put the code and its packages side by side (AWS Lambda Developer Guide, "Working with .zip
/// file archives for Python Lambda functions").
pub(super) fn build_python(has_list: bool) -> Vec<String> {
    let packages = if has_list {
        "pip install --target package --requirement requirements.txt"
    } else {
        "pip install --target package ."
    };
    let code = "git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory package";
    vec![packages.to_owned(), code.to_owned()]
}
