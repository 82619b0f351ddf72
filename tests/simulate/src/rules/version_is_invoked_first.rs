use crate::happening::Event;
use crate::outcome::Outcome;

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
