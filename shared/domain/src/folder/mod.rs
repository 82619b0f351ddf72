//! The files of a folder that a release publishes. Names that stand in a table ([`TABLE`]) are refused or left out, what
//! the declaration excludes is left out, and what it publishes goes all the same. Whoever packs a folder asks, and
//! whoever checks an archive that somebody else has packed.

mod key;
mod patterns;
mod sorting;
mod table;

pub use key::{LOOKED_AT, is_private_key};
pub use patterns::{Folder, FolderPatterns};
pub use sorting::Sorting;
pub use table::{Destination, KEY, Row, TABLE, Treatment};

use ignore::gitignore::Gitignore;

/// The fate of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes.
    Goes,
    /// It goes, because `publish` has this pattern; the table would have refused it or left it out.
    Published(String),
    /// It is not published. The pattern of `exclude`, or the name of the table, is for people.
    LeftOut(String),
    /// The release is refused.
    Refused {
        /// The outermost file or folder that has the name.
        path: String,
        /// The sort, such as `a private key`.
        what: &'static str,
    },
}

impl Fate {
    /// Returns whether the file goes.
    pub const fn goes(&self) -> bool {
        matches!(self, Self::Goes | Self::Published(_))
    }
}

/// The rules for the files of one folder.
#[derive(Debug, Clone)]
pub struct FolderRules {
    destination: Destination,
    /// The patterns of `publish`, as they are written.
    patterns: Vec<String>,
    publish: Gitignore,
    exclude: Gitignore,
}

impl FolderRules {
    /// The rules for a folder.
    ///
    /// # Errors
    /// The reason why a pattern is none; a declaration that was checked has no such.
    pub fn new(folder: Folder<'_>) -> Result<Self, String> {
        Ok(Self {
            destination: folder.destination,
            patterns: folder.patterns.publish.clone(),
            publish: patterns::matcher(&folder.patterns.publish)?,
            exclude: patterns::matcher(&folder.patterns.exclude)?,
        })
    }

    /// Returns whether files are left out of an archive that somebody else has packed. A function takes it whole.
    pub fn takes_out(&self) -> bool {
        self.destination == Destination::Site
    }

    /// Returns the fate of a file by its path in the folder, as far as its name tells.
    pub fn fate(&self, path: &str) -> Fate {
        let path = plain(path);
        if let Some(pattern) = named_by(&self.exclude, &path) {
            return Fate::LeftOut(pattern);
        }
        let Some(hit) = table::hit(&path) else {
            return Fate::Goes;
        };
        let treatment = hit.row.treatment(self.destination);
        if treatment == Treatment::Goes {
            return Fate::Goes;
        }
        match (named_by(&self.publish, &path), treatment) {
            (Some(pattern), _) => Fate::Published(pattern),
            (None, Treatment::LeftOut) => Fate::LeftOut(hit.name.to_owned()),
            (None, _) => Fate::Refused { path: hit.path, what: hit.row.what },
        }
    }

    /// Returns the fate of a link by its own path and by the path that it leads to.
    pub fn fate_of_link(&self, path: &str, leads_to: &str) -> Fate {
        let fate = self.fate(path);
        if fate != Fate::Goes {
            return fate;
        }
        match self.fate(leads_to) {
            Fate::Refused { what, .. } => Fate::Refused { path: path.to_owned(), what },
            _ => Fate::Goes,
        }
    }

    /// Returns the fate of a file that goes by its name, now that its first bytes are known ([`LOOKED_AT`]).
    pub fn fate_by_content(&self, path: &str, bytes: &[u8]) -> Fate {
        if self.destination != Destination::Site || !is_private_key(path, bytes) {
            return Fate::Goes;
        }
        match named_by(&self.publish, &plain(path)) {
            Some(pattern) => Fate::Published(pattern),
            None => Fate::Refused { path: path.to_owned(), what: KEY },
        }
    }
}

/// Returns a path with slashes alone, as programs that unpack an archive may read it.
fn plain(path: &str) -> String {
    let path = path.replace('\\', "/");
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

fn named_by(matcher: &Gitignore, path: &str) -> Option<String> {
    let found = matcher.matched_path_or_any_parents(path, false);
    found.is_ignore().then(|| found.inner().map(|glob| glob.original().to_owned()))?
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
