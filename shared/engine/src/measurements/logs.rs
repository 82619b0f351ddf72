//! Counts lines in CloudWatch Logs, by queries of Logs Insights. In no window since the change may there be more lines
//! than the threshold, and something must be logged at all.
//!
//! Lines arrive late. Too many lines are too many as soon as they are there. But that there are few is believed only
//! when later looks have counted the window again. So a look counts the whole window before it, which is longer than
//! lines take to arrive, and the next wave counts the lines of the wave before that arrived late. For the last minutes
//! of the last wave, the lines that have arrived are counted.

// Windlass's own roles serve every application, and IAM knows no cluster's or log group's tags in these calls. So
// the tags are read and compared here, at every look: a group may be made after `Prepare`.
//
// A line counts at once where it is one too many; few lines are final only after two minutes. So a window is at
// least five minutes, and later looks count it again. A metric filter would be infrastructure of ours, and one query
// since the change scans the whole bake each time.

use super::measure::{Checking, GateProblem, Measure, MeasuredWindow, Measuring};
use crate::config::Configured;
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG};
use crate::measurements::measure::{already_red, clock_times, not_measurable, unmeasured, unreadable};
use crate::ports::{AssumeRole, Clock, JsonCall, JsonServices, Result};
use serde_json::{Value, json};
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{LogsGate, Sort};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::partition::Partition;
use windlass_domain::text::time::Time;

/// The milliseconds by which a line may arrive late. AWS gives no bound for the time from PutLogEvents to a query's
/// result, nor for the time that an agent holds a line back. Lambda and the log driver of ECS send within seconds. Two
/// minutes are what CloudWatch allows for metrics (Amazon CloudWatch User Guide, "Publish custom metrics").
const LATE_MS: u64 = 2 * 60 * 1000;

/// The pauses between two questions for a query's result, in milliseconds. Most queries end within seconds.
const PAUSES_MS: [u64; 6] = [500, 1_000, 1_500, 3_000, 4_000, 5_000];

/// The milliseconds for which a gate may go on to count windows. It must end within one call of the judge.
const LONGEST_MS: u64 = 20_000;

/// The bytes an hour from which on a finding names the cost of a gate. With 0.005 USD a GB (Amazon CloudWatch pricing,
/// "Logs", "Analyze (Logs Insights queries)") they cost 5 cents.
const COSTLY_FROM: f64 = 10e9;

/// The most looks that an hour usually has: see `windlass_domain::deployment::judgement::pace`.
const LOOKS_AN_HOUR: f64 = 60.0;

/// Counts, made in the region of the log groups.
pub(super) struct LogCounts;

impl<P: JsonServices + Clock + AssumeRole + Configured> Measure<P> for LogCounts {
    type Gate = LogsGate;

    async fn check_one(ports: &P, place: &Place, one: &Checking<'_, LogsGate>) -> Result<Vec<GateProblem>> {
        let (gate, path) = (one.gate, one.path);
        let there = &ports.at(&place.in_region(gate.region.as_deref()));
        let now = there.now();
        let before = Time(now.0.saturating_sub(gate.window.as_ms()));
        let counted = match foreign(there, place, gate).await {
            Ok(None) => count(there, gate, before, now).await,
            Ok(Some((why, remedy))) => {
                let reason = format!("`{}` is not counted: {why}.", gate.name());
                let finding = not_measurable(path, reason, remedy);
                return Ok(vec![GateProblem::NotMeasurable(finding)]);
            }
            Err(fault) => Err(fault),
        };
        let counted = match counted {
            Err(fault) if fault.name == FaultName::NotFound => return Ok(vec![no_group(one)]),
            counted => counted?,
        };
        let lines = match counted {
            Counted::Lines(lines) => lines,
            Counted::Unknown(why) => {
                let reason = format!("`{}` could not be counted: {why}.", gate.name());
                let remedy = "While that stays so, `gates.unknown` says what it becomes. A shorter `window` and fewer `groups` are counted faster.";
                return Ok(vec![GateProblem::Noted(not_measurable(path, reason, remedy))]);
            }
        };
        let mut problems: Vec<GateProblem> = costs(one, lines.bytes).into_iter().collect();
        if lines.matched > gate.at_most {
            let measured = line_count(lines.matched);
            problems.push(GateProblem::Red(already_red(path, gate, &measured)));
        } else if lines.scanned == 0 {
            let reason = format!("nothing was logged in the last {} where `{}` counts.", gate.window, gate.name());
            let remedy = "Check `groups` and `region`. While nothing is logged, `gates.unknown` says what it becomes.";
            problems.push(GateProblem::Noted(not_measurable(path, reason, remedy)));
        }
        Ok(problems)
    }

