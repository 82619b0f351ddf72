//! Create React App: a site.

use super::package;
use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, join};

/// Finds sites.
pub fn create_react_app(repository: &Repository, found: &mut Pieces) {
    for package in package::all(repository).filter(|package| package.depends_on("react-scripts")) {
        let folder = package.folder;
        found.pieces.push(Piece {
            sort: Sort::CreateReactApp,
            folder: folder.to_owned(),
            file: join(folder, "package.json"),
            name: named(folder, "web"),
            runs: Runs::Site { hashed: vec!["static/**".to_owned()] },
            build: package.build(repository),
            output: "build".to_owned(),
        });
    }
}
