use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use crate::target_calls::{has_condition, is_guarded};
use crate::targets::COMPONENTS;
use std::collections::{BTreeMap, BTreeSet};

/// "where AWS has a compare-and-set nothing of theirs is overwritten": a deployment that was prepared before somebody
/// else changed a target does not change it any more. If AWS has no compare-and-set, as for ECS, a deployment whose
/// deployer has seen the change does not go forward over it. Only an operator's `recover` goes back all the same, once,
/// because the operator has looked (`docs/decisions/converge/0199-out-of-band-changes-and-stale-reads.md`).
///
/// Safety: out-of-band changes: What somebody else made is kept where AWS has a condition; where it has none, a
/// deployer that saw it does not go forward over it.
pub fn out_of_band_changes_are_kept(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut prepared: BTreeSet<String> = BTreeSet::new();
    let mut theirs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut asked_for: BTreeSet<&str> = BTreeSet::new();
    // The target has no condition, is as somebody else has made it, and nobody has looked since.
    let mut unseen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut mishaps = outcome.schedule.mishaps.iter();
    let is_behind = outcome.schedule.latencies > 0 || mishaps.any(|one| one.what == What::LooksLate);
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(_, change) => {
                let key = change.after.as_ref().map(|item| &item.key);
                if let Some(key) = key.filter(|key| key.sk == "plan") {
                    prepared.insert(key.pk.trim_start_matches("deployment#").to_owned());
                }
            }
            Event::ChangedByOther(component) => {
                let to = if is_guarded(component, outcome.scenario.declaration) { &mut theirs } else { &mut unseen };
                to.insert(component, prepared.clone());
            }
            Event::Looked(_, component) if !is_behind => {
                theirs.extend(unseen.remove_entry(component));
            }
            Event::Acted(n) => {
                let act = outcome.scenario.acts.get(*n);
                if act.is_some_and(|act| matches!(act.deed, Deed::Operate("recover"))) {
                    asked_for.extend(COMPONENTS);
                }
            }
            Event::Switched { who, component, call, .. } => {
                unseen.remove(component);
                if asked_for.remove(component) {
                    theirs.remove(component);
                }
                let work = who.work.as_ref();
                // Without a condition an undo goes back to the recorded state before, whatever is there.
                let has_condition = has_condition(call, component, outcome.scenario.declaration);
                let work = work.filter(|work| has_condition || work.wave.is_some());
                let id = work.map(|work| work.deployment.to_string());
                let found = theirs.get(component).zip(id);
                if found.is_some_and(|(prepared, id)| prepared.contains(&id)) {
                    return Err(format!("{call} overwrote what somebody else made of {component}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
