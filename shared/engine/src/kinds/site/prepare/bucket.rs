//! What is in a site's bucket, and whether its lifecycle leaves the site what it needs. Listing all versions takes
//! long where there are many, so it is done only where asking for each of those that matter would take longer.

use crate::kinds::site::calls::{Pace, Patience};
use crate::kinds::site::files::{Object, Objects};
use crate::kinds::site::in_place::plan::ask_each;
use crate::kinds::site::listing::list_all;
use crate::kinds::site::prepare::Scene;
use crate::kinds::site::prepare::target::Problems;
use crate::kinds::site::{SitePorts, Trouble, calls};
use crate::ports::{Answered, LifecycleRule, Listed};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::finding::{Finding, FindingName};

/// How long the release machine may take, in days: so long an undo may need overwritten versions.
const UNDO: u32 = 7;

/// How long overwritten versions should be kept for rollbacks, in days.
const ROLLBACK: u32 = 30;

/// Pure: what is wrong with the rules for a site; `path` is where the declaration names the bucket.
pub(in crate::kinds::site) fn judge(
    rules: &[LifecycleRule],
    site: &StaticSite,
    path: &str,
) -> Problems {
    let mut problems = Problems::default();
    for rule in rules.iter().filter(|rule| is_about(rule, site)) {
        problems.warnings.extend(live_files_expire(rule, path));
        if site.mode == SiteMode::InPlace {
            versions_expire(rule, path, &mut problems);
        }
    }
    problems
}

/// Whether a rule deletes files of the site. Windlass gives them no tags.
fn is_about(rule: &LifecycleRule, site: &StaticSite) -> bool {
    let overlaps = rule.prefix.starts_with(&site.prefix) || site.prefix.starts_with(&rule.prefix);
    rule.enabled && !rule.by_tag && overlaps
}

fn live_files_expire(rule: &LifecycleRule, path: &str) -> Option<Finding> {
    let when = match rule.current_days? {
        0 => "at a date".to_owned(),
        days => format!("{days} days after they were written"),
    };
    Some(Finding::new(
        FindingName::TargetNotReady,
        path,
        format!(
            "{} deletes files that visitors get, {when}: what does not change is not written again by a deployment",
            named(rule)
        ),
        "let the rule delete only versions that are not current, or other keys than the site's",
    ))
}

fn versions_expire(rule: &LifecycleRule, path: &str, problems: &mut Problems) {
    let Some(days) = rule.noncurrent_days else {
        return;
    };
    let deletes = format!(
        "{} deletes overwritten versions after {days} days",
        named(rule)
    );
    if days < UNDO && rule.noncurrent_kept == 0 {
        problems.findings.push(Finding::new(
            FindingName::TargetNotReady,
            path,
            format!("{deletes}: a deployment may take {UNDO} days, and its undo restores them"),
            format!("let versions that are not current live for at least {ROLLBACK} days, or use mode `prefix`"),
        ));
    } else if days < ROLLBACK {
        let kept = match rule.noncurrent_kept {
            0 => String::new(),
            kept => format!(" but for the newest {kept} of each file"),
        };
        problems.warnings.push(Finding::new(
            FindingName::TargetNotReady,
            path,
            format!("{deletes}{kept}: a rollback to a release that was replaced before is refused"),
            format!("let versions that are not current live for at least {ROLLBACK} days"),
        ));
    }
}

fn named(rule: &LifecycleRule) -> String {
    match rule.id.as_str() {
        "" => "a lifecycle rule of the bucket".to_owned(),
        id => format!("the bucket's lifecycle rule `{id}`"),
    }
}

/// What is at each key now, by path.
pub(in crate::kinds::site) type Latest = BTreeMap<String, Listed>;

/// Every version of every key of the site, newest first.
type Versions = BTreeMap<String, Vec<Listed>>;

/// Whether asking for each of so many paths is quicker than listing them all.
pub(in crate::kinds::site) fn is_few(paths: usize, latest: &Latest) -> bool {
    ask_each(paths, latest.len(), Pace::default().limit)
}

/// Lists what is at each key now.
pub(in crate::kinds::site) async fn latest<P: SitePorts>(
    scene: &Scene<'_, P>,
    running: &Objects,
) -> Answered<Latest> {
    let site = &scene.target.site;
    let known: Vec<&str> = running.keys().map(String::as_str).collect();
    let listed = list_all(scene.at, &site.bucket, &site.prefix, &known).await?;
    let by_path = listed.into_iter();
    Ok(by_path
        .map(|listed| (listed.key[site.prefix.len()..].to_owned(), listed))
        .collect())
}

