//! The files of a folder that a release publishes, sorted by their fate, with the findings about them. Names that stand
//! in a table ([`TABLE`]) and private keys, whatever they are called, are refused or left out, what the declaration
//! excludes is left out, and what it publishes goes all the same. Whoever packs a folder asks, and whoever checks an
//! archive that somebody else has packed.

use crate::text::count::{agree, count};
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign::line;
use ignore::gitignore::Gitignore;
use std::collections::{BTreeMap, BTreeSet};

mod patterns;
mod table;

pub use patterns::{Folder, FolderPatterns};
pub use table::{Destination, KEY, Row, TABLE, Treatment};

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

    /// Returns whether a link is packed as a link. S3 knows none, so a site gets what it leads to.
    pub fn keeps_links(&self) -> bool {
        self.destination != Destination::Site
    }

    /// Returns the fate of a file by its path in the folder, as far as its name shows.
    pub fn fate(&self, path: &str) -> Fate {
        self.fate_of(path, false)
    }

    fn fate_of(&self, path: &str, is_folder: bool) -> Fate {
        let path = plain(path);
        if let Some(pattern) = named_by(&self.exclude, &path, is_folder) {
            return Fate::LeftOut(pattern);
        }
        let Some(hit) = table::hit(&path) else { return Fate::Goes };
        let treatment = hit.row.treatment(self.destination);
        if treatment == Treatment::Goes {
            return Fate::Goes;
        }
        match (named_by(&self.publish, &path, is_folder), treatment) {
            (Some(pattern), _) => Fate::Published(pattern),
            (None, Treatment::LeftOut) => Fate::LeftOut(hit.name.to_owned()),
            (None, _) => Fate::Refused { path: hit.path, what: hit.row.what },
        }
    }

    /// Returns the fate of a link by its own path and by the text that it has, which may lead anywhere.
    pub fn fate_of_link(&self, path: &str, leads_to: &str) -> Fate {
        match (self.fate(path), self.fate(leads_to)) {
            (fate, Fate::Refused { what, .. }) if fate.goes() => Fate::Refused { path: path.to_owned(), what },
            (fate, _) => fate,
        }
    }

    /// Returns the fate of a file or folder behind a link: by its path there, and by its own in the same folder. It
    /// goes only where it goes by both.
    pub fn fate_behind_link(&self, path: &str, own: &str, is_folder: bool) -> Fate {
        match (self.fate(path), self.fate_of(own, is_folder)) {
            (fate, Fate::Refused { what, .. }) if fate.goes() => Fate::Refused { path: path.to_owned(), what },
            (fate, Fate::LeftOut(by)) if fate.goes() => Fate::LeftOut(by),
            (fate, _) => fate,
        }
    }

    /// Returns the finding for something that is no file and cannot be packed, such as a link that leads out of the
    /// folder.
    pub fn unfit(&self, archive: &str, path: &str, reason: &str) -> Finding {
        Finding::new(
            FindingName::BadArchive,
            format!("{archive}: {path}"),
            reason,
            match self.destination {
                Destination::Site | Destination::Function => {
                    "put a file in its place; or `exclude` of the component leaves it out"
                }
                Destination::Unknown => {
                    "put a file in its place; or let `exclude` of the component be looked up: give `--endpoint`, or \
                     `s3:GetObject` on its `app.yaml` in the bucket"
                }
            },
        )
    }

    /// Returns the fate of a file that goes by its name, now that its first bytes are known ([`LOOKED_AT`]).
    pub fn fate_by_content(&self, path: &str, bytes: &[u8]) -> Fate {
        if self.destination != Destination::Site || !is_private_key(path, bytes) {
            return Fate::Goes;
        }
        match named_by(&self.publish, &plain(path), false) {
            Some(pattern) => Fate::Published(pattern),
            None => Fate::Refused { path: path.to_owned(), what: KEY },
        }
    }
}

/// Returns a path with slashes alone, as programs that unpack an archive may read it.
fn plain(path: &str) -> String {
    path.replace('\\', "/").split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect::<Vec<_>>().join("/")
}

fn named_by(matcher: &Gitignore, path: &str, is_folder: bool) -> Option<String> {
    let found = matcher.matched_path_or_any_parents(path, is_folder);
    found.is_ignore().then(|| found.inner().map(|glob| glob.original().to_owned()))?
}

/// The most patterns that are named beside a count.
const NAMED: usize = 8;

/// The number of files by their fate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sorting {
    /// The number of files that go.
    pub goes: usize,
    /// The number of files that are left out, by the pattern or name that leaves them out.
    pub left_out: BTreeMap<String, usize>,
    /// The files and folders that are refused, each with its sort and the number of its files.
    refused: BTreeMap<String, (&'static str, usize)>,
    /// The patterns of `publish` by which a file goes.
    published: BTreeSet<String>,
}

