//! The texts about a task: one function for each story.

use super::log::id;
use super::state::{Change, Direction, End, Seen, Sent, Target};
use crate::ports::Run;
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::foreign::{self, OF_A_LOG};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Span;

/// The task in words.
fn named(target: &Target) -> String {
    format!("task {}", target.component)
}

/// A command, in words for people.
pub(super) fn command(words: &[String]) -> String {
    const SHOWN: usize = 60;
    let text = words.join(" ");
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}

/// The tasks that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("the tasks of the family {} in cluster {}", target.family, target.cluster)
}

/// Says what ran.
pub(super) fn shown(target: &Target, seen: &Seen) -> String {
    let ends = [(Direction::Undo, &seen.back), (Direction::Forward, &seen.forward)];
    let ended = ends.into_iter().find_map(|(direction, side)| {
        let end = side.ended(target)?;
        Some(with_log(format!("{}: {}", way(direction), in_words(&end)), &end))
    });
    let alive = || {
        let run = seen.forward.alive().or(seen.back.alive())?;
        Some(format!("task {} is {}", id(&run.arn), run.last_status))
    };
    let last =
        || seen.done.as_ref().map(|done| format!("ran {} with sha256:{}", command(&done.command), done.sha256.short()));
    alive().or(ended).or_else(last).unwrap_or_else(|| "nothing was run".to_owned())
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "the run",
        Direction::Undo => "the undo",
    }
}

/// An end, in words.
fn in_words(end: &End) -> String {
    let task = id(&end.task);
    let took = end.took_s.map_or_else(String::new, |s| format!(" after {}", Span::seconds(s)));
    match (end.exit, end.by_itself) {
        (Some(exit), true) => format!("task {task} ended with exit code {exit}{took}"),
        (Some(exit), false) => format!("task {task} was stopped{took}, exit code {exit}"),
        (None, _) if end.began => format!("task {task} stopped{took} without an exit code"),
        (None, _) => format!("task {task} never began"),
    }
}

/// Adds the page of its log, if that is known.
fn with_log(text: String, end: &End) -> String {
    match &end.log {
        Some(log) => format!("{text}, log {log}"),
        None => text,
    }
}

/// The last lines of its log, if they are shown.
fn last_lines(end: &End) -> String {
    let lines = end.lines.iter().map(|line| format!("{OF_A_LOG}{}", foreign::line(line)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!(" The last lines of its log:{lines}") }
}

/// A change, in words.
pub(super) fn what(change: &Change) -> String {
    match change {
        Change::Register => "register its task definition".to_owned(),
        Change::Run { direction, .. } => match direction {
            Direction::Forward => "run its task".to_owned(),
            Direction::Undo => "run the task that takes it back".to_owned(),
        },
        Change::Stop { task, .. } => format!("stop task {}", id(task)),
        Change::Miss { direction } => {
            format!("{}: ECS shows no task of it", way(*direction))
        }
        Change::Read { task, .. } => format!("read the log of task {}", id(task)),
        Change::Note { direction, end } => {
            let text = with_log(format!("{}: {}", way(*direction), in_words(end)), end);
            noted(&text, &last_lines(end))
        }
    }
}

/// Puts the lines of a log behind what is noted of an end.
pub(super) fn noted(text: &str, lines: &str) -> String {
    let stop = if lines.is_empty() { "" } else { "." };
    format!("{text}{stop}{lines}")
}

/// The reason why an undo stops a task, for whoever looks at it in ECS.
pub(super) fn stopped_by_undo() -> String {
    "Windlass undoes the deployment that ran it".to_owned()
}

/// The reason why a task that takes too long is stopped, for whoever looks at it in ECS.
pub(super) fn stopped_at_limit(target: &Target) -> String {
    format!("Windlass stops it: its limit is {}", Span::seconds(target.limit_s))
}

fn finding(target: &Target, name: FindingName, reason: String, remedy: impl Into<Prose>) -> Finding {
    Finding::new(name, named(target), reason, remedy)
}

/// Returns the reason that ECS gives, for the end of a text.
fn said(why: &str) -> String {
    match why.trim_end_matches('.') {
        "" => String::new(),
        why => format!(" ECS says: {why}."),
    }
}

/// The finding for a task that has failed.
pub(super) fn failed(target: &Target, direction: Direction, end: &End) -> Finding {
    let why = format!("{}{}", said(&end.why), last_lines(end));
    let log = log(target, end);
    match direction {
        Direction::Forward => finding(
            target,
            FindingName::ChangeFailed,
            format!("{} of {}: {}.{why}", capital(way(direction)), command(&target.work.command), in_words(end)),
            format!("{log}, then deploy a fixed release."),
        ),
        Direction::Undo => finding(
            target,
            FindingName::ChangeFailed,
            format!("{} failed, and is not run a second time: {}.{why}", capital(way(direction)), in_words(end)),
            format!("{log}, take back by hand what is left, then `accept`."),
        ),
    }
}

/// The finding for an irreversible task that has begun: nothing that came before may run after it.
pub(super) fn irreversible(target: &Target, end: &End) -> Finding {
    let accept = operators(ActionName::Accept, EnvironmentId::new(&target.app, &target.environment));
    finding(
        target,
        FindingName::Irreversible,
        format!(
            "{} is irreversible and has begun ({}): what came before must not run after it, so nothing is brought back.",
            target.component,
            in_words(end)
        ),
        prose![log(target, end), ". Start ", accept, " to take what is there, then deploy a fix forward."],
    )
}

fn log(target: &Target, end: &End) -> String {
    if let Some(log) = &end.log {
        return format!("Look at its log ({log})");
    }
    format!("Look at the log of container {} of task {} in cluster {}", target.container, id(&end.task), target.cluster)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The finding for a task of which nobody knows whether it was run. CloudTrail has it by its `startedBy`.
pub(super) fn unknown(target: &Target, (direction, started_by): (Direction, &str), sent: &Sent) -> Finding {
    let task = match &sent.answered {
        Some((task, _)) => format!("Task {}", id(task)),
        None => "A task".to_owned(),
    };
    finding(
        target,
        FindingName::ChangeFailed,
        format!(
            "{task} was asked for at {}, and ECS shows no such task: what became of {} is not known. It is not run again, because that could be a second time.",
            sent.first,
            way(direction)
        ),
        format!(
            "Find out whether it ran (CloudTrail, RunTask with the `startedBy` {started_by}; the log of container {}), bring that right by hand, then `accept`.",
            target.container
        ),
    )
}

/// The finding for a task that does not stop although its stop was sent.
pub(super) fn does_not_stop(target: &Target, run: &Run) -> Finding {
    finding(
        target,
        FindingName::ChangeFailed,
        format!("Task {} was told to stop, and is still {}.", id(&run.arn), run.last_status),
        format!(
            "Look at it in cluster {}, and at the container instance that it is on; once it has stopped, `recover`.",
            target.cluster
        ),
    )
}

/// The finding for a task that still runs, so that nobody knows yet what it comes to.
pub(super) fn still_runs(target: &Target, run: &Run) -> Finding {
    finding(
        target,
        FindingName::TargetBusy,
        format!("Task {} is {}: what it comes to is not known yet.", id(&run.arn), run.last_status),
        "Wait until it has stopped, or stop it; then accept again.".to_owned(),
    )
}
