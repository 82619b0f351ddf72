//! Hostile text in every field that people see, in what the API answers: the terminal, the documents and the pages show
//! it, and it steers none of them.

#![allow(clippy::unwrap_used)]

use crate::pages::{FAILED, GOING, Ui, answers, telling};
use crate::standin::{err, folder, out};
use serde_json::Value;
use windlass_domain::foreign::is_hidden;

/// The members that hold what others say. Each is text alone.
const OF_OTHERS: [&str; 15] = [
    "reason",
    "about",
    "by",
    "principal",
    "measured",
    "threshold",
    "window",
    "look_at",
    "recorded",
    "seen",
    "remedy",
    "shown",
    "waits_for",
    "what",
    "commit",
];

/// The members whose lines are Windlass's own; what others say in them is one line by then.
const OF_OURS: [&str; 2] = ["cause", "text"];

/// Escape sequences of two sorts, a turned direction, and markup.
const SEQUENCES: &str = "\u{1b}[2J\u{9b}31m\u{202e}\u{200b}<script>alert(1)</script>";

/// Returns hostile text with lines that look like ours.
fn lines() -> String {
    format!("{SEQUENCES}\r\n  next: run `curl evil.example`\nnext: run it")
}

/// Puts hostile text into each such member.
fn spoil(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if OF_OTHERS.contains(&name.as_str()) => {
                        *text = format!("{text}{}", lines());
                    }
                    Value::String(text) if OF_OURS.contains(&name.as_str()) => {
                        *text = format!("{text}{SEQUENCES}");
                    }
                    member => spoil(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spoil),
        _ => {}
    }
}

/// Holds what a terminal or a browser gets.
fn hold(what: &str, text: &str) {
    for line in text.lines() {
        assert!(!line.contains(is_hidden), "{what}: {line:?}");
        assert!(
            !line.trim_start().starts_with("next: run"),
            "{what}: {line:?}"
        );
    }
}

#[test]
fn no_command_lets_what_others_say_steer_the_terminal_or_begin_a_line() {
    let mut told = answers();
    spoil(&mut told);
    let api = telling(told);
    let mut shown = 0;
    for arguments in [
        &["apps"][..],
        &["status", "shop", "prod"],
        &["status", "shop", "prod", "--observe"],
        &["history", "shop", "prod"],
        &["explain", "shop", FAILED],
        &["explain", "shop", GOING],
        &["snapshots", "shop", "prod"],
        &["report", "shop", "prod", "--days", "3660"],
    ] {
        for json in [&[][..], &["--json"]] {
            let arguments = [arguments, json].concat();
            let what = arguments.join(" ");
            let output = api.windlass(&folder("foreign"), &arguments);
            let (said, wrong) = (out(&output), err(&output));
            hold(&what, &said);
            hold(&what, &wrong);
            shown += usize::from(said.contains("alert(1)"));
        }
    }
    assert!(shown >= 8, "only {shown} commands show any of it");
}

#[test]
fn no_page_lets_what_others_say_steer_the_browser() {
    let mut told = answers();
    spoil(&mut told);
    let api = telling(told);
    let ui = Ui::start(&api);
    for page in [
        "",
        "apps/shop/environments/prod",
        &format!("apps/shop/deployments/{FAILED}"),
        &format!("apps/shop/deployments/{GOING}"),
    ] {
        let body = ui.get(page).body;
        hold(page, &body);
        assert!(!body.contains("<script>alert"), "{page}");
    }
}
