//! Handles components whose target is another one than where they ran.

use super::component::Draft;
use super::drafts::elsewhere;
use super::inputs::EarlierComponents;
use super::scene::{Ports, Scene};
use crate::kinds::Prepared;
use crate::observe::where_it_ran;
use crate::ports::Result;
use windlass_domain::rollback::moved;
use windlass_domain::step::Step;
use windlass_domain::tenancy::{Claim, left_behind};

/// Refuses those of a rollback, prepares the others as if nothing of them ran, and tells what they leave: the number of
/// a version of one function, say, means something else at another one, and so does whatever the kind made of it.
pub async fn settle(ports: &impl Ports, scene: &Scene, drafts: &mut [Draft<'_>]) -> Result<()> {
    for at in 0..drafts.len() {
        let before = EarlierComponents::of(drafts);
        let again = match drafts.get(at) {
            Some(draft) => settled(ports, scene, draft, &before).await?,
            None => None,
        };
        if let (Some(again), Some(draft)) = (again, drafts.get_mut(at)) {
            draft.prepared = again;
        }
    }
    Ok(())
}

/// Another part of the plan for a component; nothing where it is where it ran.
async fn settled(
    ports: &impl Ports,
    scene: &Scene,
    draft: &Draft<'_>,
    before: &EarlierComponents<'_>,
) -> Result<Option<Prepared>> {
    let name = draft.name;
    if let Some(goal) = &scene.goal
        && let Some(back) = goal.components.get(name)
    {
        let former = where_it_ran(ports, name, back).await?;
        if !left(former.as_ref(), &draft.prepared).is_empty() {
            return Ok(Some(Prepared::refused(vec![moved(goal, name)])));
        }
    }
    let left = left(draft.ran.as_ref(), &draft.prepared);
    let running = scene.state.running.get(name);
    let Some(running) = running.filter(|_| !left.is_empty()) else {
        return Ok(None);
    };
    let told = left_behind(name, running.version(), &left);
    let mut again = elsewhere(ports, scene, name, before).await?;
    again.warnings.push(told);
    Ok(Some(again))
}

/// Returns the claims of that step that the component has left. Empty if it is not known what the component claims now.
fn left<'a>(former: Option<&'a Step>, now: &Prepared) -> Vec<&'a Claim> {
    let former = former.filter(|_| !now.claims.is_empty());
    former.map_or(vec![], |former| Claim::left(&former.claims, &now.claims))
}
