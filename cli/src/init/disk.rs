//! The files of `init` on disk.

use super::files::File;
use crate::failure::Failure;
use crate::trouble::Trouble;
use std::fs;
use std::path::{Path, PathBuf};

/// Checks that no file would be read or written through a link.
///
/// # Errors
/// If one would: somebody else's repository may have a link there that leads anywhere, such as to a file of keys.
pub fn no_links(folder: &Path, all: &[File]) -> Result<(), Failure> {
    let link = all.iter().find_map(|file| link_in(folder, &file.path));
    link.map_or(Ok(()), |link| {
        Err(Failure::of(
            Trouble::FileNotWritten,
            format!(
                "`{}` is a link, which may lead anywhere, so that nothing was written. Move it away",
                link.display()
            ),
        ))
    })
}

/// Returns the first part of a path below a folder that is a link, also one that leads nowhere.
fn link_in(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut at = folder.to_owned();
    Path::new(path).components().find_map(|part| {
        at.push(part);
        let is_link = fs::symlink_metadata(&at).is_ok_and(|about| about.is_symlink());
        is_link.then(|| at.clone())
    })
}

/// Writes a file, with the folders that it lies in.
///
/// # Errors
/// If it cannot be written.
pub fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let done = folder.and_then(|()| fs::write(path, text));
    done.map_err(|error| {
        Failure::of(
            Trouble::FileNotWritten,
            format!("`{}` cannot be written: {error}", path.display()),
        )
    })
}
