//! Plans a site that is changed in place.

use super::content::{Content, WantedObject};
use super::next::{about_s, long_switch};
use super::observe::noticed;
use super::plan::{PlanInput, WayDirection, changed, plan as plan_way};
use super::versions::{LatestObjects, ids, is_few, latest, missing, still_there};
use crate::kinds::archive::Entry;
use crate::kinds::site::calls::{self, SitePorts};
use crate::kinds::site::files::{DEPLOYMENT, File, Files, Object, Objects, file_of};
use crate::kinds::site::in_place::content::{ObjectPlace, drift_warning, drifted, places};
use crate::kinds::site::in_place::plan::{Goal, ObjectList};
use crate::kinds::site::in_place::versions::{LeftoverList, in_one_alone, left, newly_left, own_what_was_undone};
use crate::kinds::site::prepare::missing_files::MissingFiles;
use crate::kinds::site::prepare::same_names::{Former, same_names};
use crate::kinds::site::prepare::scene::{SiteScene, WantedSite};
use crate::kinds::site::prepare::target;
use crate::kinds::site::publish::is_unchanged;
use crate::kinds::{Prepared, Recorded, Stage, to_value};
use crate::ports::Result;
use crate::trouble::Trouble;
use std::collections::BTreeSet;
use windlass_domain::release::withdrawal::left_out;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;

/// The most objects of unknown content that are asked for one by one. The others count as different.
const ASKED: usize = 5_000;

/// Plans a site that is changed in place.
pub(in crate::kinds::site) async fn prepare(
    mut scene: SiteScene<'_, impl SitePorts>,
    wanted: WantedSite<Goal>,
    ran: Option<Goal>,
    missing: &MissingFiles,
) -> Result<Prepared, Trouble> {
    let (ran, mut running) = running(&scene, ran).await?;
    let latest = latest(&scene, &running).await?;
    let undone = own_what_was_undone(&scene, &latest, &mut running).await?;
    let expected = expected(&scene, &wanted, &running);
    let entries = match &wanted {
        WantedSite::Release(_, entries) => entries.clone(),
        WantedSite::Recorded(_) => vec![],
    };
    let (mut goal, forward) = forward(&mut scene, wanted, &latest, &running).await?;
    let (mut left, formerly) = left(&scene, &ran, &running, &forward).await?;
    let is_left = |path: &String| formerly.contains_key(path) || undone.contains(path);
    let kept_files = in_one_alone(&forward, &running, is_left);
    let running = Content::Recorded(running);
    let expected = expected.as_ref().unwrap_or(&forward);
    let before = before(&scene, &latest, &running, &forward, expected, &mut left).await?;
    let known = PlanInput {
        is: before.recorded(),
        before: &before,
        forward: &forward,
        rules: &scene.rules,
        // Files that are due for deletion are no reason for a deployment.
        due: &BTreeSet::new(),
    };
    let reached = plan_way(known, WayDirection::Forward).is_gone();
    // Of a release that runs already it is no news.
    if !reached {
        scene.warnings.extend(missing.check(&of_others(&latest, running.recorded()))?);
    }
    let replaced = replaced(PlanInput { forward: expected, ..known });
    if let Some(finding) = target::unreadable(&scene, before.recorded(), &replaced).await? {
        return Err(finding.into());
    }
    let drifted = drifted(&running, &before);
    // The list of the running state was just read, so it is kept.
    let kept = ran.objects.clone().filter(|_| undone.is_empty() && before == running);
    let objects = match kept {
        Some(list) => list,
        None => keep(&scene, before.recorded()).await?,
    };
    let ran = Some(ran).filter(|_| drifted.is_empty()).unwrap_or_default();
    let state = Goal { release: ran.release, left: ran.left, objects: Some(objects) };
    let state = Recorded { noticed: state.noticed(&noticed(&known)?), goal: to_value(&state)?, is_sure: true };
    let path = format!("components.{}", scene.input.component);
    let former = |path: &str| match before.recorded().get(path) {
        None => Former::Nothing,
        Some(object) => object.file.as_ref().map_or(Former::Unknown, Former::Ours),
    };
    let mixed = same_names(&entries, former, &scene.rules, &path);
    scene.warnings.extend(mixed);
    scene.warnings.extend(long_switch(replaced.len(), &path));
    goal.left = scene.lists.keep_leftover_list(&left).await?;
    let stays_reachable = newly_left(&scene, &left.since, &formerly);
    scene.warnings.extend(drift_warning(scene.input.component, &scene.target, &drifted));
    if let Content::Recorded(objects) = &forward {
        goal.objects = Some(keep(&scene, objects).await?);
    }
    Ok(Prepared {
        stays_reachable: stays_reachable.filter(|_| !reached),
        kept_files: Some(kept_files).filter(|files| reached && drifted.is_empty() && *files > 0),
        ..finish(scene, &state, &goal, reached, replaced.len())?
    })
}

