//! A `package.json`, with the commands of its package manager, and the sites that its dependencies make: Next.js,
//! Docusaurus, Vite and Create React App.

use crate::init::pieces::images;
use crate::init::pieces::piece::{Piece, PieceSort, Pieces, Runs, named};
use crate::init::repository::{Repository, folder_of, join};
use serde_json::Value;

/// The commands of package managers that do not come with Node.js.
const PNPM: [&str; 3] = ["corepack enable pnpm", "pnpm install --frozen-lockfile", "pnpm run build"];
const YARN: [&str; 3] = ["corepack enable yarn", "yarn install --frozen-lockfile", "yarn run build"];

/// A package.
pub struct Package<'a> {
    /// Its folder.
    pub folder: &'a str,
    file: Value,
}

/// Returns all packages of a repository that can be read.
pub fn all(repository: &Repository) -> impl Iterator<Item = Package<'_>> {
    repository.named(&["package.json"]).filter_map(|(path, text)| {
        let file = serde_json::from_str(text).ok()?;
        let folder = folder_of(path);
        Some(Package { folder, file })
    })
}

impl Package<'_> {
    /// Returns whether it depends on another one.
    pub fn depends_on(&self, other: &str) -> bool {
        ["dependencies", "devDependencies"].iter().any(|list| !self.file[list][other].is_null())
    }

    /// Returns whether it needs others while it runs.
    pub fn has_dependencies(&self) -> bool {
        let needed = self.file["dependencies"].as_object();
        needed.is_some_and(|needed| !needed.is_empty())
    }

    /// Returns whether it has a script of this name.
    pub fn has_script(&self, name: &str) -> bool {
        !self.file["scripts"][name].is_null()
    }

    /// Returns the commands that install and build, by the lock file beside it, or at the root of the repository where
    /// that is a workspace: elsewhere a package manager does not look for it.
    pub fn build(&self, repository: &Repository) -> Vec<String> {
        let root = if is_workspace(repository) { "" } else { self.folder };
        let has = |lock: &str| [self.folder, root].iter().any(|folder| repository.first_of(folder, &[lock]).is_some());
        let commands: &[&str] = if has("pnpm-lock.yaml") {
            &PNPM
        } else if has("yarn.lock") {
            &YARN
        } else if has("package-lock.json") {
            &["npm ci", "npm run build"]
        } else {
            &["npm install", "npm run build"]
        };
        commands.iter().map(|command| (*command).to_owned()).collect()
    }
}

/// Returns whether the packages of a repository share what the root has (npm Docs, "workspaces"; pnpm, "Workspace").
fn is_workspace(repository: &Repository) -> bool {
    let is_root = |package: &Package<'_>| package.folder.is_empty() && !package.file["workspaces"].is_null();
    repository.has("pnpm-workspace.yaml") || all(repository).any(|package| is_root(&package))
}

/// Returns the folder that a member names in a configuration written as code, if it is a plain path.
pub fn path<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    member(code, name).filter(|path| !path.is_empty() && path.chars().all(letters))
}

/// Returns the text of a member in a configuration written as code: `name: "value"`.
pub fn member<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in code.match_indices(name) {
        let is_whole = code[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        let after = code[at + name.len()..].trim_start_matches(['"', '\'']).trim_start();
        let value = after.strip_prefix([':', '=']).map(str::trim_start);
        let quoted = value.and_then(|value| {
            let quote = value.chars().next().filter(|c| "\"'`".contains(*c))?;
            value[1..].split(quote).next()
        });
        if is_whole && quoted.is_some() {
            return quoted;
        }
    }
    None
}

/// Returns the site that a package builds into the folder `output`; the names of the files `hashed` change with their
/// content.
fn site(repository: &Repository, package: &Package<'_>, sort: PieceSort, hashed: &[&str], output: &str) -> Piece {
    let folder = package.folder;
    Piece {
        sort,
        folder: folder.to_owned(),
        file: join(folder, "package.json"),
        name: named(folder, "web"),
        runs: Runs::Site { hashed: hashed.iter().map(|glob| (*glob).to_owned()).collect() },
        build: package.build(repository),
        output: output.to_owned(),
        archive: None,
    }
}

