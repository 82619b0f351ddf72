//! A folder as an archive whose bytes depend on nothing but its files. The same files always have the same digest,
//! whoever packs them, so Windlass sees that nothing is new.

use std::fs::{self, Metadata};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Packs the folder's files into a zip: in the order of their names, dated 1980, readable by all, executable where they
/// are, compressed at one level.
///
/// # Errors
/// A sentence that names what cannot be read, or has no place in an artifact.
pub fn of_folder(folder: &Path) -> Result<Vec<u8>, String> {
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    if files.is_empty() {
        return Err(format!("{} has no files", folder.display()));
    }
    files.sort();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, path) in files {
        add(&mut archive, &name, &path).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    let written = archive.finish().map_err(|error| error.to_string())?;
    Ok(written.into_inner())
}

/// Collects all files below a folder, each with its name in the archive.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| format!("{}: its name is not UTF-8", path.display()))?;
        let name = format!("{prefix}{name}");
        let what = entry.file_type().map_err(failed)?;
        if what.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else if what.is_file() {
            files.push((name, path));
        } else {
            return Err(format!(
                "{}: only files and folders can be deployed; replace the link by what it leads to",
                path.display()
            ));
        }
    }
    Ok(())
}

fn add(archive: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(permissions(&about));
    archive
        .start_file(name, options)
        .map_err(|error| error.to_string())?;
    archive.write_all(&bytes).map_err(|error| error.to_string())
}

/// A function's `bootstrap` must stay executable; nothing else of the permissions matters.
#[cfg(unix)]
fn permissions(about: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    if about.permissions().mode() & 0o111 == 0 {
        0o644
    } else {
        0o755
    }
}

#[cfg(not(unix))]
fn permissions(_about: &Metadata) -> u32 {
    0o755
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("windlass-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        for (file, text) in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const SITE: [(&str, &str); 3] = [
        ("index.html", "<h1>shop</h1>"),
        ("assets/app.js", "go()"),
        ("assets/a/b.css", "a{}"),
    ];

    #[test]
    fn the_same_files_make_the_same_bytes() {
        let first = folder("first", &SITE);
        let mut turned = SITE;
        turned.reverse();
        let second = folder("second", &turned);
        let later = fs::File::options()
            .write(true)
            .open(second.join("index.html"));
        later.unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(of_folder(&first).unwrap(), of_folder(&second).unwrap());
        fs::write(second.join("index.html"), "<h1>shop!</h1>").unwrap();
        assert_ne!(of_folder(&first).unwrap(), of_folder(&second).unwrap());
    }

    #[test]
    fn an_archive_holds_each_file_under_its_path() {
        let bytes = of_folder(&folder("paths", &SITE)).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["assets/a/b.css", "assets/app.js", "index.html"]);
        let mut text = String::new();
        let mut file = archive.by_name("index.html").unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "<h1>shop</h1>");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_executable_stays_so_and_links_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder("modes", &[("bootstrap", "#!"), ("data", "x")]);
        let bootstrap = folder.join("bootstrap");
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o700)).unwrap();
        let bytes = of_folder(&folder).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut mode = |name| archive.by_name(name).unwrap().unix_mode().unwrap() & 0o777;
        assert_eq!((mode("bootstrap"), mode("data")), (0o755, 0o644));
        std::os::unix::fs::symlink("data", folder.join("link")).unwrap();
        assert!(of_folder(&folder).unwrap_err().contains("link"));
    }

    #[test]
    fn an_empty_folder_is_no_release() {
        let folder = folder("empty", &[("a/b", "")]);
        fs::remove_file(folder.join("a/b")).unwrap();
        assert!(of_folder(&folder).unwrap_err().contains("has no files"));
    }
}
