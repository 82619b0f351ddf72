//! Pure: decides the next step with a function.

use super::alias::{AliasState, Traffic};
use super::code::image_of;
use super::fitness::{self, Fitness};
use super::state::{Change, CodeSource, Goal, Latest, Observed, Version, Wanted, description};
use crate::kinds::Next;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::{prose, run};

/// The time to wait for an update or a new version, in seconds.
const SOON: u64 = 2;

/// The time to wait for provisioned concurrency, in seconds.
const LATER: u64 = 5;

/// Returns what to do next with the function of this name.
pub fn next(function: &str, is: &Observed, goal: &Goal) -> Next<Change> {
    match (goal, &is.alias) {
        (Goal::Release(wanted), Some(alias)) => shift_to_goal(function, is, alias, wanted),
        (Goal::Release(wanted), None) => live_to_goal(is, wanted),
        (Goal::Back(was), _) => match (&is.alias, &was.alias) {
            (Some(alias), Some(before)) => shift_back(is, alias, was, before),
            (None, None) => live_back(is, was),
            _ => failed("The alias was declared or removed since this state was recorded.".into()),
        },
        (Goal::Wake(_), _) => Next::Done,
    }
}

/// Returns what callers get once a change is made; `None` if nobody can know.
pub fn after(change: &Change, is: &Observed) -> Option<Observed> {
    let mut after = is.clone();
    match change {
        Change::Shift { to, .. } => {
            let alias = after.alias.as_mut()?;
            alias.traffic = to.clone();
            alias.kept_at = None;
        }
        Change::Update { to, source, live: true, .. } => match (image_of(source), to.as_slice()) {
            (Some(sent), _) if is.latest.is_image() => after.latest.image = Some(sent),
            (None, [code]) if !is.latest.is_image() => after.latest.code_sha256.clone_from(code),
            _ => return None,
        },
        Change::Update { .. } | Change::Publish { .. } => return None,
    }
    Some(after)
}

/// Returns the version that has the goal's code. It is the one that was published for this deployment, or one that has
/// the present configuration, because a version freezes its configuration.
///
/// The deployment's own version counts in any configuration: that may change in the middle of a canary, and the version
/// under test then stays the same. If the code were published without this comparison, a lost answer would make two
/// versions.
fn candidate<'a>(is: &'a Observed, goal: &Wanted) -> Option<&'a Version> {
    let latest = &is.latest;
    let wanted =
        |version: &&Version| version.is_any(&goal.code) || latest.is_any(&goal.code) && version.code() == latest.code();
    let description = description(&goal.deployment);
    let is_ours =
        |version: &&Version| is.published.as_ref() == Some(&version.version) || version.description == description;
    let mut newest_first = is.versions.iter().rev().filter(wanted);
    newest_first
        .clone()
        .find(is_ours)
        .or_else(|| newest_first.find(|version| version.configuration == latest.configuration))
}

/// Returns the version that has the goal's code once the goal is reached. It was published ahead of the alias's first
/// move, or is to be woken, or the alias sends a share or all of its callers to it. For a function without an alias it
/// is `$LATEST`.
pub fn brought(is: &Observed, goal: &Goal) -> Option<String> {
    let Some(alias) = &is.alias else { return Some("$LATEST".to_owned()) };
    match goal {
        Goal::Release(wanted) => candidate(is, wanted).map(|found| found.version.clone()),
        Goal::Back(_) => Some(alias.traffic.version.clone()),
        Goal::Wake(version) => Some(version.clone()),
    }
}

fn shift_to_goal(function: &str, is: &Observed, alias: &AliasState, goal: &Wanted) -> Next<Change> {
    let Some(version) = candidate(is, goal) else { return publish_goal(&is.latest, goal) };
    match Fitness::of(&version.state) {
        Fitness::Soon => Next::Wait(SOON),
        Fitness::NotInvoked(why) => failed_by(&version.reason_code, version_failed(version, why)),
        Fitness::Broken(why) => broken(function, alias, version, why),
        Fitness::Ready if goal.is_ahead() => Next::Done,
        Fitness::Ready => shift(alias, &wanted_traffic(&version.version, goal)),
    }
}

fn version_failed(version: &Version, why: &str) -> String {
    format!("Version {} {why}: {}", version.version, version.reason)
}

