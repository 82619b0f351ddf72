use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::declaration::gate::{Verdict, gate_key};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::environment::Snapshot;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;

/// "Unknown is not healthy" (rule 7), so what is unknown at the end is not good, whatever the declaration lets it
/// become. A snapshot says that a component which its release brought was measured only if a gate of it, or of the whole
/// release, passed by its last measurement in that deployment.
///
/// Safety: unknown: What no gate has measured is not recorded as verified good.
pub fn good_is_measured(outcome: &Outcome<'_>) -> Result<(), String> {
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    // The snapshot of a rollback is as good as the one that it went to.
    let made = snapshots.iter().filter(|snapshot| is_of_a_release(outcome, &snapshot.deployment));
    for snapshot in made {
        for name in snapshot.proof.measured.iter().filter(|name| is_brought(snapshot, name)) {
            if !is_measured(outcome, &snapshot.deployment, name) {
                let (number, version) = (snapshot.number, &snapshot.version);
                return Err(format!("snapshot {number} ({version}) says that {name} was measured, and no gate did"));
            }
        }
    }
    Ok(())
}

fn is_of_a_release(outcome: &Outcome<'_>, id: &DeploymentId) -> bool {
    let records = outcome.records();
    records.iter().any(|record| record.id == *id && record.action == ActionName::Deploy)
}

/// Returns whether the deployment that made a snapshot brought the component. Of another one it is as good as before.
fn is_brought(snapshot: &Snapshot, name: &ComponentName) -> bool {
    let ran = snapshot.components.get(name);
    ran.is_some_and(|ran| ran.all_names().any(|names| names.brought.deployment == snapshot.deployment))
}

/// Returns whether a gate of the component, or of the whole release, passed by its last measurement.
pub(super) fn is_measured(outcome: &Outcome<'_>, id: &DeploymentId, name: &ComponentName) -> bool {
    let mut waves: Vec<Rc<Judgement>> = outcome.all(&format!("deployment#{id}"), "judgement#");
    waves.sort_by_key(|judgement| judgement.wave);
    let mut last = BTreeMap::new();
    for one in waves.iter().flat_map(|judgement| &judgement.measurements) {
        if one.component.as_ref().is_none_or(|of| of == name) {
            last.insert((&one.component, gate_key(one)), one.verdict);
        }
    }
    last.values().any(|verdict| *verdict == Verdict::Pass)
}
