//! A public type of the product has a name of its own: a reader who meets the name knows what is meant. Only types of
//! one pattern share a name.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use crate::lines::product;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use windlass_domain::each_kind;

/// The files that define a type, by its name.
type Places = BTreeMap<String, BTreeSet<String>>;

/// The words that the definition of a type begins with, behind `pub`.
const DEFINING: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// The room of the kinds in the engine.
const KINDS: &str = "shared/engine/src/kinds/";

/// The room of the kinds in the domain.
const DECLARED: &str = "shared/domain/src/declaration/kinds/";

/// The room of the ports.
const PORTS: &str = "shared/engine/src/ports/";

/// The room of the verbs of the command line.
const VERBS: &str = "cli/src/verbs/";

/// The types that each kind has in the engine.
const OF_EACH_KIND: [&str; 4] = ["Change", "Goal", "Seen", "Target"];

/// The words of AWS by which a port calls what the domain calls so as well. The port's type is used as `ports::…`.
const WORDS_OF_AWS: [&str; 3] = ["Alarm", "Image", "Upload"];

/// The other names that two types share, each with the reason.
const SHARED: [(&str, &str); 2] = [
    ("CodeDeployed", "the one of a function is the general one, with its types filled in"),
    ("Scene", "the one of the domain is a scene of tests"),
];

macro_rules! types {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        /// The types of the kinds: the target of a kind in the domain, and the kind over its ports in the engine.
        const TYPES_OF_KINDS: &[&str] = &[$( stringify!($name), )+];
    };
}
each_kind!(types);

/// Returns the names of the public types that a source defines outside of functions, macros and inline modules.
fn defined(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in source.lines() {
        let Some(rest) = line.strip_prefix("pub") else { continue };
        let within = rest.strip_prefix('(').and_then(|within| within.split_once(')'));
        let mut words = within.map_or(rest, |(_, behind)| behind).split_whitespace();
        if words.next().is_some_and(|word| DEFINING.contains(&word)) {
            let name = words.next().expect("a name");
            found.extend(name.split(|it: char| !it.is_alphanumeric()).next().map(str::to_owned));
        }
    }
    found
}

/// Adds the types of a source.
fn add(all: &mut Places, file: &str, source: &str) {
    for name in defined(source) {
        all.entry(name).or_default().insert(file.to_owned());
    }
}

/// Returns whether types of a pattern share the name. `verbs` is the source that lists the verbs.
fn is_of_a_pattern(name: &str, places: &BTreeSet<String>, verbs: &str) -> bool {
    let count = |room: &str| places.iter().filter(|place| place.starts_with(room)).count();
    let all_in = |room: &str| count(room) == places.len();
    let is_kinds = || {
        let rooms = [DECLARED, KINDS, PORTS].map(count);
        rooms.iter().all(|count| *count <= 1) && rooms.iter().sum::<usize>() == places.len()
    };
    let is_verb = || verbs.lines().any(|line| line.starts_with(&format!("    {name}(")));
    OF_EACH_KIND.contains(&name) && all_in(KINDS)
        || name == "Written" && all_in(DECLARED)
        || TYPES_OF_KINDS.contains(&name) && is_kinds()
        || name == "Ports" && all_in("shared/engine/src/")
        || WORDS_OF_AWS.contains(&name) && places.len() == 2 && count(PORTS) == 1
        || places.len() == 2 && count(VERBS) == 1 && is_verb()
}

/// Returns the names that two types share for no reason, each with its files.
fn clashes(all: &Places, verbs: &str) -> Vec<String> {
    let shared = all.iter().filter(|(_, places)| places.len() > 1);
    let wrong = shared.filter(|(name, places)| {
        !SHARED.iter().any(|(known, _)| known == name) && !is_of_a_pattern(name, places, verbs)
    });
    wrong.map(|(name, places)| format!("{name}: {places:?}")).collect()
}

#[test]
fn no_two_types_share_a_name() {
    let (root, files) = product();
    let read = |file: &str| fs::read_to_string(root.join(file)).expect("a source");
    let mut all = Places::new();
    for file in &files {
        add(&mut all, file, &read(file));
    }
    assert!(all.len() > 1000, "only {} types are found", all.len());
    let found = clashes(&all, &read("cli/src/lib.rs"));
    assert!(
        found.is_empty(),
        "give the type that is used less the word that its reader needs, or say in tests/contract/tests/type_names.rs \
         why both have the name: {found:#?}"
    );
    for name in SHARED.iter().map(|(name, _)| *name).chain(WORDS_OF_AWS) {
        assert!(
            all.get(name).is_some_and(|places| places.len() > 1),
            "{name} is one type by now: take it off the list"
        );
    }
}

#[test]
fn a_name_of_two_things_is_found() {
    let verbs = "pub enum Verb {\n    Plan(verbs::plan::Plan),\n}\n";
    let found = |sources: &[(&str, &str)]| {
        let mut all = Places::new();
        for (file, source) in sources {
            add(&mut all, file, source);
        }
        clashes(&all, verbs).len()
    };
    let (cli, domain) = ("cli/src/ui/parts.rs", "shared/domain/src/release.rs");
    let (lambda, stack) = ("shared/engine/src/kinds/lambda/state.rs", "shared/engine/src/kinds/stack/state.rs");
    assert_eq!(found(&[(cli, "pub struct Page<'a> {\n}\n"), (domain, "pub(crate) enum Page {\n}\n")]), 1);
    assert_eq!(found(&[(cli, "pub struct Page;\n"), (domain, "struct Page;\npub struct Pages(u8);\n")]), 0);
    assert_eq!(found(&[(lambda, "pub type Seen = u8;\n"), (stack, "pub struct Seen<T>(T);\n")]), 0);
    assert_eq!(found(&[(lambda, "pub type Seen = u8;\n"), (domain, "pub struct Seen;\n")]), 1);
    assert_eq!(found(&[("cli/src/verbs/plan.rs", "pub struct Plan {\n}\n"), (domain, "pub trait Plan: Sized {\n")]), 0);
    assert_eq!(found(&[("cli/src/verbs/plan.rs", "pub struct Hold;\n"), (domain, "pub enum Hold {\n}\n")]), 1);
}
