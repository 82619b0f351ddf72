//! The texts about a task: one function for each story.

use super::log::id;
use super::once::Direction;
use super::state::{Change, InEcs, Seen, Sent, Target, TaskEnd};
use super::words::{self, capital, finding, last_lines, noted, with_log};
use crate::ports::Run;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Span;

/// A command, in words for people.
pub(super) fn command(words: &[String]) -> String {
    const SHOWN: usize = 60;
    let text = words.join(" ");
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("`{short}…`") } else { format!("`{short}`") }
}

/// The tasks that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("the tasks of the family {} in cluster {}", target.how.family, target.how.cluster)
}

/// Says what ran.
pub(super) fn shown(target: &Target, seen: &Seen) -> String {
    let ends = [(Direction::Undo, &seen.back), (Direction::Forward, &seen.forward)];
    let ended = ends.into_iter().find_map(|(direction, side)| {
        let end = side.ended(target)?;
        Some(with_log(format!("{}: {}", way(direction), in_words(&end)), end.log.as_ref()))
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
pub(super) fn in_words(end: &TaskEnd) -> String {
    let task = id(&end.task);
    let took = end.took_s.map_or_else(String::new, |s| format!(" after {}", Span::seconds(s)));
    match (end.exit, end.by_itself) {
        (Some(exit), true) => format!("task {task} ended with exit code {exit}{took}"),
        (Some(exit), false) => format!("task {task} was stopped{took}, exit code {exit}"),
        (None, _) if end.began => format!("task {task} stopped{took} without an exit code"),
        (None, _) => format!("task {task} never began"),
    }
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
            noted(format!("{}: {}", way(*direction), in_words(end)), end.log.as_ref(), &end.lines)
        }
    }
}

/// The reason why an undo stops a task, for whoever looks at it in ECS.
pub(super) fn stopped_by_undo() -> String {
    "Windlass undoes the deployment that ran it".to_owned()
}

/// The reason why a task that takes too long is stopped, for whoever looks at it in ECS.
pub(super) fn stopped_at_limit(target: &Target) -> String {
    format!("Windlass stops it: its limit is {}", Span::seconds(target.limit_s))
}

/// Returns the reason that ECS gives, for the end of a text.
fn said(why: &str) -> String {
    match why.trim_end_matches('.') {
        "" => String::new(),
        why => format!(" ECS says: {why}."),
    }
}

/// The finding for a task that has failed.
pub(super) fn failed(target: &Target, direction: Direction, end: &TaskEnd) -> Finding {
    let (way, ended) = (capital(way(direction)), in_words(end));
    let what = match direction {
        Direction::Forward => format!("{way} of {}", command(&target.work.command)),
        Direction::Undo => format!("{way} failed, and is not run a second time"),
    };
    let reason = format!("{what}: {ended}.{}{}", said(&end.why), last_lines(&end.lines));
    words::failed(target, direction, reason, &look(target, end))
}

/// Says where to look for why it ended so.
pub(super) fn look(target: &Target, end: &TaskEnd) -> String {
    if let Some(log) = &end.log {
        return format!("Look at its log ({log})");
    }
    let InEcs { container, cluster, .. } = &target.how;
    format!("Look at the log of container {container} of task {} in cluster {cluster}", id(&end.task))
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
            target.how.container
        ),
    )
}

/// The finding for a task that does not stop although its stop was sent.
pub(super) fn does_not_stop(target: &Target, run: &Run) -> Finding {
    finding(
        target,
        FindingName::ChangeFailed,
        format!("Task {} was asked to stop, and is still {}.", id(&run.arn), run.last_status),
        format!(
            "Look at it in cluster {}, and at the container instance that it is on; once it has stopped, `recover`.",
            target.how.cluster
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
