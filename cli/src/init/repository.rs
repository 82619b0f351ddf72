//! A small listing of a repository, which `init` looks at. The text of a file that is too large, or of no use here, is
//! empty.

use crate::init::passed::PassedFolder;
use std::collections::BTreeMap;

/// The listing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The folder's name.
    pub name: String,
    /// `owner/name` on GitHub, where a remote says so.
    pub github: Option<String>,
    /// True where its remote is somewhere else.
    pub is_elsewhere: bool,
    /// The root of the repository, where the folder is one within it.
    pub above: Option<String>,
    /// The branch that others begin from.
    pub branch: Option<String>,
    /// The declaration that is there already; empty where there is none.
    pub declared: String,
    /// Files by their path from the root, with their texts.
    pub files: BTreeMap<String, String>,
    /// The folders that were not looked into.
    pub passed: Vec<PassedFolder>,
}

impl Repository {
    /// Returns the text of a file; empty where there is none.
    pub fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// Returns whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Returns the files, each as its path and its text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Returns the files with one of these names, each as its path and its text.
    pub fn named<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts().filter(|(path, _)| names.contains(&file_of(path)))
    }

    /// Returns the files whose names end so.
    pub fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts().filter(move |(path, _)| path.ends_with(end))
    }

    /// Returns the text of the first of these files that is in a folder.
    pub fn first_of(&self, folder: &str, names: &[&str]) -> Option<&str> {
        let at = |name: &&str| self.files.get(&join(folder, name));
        names.iter().find_map(at).map(String::as_str)
    }
}

/// Returns the folder of a path; empty at the root.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns whether a file is of Terraform.
pub fn is_terraform(path: &str) -> bool {
    file_of(path).rsplit_once('.').is_some_and(|(_, end)| end == "tf")
}

/// Returns the last part of a path.
pub fn file_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, file)| file)
}

/// Returns whether a file is one of CI's own: what lies there is run by a workflow, and is no part of an application.
pub fn is_of_ci(path: &str) -> bool {
    let folders = [".buildkite", ".ci", ".circleci", ".codebuild", ".github", ".gitlab"];
    path.split('/').any(|part| folders.contains(&part))
}

/// Joins a folder, which may be the root, and a path. A step upwards is resolved.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Reads `owner/name` out of the address of a remote on GitHub.
pub fn github(address: &str) -> Option<String> {
    let address = address.trim().trim_end_matches('/');
    let (_, rest) = address.strip_suffix(".git").unwrap_or(address).split_once("github.com")?;
    let (owner, name) = rest.trim_start_matches(":443").trim_start_matches([':', '/']).split_once('/')?;
    let is_name = |text: &str| {
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !text.is_empty() && text.chars().all(letters)
    };
    (is_name(owner) && is_name(name)).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_on_github_gives_owner_and_name() {
        for (address, wanted) in [
            ("git@github.com:example/shop.git", Some("example/shop")),
            ("https://github.com/example/shop", Some("example/shop")),
            ("https://user@github.com/example/shop.git/", Some("example/shop")),
            ("ssh://git@github.com:443/example/shop.js.git", Some("example/shop.js")),
            ("https://gitlab.com/example/shop.git", None),
            ("https://github.com/example", None),
            ("https://github.com/a b/c", None),
            ("", None),
        ] {
            assert_eq!(github(address).as_deref(), wanted, "{address}");
        }
    }

    #[test]
    fn paths_are_taken_apart_and_joined() {
        assert_eq!((folder_of("a/b/c"), file_of("a/b/c")), ("a/b", "c"));
        assert_eq!((folder_of("c"), file_of("c")), ("", "c"));
        assert_eq!(join("", "a"), "a");
        assert_eq!(join("a/b", "../c/./d"), "a/c/d");
        assert_eq!(join("a", "../../b"), "b");
    }
}
