//! Pieces of a repository that can be components: each sort that is known has a function that finds it. Pure.

mod handlers;
mod images;
mod packages;
mod piece;
pub mod requests;
pub mod stacks;

use super::repository::Repository;
pub use piece::{Piece, PieceSort, Pieces, Runs};
use std::collections::BTreeSet;

/// Looks for all sorts.
pub fn find(repository: &Repository) -> Pieces {
    let mut found = Pieces::default();
    for look in [
        packages::next,
        packages::docusaurus,
        packages::vite,
        packages::create_react_app,
        stacks::sam,
        stacks::cdk,
        images::task_definition,
        handlers::fastapi,
        images::dockerfile,
        handlers::handler,
        images::kubernetes,
    ] {
        look(repository, &mut found);
    }
    images::put(&mut found);
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
