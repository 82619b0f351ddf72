//! The shape of the machine: everything is reached, explained, bounded and caught.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use std::collections::{BTreeMap, BTreeSet};
use windlass_contract::{machine, states, tasks};
use windlass_domain::access::WAITS_MS;
use windlass_domain::declaration::execution_history::{LONGEST_S, LONGEST_WAIT, OFTEN_S, TURN_S};
use windlass_domain::environment::TURN_MS;
use windlass_machine::definition::{Resource, State};
use windlass_machine::program::Program;

fn next_of(state: &State) -> BTreeSet<&str> {
    match state {
        State::Task(task) => {
            let caught = task.catch.iter().map(|catcher| catcher.next.as_str());
            caught.chain(task.next.as_deref()).collect()
        }
        State::Choice(choice) => {
            let rules = choice.choices.iter().map(|rule| rule.next.as_str());
            rules.chain([choice.default.as_str()]).collect()
        }
        State::Map(map) => {
            let caught = map.catch.iter().map(|catcher| catcher.next.as_str());
            caught.chain([map.next.as_str()]).collect()
        }
        State::Wait(wait) => [wait.next.as_str()].into(),
        State::Pass(_) | State::Succeed(_) | State::Fail(_) => BTreeSet::new(),
    }
}

fn reached<'a>(start: &'a str, states: &'a BTreeMap<String, State>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(next_of(&states[name]));
        }
    }
    found
}

#[test]
fn the_interpreter_can_run_it() {
    Program::release().expect("the file is in the subset that the interpreter knows");
}

#[test]
fn every_state_is_reached() {
    let machine = machine();
    assert_eq!(reached(&machine.start_at, &machine.states).len(), machine.states.len());
    for state in machine.states.values() {
        if let State::Map(map) = state {
            let processor = &map.item_processor;
            assert_eq!(reached(&processor.start_at, &processor.states).len(), processor.states.len());
        }
    }
}

#[test]
fn names_are_unique_and_short_enough_to_be_read() {
    let machine = machine();
    let inner: usize = machine
        .states
        .values()
        .map(|state| match state {
            State::Map(map) => map.item_processor.states.len(),
            _ => 0,
        })
        .sum();
    // States of Maps share the names' space with all others (Amazon States Language).
    assert_eq!(states(&machine).len(), machine.states.len() + inner);
    assert!(states(&machine).keys().all(|name| name.len() <= 20));
}

#[test]
fn every_state_is_explained_to_an_operator() {
    for (name, state) in states(&machine()) {
        assert!(state.comment().len() > 30 && state.comment().ends_with('.'), "{name}");
    }
}

/// Returns whether a loop may pass this state, because each visit of it takes time, or uses up a wave.
fn bounds(state: &State) -> bool {
    match state {
        State::Wait(_) | State::Map(_) => true,
        State::Task(task) => task.resource == Resource::InvokeThenWait,
        _ => false,
    }
}

#[test]
fn every_loop_waits_or_uses_up_a_wave() {
    let machine = machine();
    // Take away states that lead nowhere any more, until none is left. What remains are loops.
    let mut left: BTreeSet<&str> =
        machine.states.iter().filter(|(_, state)| !bounds(state)).map(|(name, _)| name.as_str()).collect();
    loop {
        let leaf = left.iter().copied().find(|name| next_of(&machine.states[*name]).is_disjoint(&left));
        match leaf {
            Some(leaf) => left.remove(leaf),
            None => break,
        };
    }
    assert!(left.is_empty(), "a loop without a bound: {left:?}");
}

#[test]
fn the_undo_names_the_wave_that_it_tried() {
    let machine = machine();
    let State::Map(map) = &machine.states["UndoChange"] else {
        panic!("UndoChange is a Map");
    };
    assert_eq!(map.assign["undone"], "{% $wave %}");
    assert_eq!(map.catch[0].assign["undone"], "{% $wave %}");
    let State::Task(undo) = &machine.states["Undo"] else {
        panic!("Undo is a Task");
    };
    assert_eq!(undo.arguments.payload["undone"], "{% $undone %}");
}

#[test]
fn what_is_declared_is_held_to_the_machines_own_limits() {
    let machine = machine();
    assert_eq!(machine.timeout_seconds, LONGEST_S);
    let tasks = tasks(&machine);
    assert_eq!(tasks["AwaitTurn"].timeout_seconds, TURN_MS / 1000 + 60);
    assert_eq!(TURN_S, WAITS_MS / 1000, "what is declared leaves room for the longest wait");
    // The polls of a rollout go on for longer than it may take, and some minutes more.
    let waits = [("StillInProgress", OFTEN_S), ("TakesHours", LONGEST_WAIT.as_s())];
    for name in ["Deploy", "Restore"] {
        for (error, longest_s) in waits {
            let mut retry = tasks[name].retry.iter();
            let polls = retry.find(|retrier| retrier.error_equals == [error]);
            let polls = polls.expect("it is polled");
            let waited = (1..=polls.max_attempts).map(|attempt| polls.delay_ms(attempt));
            let waited_s = waited.sum::<u64>() / 1000;
            assert!(waited_s >= longest_s + 300, "{name} {error}: {waited_s} s");
        }
    }
}

#[test]
fn a_machine_that_hangs_ends_within_nine_days() {
    assert!((86_400..=777_600).contains(&machine().timeout_seconds));
}

#[test]
fn only_the_maps_compute() {
    // An expression that can fail is allowed only in a Task or a Map, which have a Catch.
    let machine = machine();
    for (name, state) in states(&machine) {
        match state {
            State::Choice(choice) => {
                for rule in &choice.choices {
                    assert!(!rule.condition.contains('('), "{name}: {}", rule.condition);
                }
            }
            State::Wait(wait) => assert_eq!(wait.seconds, "{% $seconds %}", "{name}"),
            _ => {}
        }
    }
}
