//! Vite: a site, unless the package belongs to something that was found by its own name.

use super::package::{self, path};
use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, join};

/// The configuration's files (Vite documentation, "Configuring Vite").
const VITE_CONFIGURATION: [&str; 5] =
    ["vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "vite.config.cjs"];

/// Finds sites: packages with a document that Vite begins from.
pub fn vite(repository: &Repository, found: &mut Pieces) {
    for package in package::all(repository).filter(|package| package.depends_on("vite")) {
        let folder = package.folder;
        if repository.first_of(folder, &["index.html"]).is_none() {
            continue;
        }
        let configuration = repository.first_of(folder, &VITE_CONFIGURATION).unwrap_or_default();
        let assets = path(configuration, "assetsDir").unwrap_or("assets");
        found.pieces.push(Piece {
            sort: Sort::Vite,
            folder: folder.to_owned(),
            file: join(folder, "package.json"),
            name: named(folder, "web"),
            runs: Runs::Site { hashed: vec![format!("{assets}/**")] },
            build: package.build(repository),
            output: path(configuration, "outDir").unwrap_or("dist").to_owned(),
        });
    }
}