/// Returns the paths of what others have put beside the site, or over a file of it: that stays. A file of a former
/// release goes once no open page may name it.
fn of_others<'l>(latest: &'l LatestObjects, running: &Objects) -> BTreeSet<&'l str> {
    let is_ours = |path: &String, etag: &str| running.get(path).is_some_and(|it| it.ours && it.etag == etag);
    let others = latest.iter().filter(|(path, listed)| !is_ours(path, &listed.etag));
    others.map(|(path, _)| path.as_str()).collect()
}

/// Keeps the list of what is at each key, under its digest.
pub(super) async fn keep(scene: &SiteScene<'_, impl SitePorts>, objects: &Objects) -> Result<Digest> {
    let ObjectList { document, .. } = ObjectList::of(objects)?;
    if !scene.lists.kept.has(&document.digest).await? {
        scene.lists.kept.keep(&document).await?;
    }
    Ok(document.digest)
}

/// Returns the paths that the switch writes: those that visitors notice.
fn replaced(known: PlanInput<'_>) -> Vec<String> {
    plan_way(known, WayDirection::Forward).ops.into_iter().filter(|op| !op.additive).map(|op| op.path).collect()
}

fn finish(
    scene: SiteScene<'_, impl SitePorts>,
    before: &Recorded,
    goal: &Goal,
    reached: bool,
    writes: usize,
) -> Result<Prepared, Trouble> {
    let site = &scene.target.site;
    let there = format!("s3://{}/{}", site.bucket, site.prefix);
    let release = goal.release.as_ref().map_or("what was found", Digest::short);
    let unchanged = reached.then(|| format!("{there} holds all files of {release} already"));
    let what = format!(
        "files of {release} to {there}, documents last: {writes} that visitors have, in about {} s",
        about_s(writes)
    );
    let stage = Stage::new(to_value(goal)?, what);
    Ok(Prepared {
        names_out_of_band_changes: true,
        target: to_value(&scene.target)?,
        before: to_value(before)?,
        stages: if reached { vec![] } else { vec![stage] },
        unchanged,
        warnings: scene.warnings,
        ..Prepared::default()
    })
}

/// Returns the goal that Windlass brought last, with the objects of then. Both are empty if the list no longer exists.
pub(super) async fn running(scene: &SiteScene<'_, impl SitePorts>, ran: Option<Goal>) -> Result<(Goal, Objects)> {
    if let Some(goal) = ran
        && let Some(list) = &goal.objects
    {
        match scene.lists.objects(list).await {
            Ok(objects) => return Ok((goal, objects)),
            Err(fault) if fault.name == FaultName::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok((Goal::default(), Objects::new()))
}

async fn forward(
    scene: &mut SiteScene<'_, impl SitePorts>,
    wanted: WantedSite<Goal>,
    latest: &LatestObjects,
    running: &Objects,
) -> Result<(Goal, Content), Trouble> {
    match wanted {
        WantedSite::Release(release, entries) => {
            let files = match scene.lists.release(&release).await? {
                Some(files) => files,
                None => names_only(scene, &entries).collect(),
            };
            let goal = Goal { release: Some(release), ..Goal::default() };
            Ok((goal, Content::Release(files)))
        }
        WantedSite::Recorded(goal) => {
            let unlisted = || missing(&["which no list shows".to_owned()]);
            let list = goal.objects.as_ref().ok_or_else(unlisted)?;
            let recorded = scene.lists.objects(list).await;
            let mut recorded = recorded.map_err(|fault| match fault.name {
                FaultName::NotFound => missing(&[fault.message]),
                _ => fault.into(),
            })?;
            // A file that was left may have been deleted since, and no page names it.
            let left = scene.lists.leftover_list_of(&goal).await?;
            recorded.retain(|path, _| !left.since.contains_key(path));
            let withdrawn = without_withdrawn(scene, &mut recorded);
            scene.warnings.extend(withdrawn);
            let there = still_there(scene, recorded, latest, running).await?;
            Ok((goal, Content::Recorded(there)))
        }
    }
}

/// Leaves out what was withdrawn, and returns the warning that says so.
fn without_withdrawn<P>(scene: &SiteScene<'_, P>, recorded: &mut Objects) -> Option<Finding> {
    let mut out = Vec::new();
    recorded.retain(|path, object| {
        let file = object.file.as_ref();
        let is_out = file.is_some_and(|file| scene.input.withdrawals.has(path, &file.sha256));
        if is_out {
            out.push(path.clone());
        }
        !is_out
    });
    let out: Vec<&str> = out.iter().map(String::as_str).collect();
    (!out.is_empty()).then(|| left_out(scene.input.component, &out))
}

/// Returns the release's files before they are read from the archive. So far only their paths matter.
fn names_only<'e, P>(
    scene: &SiteScene<'_, P>,
    entries: &'e [Entry],
) -> impl Iterator<Item = (String, File)> + use<'e, P> {
    let unread = File {
        sha256: Digest::of(b""),
        bytes: u64::MAX,
        content_type: String::new(),
        cache_control: String::new(),
        content_encoding: None,
        crc32: None,
    };
    let config = scene.target.site.config.as_ref();
    let config: Vec<String> = config.iter().map(|config| config.path.clone()).collect();
    let paths = entries.iter().filter(|entry| !entry.folder).map(|entry| entry.name.clone()).chain(config);
    paths.map(move |path| (path, unread.clone()))
}

