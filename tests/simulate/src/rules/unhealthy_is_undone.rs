use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;

/// "Unknown is not healthy" (rule 7), and neither is red: no deployment succeeds while its release is not healthy by a
/// gate of any sort.
///
/// Safety: unknown: What is not healthy by a gate of any sort, or cannot be known to be, does not succeed.
pub fn unhealthy_is_undone(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut ails = None;
    for happening in &outcome.happened {
        if let Event::Acted(n) = happening.what {
            match outcome.scenario.acts.get(n).map(|act| act.deed) {
                Some(Deed::Ail(what, _)) => ails = Some(what),
                Some(Deed::Change(..)) => ails = None,
                _ => {}
            }
        }
        if let (Some(what), Some(record)) = (ails, outcome.went_live(&happening.what)) {
            let version = &record.release.version;
            return Err(format!("{version} succeeded though {what}"));
        }
    }
    Ok(())
}
