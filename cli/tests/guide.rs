//! `windlass --help`, the example of each verb, and the answer to a word that is no verb.

#![allow(clippy::unwrap_used)]

use crate::commands::parses;
use crate::standin::{code, err, out};
use clap::CommandFactory;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Command, Output};
use windlass_cli::Arguments;
use windlass_cli::ground::guide::{GROUPS, verb};

/// The most columns of a terminal as people open it.
const USUAL: usize = 80;

fn windlass(arguments: &[&str], columns: usize) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_windlass"));
    program.args(arguments).env_clear().env("COLUMNS", columns.to_string()).output().unwrap()
}

/// The names of the groups, each before its verbs.
pub fn contents() -> Vec<&'static str> {
    let group = |(name, rows): &(&'static str, &'static [(&'static str, &'static str)])| {
        [*name].into_iter().chain(rows.iter().map(|(example, _)| verb(example)))
    };
    GROUPS.iter().flat_map(group).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_verb_is_in_one_group_and_those_of_every_day_come_first() {
    let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, rows)| *rows).map(|(example, _)| verb(example)).collect();
    let first = "init doctor declare release deploy promote watch status rollback release-hold explain";
    assert_eq!(listed[..GROUPS[0].1.len()].join(" "), first);
    let command = Arguments::command();
    let mut verbs: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    listed.sort_unstable();
    verbs.sort_unstable();
    assert_eq!(listed, verbs);
}

#[test]
fn the_help_lists_the_groups_and_is_as_wide_as_the_terminal() {
    for columns in [60, USUAL, 132] {
        let output = windlass(&["--help"], columns);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let said = out(&output);
        let widest = said.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns && widest > columns - 20, "{columns}: {said}");
        let (verbs, rest) = said.split_once("\nOptions:\n").unwrap();
        let (_, verbs) = verbs.split_once("\n\nUsage: windlass [OPTIONS] <COMMAND>\n\n").unwrap();
        let listed = verbs.lines().filter_map(|line| {
            let row = line.strip_prefix("  ").filter(|row| !row.starts_with(' '));
            row.map_or_else(|| line.strip_suffix(':'), |row| row.split(' ').next())
        });
        let listed: Vec<&str> = listed.filter(|word| !word.starts_with(' ')).collect();
        assert_eq!(listed, contents(), "{said}");
        let words = one_line(verbs);
        for verb in Arguments::command().get_subcommands() {
            let row = format!("{} {}", verb.get_name(), verb.get_about().unwrap());
            assert!(words.contains(&one_line(&row)), "{row}: {words}");
        }
        assert!(rest.contains("--json-to <FILE>") && rest.contains("\n\nExit status:\n"), "{rest}");
        assert!(one_line(rest).ends_with("130 interrupted by Ctrl-C; what the command had started goes on"), "{rest}");
    }
}

#[test]
fn the_help_of_each_verb_ends_with_its_example_which_can_be_typed() {
    for (example, _) in GROUPS.iter().flat_map(|(_, rows)| *rows) {
        let typed = format!("windlass {example}");
        parses(&typed).unwrap();
        let said = out(&windlass(&[verb(example), "--help"], USUAL));
        assert!(said.ends_with(&format!("\n\nExample:\n  {typed}\n")), "{said}");
    }
}

#[test]
fn a_word_of_another_tool_is_answered_with_the_verb_that_was_meant() {
    for (word, verbs) in [
        ("redeploy", &["deploy"][..]),
        ("list", &["apps"]),
        ("ls", &["apps"]),
        ("ps", &["status"]),
        ("undo", &["rollback", "cancel"]),
        ("revert", &["rollback"]),
        ("up", &["release"]),
        ("push", &["release"]),
        ("apply", &["declare", "release"]),
        ("diff", &["plan"]),
        ("destroy", &["remove"]),
        ("login", &["doctor"]),
    ] {
        let output = windlass(&[word, "shop", "prod"], USUAL);
        assert_eq!(code(&output), 2, "{word}");
        let said = err(&output);
        let tips: Vec<&str> = said.lines().filter(|line| line.contains("tip:")).collect();
        let [tip] = tips[..] else { panic!("{word}: {said}") };
        assert!(tip.contains(&format!("`{}` is meant, as in `windlass ", verbs.join("` or `"))), "{tip}");
        for verb in verbs {
            assert!(tip.contains(&format!("`windlass {verb} ")) || *verb == "apps", "{tip}");
        }
    }
    let output = windlass(&["redeploy", "shop", "prod", "1.4.0", "--json"], USUAL);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert!(document["error"].as_str().unwrap().contains("`deploy` is meant"), "{document}");
    assert_eq!((document["exit"].as_u64(), code(&output)), (Some(2), 2));
}

#[test]
fn no_word_of_another_tool_is_a_verb_or_means_more_than_two() {
    let command = Arguments::command();
    let mut meant: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (example, words) in GROUPS.iter().flat_map(|(_, rows)| *rows) {
        for word in words.split_whitespace() {
            meant.entry(word).or_default().push(verb(example));
        }
    }
    assert!(meant.len() > 60, "{meant:?}");
    for (word, verbs) in meant {
        assert!(command.find_subcommand(word).is_none() && word != "help", "{word}");
        assert!(verbs.len() < 3 && verbs.first() != verbs.get(1), "{word}: {verbs:?}");
    }
}

#[test]
fn a_misspelt_verb_is_answered_with_the_nearest_alone() {
    for (typed, verb) in [
        ("staus", "status"),
        ("relase", "release"),
        ("rolback", "rollback"),
        ("deplyo", "deploy"),
        ("explian", "explain"),
        ("wacth", "watch"),
        ("docter", "doctor"),
        ("decalre", "declare"),
        ("intit", "init"),
        ("releasehold", "release-hold"),
    ] {
        let output = windlass(&[typed], USUAL);
        assert_eq!(code(&output), 2, "{typed}");
        let said = err(&output);
        assert!(said.contains(&format!("tip: a similar subcommand exists: '{verb}'\n")), "{typed}: {said}");
    }
    let output = windlass(&["qqqq"], USUAL);
    assert!(code(&output) == 2 && !err(&output).contains("tip:"), "{}", err(&output));
}
