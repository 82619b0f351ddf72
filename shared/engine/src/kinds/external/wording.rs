//! The texts about an outside thing: one function for each story. What rests on the function's word says so.

use super::state::{Change, Seen, TRIES, Target};
use crate::kinds::noticed::plain;
use crate::kinds::whose;
use crate::ports::PinnedFunction;
use windlass_domain::declaration::kinds::external::{BadAnswer, FunctionRefusal, LONGEST_ANSWER, Look, State, VERSION};
use windlass_domain::prose;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::foreign::{line, truncate};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Span;

/// The longest value of a state that is shown, and all of them, in bytes.
const SHOWN: (usize, usize) = (40, 160);

/// A pinned version, by its name.
pub(super) fn named(function: &PinnedFunction) -> String {
    format!("{}:{}", function.name, function.version)
}

/// Says whose word it is.
pub(super) fn says(function: &PinnedFunction) -> String {
    format!("as {} says", named(function))
}

/// The part of it that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("what callers get of {}", target.owns)
}

/// A state in words: its members but the format.
pub(super) fn state(state: &State) -> String {
    let members = state.iter().filter(|(name, _)| *name != "format");
    let members = members.map(|(name, value)| format!("{name} {}", truncate(plain(value), SHOWN.0)));
    let all = members.collect::<Vec<_>>().join(", ");
    if all.is_empty() { "nothing".to_owned() } else { truncate(line(&all), SHOWN.1) }
}

/// Says what callers get.
pub(super) fn shown(target: &Target, is: &State) -> String {
    format!("{} ({})", state(is), says(target.looks()))
}

/// What it waits for.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    (!seen.look.ready).then(|| format!("{}, {}", waiting(&seen.look), says(target.looks())))
}

fn waiting(look: &Look) -> &str {
    look.says.as_deref().unwrap_or("it is not ready")
}

/// A change, in words.
pub(super) fn what(change: &Change, seen: &Seen) -> String {
    let owns = &seen.look.owns;
    let what = match change {
        Change::Prepare { goal, .. } => format!("prepare {owns} for {}", state(goal)),
        Change::Note { of, ready: true, .. } => format!("saw {owns} ready with {}, and look once more", state(of)),
        Change::Note { of, ready: false, .. } => format!("saw {owns} with {}, and not ready any more", state(of)),
        Change::Send { goal, .. } => format!("change {owns} from {} to {}", state(&seen.state), state(goal)),
    };
    format!("{what} ({})", seen.says)
}

fn failed(target: &Target, reason: String, remedy: impl Into<Prose>) -> Finding {
    Finding::new(FindingName::ChangeFailed, target.owns.as_str(), reason, remedy)
}

/// The finding for a function whose answers cannot be relied upon. `path` is the place in the declaration.
pub(super) fn broken(path: String, reason: String) -> Finding {
    let remedy = prose!(
        "Mend the function, try it with `examples/external/kit.py`, publish it, and let the alias point there; then {}.",
        Redeploy::Again
    );
    Finding::new(FindingName::PromiseBroken, path, reason, remedy)
}

/// The finding for a goal that the outside has given up.
pub(super) fn given_up(target: &Target, seen: &Seen) -> Finding {
    let why = seen.look.failed.as_deref().unwrap_or_default().trim_end_matches('.');
    failed(
        target,
        format!("The outside has given it up, {}: {why}.", says(target.looks())),
        prose!("Mend what is named there, then {}.", Redeploy::Fixed),
    )
}

/// The finding for a goal that is not ready in its time.
pub(super) fn late(target: &Target, seen: &Seen) -> Finding {
    let within = Span::seconds(target.within_s);
    let is = state(&seen.state);
    failed(
        target,
        format!("It is not ready after {within}: it is {is}; {}, {}.", waiting(&seen.look), says(target.looks())),
        prose!("Look there for what it waits for, and raise `within` if it takes longer; then {}.", Redeploy::Again),
    )
}

/// The finding for a change whose mark has moved each time.
pub(super) fn refused(target: &Target) -> Finding {
    failed(
        target,
        format!(
            "The change was refused {TRIES} times in a row: what the outside compares had moved although callers got the same, or the call came too late, {}.",
            says(&target.function)
        ),
        prose!(
            "Find out what moves there, and let it rest while a release goes out, and whether the function's clock is right; then {}.",
            Redeploy::Again
        ),
    )
}

/// The finding for a state that is neither the one before nor the wanted one, or that was wanted and is gone again.
pub(super) fn changed(target: &Target, seen: &Seen) -> Finding {
    let (is, whose) = (shown(target, &seen.state), whose(&owned(target)));
    Finding::new(
        FindingName::TargetChangedByOther,
        target.owns.as_str(),
        format!("Somebody else changed it meanwhile: it is {is}. {whose}."),
        prose!(
            "Find out who changed it there, make sure that nobody else does while a release goes out, then {}.",
            Redeploy::Again
        ),
    )
}

/// The finding for a function that names another thing than when it was planned.
pub(super) fn other_thing(target: &Target, seen: &Seen) -> Finding {
    broken(target.owns.clone(), format!("It changes {} now, {}.", seen.look.owns, says(target.looks())))
}

/// Says that the function has refused something.
pub(super) fn refusal(function: &PinnedFunction, refusal: &FunctionRefusal) -> String {
    format!("it was refused as {}: {}, {}", line(&refusal.name), refusal.says.trim_end_matches('.'), says(function))
}

/// Says that the function has failed. Only the type of its error is kept.
pub(super) fn broke(function: &PinnedFunction, error: &str) -> String {
    format!("the function {} failed with {}: its log says more", named(function), line(error))
}

/// Says that it is not known what callers get.
pub(super) fn unknown(function: &PinnedFunction, look: &Look) -> String {
    format!("nobody knows what callers get: {}, {}", waiting(look), says(function))
}

/// Says why an answer is not believed. It repeats nothing of it but names of members.
pub(super) fn bad(function: &PinnedFunction, bad: &BadAnswer) -> String {
    let why = match bad {
        BadAnswer::TooLong(bytes) => format!("has {}, and {LONGEST_ANSWER} are the most", count(*bytes, "byte")),
        BadAnswer::NoObject => "is no JSON object".to_owned(),
        BadAnswer::Secret(path) => format!("has in `{path}` what looks like a secret"),
        BadAnswer::Unknown { name, meant: None } => format!("has a member `{name}` that the protocol does not know"),
        BadAnswer::Unknown { name, meant: Some(meant) } => {
            format!("has a member `{name}` that the protocol does not know; `{meant}` was probably meant")
        }
        BadAnswer::OtherVersion => format!("is not of version {VERSION} of the protocol"),
        BadAnswer::Form(member) => format!("has no `{member}` of the form that the protocol has"),
        BadAnswer::Refused(refused) => format!("refuses a look as {}: {}", line(&refused.name), refused.says),
    };
    format!("the answer of {} {why}", named(function))
}
