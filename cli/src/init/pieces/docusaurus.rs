//! Docusaurus: a site of documents.

use super::package;
use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, join};

/// Finds sites.
pub fn docusaurus(repository: &Repository, found: &mut Pieces) {
    for package in package::all(repository).filter(|package| package.depends_on("@docusaurus/core")) {
        let folder = package.folder;
        found.pieces.push(Piece {
            sort: Sort::Docusaurus,
            folder: folder.to_owned(),
            file: join(folder, "package.json"),
            name: named(folder, "web"),
            // Files of `static/` are copied below `assets/` as well, under the names that they have.
            runs: Runs::Site { hashed: vec!["assets/js/**".to_owned(), "assets/css/**".to_owned()] },
            build: package.build(repository),
            output: "build".to_owned(),
        });
    }
}
