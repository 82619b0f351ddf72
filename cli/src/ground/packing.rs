//! A folder becomes an archive. The same files always have the same digest, whoever packs them on which machine, so
//! Windlass sees that nothing is new.
//!
//! A link within the folder stays a link for a function, because Node.js looks for the dependencies of a module beside
//! the file that a link leads to, in the layout of pnpm; a site gets what it leads to. What cannot be packed is a
//! finding, so that it is named with all else, and only where the declaration does not leave it out.

use crate::ground::machine::shown;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, FileType, Metadata};
use std::io::{Cursor, Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use windlass_domain::declaration::folder::{Fate, FolderRules, Sorting};
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::foreign::line;
use windlass_engine::kinds::archive::Limits;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// A folder that is packed.
#[derive(Debug)]
pub struct FolderArchive {
    /// The archive, with the files that go.
    pub bytes: Vec<u8>,
    /// The files of the folder.
    pub files: FolderFiles,
}

/// Packs the folder's files that go into a zip: in the order of their names, dated 1980, readable by all, executable
/// where they are marked so or can run, compressed at one level.
///
/// # Errors
/// A sentence that names what cannot be read.
pub fn archive_of(folder: &Path, rules: &FolderRules) -> Result<FolderArchive, String> {
    let files = FolderFiles::of(folder, rules)?;
    let FolderFiles { sorting, unfit, .. } = &files;
    if let (true, true, Some(left_out)) = (sorting.is_all_left_out(), unfit.is_empty(), sorting.left_out_in_words()) {
        let folder = shown(folder);
        return Err(format!(
            "nothing of {folder} is packed, because all of it is left out: {left_out}; take patterns out of `exclude`"
        ));
    }
    if *sorting == Sorting::default() && unfit.is_empty() {
        return Err(format!("{} has no files", shown(folder)));
    }
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in &files.entries {
        add(&mut archive, name, content)?;
    }
    let written = archive.finish().map_err(|error| error.to_string())?;
    Ok(FolderArchive { bytes: written.into_inner(), files })
}

/// The files of a folder by the rules for it: all that its archive depends on, but for their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderFiles {
    /// The entries that go, by name.
    entries: BTreeMap<String, Content>,
    /// All files by their fate.
    pub sorting: Sorting,
    /// The reason why each other thing cannot be packed, by name.
    unfit: BTreeMap<String, String>,
}

/// The content of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// The bytes of the file at this path.
    File(PathBuf),
    /// A link that has this text.
    Link(String),
}

impl FolderFiles {
    /// Finds the files of a folder, without packing them.
    ///
    /// # Errors
    /// As [`archive_of`].
    pub fn of(folder: &Path, rules: &FolderRules) -> Result<Self, String> {
        let root = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let mut walk = Walk { rules, root, within: Vec::new(), behind_links: 0, found: Self::default() };
        walk.collect(&Place { path: folder.to_owned(), name: String::new(), own: String::new() })?;
        Ok(walk.found)
    }

    /// Returns a finding for each file that is refused, and for each thing that cannot be packed. `given` is how
    /// findings call the folder.
    pub fn findings(&self, given: &str, rules: &FolderRules) -> Vec<Finding> {
        let unfit = self.unfit.iter().map(|(name, reason)| rules.unfit(given, name, reason));
        self.sorting.refusals(given, rules).into_iter().chain(unfit).collect()
    }
}

/// A place in a folder that is walked through.
struct Place {
    /// The path on this machine.
    path: PathBuf,
    /// The name in the archive.
    name: String,
    /// The path in the folder, which differs from the name behind a link.
    own: String,
}

impl Place {
    fn child(&self, name: &str) -> Self {
        let below = |folder: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        Self { path: self.path.join(name), name: below(&self.name), own: below(&self.own) }
    }
}

/// A walk through a folder.
struct Walk<'r> {
    rules: &'r FolderRules,
    /// The folder's path without links.
    root: PathBuf,
    /// The paths, in the folder, of the folders that the walk is in. A link to one of them leads in a circle.
    within: Vec<String>,
    /// The number of things that were seen behind links.
    behind_links: usize,
    found: FolderFiles,
}

