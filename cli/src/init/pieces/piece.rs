//! A piece of a repository: its place, the form in which it runs, and how it is built.

use super::sort::Sort;
use crate::import::name;
use crate::init::repository::join;

/// The form in which a component of a piece runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Files of a site.
    Site {
        /// Names that change with their content.
        hashed: Vec<String>,
    },
    /// A function.
    Function {
        /// Its name, with `{environment}` where that is a part of it.
        named: Option<String>,
        /// Its alias.
        alias: Option<String>,
        /// True for one that is an image.
        is_image: bool,
    },
    /// A service.
    Service {
        /// The container that a release changes.
        container: Option<String>,
        /// The repository of its image.
        repository: Option<String>,
    },
    /// The files do not say whether it is a function or a service.
    Undecided,
}

/// A piece of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its sort.
    pub sort: Sort,
    /// Its folder, from the root of the repository.
    pub folder: String,
    /// The file by which it was found.
    pub file: String,
    /// A name for its component.
    pub name: String,
    /// The form in which it runs.
    pub runs: Runs,
    /// The commands that build it, in its folder.
    pub build: Vec<String>,
    /// The output of these, from its folder: a folder for an archive, or the file of an image.
    pub output: String,
}

impl Piece {
    /// Returns the place of its output, from the root of the repository.
    pub fn place(&self) -> String {
        match join(&self.folder, &self.output) {
            root if root.is_empty() => ".".to_owned(),
            place => place,
        }
    }
}

/// Everything that was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// The pieces, by folder and name.
    pub pieces: Vec<Piece>,
    /// Everything that was seen and is not used, one sentence each.
    pub notes: Vec<String>,
}

/// Returns a component's name: that of its folder; in the root the usual one.
pub(super) fn named(folder: &str, usual: &str) -> String {
    let last = folder.rsplit('/').next().filter(|last| !last.is_empty());
    name(last.unwrap_or(usual))
}
