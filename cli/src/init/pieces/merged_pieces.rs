//! One piece out of two that belong together: the task definition that runs an image, and the Dockerfile that builds
//! it.

use super::piece::{Piece, Pieces, Runs};
use super::sort::Sort;

/// Puts each task definition to the Dockerfile of its image.
pub fn put(found: &mut Pieces) {
    let (tasks, mut others): (Vec<Piece>, Vec<Piece>) =
        std::mem::take(&mut found.pieces).into_iter().partition(|piece| piece.sort == Sort::TaskDefinition);
    let is_lonely = tasks.len() == 1;
    for task in tasks {
        let open = |piece: &Piece| {
            matches!(&piece.runs, Runs::Service { container: None, .. }) && piece.sort == Sort::Dockerfile
        };
        let images: Vec<usize> = (0..others.len()).filter(|at| open(&others[*at])).collect();
        let named = images.iter().copied().find(|at| is_of(&task, &others[*at]));
        let only = images.first().copied().filter(|_| is_lonely && images.len() == 1);
        match named.or(only) {
            Some(at) => {
                let image = &mut others[at];
                image.runs = task.runs;
                image.name = task.name;
            }
            None => others.push(task),
        }
    }
    found.pieces = others;
}

/// Returns whether the image's folder has the name of the container, or of the repository's last part.
fn is_of(task: &Piece, image: &Piece) -> bool {
    let Runs::Service { container, repository } = &task.runs else {
        return false;
    };
    let last = repository.as_deref().and_then(|repository| repository.rsplit('/').next());
    let names = [container.as_deref(), last];
    names.into_iter().flatten().any(|name| crate::import::name(name) == image.name)
}