impl Walk<'_> {
    /// Collects all files below a folder.
    fn collect(&mut self, folder: &Place) -> Result<(), String> {
        let failed = |error: Error| format!("{}: {error}", shown(&folder.path));
        self.within.push(folder.own.clone());
        for entry in fs::read_dir(&folder.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| format!("{}: its name is not UTF-8", shown(&entry.path())))?;
            let place = folder.child(name);
            self.behind_links += usize::from(place.name != place.own);
            // Links to links can double the files with each folder.
            let most = Limits::default().entries;
            if self.behind_links > most {
                return Err(format!("{}: links lead to more than {}", shown(&self.root), count(most, "file")));
            }
            let sort = entry.file_type().map_err(failed)?;
            if sort.is_dir() {
                self.collect(&place)?;
            } else if sort.is_symlink() {
                self.take_link(place)?;
            } else {
                self.take(place, sort);
            }
        }
        self.within.pop();
        Ok(())
    }

    fn fate(&self, place: &Place) -> Fate {
        if place.name == place.own {
            return self.rules.fate(&place.name);
        }
        self.rules.fate_behind_link(&place.name, &place.own, false)
    }

    /// Takes a file, or something that is neither file nor folder nor link.
    fn take(&mut self, place: Place, sort: FileType) {
        let fate = self.fate(&place);
        if fate.goes() && !sort.is_file() {
            self.found.unfit.insert(place.name, format!("it is {}, which no archive has", special(sort)));
            return;
        }
        if fate.goes() {
            self.found.entries.insert(place.name, Content::File(place.path));
        }
        self.found.sorting.add(fate);
    }

    /// Takes a link: itself where the archive keeps links, else what it leads to.
    fn take_link(&mut self, link: Place) -> Result<(), String> {
        let text = fs::read_link(&link.path).map_err(|error| format!("{}: {error}", shown(&link.path)))?;
        let text = text.to_string_lossy();
        let by_name = self.fate(&link);
        let by_text = self.rules.fate_of_link(&link.name, &text);
        if let Some(fate) = [by_name, by_text].into_iter().find(|fate| !fate.goes()) {
            self.found.sorting.add(fate);
            return Ok(());
        }
        let (to, sort) = match self.led_to(&link, &line(&text)) {
            Ok(found) => found,
            Err(reason) => {
                self.found.unfit.insert(link.name, reason);
                return Ok(());
            }
        };
        let fate = self.rules.fate_behind_link(&to.name, &to.own, sort.is_dir());
        if fate.goes() && !self.rules.keeps_links() {
            if sort.is_dir() {
                return self.collect(&to);
            }
            self.take(to, sort);
            return Ok(());
        }
        if fate.goes() {
            self.found.entries.insert(to.name, Content::Link(way(&link.own, &to.own)));
        }
        self.found.sorting.add(fate);
        Ok(())
    }

    /// Returns the place in the folder that a link with this text leads to, under the link's name.
    ///
    /// # Errors
    /// The reason why it leads to nothing that can be packed.
    fn led_to(&self, link: &Place, text: &str) -> Result<(Place, FileType), String> {
        let broken = |error: Error| match error.kind() {
            ErrorKind::NotFound => format!("it is a link to `{text}`, and nothing is there"),
            _ => format!("it is a link to `{text}`, which cannot be followed: {error}"),
        };
        let path = fs::canonicalize(&link.path).map_err(broken)?;
        let sort = fs::metadata(&path).map_err(broken)?.file_type();
        let Ok(own) = path.strip_prefix(&self.root) else {
            return Err(format!("it is a link to `{text}`, which leads out of the folder, to `{}`", shown(&path)));
        };
        let own = own.iter().map(OsStr::to_string_lossy).collect::<Vec<_>>().join("/");
        if self.within.contains(&own) {
            let folder = if own.is_empty() { "the folder itself".to_owned() } else { format!("`{}`", line(&own)) };
            return Err(format!("it is a link to `{text}`, back to {folder}, in which it lies: a circle"));
        }
        if !sort.is_file() && !sort.is_dir() {
            return Err(format!("it is a link to `{text}`, which is {}", special(sort)));
        }
        Ok((Place { path, name: link.name.clone(), own }, sort))
    }
}

/// Returns the text of a link that lies at one path of an archive and leads to another. It is made anew, because the
/// text that a link has on this machine may be an absolute path.
fn way(link: &str, to: &str) -> String {
    let mut from: Vec<&str> = link.split('/').collect();
    from.pop();
    let to: Vec<&str> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| "..");
    up.chain(to.iter().skip(shared).copied()).collect::<Vec<_>>().join("/")
}

/// Returns the sort of something that is neither file nor folder nor link.
#[cfg(unix)]
fn special(sort: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if sort.is_fifo() {
        "a named pipe (FIFO)"
    } else if sort.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_sort: FileType) -> &'static str {
    "neither a file nor a folder"
}

fn add(archive: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &Content) -> Result<(), String> {
    let path = match content {
        Content::Link(to) => {
            return archive.add_symlink(name, to, options()).map_err(|error| format!("{name}: {error}"));
        }
        Content::File(path) => path,
    };
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", shown(path));
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    let about = fs::metadata(path).map_err(|error| failed(&error))?;
    let mode = if runs(&bytes) || is_marked(&about) { 0o755 } else { 0o644 };
    archive.start_file(name, deflated().unix_permissions(mode)).map_err(|error| failed(&error))?;
    archive.write_all(&bytes).map_err(|error| failed(&error))
}

/// Packs members in memory into a zip, as [`archive_of`] does; a member that is a zip itself is not compressed again.
///
/// # Errors
/// A sentence that names the member that cannot be packed.
pub fn archive_of_members(members: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let failed = |error: &dyn std::fmt::Display| format!("{name}: {error}");
        let stored = options().compression_method(CompressionMethod::Stored);
        let options = if bytes.starts_with(ZIP) { stored } else { deflated() };
        archive.start_file(name, options.unix_permissions(0o644)).map_err(|error| failed(&error))?;
        archive.write_all(bytes).map_err(|error| failed(&error))?;
    }
    Ok(archive.finish().map_err(|error| error.to_string())?.into_inner())
}

/// The first bytes of a zip (PKWARE, APPNOTE.TXT, 4.3.7).
pub const ZIP: &[u8] = b"PK\x03\x04";

/// Returns the options of each entry. On Windows the library names another system, whose entries have no such
/// permissions (APPNOTE 4.4.2, 4.4.15).
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().system(System::Unix).last_modified_time(DateTime::default())
}

fn deflated() -> SimpleFileOptions {
    options().compression_method(CompressionMethod::Deflated).compression_level(Some(6))
}

/// Returns whether a file is a program of Linux, or a script that names its interpreter. Lambda runs `bootstrap` only
/// where it is executable (AWS Lambda Developer Guide, "Building a custom runtime for AWS Lambda"), and builds,
/// downloads and file systems lose that mark.
fn runs(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") || bytes.starts_with(b"\x7fELF")
}

/// Returns whether the file system marks a file as executable.
#[cfg(unix)]
fn is_marked(about: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_marked(_about: &Metadata) -> bool {
    false
}

#[cfg(test)]
#[path = "packing_tests.rs"]
mod tests;
