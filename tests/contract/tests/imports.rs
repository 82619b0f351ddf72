//! Finds what each file of a crate imports of the others, by its text.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The name of a module from the crate's root, such as `["kinds", "ecs"]`; the root itself has none.
pub type Module = Vec<String>;

/// The words that a definition begins with.
const DEFINING: [&str; 7] = ["fn", "struct", "enum", "trait", "type", "const", "static"];

/// The imports of a file.
#[derive(Default)]
pub struct Source {
    /// The paths that it uses, as they are written.
    pub uses: Vec<Vec<String>>,
    /// The paths that it passes on under their last name (`pub use`).
    passes_on: Vec<Vec<String>>,
    /// The names that it defines.
    defines: BTreeSet<String>,
    /// The single names in its code.
    names: BTreeSet<String>,
}

pub fn sources(root: &Path) -> BTreeMap<Module, Source> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !name.ends_with("_tests") {
                found.insert(module_of(root, &path), read(&path));
            }
        }
    }
    // A program without a library begins in its `main.rs`.
    if !found.contains_key(&Module::new()) {
        let main = found.remove(&vec!["main".to_owned()]);
        found.insert(Module::new(), main.expect("a root"));
    }
    found
}

fn module_of(root: &Path, path: &Path) -> Module {
    let within = path.strip_prefix(root).expect("below the root");
    let parts = within.with_extension("");
    let mut parts: Module = parts.iter().map(|part| part.to_string_lossy().into()).collect();
    // A program beside a library is a crate of its own, that uses the library by its name.
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a file");
    let tokens: TokenStream = text.parse().expect("Rust");
    let mut source = Source::default();
    take(&mut source, tokens);
    source
}

