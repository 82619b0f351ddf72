//! A folder as an archive whose bytes depend on nothing but its files. The same files always have the same digest,
//! whoever packs them, so Windlass sees that nothing is new.

use crate::files::shown;
use std::fs::{self, Metadata};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use windlass_domain::folder::{FolderRules, Sorting};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// A folder that is packed.
#[derive(Debug)]
pub struct Packed {
    /// The archive, with the files that go.
    pub bytes: Vec<u8>,
    /// All files of the folder by their fate.
    pub sorting: Sorting,
}

/// Packs the folder's files that go into a zip: in the order of their names, dated 1980, readable by all, executable
/// where they are, compressed at one level.
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
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(permissions(&about));
    archive.start_file(name, options).map_err(|error| error.to_string())?;
    archive.write_all(&bytes).map_err(|error| error.to_string())
}

/// A function's `bootstrap` must stay executable; nothing else of the permissions matters.
#[cfg(unix)]
fn permissions(about: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    if about.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 }
}

#[cfg(not(unix))]
fn permissions(_about: &Metadata) -> u32 {
    0o755
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
