//! CloudWatch Logs in memory: groups of lines, and queries of Logs Insights over them.

use crate::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::config::Configured as _;
use windlass_engine::ports::{JsonCall, Result};

/// The time from one line of a speaker to the next, in milliseconds.
const EVERY_MS: u64 = 10_000;

/// The log groups and queries.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The groups by [`World::regional`] name.
    pub groups: BTreeMap<String, Group>,
    /// The tags of groups by their names; elsewhere they are those of `prod` of `shop`.
    pub tags: BTreeMap<String, Value>,
    /// The number of times that a query is asked for before it has ended.
    pub slow: u32,
    /// The status with which queries end; `Complete` if empty.
    pub ends: &'static str,
    queries: Vec<Query>,
}

/// A log group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    lines: Vec<Line>,
    /// The texts of which a line is written every ten seconds, each with the time since when; no text while nobody
    /// speaks.
    spoken: Vec<(Time, Option<String>)>,
}

#[derive(Debug, Clone)]
struct Line {
    at: Time,
    /// Its stream.
    stream: String,
    /// The time from which it can be found.
    arrives: Time,
    text: String,
}

#[derive(Debug, Clone)]
struct Query {
    asked: u32,
    ends: &'static str,
    statistics: Value,
}

impl Group {
    fn lines(&self, (from, to): (Time, Time), now: Time) -> Vec<&str> {
        let within = |at: Time| at >= from && at <= to;
        let lines = self.lines.iter();
        let there = lines.filter(|line| within(line.at) && line.arrives <= now);
        let written = there.map(|line| line.text.as_str());
        let each = self.spoken.iter().enumerate();
        let spoken = each.flat_map(|(i, (since, text))| {
            let next = self.spoken.get(i + 1).map_or(now, |(next, _)| *next);
            let times = (since.0.div_ceil(EVERY_MS)..).map(|n| Time(n * EVERY_MS));
            let times = times.take_while(move |at| *at < next.max(*since) && *at <= now);
            let times = times.filter(move |at| within(*at));
            times.filter_map(move |_| text.as_deref())
        });
        written.chain(spoken).collect()
    }
}

impl World {
    /// Makes a log group, and writes a line into it.
    pub fn log(&self, group: &str, text: &str) {
        self.log_late(group, text, 0);
    }

    /// Writes a line now that can be found only so many milliseconds later.
    pub fn log_late(&self, group: &str, text: &str, late_ms: u64) {
        self.write_line((group, ""), text, late_ms);
    }

    /// Writes a line into a stream of a log group.
    pub fn log_to(&self, group: &str, stream: &str, text: &str) {
        self.write_line((group, stream), text, 0);
    }

    fn write_line(&self, (group, stream): (&str, &str), text: &str, late_ms: u64) {
        let at = self.true_time();
        let line = Line { at, stream: stream.to_owned(), arrives: at.plus_ms(late_ms), text: text.to_owned() };
        let group = self.regional(group);
        self.logs().groups.entry(group).or_default().lines.push(line);
    }

    /// Writes a line of this text every ten seconds from now on, or none.
    pub fn speak(&self, group: &str, text: Option<&str>) {
        let now = self.true_time();
        let group = self.regional(group);
        let mut logs = self.logs();
        let spoken = &mut logs.groups.entry(group).or_default().spoken;
        spoken.push((now, text.map(str::to_owned)));
    }
}

/// Answers a call of CloudWatch Logs.
pub(crate) fn answers(world: &World, call: &JsonCall) -> Result<Value> {
    match call.target {
        "Logs_20140328.StartQuery" => start(world, &call.body),
        "Logs_20140328.GetQueryResults" => results(world, &call.body),
        "Logs_20140328.FilterLogEvents" => events(world, &call.body),
        "Logs_20140328.ListTagsForResource" => tags(world, &call.body),
        "Logs_20140328.StopQuery" => Ok(json!({"success": query(world, &call.body).is_ok()})),
        other => Err(refused(&format!("{other} is no operation"))),
    }
}

