use super::*;
use std::io::Read;
use windlass_domain::declaration::folder::{Destination, Folder, FolderPatterns};
use windlass_domain::text::finding::{Finding, FindingName};

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

fn rules(publish: &str, exclude: &str) -> FolderRules {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    FolderRules::new(Folder {
        destination: Destination::Site,
        patterns: &FolderPatterns { publish: list(publish), exclude: list(exclude) },
    })
    .unwrap()
}

fn packed(folder: &Path) -> Vec<u8> {
    archive_of(folder, &rules("", "")).unwrap().bytes
}

fn names(archive: Vec<u8>) -> Vec<String> {
    zip::ZipArchive::new(Cursor::new(archive)).unwrap().file_names().map(|name| name.unwrap().into_owned()).collect()
}

const SITE: [(&str, &str); 3] = [("index.html", "<h1>shop</h1>"), ("assets/app.js", "go()"), ("assets/a/b.css", "a{}")];

#[test]
fn the_same_files_make_the_same_bytes() {
    let first = folder("first", &SITE);
    let mut turned = SITE;
    turned.reverse();
    let second = folder("second", &turned);
    let later = fs::File::options().write(true).open(second.join("index.html"));
    later.unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(packed(&first), packed(&second));
    fs::write(second.join("index.html"), "<h1>shop!</h1>").unwrap();
    assert_ne!(packed(&first), packed(&second));
}

#[test]
fn an_archive_holds_each_file_under_its_path() {
    let bytes = packed(&folder("paths", &SITE));
    let expected = ["assets/a/b.css", "assets/app.js", "index.html"];
    assert_eq!(names(bytes.clone()), expected);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    let mut file = archive.by_name("index.html").unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "<h1>shop</h1>");
}

#[cfg(unix)]
#[test]
fn what_is_marked_or_can_run_is_executable_and_all_is_readable() {
    use std::os::unix::fs::PermissionsExt as _;
    let table = [
        ("bootstrap", "\x7fELF\x02\x01", 0o600, 0o755),
        ("bin/migrate", "#!/usr/bin/env node\n", 0o644, 0o755),
        ("bin/marked", "text", 0o700, 0o755),
        ("data.json", "{}", 0o600, 0o644),
        ("notes.txt", " #!/bin/sh", 0o640, 0o644),
        ("short", "#", 0o644, 0o644),
        ("empty", "", 0o644, 0o644),
    ];
    let folder = folder("modes", &table.map(|(name, text, ..)| (name, text)));
    for (name, _, mode, _) in table {
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(packed(&folder))).unwrap();
    for (name, _, _, expected) in table {
        let mode = archive.by_name(name).unwrap().unix_mode().unwrap();
        assert_eq!(mode & 0o777, expected, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    let folder = folder("link", &[("data", "x")]);
    std::os::unix::fs::symlink("data", folder.join("link")).unwrap();
    assert!(archive_of(&folder, &rules("", "")).unwrap_err().contains("link"));
}

#[test]
fn an_empty_folder_is_no_release() {
    let folder = folder("empty", &[("a/b", "")]);
    fs::remove_file(folder.join("a/b")).unwrap();
    assert!(archive_of(&folder, &rules("", "")).unwrap_err().contains("has no files"));
}

/// The paths of the findings on files that are refused.
fn refused(packed: &Packed, rules: &FolderRules) -> Vec<String> {
    let findings = packed.sorting.refusals("web=dist", rules).into_iter();
    findings
        .map(|Finding { name, path, .. }| {
            assert_eq!(name, FindingName::FileRefused);
            path.replace("web=dist: ", "")
        })
        .collect()
}

#[test]
fn what_may_not_be_published_is_not_packed() {
    let folder = folder(
        "refused",
        &[
            ("index.html", ""),
            (".well-known/security.txt", ""),
            (".env", "A=1"),
            (".git/HEAD", ""),
            (".git/config", ""),
            ("modules/x/.git", "gitdir: ../../.git/modules/x"),
            ("a/.DS_Store", ""),
            ("a/app.js.map", ""),
            ("docs/.env.example", ""),
        ],
    );
    let rules = rules(".env.example", "*.map");
    let packed = archive_of(&folder, &rules).unwrap();
    assert_eq!(refused(&packed, &rules), [".env", ".git", "modules/x/.git"]);
    assert_eq!(packed.sorting.left_out_in_words().unwrap(), "2 files (1 by `*.map`, 1 by `.DS_Store`)");
    let expected = [".well-known/security.txt", "docs/.env.example", "index.html"];
    assert_eq!(names(packed.bytes), expected);
}

#[cfg(unix)]
#[test]
fn a_link_counts_by_its_name_and_by_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let folder = folder("links", &[("index.html", "")]);
    symlink("../.env", folder.join("config.txt")).unwrap();
    symlink("index.html", folder.join(".env.local")).unwrap();
    symlink("nowhere", folder.join(".DS_Store")).unwrap();
    fs::create_dir(folder.join("node_modules")).unwrap();
    symlink("../x", folder.join("node_modules/x")).unwrap();
    let rules = rules("", "node_modules/");
    let packed = archive_of(&folder, &rules).unwrap();
    assert_eq!(refused(&packed, &rules), [".env.local", "config.txt"]);
    assert_eq!(packed.sorting.left_out.values().sum::<usize>(), 2);
    assert_eq!(names(packed.bytes), ["index.html"]);
}

#[test]
fn a_folder_of_which_nothing_is_left_is_refused() {
    let folder = folder("left-out", &[("index.html", ""), ("a/.DS_Store", "")]);
    let why = archive_of(&folder, &rules("", "*.html")).unwrap_err();
    assert!(why.contains("all of it is left out: 2 files"), "{why}");
}
