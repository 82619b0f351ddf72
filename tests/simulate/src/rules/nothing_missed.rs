use crate::happening::Event;
use crate::outcome::Outcome;

/// "documents last", and "hashed assets of both releases must be reachable from both" (kinds, static site): after each
/// change of a site a visitor finds its page and everything that it names. A visitor with a document that is still open
/// finds what that has named. This holds at every edge.
///
/// Safety: sites: A visitor finds what the page names, also what an open page has named, after each change of a site,
/// at each edge.
pub fn nothing_missed(outcome: &Outcome<'_>) -> Result<(), String> {
    let ours = outcome.happened.iter().take_while(|one| !is_by_other(&one.what));
    let missed = ours.into_iter().find_map(|one| match &one.what {
        Event::Missed(what) => Some(format!("at {} {what}", one.at)),
        _ => None,
    });
    missed.map_or(Ok(()), Err)
}

/// Returns whether somebody else changed the site. What visitors get after that is not Windlass's doing.
fn is_by_other(event: &Event) -> bool {
    matches!(event, Event::ChangedByOther("web"))
}
