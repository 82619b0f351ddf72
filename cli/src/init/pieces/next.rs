//! Next.js: a static export is a site; a server of its own is an image's.

use super::package::{self, member, path};
use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, join};

/// The configuration's files (Next.js documentation, "next.config.js").
const NEXT_CONFIGURATION: [&str; 4] = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.mts"];

/// Finds exports, and notes a package that is none.
pub fn next(repository: &Repository, found: &mut Pieces) {
    for package in package::all(repository).filter(|package| package.depends_on("next")) {
        let folder = package.folder;
        let configuration = repository.first_of(folder, &NEXT_CONFIGURATION).unwrap_or_default();
        if member(configuration, "output") != Some("export") {
            let is_image = repository.first_of(folder, &["Dockerfile"]).is_some();
            if !is_image {
                found.notes.push(format!(
                    "`{}` has Next.js without `output: 'export'`: set that to release it as a site, or write a Dockerfile \
                     to release it as a service",
                    join(folder, "package.json")
                ));
            }
            continue;
        }
        found.pieces.push(Piece {
            sort: Sort::Next,
            folder: folder.to_owned(),
            file: join(folder, "package.json"),
            name: named(folder, "web"),
            runs: Runs::Site { hashed: vec!["_next/static/**".to_owned()] },
            build: package.build(repository),
            output: path(configuration, "distDir").unwrap_or("out").to_owned(),
        });
    }
}