/// Fails for a version that stays as it is, whatever is mended. Lambda publishes none beside it as long as nothing is
/// new (AWS Lambda API Reference, PublishVersion), and deletes none that an alias names (DeleteFunction).
fn broken(function: &str, alias: &AliasState, version: &Version, why: &str) -> Next<Change> {
    let (number, reason) = (&version.version, version_failed(version, why));
    let mut used = alias.traffic.versions().chain(alias.kept_at.clone());
    if used.any(|one| one == *number) {
        return failed_by(&version.reason_code, reason);
    }
    let remedy = prose!(
        "Mend what Lambda reports and take the version away ({}), because the same code is not published beside it; then {}.",
        run!("aws lambda delete-function --function-name {function} --qualifier {number}"),
        Redeploy::Again
    );
    Next::Failed(Finding::new(name_of(&version.reason_code), "function", reason, remedy))
}

fn publish_goal(latest: &Latest, goal: &Wanted) -> Next<Change> {
    if let Some(busy) = busy(latest) {
        return busy;
    }
    if !latest.is_any(&goal.code) || had_failed(latest, goal.failed_at.as_deref()) {
        return Next::Do(update(latest, &goal.code, &goal.source, false));
    }
    if latest.last_update == "Failed" {
        return update_failed(latest);
    }
    Next::Do(publish(latest, false))
}

/// Returns whether the last update had failed by the revision that this way found. That failure is not its own, and the
/// cause may be mended without a change of the function.
fn had_failed(latest: &Latest, found: Option<&str>) -> bool {
    latest.last_update == "Failed" && found == Some(latest.revision_id.as_str())
}

/// Returns the wanted traffic: the share of the new version stands in the weights, and the rest stays where it was.
fn wanted_traffic(version: &str, goal: &Wanted) -> Traffic {
    if goal.percent >= 100 || goal.from == version {
        return Traffic::all_to(version);
    }
    let share = format!("{}", f64::from(goal.percent) / 100.0);
    Traffic { version: goal.from.clone(), weights: vec![(version.to_owned(), share)] }
}

fn shift(alias: &AliasState, wanted: &Traffic) -> Next<Change> {
    if !alias.traffic.same(wanted) {
        return Next::Do(Change::Shift {
            alias: alias.name.clone(),
            from: alias.traffic.clone(),
            to: wanted.clone(),
            revision_id: alias.revision_id.clone(),
        });
    }
    match alias.lacks_concurrency() {
        Some(lacking) => {
            let reason =
                format!("Alias {} is at {alias}: its provisioned concurrency cannot be had: {lacking}", alias.name);
            failed_as(name_where(fitness::is_capacity_of_the_target(lacking)), reason)
        }
        None if alias.is_allocating() => Next::Wait(LATER),
        None => Next::Done,
    }
}

/// Decides the way back of an alias. `$LATEST` keeps the release's code: callers do not get it, and to put the former
/// code there would be one more change that can fail.
fn shift_back(is: &Observed, alias: &AliasState, was: &Observed, before: &AliasState) -> Next<Change> {
    let code_of = |state: &Observed| {
        let version = &before.traffic.version;
        let mut versions = state.versions.iter();
        let found = versions.find(|known| known.version == *version);
        found.map(|found| found.code_sha256.clone())
    };
    match (code_of(is), code_of(was)) {
        (Some(is), Some(was)) if is != was => failed(format!(
            "Version {} holds other code than before: the function was made anew.",
            before.traffic.version
        )),
        _ => match shift(alias, &before.traffic) {
            Next::Do(_) if is_starting(is, &before.traffic) => Next::Wait(SOON),
            // What was not there before the release is no part of the way back.
            Next::Failed(_) if alias.kept_at.is_none() && before.lacks_concurrency().is_some() => Next::Done,
            next => next,
        },
    }
}

/// Returns whether Lambda still makes a version ready that these callers get. It is so after an invocation of an idle
/// one.
fn is_starting(is: &Observed, traffic: &Traffic) -> bool {
    traffic.versions().any(|version| {
        let mut known = is.versions.iter();
        known.any(|known| known.version == version && fitness::is_starting(&known.state))
    })
}

fn live_to_goal(is: &Observed, goal: &Wanted) -> Next<Change> {
    let latest = &is.latest;
    if let Some(busy) = busy(latest) {
        return busy;
    }
    let is_there = latest.is_any(&goal.code);
    if is_there && !had_failed(latest, goal.failed_at.as_deref()) {
        return arrived(latest, true);
    }
    if !is_there && latest.image.is_none() && kept(is, &latest.code_sha256).is_none() {
        return Next::Do(publish(latest, true));
    }
    Next::Do(update(latest, &goal.code, &goal.source, true))
}

