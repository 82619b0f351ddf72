//! The machine gives a command its clock, and the files that it names.

use std::fs::File;
use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;
use std::time::SystemTime;
use windlass_domain::text::count::count;
use windlass_domain::text::foreign;
use windlass_domain::text::time::Time;

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

/// Returns the first bytes of a file, at most so many.
///
/// # Errors
/// A sentence that names the file, and says why it cannot be read.
pub fn beginning(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let failed = |error: Error| why(path, &error);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
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

/// Returns the time now, by the clock of this machine.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
