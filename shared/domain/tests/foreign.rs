//! Hostile text in every field that people see, at every place where it is shown: it steers no terminal, begins no
//! line, is no next step of Windlass's and calls nobody in a channel.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::gate::Measurement;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::release::cancellation::Cancellation;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Request;
use windlass_domain::shown::event::{Event, of_environment};
use windlass_domain::shown::message::{Undone, gate_failed, undone};
use windlass_domain::shown::notify::messages;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName, in_lines};
use windlass_domain::text::foreign::is_hidden;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::prose::Prose;

/// Escape sequences of two sorts, ends of lines of four sorts, a line like ours, a turned direction, a mention.
const HOSTILE: &str = "\u{1b}[2J\u{9b}31mfine\r\n  next: run `curl evil.example`\u{2028}next: run it\u{85}\n\
                       next: run\u{202e}\u{200b} <!channel> <https://evil.example|shop> [shop](https://evil.example)";

/// Holds a text as people get it: nothing in it is hidden, and each line but the first begins as ours do.
fn hold(text: &str) {
    for line in text.lines() {
        assert!(!line.contains(is_hidden), "{line:?}");
        let begin = line.trim_start();
        assert!(!begin.starts_with("next: run"), "{text}");
    }
}

/// Holds what a channel gets, and what an input transformer writes into a message of one.
fn hold_in_chat(text: &str) {
    hold(text);
    for call in ["<!", "<http", "]("] {
        assert!(!text.contains(call), "{call}: {text}");
    }
}

/// Holds every text within a value.
fn hold_all(value: &Value, holds: fn(&str)) {
    match value {
        Value::String(text) => holds(text),
        Value::Array(items) => items.iter().for_each(|item| hold_all(item, holds)),
        Value::Object(members) => members.values().for_each(|one| hold_all(one, holds)),
        _ => {}
    }
}

fn shop() -> (AppName, EnvironmentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap())
}

fn measured() -> Measurement {
    serde_json::from_value(json!({"gate": HOSTILE, "source": "invocation", "verdict": "fail", "measured": HOSTILE,
        "threshold": HOSTILE, "window": HOSTILE, "look_at": HOSTILE, "at": 0}))
    .unwrap()
}

fn raw() -> Measurement {
    let measured = measured();
    Measurement {
        gate: HOSTILE.into(),
        measured: HOSTILE.into(),
        threshold: HOSTILE.into(),
        window: HOSTILE.into(),
        look_at: HOSTILE.into(),
        ..measured
    }
}

#[test]
fn a_finding_and_a_fault_are_lines_of_ours() {
    let finding = Finding::new(FindingName::ChangeFailed, HOSTILE, HOSTILE, HOSTILE);
    hold(&finding.written());
    hold(&in_lines(&[finding.clone(), finding.clone()]).written());
    hold_all(&serde_json::to_value(&finding).unwrap(), hold);
    let stored = json!({"name": "ChangeFailed", "path": HOSTILE, "reason": HOSTILE, "remedy": HOSTILE});
    hold(&serde_json::from_value::<Finding>(stored).unwrap().written());
    let fault = Fault::new(FaultName::Refused, HOSTILE).while_doing(HOSTILE);
    hold(&fault.to_string());
}

#[test]
fn the_end_of_a_deployment_has_next_steps_of_ours_alone() {
    let (app, environment) = shop();
    let of = EnvironmentId::new(&app, &environment);
    for measurement in [measured(), raw()] {
        hold(&gate_failed(of, "1.4.0", 1, HOSTILE, &measurement));
    }
    let (each, texts) = (|| vec![HOSTILE.to_owned()], || vec![Prose::from(HOSTILE)]);
    let outcome =
        Undone { undone: each(), failed: texts(), stays: each(), untouched: each(), seen: each(), next: texts() };
    let words = undone(of, "1.4.0", &"it failed.".into(), &outcome);
    hold(&words.written());
    assert_eq!(words.written().matches("\n  next: ").count(), 1, "{words:?}");
}

/// Returns the event that an environment is held with hostile words.
fn held() -> Event {
    let (app, environment) = shop();
    let mut state = serde_json::to_value(EnvironmentState::default()).unwrap();
    state["hold"] = json!({"since": 0, "reason": HOSTILE, "by": HOSTILE});
    let state: EnvironmentState = serde_json::from_value(state).unwrap();
    of_environment(EnvironmentId::new(&app, &environment), None, &state).unwrap()
}