fn start(world: &World, body: &Value) -> Result<Value> {
    let wanted = filter(body["queryString"].as_str().unwrap_or_default())?;
    let seconds = |member: &str| body[member].as_u64().map(|s| Time(s * 1000));
    let (Some(from), Some(to)) = (seconds("startTime"), seconds("endTime")) else {
        return Err(refused("startTime and endTime are whole seconds"));
    };
    if from > to {
        return Err(refused("MalformedQueryException: the end is before the start"));
    }
    let now = world.true_time();
    let mut logs = world.logs();
    let (mut scanned, mut matched, mut bytes) = (0, 0, 0);
    let named = body["logGroupNames"].as_array().into_iter().flatten();
    for name in named.filter_map(Value::as_str) {
        let group = logs.groups.get(&world.regional(name));
        let group = group.ok_or_else(|| no_group(name))?;
        // The end is inclusive, to its last millisecond.
        for line in group.lines((from, to.plus_ms(999)), now) {
            scanned += 1;
            bytes += line.len();
            matched += usize::from(wanted.iter().any(|part| line.contains(part)));
        }
    }
    let ends = match logs.ends {
        "" => "Complete",
        other => other,
    };
    logs.queries.push(Query {
        asked: 0,
        ends,
        statistics: json!({
            "recordsMatched": f64::from(u32::try_from(matched).unwrap_or(u32::MAX)),
            "recordsScanned": f64::from(u32::try_from(scanned).unwrap_or(u32::MAX)),
            "bytesScanned": f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)),
        }),
    });
    Ok(json!({"queryId": logs.queries.len().to_string()}))
}

/// Returns the tags of a group by its ARN.
fn tags(world: &World, body: &Value) -> Result<Value> {
    let arn = body["resourceArn"].as_str().unwrap_or_default();
    let at = "arn:aws:logs:";
    let named = arn.strip_prefix(at).and_then(|it| it.split_once(":log-group:"));
    let (place, name) = named.ok_or_else(|| refused("ValidationException: no ARN"))?;
    let region = &world.config().region;
    let region = world.place().region.as_ref().unwrap_or(region);
    if place != format!("{region}:{}", world.config().account) {
        return Err(refused("ValidationException: the ARN is of another place"));
    }
    let logs = world.logs();
    if !logs.groups.contains_key(&world.regional(name)) {
        return Err(no_group(name));
    }
    let ours = || json!({"windlass:app": "shop", "windlass:environment": "prod"});
    Ok(json!({"tags": logs.tags.get(name).cloned().unwrap_or_else(ours)}))
}

/// The number of lines that a page has. It is small, so that a second page is asked for.
const PAGE: usize = 15;

/// Returns the lines of streams, oldest first (Amazon CloudWatch Logs API Reference, FilterLogEvents).
fn events(world: &World, body: &Value) -> Result<Value> {
    let name = body["logGroupName"].as_str().unwrap_or_default();
    let streams = body["logStreamNames"].as_array().into_iter().flatten();
    let streams: Vec<&str> = streams.filter_map(Value::as_str).collect();
    let time = |member: &str, absent: u64| Time(body[member].as_u64().unwrap_or(absent));
    let (from, to) = (time("startTime", 0), time("endTime", u64::MAX));
    let begin: usize = body["nextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
    let now = world.true_time();
    let logs = world.logs();
    let group = logs.groups.get(&world.regional(name));
    let group = group.ok_or_else(|| no_group(name))?;
    let of_streams = group.lines.iter().filter(|line| {
        let is_there = line.arrives <= now && line.at >= from && line.at <= to;
        is_there && streams.contains(&line.stream.as_str())
    });
    let all: Vec<Value> = of_streams
        .map(|line| json!({"timestamp": line.at.0, "logStreamName": line.stream, "message": line.text}))
        .collect();
    let end = (begin + PAGE).min(all.len());
    let mut page = json!({"events": all[begin.min(end)..end]});
    if end < all.len() {
        page["nextToken"] = json!(end.to_string());
    }
    Ok(page)
}

fn results(world: &World, body: &Value) -> Result<Value> {
    let number = query(world, body)?;
    let mut logs = world.logs();
    let slow = logs.slow;
    let query = &mut logs.queries[number];
    query.asked += 1;
    let none = json!({"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0});
    let (status, statistics) = match query.asked {
        asked if asked <= slow => ("Running", none),
        _ => (query.ends, query.statistics.clone()),
    };
    Ok(json!({"status": status, "statistics": statistics, "results": []}))
}

fn query(world: &World, body: &Value) -> Result<usize> {
    let id = body["queryId"].as_str().unwrap_or_default();
    let known = world.logs().queries.len();
    let number = id.parse().ok().filter(|n| (1..=known).contains(n));
    number.map(|n: usize| n - 1).ok_or_else(|| Fault::new(FaultName::NotFound, format!("there is no query {id}")))
}

/// Reads the texts of `filter @message like /a|b/ | limit 1`, of which a line must have one.
fn filter(query: &str) -> Result<Vec<&str>> {
    let within = query.strip_prefix("filter @message like /");
    let within = within.and_then(|rest| rest.strip_suffix("/ | limit 1"));
    let texts = within.map(|pattern| pattern.split('|').collect());
    texts.ok_or_else(|| refused("MalformedQueryException: unexpected symbol found"))
}

fn no_group(name: &str) -> Fault {
    let message = format!("there is no log group {name}");
    Fault::new(FaultName::NotFound, message)
}

fn refused(why: &str) -> Fault {
    Fault::new(FaultName::Refused, why)
}
