//! The sentences in the end of an execution, in the record and in the notification, and the words for what a deployment
//! brings. Pure.
//!
//! A rollback, a drill and a restoring bring no release of their own. Before their turn nobody knows where they go, and
//! their record has the action's name in the place of a version. That name is no version, and is shown to nobody as
//! one.

use crate::declaration::gate::Measurement;
use crate::declaration::plan::Wave;
use crate::deployment::Deployment;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::identity::EnvironmentId;
use crate::shown::planned::{DrawnPlan, FormerPlan, FromTo};
use crate::text::foreign::{line, with_log};
use crate::text::name::ComponentName;
use crate::text::prose::Prose;

/// Says that a gate failed a wave. These are the first lines of a deployment's end: the gate, the measured value beside
/// its threshold, the window, and where to look next.
///
/// `wave` counts from 0 and is shown from 1; `what` is what the wave changed, see [`changed_in_words`].
pub fn gate_failed(of: EnvironmentId<'_>, version: &str, wave: u32, what: &str, measurement: &Measurement) -> String {
    let (app, environment) = (of.app(), of.environment());
    let cause = gate_cause(wave, what, measurement);
    let next = match measurement.look_at.as_str() {
        "" => String::new(),
        place => format!("\n  next: look at {}", line(place)),
    };
    format!("{app} {environment} {version}: {cause}{next}")
}

/// Returns the part of [`gate_failed`] that follows the words `… was rolled back: `, in two lines.
pub fn gate_cause(wave: u32, what: &str, measurement: &Measurement) -> String {
    let window = match measurement.window.as_str() {
        "" => String::new(),
        window => format!(", {}", line(window)),
    };
    format!(
        "gate `{}` failed in wave {} ({}).\n  measured {}, threshold {}{window}",
        line(&measurement.gate),
        wave + 1,
        line(what),
        line(&measurement.measured),
        line(&measurement.threshold),
    )
}

/// Says what a wave changes, for a person: `api alias live to 10 %, web 3 files`.
pub fn wave_in_words(wave: &Wave) -> String {
    wave.changes.iter().map(|change| format!("{} {}", change.component, change.what)).collect::<Vec<_>>().join(", ")
}

/// Returns the mark of a wave of which some is planned only once the waves before it have changed; nothing of another.
pub fn mark_of_later(wave: &Wave) -> &'static str {
    if wave.is_planned_later() { " (planned in full once the waves before it are done)" } else { "" }
}

/// Says what is new in a plan beside the former one, in whose place it is drawn. `change` says what is to become of a
/// component, with what was to become of it by the former plan, if anything was. It is never empty: what has moved may
/// have moved back before the plan was drawn.
pub fn news(
    before: &FormerPlan,
    drawn: &DrawnPlan,
    change: impl Fn(&ComponentName, &FromTo, Option<&FromTo>) -> String,
) -> Vec<String> {
    let former = &before.changes;
    let new = drawn.changes.iter().filter(|(name, now)| former.get(*name) != Some(*now));
    let new = new.map(|(name, now)| change(name, now, former.get(name)));
    let gone = former.keys().filter(|name| !drawn.changes.contains_key(*name));
    let gone = gone.map(|name| format!("{name} is not changed any more"));
    let all: Vec<String> = new.chain(gone).chain(before.moved_parts(drawn)).collect();
    if all.is_empty() { vec!["nothing, what has moved is as it was again".to_owned()] } else { all }
}

/// Says what the wave with this number changed; if it only looks, what it looks at.
pub fn changed_in_words(waves: &[Wave], number: u32) -> String {
    let begun = waves.iter().take(number as usize + 1).rev().find(|wave| !wave.look);
    begun.map(wave_in_words).unwrap_or_default()
}

/// The result of an undo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Components that were brought back, each with what was done.
    pub undone: Vec<String>,
    /// Components that could not be brought back, each with why.
    pub failed: Vec<Prose>,
    /// Components for which something was made that callers do not notice, such as a version, each with what stays.
    pub stays: Vec<String>,
    /// Components that were not changed yet.
    pub untouched: Vec<String>,
    /// The observations afterwards.
    pub seen: Vec<String>,
    /// The next steps, for a person.
    pub next: Vec<Prose>,
}

