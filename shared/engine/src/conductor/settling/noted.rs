//! Notes what an ended restore or withdrawal leaves in the environment's state: a restore counts, and what was withdrawn
//! does not come back.

use crate::ledger::Stored;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::heal::Restored;
use windlass_domain::name::ComponentName;
use windlass_domain::request::ActionName;
use windlass_domain::step::Step;
use windlass_domain::withdrawal::{self, WithdrawnFiles};

/// Notes in the state that a restore has ended, so that it counts. A restore that found nothing to do, or that somebody
/// stopped, does not count.
pub fn restored(record: &Deployment, state: &mut EnvironmentState) {
    let Some(ended) = &record.ending else { return };
    let is_nothing = ended.ending == Ending::NothingToDo || record.stopped;
    if record.action != ActionName::Restore || is_nothing {
        return;
    }
    let restored = Restored {
        deployment: record.id.clone(),
        at: ended.at,
        components: record.components().cloned().collect(),
        refused: ended.ending == Ending::Rejected,
    };
    restored.note(&mut state.restored);
}

/// Notes the files that the steps have withdrawn. Of a withdrawal that was not brought to its end those of which it has
/// begun to delete any: `is_done` says which it is.
pub fn withdrawn(steps: &[Stored<Step>], state: &mut EnvironmentState, is_done: bool) {
    let steps = steps.iter().map(|step| &step.value);
    let withdraws = |step: &&Step| !step.withdraws.is_empty();
    for step in steps.filter(withdraws).filter(|step| is_done || !step.changes.is_empty()) {
        let known = state.withdrawn.entry(step.component.clone()).or_default();
        known.extend(step.withdraws.iter().cloned());
    }
}

/// Says which files stay withdrawn although their withdrawal was not brought to its end.
pub fn stays_withdrawn(steps: &[Stored<Step>]) -> Option<String> {
    let steps = steps.iter().map(|step| &step.value);
    let begun = steps.filter(|step| !step.changes.is_empty());
    let files: WithdrawnFiles = begun.flat_map(|step| step.withdraws.iter().cloned()).collect();
    (!files.is_empty()).then(|| withdrawal::stay_away(&files))
}

/// Says what a withdrawal has taken away.
pub fn withdrawal_done(record: &Deployment, steps: &[&Step]) -> String {
    let (components, files): (Vec<&ComponentName>, Vec<&WithdrawnFiles>) =
        steps.iter().map(|step| (&step.component, &step.withdraws)).unzip();
    let component = components.first().map_or("", |name| name.as_str());
    let files = files.into_iter().flatten().cloned().collect();
    withdrawal::done(record.environment_id(), component, &files)
}
