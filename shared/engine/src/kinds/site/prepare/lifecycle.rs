//! Whether the lifecycle of a site's bucket leaves the site what it needs.

use super::target::Problems;
use crate::ports::LifecycleRule;
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::finding::{Finding, FindingName};

/// How long the release machine may take, in days: so long an undo may need overwritten versions.
const UNDO: u32 = 7;

/// How long overwritten versions should be kept for rollbacks, in days.
const ROLLBACK: u32 = 30;

/// Pure: what is wrong with the rules for a site; `path` is where the declaration names the bucket.
pub(super) fn judge(rules: &[LifecycleRule], site: &StaticSite, path: &str) -> Problems {
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
