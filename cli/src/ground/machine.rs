//! The machine gives a command its clock, the files that it names, and a folder as an archive.
//! The same files always have the same digest, whoever packs them, so Windlass sees that nothing is new.

use std::fs::{self, File, Metadata};
use std::io::{Cursor, Error, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use windlass_domain::declaration::folder::{FolderRules, Sorting};
use windlass_domain::text::count::count;
use windlass_domain::text::foreign;
use windlass_domain::text::time::Time;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// The largest artifact, in bytes: the most that one upload of S3 takes (Amazon S3 User Guide, "Uploading objects").
pub const LARGEST_ARTIFACT: u64 = 5 * 1024 * 1024 * 1024;

/// The largest text, in bytes. No document that Windlass takes is nearly as large.
const LARGEST_TEXT: u64 = 16 * 1024 * 1024;

/// Returns a path as people see it: in one line, whatever a folder of somebody else's is called.
pub fn shown(path: &Path) -> String {
    foreign::line(&path.display().to_string()).into_owned()
}

/// Reads a file's bytes, of which there are at most so many.
///
/// # Errors
/// The reason why they cannot be read, in a sentence without its end.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let failed = |error: Error| why(path, &error);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let mut bytes = Vec::new();
    // Not every file states its size.
    if size <= most {
        let most = most.saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    }
    if size > most || bytes.len() as u64 > most {
        return Err(format!("`{}` has more than {}", shown(path), count(most, "byte")));
    }
    Ok(bytes)
}

/// Reads a file's text.
///
/// # Errors
/// As [`bytes()`]; also if it is no text in UTF-8.
pub fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path, LARGEST_TEXT)?).map_err(|_| format!("`{}` is no text in UTF-8", shown(path)))
}

fn why(path: &Path, error: &Error) -> String {
    let named = shown(path);
    match error.kind() {
        ErrorKind::NotFound => format!("there is no file `{named}`"),
        ErrorKind::IsADirectory => format!("`{named}` is a folder, and a file is needed"),
        ErrorKind::PermissionDenied => format!("you may not read `{named}`"),
        _ => format!("`{named}` cannot be read: {error}"),
    }
}

/// A folder that is packed.
#[derive(Debug)]
pub struct Packed {
    /// The archive, with the files that go.
    pub bytes: Vec<u8>,
    /// All files of the folder by their fate.
    pub sorting: Sorting,
}

/// Packs the folder's files that go into a zip: in the order of their names, dated 1980, readable by all, executable
/// where they are marked so or can run, compressed at one level.
///
/// # Errors
/// A sentence that names what cannot be read, or has no place in an artifact.
pub fn archive_of(folder: &Path, rules: &FolderRules) -> Result<Packed, String> {
    let mut found = FoundFiles::new(rules);
    found.collect(folder, "")?;
    let FoundFiles { mut files, sorting, .. } = found;
    if let (true, Some(left_out)) = (sorting.is_all_left_out(), sorting.left_out_in_words()) {
        let folder = shown(folder);
        return Err(format!(
            "nothing of {folder} is packed, because all of it is left out: {left_out}; take patterns out of `exclude`"
        ));
    }
    if sorting == Sorting::default() {
        return Err(format!("{} has no files", shown(folder)));
    }
    files.sort();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, path) in files {
        add(&mut archive, &name, &path).map_err(|why| format!("{}: {why}", shown(&path)))?;
    }
    let written = archive.finish().map_err(|error| error.to_string())?;
    Ok(Packed { bytes: written.into_inner(), sorting })
}

/// Returns the files of a folder by their fate, without packing them.
///
/// # Errors
/// As [`of_folder`].
pub fn sorting_of(folder: &Path, rules: &FolderRules) -> Result<Sorting, String> {
    let mut found = FoundFiles::new(rules);
    found.collect(folder, "")?;
    Ok(found.sorting)
}

/// The files of a folder.
struct FoundFiles<'r> {
    rules: &'r FolderRules,
    /// The files that go, each with its name in the archive.
    files: Vec<(String, PathBuf)>,
    sorting: Sorting,
}

impl<'r> FoundFiles<'r> {
    fn new(rules: &'r FolderRules) -> Self {
        Self { rules, files: Vec::new(), sorting: Sorting::default() }
    }

    /// Collects all files below a folder.
    fn collect(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", shown(folder));
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let name =
                entry.file_name().into_string().map_err(|_| format!("{}: its name is not UTF-8", shown(&path)))?;
            let name = format!("{prefix}{name}");
            if entry.file_type().map_err(failed)?.is_dir() {
                self.collect(&path, &format!("{name}/"))?;
            } else {
                self.take(name, path)?;
            }
        }
        Ok(())
    }

    /// Takes a file, or something that is neither file nor folder.
    fn take(&mut self, name: String, path: PathBuf) -> Result<(), String> {
        let about = fs::symlink_metadata(&path);
        let is_file = about.is_ok_and(|about| about.is_file());
        let fate = match fs::read_link(&path) {
            Ok(leads_to) => self.rules.fate_of_link(&name, &leads_to.to_string_lossy()),
            Err(_) => self.rules.fate(&name),
        };
        match (fate.goes(), is_file) {
            (true, true) => self.files.push((name, path)),
            (true, false) => {
                return Err(format!(
                    "{}: only files and folders can be deployed; replace the link by what it leads to",
                    shown(&path)
                ));
            }
            (false, _) => {}
        }
        self.sorting.add(fate);
        Ok(())
    }
}
fn add(archive: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    let mode = if runs(&bytes) || is_marked(&about) { 0o755 } else { 0o644 };
    // On Windows the library names another system, whose entries have no such permissions (APPNOTE 4.4.2, 4.4.15).
    let options = SimpleFileOptions::default()
        .system(System::Unix)
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode);
    archive.start_file(name, options).map_err(|error| error.to_string())?;
    archive.write_all(&bytes).map_err(|error| error.to_string())
}

/// Returns whether a file is a program of Linux, or a script that names its interpreter. Lambda runs `bootstrap` only
/// where it is executable (AWS Lambda Developer Guide, "Building a custom runtime for AWS Lambda"), and builds, downloads
/// and file systems lose that mark.
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

/// Returns the time now, by the clock of this machine.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
