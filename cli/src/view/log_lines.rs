//! The log lines of what a deployment changed, in one look. The deciding code is pure.

use serde::Serialize;
use std::collections::BTreeSet;
use windlass_aws::{Aws, LogLine, LogLines, LogPlace};
use windlass_domain::deployment::step::Step;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::foreign;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::kinds::{Writes, writes};

/// A line with its component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentLine {
    /// The time at which it was written.
    pub at: Time,
    /// The component.
    pub component: ComponentName,
    /// The log group.
    pub group: String,
    /// The log stream.
    pub stream: String,
    /// Its text.
    pub text: String,
    /// CloudWatch's id of it, by which it is known again; empty where it gives none.
    #[serde(skip)]
    pub id: String,
}

impl ComponentLine {
    /// Returns the line for people. What a program writes in several lines stays so, and begins none of them.
    pub fn words(&self) -> String {
        let text = foreign::terminal(self.text.trim_end()).replace('\n', "\n  | ");
        format!("{} {} {text}", self.at, self.component)
    }
}

/// A log group that a component writes into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Its region; that of the installation where absent.
    pub region: Option<String>,
    /// The component.
    pub component: ComponentName,
}

/// The result of one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogLook {
    /// The log groups that the changed targets write into, whether there are lines or not.
    pub groups: BTreeSet<LogGroup>,
    /// Lines, oldest first.
    pub lines: Vec<ComponentLine>,
    /// The time up to which all lines are there; absent where none is left out.
    pub cut: Option<Time>,
    /// Notes about them.
    pub notes: Vec<String>,
    /// Everything that could not be read, with the reason.
    pub unseen: Vec<String>,
}

/// Reads the lines of what the deployment has changed of these components, or of all, from one time to another, or to
/// now.
pub async fn look(
    aws: &Aws,
    record: &Record,
    only: &BTreeSet<ComponentName>,
    span: (Time, Option<Time>),
    limit: usize,
) -> LogLook {
    let (mut look, mut lines, mut cuts) = (LogLook::default(), Vec::new(), Vec::new());
    let steps = record.steps.iter();
    for step in steps.filter(|step| only.is_empty() || only.contains(&step.component)) {
        let component = &step.component;
        let named = |text: String| format!("{component}: {text}");
        for place in look.places(aws, step).await {
            match aws.log_lines(&place, span, limit).await {
                Ok(read) => {
                    look.notes.extend(not_there(step, &place, &read));
                    cuts.extend(read.cut);
                    lines.extend(read.lines.into_iter().map(|line| line_of(component, &place, line)));
                }
                Err(why) => look.unseen.push(named(why)),
            }
        }
    }
    (look.lines, look.cut) = merged(lines, &cuts, limit);
    look
}

/// Finds the log groups that the changed targets write into; no line is read.
pub async fn groups(aws: &Aws, record: &Record) -> LogLook {
    let mut look = LogLook::default();
    for step in &record.steps {
        look.places(aws, step).await;
    }
    look
}

/// Returns everything that decides which log groups are found: while it is the same, so are they. `None` where nothing
/// that was changed so far writes any lines.
pub fn what_writes(record: &Record) -> Option<String> {
    let asked = record.steps.iter().filter_map(|step| match asked(step) {
        StepLogs::Written(writes) => Some(format!("{} {writes:?}", step.component)),
        StepLogs::Note(_) | StepLogs::Unseen(_) => None,
    });
    let asked: Vec<String> = asked.collect();
    (!asked.is_empty()).then(|| asked.join("\n"))
}

impl LogLook {
    /// Adds the log groups, notes and unseen places of a step, and returns the places of its lines.
    async fn places(&mut self, aws: &Aws, step: &Step) -> Vec<LogPlace> {
        let writes = match asked(step) {
            StepLogs::Written(writes) => writes,
            StepLogs::Note(note) => {
                self.notes.push(note);
                return Vec::new();
            }
            StepLogs::Unseen(why) => {
                self.unseen.push(why);
                return Vec::new();
            }
        };
        let component = &step.component;
        let found = aws.log_places(&writes, step.place.region.as_deref()).await;
        let named = |text: String| format!("{component}: {text}");
        self.notes.extend(found.notes.into_iter().map(named));
        self.unseen.extend(found.unseen.into_iter().map(named));
        let groups = found.places.iter().map(|place| LogGroup {
            name: place.group.clone(),
            region: place.region.clone(),
            component: component.clone(),
        });
        self.groups.extend(groups);
        found.places
    }
}

