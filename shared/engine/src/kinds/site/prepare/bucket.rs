//! Pure: says what of a bucket the site claims, and checks that the bucket's lifecycle rules keep what the site needs.

// A bucket has to be in its environment's region: to follow S3's redirect needs a second credential scope and a
// wider role, for what the declaration can say.
//
// A lifecycle rule that deletes noncurrent versions within 9 days is refused, because an undo may come as late. One
// that deletes current objects may be meant, so it is a warning.
//
// A copy needs the right to read and write tags. To copy without them would lose what infrastructure code has set,
// so a release whose undo may not read them is refused.

use crate::kinds::site::prefix::state as prefix;
use crate::kinds::site::prepare::scene::{Serving, is_of_bucket};
use crate::kinds::site::target::folder_of;
use crate::ports::LifecycleRule;
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};

/// Returns the claims of a site. With a folder per release, the site claims the path of the origin. In place, nobody
/// may switch an origin that serves the site: that is the declared one, or else every origin that is the bucket.
pub(super) fn claims(site: &StaticSite, serving: Option<&Serving>) -> Vec<Claim> {
    let mut claims = vec![Claim::folder(bucket(site), &site.prefix)];
    let Some(Serving { distribution, origin, .. }) = serving else { return claims };
    let claim = |origin: &str| Claim::whole(format!("{}#{origin}", distribution.arn));
    match (site.mode, &site.origin) {
        (SiteMode::Prefix, _) => claims.push(claim(&origin.id)),
        (SiteMode::InPlace, Some(declared)) => claims.push(claim(declared).shared()),
        (SiteMode::InPlace, None) => {
            let ours = distribution.origins.iter().filter(|it| is_of_bucket(&it.domain, &site.bucket));
            claims.extend(ours.map(|it| claim(&it.id).shared()));
        }
    }
    claims
}

/// Returns the claim of a site after a rollback to the folder that was found. That may be elsewhere in the bucket:
/// Windlass writes nothing there, and nobody else may.
pub(super) fn claim_back(site: &StaticSite, goal: &prefix::Goal) -> Option<Claim> {
    let folder = folder_of(&goal.origin_path);
    let is_elsewhere = !folder.starts_with(&site.prefix);
    is_elsewhere.then(|| Claim::folder(bucket(site), folder).shared())
}

fn bucket(site: &StaticSite) -> String {
    format!("s3://{}/", site.bucket)
}

/// The days that the release machine may take. An undo may need overwritten versions for so long.
const UNDO: u32 = 9;

/// The days for which overwritten versions should be kept for rollbacks.
const ROLLBACK: u32 = 30;

/// The problems of a target.
#[derive(Default)]
pub(in crate::kinds::site) struct Problems {
    /// Problems that stop the deployment.
    pub findings: Vec<Finding>,
    /// Problems that do not stop it.
    pub warnings: Vec<Finding>,
}

/// Pure: checks the rules for a site. `path` is where the declaration names the bucket.
pub(super) fn check_rules(rules: &[LifecycleRule], site: &StaticSite, path: &str) -> Problems {
    let mut problems = Problems::default();
    for rule in rules.iter().filter(|rule| is_about(rule, site)) {
        problems.warnings.extend(live_files_expire(rule, path));
        if site.mode == SiteMode::InPlace {
            versions_expire(rule, path, &mut problems);
        }
    }
    problems
}

/// Returns whether a rule deletes files of the site. Windlass gives them no tags.
fn is_about(rule: &LifecycleRule, site: &StaticSite) -> bool {
    let overlaps = rule.prefix.starts_with(&site.prefix) || site.prefix.starts_with(&rule.prefix);
    rule.enabled && !rule.by_tag && overlaps
}