    /// Counts the windows that no look has counted to the end yet, the newest first.
    async fn measure_one(ports: &P, place: &Place, one: &Measuring<'_, LogsGate>) -> Measurement {
        let (gate, window) = (one.gate, one.window);
        let there = &ports.at(&place.in_region(gate.region.as_deref()));
        let look_at = format!("CloudWatch Logs Insights over {}: filter {}", gate.groups.join(", "), gate.filter);
        let blank = unmeasured(gate, look_at, window.now);
        match foreign(there, place, gate).await {
            Ok(None) => {}
            Ok(Some((why, _))) => {
                let measured = format!("not measured: {why}");
                return Measurement { measured, ..blank };
            }
            Err(fault) => return unreadable(blank, &fault),
        }
        let mut scanned = 0;
        let mut newest = None;
        for (from, to) in windows(gate, window) {
            if there.now() > window.now.plus_ms(LONGEST_MS) {
                let measured = format!("not all was counted in {} s", LONGEST_MS / 1000);
                return Measurement { measured, ..blank };
            }
            let lines = match count(there, gate, from, to).await {
                Ok(Counted::Lines(lines)) => lines,
                Ok(Counted::Unknown(why)) => {
                    let measured = format!("not measured: {why}");
                    return Measurement { measured, ..blank };
                }
                Err(fault) => return unreadable(blank, &fault),
            };
            if lines.matched > gate.at_most {
                return Measurement {
                    verdict: Verdict::Fail,
                    measured: line_count(lines.matched),
                    value: as_number(lines.matched),
                    window: clock_times(from, to),
                    ..blank
                };
            }
            scanned += lines.scanned;
            newest.get_or_insert((lines.matched, from, to));
        }
        match newest {
            Some((matched, from, to)) if scanned > 0 => Measurement {
                verdict: Verdict::Pass,
                measured: line_count(matched),
                value: as_number(matched),
                window: clock_times(from, to),
                ..blank
            },
            _ => Measurement {
                measured: "nothing is logged yet".to_owned(),
                window: clock_times(begin(window), window.now),
                // There may be lines that have not arrived yet.
                not_ready: window.now < window.changed.plus_ms(LATE_MS),
                ..blank
            },
        }
    }
}

/// What to do with a log group without the tags.
const TAG_IT: &str = "Tag the log group with `windlass:app` and `windlass:environment` of this environment, or name one that has these tags.";

/// What to do with one that has another's tags: they may be in use, so that nobody is asked to write over them.
const LEAVE_IT: &str =
    "Name a log group that has the tags `windlass:app` and `windlass:environment` of this environment.";

/// Returns why the groups are not this environment's, and what to do; `None` if they are. IAM lets Windlass's own role
/// query every group with both tags, whatever they say. A role of the environment's own decides by itself which groups
/// it reads.
async fn foreign(
    there: &(impl JsonServices + Configured),
    place: &Place,
    gate: &LogsGate,
) -> Result<Option<(String, &'static str)>> {
    if place.role.is_some() {
        return Ok(None);
    }
    let config = there.config();
    let region = gate.region.as_ref().or(place.region.as_ref());
    let (region, account) = (region.unwrap_or(&config.region), &config.account);
    let wanted = [(APP_TAG, gate.app.as_str()), (ENVIRONMENT_TAG, gate.environment.as_str())];
    for group in &gate.groups {
        let partition = Partition::of(region).name;
        let arn = format!("arn:{partition}:logs:{region}:{account}:log-group:{group}");
        let target = "Logs_20140328.ListTagsForResource";
        let answer = call(there, target, json!({"resourceArn": arn})).await?;
        for (tag, value) in wanted {
            let found = answer["tags"][tag].as_str();
            if found != Some(value) {
                let (is, remedy) = match found {
                    None => ("is missing".to_owned(), TAG_IT),
                    Some(is) => (format!("is `{is}`"), LEAVE_IT),
                };
                return Ok(Some((format!("the tag `{tag}` of log group `{group}` {is}, and not `{value}`"), remedy)));
            }
        }
    }
    Ok(None)
}

/// The problem of a log group that does not exist. Before a component's first release that only becomes a note: the log
/// group of a Lambda function comes with its first invocation.
fn no_group(one: &Checking<'_, LogsGate>) -> GateProblem {
    let finding = not_measurable(
        one.path,
        format!(
            "there is no log group `{}` in the environment's account and region.",
            one.gate.groups.join("`, or no `")
        ),
        "Make the log group first, with your infrastructure code, or correct its name. Of another region write `region`.",
    );
    if one.awaited {
        return GateProblem::Noted(finding);
    }
    GateProblem::Missing(finding)
}

