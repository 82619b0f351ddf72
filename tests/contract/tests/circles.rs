//! Files import downwards: in each of these crates, no circle of more than two files is left, and none between the
//! rooms of the engine.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The name of a module from the crate's root, such as `["kinds", "ecs"]`; the root itself has none.
type Module = Vec<String>;

/// The words that a definition begins with.
const DEFINING: [&str; 7] = ["fn", "struct", "enum", "trait", "type", "const", "static"];

/// The imports of a file.
#[derive(Default)]
struct Source {
    /// The paths that it uses, as they are written.
    uses: Vec<Vec<String>>,
    /// The paths that it passes on under their last name (`pub use`).
    passes_on: Vec<Vec<String>>,
    /// The names that it defines.
    defines: BTreeSet<String>,
}

fn sources(root: &Path) -> BTreeMap<Module, Source> {
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
fn take(source: &mut Source, tokens: TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Ident(word) if word == "mod" && is_inline(&tokens[at..]) => at += 2,
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
                if path.len() > 1 {
                    source.uses.push(path);
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
struct Crate {
    sources: BTreeMap<Module, Source>,
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
        while let Some(next) = rest.first().map(|part| child(&at, part)) {
            if !self.sources.contains_key(&next) {
                break;
            }
            (at, rest) = (next, &rest[1..]);
        }
        Some(self.defined(at, rest.to_vec()))
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

    /// Returns what each file imports of the others.
    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let files = self.sources.iter();
        let of = |(file, source): (&Module, &Source)| -> BTreeSet<Module> {
            let found = source.uses.iter();
            let found = found.filter_map(|path| self.file_of(file, path));
            found.map(|(other, _)| other).filter(|it| it != file).collect()
        };
        files.map(|it| (it.0.clone(), of(it))).collect()
    }

    /// Returns what each room below a module imports of the others. A room is a folder, or a file that has none.
    fn rooms(&self, below: &[&str]) -> BTreeMap<Module, BTreeSet<Module>> {
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

/// Returns the circles of at least so many: each is all modules that reach each other.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>, least: usize) -> Vec<BTreeSet<Module>> {
    let reached = |from: &Module| -> BTreeSet<Module> {
        let mut open: Vec<&Module> = imports[from].iter().collect();
        let mut found = BTreeSet::new();
        while let Some(next) = open.pop() {
            if found.insert(next.clone()) {
                open.extend(&imports[next]);
            }
        }
        found
    };
    let reach: BTreeMap<&Module, BTreeSet<Module>> = imports.keys().map(|file| (file, reached(file))).collect();
    let mut circles: Vec<BTreeSet<Module>> = Vec::new();
    for (file, others) in &reach {
        let both = others.iter().filter(|other| reach[other].contains(*file));
        let circle: BTreeSet<Module> = both.cloned().collect();
        if circle.len() >= least && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// Returns the circles in words.
fn in_words(circles: &[BTreeSet<Module>]) -> Vec<Vec<String>> {
    let circles = circles.iter();
    circles.map(|circle| circle.iter().map(|module| module.join("::")).collect()).collect()
}

fn child(of: &Module, name: &str) -> Module {
    of.iter().cloned().chain([name.to_owned()]).collect()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const CRATES: [&str; 7] =
    ["shared/domain", "shared/engine", "shared/aws", "cli", "tests/fuzz", "tests/simulate", "tests/world"];

#[test]
fn no_circle_of_more_than_two_files_is_left() {
    for name in CRATES {
        let mut sources = sources(&repository().join(name).join("src"));
        assert!(sources.len() > 15, "{name} has files");
        // The world holds the state of each service, and each service is a part of what the world does.
        if name == "tests/world" {
            let world = sources.get_mut(&Module::new());
            world.expect("a root").uses.clear();
        }
        let circles = in_words(&circles(&Crate { sources }.imports(), 3));
        assert!(
            circles.is_empty(),
            "{name}: these files import each other in a circle; put what they share into a file below them: {circles:#?}"
        );
    }
}

#[test]
fn no_circle_is_left_between_rooms() {
    let below_of = WITH_FLOORS.map(|of| (of, &[][..]));
    for (of, below) in below_of.into_iter().chain([("shared/engine", &["conductor"][..])]) {
        let mut sources = sources(&repository().join(of).join("src"));
        sources.remove(&vec!["main".to_owned()]);
        let rooms = Crate { sources }.rooms(below);
        assert!(rooms.len() > 4, "{of} {below:?} has rooms");
        let circles = in_words(&circles(&rooms, 2));
        assert!(circles.is_empty(), "rooms of {of} import each other; a room knows those below it alone: {circles:#?}");
    }
}

/// The crates whose rooms ARCHITECTURE has in a table each.
const WITH_FLOORS: [&str; 4] = ["shared/domain", "shared/engine", "shared/aws", "cli"];

/// Returns the floor of each room in ARCHITECTURE's table of a crate's rooms, counted from the top.
fn floors(page: &str, of: &str) -> BTreeMap<String, usize> {
    let (_, section) = page.split_once(&format!("\n### `{of}`\n")).expect("the crate's section");
    let (_, table) = section.split_once("| floor | rooms |\n").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("an end");
    let rows = table.lines().skip(1).enumerate();
    let rooms = rows.flat_map(|(floor, row)| {
        let names = row.split('`').skip(1).step_by(2);
        names.map(move |name| (name.to_owned(), floor))
    });
    rooms.collect()
}

#[test]
fn each_room_has_a_floor_and_knows_none_above_it() {
    let page = fs::read_to_string(repository().join("docs/ARCHITECTURE.md")).expect("the page");
    for of in WITH_FLOORS {
        let mut sources = sources(&repository().join(of).join("src"));
        // The program beside the library is above all of it.
        sources.remove(&vec!["main".to_owned()]);
        let floors = floors(&page, of);
        let rooms = Crate { sources }.rooms(&[]);
        let names: BTreeSet<&String> = rooms.keys().flatten().collect();
        assert_eq!(floors.keys().collect::<BTreeSet<_>>(), names, "the rooms of {of}");
        assert!(floors.values().max().is_some_and(|lowest| *lowest < 7), "{of} has at most seven floors");
        let pairs = rooms.iter().flat_map(|(from, others)| others.iter().map(move |to| (&from[0], &to[0])));
        let above = pairs.filter(|(from, to)| floors[*to] < floors[*from]);
        let above: Vec<_> = above.collect();
        assert!(above.is_empty(), "these rooms of {of} know rooms above them: {above:#?}");
    }
}

/// The test sees a circle, also through what a file passes on.
#[test]
fn a_circle_is_found() {
    let source = |text: &str| {
        let mut source = Source::default();
        take(&mut source, text.parse().expect("Rust"));
        source
    };
    let with = |low: &str| {
        let files = [
            (vec![], "mod a; mod b; mod c; pub use c::{C, D};"),
            (vec!["a"], "use crate::b::B; fn a() {}"),
            (vec!["b"], "fn b() { crate::C::new(); }"),
            (vec!["c"], low),
        ];
        let sources = files.into_iter().map(|(name, text)| {
            let name: Module = name.into_iter().map(str::to_owned).collect();
            (name, source(text))
        });
        Crate { sources: sources.collect() }
    };
    let found = |low: &str| circles(&with(low).imports(), 3).len();
    assert_eq!(found("mod tests { use super::a; }"), 0);
    assert_eq!(found("use super::{a::{A, self}};"), 1);
    assert_eq!(circles(&with("use super::a::A;").rooms(&[]), 2).len(), 1);
}
