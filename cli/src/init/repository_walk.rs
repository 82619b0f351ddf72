//! A repository on disk: a bounded walk, its remote by `git`, and the files that `init` writes into it.

use super::files::{OWN, WrittenFile};
use super::passed::{PassedFolder, PassedReason};
use super::repository::{Repository, file_of, github};
use crate::ground::failure::Failure;
use crate::ground::machine::shown;
use crate::ground::output::unwritten;
use crate::ground::trouble::TroubleName;
use crate::talk::git::{self, FolderPlace};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::text::foreign::is_hidden;

/// The depth of the walk, and the number of entries that it looks at: an application's part has its root no deeper.
const DEEPEST: usize = 6;
const MOST: usize = 20_000;

/// The largest file whose text is read, in bytes.
const LARGEST: u64 = 256 * 1024;

/// The hidden folders in which people keep what is looked for: what is deployed, and what deploys it.
const HIDDEN: [&str; 13] = [
    ".aws",
    ".buildkite",
    ".ci",
    ".circleci",
    ".codebuild",
    ".deploy",
    ".docker",
    ".ebextensions",
    ".ecs",
    ".elasticbeanstalk",
    ".github",
    ".gitlab",
    ".infra",
];

/// The folder of Git itself, which is nobody's work and is not named among those that are passed over.
const GIT: &str = ".git";

/// The folders that others wrote, or that a build made.
const PASSED: [&str; 13] = [
    "cdk.out",
    "node_modules",
    "target",
    "vendor",
    "venv",
    "dist",
    "build",
    "out",
    "coverage",
    "__pycache__",
    "bower_components",
    "site-packages",
    "third_party",
];

/// The endings of files whose text is of use.
const READ: [&str; 18] = [
    "json", "jsonnet", "js", "cjs", "mjs", "ts", "mts", "py", "txt", "toml", "yaml", "yml", "tf", "tfvars", "template",
    "sh", "bash", "mk",
];

/// The names of files without such an ending whose text is of use.
const READ_BY_NAME: [&str; 7] =
    [".nvmrc", "Makefile", "makefile", "GNUmakefile", "Jenkinsfile", "justfile", "Justfile"];

/// Reads the repository of a folder.
///
/// # Errors
/// If a folder cannot be read.
pub fn read(root: &Path) -> Result<Repository, String> {
    let whole = fs::canonicalize(root).map_err(|error| format!("`{}`: {error}", shown(root)))?;
    let place = git::place(root);
    let is_part = place != FolderPlace::Outside;
    let remote = is_part.then(|| git::remote(root)).flatten();
    let on_github = remote.as_deref().and_then(github);
    let mut repository = Repository {
        name: whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        is_elsewhere: remote.is_some() && on_github.is_none(),
        github: on_github,
        above: match place {
            FolderPlace::Within(above) => Some(shown(&above)),
            FolderPlace::Root | FolderPlace::Outside => None,
        },
        branch: is_part.then(|| git::first_branch(root)).flatten(),
        ..Repository::default()
    };
    let mut left = MOST;
    walk(root, "", DEEPEST, &mut left, &mut repository)?;
    repository.declared = repository.text("app.yaml").to_owned();
    repository.files.retain(|path, _| !OWN.contains(&path.as_str()) && !path.starts_with("access/apps/"));
    Ok(repository)
}

fn walk(at: &Path, prefix: &str, deep: usize, left: &mut usize, found: &mut Repository) -> Result<(), String> {
    let entries = fs::read_dir(at).map_err(|error| format!("`{}`: {error}", shown(at)))?;
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // No file that is looked for has a name that is not UTF-8, or in which something is hidden.
        let (Ok(name), Ok(what)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        if name.contains(is_hidden) {
            continue;
        }
        if *left == 0 {
            pass(found, prefix.trim_end_matches('/'), PassedReason::TooMany);
            return Ok(());
        }
        *left -= 1;
        let path = format!("{prefix}{name}");
        if what.is_dir() {
            match passed(&name, deep) {
                Some(why) => pass(found, &path, why),
                None => walk(&entry.path(), &format!("{path}/"), deep.saturating_sub(1), left, found)?,
            }
        } else if what.is_file() {
            found.files.insert(path, text(&entry.path(), &name));
        }
    }
    Ok(())
}

