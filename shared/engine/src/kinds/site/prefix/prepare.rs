use super::state::{Goal, Target};
use crate::kinds::archive::Entry;
use crate::kinds::site::calls::SitePorts;
use crate::kinds::site::prefix::state;
use crate::kinds::site::prepare::missing_files::MissingFiles;
use crate::kinds::site::prepare::same_names::{Former, same_names};
use crate::kinds::site::prepare::scene::{Serving, SiteScene, WantedSite};
use crate::kinds::site::target::{folder_of, origin_path_of};
use crate::kinds::{Prepared, Recorded, Stage, to_value};
use crate::ports::Result;
use crate::trouble::Trouble;
use std::collections::BTreeSet;
use windlass_domain::environment::rollback;
use windlass_domain::prose;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::stays_reachable::{StaysReachable, WhyReachable};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};

/// Plans a site with a folder per release.
pub(in crate::kinds::site) async fn prepare(
    mut scene: SiteScene<'_, impl SitePorts>,
    serving: Serving,
    wanted: WantedSite<Goal>,
    ran: Option<Goal>,
    missing: &MissingFiles,
) -> Result<Prepared, Trouble> {
    let Serving { id, distribution, origin } = serving;
    let before = Goal {
        release: ran.filter(|ran| ran.origin_path == origin.path).and_then(|ran| ran.release),
        origin_path: origin.path,
        deployed: distribution.deployed,
    };
    let (goal, complete, stays_reachable) = match wanted {
        WantedSite::Release(release, entries) => {
            let named = entries.iter().map(|entry| entry.name.clone()).collect();
            let left = left(&scene, &before, &named).await?;
            let known = scene.lists.release_paths(Some(&release)).await?.is_some();
            let is_live = known && before.release.as_ref() == Some(&release);
            let runs = is_live && is_whole(&mut scene, &before).await?;
            if !runs {
                let mixed = mixed(&scene, &before, &entries).await?;
                scene.warnings.extend(mixed);
            }
            let goal = Goal {
                origin_path: if runs { before.origin_path.clone() } else { new_path(&scene, &release) },
                release: Some(release),
                deployed: true,
            };
            (goal, runs, left)
        }
        WantedSite::Recorded(goal) => {
            check_folder(&scene, &goal).await?;
            let named = paths(&scene, &goal).await?.into_iter().collect();
            let left = left(&scene, &before, &named).await?;
            let deployed = true;
            (Goal { deployed, ..goal }, true, left)
        }
    };
    let reached = complete && before.origin_path == goal.origin_path;
    // Of a release that runs already it is no news. Nobody else writes into the folder of a release.
    if !reached {
        scene.warnings.extend(missing.check(&BTreeSet::new())?);
    }
    let what = format!("origin path `{}` → `{}`", before.origin_path, goal.origin_path);
    let unchanged = reached.then(|| format!("the origin path is `{}` already", goal.origin_path));
    let mut stages = Vec::new();
    if !reached && scene.target.site.is_tried {
        // The first stage switches nothing. The release's files are there once it is reached.
        let folder = format!("files published in `{}`", goal.origin_path);
        stages.push(stage(&before, folder, true)?);
    }
    if !reached {
        stages.push(stage(&goal, what, false)?);
    }
    let before = Recorded { noticed: before.noticed(), goal: to_value(&before)?, is_sure: false };
    let target = Target { site: scene.target, distribution: id, origin: origin.id };
    Ok(Prepared {
        target: to_value(&target)?,
        before: to_value(&before)?,
        stages,
        unchanged,
        warnings: scene.warnings,
        stays_reachable: stays_reachable.filter(|_| !reached),
        ..Prepared::default()
    })
}

/// Returns the paths of a folder's release; none of a folder that Windlass did not fill.
async fn paths(scene: &SiteScene<'_, impl SitePorts>, folder: &Goal) -> Result<Vec<String>> {
    Ok(scene.lists.release_paths(folder.release.as_ref()).await?.unwrap_or_default())
}

