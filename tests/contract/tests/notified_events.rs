//! People are sent what the documents say that they are sent.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_contract::names_of;
use windlass_domain::declaration::topic::MessageKind;
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::release::ending::{Ending, NothingDone};
use windlass_domain::shown::event::{Event, SCHEMA};

const EVENTS: &str = include_str!("../../../docs/EVENTS.md");
const CHANNEL: &str = include_str!("../../../docs/integrate/channel.md");

fn event(name: &str, more: &Value) -> Event {
    let mut detail = json!({"schema": SCHEMA, "app": "shop", "environment": "prod", "summary": ""});
    let members = more.as_object().expect("members");
    let whole = detail.as_object_mut().expect("members");
    whole.extend(members.clone());
    Event {
        name: serde_json::from_value(json!(name)).expect("the name of an event"),
        detail: serde_json::from_value(detail).expect("the detail of an event"),
    }
}

/// Returns the members that decide whether an event of this name is sent.
fn sorts(name: &str) -> Vec<Value> {
    match name {
        "DeploymentEnded" => {
            let endings = names_of::<Ending>().into_iter();
            let mut endings: Vec<Value> =
                endings.map(|ending| json!({"ending": ending, "deployment": "3f9a"})).collect();
            let recorded = NothingDone::Recorded.name();
            endings.push(json!({"ending": Ending::NothingToDo, "cause_name": recorded, "deployment": "3f9a"}));
            endings.push(json!({"ending": Ending::Rejected, "cause_name": "Held", "deployment": "3f9a"}));
            endings
        }
        _ if name.starts_with("Drill") => {
            let restored = [true, false].into_iter();
            restored.map(|restored| json!({"restored": restored, "drill": "3f9a"})).collect()
        }
        _ => vec![json!({})],
    }
}

/// Returns the name of what decides whether it is sent: of the cause, of the ending, or else of the event.
fn decided_by<'a>(name: &'a str, more: &'a Value) -> &'a str {
    more["cause_name"].as_str().or_else(|| more["ending"].as_str()).unwrap_or(name)
}

/// Returns the pieces of code that a text names.
fn code(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_page_on_events_names_all_that_the_topic_of_the_installation_gets() {
    let (_, people) = EVENTS.split_once("\n## People\n").expect("the section");
    let (list, _) = people.split_once("The subject is short").expect("what follows the list");
    let named = code(list);
    for name in names_of::<EventName>() {
        for more in sorts(&name) {
            let is_sent = event(&name, &more).notification().is_some();
            let by = decided_by(&name, &more);
            // If it depends on the result of the drill, the page says on which.
            let is_named = match (name.as_str(), &more["restored"]) {
                ("DrillOvertaken", Value::Bool(restored)) => {
                    named.contains(by) && named.contains(&*format!("restored: {restored}"))
                }
                _ => named.contains(by),
            };
            assert_eq!(is_named, is_sent, "{name} {more}");
        }
    }
}

/// Returns the rows of the table of what a topic may get, by the value of `of`.
fn rows() -> BTreeMap<&'static str, &'static str> {
    let (_, table) = CHANNEL.split_once("| `of` |").expect("the table");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| {
        let (of, words) = row.strip_prefix("| `")?.split_once("` | ")?;
        Some((of, words.trim_end_matches(" |")))
    });
    cells.collect()
}

#[test]
fn the_page_on_channels_has_a_row_for_each_of_what_a_topic_may_get() {
    let rows: BTreeSet<String> = rows().into_keys().map(str::to_owned).collect();
    assert_eq!(rows, names_of::<MessageKind>());
}

/// The words by which the row of each event names it. An event that no topic gets has none.
const WORDS: [(&str, &str); 33] = [
    ("DeploymentAccepted", ""),
    ("ApprovalAsked", "needs an approval"),
    ("ApprovalGiven", ""),
    ("DeploymentStarted", "has begun"),
    ("UndoStarted", "the undo of a deployment has begun"),
    ("RecoveryStarted", ""),
    ("TargetWaits", "waits for a decision about a target"),
    ("WatchPaused", "paused a deployment"),
    ("WatchContinued", "let it go on"),
    ("BakeSkipped", "skipped the rest of a bake"),
    ("Succeeded", "`Succeeded`"),
    ("RolledBack", "`RolledBack`"),
    ("NeedsOperator", "`NeedsOperator`"),
    ("Rejected", "`Rejected`"),
    ("Held", "`Held`"),
    ("NothingToDo", ""),
    ("Recorded", "waits until a person starts it"),
    ("RequestRefused", "refused a request or a drill"),
    ("HoldSet", "are held"),
    ("HoldReleased", "go on"),
    ("Removed", "let go of"),
    ("Moved", "has another owner"),
    ("DrillProved", "a drill proved the way back"),
    ("DrillFailed", "a drill failed"),
    ("DrillOvertaken", "was overtaken and did not bring back"),
    ("DrillRefused", "refused a request or a drill"),
    ("ReleaseGone", ""),
    ("ReleaseBack", ""),
    ("DriftFound", "differs from what Windlass recorded"),
    ("DriftUnknown", "could not be seen"),
    ("DriftGone", "no longer differs"),
    ("WayBackLost", "can no longer reach its goal"),
    ("WayBackFound", "can reach it again"),
];

#[test]
fn the_rows_of_the_page_on_channels_name_each_event_where_it_is_sent() {
    let (rows, words) = (rows(), BTreeMap::from(WORDS));
    for name in names_of::<EventName>() {
        for more in sorts(&name) {
            let by = decided_by(&name, &more);
            let words = words.get(by).unwrap_or_else(|| panic!("no words for {by}"));
            let kinds = MessageKind::of(&event(&name, &more));
            let is_harmless = words.is_empty() || more["restored"] == true;
            assert!(is_harmless || !kinds.is_empty(), "{name} {more} is sent to no topic");
            for kind in kinds {
                let of = serde_json::to_value(kind).expect("a name");
                let row = rows[of.as_str().expect("a name")];
                assert!(!words.is_empty(), "{name} {more} is sent as {of}");
                assert!(row.contains(words), "{of} does not name {name}: {row}");
            }
        }
    }
}