/// Finds sites.
pub fn create_react_app(repository: &Repository, found: &mut Pieces) {
    for package in all(repository).filter(|package| package.depends_on("react-scripts")) {
        found.pieces.push(site(repository, &package, PieceSort::CreateReactApp, &["static/**"], "build"));
    }
}

/// Finds sites.
pub fn docusaurus(repository: &Repository, found: &mut Pieces) {
    // Files of `static/` are copied below `assets/` as well, under the names that they have.
    let hashed = ["assets/js/**", "assets/css/**"];
    for package in all(repository).filter(|package| package.depends_on("@docusaurus/core")) {
        found.pieces.push(site(repository, &package, PieceSort::Docusaurus, &hashed, "build"));
    }
}

/// The configuration's files (Next.js documentation, "next.config.js").
const NEXT_CONFIGURATION: [&str; 4] = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.mts"];

/// Finds exports, and notes a package that is none.
pub fn next(repository: &Repository, found: &mut Pieces) {
    for package in all(repository).filter(|package| package.depends_on("next")) {
        let folder = package.folder;
        let configuration = repository.first_of(folder, &NEXT_CONFIGURATION).unwrap_or_default();
        if member(configuration, "output") != Some("export") {
            if !images::is_built_from(repository, folder) {
                found.notes.push(format!(
                    "`{}` has Next.js without `output: 'export'`: set that to release it as a site, or write a Dockerfile \
                     to release it as a service",
                    join(folder, "package.json")
                ));
            }
            continue;
        }
        let output = path(configuration, "distDir").unwrap_or("out");
        found.pieces.push(site(repository, &package, PieceSort::Next, &["_next/static/**"], output));
    }
}

/// The configuration's files (Vite documentation, "Configuring Vite").
const VITE_CONFIGURATION: [&str; 5] =
    ["vite.config.ts", "vite.config.js", "vite.config.mjs", "vite.config.mts", "vite.config.cjs"];

/// Finds sites: packages with a document that Vite begins from.
pub fn vite(repository: &Repository, found: &mut Pieces) {
    for package in all(repository).filter(|package| package.depends_on("vite")) {
        let folder = package.folder;
        if repository.first_of(folder, &["index.html"]).is_none() {
            continue;
        }
        let configuration = repository.first_of(folder, &VITE_CONFIGURATION).unwrap_or_default();
        let hashed = format!("{}/**", path(configuration, "assetsDir").unwrap_or("assets"));
        let output = path(configuration, "outDir").unwrap_or("dist");
        found.pieces.push(site(repository, &package, PieceSort::Vite, &[&hashed], output));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_counts_where_the_package_manager_finds_it() {
        const WORKSPACES: (&str, &str) = ("package.json", "{\"workspaces\": [\"web\"]}");
        for (files, wanted) in [
            (vec![("web/package-lock.json", "")], "npm ci"),
            (vec![("package-lock.json", "")], "npm install"),
            (vec![("package-lock.json", ""), ("package.json", "{}")], "npm install"),
            (vec![("package-lock.json", ""), WORKSPACES], "npm ci"),
            (vec![("yarn.lock", ""), WORKSPACES], "corepack enable yarn"),
            (vec![("pnpm-lock.yaml", ""), ("pnpm-workspace.yaml", "")], "corepack enable pnpm"),
            (vec![WORKSPACES], "npm install"),
        ] {
            let mut repository = Repository::default();
            for (path, text) in [("web/package.json", "{}")].into_iter().chain(files.iter().copied()) {
                repository.files.insert(path.to_owned(), text.to_owned());
            }
            let package = all(&repository).find(|package| package.folder == "web").unwrap();
            assert_eq!(package.build(&repository)[0], wanted, "{files:?}");
        }
    }

    #[test]
    fn a_member_of_code_is_found_by_its_whole_name() {
        for (code, wanted) in [
            ("module.exports = {output: 'export'}", Some("export")),
            ("const c = { \"output\": \"export\" }", Some("export")),
            ("my_output: 'x', output : `y`", Some("y")),
            ("output='z'", Some("z")),
            ("output: process.env.X", None),
            ("outputs: 'x'", None),
            ("", None),
        ] {
            assert_eq!(member(code, "output"), wanted, "{code}");
        }
    }
}
