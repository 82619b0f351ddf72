//! The situation of an environment: the releases that run there, the people who brought them, and its states, each in
//! few words with its tone. The table of all applications, the board and the page of an environment show the same.

use crate::ground::terminal::{ShownState, Tone};
use crate::view::approval;
use crate::view::provenance::{short, who};
use std::collections::BTreeMap;
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::reach::Reach;
use windlass_domain::environment::{Doubts, GivenVersion, HeldState, Hold, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::version_order::in_lists;
use windlass_domain::shown::api::environments::{Environment, EnvironmentOverview, Situation, WaitingDeployment};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::ComponentName;

/// An environment at the time at which its targets were looked at; or the reason why they were not.
pub type ObservedEnvironment = Result<EnvironmentSeen, String>;

/// An environment as a look at its targets found it.
#[derive(Debug, Clone)]
pub struct EnvironmentSeen {
    /// The targets beside their records.
    pub targets: BTreeMap<ComponentName, Compared>,
    /// The situation at that time.
    pub situation: Situation,
    /// True if what is watched there was paused.
    pub is_paused: bool,
}

/// Returns the states of an environment in short, the most important first.
pub fn of_overview(here: &EnvironmentOverview, observed: Option<&ObservedEnvironment>) -> Vec<ShownState> {
    let now = &here.situation;
    let waits = match now.waiting.as_slice() {
        [] => None,
        [one] => {
            let asks = approval::of_waiting(now, one).map(|standing| format!(" for people: {standing}"));
            Some(format!("{} waits{}", called(now, &one.deployment), asks.unwrap_or_default()))
        }
        more => Some(format!("{} wait", count(more.len(), "deployment"))),
    };
    let mut states: Vec<ShownState> = locked(now).into_iter().chain(now.hold.as_ref().map(held_by)).collect();
    states.extend(closed(now));
    states.extend(waits.map(|words| ShownState::new(Tone::Still, words)));
    states.extend(drift(now, observed.map(|seen| seen.as_ref().map(|seen| &seen.targets))));
    states.extend((!here.declared).then(|| ShownState::new(Tone::Still, "no longer declared")));
    states.push(quality(&here.situation, here.running.is_empty()));
    states
}

/// Returns the states of an environment, the most important first: with all reasons of a hold, and each deployment that
/// waits.
pub fn of_environment(here: &Environment) -> Vec<ShownState> {
    let now = &here.situation;
    let hold = now.hold.as_ref().map(|hold| ShownState::new(Tone::Noted, format!("held {}", hold.in_words_of(short))));
    let mut states: Vec<ShownState> = locked(now).into_iter().chain(hold).collect();
    states.extend(closed(now));
    let waits = |one: &WaitingDeployment| {
        let asks = approval::of_waiting(now, one).map(|standing| format!(", for people: {standing}"));
        format!("{} waits since {}{}", called(now, &one.deployment), one.since, asks.unwrap_or_default())
    };
    states.extend(now.waiting.iter().map(|one| ShownState::new(Tone::Still, waits(one))));
    states.extend(here.paused.as_ref().map(|paused| {
        ShownState::new(Tone::Noted, format!("paused by {}: {}", short(&paused.by), Foreign(&paused.reason)))
    }));
    let observed = here.observed.as_ref().filter(|observed| !observed.is_empty()).map(Ok);
    states.extend(drift(&here.situation, observed));
    states.push(quality(&here.situation, here.running.is_empty()));
    states
}

/// Returns the hold by the clock, with its end.
fn closed(now: &Situation) -> Option<ShownState> {
    let closed = now.closed.as_ref()?;
    Some(ShownState::new(Tone::Noted, format!("held {}", closed.in_words())))
}

/// Returns the state of its lock, if somebody holds it.
fn locked(now: &Situation) -> Option<ShownState> {
    let held = now.lock.held.as_ref()?;
    let called = called(now, &held.deployment);
    Some(match held.state {
        HeldState::Running => ShownState::new(Tone::Moving, format!("{called} is under way; locked")),
        HeldState::Recovering => ShownState::new(Tone::Moving, format!("{called} is being recovered; locked")),
        HeldState::NeedsOperator => ShownState::new(Tone::Bad, format!("NEEDS AN OPERATOR after {called}; locked")),
    })
}

fn held_by(hold: &Hold) -> ShownState {
    let words = match hold.each().count() {
        1 => format!("held by {}: {}", short(&hold.by), Foreign(&hold.reason)),
        many => format!("held ({})", count(many, "reason")),
    };
    ShownState::new(Tone::Noted, words)
}

/// Returns how far what runs was judged.
fn quality(now: &Situation, is_empty: bool) -> ShownState {
    if is_empty { ShownState::new(Tone::Still, "nothing deployed") } else { judged(now.verified_good, &now.doubts) }
}

/// Returns how good a snapshot is.
pub fn judged(is_good: bool, doubts: &Doubts) -> ShownState {
    match (is_good, doubts.is_empty()) {
        (true, _) => ShownState::new(Tone::Good, "verified good"),
        (false, true) => ShownState::new(Tone::Still, "judged by nobody"),
        (false, false) => ShownState::new(Tone::Still, doubts.to_string()),
    }
}

/// Returns what is known of its targets, by the look just now, else by the last hourly one; and of its way back.
fn drift(now: &Situation, observed: Option<Result<&BTreeMap<ComponentName, Compared>, &String>>) -> Vec<ShownState> {
    let mut states = match observed {
        Some(Ok(observed)) => drifted(observed),
        Some(Err(why)) => vec![ShownState::new(Tone::Still, format!("drift unknown: {why}"))],
        None => now.drift.as_ref().map(found).unwrap_or_default(),
    };
    states.extend(now.drift.as_ref().and_then(way_back));
    states
}

/// Returns the state of the way back where the last check did not find it there.
fn way_back(known: &LookResult) -> Option<ShownState> {
    match (&known.lost, known.way_back) {
        (Some(lost), _) => Some(ShownState::new(Tone::Bad, format!("the way back to {} is lost", lost.version))),
        (None, Some(Reach::Unknown)) => Some(ShownState::new(Tone::Still, "way back unknown")),
        _ => None,
    }
}

/// Returns the targets that are not as recorded; one state that all are, if they are.
fn drifted(observed: &BTreeMap<ComponentName, Compared>) -> Vec<ShownState> {
    let states: Vec<ShownState> =
        observed.iter().filter_map(|(name, compared)| compared.in_short(name)).map(of).collect();
    if states.is_empty() && !observed.is_empty() {
        return vec![ShownState::new(Tone::Good, "as recorded")];
    }
    states
}

/// Returns the tone of what a look has found.
pub const fn tone(drift: Drift) -> Tone {
    match drift {
        Drift::None => Tone::Good,
        Drift::Changed => Tone::Bad,
        Drift::Unknown => Tone::Still,
    }
}

fn of((drift, words): (Drift, String)) -> ShownState {
    ShownState::new(tone(drift), words)
}

/// The most components that are named one by one.
const BY_NAME: usize = 3;

/// Returns what the last hourly look found that is not as recorded, and what it left to a later one; one state that all
/// is as recorded, if it is. Empty before the first look came to its end. While a deployment works there its lock says
/// more.
fn found(drift: &LookResult) -> Vec<ShownState> {
    let Some(looked) = drift.looked else {
        return Vec::new();
    };
    if drift.is_as_recorded() {
        return vec![ShownState::new(Tone::Good, format!("as recorded at {looked}"))];
    }
    let left: Vec<&str> = drift.left.iter().map(ComponentName::as_str).collect();
    let left = (!left.is_empty()).then(|| {
        let many = left.len();
        let names = if many > BY_NAME { count(many, "component") } else { left.join(", ") };
        let turn = agree(many, "its turn comes", "their turn comes");
        ShownState::new(Tone::Still, format!("{names}: drift unknown: {turn} in a later look"))
    });
    drift.worth_showing().into_iter().map(of).chain(left).collect()
}

/// Returns the names of each image of a component with several; else its own.
pub fn parts<'a>(
    name: &ComponentName,
    names: &'a VersionNames,
    containers: &'a BTreeMap<String, VersionNames>,
) -> impl Iterator<Item = (Part, &'a VersionNames)> {
    let whole = containers.is_empty().then(|| (name.clone().into(), names));
    let each = containers.iter().map(|(container, names)| (Part::of(name, container), names));
    let each: Vec<(Part, &VersionNames)> = each.chain(whole).collect();
    each.into_iter()
}

