use super::{Scene, Wanted, other_mode};
use crate::kinds::site::files::{File, Files, Goal, Object, Objects};
use crate::kinds::site::in_place::{Look, file_of};
use crate::kinds::site::load::read;
use crate::kinds::site::plan::{Direction, Known, Way, is_in_scope, plan as plan_way};
use crate::kinds::site::state::{InPlace, State};
use crate::kinds::site::trouble::Trouble;
use crate::kinds::site::{SitePorts, many};
use crate::kinds::{Prepared, Stage, to_value};
use crate::ports::{Answered, Listed};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};

/// How many objects of unknown content are asked for one by one; the rest is taken for different.
const ASKED: usize = 5_000;

/// Every version of every key of the site, newest first.
type Versions = BTreeMap<String, Vec<Listed>>;

/// Plans a site that is changed in place.
pub(super) async fn plan<P: SitePorts>(
    mut scene: Scene<'_, P>,
    wanted: Wanted,
) -> Result<Prepared, Trouble> {
    let versions = versions(&scene).await?;
    let running = running(&scene).await?;
    let (mut goal, forward) = forward(&scene, wanted, &versions, &running).await?;
    let before = before(&scene, &versions, &running.1, &forward).await?;
    let before_goal = Goal::Recorded(before.clone());
    let known = Known {
        is: &before,
        before: &before_goal,
        forward: &forward,
        rules: &scene.rules,
    };
    let way = plan_way(known, Direction::Forward);
    let look = Look::sum_up(&known)?;
    let same = running
        .0
        .filter(|_| drifted(&running.1, &before).is_empty());
    let state = InPlace {
        release: same,
        objects: Some(scene.lists.keep_objects(&before).await?),
        noticed: Some(look.noticed),
        ..InPlace::default()
    };
    scene
        .warnings
        .extend(drift_warning(&scene, &running.1, &before));
    if let Goal::Recorded(objects) = &forward {
        goal.objects = Some(scene.lists.keep_objects(objects).await?);
    }
    finish(scene, state, goal, &way)
}

fn finish<P: SitePorts>(
    scene: Scene<'_, P>,
    before: InPlace,
    goal: InPlace,
    way: &Way,
) -> Result<Prepared, Trouble> {
    let site = &scene.target.site;
    let there = format!("s3://{}/{}", site.bucket, site.prefix);
    let release = goal
        .release
        .as_ref()
        .map_or("what was found", Digest::short);
    let reached = way.ops.is_empty() && way.strange.is_empty();
    let unchanged = reached.then(|| format!("{there} holds all files of {release} already"));
    let stage = Stage {
        what: format!("files of {release} to {there}, documents last"),
        goal: to_value(&State::InPlace(goal))?,
        bake_s: None,
    };
    Ok(Prepared {
        identity: there,
        target: to_value(&scene.target)?,
        before: to_value(&State::InPlace(before))?,
        stages: if reached { vec![] } else { vec![stage] },
        unchanged,
        findings: vec![],
        warnings: scene.warnings,
    })
}