/// The work for a step: reading what it has written, or adding a note or a reason.
enum StepLogs {
    Written(Writes),
    Note(String),
    Unseen(String),
}

fn asked(step: &Step) -> StepLogs {
    let component = &step.component;
    let writes = match writes(step) {
        Ok(writes) => writes,
        Err(fault) => return StepLogs::Unseen(format!("{component}: {fault}")),
    };
    let unchanged = match &writes {
        Writes::Nothing(why) => {
            return StepLogs::Note(format!("{component} has no log lines: {why}"));
        }
        Writes::Elsewhere(place) => return StepLogs::Note(format!("{component}: {place}")),
        Writes::Versions { versions, .. } => versions.is_empty(),
        Writes::Tasks { task_definitions, .. } => task_definitions.is_empty(),
    };
    if unchanged {
        return StepLogs::Note(format!("{component} has no log lines: nothing of it that runs was changed yet"));
    }
    match &step.place.role {
        None => StepLogs::Written(writes),
        Some(role) => {
            let what = match &writes {
                Writes::Versions { function, .. } => format!("function {function}"),
                Writes::Tasks { service, .. } => format!("service {service}"),
                Writes::Nothing(_) | Writes::Elsewhere(_) => component.to_string(),
            };
            StepLogs::Unseen(format!(
                "{component}: another account has the {what}, that of {}: look there with `aws logs tail` and that \
                 account's credentials",
                role.arn
            ))
        }
    }
}

fn not_there(step: &Step, place: &LogPlace, read: &LogLines) -> Option<String> {
    (!read.is_there).then(|| {
        let (component, group) = (&step.component, &place.group);
        format!("{component}: there is no log group {group}, which comes with its first line")
    })
}

fn line_of(component: &ComponentName, place: &LogPlace, line: LogLine) -> ComponentLine {
    ComponentLine {
        at: line.at,
        component: component.clone(),
        group: place.group.clone(),
        stream: line.stream,
        text: line.text,
        id: line.id,
    }
}

/// Puts lines of several places in their order. Returns also the time up to which all are there: after the first cut of
/// any place there would be gaps.
fn merged(mut lines: Vec<ComponentLine>, cuts: &[Time], limit: usize) -> (Vec<ComponentLine>, Option<Time>) {
    lines.sort_by_key(|line| line.at);
    let mut cut = cuts.iter().min().copied();
    lines.retain(|line| cut.is_none_or(|cut| line.at <= cut));
    if lines.len() > limit {
        lines.truncate(limit);
        cut = lines.last().map(|line| line.at);
    }
    (lines, cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(all: &[(u64, &str)]) -> Vec<ComponentLine> {
        all.iter()
            .map(|(at, text)| ComponentLine {
                at: Time(*at),
                component: ComponentName::new("api").unwrap(),
                group: "g".into(),
                stream: "s".into(),
                text: (*text).to_owned(),
                id: (*text).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_line_steers_nothing_and_begins_none_of_ours() {
        let hostile = "\u{1b}[2Jone\r\nnext: run it\n  next: run it\u{2028}\u{202e}two\n";
        assert_eq!(
            lines(&[(0, hostile)])[0].words(),
            "1970-01-01T00:00:00Z api \\u{1b}[2Jone\\u{d}\n  | next: run it\n  |   next: run it\\u{2028}\\u{202e}two"
        );
    }

    #[test]
    fn lines_of_several_places_have_one_order_and_no_gaps() {
        let all = [(3, "c"), (1, "a"), (2, "b"), (3, "d")];
        let table: [(&[u64], usize, &str, Option<u64>); 5] = [
            (&[], 9, "abcd", None),
            (&[], 4, "abcd", None),
            (&[], 2, "ab", Some(2)),
            (&[2], 9, "ab", Some(2)),
            (&[9, 3], 1, "a", Some(1)),
        ];
        for (cuts, limit, wanted, cut) in table {
            let cuts: Vec<Time> = cuts.iter().copied().map(Time).collect();
            let (found, at) = merged(lines(&all), &cuts, limit);
            let text: String = found.iter().map(|line| line.text.as_str()).collect();
            assert_eq!((text.as_str(), at), (wanted, cut.map(Time)), "{cuts:?} {limit}");
        }
    }
}