/// Says what measuring costs, by the bytes that the look before the change scanned.
fn costs(one: &Checking<'_, LogsGate>, bytes: f64) -> Option<GateProblem> {
    let an_hour = bytes * LOOKS_AN_HOUR;
    (an_hour >= COSTLY_FROM).then(|| {
        let finding = Finding::new(
            FindingName::GateCosts,
            one.path,
            format!(
                "a look at `{}` scans {:.1} GB, so an hour of watching up to {:.0} GB, which costs about {:.2} USD at 0.005 USD a GB.",
                one.gate.name(),
                bytes / 1e9,
                an_hour / 1e9,
                an_hour / 1e9 * 0.005
            ),
            "Write a shorter `window` or fewer `groups`; or make a metric filter and a gate on its metric, which costs nothing by look.",
        );
        GateProblem::Noted(finding)
    })
}

/// Returns the time since which lines are of this wave, or arrived too late for the wave before.
fn begin(window: MeasuredWindow) -> Time {
    let late = Time(window.changed.0.saturating_sub(LATE_MS));
    window.first_change.max(late)
}

/// Returns the windows before now, the newest first, back to what the last look counted to the end. Pure.
fn windows(gate: &LogsGate, window: MeasuredWindow) -> Vec<(Time, Time)> {
    let begin = begin(window);
    let counted = Time(window.known.0.saturating_sub(LATE_MS));
    let mut windows = Vec::new();
    let mut to = window.now;
    while to > begin && (windows.is_empty() || to > counted) {
        let from = Time(to.0.saturating_sub(gate.window.as_ms())).max(begin);
        windows.push((from, to));
        to = from;
    }
    windows
}

fn line_count(lines: u64) -> String {
    count::count(lines, "line")
}

fn as_number(lines: u64) -> Option<f64> {
    u32::try_from(lines).ok().map(f64::from)
}

/// The result of a query.
enum Counted {
    Lines(Lines),
    /// The count is not known. The text says why.
    Unknown(String),
}

/// The statistics of a query (Amazon CloudWatch Logs API Reference, QueryStatistics).
struct Lines {
    matched: u64,
    scanned: u64,
    bytes: f64,
}

/// Counts the lines from one time to another, both in whole seconds and inclusive. The count is the statistics':
/// they count all that matched, whatever the limit.
async fn count(there: &(impl JsonServices + Clock), gate: &LogsGate, from: Time, to: Time) -> Result<Counted> {
    let query = json!({
        "logGroupNames": gate.groups,
        "queryString": format!("filter {} | limit 1", gate.filter),
        "startTime": from.0.div_ceil(1000),
        "endTime": (to.0 / 1000).max(from.0.div_ceil(1000)),
    });
    let started = call(there, "Logs_20140328.StartQuery", query).await?;
    let id = json!({"queryId": text(&started, "queryId")?});
    for pause in PAUSES_MS {
        there.sleep_ms(pause).await;
        let answer = call(there, "Logs_20140328.GetQueryResults", id.clone()).await?;
        match text(&answer, "status")? {
            "Complete" => return lines(&answer).map(Counted::Lines),
            "Scheduled" | "Running" => {}
            ended => return Ok(Counted::Unknown(format!("the query ended as {ended}"))),
        }
    }
    // Otherwise it would go on for an hour, and take the place of another query. It changes nothing whether it can be
    // stopped.
    let _ = call(there, "Logs_20140328.StopQuery", id).await;
    let waited = PAUSES_MS.iter().sum::<u64>() / 1000;
    let why = format!("the query had no result after {waited} s");
    Ok(Counted::Unknown(why))
}

async fn call(there: &impl JsonServices, target: &'static str, body: Value) -> Result<Value> {
    let service = "logs";
    let call = JsonCall { service, target, body };
    there.json_call(call).await
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer.get(member).and_then(Value::as_str).ok_or_else(|| unreadable_answer(member))
}

fn lines(answer: &Value) -> Result<Lines> {
    let number = |member: &str| answer["statistics"][member].as_f64().ok_or_else(|| unreadable_answer(member));
    // AWS returns whole numbers as doubles.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let whole = |member: &str| number(member).map(|found| found.max(0.0).ceil() as u64);
    Ok(Lines { matched: whole("recordsMatched")?, scanned: whole("recordsScanned")?, bytes: number("bytesScanned")? })
}

fn unreadable_answer(member: &str) -> Fault {
    let message = format!("CloudWatch Logs answered without `{member}`");
    Fault::new(FaultName::Unavailable, message)
}
