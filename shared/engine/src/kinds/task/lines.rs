//! Reads the last lines of a task's log, if its declaration says `show_log: true`. Nothing else of Windlass reads what
//! a task writes, because a line may have a secret in it (rule 10).

use super::state::Target;
use crate::ports::{JsonCall, JsonServices, Result};
use serde_json::{Value, json};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::time::Time;
use windlass_domain::truncate::truncate;

/// The number of lines that are shown.
const SHOWN: usize = 20;

/// The most bytes of a line. With [`SHOWN`] of them the end of a task stays small in its item, and the cause of an
/// execution far from its limit.
const LONGEST: usize = 200;

/// The seconds before the task's end in which lines are looked for, first in the shortest window. FilterLogEvents
/// begins with the oldest line.
const WINDOWS_S: [u64; 3] = [5, 300, 25 * 3600];

/// The most pages of one window that are read. Each has up to a megabyte (Amazon CloudWatch Logs API Reference,
/// FilterLogEvents).
const PAGES: usize = 5;

/// The seconds, by the clock of its host, during which lines may be written after the task has stopped.
const LATE_S: u64 = 60;

/// The last lines of a task that has stopped, oldest first. What cannot be read is told in their place: the end of the
/// task does not depend on it.
pub(super) async fn last(at: &impl JsonServices, target: &Target, (task, stopped): (&str, Time)) -> String {
    let log = target.log.as_ref();
    let Some((log, stream)) = log.and_then(|log| Some((log, log.stream(&target.container, task)?))) else {
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
        let events = page["events"].as_array().into_iter().flatten();
        let messages = events.filter_map(|event| event["message"].as_str());
        lines.extend(messages.map(|message| truncate(plain(message), LONGEST)));
        match page["nextToken"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => body["nextToken"] = Value::from(token),
            None => break,
        }
    }
    Ok(lines)
}

/// Returns a line without characters that move the cursor of a terminal.
fn plain(message: &str) -> String {
    let message = message.trim_end();
    message.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}