/// Takes in what tokens use. Tests may use anything.
pub fn take(source: &mut Source, tokens: TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if word == "mod" => at += if is_inline(&tokens[at..]) { 2 } else { 1 },
            // `use<…>` of an `impl Trait` ends with no semicolon of its own.
            TokenTree::Ident(word) if word == "use" => {
                let end = tokens[at..].iter().position(is_semicolon);
                let end = at + end.unwrap_or(1);
                let passes_on = at > 0 && is_public(&tokens[..at]);
                let paths = paths_of(&tokens[at + 1..end]);
                if passes_on {
                    source.passes_on.extend(paths);
                } else {
                    source.uses.extend(paths);
                }
                at = end;
            }
            TokenTree::Ident(word) => {
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1)
                    && DEFINING.iter().any(|it| word == it)
                {
                    source.defines.insert(name.to_string());
                }
                let (path, length) = path_at(&tokens[at..]);
                at += length - 1;
                match path.as_slice() {
                    [name] => drop(source.names.insert(name.clone())),
                    _ => source.uses.push(path),
                }
            }
            TokenTree::Group(group) => take(source, group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

/// Returns whether a module is written out here, as only tests are: `mod tests { … }`.
fn is_inline(tokens: &[TokenTree]) -> bool {
    matches!(tokens.get(2), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

/// Returns whether these tokens end with `pub` or `pub(…)`.
fn is_public(before: &[TokenTree]) -> bool {
    let is_pub = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Ident(word)) if word == "pub");
    let last = before.last();
    let is_narrowed = matches!(last, Some(TokenTree::Group(_)));
    is_pub(last) || is_narrowed && is_pub(before.get(before.len().wrapping_sub(2)))
}

/// Returns the path that begins here, and of how many tokens it is.
fn path_at(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':');
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        path.push(word.to_string());
        at += 1;
        let goes_on = is_colon(at) && is_colon(at + 1);
        if !goes_on || !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// Returns all paths of a `use`.
fn paths_of(tokens: &[TokenTree]) -> Vec<Vec<String>> {
    let (path, length) = path_at(tokens);
    let rest = &tokens[length..];
    let group = rest.iter().find_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    let Some(group) = group else {
        let is_all = rest.iter().any(|token| matches!(token, TokenTree::Punct(it) if it.as_char() == '*'));
        let all = is_all.then(|| "*".to_owned());
        return vec![path.into_iter().chain(all).collect()];
    };
    let group: Vec<TokenTree> = group.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    let parts = group.split(is_comma).filter(|part| !part.is_empty());
    parts.flat_map(paths_of).map(|part| path.iter().cloned().chain(part).collect()).collect()
}

/// A crate's files, and what each passes on.
pub struct Crate {
    pub sources: BTreeMap<Module, Source>,
}

/// Returns a path without the `self` at its end.
fn named(path: &[String]) -> &[String] {
    path.strip_suffix(&["self".to_owned()]).unwrap_or(path)
}

impl Crate {
    /// Returns the file that a path of this file means, and what it names there.
    fn file_of(&self, from: &Module, path: &[String]) -> Option<(Module, Vec<String>)> {
        let mut at = from.clone();
        let mut rest = path;
        match path.first().map(String::as_str) {
            Some("crate") => (at, rest) = (Module::new(), &path[1..]),
            Some("self") => rest = &path[1..],
            Some("super") => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) if self.sources.contains_key(&child(&at, first)) => {}
            _ => return None,
        }
        Some(self.within(at, rest))
    }

    /// Returns the same for a path that begins in a file. A name that the file passes on is no child of it.
    fn within(&self, mut at: Module, mut rest: &[String]) -> (Module, Vec<String>) {
        while let [first, others @ ..] = rest {
            let next = child(&at, first);
            let mut passed_on = self.sources[&at].passes_on.iter();
            let is_item = others.is_empty() && passed_on.any(|path| path.len() > 1 && path.last() == Some(first));
            if is_item || !self.sources.contains_key(&next) {
                break;
            }
            (at, rest) = (next, others);
        }
        self.defined(at, rest.to_vec())
    }

    /// Follows what is passed on to the file that defines it.
    fn defined(&self, at: Module, rest: Vec<String>) -> (Module, Vec<String>) {
        let Some(name) = rest.first() else {
            return (at, rest);
        };
        let passed = self.sources[&at].passes_on.iter();
        let next = passed.filter_map(|path| match path.split_last() {
            Some((last, all)) if last == "*" => {
                let found = self.file_of(&at, all);
                found.filter(|(file, _)| self.sources[file].defines.contains(name))
            }
            Some((last, _)) if last == name => self.file_of(&at, path),
            _ => None,
        });
        match { next }.next() {
            Some((file, _)) if file != at => (file, rest),
            _ => (at, rest),
        }
    }

    /// Returns the modules that a file calls by a name of its own (`use crate::kinds::ecs;`).
    fn called(&self, file: &Module) -> BTreeMap<&String, Module> {
        let paths = self.sources[file].uses.iter().map(|path| named(path));
        let modules = paths.filter_map(|path| {
            let (module, rest) = self.file_of(file, path)?;
            path.last().filter(|_| rest.is_empty()).map(|name| (name, module))
        });
        modules.collect()
    }

    /// Returns what a file imports of the others. To name another file is not yet to use what is in it.
    fn imports_of(&self, file: &Module, source: &Source) -> BTreeSet<Module> {
        let called = self.called(file);
        let is_used = |path: &&Vec<String>| path.last().is_some_and(|name| source.names.contains(name));
        let paths = source.uses.iter().chain(source.passes_on.iter().filter(is_used));
        let found = paths.filter_map(|path| match path.split_first() {
            Some((first, rest)) if !rest.is_empty() && called.contains_key(first) => {
                Some(self.within(called[first].clone(), rest))
            }
            _ => self.file_of(file, named(path)),
        });
        found.filter(|(other, rest)| other != file && !rest.is_empty()).map(|(other, _)| other).collect()
    }

    /// Returns what each file imports of the others.
    pub fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let files = self.sources.iter();
        files.map(|(file, source)| (file.clone(), self.imports_of(file, source))).collect()
    }

    /// Returns what each room below a module imports of the others. A room is a folder, or a file that has none.
    pub fn rooms(&self, below: &[&str]) -> BTreeMap<Module, BTreeSet<Module>> {
        let room = |file: &Module| {
            let is_below = file.iter().zip(below).all(|(one, other)| one == other);
            (is_below && file.len() > below.len()).then(|| file[..=below.len()].to_vec())
        };
        let mut rooms: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
        for (file, others) in self.imports() {
            if let Some(from) = room(&file) {
                let others = others.iter().filter_map(room).filter(|to| *to != from);
                let others: Vec<Module> = others.collect();
                rooms.entry(from).or_default().extend(others);
            }
        }
        rooms
    }
}

fn child(of: &Module, name: &str) -> Module {
    of.iter().cloned().chain([name.to_owned()]).collect()
}
