//! `docs/CLI.md` is true of the program.

#![allow(clippy::unwrap_used)]

use crate::guide;
use clap::CommandFactory;
use windlass_cli::Arguments;
use windlass_cli::ground::exit;

const PAGE: &str = include_str!("../../docs/CLI.md");

#[test]
fn every_verb_is_on_the_page_in_its_group_and_no_other() {
    let part = PAGE.split("\n## Verbs\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let verb = |row: &'static str| row.strip_prefix("| `windlass ")?.split('`').next();
    let listed: Vec<&str> = part.lines().filter_map(|line| line.strip_prefix("### ").or_else(|| verb(line))).collect();
    assert_eq!(listed, guide::contents());
}

#[test]
fn every_exit_status_is_on_the_page_in_the_same_words() {
    for (status, meaning) in exit::STATUSES {
        let row = format!("| {status} | {meaning} |");
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn the_arguments_of_all_verbs_fit_together() {
    Arguments::command().debug_assert();
}

/// Nobody has to know which verbs watch by themselves: `--watch` is right at each verb that can wait.
#[test]
fn every_verb_that_can_wait_takes_watch() {
    let mut waiting = 0;
    for verb in Arguments::command().get_subcommands() {
        let has = |id: &str| verb.get_arguments().any(|arg| arg.get_id() == id);
        let is_one = has("no_wait") || has("look");
        assert_eq!(has("watch"), is_one, "{}", verb.get_name());
        waiting += usize::from(is_one);
    }
    assert!(waiting > 14, "{waiting}");
    let both = ["windlass", "rollback", "shop", "prod", "--reason=r", "--watch", "--no-wait"];
    let refused = Arguments::command().try_get_matches_from(both).unwrap_err();
    assert_eq!(refused.kind(), clap::error::ErrorKind::ArgumentConflict);
}

fn said_by(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"));
    let program = program.args(arguments).env_clear().envs(variables.iter().copied());
    let output = program.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn the_help_of_a_drill_lists_the_statuses_that_the_page_lists() {
    let row = PAGE.lines().find(|line| line.starts_with("| `windlass drill` |"));
    let (_, statuses) = row.unwrap().split_once("The status is ").unwrap();
    let statuses = statuses.trim_end_matches(" |");
    let said = said_by(&["drill", "--help"], &[]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("The status is {statuses}.")), "{said}");
}

#[test]
fn the_help_of_the_pages_names_the_acts_that_they_do() {
    let said = said_by(&["ui", "--help"], &[]);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let acts = "deploy, promote, approve, roll back, hold, release the hold, cancel, recover and accept";
    assert!(said.contains(acts) && PAGE.contains(acts), "{said}");
    let typed = said.split_once("All else is typed").unwrap().1;
    for verb in ["pause", "continue", "skip-bake", "drill", "remove", "rename"] {
        assert!(typed.contains(&format!("`{verb}`")), "{verb}: {said}");
    }
}

/// No option stands in a usage line as if it were required because a variable has its value.
#[test]
fn the_usage_of_a_verb_is_the_same_whatever_is_set() {
    let program = |arguments: &[&str], variables: &[(&str, &str)]| {
        let said = said_by(arguments, variables);
        let usage = said.lines().find(|line| line.starts_with("Usage: "));
        usage.map(str::to_owned)
    };
    let variables = [
        ("WINDLASS_ENDPOINT", "http://127.0.0.1:9"),
        ("WINDLASS_BUCKET", "artifacts"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ];
    for verb in Arguments::command().get_subcommands() {
        let name = verb.get_name();
        let help = program(&[name, "--help"], &[]);
        assert!(help.as_ref().is_some_and(|usage| usage.contains(name)), "{help:?}");
        assert_eq!(program(&[name, "--help"], &variables), help);
        for set in [&[][..], &variables] {
            assert_eq!(program(&[name, "--nothing"], set), help);
        }
        let said = said_by(&[name, "--nothing"], &[]);
        assert!(said.contains("--nothing") && !said.contains("-- --"), "{said}");
        assert!(!said.contains("\n\n\n"), "{said}");
        // Where nothing is required the verb itself answers.
        if !["validate", "refusals", "declare", "apps", "stats", "status", "init", "doctor", "ui"].contains(&name) {
            assert_eq!(program(&[name], &variables), help);
        }
    }
}