/// The version ids of what is at each key now.
pub(in crate::kinds::site) async fn ids<P: SitePorts>(
    scene: &Scene<'_, P>,
) -> Answered<BTreeMap<String, Option<String>>> {
    let all = versions(scene).await?.into_iter();
    let current = |all: Vec<Listed>| all.into_iter().find(|listed| listed.latest);
    Ok(all
        .filter_map(|(path, all)| Some((path, current(all)?.version_id)))
        .collect())
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

/// The recorded objects with versions that exist. A version may be gone where another with the
/// same bytes is there, because an undo copied it.
pub(in crate::kinds::site) async fn still_there<P: SitePorts>(
    scene: &Scene<'_, P>,
    recorded: Objects,
    latest: &Latest,
    running: &Objects,
) -> Result<Objects, Trouble> {
    let is_live = |path: &str, object: &Object| {
        latest
            .get(path)
            .is_some_and(|listed| listed.etag == object.etag)
    };
    let needed: Vec<(&String, &Object)> = recorded
        .iter()
        .filter(|(path, object)| !is_live(path, object))
        .collect();
    if is_few(needed.len(), latest) && all_there(scene, &needed).await? {
        return Ok(recorded);
    }
    let needed: BTreeSet<String> = needed.into_iter().map(|(path, _)| path.clone()).collect();
    let versions = versions(scene).await?;
    let (mut there, mut gone) = (Objects::new(), Vec::new());
    for (path, mut object) in recorded {
        if !needed.contains(&path) {
            there.insert(path, object);
            continue;
        }
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

async fn all_there<P: SitePorts>(
    scene: &Scene<'_, P>,
    needed: &[(&String, &Object)],
) -> Answered<bool> {
    let pace = Cell::default();
    let (found, fault) = calls::all(
        scene.at,
        &pace,
        Patience::Long,
        needed,
        |(path, object)| async move {
            let version = scene.target.object(path, object.version_id.clone());
            Ok(object.version_id.is_some() && scene.at.head(&version).await?.is_some())
        },
    )
    .await;
    fault.map_or_else(|| Ok(found.into_iter().all(|there| there)), Err)
}

/// Recorded versions that are not there any more.
pub(in crate::kinds::site) fn missing(what: &[String]) -> Trouble {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn site(mode: SiteMode, prefix: &str) -> StaticSite {
        StaticSite {
            bucket: "shop-web".into(),
            prefix: prefix.into(),
            mode,
            distribution: None,
            origin: None,
            url: None,
            root: None,
            cache: vec![],
            hashed: vec![],
            keep: 10,
            config: None,
            is_tried: false,
        }
    }

    fn rule(change: impl Fn(&mut LifecycleRule)) -> LifecycleRule {
        let mut rule = LifecycleRule {
            id: "r".into(),
            enabled: true,
            ..LifecycleRule::default()
        };
        change(&mut rule);
        rule
    }

    /// How many findings and warnings a rule gives.
    fn judged(site: &StaticSite, change: impl Fn(&mut LifecycleRule)) -> (usize, usize) {
        let told = judge(&[rule(change)], site, "components.web.bucket");
        (told.findings.len(), told.warnings.len())
    }

    #[test]
    fn versions_must_live_as_long_as_an_undo_and_should_as_long_as_rollbacks() {
        let site = site(SiteMode::InPlace, "");
        let table = [
            (1, 0, (1, 0)),
            (6, 0, (1, 0)),
            (6, 1, (0, 1)),
            (7, 0, (0, 1)),
            (29, 5, (0, 1)),
            (30, 0, (0, 0)),
        ];
        for (days, kept, expected) in table {
            let told = judged(&site, |rule| {
                rule.noncurrent_days = Some(days);
                rule.noncurrent_kept = kept;
            });
            assert_eq!(told, expected, "{days} days, {kept} kept");
        }
    }

    /// A change of a rule that spares the site.
    type Spare = fn(&mut LifecycleRule);

    #[test]
    fn rules_that_do_not_touch_the_site_are_let_be() {
        let strict = |rule: &mut LifecycleRule| {
            rule.noncurrent_days = Some(1);
            rule.current_days = Some(1);
        };
        let whole = site(SiteMode::InPlace, "");
        let folder = site(SiteMode::InPlace, "web/");
        let prefix = site(SiteMode::Prefix, "web/");
        assert_eq!(judged(&whole, strict), (1, 1));
        assert_eq!(judged(&prefix, strict), (0, 1), "folders keep no versions");
        assert_eq!(judged(&folder, |_| {}), (0, 0));
        let table: [(&str, Spare); 3] = [
            ("disabled", |rule| rule.enabled = false),
            ("by tag", |rule| rule.by_tag = true),
            ("elsewhere", |rule| rule.prefix = "logs/".into()),
        ];
        for (what, spare) in table {
            let told = judged(&folder, |rule| {
                strict(rule);
                spare(rule);
            });
            assert_eq!(told, (0, 0), "{what}");
        }
        let inside = judged(&folder, |rule| {
            strict(rule);
            rule.prefix = "web/images/".into();
        });
        assert_eq!(inside, (1, 1));
    }

    #[test]
    fn the_words_name_the_rule_and_the_days() {
        let site = site(SiteMode::InPlace, "");
        let told = judge(&[rule(|rule| rule.noncurrent_days = Some(3))], &site, "b");
        assert_eq!(
            told.findings[0].reason,
            "the bucket's lifecycle rule `r` deletes overwritten versions after 3 days: a deployment may take 7 days, and its undo restores them"
        );
        let by_date = rule(|rule| {
            rule.current_days = Some(0);
            rule.id = String::new();
        });
        let told = judge(&[by_date], &site, "b");
        assert!(told.warnings[0].reason.starts_with(
            "a lifecycle rule of the bucket deletes files that visitors get, at a date"
        ));
    }
}
