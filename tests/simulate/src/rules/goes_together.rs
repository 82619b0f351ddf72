use crate::happening::Event;
use crate::outcome::Outcome;

/// "Function and service at 10 %, judged, then on": with `waves: together` no function has all its callers before the
/// service has had its first ones.
///
/// Safety: plans: With `waves: together` no function has all its callers before the service has had its first ones.
pub fn goes_together(outcome: &Outcome<'_>) -> Result<(), String> {
    let alone = outcome.happened.iter().find_map(|one| match &one.what {
        Event::Alone(what) => Some(format!("at {} callers got {what} alone", one.at)),
        _ => None,
    });
    alone.map_or(Ok(()), Err)
}