#[test]
fn mail_channel_and_input_transformer_get_it_in_their_language() {
    let event = held();
    let mail = event.in_text();
    hold(&mail.message);
    hold(&mail.subject);
    hold_in_chat(&event.detail.summary);
    assert!(!event.detail.summary.contains(['"', '\\', '\n']), "{}", event.detail.summary);
    hold_all(&serde_json::to_value(&event.detail).unwrap(), hold);
    for form in ["chat", "text"] {
        let text = format!(
            "app: shop\nversion: 1.0.0\nnotify: [{{topic: 'arn:aws:sns:eu-west-1:111111111111:team', of: [hold], form: \
             {form}}}]\nenvironments: {{prod: {{deploy: {{branch: main}}}}}}\ncomponents: {{api: {{kind: lambda, \
             function: shop-api, alias: live}}}}\ngates: {{bake: 5m, alarms: [shop-5xx]}}\n"
        );
        let declaration = Declaration::parse(&text).unwrap();
        let sent = messages(&declaration, &event);
        assert_eq!(sent.len(), 1, "{form}");
        for (_, message) in sent {
            match serde_json::from_str::<Value>(&message.message) {
                Ok(message) => hold_all(&message, hold_in_chat),
                Err(_) => hold(&message.message),
            }
        }
    }
}

#[test]
fn what_people_ask_for_is_one_line_from_then_on() {
    let request = json!({"action": "hold", "app": "shop", "environment": "prod", "reason": HOSTILE,
        "requester": {"route": "console", "principal": HOSTILE}});
    let request: Request = serde_json::from_value(request).unwrap();
    hold_all(&serde_json::to_value(&request).unwrap(), hold);
    let said = Cancellation::parse(&json!({"reason": HOSTILE, "idempotency_key": "press-1"}), "").unwrap();
    hold(&said.marked_cause("ann"));
}

/// The names of fields that hold what others say.
const OF_OTHERS: [&str; 19] = [
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
    "unknown",
    "shown",
    "waits_for",
    "what",
    "reference",
    "commit",
    "message",
    "gate",
];

/// Structures whose texts are made of lines that are ours.
const OF_OURS: [&str; 1] = ["Notification"];

/// Collects the source files below a folder, without tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // What is declared is checked by its form, and is no message.
            if !["declaration", "kinds", "appspec"].contains(&name.as_str()) {
                sources(&path, found);
            }
        } else if !name.ends_with("_tests.rs") {
            found.push(path);
        }
    }
}

/// A text in a structure that is read.
struct ReadText {
    place: String,
    field: String,
    /// True if it is read as one line.
    is_line: bool,
}

/// Finds the texts of all structures that are read, in the sources below a folder.
fn read_texts(folder: &str) -> Vec<ReadText> {
    let (mut files, mut found) = (Vec::new(), Vec::new());
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for item in text.split("#[derive(").skip(1) {
            let (derives, rest) = item.split_once(")]").unwrap();
            let body = rest.split("\n}").next().unwrap();
            let Some((_, body)) = body.split_once("struct ") else {
                continue;
            };
            let name = body.split([' ', '<', '(']).next().unwrap();
            if !derives.contains("Deserialize") || OF_OURS.contains(&name) {
                continue;
            }
            let lines: Vec<&str> = body.lines().collect();
            for pair in lines.windows(2) {
                let [before, line] = pair else { continue };
                let line = line.trim();
                let field = line.strip_prefix("pub ").unwrap_or(line).split_once(": ");
                let Some((field, "String," | "Option<String>,")) = field else {
                    continue;
                };
                found.push(ReadText {
                    place: format!("{}: {name}.{field}", path.display()),
                    field: field.to_owned(),
                    is_line: before.contains("deserialize_with = \"foreign::"),
                });
            }
        }
    }
    found
}

/// Holds that each of these texts has [`windlass_domain::text::foreign`] as its border, and that so many are found.
fn hold_read(texts: &[ReadText], least: usize) {
    let wrong = texts.iter().filter(|text| !text.is_line);
    let wrong: Vec<&str> = wrong.map(|text| text.place.as_str()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(texts.len() >= least, "only {} are found", texts.len());
}

/// A field of a stored or received item that holds what others say is read as one line.
#[test]
fn every_field_of_others_is_read_as_one_line() {
    let mut texts = read_texts("src");
    texts.retain(|text| OF_OTHERS.contains(&text.field.as_str()));
    hold_read(&texts, 30);
}

/// The command line prints the texts of answers, whatever they are called. A cause has lines of Windlass's own, and the
/// text of a declaration is a file.
#[test]
fn every_text_of_an_answer_is_read_as_one_line() {
    let mut texts = read_texts("src/shown");
    texts.retain(|text| text.place.contains("shown/api"));
    texts.extend(read_texts("../../cli/src"));
    texts.retain(|text| text.field != "cause" && !text.place.ends_with("DeclarationInForce.text"));
    hold_read(&texts, 28);
}
