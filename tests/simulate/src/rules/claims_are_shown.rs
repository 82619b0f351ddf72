use crate::happening::Event;
use crate::outcome::Outcome;

/// "Nothing is claimed that is not so" (rule 1): when an ending is written, or an execution answers for another one's
/// deployment, the targets show at that moment what it claims, unless somebody outside has changed them.
///
/// Safety: truth: What an ending, or an answer on another one's deployment, claims is what the targets show at that
/// moment.
pub fn claims_are_shown(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut happened = outcome.happened.iter();
    let untrue = happened.find_map(|one| match &one.what {
        Event::Untrue(why) => Some(why.clone()),
        _ => None,
    });
    untrue.map_or(Ok(()), Err)
}
