//! The texts about a call: one function for each story.

use super::state::{Change, EndedCall, Seen, Target};
use crate::kinds::task::once::Direction;
use crate::kinds::task::words::{self, capital, finding, last_lines, noted, with_log};
use windlass_domain::declaration::kinds::task::{CallOutcome, Called};
use windlass_domain::prose;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::time::Span;

/// The function in words.
pub(super) fn function(target: &Target) -> String {
    match &target.how.call.alias {
        Some(alias) => format!("function {}:{alias}", target.how.call.name),
        None => format!("function {}", target.how.call.name),
    }
}

/// The part of the function that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("its own calls of {}", function(target))
}

/// Says what ran.
pub(super) fn shown(target: &Target, seen: &Seen) -> String {
    let sides = [(Direction::Undo, &seen.back), (Direction::Forward, &seen.forward)];
    let runs = sides.iter().any(|(_, side)| side.may_run(seen.now));
    let ended = sides.iter().find_map(|(direction, side)| {
        let ended = side.ended()?.with_log(target);
        Some(with_log(of(*direction, &ended), ended.log.as_ref()))
    });
    match (runs, ended, &seen.done) {
        (true, ..) => format!("{} is called", function(target)),
        (false, Some(ended), _) => ended,
        (false, None, Some(done)) => format!("called {} with sha256:{}", function(target), done.sha256.short()),
        (false, None, None) => "nothing was called".to_owned(),
    }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Forward => "the call",
        Direction::Undo => "the call that takes it back",
    }
}

/// An end, in words.
pub(super) fn of(direction: Direction, ended: &EndedCall) -> String {
    let (way, version) = (way(direction), &ended.version);
    let took = Span::seconds(ended.took_s);
    let why = match ended.end.why.trim_end_matches('.') {
        "" => String::new(),
        why => format!(": {why}"),
    };
    match ended.end.outcome {
        CallOutcome::Succeeded => format!("{way} of version {version} succeeded after {took}"),
        CallOutcome::Failed => format!("{way} of version {version} failed after {took}{why}"),
        CallOutcome::NotBegun => format!("{way} never began{why}"),
        CallOutcome::Unknown => format!("{way} of version {version} got no answer{why}"),
    }
}

/// The log of the function, with its page where that is known.
fn log(target: &Target) -> String {
    let page = target.how.log.as_ref().map(|page| format!(" ({page})"));
    format!("the log of {}{}", function(target), page.unwrap_or_default())
}

/// Says where to look for why it ended so.
pub(super) fn look(target: &Target) -> String {
    format!("Look at {}", log(target))
}

/// A change, in words.
pub(super) fn what(change: &Change) -> String {
    match change {
        Change::Start { direction, attempt, version, .. } => {
            let again = match attempt {
                1 => String::new(),
                nth => format!(", try {nth}"),
            };
            format!("ask for {} of version {version}{again}", way(*direction))
        }
        Change::Bar { direction } => format!("let {} not begin any more", way(*direction)),
        Change::Note { direction, end } => noted(of(*direction, end), end.log.as_ref(), &end.end.lines),
    }
}

/// The finding for a call that has failed.
pub(super) fn failed(target: &Target, direction: Direction, ended: &EndedCall) -> Finding {
    let once = match direction {
        Direction::Forward => "",
        Direction::Undo => " It is not made a second time.",
    };
    let reason = format!("{}.{}{once}", capital(&of(direction, ended)), last_lines(&ended.end.lines));
    words::failed(target, direction, reason, &look(target))
}

/// The finding for a call of which nobody knows what it did.
pub(super) fn unknown(target: &Target, direction: Direction, called: &Called) -> Finding {
    let begun = match called.begun {
        Some(begun) => format!("was begun at {begun}, and no answer came"),
        None => "was not begun".to_owned(),
    };
    finding(
        target,
        FindingName::ChangeFailed,
        format!(
            "{} of {} {begun}: what it did is not known. It is not made again, because that could be a second time.",
            capital(way(direction)),
            function(target)
        ),
        format!("Find out what it did: look at {}, bring that right by hand, then `accept`.", log(target)),
    )
}

/// The finding for a call that takes another back, and that Lambda has not run.
pub(super) fn not_begun(target: &Target, called: &Called) -> Finding {
    let why = called.end.as_ref().map(|end| end.why.trim_end_matches('.'));
    let why = why.filter(|why| !why.is_empty());
    finding(
        target,
        FindingName::ChangeFailed,
        format!(
            "{} of {} never began{}.",
            capital(way(Direction::Undo)),
            function(target),
            why.map(|why| format!(": {why}")).unwrap_or_default()
        ),
        "Mend what keeps it from being run, such as its reserved concurrency; then `recover` after five minutes, which asks for it again."
            .to_owned(),
    )
}

/// The finding for a call that was asked for and that nobody makes.
pub(super) fn never_begins(target: &Target, direction: Direction) -> Finding {
    finding(
        target,
        FindingName::ChangeFailed,
        format!(
            "{} of {} was asked for several times, and nobody has begun it.",
            capital(way(direction)),
            function(target)
        ),
        prose!(
            "Look at the log of Windlass's function `run-task`, and at its throttles; then {}, or `recover` after five minutes.",
            Redeploy::Again
        ),
    )
}

/// The finding for a call that is under way, so that nobody knows yet what it comes to.
pub(super) fn still_runs(target: &Target) -> Finding {
    finding(
        target,
        FindingName::TargetBusy,
        format!("{} is called, or may be at once: what it comes to is not known yet.", capital(&function(target))),
        "Wait until it has ended, a quarter of an hour at most; then accept again.".to_owned(),
    )
}
