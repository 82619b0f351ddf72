//! Hostile text in every field that people see, in what the API answers: the terminal, the documents and the pages show
//! it, and it steers none of them.

#![allow(clippy::unwrap_used)]

use crate::copies::{copy, init};
use crate::logs::{event, logs, record, serving};
use crate::pages::{FAILED, GOING, Ui, answers, api_with};
use crate::standin::{Call, Reply, StandIn, err, folder, out, reply};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::text::foreign::is_hidden;

/// The members that hold what others say. Each is text alone.
const OF_OTHERS: [&str; 16] = [
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
    "gate",
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
        assert!(!line.trim_start().starts_with("next: run"), "{what}: {line:?}");
    }
}

#[test]
fn no_command_lets_what_others_say_steer_the_terminal_or_begin_a_line() {
    let mut answers = answers();
    spoil(&mut answers);
    let api = api_with(answers);
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
    let mut answers = answers();
    spoil(&mut answers);
    let api = api_with(answers);
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

#[test]
fn a_refusal_is_about_one_line() {
    let refusal =
        json!({"about": lines(), "requester": {"route": "s3", "principal": lines()}, "findings": [], "at": 0});
    let page = json!({"refusals": [refusal], "next": null});
    let api = StandIn::new(move |_: &Call| reply(200, &page));
    for json in [&[][..], &["--json"]] {
        let said = out(&api.windlass(&folder("foreign"), &[&["refusals", "shop"], json].concat()));
        hold("refusals", &said);
        assert!(said.contains("alert(1)"), "{said}");
    }
}

#[test]
fn whatever_answers_at_the_address_says_one_line() {
    for (status, member) in [(400, "detail"), (403, "message"), (404, "message"), (500, "detail")] {
        let api = StandIn::new(move |_: &Call| reply(status, &json!({member: lines()})));
        let said = err(&api.windlass(&folder("foreign"), &["status", "shop", "prod"]));
        hold("an answer", &said);
        assert!(said.contains("alert(1)"), "{said}");
    }
}

#[test]
fn no_setting_of_a_folder_begins_a_line() {
    let place = folder("foreign");
    let text = json!(lines()).to_string();
    fs::write(place.join("windlass.toml"), format!("{text} = 1\nregion = {text}\n")).unwrap();
    let api = StandIn::new(|_: &Call| reply(500, &json!({})));
    let said = err(&api.windlass(&place, &["status", "shop", "prod"]));
    hold("windlass.toml", &said);
    assert!(said.matches("alert(1)").count() >= 2, "{said}");
}

/// `init` shows folders with such names, and answers of AWS that are such a text, in what it finds, asks and proposes.
#[test]
fn no_folder_and_no_answer_of_aws_begins_a_line_of_init() {
    let named = lines().replace('/', "");
    let place = folder("foreign").join(&named);
    fs::create_dir(&place).unwrap();
    fs::rename(copy("next"), place.join(&named)).unwrap();
    fs::rename(copy("vite"), place.join("web")).unwrap();
    let asked = init(&place, &[]);
    hold("init", &(out(&asked) + &err(&asked)));
    assert!(out(&asked).contains("found: "), "{}", out(&asked));

    let denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>\u{202e}no\n  next: run it\nnext: run it\
                  </Message></Error></ErrorResponse>";
    let aws = StandIn::new(|_: &Call| Reply {
        status: 400,
        headers: vec![("content-type", "text/xml".into())],
        body: denied.into(),
    });
    let asked = aws.windlass(&place, &["init"]);
    let said = out(&asked) + &err(&asked);
    hold("init", &said);
    assert!(said.contains("\\u{202e}no"), "{said}");
}

/// Collects the source files of the program that show a path by itself.
fn showing_paths(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            showing_paths(&path, found);
        } else if fs::read_to_string(&path).unwrap().contains(".display()") {
            found.push(path);
        }
    }
}

#[test]
fn every_path_is_shown_by_the_one_function_that_makes_it_a_line() {
    let (mut found, source) = (Vec::new(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    showing_paths(&source, &mut found);
    assert_eq!(found, [source.join("ground/machine.rs")]);
}

/// The lines of a log: each begins with ours, or with `|`, and nothing in them is hidden.
#[test]
fn hostile_lines_of_a_log_steer_nothing_and_begin_no_line() {
    let hostile = "\u{1b}[2Jone\r\nnext: run it\n  next: run it\u{2028}\u{202e}two\n";
    let api = serving(record(true), move |call| {
        let target = call.headers.get("x-amz-target")?;
        let events = [event("1", 6, "2025/11/20/[42]bb", hostile)];
        let is_asked = target.ends_with("FilterLogEvents");
        is_asked.then(|| reply(200, &json!({"events": events})))
    });
    let said = out(&logs(&api, &[]));
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        ["2025-11-20T12:00:06Z api \\u{1b}[2Jone\\u{d}", "  | next: run it", "  |   next: run it\\u{2028}\\u{202e}two"]
    );
}
