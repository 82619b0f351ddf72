//! `docs/CLI.md` says what the program does.

#![allow(clippy::unwrap_used)]

use clap::CommandFactory;
use std::collections::BTreeSet;
use windlass_cli::{Arguments, exit};

const PAGE: &str = include_str!("../../docs/CLI.md");

#[test]
fn every_verb_is_on_the_page_and_no_other() {
    let command = Arguments::command();
    let verbs: BTreeSet<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    let rows = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `windlass "));
    let told: BTreeSet<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
    assert_eq!(told, verbs);
}

#[test]
fn every_exit_status_is_on_the_page_in_the_same_words() {
    let told: Vec<String> = exit::HELP
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(status, meaning)| format!("| {status} | {meaning} |"))
        .collect();
    assert_eq!(told.len(), 13);
    for row in told {
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn the_arguments_of_all_verbs_fit_together() {
    Arguments::command().debug_assert();
}
