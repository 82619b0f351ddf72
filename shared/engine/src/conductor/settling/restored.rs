//! Counting the restores of an environment.

use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::heal::Restored;
use windlass_domain::request::ActionName;

/// Notes in the state that a restore has ended, so that it counts. A restore that found nothing to do, or that somebody
/// stopped, does not count.
pub fn note(record: &Deployment, state: &mut EnvironmentState) {
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
