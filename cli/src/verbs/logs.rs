//! `windlass logs`: the log lines of what a deployment changed, from its start to its end.

// Lines are read with the caller's rights: Windlass's own roles would read the logs of every target.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::{VerbOutput, error};
use crate::ground::{arguments, interrupt};
use crate::talk::installation::Endpoint;
use crate::talk::windlass::Windlass;
use crate::verbs::follow::Patience;
use crate::view::history;
use crate::view::log_lines::{ComponentLine, LogLook, look};
use crate::view::record;
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};
use windlass_aws::Aws;
use windlass_domain::deployment::Deployment;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ports::Clock;

/// The time that a line may take to be there after it was written, in milliseconds. Each look begins as far back.
const LATE_MS: u64 = 60_000;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Logs {
    /// The application.
    app: AppName,
    /// The deployment's id, or an environment, whose newest deployment is meant.
    #[arg(value_name = "ID|ENVIRONMENT", value_parser = arguments::which)]
    which: String,
    /// The release's version, or the id of a deployment there, where an environment is named.
    #[arg(value_name = "VERSION|ID", value_parser = arguments::version)]
    version: Option<String>,
    /// The component whose lines are printed; may be given several times.
    #[arg(long = "component", value_name = "NAME")]
    components: Vec<ComponentName>,
    /// The time from which lines are printed, until now: so long ago (`10m`), or a time (`2026-11-20T14:02:00Z`).
    /// Without it they are those from the deployment's start until its end.
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    since: Option<Since>,
    /// The most lines that are read at a time.
    #[arg(long, value_name = "LINES", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Go on with new lines until the deployment has ended.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

/// The time from which lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Ago(Span),
    At(Time),
}

impl Since {
    fn parse(text: &str) -> Result<Self, String> {
        Span::parse(text).map(Self::Ago).or_else(|_| Time::parse(text).map(Self::At).ok_or(())).map_err(|()| {
            "it is neither a length of time, such as `10m`, nor a time, such as `2026-11-20T14:02:00Z`".to_owned()
        })
    }

    fn before(self, now: Time) -> Time {
        match self {
            Self::Ago(span) => Time(now.0.saturating_sub(span.as_ms())),
            Self::At(time) => time,
        }
    }
}

/// Returns the times from which and to which lines are read; `None` for now.
fn span(deployment: &Deployment, since: Option<Since>, now: Time) -> (Time, Option<Time>) {
    if let Some(since) = since {
        return (since.before(now), None);
    }
    let from = deployment.started.unwrap_or(deployment.accepted);
    (from, deployment.ending.as_ref().map(|ended| ended.at))
}

impl Logs {
    /// Runs the verb.
    ///
    /// # Errors
    /// If there is no such deployment or component, or Windlass does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.endpoint.ask(async |windlass| {
            let version = self.version.as_deref();
            let id = history::deployment_id(windlass, &self.app, &self.which, version).await?;
            let aws = self.endpoint.aws().await?;
            self.print(windlass, &aws, &id, output).await
        })
    }

    async fn print(&self, windlass: &Windlass, aws: &Aws, id: &str, output: VerbOutput) -> Result<Exit, Failure> {
        let waiting = self.patience.begin();
        if self.follow {
            interrupt::says(interrupt::of_deployment(self.app.as_str(), id, None));
            waiting.pulse.waits_for("there are no new lines; the deployment has not ended".to_owned());
        }
        let mut printed = PrintedLines::default();
        let mut begin = None;
        loop {
            let record = record::of_deployment(windlass, &self.app, id).await?;
            let now = aws.now();
            let mut exit = Exit::TimedOut;
            if let Some(record) = &record {
                let (first, to) = span(&record.deployment, self.since, now);
                let from = *begin.get_or_insert(first);
                printed.of(record, (printed.span.map_or(from, |(from, _)| from), to.unwrap_or(now)));
                let only = self.named(record)?;
                let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
                let found = look(aws, record, &only, (from, to), limit).await;
                if printed.print(found, output) {
                    waiting.pulse.lines_printed();
                }
                begin = Some(first_of(from, now));
                let is_over = record.deployment.ending.is_some();
                if is_over || !self.follow {
                    exit = Exit::Good;
                }
            } else if !self.follow {
                let words = format!("{} deployment {id} is accepted, and has changed nothing yet", self.app);
                output.result(&printed.document(id), &words);
                return Ok(Exit::Good);
            }
            if exit == Exit::Good || !waiting.goes_on().await {
                return Ok(printed.end(id, exit, output));
            }
        }
    }

    /// Returns the components that are asked for, of those that the deployment is for.
    fn named(&self, record: &Record) -> Result<BTreeSet<ComponentName>, Failure> {
        let there: BTreeSet<&ComponentName> = record.deployment.components().collect();
        let otherwise = if there.is_empty() { "Leave `--component` out." } else { "" };
        let findings = self.components.iter().filter(|name| !there.contains(name)).map(|name| {
            let reason = format!("deployment {} is not for `{name}`.", record.deployment.id);
            unknown_name("component", reason, name.as_str(), &there, otherwise)
        });
        let findings: Vec<Finding> = findings.collect();
        if findings.is_empty() {
            Ok(self.components.iter().cloned().collect())
        } else {
            Err(Failure::rejected("it has no such component:", findings))
        }
    }
}

