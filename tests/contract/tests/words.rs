//! The words that the functions answer and the words that the machine branches on are the same.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic, and reads better"
)]

use std::collections::{BTreeMap, BTreeSet};
use windlass_contract::{machine, names_of, states};
use windlass_engine::payload::Word;
use windlass_machine::definition::{Choice, Definition, State};

fn choices(machine: &Definition) -> BTreeMap<&str, &Choice> {
    let all = states(machine).into_iter();
    all.filter_map(|(name, state)| match state {
        State::Choice(choice) => Some((name, choice)),
        _ => None,
    })
    .collect()
}

/// What a condition compares, and with which word: `$verdict = 'go'`.
fn compared(condition: &str) -> (&str, &str) {
    let inner = condition.trim_start_matches("{% ").trim_end_matches(" %}");
    let (what, word) = inner
        .split_once(" = ")
        .expect("a Choice compares one thing with one word");
    (what, word.trim_matches('\''))
}

#[test]
fn every_choice_branches_on_one_word() {
    let machine = machine();
    for (name, choice) in choices(&machine) {
        let on: BTreeSet<&str> = choice
            .choices
            .iter()
            .map(|rule| compared(&rule.condition).0)
            .collect();
        assert_eq!(on.len(), 1, "{name} branches on {on:?}");
        let words: Vec<&str> = choice
            .choices
            .iter()
            .map(|rule| compared(&rule.condition).1)
            .collect();
        let distinct: BTreeSet<&&str> = words.iter().collect();
        assert_eq!(distinct.len(), words.len(), "{name} names a word twice");
    }
}

#[test]
fn every_word_that_a_choice_names_can_be_answered() {
    let words = names_of::<Word>();
    for (name, choice) in choices(&machine()) {
        for rule in &choice.choices {
            let (what, word) = compared(&rule.condition);
            if what.ends_with("verdict") {
                assert!(
                    words.contains(word),
                    "{name} waits for {word}, which nobody says"
                );
            }
        }
    }
}

#[test]
fn every_word_that_can_be_answered_is_named_by_a_choice() {
    let machine = machine();
    let named: BTreeSet<String> = choices(&machine)
        .values()
        .flat_map(|choice| &choice.choices)
        .map(|rule| compared(&rule.condition).1.to_owned())
        .collect();
    let missing: Vec<String> = names_of::<Word>().difference(&named).cloned().collect();
    assert!(missing.is_empty(), "no Choice names {missing:?}");
}

#[test]
fn what_no_rule_names_is_undone_or_told_truthfully() {
    let machine = machine();
    for (name, choice) in choices(&machine) {
        let wanted = match name {
            // Within a Map it becomes a failure of that component.
            "ChangeKind" | "Published" => "ChangeFailed",
            "UndoKind" => "UndoFailed",
            // It is being undone already; these look and tell.
            "Undoing" => "SettleUndo",
            "Ended" => "Unsettled",
            _ => "Undo",
        };
        assert_eq!(choice.default, wanted, "{name}");
    }
}

#[test]
fn every_kind_has_its_functions() {
    let machine = machine();
    let choices = choices(&machine);
    for name in ["ChangeKind", "UndoKind"] {
        let kinds: BTreeSet<String> = choices[name]
            .choices
            .iter()
            .map(|rule| compared(&rule.condition).1.to_owned())
            .collect();
        assert_eq!(
            kinds,
            names_of::<windlass_domain::plan::KindName>(),
            "{name}"
        );
    }
}