/// Returns the files of the folder of before that are copied into the one that follows, for pages that are open, and
/// that are not `named` by the release there.
async fn left(
    scene: &SiteScene<'_, impl SitePorts>,
    before: &Goal,
    named: &BTreeSet<String>,
) -> Result<Option<StaysReachable>> {
    let paths = paths(scene, before).await?;
    let is_left = |path: &&String| scene.rules.outlives(path) && !named.contains(*path);
    Ok(StaysReachable::of(
        EnvironmentId::new(scene.input.app, scene.input.environment),
        scene.input.component,
        WhyReachable::OpenPages,
        None,
        paths.iter().filter(is_left),
    ))
}

fn stage(goal: &Goal, what: String, ahead: bool) -> Result<Stage> {
    Ok(Stage { ahead, ..Stage::new(to_value(goal)?, what) })
}

/// A warning where files keep their names although their content changes: an edge that looks into the other
/// folder answers with the other one.
async fn mixed(scene: &SiteScene<'_, impl SitePorts>, before: &Goal, entries: &[Entry]) -> Result<Option<Finding>> {
    let Some(release) = &before.release else { return Ok(None) };
    let files = scene.lists.release(release).await?.unwrap_or_default();
    let former = |path: &str| files.get(path).map_or(Former::Nothing, Former::Ours);
    let path = format!("components.{}", scene.input.component);
    Ok(same_names(entries, former, &scene.rules, &path))
}

fn new_path(scene: &SiteScene<'_, impl SitePorts>, release: &Digest) -> String {
    let bucket = &scene.at.config().artifacts_bucket;
    origin_path_of(&scene.target, release, scene.input.deployment, bucket)
}

/// A folder to go back to must still hold its release.
pub(super) async fn check_folder(scene: &SiteScene<'_, impl SitePorts>, goal: &Goal) -> Result<(), Trouble> {
    let folder = folder_of(&goal.origin_path);
    let bucket = &scene.target.site.bucket;
    if scene.lists.is_pruned(bucket, goal).await? {
        return Err(pruned(bucket, &folder));
    }
    let (amiss, _) = state::amiss(scene.at, &scene.lists, bucket, goal).await?;
    let is_empty = || async { Result::<_>::Ok(scene.at.list(bucket, &folder, None).await?.objects.is_empty()) };
    let reason = if !amiss.is_empty() {
        format!("the release's folder, {}", state::in_words(&amiss))
    } else if is_empty().await? {
        "the folder is empty".to_owned()
    } else {
        return Ok(());
    };
    Err(Finding::new(
        FindingName::ArtifactMissing,
        format!("s3://{bucket}/{folder}"),
        reason,
        prose!(
            "roll back to another snapshot; or deploy that release by its version with {} and a reason, which \
             publishes it again, in a folder of its own; and let folders of former releases live longer",
            rollback::instead()
        ),
    )
    .into())
}

/// True where the folder that is live is as it was published. Where it is not, its release is published again in
/// another folder.
async fn is_whole(scene: &mut SiteScene<'_, impl SitePorts>, live: &Goal) -> Result<bool> {
    let bucket = &scene.target.site.bucket;
    let (amiss, _) = state::amiss(scene.at, &scene.lists, bucket, live).await?;
    if amiss.is_empty() {
        return Ok(true);
    }
    scene.warnings.push(Finding::new(
        FindingName::TargetChangedByOther,
        format!("components.{}", scene.input.component),
        format!(
            "somebody else changed the folder `{}` of the release that is live, {}; the release is published again, in a folder of its own",
            live.origin_path,
            state::in_words(&amiss)
        ),
        "let only one deployer write to the bucket",
    ));
    Ok(false)
}

/// The refusal of a folder that is being deleted. Before a folder is deleted its note says so.
fn pruned(bucket: &str, folder: &str) -> Trouble {
    Finding::new(
        FindingName::ArtifactMissing,
        format!("s3://{bucket}/{folder}"),
        "the folder is older than the snapshots that are kept, and its files are being deleted",
        prose!(
            "roll back to another snapshot, or deploy that release by its version with {} and a reason; and raise \
             `keep` of the component",
            rollback::instead()
        ),
    )
    .into()
}
