//! Log lines of a time, for the command line, with the rights of the person who asks. Where lines may not be read, the
//! answer says so and names the action that is needed. It is never taken for silence.

use crate::Aws;
use crate::log_places::{LogPlace, in_region, unread};
use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{AssumeRole, JsonCall, JsonServices};

/// The most pages that are read of one place at a time; a page has up to 10,000 lines, and may have none (Amazon
/// CloudWatch Logs API Reference, "FilterLogEvents").
const MOST_PAGES: usize = 50;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// CloudWatch's id of it; empty where it gives none.
    pub id: String,
    /// The time at which it was written.
    pub at: Time,
    /// Its log stream.
    pub stream: String,
    /// Its text.
    pub text: String,
}

/// Lines of a place, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogLines {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// The time up to which all lines are there; absent where none is left out.
    pub cut: Option<Time>,
    /// True if the log group is there: that of a function comes with its first line.
    pub is_there: bool,
}

impl Aws {
    /// Reads the lines of a place from `from` to `to`, or to now, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The reason if the lines cannot be read; where a right is missing, it names the action.
    pub async fn log_lines(
        &self,
        place: &LogPlace,
        (from, to): (Time, Option<Time>),
        limit: usize,
    ) -> Result<LogLines, String> {
        let there = self.at(&in_region(place.region.as_deref()));
        let mut body = json!({"logGroupName": place.group, "startTime": from.0});
        if let Some(to) = to {
            body["endTime"] = json!(to.0);
        }
        if let Some(prefix) = place.streams.prefix() {
            body["logStreamNamePrefix"] = json!(prefix);
        }
        let mut found = LogLines { is_there: true, ..LogLines::default() };
        let mut looked_until = from;
        for _ in 0..MOST_PAGES {
            let call = JsonCall { service: "logs", target: "Logs_20140328.FilterLogEvents", body: body.clone() };
            let page = match there.json_call(call).await {
                Ok(page) => page,
                Err(fault) if fault.name == FaultName::NotFound => return Ok(LogLines::default()),
                Err(fault) => {
                    let why = unread(&fault, "logs:FilterLogEvents");
                    return Err(format!("the log group {}: {why}", place.group));
                }
            };
            let lines = page["events"].as_array().into_iter().flatten();
            for line in lines.filter_map(line) {
                looked_until = looked_until.max(line.at);
                if place.streams.has(&line.stream) {
                    found.lines.push(line);
                }
            }
            if found.lines.len() > limit {
                found.lines.truncate(limit);
                found.cut = found.lines.last().map(|line| line.at);
                return Ok(found);
            }
            match page["nextToken"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => body["nextToken"] = json!(token),
                None => return Ok(found),
            }
        }
        found.cut = Some(looked_until);
        Ok(found)
    }
}

fn line(event: &Value) -> Option<LogLine> {
    let text = |name: &str| event[name].as_str().map(str::to_owned);
    Some(LogLine {
        id: text("eventId").unwrap_or_default(),
        at: Time(event["timestamp"].as_u64()?),
        stream: text("logStreamName")?,
        text: text("message")?.trim_end().to_owned(),
    })
}
