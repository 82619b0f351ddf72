//! The words that the functions answer and the words that the machine branches on are the same.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_contract::{TABLES, machine, machine_as_json, names_of, states, table};
use windlass_domain::declaration::plan::KindName;
use windlass_engine::payload::{
    AdmitTransition, EndTransition, FirstItemState, GiveBackTransition, JudgeTransition, LookTransition,
    PlanTransition, PrepareTransition, Transition, UndoTransition, WaitTransition, WorkTransition,
};
use windlass_jsonata::expression_in;
use windlass_machine::definition::{Choice, Definition, State};

fn choices(machine: &Definition) -> BTreeMap<&str, &Choice> {
    let all = states(machine).into_iter();
    all.filter_map(|(name, state)| match state {
        State::Choice(choice) => Some((name, choice)),
        _ => None,
    })
    .collect()
}

/// Splits a condition into what it compares and the word that it compares it with: `$verdict = 'go'`.
fn compared(condition: &str) -> (&str, &str) {
    let inner = condition.trim_start_matches("{% ").trim_end_matches(" %}");
    let (what, word) = inner.split_once(" = ").expect("a Choice compares one thing with one word");
    (what, word.trim_matches('\''))
}

#[test]
fn every_choice_branches_on_one_word() {
    let machine = machine();
    for (name, choice) in choices(&machine) {
        let on: BTreeSet<&str> = choice.choices.iter().map(|rule| compared(&rule.condition).0).collect();
        assert_eq!(on.len(), 1, "{name} branches on {on:?}");
        let words: Vec<&str> = choice.choices.iter().map(|rule| compared(&rule.condition).1).collect();
        let distinct: BTreeSet<&&str> = words.iter().collect();
        assert_eq!(distinct.len(), words.len(), "{name} names a word twice");
    }
}

/// Returns the words of a set, as they are answered.
fn words<T: Copy + Into<Transition>>(all: &[T]) -> BTreeSet<String> {
    let words = all.iter().map(|word| serde_json::to_value((*word).into()));
    words.map(|word| word.expect("a word").as_str().expect("a text").to_owned()).collect()
}

/// Each Choice branches on all that the states before it may answer, and on nothing else.
#[test]
fn each_choice_names_the_words_that_its_states_may_answer() {
    let machine = machine();
    for (name, choice) in choices(&machine) {
        let wanted = match name {
            "Admitted" => words(AdmitTransition::ALL),
            "Prepared" => words(PrepareTransition::ALL),
            "Drawn" | "Undrawn" => words(PlanTransition::ALL),
            "Judged" => words(JudgeTransition::ALL),
            "Undoing" => words(UndoTransition::ALL),
            "Ended" => words(EndTransition::ALL),
            "Begin" => {
                // An item of the undo has a Map of its own, which begins with the one thing to do.
                let mut first = names_of::<FirstItemState>();
                assert!(first.remove("restore"));
                first
            }
            // What failed is the default.
            "Published" | "Changed" => {
                let mut done = names_of::<WorkTransition>();
                assert!(done.remove("failed"));
                done
            }
            other => panic!("{other}: say here what it branches on"),
        };
        let named = choice.choices.iter();
        let named = named.map(|rule| compared(&rule.condition).1.to_owned());
        assert_eq!(named.collect::<BTreeSet<String>>(), wanted, "{name}");
    }
}

/// The states behind which no Choice stands answer one word, and the machine goes on with the same state.
#[test]
fn a_state_that_answers_one_word_is_followed_by_one_state() {
    let machine = machine();
    let tasks: BTreeMap<&str, _> = windlass_contract::tasks(&machine).into_iter().collect();
    for (names, words) in [
        (&["Preempt", "AwaitTurn"][..], words(WaitTransition::ALL)),
        (&["Look"], words(LookTransition::ALL)),
        (&["GiveBack"], words(GiveBackTransition::ALL)),
    ] {
        assert_eq!(words.len(), 1, "{names:?}");
        for name in names {
            let next = tasks[name].next.as_deref().expect("a next state");
            assert!(!choices(&machine).contains_key(next), "{name}");
        }
    }
}

/// Safety: endings: A verdict that no rule of the machine names leads to an undo, or is reported truthfully.
#[test]
fn what_no_rule_names_is_undone_or_reported_truthfully() {
    let machine = machine();
    for (name, choice) in choices(&machine) {
        let wanted = match name {
            // Within a Map it becomes a failure of that component.
            "Begin" | "Published" => "ChangeFailed",
            // Nothing is changed, and no lock is held: what died there is ended by its recovery.
            "Drawn" | "Undrawn" => "Unplanned",
            // The deployment is being undone already; these look and report.
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
    let kinds: Vec<KindName> =
        names_of::<KindName>().into_iter().map(|name| serde_json::from_value(name.into()).expect("a kind")).collect();
    let declared = |publishes: bool| -> BTreeSet<String> {
        let kinds = kinds.iter().filter(|kind| !publishes || kind.publishes());
        kinds.map(ToString::to_string).collect()
    };
    let found = |name| -> BTreeSet<String> {
        let table = table(&machine, name);
        table.into_keys().map(str::to_owned).collect()
    };
    for (name, of, publishes) in
        [("deployers", "each kind of `each_kind!`", false), ("publishers", "each that PUBLISHES", true)]
    {
        assert_eq!(
            found(name),
            declared(publishes),
            "statemachine/release.asl.json, Admit: `{name}` has a line for {of}"
        );
    }
}

/// Collects every expression and every substitution of a value, and the names of its members.
fn words_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if expression_in(text).is_some() || text.contains("${") => {
            found.push(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| words_of(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                found.push(name.clone());
                words_of(member, found);
            }
        }
        _ => {}
    }
}

/// A kind is one line in a table. Nothing that the machine does, and no name in it, depends on a kind.
#[test]
fn only_the_tables_name_a_kind() {
    let mut json = machine_as_json();
    let kept = json["States"]["Admit"]["Assign"].as_object_mut();
    let kept = kept.expect("variables");
    for name in TABLES {
        assert!(kept.remove(name).is_some(), "{name}");
    }
    let mut texts = Vec::new();
    words_of(&json, &mut texts);
    assert!(texts.len() > 300, "{}", texts.len());
    let machine = machine();
    let functions = TABLES.iter().flat_map(|name| table(&machine, name));
    let functions = functions.map(|(_, function)| format!("{function}Arn"));
    let names: BTreeSet<String> = names_of::<KindName>().into_iter().chain(functions).collect();
    for text in &texts {
        // The integration by which Lambda is invoked is no kind.
        let text = text.replace(":states:::lambda:invoke", "");
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let found = words.find(|word| names.contains(*word));
        assert_eq!(found, None, "{text}");
    }
}
