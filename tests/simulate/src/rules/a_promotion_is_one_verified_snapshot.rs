use super::good_is_measured::is_measured;
use super::nobody_does_what_the_file_forbids::Files;
use crate::access::Verified;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::times::SKEW_MS;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Snapshot, Veto};
use windlass_domain::release::action::ActionName;
use windlass_domain::text::time::Time;

/// "A promotion is one verified snapshot": where the file in force wants releases from `staging`, a release begins only
/// if one snapshot of `staging` had run just these bytes of all of its components, each measured there, for as long as
/// the file says, and its release was not undone there. The record names that snapshot.
///
/// Safety: promotion: What is deployed where a rule names the environment before is one snapshot there that was
/// measured, and was live for its time.
pub fn a_promotion_is_one_verified_snapshot(outcome: &Outcome<'_>) -> Result<(), String> {
    let files = Files::of(outcome);
    let mut snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/staging", "snapshot#");
    snapshots.sort_by_key(|snapshot| snapshot.number);
    for happening in &outcome.happened {
        let Some(record) = accepted(outcome, &happening.what) else {
            continue;
        };
        let lacks = |from: Verified| {
            let mut verified = snapshots.iter().enumerate().filter(|(n, snapshot)| {
                let replaced = snapshots.get(n + 1).map_or(happening.at, |next| next.made.min(happening.at));
                is_verified(outcome, snapshot, &record, (from, replaced))
            });
            let named = record.verified_by.as_ref().filter(|from| from.environment.as_str() == "staging");
            !verified.any(|(_, snapshot)| named.is_some_and(|from| from.snapshot == snapshot.number))
        };
        if files.in_force(happening.at).all(|file| file.from.is_some_and(&lacks)) && !files.are_none() {
            let (id, version, from) = (&record.id, &record.release.version, &record.verified_by);
            return Err(format!("deployment {id} of {version} was taken from {from:?}, which had not verified it"));
        }
    }
    Ok(())
}

/// Returns the release into `prod` that is recorded by this event, and has not ended at once.
fn accepted(outcome: &Outcome<'_>, what: &Event) -> Option<Rc<Deployment>> {
    let Event::Wrote(_, change) = what else {
        return None;
    };
    let record = outcome.read::<Deployment>(change.after.as_ref(), "record")?;
    let is_new = change.before.is_none() && record.ending.is_none();
    let is_release = record.action == ActionName::Deploy && record.environment.as_str() == "prod";
    (is_new && is_release).then_some(record)
}

/// Returns whether a snapshot that was replaced then, or has not been, has verified all that a release brings.
fn is_verified(
    outcome: &Outcome<'_>,
    snapshot: &Snapshot,
    record: &Deployment,
    (from, replaced): (Verified, Time),
) -> bool {
    let was_live = snapshot.made.plus_s(from.live_min * 60) <= replaced.plus_ms(2 * SKEW_MS);
    let vetoes: Vec<Rc<Veto>> = outcome.all("env#shop/staging", "veto#");
    let is_vetoed = vetoes.iter().any(|veto| Some(&veto.release) == snapshot.release.as_ref());
    let mut brought = record.release.components.iter();
    was_live
        && !is_vetoed
        && brought.all(|(name, artifact)| {
            let ran = snapshot.components.get(name);
            let is_it = ran.is_some_and(|ran| ran.artifact.as_ref() == Some(artifact));
            let by = ran.map(|ran| &ran.names.brought.deployment);
            is_it && by.is_some_and(|by| is_measured(outcome, by, name))
        })
}