/// Returns the person who asked for what runs by this name, or accepted it.
pub fn by(now: &Situation, given: &GivenVersion) -> Option<String> {
    let asked = now.deployments.get(&given.deployment)?;
    let accepted = asked.accepted_as(&given.version).map(|accepted| &accepted.by);
    Some(who(accepted.unwrap_or(&asked.requester)))
}

/// Returns each release that runs, the highest version first, with the parts that run it.
pub fn runs(here: &EnvironmentOverview) -> Vec<(&VersionNames, Vec<Part>)> {
    let mut runs: Vec<(&VersionNames, Vec<Part>)> = Vec::new();
    for (name, running) in &here.running {
        for (part, names) in parts(name, &running.names, &running.containers) {
            let same = |(known, _): &&mut (&VersionNames, Vec<Part>)| known.now == names.now;
            match runs.iter_mut().find(same) {
                Some((_, parts)) => parts.push(part),
                None => runs.push((names, vec![part])),
            }
        }
    }
    runs.sort_by(|(one, _), (other, _)| in_lists(&other.now.version, &one.now.version));
    runs
}

/// Returns what a deployment brings that an environment names, in words; else the deployment's id.
pub fn called(now: &Situation, id: &DeploymentId) -> String {
    let asked = now.deployments.get(id);
    asked.map_or_else(|| format!("deployment {id}"), |asked| asked.summary().called())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn look(looked: bool, left: &[&str], drift: &str) -> Vec<(Tone, String)> {
        let mut shown =
            json!({"due": 1, "left": left, "components": {"api": {"at": 1, "drift": drift, "reason": "denied"}}});
        if looked {
            shown["looked"] = 0.into();
        }
        let shown: LookResult = serde_json::from_value(shown).unwrap();
        found(&shown).into_iter().map(|state| (state.tone, state.words)).collect()
    }

    #[test]
    fn what_runs_stands_in_the_order_of_versions() {
        let names = |version: &str| {
            let given = json!({"version": version, "deployment": "one", "since": 0});
            let mut names = given.clone();
            names["brought"] = given;
            names
        };
        let here = json!({
            "environment": "prod", "declared": true, "snapshot": 7, "hold": null, "lock": {"token": 1}, "waiting": [],
            "deployments": {}, "running": {"api": names("1.9.0"), "jobs": names("1.10.0"), "web": names("1.9.0")},
        });
        let here: EnvironmentOverview = serde_json::from_value(here).unwrap();
        let found = runs(&here);
        let found: Vec<(&str, usize)> = found.iter().map(|(is, of)| (is.now.version.as_str(), of.len())).collect();
        assert_eq!(found, [("1.10.0", 1), ("1.9.0", 2)]);
    }

    #[test]
    fn what_the_clock_holds_is_shown_with_its_end() {
        let here = json!({
            "environment": "prod", "declared": true, "snapshot": 0, "hold": null, "lock": {"token": 1}, "waiting": [],
            "deployments": {}, "running": {}, "closed": {"until": 60_000, "freeze": "a sale", "waits": false},
        });
        let here: EnvironmentOverview = serde_json::from_value(here).unwrap();
        let states = of_overview(&here, None);
        let wanted = "held by a freeze until 1970-01-01T00:01:00Z: \"a sale\"";
        assert_eq!((states[0].tone, states[0].words.as_str()), (Tone::Noted, wanted));
    }

    #[test]
    fn what_waits_for_people_is_shown_with_those_who_have_approved() {
        let hash = "a".repeat(64);
        let given = json!({"person": "ann", "by": {"route": "api"}, "hash": hash, "reason": "read", "at": 0});
        let approval = json!({"hash": hash, "since": 0, "until": 60_000, "given": [given]});
        let asked = json!({"action": "deploy", "version": "1.5.0", "requester": {"route": "api"}, "accepted": 0,
            "approval": approval});
        let waiting = json!([{"deployment": "1f", "since": 0, "asks": true, "needs": 2}]);
        let here = json!({
            "environment": "prod", "declared": true, "snapshot": 0, "hold": null, "lock": {"token": 1}, "running": {},
            "waiting": waiting, "deployments": {"1f": asked},
        });
        let here: EnvironmentOverview = serde_json::from_value(here).unwrap();
        let states = of_overview(&here, None);
        let wanted = "1.5.0 waits for people: 1 of 2 approvals (ann) until 1970-01-01T00:01:00Z";
        assert_eq!((states[0].tone, states[0].words.as_str()), (Tone::Still, wanted));
    }

    type Row<'a> = (bool, &'a [&'a str], &'a str, &'a [(Tone, &'a str)]);

    #[test]
    fn what_a_look_left_to_a_later_one_is_shown() {
        let later = (Tone::Still, "web: drift unknown: its turn comes in a later look");
        let many = (Tone::Still, "4 components: drift unknown: their turn comes in a later look");
        let table: [Row<'_>; 6] = [
            (true, &[], "none", &[(Tone::Good, "as recorded at 1970-01-01T00:00:00Z")]),
            (true, &["web"], "none", &[later]),
            (true, &["web"], "changed", &[(Tone::Bad, "api drifted"), later]),
            (true, &[], "unknown", &[(Tone::Still, "api: drift unknown: denied")]),
            (true, &["a", "b", "c", "d"], "none", &[many]),
            (false, &["web"], "none", &[]),
        ];
        for (looked, left, drift, wanted) in table {
            let wanted: Vec<(Tone, String)> = wanted.iter().map(|(tone, words)| (*tone, (*words).to_owned())).collect();
            assert_eq!(look(looked, left, drift), wanted, "{left:?} {drift}");
        }
        let none: LookResult = serde_json::from_value(json!({"looked": 0, "due": 1, "components": {}})).unwrap();
        assert_eq!(found(&none), [], "where nothing runs nothing is looked at");
    }
}
