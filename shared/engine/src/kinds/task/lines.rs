//! Finds the log lines of what was run or called, and reads the last of them, if the declaration says `show_log: true`.
//! Nothing else of Windlass reads what a task writes, because a line may have a secret in it (rule 10).

use super::state::Target;
use crate::kinds::from_value;
use crate::kinds::task::call::Target as Called;
use crate::kinds::writes::{Writes, sent_forward, text};
use crate::ports::{JsonCall, JsonServices, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::foreign::truncate;
use windlass_domain::text::time::Time;

/// The number of lines that are shown.
pub(super) const SHOWN: usize = 20;

/// The most bytes of a line. With [`SHOWN`] of them the end of a task stays small in its item, and the cause of an
/// execution far from its limit.
pub(super) const LONGEST: usize = 200;

/// The seconds before the task's end in which lines are looked for, first in the shortest window. FilterLogEvents
/// begins with the oldest line.
const WINDOWS_S: [u64; 3] = [5, 300, 25 * 3600];

/// The most pages of one window that are read. Each has up to a megabyte (Amazon CloudWatch Logs API Reference,
/// FilterLogEvents).
const PAGES: usize = 5;

/// The seconds, by the clock of its host, during which lines may be written after the task has stopped.
const LATE_S: u64 = 60;

/// The last lines of a task that has stopped, oldest first. What cannot be read is reported in their place: the end of
/// the task does not depend on it.
pub(super) async fn last(at: &impl JsonServices, target: &Target, (task, stopped): (&str, Time)) -> String {
    let log = target.how.log.as_ref();
    let Some((log, stream)) = log.and_then(|log| Some((log, log.stream(&target.how.container, task)?))) else {
        return String::new();
    };
    match read(at, (&log.group, &stream), stopped).await {
        Ok(lines) => lines.join("\n"),
        Err(fault) => unread(&fault),
    }
}

fn unread(fault: &Fault) -> String {
    let why = match fault.name {
        FaultName::AccessDenied => {
            "Windlass may read only log groups with the tags `windlass:app` and `windlass:environment`"
        }
        _ => &fault.message,
    };
    truncate(format!("(the log could not be read: {why})"), LONGEST)
}

async fn read(at: &impl JsonServices, (group, stream): (&str, &str), stopped: Time) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for window_s in WINDOWS_S {
        let from = Time(stopped.0.saturating_sub(window_s * 1000));
        lines = within(at, (group, stream), from, stopped).await?;
        if lines.len() >= SHOWN {
            break;
        }
    }
    let surplus = lines.len().saturating_sub(SHOWN);
    Ok(lines.split_off(surplus))
}

/// The lines since then, as many as [`PAGES`] have.
async fn within(
    at: &impl JsonServices,
    (group, stream): (&str, &str),
    from: Time,
    stopped: Time,
) -> Result<Vec<String>> {
    let mut body = json!({
        "logGroupName": group,
        "logStreamNames": [stream],
        "startTime": from.0,
        "endTime": stopped.plus_s(LATE_S).0,
    });
    let mut lines = Vec::new();
    for _ in 0..PAGES {
        let page = at
            .json_call(JsonCall { service: "logs", target: "Logs_20140328.FilterLogEvents", body: body.clone() })
            .await?;
        let messages = page["events"].as_array().into_iter().flatten().filter_map(|event| event["message"].as_str());
        lines.extend(messages.map(plain));
        match page["nextToken"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => body["nextToken"] = Value::from(token),
            None => break,
        }
    }
    Ok(lines)
}

/// Returns a line, not too long, without characters that move the cursor of a terminal.
pub(super) fn plain(line: &str) -> String {
    let plain: String = line.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    truncate(plain.trim_end(), LONGEST)
}

/// Returns what writes log lines; see [`crate::kinds::writes()`].
pub fn writes(step: &Step) -> Result<Writes> {
    if !step.target["call"].is_object() {
        let changes = step.changes.iter().map(|record| &record.change);
        return Ok(Writes::Elsewhere(of_tasks(changes)));
    }
    let target: Called = from_value("target", &step.target)?;
    let versions = sent_forward(step).filter_map(|(change, _)| called(change));
    Ok(Writes::Versions { function: target.how.call.name, versions: versions.collect() })
}

/// The version that a change asks to be called.
fn called(change: &Value) -> Option<String> {
    change.get("start").and_then(|_| text(&change["version"]))
}

/// Returns where the lines of tasks are: the pages that were recorded with their ends.
fn of_tasks<'a>(changes: impl Iterator<Item = &'a Value>) -> String {
    let pages = changes.filter_map(|change| text(&change["end"]["log"]));
    let pages: BTreeSet<String> = pages.collect();
    if pages.is_empty() {
        return "the lines of its tasks are in the log group of its task definition, under the id of the task"
            .to_owned();
    }
    let pages: Vec<String> = pages.into_iter().collect();
    format!("the lines of its tasks are at {}", pages.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_is_what_was_asked_for() {
        let table = [
            (json!({"start": "forward", "attempt": 1, "nth": 1, "version": "7", "not_after": 0}), Some("7")),
            (json!({"ended": "forward", "end": {"version": "7"}}), None),
            (json!({"bar": "forward"}), None),
        ];
        for (change, wanted) in table {
            assert_eq!(called(&change).as_deref(), wanted, "{change}");
        }
    }

    #[test]
    fn the_lines_of_a_task_are_where_its_end_says() {
        let run = json!({"run": "forward", "definition": "d", "first": 0});
        let ended = |direction: &str, log: Value| json!({"ended": direction, "end": {"task": "t", "log": log}});
        let (forward, undo) = (ended("forward", json!("https://b")), ended("undo", json!("https://a")));
        let unknown = "the lines of its tasks are in the log group of its task definition, under the id of the task";
        let table = [
            (vec![], unknown),
            (vec![run.clone()], unknown),
            (vec![run.clone(), ended("forward", Value::Null)], unknown),
            (vec![run.clone(), forward.clone()], "the lines of its tasks are at https://b"),
            (vec![run, forward, undo], "the lines of its tasks are at https://a, https://b"),
        ];
        for (changes, wanted) in table {
            assert_eq!(of_tasks(changes.iter()), wanted, "{changes:?}");
        }
    }
}
