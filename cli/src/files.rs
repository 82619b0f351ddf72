//! Files that the command names, read; and what is told of one that cannot be.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// A file's bytes.
///
/// # Errors
/// Why they cannot be read, in a sentence without its end.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| why(path, &error))
}

/// A file's text.
///
/// # Errors
/// The same; also where it is no text.
pub fn text(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|_| format!("`{}` is no text in UTF-8", path.display()))
}

fn why(path: &Path, error: &Error) -> String {
    let named = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("there is no file `{named}`"),
        ErrorKind::IsADirectory => format!("`{named}` is a folder, and a file is needed"),
        ErrorKind::PermissionDenied => format!("you may not read `{named}`"),
        _ => format!("`{named}` cannot be read: {error}"),
    }
}
