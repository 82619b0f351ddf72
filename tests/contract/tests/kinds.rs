//! A kind is known only in its own files of the domain and its own folder of the engine. The code that works for all
//! components names no kind.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::each_kind;

/// The sources that name kinds by their nature, each with the reason.
const OF_FEW: &[(&str, &str)] = &[
    ("cli/src/init/account.rs", "a kind's name is a word of many names of resources"),
    ("cli/src/init/application.rs", "`windlass init` finds three sorts of targets by itself"),
    ("cli/src/init/import/ecspresso.rs", "ecspresso deploys one kind"),
    ("cli/src/init/import/lambroll.rs", "lambroll deploys one kind"),
    ("cli/src/init/import/sam.rs", "the functions of AWS SAM are one kind"),
    ("cli/src/talk/installation.rs", "an installation is itself a stack"),
    ("cli/src/talk/installation_source.rs", "an installation is itself a stack"),
    ("shared/engine/src/measurements/pages.rs", "only one kind has pages"),
    ("shared/engine/src/ports/cloudformation.rs", "AWS calls by that name what the kind changes"),
    ("shared/engine/src/ports/external.rs", "the port has the protocol of the kind, which no service of AWS has"),
];

/// The names by which a source would name a kind.
struct Names {
    /// The name in `app.yaml`.
    text: &'static str,
    /// The name of its file and of its folder.
    module: &'static str,
    /// The name of its type, which is also the name of a variant.
    variant: &'static str,
}

macro_rules! names {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        const KINDS: &[Names] = &[$(
            Names { text: $text, module: stringify!($module), variant: stringify!($name) },
        )+];
    };
}
each_kind!(names);

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Returns whether a source may name a kind: it is the home of the kind, the list of kinds, or a test. The list of
/// ports names services of AWS, and a kind may be called as its service.
fn is_home(path: &str) -> bool {
    let is_of_a_kind = |kind: &Names| {
        path.starts_with(&format!("shared/engine/src/kinds/{}/", kind.module))
            || path.starts_with(&format!("shared/domain/src/declaration/kinds/{}/", kind.module))
            || path == format!("shared/domain/src/declaration/kinds/{}.rs", kind.module)
    };
    path == "shared/domain/src/declaration/kinds/mod.rs"
        || path == "shared/engine/src/ports/mod.rs"
        || path.ends_with("_tests.rs")
        || KINDS.iter().any(is_of_a_kind)
}

/// Collects the tokens, except tests, comments and `pub mod …;`, which the compiler asks for.
fn tokens(stream: TokenStream, found: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let Some(TokenTree::Group(attribute)) = trees.peek() else {
                    continue;
                };
                let text = attribute.stream().to_string().replace(' ', "");
                trees.next();
                if text == "cfg(test)" {
                    skip_item(&mut trees);
                } else if !text.starts_with("doc=") {
                    found.push(text);
                }
            }
            TokenTree::Ident(ident) if ident == "mod" => {
                trees.next();
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis | Delimiter::None => ("(", ")"),
                };
                found.push(open.to_owned());
                tokens(group.stream(), found);
                found.push(close.to_owned());
            }
            other => found.push(other.to_string()),
        }
    }
}

/// Skips an item, which ends with a semicolon or with a block.
fn skip_item(trees: &mut impl Iterator<Item = TokenTree>) {
    for tree in trees {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}

/// Returns the tokens that name a kind in a source: its type or variant, its name as a text, or its module in a path.
fn named(source: &str) -> BTreeSet<String> {
    let stream: TokenStream = source.parse().expect("Rust");
    let mut all = Vec::new();
    tokens(stream, &mut all);
    let mut found = BTreeSet::new();
    let mut in_use = false;
    for (at, token) in all.iter().enumerate() {
        match token.as_str() {
            "use" => in_use = true,
            ";" => in_use = false,
            _ => {}
        }
        let near = |back: usize| at.checked_sub(back).map_or("", |at| all[at].as_str());
        let after = |on: usize| all.get(at + on).map_or("", String::as_str);
        let in_path = in_use || near(1) == ":" && near(2) == ":" || after(1) == ":" && after(2) == ":";
        let names = |kind: &&Names| {
            token == kind.variant || *token == format!("{:?}", kind.text) || (token == kind.module && in_path)
        };
        found.extend(KINDS.iter().find(names).map(|_| token.clone()));
    }
    found
}

fn naming() -> BTreeMap<String, BTreeSet<String>> {
    let mut files = Vec::new();
    for folder in ["cli/src", "shared/domain/src", "shared/engine/src"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 200, "the sources are somewhere else");
    let read = |path: PathBuf| {
        let source = fs::read_to_string(&path).expect("a source");
        let short = path.strip_prefix(root()).expect("below the root");
        (short.to_string_lossy().into_owned(), source)
    };
    let sources = files.into_iter().map(read);
    let sources = sources.filter(|(path, _)| !is_home(path));
    let found = sources.map(|(path, source)| {
        let mut names = named(&source);
        // The command line may call what a kind's folder has; it may not distinguish kinds.
        names.retain(|name| !path.starts_with("cli/") || !KINDS.iter().any(|kind| name == kind.module));
        (path, names)
    });
    found.filter(|(_, names)| !names.is_empty()).collect()
}

#[test]
fn nothing_outside_of_its_home_names_a_kind() {
    let mut naming = naming();
    for (path, reason) in OF_FEW {
        assert!(naming.remove(*path).is_some(), "{path} names no kind any more: take it off the list ({reason})");
    }
    assert!(naming.is_empty(), "{naming:#?}");
}

#[test]
fn a_kind_has_a_file_in_the_domain_and_a_folder_in_the_engine() {
    assert_eq!(KINDS.len(), KindName::ALL.len());
    for (kind, name) in KINDS.iter().zip(KindName::ALL) {
        assert_eq!(kind.text, name.as_str());
        assert_eq!(kind.variant, format!("{name:?}"));
        let module = kind.module;
        for home in [
            format!("shared/domain/src/declaration/kinds/{module}.rs"),
            format!("shared/engine/src/kinds/{module}/mod.rs"),
        ] {
            assert!(root().join(&home).is_file(), "{home}");
        }
    }
}

/// The search sees each way to name a kind, and does not see what only looks like one.
#[test]
fn what_names_a_kind() {
    let one = &KINDS[1];
    let Names { text, module, variant } = one;
    for (source, is_named) in [
        (format!("fn f() {{ match kind {{ KindName::{variant} => 1 }} }}"), true),
        (format!("use KindName::{{Other, {variant}}};"), true),
        (format!("use crate::kinds::{{{module}, to_value}};"), true),
        (format!("fn f() {{ super::{module}::prepare() }}"), true),
        (format!("fn f() -> bool {{ kind.as_str() == \"{text}\" }}"), true),
        (format!("/// A `{variant}`, {module}::prepare.\nfn f() {{}} // {variant}"), false),
        (format!("fn f() -> &str {{ \"the {text} is ready\" }}"), false),
        (format!("fn f({module}: u8) -> u8 {{ {module} }}"), false),
        (format!("pub mod {module};"), false),
        (format!("#[cfg(test)]\nmod tests {{ use KindName::{variant}; }}"), false),
        (format!("#[cfg(test)]\nmod tests {{}}\nfn f() {{ KindName::{variant} }}"), true),
    ] {
        assert_eq!(!named(&source).is_empty(), is_named, "{source}");
    }
}