fn live_files_expire(rule: &LifecycleRule, path: &str) -> Option<Finding> {
    let when = match rule.current_days? {
        0 => "at a date".to_owned(),
        days => format!("{} after they were written", count(days, "day")),
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
    let Some(days) = rule.noncurrent_days else { return };
    let deletes = format!("{} deletes overwritten versions after {}", named(rule), count(days, "day"));
    if days < UNDO && rule.noncurrent_kept == 0 {
        problems.findings.push(
            Finding::new(
                FindingName::TargetNotReady,
                path,
                format!("{deletes}: a deployment may take {UNDO} days, and its undo restores them"),
                format!("let versions that are not current live for at least {ROLLBACK} days, or use mode `prefix`"),
            )
            .seen(days, UNDO),
        );
    } else if days < ROLLBACK {
        let kept = match rule.noncurrent_kept {
            0 => String::new(),
            kept => format!(" but for the newest {kept} of each file"),
        };
        problems.warnings.push(
            Finding::new(
                FindingName::TargetNotReady,
                path,
                format!("{deletes}{kept}: a rollback to a release that was replaced before is refused"),
                format!("let versions that are not current live for at least {ROLLBACK} days"),
            )
            .seen(days, ROLLBACK),
        );
    }
}

fn named(rule: &LifecycleRule) -> String {
    match rule.id.as_str() {
        "" => "a lifecycle rule of the bucket".to_owned(),
        id => format!("the bucket's lifecycle rule `{id}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Distribution, Origin};
    use serde_json::{from_value, json};

    fn site(mode: &str, prefix: &str, origin: Option<&str>) -> StaticSite {
        from_value(json!({
            "bucket": "web", "prefix": prefix, "mode": mode, "origin": origin, "cache": [], "hashed": [],
        }))
        .unwrap()
    }

    fn in_words(claims: impl IntoIterator<Item = Claim>) -> String {
        claims
            .into_iter()
            .map(|claim| {
                let shared = if claim.shared { "*" } else { "" };
                format!("{shared}{claim}")
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_a_site_claims() {
        let origins = [("one", "web"), ("two", "web"), ("api", "other")];
        let origins = origins.map(|(id, bucket)| Origin {
            id: id.into(),
            domain: format!("{bucket}.s3.eu-west-1.amazonaws.com"),
            path: String::new(),
        });
        let distribution =
            Distribution { deployed: true, arn: "E1".into(), origins: origins.into(), ..Distribution::default() };
        let table = [
            ("in_place", None, false, "s3://web/site/"),
            ("in_place", None, true, "s3://web/site/ *E1#one *E1#two"),
            ("in_place", Some("two"), true, "s3://web/site/ *E1#two"),
            ("prefix", Some("two"), true, "s3://web/site/ E1#two"),
            ("prefix", None, true, "s3://web/site/ E1#one"),
        ];
        for (mode, declared, is_served, expected) in table {
            let chosen = declared.unwrap_or("one");
            let origin = distribution.origins.iter().find(|it| it.id == chosen);
            let serving = is_served.then(|| Serving {
                id: "E1".into(),
                distribution: distribution.clone(),
                origin: origin.unwrap().clone(),
            });
            let claims = claims(&site(mode, "site/", declared), serving.as_ref());
            assert_eq!(in_words(claims), expected, "{mode} {declared:?}");
        }
    }

    #[test]
    fn what_is_shown_after_a_rollback() {
        let table = [
            ("/site/0123", ""),
            ("/site", ""),
            ("/sites", "*s3://web/sites/"),
            ("/found/here", "*s3://web/found/here/"),
            ("", "*s3://web/"),
        ];
        for (origin_path, expected) in table {
            let goal = prefix::Goal { origin_path: origin_path.into(), ..prefix::Goal::default() };
            let claim = claim_back(&site("prefix", "site/", None), &goal);
            assert_eq!(in_words(claim), expected, "{origin_path}");
        }
    }

    fn rule(change: impl Fn(&mut LifecycleRule)) -> LifecycleRule {
        let mut rule = LifecycleRule { id: "r".into(), enabled: true, ..LifecycleRule::default() };
        change(&mut rule);
        rule
    }

    /// Returns the number of findings and of warnings for a rule.
    fn checked(site: &StaticSite, change: impl Fn(&mut LifecycleRule)) -> (usize, usize) {
        let problems = check_rules(&[rule(change)], site, "components.web.bucket");
        (problems.findings.len(), problems.warnings.len())
    }

    #[test]
    fn versions_must_live_as_long_as_an_undo_and_should_as_long_as_rollbacks() {
        let site = site("in_place", "", None);
        let table = [(1, 0, (1, 0)), (8, 0, (1, 0)), (8, 1, (0, 1)), (9, 0, (0, 1)), (29, 5, (0, 1)), (30, 0, (0, 0))];
        for (days, kept, expected) in table {
            let found = checked(&site, |rule| {
                rule.noncurrent_days = Some(days);
                rule.noncurrent_kept = kept;
            });
            assert_eq!(found, expected, "{days} days, {kept} kept");
        }
    }

    /// A change of a rule after which the rule no longer concerns the site.
    type Spare = fn(&mut LifecycleRule);

    #[test]
    fn rules_that_do_not_touch_the_site_are_let_be() {
        let strict = |rule: &mut LifecycleRule| {
            rule.noncurrent_days = Some(1);
            rule.current_days = Some(1);
        };
        let whole = site("in_place", "", None);
        let folder = site("in_place", "web/", None);
        let prefix = site("prefix", "web/", None);
        assert_eq!(checked(&whole, strict), (1, 1));
        assert_eq!(checked(&prefix, strict), (0, 1), "folders keep no versions");
        assert_eq!(checked(&folder, |_| {}), (0, 0));
        let table: [(&str, Spare); 3] = [
            ("disabled", |rule| rule.enabled = false),
            ("by tag", |rule| rule.by_tag = true),
            ("elsewhere", |rule| rule.prefix = "logs/".into()),
        ];
        for (what, spare) in table {
            let found = checked(&folder, |rule| {
                strict(rule);
                spare(rule);
            });
            assert_eq!(found, (0, 0), "{what}");
        }
        let inside = checked(&folder, |rule| {
            strict(rule);
            rule.prefix = "web/images/".into();
        });
        assert_eq!(inside, (1, 1));
    }

    #[test]
    fn the_words_name_the_rule_and_the_days() {
        let site = site("in_place", "", None);
        let problems = check_rules(&[rule(|rule| rule.noncurrent_days = Some(3))], &site, "b");
        assert_eq!(
            problems.findings[0].reason.written(),
            "the bucket's lifecycle rule `r` deletes overwritten versions after 3 days: a deployment may take 9 days, and its undo restores them"
        );
        let by_date = rule(|rule| {
            rule.current_days = Some(0);
            rule.id = String::new();
        });
        let problems = check_rules(&[by_date], &site, "b");
        assert!(
            problems.warnings[0]
                .reason
                .written()
                .starts_with("a lifecycle rule of the bucket deletes files that visitors get, at a date")
        );
    }
}
