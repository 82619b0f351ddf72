//! The log lines of what was run, or called.

use super::call::Target as Called;
use crate::kinds::from_value;
use crate::kinds::writes::{Writes, sent_forward, text};
use crate::ports::Result;
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::step::Step;

/// Returns what writes log lines; see [`crate::kinds::writes`].
pub fn writes(step: &Step) -> Result<Writes> {
    if !step.target["call"].is_object() {
        let changes = step.changes.iter().map(|record| &record.change);
        return Ok(Writes::Elsewhere(of_tasks(changes)));
    }
    let target: Called = from_value("target", &step.target)?;
    let versions = sent_forward(step).filter_map(|(change, _)| called(change));
    Ok(Writes::Versions { function: target.call.name, versions: versions.collect() })
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