/// Says that a deployment was undone, or could not be: the sentence of the record, of the execution's Cause and of the
/// notification. `why` is a sentence; its further lines are indented already.
pub fn undone(of: EnvironmentId<'_>, version: &str, why: &Prose, outcome: &Undone) -> Prose {
    let (app, environment) = (of.app(), of.environment());
    let verb =
        if outcome.failed.is_empty() { "was rolled back" } else { "could not be rolled back and NEEDS AN OPERATOR" };
    let undone = match (outcome.undone.as_slice(), outcome.failed.as_slice()) {
        ([], []) if outcome.stays.is_empty() => "nothing, because nothing had been changed".into(),
        ([], []) => "nothing, because no traffic had been moved".into(),
        ([], _) => "nothing".into(),
        (undone, _) => listed(undone, ", "),
    };
    let mut all = format!("  undone: {undone}");
    if !outcome.stays.is_empty() {
        all.push_str(&format!("; stays: {}", listed(&outcome.stays, ", ")));
    }
    if !outcome.untouched.is_empty() {
        all.push_str(&format!("; not yet changed: {}", listed(&outcome.untouched, ", ")));
    }
    let mut all = prose!("{} {} {} {}: {}\n{}", app, environment, version, verb, why, all);
    for failed in &outcome.failed {
        all.push(prose!("\n  NOT undone: {}", failed.clone().in_one_line()));
    }
    if !outcome.seen.is_empty() {
        all.push(format!("\n  seen after: {}", listed(&outcome.seen, ", ")));
    }
    if !outcome.next.is_empty() {
        let next = Prose::join(outcome.next.iter().map(|next| next.clone().in_one_line()), "; ");
        all.push(prose!("\n  {}", Prose::next(next)));
    }
    all
}

/// Writes what may repeat a text of others in a line of ours.
fn listed(texts: &[String], between: &str) -> String {
    texts.iter().map(|text| with_log(text)).collect::<Vec<_>>().join(between)
}

/// The part of a listed deployment that says what it brings.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseSummary<'a> {
    /// The action that was asked for.
    pub action: ActionName,
    /// The version in the record, if there is one.
    pub version: Option<&'a str>,
    /// The snapshot that it goes to, once that is known.
    pub snapshot: Option<u64>,
}

impl ReleaseSummary<'_> {
    /// Returns the version that it brings; `None` where nobody knows it yet, or it brings none.
    pub fn version(&self) -> Option<&str> {
        let is_release = self.action == ActionName::Deploy;
        self.version.filter(|version| is_release || **version != self.action.to_string())
    }

    /// Returns where it goes, if it goes to a snapshot and that is known: `1.0.0, snapshot 3`.
    pub fn goal(&self) -> Option<String> {
        if !self.action.is_to_a_snapshot() || self.action == ActionName::Withdraw {
            return None;
        }
        match (self.version(), self.snapshot) {
            (Some(version), Some(number)) => Some(format!("{version}, snapshot {number}")),
            (Some(version), None) => Some(version.to_owned()),
            (None, Some(number)) => Some(format!("snapshot {number}")),
            (None, None) => None,
        }
    }

    /// Returns the words for it: the version of a release, or the action with where it goes, such as `rollback to
    /// 1.0.0, snapshot 3`.
    pub fn called(&self) -> String {
        match (self.action, self.version, self.goal()) {
            (ActionName::Deploy, Some(version), _) => version.to_owned(),
            (ActionName::Withdraw, ..) => "withdrawal".to_owned(),
            (action, _, Some(goal)) => format!("{action} to {goal}"),
            (action, _, None) => action.to_string(),
        }
    }
}

impl Deployment {
    /// Returns what it brings, in the words that [`ReleaseSummary`] has for it.
    pub fn summary(&self) -> ReleaseSummary<'_> {
        ReleaseSummary { action: self.action, version: Some(&self.release.version), snapshot: self.snapshot }
    }
}

#[cfg(test)]
mod tests_of_release_summary {
    use super::*;