/// Returns why a folder is passed over; `None` for one that is looked into.
fn passed(name: &str, deep: usize) -> Option<PassedReason> {
    if name.starts_with('.') && !HIDDEN.contains(&name) {
        Some(PassedReason::Hidden)
    } else if PASSED.contains(&name) {
        Some(PassedReason::OfTools)
    } else {
        (deep == 0).then_some(PassedReason::TooDeep)
    }
}

fn pass(found: &mut Repository, folder: &str, why: PassedReason) {
    // Each folder above the one in which the walk ends comes to its own end.
    let has_ended = found.passed.last().is_some_and(|last| last.why == PassedReason::TooMany);
    if file_of(folder) != GIT && !has_ended {
        let folder = if folder.is_empty() { "." } else { folder };
        found.passed.push(PassedFolder { folder: folder.to_owned(), why });
    }
}

fn text(path: &Path, name: &str) -> String {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let is_read = READ.contains(&end) || name.starts_with("Dockerfile") || READ_BY_NAME.contains(&name);
    let is_small = fs::metadata(path).is_ok_and(|about| about.len() <= LARGEST);
    (is_read && is_small).then(|| fs::read_to_string(path).ok()).flatten().unwrap_or_default()
}

/// Checks that no file would be read or written through a link.
///
/// # Errors
/// If one would: somebody else's repository may have a link there that leads anywhere, such as to a file of keys.
pub fn no_links(folder: &Path, all: &[WrittenFile]) -> Result<(), Failure> {
    let link = all.iter().find_map(|file| link_in(folder, &file.path));
    link.map_or(Ok(()), |link| {
        Err(Failure::of(
            TroubleName::FileNotWritten,
            format!("`{}` is a link, which may lead anywhere, so that nothing was written. Move it away", shown(&link)),
        ))
    })
}

/// Returns the first part of a path below a folder that is a link, also one that leads nowhere.
fn link_in(folder: &Path, path: &str) -> Option<PathBuf> {
    let mut at = folder.to_owned();
    Path::new(path).components().find_map(|part| {
        at.push(part);
        fs::symlink_metadata(&at).is_ok_and(|about| about.is_symlink()).then(|| at.clone())
    })
}

/// Writes a file, with the folders that it lies in.
///
/// # Errors
/// If it cannot be written.
pub fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    written.map_err(|error| unwritten(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_passed_and_named_and_what_people_hide_is_read() {
        let root = std::env::temp_dir().join(format!("windlass-reading-{}", std::process::id()));
        let mut files = vec![
            ("web/package.json", "{}"),
            ("web/logo.png", "x"),
            ("web/node_modules/next/package.json", "{}"),
            ("web/.next/routes.json", "{}"),
            (".git/config.json", "{}"),
            (".vscode/settings.json", "{}"),
            ("a/b/c/d/e/f/g/h.json", "{}"),
            ("Makefile", "deploy:"),
        ];
        let hidden = HIDDEN.map(|folder| format!("api/{folder}/x.yml"));
        files.extend(hidden.iter().map(|path| (path.as_str(), "a: 1")));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = read(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        let files: Vec<(&str, &str)> = found.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let mut wanted = vec![("Makefile", "deploy:"), ("web/logo.png", ""), ("web/package.json", "{}")];
        wanted.extend(hidden.iter().map(|path| (path.as_str(), "a: 1")));
        wanted.sort_unstable();
        assert_eq!(files, wanted);
        let passed: Vec<(&str, PassedReason)> = found.passed.iter().map(|it| (it.folder.as_str(), it.why)).collect();
        assert_eq!(
            passed,
            [
                (".vscode", PassedReason::Hidden),
                ("a/b/c/d/e/f/g", PassedReason::TooDeep),
                ("web/.next", PassedReason::Hidden),
                ("web/node_modules", PassedReason::OfTools),
            ]
        );
        assert!(found.name.starts_with("windlass-reading-"));
    }

    #[test]
    fn a_walk_that_ends_early_names_the_folder_in_which_it_ended_once() {
        let root = std::env::temp_dir().join(format!("windlass-ending-{}", std::process::id()));
        for path in ["a/b/1", "a/b/2", "a/c", "d"] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut found = Repository::default();
        walk(&root, "", DEEPEST, &mut 3, &mut found).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(found.passed, [PassedFolder { folder: "a/b".to_owned(), why: PassedReason::TooMany }]);
    }
}
