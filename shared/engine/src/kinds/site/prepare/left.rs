//! What former releases left at the keys of a site in place, and what of it this deployment deletes.

use crate::kinds::site::SitePorts;
use crate::kinds::site::files::{Goal, Objects};
use crate::kinds::site::left::{LeftList, left_by};
use crate::kinds::site::prepare::Scene;
use crate::kinds::site::prepare::bucket::Latest;
use crate::kinds::site::state::InPlace;
use crate::ports::Answered;
use windlass_domain::left::due;
use windlass_domain::time::Time;

/// Counts as the site's own what deployments wrote since the running one and did not bring to an end:
/// an undo leaves files that are no documents, because pages that name them may be open, and no list of a snapshot
/// has them.
pub(in crate::kinds::site) async fn own_what_was_undone<P: SitePorts>(
    scene: &Scene<'_, P>,
    latest: &Latest,
    running: &mut Objects,
) -> Answered<()> {
    let since = scene.input.running.map_or(Time(0), |it| it.since);
    for (path, object) in scene.lists.written_since(since).await? {
        let there = latest.get(&path).is_some_and(|it| it.etag == object.etag);
        if scene.rules.outlives(&path) && there && object.ours {
            running.entry(path).or_insert(object);
        }
    }
    Ok(())
}

/// What is left once the goal is reached, and what of it may be deleted.
pub(in crate::kinds::site) async fn left<P: SitePorts>(
    scene: &Scene<'_, P>,
    ran: &InPlace,
    running: &Objects,
    forward: &Goal,
) -> Answered<LeftList> {
    let now = scene.at.now();
    let formerly = scene.lists.left(ran.left.as_ref()).await?.since;
    let since = left_by(forward, running, &formerly, &scene.rules, now);
    let due = due(&since, scene.input.oldest, now);
    Ok(LeftList { since, due })
}
