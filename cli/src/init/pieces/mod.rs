//! Pieces of a repository that can be components: one file for each sort that is known. Pure.

mod cdk;
mod create_react_app;
mod dockerfile;
mod docusaurus;
mod fastapi;
mod handler;
mod kubernetes;
mod merged_pieces;
mod next;
mod package;
mod piece;
pub mod sam;
mod sort;
mod task_definition;
mod vite;

pub use piece::{Piece, Pieces, Runs};
pub use sort::Sort;

use super::repository::Repository;
use std::collections::BTreeSet;

/// Looks for all sorts.
pub fn find(repository: &Repository) -> Pieces {
    let mut found = Pieces::default();
    for look in [
        next::next,
        docusaurus::docusaurus,
        vite::vite,
        create_react_app::create_react_app,
        sam::sam,
        cdk::cdk,
        task_definition::task_definition,
        fastapi::fastapi,
        dockerfile::dockerfile,
        handler::handler,
        kubernetes::kubernetes,
    ] {
        look(repository, &mut found);
    }
    merged_pieces::put(&mut found);
    found.pieces.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    name_apart(&mut found.pieces);
    found
}

/// Gives the pieces names of which each occurs once.
fn name_apart(pieces: &mut [Piece]) {
    let mut taken = BTreeSet::new();
    for piece in pieces {
        let first = piece.name.clone();
        let mut number = 2;
        while !taken.insert(piece.name.clone()) {
            piece.name = format!("{first}-{number}");
            number += 1;
        }
    }
}
