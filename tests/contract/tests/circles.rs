//! Files import downwards: no circle of files is left in any crate, and none of rooms in a crate that has floors.
//!
//! A file imports another where its code uses an item that the other one defines. A `mod.rs` that only passes on what
//! its children define imports none of them, and neither does a type whose methods stand in several files.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use super::imports::{Crate, Module, Source, sources, take};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the circles: each is all modules that reach each other.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
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
        if circle.len() > 1 && !circles.contains(&circle) {
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

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const CRATES: [&str; 11] = [
    "shared/domain",
    "shared/engine",
    "shared/aws",
    "shared/lambda",
    "cli",
    "tests/bench/store",
    "tests/fuzz",
    "tests/jsonata",
    "tests/machine",
    "tests/simulate",
    "tests/world",
];

#[test]
fn no_circle_of_files_is_left() {
    for name in CRATES {
        let mut sources = sources(&repository().join(name).join("src"));
        assert!(sources.len() > 3, "{name} has files");
        // The world holds the state of each service, and each service is a part of what the world does.
        if name == "tests/world" {
            let world = sources.get_mut(&Module::new());
            world.expect("a root").uses.clear();
        }
        let circles = in_words(&circles(&Crate { sources }.imports()));
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
        let circles = in_words(&circles(&rooms));
        assert!(circles.is_empty(), "rooms of {of} import each other; a room knows those below it alone: {circles:#?}");
    }
}

/// The crates whose rooms ARCHITECTURE has in a table each.
const WITH_FLOORS: [&str; 6] = ["cli", "shared/aws", "shared/domain", "shared/engine", "tests/fuzz", "tests/simulate"];

/// Returns the crates of the workspace.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("the manifest");
    let (_, members) = manifest.split_once("members = [").expect("the members");
    let (members, _) = members.split_once(']').expect("an end");
    members.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Files of one folder have no rooms but themselves, and [`CRATES`] are looked at for circles between them.
#[test]
fn each_crate_with_folders_has_floors_and_each_with_files_is_looked_at() {
    let source = |of: &str| repository().join(of).join("src");
    let entries = |of: &str| fs::read_dir(source(of)).map(|all| all.flatten().collect::<Vec<_>>()).unwrap_or_default();
    let members = members();
    let is_deep = |of: &&String| entries(of).iter().any(|entry| entry.path().is_dir());
    let deep: BTreeSet<&str> = members.iter().filter(is_deep).map(String::as_str).collect();
    assert_eq!(deep, BTreeSet::from(WITH_FLOORS), "the crates with folders have floors");
    let has_files = |of: &&String| entries(of).len() > 3;
    let missed = members.iter().filter(has_files).filter(|of| !CRATES.contains(&of.as_str()));
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<&String>::new(), "the crates that are looked at for circles");
}

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
    let with = |root: &str, b: &str, c: &str| {
        let files = [(vec![], root), (vec!["a"], "use crate::b::B; fn a() {}"), (vec!["b"], b), (vec!["c"], c)];
        let sources = files.into_iter().map(|(name, text)| {
            let name: Module = name.into_iter().map(str::to_owned).collect();
            (name, source(text))
        });
        Crate { sources: sources.collect() }
    };
    let (root, b) = ("mod a; mod b; mod c; pub use c::{C, D};", "fn b() { crate::C::new(); }");
    let found = |root: &str, b: &str, c: &str| circles(&with(root, b, c).imports()).len();
    assert_eq!(found(root, b, "mod tests { use super::a; }"), 0);
    assert_eq!(found(root, b, "use super::{a::{A, self}};"), 1);
    assert_eq!(circles(&with(root, b, "use super::a::A;").rooms(&[])).len(), 1);
    // Two files are a circle, also by the name of a module.
    assert_eq!(found(root, "use crate::a::A;", ""), 1);
    assert_eq!(found(root, "use crate::a; fn b() { a::a(); }", ""), 1);
    assert_eq!(found(root, "use crate::a;", ""), 0);
    // A parent that only passes on what its children define uses none of them.
    assert_eq!(found("mod c; pub use c::C; struct R;", "", "use super::R;"), 0);
    assert_eq!(found("mod c; pub use c::C; struct R(C);", "", "use super::R;"), 1);
}
