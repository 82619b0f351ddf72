//! A `package.json`: its dependencies, and the commands of its package manager.

use crate::init::repository::{Repository, folder_of};
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
    let files = repository.named(&["package.json"]);
    files.filter_map(|(path, text)| {
        let file = serde_json::from_str(text).ok()?;
        let folder = folder_of(path);
        Some(Package { folder, file })
    })
}

impl Package<'_> {
    /// Returns whether it depends on another one.
    pub fn depends_on(&self, other: &str) -> bool {
        let lists = ["dependencies", "devDependencies"];
        lists.iter().any(|list| !self.file[list][other].is_null())
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

    /// Returns the commands that install and build, by the lock file beside it or at the root of the repository.
    pub fn build(&self, repository: &Repository) -> Vec<String> {
        let has = |lock: &str| {
            let folders = [self.folder, ""];
            folders.iter().any(|folder| repository.first_of(folder, &[lock]).is_some())
        };
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

/// Returns the folder that a member names in a configuration written as code, if it is a plain path.
pub fn path<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    member(code, name).filter(|path| !path.is_empty() && path.chars().all(letters))
}

/// Returns the text of a member in a configuration written as code: `name: "value"`.
pub fn member<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in code.match_indices(name) {
        let before = code[..at].chars().next_back();
        let is_whole = before.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
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

#[cfg(test)]
mod tests {
    use super::*;

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