async fn versions<P: SitePorts>(scene: &Scene<'_, P>) -> Answered<Versions> {
    let site = &scene.target.site;
    let mut all = Versions::new();
    let mut after = None;
    loop {
        let page = scene
            .at
            .list_versions(&site.bucket, &site.prefix, after)
            .await?;
        for listed in page.objects {
            let path = listed.key[site.prefix.len()..].to_owned();
            all.entry(path).or_default().push(listed);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// What Windlass brought last: the release and what was at each key then.
async fn running<P: SitePorts>(scene: &Scene<'_, P>) -> Answered<(Option<Digest>, Objects)> {
    let Some(running) = scene.input.running else {
        return Ok((None, Objects::new()));
    };
    let State::InPlace(state) = read("state that runs", &running.state)? else {
        return Ok((None, Objects::new()));
    };
    let Some(list) = &state.objects else {
        return Ok((None, Objects::new()));
    };
    match scene.lists.objects(list).await {
        Ok(objects) => Ok((state.release, objects)),
        Err(fault) if fault.name == FaultName::NotFound => Ok((None, Objects::new())),
        Err(fault) => Err(fault),
    }
}

async fn forward<P: SitePorts>(
    scene: &Scene<'_, P>,
    wanted: Wanted,
    versions: &Versions,
    running: &(Option<Digest>, Objects),
) -> Result<(InPlace, Goal), Trouble> {
    match wanted {
        Wanted::Release(release, paths) => {
            let files = match scene.lists.release(&release).await? {
                Some(files) => files,
                None => names_only(paths),
            };
            let goal = InPlace {
                release: Some(release),
                ..InPlace::default()
            };
            Ok((goal, Goal::Release(files)))
        }
        Wanted::Recorded(State::InPlace(state)) => {
            let list = state.objects.clone().ok_or_else(other_mode)?;
            let recorded = scene.lists.objects(&list).await;
            let recorded = recorded.map_err(|fault| match fault.name {
                FaultName::NotFound => missing(&[fault.message]),
                _ => fault.into(),
            })?;
            let goal = Goal::Recorded(still_there(recorded, versions, &running.1)?);
            Ok((state, goal))
        }
        Wanted::Recorded(State::Prefix(_)) => Err(other_mode()),
    }
}

/// The release's files before they are read from the archive: their paths matter already.
fn names_only(paths: Vec<String>) -> Files {
    let unread = File {
        sha256: Digest::of(b""),
        bytes: u64::MAX,
        content_type: String::new(),
        cache_control: String::new(),
    };
    paths
        .into_iter()
        .map(|path| (path, unread.clone()))
        .collect()
}

/// The recorded objects with versions that exist. A version may be gone where another with the
/// same bytes is there, because an undo copied it.
fn still_there(
    recorded: Objects,
    versions: &Versions,
    running: &Objects,
) -> Result<Objects, Trouble> {
    let mut gone = Vec::new();
    let mut there = Objects::new();
    for (path, mut object) in recorded {
        let found = versions.get(&path).and_then(|all| {
            let by_id = all.iter().find(|it| it.version_id == object.version_id);
            by_id.or_else(|| all.iter().find(|it| it.etag == object.etag))
        });
        match found.filter(|listed| !listed.deleted) {
            Some(listed) => {
                object.version_id.clone_from(&listed.version_id);
                there.insert(path, object);
            }
            None if object.ours || running.contains_key(&path) => gone.push(path),
            None => {}
        }
    }
    if gone.is_empty() {
        Ok(there)
    } else {
        Err(missing(&gone))
    }
}

fn missing(what: &[String]) -> Trouble {
    let some: Vec<&str> = what.iter().take(5).map(String::as_str).collect();
    Finding::new(
        FindingName::ArtifactMissing,
        some.first().copied().unwrap_or_default(),
        format!(
            "the recorded versions of {} files are not in the bucket any more: {}",
            what.len(),
            some.join(", ")
        ),
        "deploy a release from its archive instead, and let noncurrent versions live longer",
    )
    .into()
}

/// What is at each key now, as far as this deployment has anything to do with it.
async fn before<P: SitePorts>(
    scene: &Scene<'_, P>,
    versions: &Versions,
    running: &Objects,
    forward: &Goal,
) -> Answered<Objects> {
    let nothing = Objects::new();
    let owned = Goal::Recorded(running.clone());
    let known = Known {
        is: &nothing,
        before: &owned,
        forward,
        rules: &scene.rules,
    };
    let mut before = Objects::new();
    let mut unknown = BTreeSet::new();
    for (path, all) in versions {
        let latest = all.iter().find(|listed| listed.latest && !listed.deleted);
        let Some(latest) = latest.filter(|_| is_in_scope(&known, path)) else {
            continue;
        };
        let same = running.get(path).filter(|it| it.etag == latest.etag);
        if same.is_none() && unknown.len() < ASKED {
            unknown.insert(path.clone());
        }
        let object = Object {
            etag: latest.etag.clone(),
            bytes: latest.bytes,
            version_id: latest.version_id.clone(),
            file: same.and_then(|it| it.file.clone()),
            ours: owned.owns(path),
        };
        before.insert(path.clone(), object);
    }
    let asked = unknown.iter().map(|path| ask(scene, path)).collect();
    let (found, fault) = many::all(asked).await;
    for (path, etag, file) in found {
        if let Some(object) = before.get_mut(&path).filter(|it| it.etag == etag) {
            object.ours |= file.is_some();
            object.file = file;
        }
    }
    fault.map_or(Ok(before), Err)
}

async fn ask<P: SitePorts>(
    scene: &Scene<'_, P>,
    path: &str,
) -> Answered<(String, String, Option<File>)> {
    let head = scene.at.head(&scene.target.object(path, None)).await?;
    let ours = head.as_ref().filter(|head| {
        head.metadata
            .contains_key(crate::kinds::site::in_place::DEPLOYMENT)
    });
    let file = ours.and_then(file_of);
    let etag = head.map(|head| head.etag).unwrap_or_default();
    Ok((path.to_owned(), etag, file))
}

/// Paths of ours that somebody else changed or removed.
fn drifted<'a>(running: &'a Objects, before: &Objects) -> Vec<&'a str> {
    running
        .iter()
        .filter(|(_, object)| object.ours)
        .filter(|(path, object)| before.get(*path).is_none_or(|it| it.etag != object.etag))
        .map(|(path, _)| path.as_str())
        .collect()
}

fn drift_warning<P>(scene: &Scene<'_, P>, running: &Objects, before: &Objects) -> Option<Finding> {
    let drifted = drifted(running, before);
    (!drifted.is_empty()).then(|| {
        let some: Vec<&str> = drifted.iter().take(5).copied().collect();
        Finding::new(
            FindingName::TargetChangedByOther,
            format!("components.{}", scene.input.component),
            format!(
                "somebody else changed {} files since the last deployment: {}; what is there now counts as the state before",
                drifted.len(),
                some.join(", ")
            ),
            "let only one deployer write to the bucket",
        )
    })
}
