//! The destination of a folder, and what is declared of its files.

use super::patterns::FolderPatterns;

/// The destination of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A site: everybody can read its files.
    Site,
    /// A function: its archive is taken whole, as it is.
    Function,
    /// Nobody knows, because the declaration could not be read.
    Unknown,
}

/// The folder that a kind of component takes.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// Its destination.
    pub destination: Destination,
    /// The patterns that are declared of it.
    pub patterns: &'a FolderPatterns,
}

impl Folder<'_> {
    /// A folder of which nobody knows what it is for.
    pub const UNKNOWN: Self = Self {
        destination: Destination::Unknown,
        patterns: FolderPatterns::NONE,
    };
}