fn live_back(is: &Observed, was: &Observed) -> Next<Change> {
    let latest = &is.latest;
    if let Some(busy) = busy(latest) {
        return busy;
    }
    let code = was.latest.code();
    let is_there = latest.code() == code;
    // What was not there before the release is no part of the way back, unless callers may have other code since then.
    let has_failed_since_before = [latest, &was.latest].iter().all(|one| one.last_update == "Failed");
    if is_there && has_failed_since_before && !is.has_other_sent {
        return Next::Done;
    }
    // Each recovery has its own try, because it sends under a token of its own.
    let found = is.sent_upon.as_ref().unwrap_or(&latest.revision_id);
    let image = was.latest.image.clone().map(CodeSource::Image);
    let version = || kept(is, code).map(|kept| CodeSource::Version(kept.version.clone()));
    match image.or_else(version) {
        Some(source) if !is_there || had_failed(latest, Some(found)) => {
            Next::Do(update(latest, &[code.to_owned()], &source, true))
        }
        None if !is_there => failed(format!("No published version holds the former code {code}.")),
        _ => arrived(latest, !matches!(Fitness::of(&was.latest.state), Fitness::NotInvoked(_))),
    }
}

/// Returns the newest version that holds this code.
fn kept<'a>(is: &'a Observed, code_sha256: &str) -> Option<&'a Version> {
    let mut newest_first = is.versions.iter().rev();
    newest_first.find(|version| version.code_sha256 == code_sha256)
}

fn function_failed(latest: &Latest, why: &str) -> Next<Change> {
    failed_by(&latest.reason_code, format!("The function {why}: {}", latest.reason))
}

/// Decides where `$LATEST`, which callers use, has the code. There it may have to be invocable, too.
fn arrived(latest: &Latest, must_be_invocable: bool) -> Next<Change> {
    match Fitness::of(&latest.state) {
        _ if latest.last_update == "Failed" => update_failed(latest),
        Fitness::NotInvoked(why) if must_be_invocable => function_failed(latest, why),
        Fitness::NotInvoked(_) | Fitness::Ready | Fitness::Soon | Fitness::Broken(_) => Next::Done,
    }
}

/// Decides if the function may not be changed now. Nothing may be changed while an update is under way, and the
/// RevisionId will move again when the update ends (AWS Lambda Developer Guide, "Lambda function states").
fn busy(latest: &Latest) -> Option<Next<Change>> {
    match (Fitness::of(&latest.state), Fitness::of_update(&latest.last_update)) {
        (Fitness::Broken(why), _) => Some(function_failed(latest, why)),
        (Fitness::Soon, _) | (_, Fitness::Soon) => Some(Next::Wait(SOON)),
        _ => None,
    }
}

fn update(latest: &Latest, to: &[String], source: &CodeSource, live: bool) -> Change {
    Change::Update {
        from: latest.code().to_owned(),
        to: to.to_vec(),
        source: source.clone(),
        live,
        code_key: latest.code_key.clone(),
        revision_id: latest.revision_id.clone(),
    }
}

fn publish(latest: &Latest, keep: bool) -> Change {
    Change::Publish { code_sha256: latest.code_sha256.clone(), keep, revision_id: latest.revision_id.clone() }
}

fn update_failed(latest: &Latest) -> Next<Change> {
    failed_by(&latest.reason_code, format!("The update of the code failed: {}", latest.reason))
}

/// Fails for a reason of Lambda's. Where that is one of the function, its network or the account, it says nothing of the
/// release.
fn failed_by(code: &str, reason: String) -> Next<Change> {
    failed_as(name_of(code), reason)
}

fn name_of(code: &str) -> FindingName {
    name_where(fitness::is_of_the_target(code))
}

fn name_where(is_of_the_target: bool) -> FindingName {
    if is_of_the_target { FindingName::TargetNotReady } else { FindingName::ChangeFailed }
}

fn failed(reason: String) -> Next<Change> {
    failed_as(FindingName::ChangeFailed, reason)
}

fn failed_as(name: FindingName, reason: String) -> Next<Change> {
    Next::Failed(Finding::new(name, "function", reason, prose!("Mend what Lambda reports, then {}.", Redeploy::Again)))
}

#[cfg(test)]
#[path = "next_tests.rs"]
pub(super) mod tests;

#[cfg(test)]
#[path = "back_tests.rs"]
mod back_tests;
