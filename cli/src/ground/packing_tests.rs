use super::*;
use std::io::Read;
use windlass_domain::declaration::folder::{Destination, Folder, FolderPatterns};
use windlass_domain::text::finding::FindingName;

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

fn rules_for(destination: Destination, publish: &str, exclude: &str) -> FolderRules {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let patterns = FolderPatterns { publish: list(publish), exclude: list(exclude) };
    FolderRules::new(Folder { destination, patterns: &patterns }).unwrap()
}

fn rules(publish: &str, exclude: &str) -> FolderRules {
    rules_for(Destination::Site, publish, exclude)
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

#[test]
fn members_in_memory_make_the_same_bytes_and_a_zip_among_them_stays_as_it_is() {
    let inner = packed(&folder("inner", &SITE));
    let members = BTreeMap::from([("a.zip".to_owned(), inner.clone()), ("b.json".to_owned(), b"{}".to_vec())]);
    let bytes = archive_of_members(&members).unwrap();
    assert_eq!(bytes, archive_of_members(&members).unwrap());
    assert_eq!(names(bytes.clone()), ["a.zip", "b.json"]);
    assert!(bytes.windows(inner.len()).any(|window| window == inner), "it is not compressed again");
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

#[test]
fn an_empty_folder_is_no_release() {
    let folder = folder("empty", &[("a/b", "")]);
    fs::remove_file(folder.join("a/b")).unwrap();
    assert!(archive_of(&folder, &rules("", "")).unwrap_err().contains("has no files"));
}

/// The paths of the findings on files that are refused.
fn refused(packed: &FolderArchive, rules: &FolderRules) -> Vec<String> {
    let findings = packed.files.findings("web=dist", rules).into_iter();
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
    assert_eq!(packed.files.sorting.left_out_in_words().unwrap(), "2 files (1 by `*.map`, 1 by `.DS_Store`)");
    let expected = [".well-known/security.txt", "docs/.env.example", "index.html"];
    assert_eq!(names(packed.bytes), expected);
}

#[cfg(unix)]
#[test]
fn a_link_counts_by_its_name_and_by_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let folder = folder("links", &[("index.html", ""), ("lib/.env", ""), ("lib/a.js", "")]);
    symlink("../.env", folder.join("config.txt")).unwrap();
    symlink(".env", folder.join("lib/other")).unwrap();
    symlink("other", folder.join("lib/third")).unwrap();
    symlink("lib", folder.join("shared")).unwrap();
    symlink("index.html", folder.join(".env.local")).unwrap();
    symlink("nowhere", folder.join(".DS_Store")).unwrap();
    fs::create_dir(folder.join("node_modules")).unwrap();
    symlink("../x", folder.join("node_modules/x")).unwrap();
    let rules = rules("", "node_modules/");
    let packed = archive_of(&folder, &rules).unwrap();
    let lib = ["lib/.env", "lib/other", "lib/third", "shared/.env", "shared/other", "shared/third"];
    assert_eq!(refused(&packed, &rules), [&[".env.local", "config.txt"][..], &lib].concat());
    assert_eq!(packed.files.sorting.left_out.values().sum::<usize>(), 2);
    assert_eq!(names(packed.bytes), ["index.html", "lib/a.js", "shared/a.js"]);
}

#[test]
fn a_folder_of_which_nothing_is_left_is_refused() {
    let folder = folder("left-out", &[("index.html", ""), ("a/.DS_Store", "")]);
    let why = archive_of(&folder, &rules("", "*.html")).unwrap_err();
    assert!(why.contains("all of it is left out: 2 files"), "{why}");
}

/// The names of an archive's entries, each link with its text.
#[cfg(unix)]
fn entries(bytes: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let names = names(bytes.to_vec()).into_iter();
    names
        .map(|name| {
            let mut file = archive.by_name(name.as_str()).unwrap();
            let mut text = String::new();
            if file.is_symlink() {
                file.read_to_string(&mut text).unwrap();
                return format!("{name} -> {text}");
            }
            name
        })
        .collect()
}

#[cfg(unix)]
fn link(folder: &Path, name: &str, to: impl AsRef<Path>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(to, path).unwrap();
}

#[cfg(unix)]
const MIME: &str = "#!/usr/bin/env node";

/// A project with its dependencies as npm and pnpm lay them, whose links are relative or absolute.
#[cfg(unix)]
fn project(name: &str, is_absolute: bool) -> PathBuf {
    let files = [
        ("index.js", "require('hono')"),
        ("node_modules/mime/cli.js", MIME),
        ("node_modules/.pnpm/hono@4.0.0/node_modules/hono/index.js", "require('qs')"),
        ("node_modules/.pnpm/qs@6.0.0/node_modules/qs/index.js", "1"),
    ];
    let folder = folder(name, &files);
    let links = [
        ("node_modules/.bin/mime", "../mime/cli.js"),
        ("node_modules/hono", ".pnpm/hono@4.0.0/node_modules/hono"),
        ("node_modules/.pnpm/hono@4.0.0/node_modules/qs", "../../qs@6.0.0/node_modules/qs"),
    ];
    for (name, to) in links {
        let within = folder.join(name).parent().unwrap().to_owned();
        link(&folder, name, if is_absolute { within.join(to) } else { PathBuf::from(to) });
    }
    folder
}

#[cfg(unix)]
#[test]
fn a_function_keeps_the_links_of_its_dependencies_alike_on_every_machine() {
    let function = rules_for(Destination::Function, "", "");
    let relative = archive_of(&project("relative", false), &function).unwrap();
    let expected = [
        "index.js",
        "node_modules/.bin/mime -> ../mime/cli.js",
        "node_modules/.pnpm/hono@4.0.0/node_modules/hono/index.js",
        "node_modules/.pnpm/hono@4.0.0/node_modules/qs -> ../../qs@6.0.0/node_modules/qs",
        "node_modules/.pnpm/qs@6.0.0/node_modules/qs/index.js",
        "node_modules/hono -> .pnpm/hono@4.0.0/node_modules/hono",
        "node_modules/mime/cli.js",
    ];
    assert_eq!(entries(&relative.bytes), expected);
    assert!(relative.files.findings("api=.", &function).is_empty());
    let absolute = archive_of(&project("absolute", true), &function).unwrap();
    assert_eq!(absolute.bytes, relative.bytes);
    // Where nobody knows what the folder is for, links stay as well: copies would not run.
    let unknown = FolderRules::new(Folder::UNKNOWN).unwrap();
    let unknown = archive_of(&project("unknown", false), &unknown).unwrap();
    assert_eq!(unknown.bytes, relative.bytes);
}

#[cfg(unix)]
#[test]
fn a_site_has_what_its_links_lead_to() {
    let copied = folder(
        "copied",
        &[
            ("index.js", "require('hono')"),
            ("node_modules/.bin/mime", MIME),
            ("node_modules/.pnpm/hono@4.0.0/node_modules/hono/index.js", "require('qs')"),
            ("node_modules/.pnpm/hono@4.0.0/node_modules/qs/index.js", "1"),
            ("node_modules/.pnpm/qs@6.0.0/node_modules/qs/index.js", "1"),
            ("node_modules/hono/index.js", "require('qs')"),
            ("node_modules/mime/cli.js", MIME),
        ],
    );
    for is_absolute in [false, true] {
        assert_eq!(packed(&project("site-links", is_absolute)), packed(&copied));
    }
}

/// The things that cannot be packed, each with the reason.
#[cfg(unix)]
fn unfit(packed: &FolderArchive, rules: &FolderRules) -> BTreeMap<String, String> {
    let findings = packed.files.findings("web=dist", rules).into_iter();
    findings
        .map(|found| {
            assert_eq!(found.name, FindingName::BadArchive);
            (found.path.replace("web=dist: ", ""), found.reason.written())
        })
        .collect()
}

#[cfg(unix)]
#[test]
fn what_cannot_be_packed_is_named_with_both_of_its_ends() {
    let outside = folder("outside", &[("secret.txt", "")]);
    let folder = folder("unfit", &[("index.html", ""), ("a/x.txt", "")]);
    let links = [
        ("out", "../windlass-out"),
        ("absolute", "/"),
        ("outside", outside.to_str().unwrap()),
        ("a/root", ".."),
        ("a/itself", "../a"),
        ("one", "two"),
        ("two", "one"),
        ("gone", "nowhere"),
    ];
    for (name, to) in links {
        link(&folder, name, to);
    }
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let ends = links.into_iter().chain([("socket", "socket"), ("pipe", "pipe")]);
    for destination in [Destination::Site, Destination::Function, Destination::Unknown] {
        let rules = rules_for(destination, "", "");
        let packed = archive_of(&folder, &rules).unwrap();
        let unfit = unfit(&packed, &rules);
        for (name, end) in ends.clone() {
            assert!(unfit.get(name).is_some_and(|reason| reason.contains(end)), "{name}: {unfit:?}");
        }
        assert_eq!(unfit.len(), ends.clone().count(), "{unfit:?}");
        assert_eq!(entries(&packed.bytes), ["a/x.txt", "index.html"]);
    }
}

#[cfg(unix)]
#[test]
fn folders_that_lead_to_each_other_are_a_circle_only_where_links_are_followed() {
    let folder = folder("circle", &[("a/x.js", ""), ("b/y.js", "")]);
    link(&folder, "a/b", "../b");
    link(&folder, "b/a", "../a");
    let site = rules("", "");
    let found = unfit(&archive_of(&folder, &site).unwrap(), &site);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a/b/a", "b/a/b"]);
    let function = rules_for(Destination::Function, "", "");
    let packed = archive_of(&folder, &function).unwrap();
    assert!(unfit(&packed, &function).is_empty());
    assert_eq!(entries(&packed.bytes), ["a/b -> ../b", "a/x.js", "b/a -> ../a", "b/y.js"]);
}

#[cfg(unix)]
#[test]
fn what_is_left_out_need_not_be_packable_and_is_left_out_behind_links_as_well() {
    let folder = folder("left-behind", &[("index.html", ""), ("drafts/a.html", ""), ("v2/a.html", "")]);
    link(&folder, "venv/bin/python", "/bin/sh");
    link(&folder, "venv/self", ".");
    link(&folder, "new", "drafts");
    link(&folder, "latest", "v2");
    link(&folder, "new.html", "drafts/a.html");
    let table = [
        (Destination::Site, ["index.html", "latest/a.html", "v2/a.html"]),
        (Destination::Function, ["index.html", "latest -> v2", "v2/a.html"]),
    ];
    for (destination, expected) in table {
        let rules = rules_for(destination, "", "venv/ drafts/");
        let packed = archive_of(&folder, &rules).unwrap();
        assert!(unfit(&packed, &rules).is_empty());
        assert_eq!(entries(&packed.bytes), expected);
        assert_eq!(packed.files.sorting.left_out.values().sum::<usize>(), 5);
    }
}
