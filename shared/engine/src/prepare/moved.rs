//! Whether the target of a component is still the one of which a rollback's snapshot tells.

use super::Ports;
use super::component::Draft;
use super::scene::Scene;
use crate::kinds::{Prepared, has_moved};
use crate::observe::where_it_ran;
use crate::ports::Answered;
use windlass_domain::rollback::moved;

/// Refuses the drafts of a rollback whose targets are others since: the number of a version of one function, say,
/// means something else at another one, and so does whatever the kind made of it.
pub async fn refuse<P: Ports>(ports: &P, scene: &Scene, drafts: &mut [Draft<'_>]) -> Answered<()> {
    let Some(goal) = &scene.goal else {
        return Ok(());
    };
    for draft in drafts {
        let Some(back) = goal.components.get(draft.name) else {
            continue;
        };
        if draft.prepared.identity.is_empty() {
            continue;
        }
        let former = where_it_ran(ports, draft.name, back).await?;
        if former.is_some_and(|former| has_moved(&former, &draft.prepared)) {
            draft.prepared = Prepared::refused(vec![moved(goal, draft.name)]);
        }
    }
    Ok(())
}
