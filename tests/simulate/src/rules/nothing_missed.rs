use crate::happening::Event;
use crate::outcome::Outcome;

/// "documents last", and "hashed assets of both releases must be reachable from both" (kinds, static
/// site): after each change of a site its page is found with all that it names, and what documents
/// that are still open have named is found as well, at every edge.
///
/// Safety: sites: A visitor finds what the page names, also what an open page has named, after each change of a site,
/// at each edge.
pub fn nothing_missed(outcome: &Outcome<'_>) -> Result<(), String> {
    let ours = outcome
        .happened
        .iter()
        .take_while(|one| !is_by_stranger(&one.what));
    let missed = ours.into_iter().find_map(|one| match &one.what {
        Event::Missed(what) => Some(format!("at {} {what}", one.at)),
        _ => None,
    });
    missed.map_or(Ok(()), Err)
}

/// What visitors get after somebody else changed the site is not ours to tell.
fn is_by_stranger(event: &Event) -> bool {
    matches!(event, Event::ChangedByStranger("web"))
}
