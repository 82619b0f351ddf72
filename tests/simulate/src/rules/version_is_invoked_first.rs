use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::Counted;

/// "Invoked before the alias moves": if the declaration has an invocation, no caller gets a version of a function
/// before it was invoked and has answered as declared.
///
/// Safety: unknown: No caller gets a version of a function that was not invoked first, and has answered as declared.
pub fn version_is_invoked_first(outcome: &Outcome<'_>) -> Result<(), String> {
    let untried = outcome.happened.iter().find_map(|one| match &one.what {
        Event::Untried(what) => Some(format!("at {} callers got {what} untried", one.at)),
        _ => None,
    });
    untried.map_or(Ok(()), Err)
}

/// "An idle version is woken before callers get it" (decision 0230): if the declaration has an invocation, no way back
/// sends callers to a version that Lambda must make ready first. The invocation is made once and decides nothing, and
/// Lambda's own state is what is waited for. So a version may not be woken where that one call goes wrong, nor be
/// waited for where looks are behind.
///
/// Safety: undo: No way back sends callers to an idle version before an invocation has woken it, if one is declared.
pub fn idle_version_is_woken(outcome: &Outcome<'_>) -> Result<(), String> {
    let schedule = outcome.schedule;
    let is_behind = schedule.mishaps.iter().any(|one| one.what.counted() == Counted::Looks);
    let is_known = schedule.latencies == 0 && !is_behind && outcome.mishaps_at("lambda.invoke").is_empty();
    if !is_known || !outcome.scenario.declaration.contains("invocations:") {
        return Ok(());
    }
    let unready = outcome.happened.iter().find_map(|one| match &one.what {
        Event::Unready(what) => Some(format!("at {} callers got {what}, which could not run", one.at)),
        _ => None,
    });
    unready.map_or(Ok(()), Err)
}