    #[test]
    fn no_action_is_shown_as_a_version() {
        use ActionName::{Check, Deploy, Drill, Restore, Rollback};
        let table = [
            ((Deploy, "1.4.0", None), Some("1.4.0"), "1.4.0"),
            ((Deploy, "rollback", None), Some("rollback"), "rollback"),
            ((Rollback, "rollback", None), None, "rollback"),
            ((Rollback, "rollback", Some(3)), None, "rollback to snapshot 3"),
            ((Rollback, "1.0.0", Some(3)), Some("1.0.0"), "rollback to 1.0.0, snapshot 3"),
            ((Drill, "drill", None), None, "drill"),
            ((Drill, "1.0.0", Some(3)), Some("1.0.0"), "drill to 1.0.0, snapshot 3"),
            ((Restore, "1.0.0", None), Some("1.0.0"), "restore to 1.0.0"),
            ((Check, "check", None), None, "check"),
        ];
        for ((action, version, snapshot), named, called) in table {
            let summary = ReleaseSummary { action, version: Some(version), snapshot };
            assert_eq!(summary.version(), named, "{summary:?}");
            assert_eq!(summary.called(), called);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::gate::Verdict;
    use crate::declaration::plan::{KindName, PlannedChange};
    use crate::text::name::AppName;
    use crate::text::name::ComponentName;
    use crate::text::name::EnvironmentName;
    use crate::text::time::Time;

    fn shop(window: &str, look_at: &str) -> String {
        let measurement = Measurement {
            gate: "shop-prod-5xx".into(),
            source: "alarm".into(),
            component: None,
            verdict: Verdict::Fail,
            measured: "7.3 errors/min".into(),
            threshold: "5".into(),
            value: None,
            limit: None,
            window: window.into(),
            look_at: look_at.into(),
            not_ready: false,
            counts_later: false,
            at: Time(0),
        };
        let wave = Wave {
            changes: vec![PlannedChange {
                component: ComponentName::new("api").unwrap(),
                kind: KindName::Lambda,
                what: "at 10 %".into(),
                later: std::collections::BTreeSet::new(),
                tested: false,
                closing: false,
                timing: None,
                details: Vec::new(),
                details_left: 0,
            }],
            bake_s: 0,
            ahead: false,
            look: false,
        };
        gate_failed(
            EnvironmentId::new(&AppName::new("shop").unwrap(), &EnvironmentName::new("prod").unwrap()),
            "1.4.0",
            1,
            &wave_in_words(&wave),
            &measurement,
        )
    }

    #[test]
    fn a_failed_gate() {
        let text = shop("3 of 3 points, 14:02-14:05 UTC", "/aws/lambda/shop-api-prod from 14:02");
        insta::assert_snapshot!(text, @r"
        shop prod 1.4.0: gate `shop-prod-5xx` failed in wave 2 (api at 10 %).
          measured 7.3 errors/min, threshold 5, 3 of 3 points, 14:02-14:05 UTC
          next: look at /aws/lambda/shop-api-prod from 14:02
        ");
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        insta::assert_snapshot!(shop("", ""), @r"
        shop prod 1.4.0: gate `shop-prod-5xx` failed in wave 2 (api at 10 %).
          measured 7.3 errors/min, threshold 5
        ");
    }

    #[test]
    fn an_undo_says_what_is_where() {
        let outcome = Undone {
            undone: vec!["api (alias live 41 → 40)".into(), "agent (task definition 18 → 17)".into()],
            untouched: vec!["web".into()],
            seen: vec!["api 40 at 100 %".into()],
            next: vec!["release 1.4.0 is vetoed here".into()],
            ..Undone::default()
        };
        let text = undone(
            EnvironmentId::new(&AppName::new("shop").unwrap(), &EnvironmentName::new("prod").unwrap()),
            "1.4.0",
            &"gate `shop-prod-5xx` failed in wave 2 (api at 10 %).\n  measured 7.3 errors/min, threshold 5".into(),
            &outcome,
        );
        insta::assert_snapshot!(text.written(), @r"
        shop prod 1.4.0 was rolled back: gate `shop-prod-5xx` failed in wave 2 (api at 10 %).
          measured 7.3 errors/min, threshold 5
          undone: api (alias live 41 → 40), agent (task definition 18 → 17); not yet changed: web
          seen after: api 40 at 100 %
          next: release 1.4.0 is vetoed here
        ");
    }

    /// Each line is true of what the others say.
    #[test]
    fn what_was_undone_contradicts_nothing_that_was_changed() {
        let words = |undone: &[&str], failed: &[&str], stays: &[&str], untouched: &[&str]| {
            let own = |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
            let outcome = Undone {
                undone: own(undone),
                failed: failed.iter().map(|one| Prose::from(*one)).collect(),
                stays: own(stays),
                untouched: own(untouched),
                ..Undone::default()
            };
            let (app, prod) = (AppName::new("shop"), EnvironmentName::new("prod"));
            let text =
                super::undone(EnvironmentId::new(&app.unwrap(), &prod.unwrap()), "1.4.0", &"why.".into(), &outcome);
            text.written().split_once("\n  undone: ").unwrap().1.to_owned()
        };
        let table = [
            (words(&[], &[], &[], &["b"]), "nothing, because nothing had been changed; not yet changed: b"),
            (words(&[], &["a: no"], &[], &["b"]), "nothing; not yet changed: b\n  NOT undone: a: no"),
            (words(&[], &["a: no"], &["b (v 3)"], &[]), "nothing; stays: b (v 3)\n  NOT undone: a: no"),
            (
                words(&[], &[], &["a (v 3)"], &["b"]),
                "nothing, because no traffic had been moved; stays: a (v 3); not yet changed: b",
            ),
            (words(&["a (2 → 1)"], &[], &["b (v 3)"], &[]), "a (2 → 1); stays: b (v 3)"),
        ];
        for (words, wanted) in table {
            assert_eq!(words, wanted);
        }
    }

    #[test]
    fn an_undo_that_failed_says_so() {
        let outcome =
            Undone { undone: vec![], failed: vec!["api: AccessDenied: UpdateAlias".into()], ..Undone::default() };
        let text = undone(
            EnvironmentId::new(&AppName::new("shop").unwrap(), &EnvironmentName::new("prod").unwrap()),
            "1.4.0",
            &"the execution was stopped.".into(),
            &outcome,
        );
        insta::assert_snapshot!(text.written(), @r"
        shop prod 1.4.0 could not be rolled back and NEEDS AN OPERATOR: the execution was stopped.
          undone: nothing
          NOT undone: api: AccessDenied: UpdateAlias
        ");
    }
}