impl Sorting {
    /// Adds a file.
    pub fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Goes => self.goes += 1,
            Fate::Published(pattern) => {
                self.goes += 1;
                self.published.insert(pattern);
            }
            Fate::LeftOut(by) => *self.left_out.entry(by).or_default() += 1,
            Fate::Refused { path, what } => {
                self.refused.entry(path).or_insert((what, 0)).1 += 1;
            }
        }
    }

    /// Notes the pattern of `publish` by which a file goes that was added before.
    pub fn publish(&mut self, pattern: String) {
        self.published.insert(pattern);
    }

    /// Returns whether there were files, and none of them goes or is refused.
    pub fn is_all_left_out(&self) -> bool {
        self.goes == 0 && self.refused.is_empty() && !self.left_out.is_empty()
    }

    /// Returns the files that are left out, in words, such as `2 files (1 by *.map, 1 by drafts/)`. `None` if there are
    /// none.
    pub fn left_out_in_words(&self) -> Option<String> {
        let files: usize = self.left_out.values().sum();
        let by = self.left_out.iter().take(NAMED);
        let by = by.map(|(by, files)| format!("{files} by `{}`", line(by)));
        let mut by: Vec<String> = by.collect();
        let more = self.left_out.len().saturating_sub(NAMED);
        if more > 0 {
            by.push(format!("and {} more", count(more, "pattern")));
        }
        (files > 0).then(|| format!("{} ({})", count(files, "file"), by.join(", ")))
    }

    /// Returns a finding for each file and folder that is refused. `archive` is how findings call what is packed.
    pub fn refusals(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        self.refused.iter().map(|(path, (what, files))| refusal(archive, rules, path, what, *files)).collect()
    }

    /// Returns what stops nothing: the files that are left out, and the patterns of `publish` that do nothing.
    pub fn warnings(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        let left_out = self.left_out_in_words().map(|files| {
            Finding::new(
                FindingName::FilesLeftOut,
                archive,
                format!("what is left out is not published: {files}"),
                "nothing has to be done; to publish one of them all the same, name it in `publish` of the component, \
                 or take the pattern out of `exclude`",
            )
        });
        left_out.into_iter().chain(self.idle(archive, rules)).collect()
    }

    /// Returns a warning for each pattern of `publish` by which no file goes.
    pub fn idle(&self, archive: &str, rules: &FolderRules) -> Vec<Finding> {
        let idle = rules
            .patterns
            .iter()
            .filter(|one| !one.starts_with('!'))
            .filter(|one| !self.published.contains(one.trim_end()));
        idle.map(|pattern| {
            Finding::new(
                FindingName::NothingToPublish,
                archive,
                format!("`publish` has `{pattern}`, and no rule refuses or leaves out a file of that name here"),
                "take the pattern out of `publish`: every other file goes by itself",
            )
        })
        .collect()
    }
}

fn refusal(archive: &str, rules: &FolderRules, path: &str, what: &str, files: usize) -> Finding {
    let whose = match rules.destination {
        Destination::Site => "everybody could read it, also after a rollback",
        Destination::Function | Destination::Unknown => "whoever may read what is released could read it",
    };
    let more = match files {
        0 | 1 => String::new(),
        files => format!(" ({} {} refused)", count(files, "file"), agree(files, "is", "are")),
    };
    Finding::new(
        FindingName::FileRefused,
        format!("{archive}: {path}"),
        format!("it is {what}: {whose}{more}"),
        match rules.destination {
            Destination::Site | Destination::Function => {
                "take it out of what is packed, and change every secret in it that was published before; `exclude` of \
                 the component leaves it out, and `publish` lets it go all the same"
            }
            Destination::Unknown => {
                "take it out of what is packed; or let `exclude` and `publish` of the component be looked up: give \
                 `--endpoint`, or `s3:GetObject` on its `app.yaml` in the bucket"
            }
        },
    )
}

/// The most bytes of a file that are looked at, from its begin.
pub const LOOKED_AT: usize = 64 * 1024;

/// Endings of names of files that hold certificates and keys. What such a file has before its first block, such as
/// attributes, is a comment.
const ENDINGS: [&str; 7] = [".pem", ".key", ".crt", ".cer", ".cert", ".asc", ".p8"];

/// Returns whether a file holds a private key: its text begins with `-----BEGIN … PRIVATE KEY-----`, or it is a file of
/// certificates and keys (a text that begins with another such block, or a name that ends so) and has that line
/// further on. A byte-order mark, white space and UTF-16 make no difference. A page that shows such a line holds none.
pub fn is_private_key(path: &str, bytes: &[u8]) -> bool {
    let looked_at = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let text = as_text(looked_at);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else { return false };
    let path = path.to_ascii_lowercase();
    let is_of_keys = block(first).is_some()
        || first.starts_with("Bag Attributes")
        || ENDINGS.iter().any(|ending| path.ends_with(ending));
    is_key(first) || (is_of_keys && lines.any(is_key))
}

/// Returns the bytes as text, as far as they are. Of UTF-16 only what ASCII has as well matters here.
fn as_text(bytes: &[u8]) -> String {
    let bytes = match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            let of_ascii = bytes[2..].iter().copied().filter(|byte| *byte != 0);
            return String::from_utf8_lossy(&of_ascii.collect::<Vec<_>>()).into_owned();
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        bytes => bytes,
    };
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the label of a line that begins a block, such as `RSA PRIVATE KEY` (RFC 7468, section 2; SSH's own form has
/// four dashes, RFC 4716).
fn block(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("----")?.trim_start_matches(['-', ' ']).strip_prefix("BEGIN ")
}

fn is_key(line: &str) -> bool {
    block(line).is_some_and(|label| label.contains("PRIVATE KEY"))
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