/// Returns the release's files, with the content of those that the archive's directory declares unchanged. Returns
/// `None` if a recorded state is wanted.
fn expected<P>(scene: &SiteScene<'_, P>, wanted: &WantedSite<Goal>, running: &Objects) -> Option<Content> {
    let WantedSite::Release(_, entries) = wanted else { return None };
    let mut files: Files = names_only(scene, entries).collect();
    for entry in entries {
        let former = running.get(&entry.name).and_then(|object| object.file.as_ref());
        if let Some(former) = former.filter(|it| is_unchanged(entry, it, &scene.rules, &scene.build))
            && let Some(file) = files.get_mut(&entry.name)
        {
            file.clone_from(former);
        }
    }
    Some(Content::Release(files))
}

/// Returns the present objects, as far as they concern this deployment. S3 is asked only for objects that are not as
/// our own list says, for those that are due, and for unknown versions of objects that will be changed, because an undo
/// needs these.
pub(super) async fn before(
    scene: &SiteScene<'_, impl SitePorts>,
    latest: &LatestObjects,
    owned: &Content,
    forward: &Content,
    expected: &Content,
    left: &mut LeftoverList,
) -> Result<Content> {
    let (mut before, unknown) = as_listed(latest, owned, forward);
    let known =
        PlanInput { is: &Objects::new(), before: owned, forward: expected, rules: &scene.rules, due: &left.due };
    // An object with the ETag of our list has the version of our list as well.
    let lacks_id = |path: &&String| before.get(*path).is_some_and(|it| it.version_id.is_none());
    let changed = changed(&known).into_iter().filter(lacks_id);
    let must_ask: BTreeSet<String> = unknown.into_iter().chain(left.due.iter().cloned()).collect();
    let asked: BTreeSet<String> = changed.chain(&must_ask).cloned().collect();
    let asked = if is_few(asked.len(), latest) {
        asked
    } else {
        for (path, id) in ids(scene).await? {
            if let Some(object) = before.get_mut(&path) {
                object.version_id = id;
            }
        }
        must_ask
    };
    let ours = ask_all(scene, asked, &mut before).await?;
    left.due.retain(|path| ours.contains(path));
    left.since.retain(|path, _| before.contains_key(path));
    Ok(Content::Recorded(before))
}

/// Returns the objects in the bucket, with what our own list says of them, and paths whose objects our list does not
/// know as they are now: at most [`ASKED`] of them.
fn as_listed(latest: &LatestObjects, owned: &Content, forward: &Content) -> (Objects, BTreeSet<String>) {
    let mut before = Objects::new();
    let mut unknown = BTreeSet::new();
    for place in places(latest, owned, forward).filter(ObjectPlace::is_in_scope) {
        let Some(listed) = place.is else { continue };
        let recorded = place.before.and_then(|want| want.object);
        let same = recorded.filter(|it| it.etag == listed.etag);
        if same.is_none() && unknown.len() < ASKED {
            unknown.insert(place.path.clone());
        }
        let object = Object {
            etag: listed.etag.clone(),
            bytes: listed.bytes,
            version_id: same.and_then(|it| it.version_id.clone()),
            file: same.and_then(|it| it.file.clone()),
            ours: place.before.is_some_and(WantedObject::owns),
            copy_of: None,
        };
        before.insert(place.path.clone(), object);
    }
    (before, unknown)
}

/// Asks S3 for what our own list does not say. Answers which are ours by their own account.
async fn ask_all(
    scene: &SiteScene<'_, impl SitePorts>,
    asked: BTreeSet<String>,
    before: &mut Objects,
) -> Result<BTreeSet<String>> {
    let asked: Vec<String> = asked.into_iter().collect();
    let found = calls::every(scene.at, &asked, |path| async move {
        let head = scene.at.head(&scene.target.object(path, None)).await?;
        Ok(head.map(|head| (path, head)))
    })
    .await?;
    let mut ours = BTreeSet::new();
    for (path, head) in found.into_iter().flatten() {
        let Some(object) = before.get_mut(path).filter(|it| it.etag == head.etag) else { continue };
        object.version_id.clone_from(&head.version_id);
        if !head.metadata.contains_key(DEPLOYMENT) {
            continue;
        }
        ours.insert(path.clone());
        if object.file.is_none() {
            object.file = file_of(&head);
            object.ours |= object.file.is_some();
        }
    }
    Ok(ours)
}