/// Returns the time at which the next look begins: so early that lines which come late are not missed.
fn first_of(first: Time, now: Time) -> Time {
    first.max(Time(now.0.saturating_sub(LATE_MS)))
}

/// Returns the key by which a line is known again at the next look. CloudWatch may give no id: then equal lines of a
/// stream and an instant are counted, so that each of them is printed once.
fn key(line: &ComponentLine, alike: &mut HashMap<String, u32>) -> String {
    if !line.id.is_empty() {
        return format!("{} {}", line.group, line.id);
    }
    let same = json!([line.group, line.stream, line.at, line.text]).to_string();
    let count = alike.entry(same.clone()).or_default();
    *count += 1;
    format!("{same} {count}")
}

/// The lines that were printed so far.
#[derive(Default)]
struct PrintedLines {
    known: HashSet<String>,
    lines: Vec<ComponentLine>,
    notes: Vec<String>,
    unseen: Vec<String>,
    cut: Option<Time>,
    span: Option<(Time, Time)>,
    changed: usize,
    is_over: bool,
    /// The application and the environment, as a command names them.
    place: [String; 2],
}

impl PrintedLines {
    /// Returns the lines where there is no log line: why, and what to do next.
    fn nothing(&self, from: Time, to: Time) -> String {
        let [app, environment] = &self.place;
        if self.changed == 0 {
            return format!(
                "the deployment changed nothing; no log lines from {from} to {to}\n  next: `windlass status {app} \
                 {environment}` names the deployment that brought what runs; by that one's id, with `--since 1h`, the lines of \
                 the last hour are shown"
            );
        }
        let follow = if self.is_over { "" } else { ", `--follow` goes on until the deployment has ended" };
        format!("no log lines from {from} to {to}\n  next: `--since 1h` reads those of the last hour until now{follow}")
    }

    fn of(&mut self, record: &Record, span: (Time, Time)) {
        self.span = Some(span);
        self.changed = record.steps.len();
        let deployment = &record.deployment;
        self.is_over = deployment.ending.is_some();
        self.place = [deployment.app.to_string(), deployment.environment.to_string()];
    }

    /// Prints the new lines of a look, and returns whether there were any.
    fn print(&mut self, found: LogLook, output: VerbOutput) -> bool {
        let known = self.lines.len();
        for note in found.notes.into_iter().chain(found.unseen.iter().cloned()) {
            if !self.notes.contains(&note) {
                error(&note);
                self.notes.push(note);
            }
        }
        self.unseen = found.unseen;
        self.cut = found.cut;
        let mut alike = HashMap::new();
        for line in found.lines {
            if self.known.insert(key(&line, &mut alike)) {
                output.line(&line.words());
                self.lines.push(line);
            }
        }
        self.lines.len() > known
    }

    fn document(&self, id: &str) -> Value {
        json!({
            "id": id,
            "from": self.span.map(|(from, _)| from),
            "to": self.span.map(|(_, to)| to),
            "lines": self.lines,
            "cut": self.cut,
            "notes": self.notes,
            "unseen": self.unseen,
        })
    }

    /// Ends the output and returns the exit status. Where something could not be read, that is not silence: the status
    /// says so.
    fn end(&self, id: &str, exit: Exit, output: VerbOutput) -> Exit {
        if let Some(cut) = self.cut {
            error(&format!(
                "there are more lines after {cut}: go on with `--since {cut}`, or read more at a time with `--limit`"
            ));
        }
        if let (true, true, Some((from, to))) = (self.lines.is_empty(), self.unseen.is_empty(), self.span) {
            output.progress(&self.nothing(from, to));
        }
        if exit == Exit::TimedOut {
            error(&format!("deployment {id} has not ended; it goes on"));
        }
        output.only_json(&self.document(id));
        if self.unseen.is_empty() { exit } else { Exit::Unreachable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_length_of_time_or_a_time() {
        let now = Time::parse("2026-11-20T14:02:00Z").unwrap();
        let table = [
            ("10m", Some("2026-11-20T13:52:00Z")),
            ("2026-11-20T14:00:00Z", Some("2026-11-20T14:00:00Z")),
            ("2026-11-20T15:00:00+01:00", Some("2026-11-20T14:00:00Z")),
            ("yesterday", None),
            ("", None),
        ];
        for (text, wanted) in table {
            let since = Since::parse(text).ok().map(|since| since.before(now).to_string());
            assert_eq!(since.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_look_begins_late_lines_before_the_one_before_and_never_before_the_first() {
        let table = [(1_000, 30_000, 1_000), (1_000, 100_000, 40_000)];
        for (first, now, wanted) in table {
            assert_eq!(first_of(Time(first), Time(now)), Time(wanted));
        }
    }
}
