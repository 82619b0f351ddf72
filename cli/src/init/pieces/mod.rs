//! Pieces of a repository that can be components: each sort that is known has a function that finds it. Pure.

mod handlers;
mod images;
pub mod missing;
mod packages;
mod piece;
pub mod requests;
pub mod stacks;

use super::names::apart;
use super::repository::{Repository, is_of_ci};
pub use piece::{Piece, PieceSort, Pieces, Runs};
use windlass_domain::text::name::LONGEST;

/// Looks for all sorts.
pub fn find(repository: &Repository) -> Pieces {
    let mut found = Pieces::default();
    for look in [
        packages::next,
        packages::docusaurus,
        packages::vite,
        packages::create_react_app,
        stacks::sam,
        stacks::elsewhere,
        stacks::cdk,
        images::task_definition,
        handlers::fastapi,
        images::dockerfile,
        handlers::handler,
        images::kubernetes,
    ] {
        look(repository, &mut found);
    }
    found.pieces.retain(|piece| piece.sort == PieceSort::TaskDefinition || !is_of_ci(&piece.file));
    images::put(repository, &mut found);
    found.pieces.sort_by(|a, b| (&a.folder, &a.name).cmp(&(&b.folder, &b.name)));
    name_apart(&mut found.pieces);
    found
}

/// Gives the pieces names of which each occurs once.
fn name_apart(pieces: &mut [Piece]) {
    let all: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
    for (piece, name) in pieces.iter_mut().zip(apart(&all, LONGEST, "-")) {
        piece.name = name;
    }
}
