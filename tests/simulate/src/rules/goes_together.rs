use crate::happening::{Event, Happening};
use crate::outcome::Outcome;

/// "Function and service at 10 %, judged, then on": with `waves: together` no function is with all its callers before the
/// service has had its first ones. Whoever else changes one of them parts them, until the release is undone for it.
pub fn goes_together(outcome: &Outcome<'_>) -> Result<(), String> {
    let is_parted = |one: &Happening| matches!(one.what, Event::ChangedByStranger(_));
    if outcome.happened.iter().any(is_parted) {
        return Ok(());
    }
    let alone = outcome.happened.iter().find_map(|one| match &one.what {
        Event::Alone(what) => Some(format!("at {} callers got {what} alone", one.at)),
        _ => None,
    });
    alone.map_or(Ok(()), Err)
}
