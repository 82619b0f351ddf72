//! Decides on what is asked for by the rules in force: those of the access files that the ledger has. At arrival, at
//! each turn, and for what is only seen, the same files are read anew.

pub mod promotion;

use crate::ledger;
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use windlass_domain::access::{
    AccessFile, AccessFileForAll, AccessItem, AccessRight, Asked, Caller, Rules, not_vouched, refused_before,
    wishes_elsewhere,
};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::key::AccessPlace;
use windlass_domain::release::request::{RefusedCall, Request, Requester};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// Reads the rules in force for an application. Of a file that cannot be read any more, such as one that a newer
/// version of Windlass took, they say only that: whatever brings back or only looks goes on, and nothing else does.
///
/// # Errors
/// The ledger's faults.
pub async fn rules(ports: &impl DynamoDbApi, app: &AppName) -> Result<Rules> {
    let own = ledger::load(ports, &ledger::access(app)).await?;
    let own = own.map(|own| read(&own.value, AccessFile::accepted)).transpose();
    let all = ledger::load(ports, &ledger::access_for_all()).await?;
    let all = all.map(|all| read(&all.value, AccessFileForAll::accepted)).transpose();
    Ok(own.and_then(|own| Ok(Rules::of(own, all?))).unwrap_or_else(Rules::unread))
}

/// Reads the access file of all applications that is in force, for one that may name whom that one names.
///
/// # Errors
/// The ledger's faults, and the finding that it cannot be read any more: it is to be mended first.
pub async fn for_all(ports: &impl DynamoDbApi) -> Checked<Option<AccessFileForAll>> {
    let all = ledger::load(ports, &ledger::access_for_all()).await?;
    let unread = |file: String| {
        let reason = "this version of Windlass cannot read the file any more, and this one may name whom it names.";
        let remedy = "Upload one that this version can read, with a higher `version`; then upload this one again.";
        Finding::bad_value(file, reason, remedy)
    };
    Ok(all.map(|all| read(&all.value, AccessFileForAll::accepted)).transpose().map_err(unread)?)
}

/// Reads a file that is in force; its name, if it cannot be read.
fn read<T>(item: &AccessItem, read: impl FnOnce(&str) -> Result<T, Vec<Finding>>) -> Result<T, String> {
    read(&item.text).map_err(|findings| {
        let file = format!("{}, version {}", item.object.key, item.version);
        tracing::warn!(file, ?findings, "the access file cannot be read, so only what brings back goes on");
        file
    })
}

/// Returns what the rules of operators have against a request, as far as it says where it goes: a release that a rule
/// of the declaration sends somewhere is decided on when that is known. What moves a record needs the right on both
/// sides, and leaves no rules behind; what is of a whole application needs it in each environment that the file names.
/// What the API has refused already is only recorded, also where the rules name the one who asked meanwhile.
///
/// # Errors
/// As [`rules`].
pub async fn against(ports: &impl DynamoDbApi, rules: &Rules, request: &Request) -> Result<Vec<Finding>> {
    let by = request.asked_by();
    let mut findings = Vec::new();
    let of_whole = request.environment.is_none() && request.action != ActionName::Deploy;
    let named = request.environment.iter().chain(rules.environments().filter(|_| of_whole));
    for environment in named.filter(|_| rules.rule_on(&by)) {
        let asked = Asked::of(request, &by, EnvironmentId::new(&request.app, environment));
        findings.extend(rules.decide(&asked, None).err().unwrap_or_default());
    }
    findings.extend(rules.unknown(&by, AccessRight::of(request.action)).filter(|_| of_whole));
    if request.action.moves() && (request.to_app.is_some() || request.to_environment.is_some()) {
        let to = request.to_app.as_ref().unwrap_or(&request.app);
        let theirs = self::rules(ports, to).await?;
        let there = request.to_environment.as_ref().or(request.environment.as_ref());
        let sides = there.into_iter().chain(theirs.environments().filter(|_| there.is_none()));
        for environment in sides.filter(|_| theirs.rule_on(&by)) {
            let asked = Asked::for_right(AccessRight::Operate, &by, EnvironmentId::new(to, environment));
            findings.extend(theirs.decide(&asked, None).err().unwrap_or_default());
        }
        if rules.are_in_force() && !theirs.are_in_force() {
            findings.push(no_rules_there(&request.app, to, &by));
        }
        findings.extend(theirs.unknown(&by, AccessRight::Operate).filter(|_| there.is_none()));
    }
    if request.refused == Some(RefusedCall::Wishes) && findings.is_empty() {
        findings.extend(wishes_elsewhere(request));
    }
    if request.refused.is_some() && findings.is_empty() {
        findings.push(refused_before());
    }
    Ok(findings)
}

/// Makes the finding that a record would be moved to where no rules are: nobody would have to approve a release of it.
fn no_rules_there(app: &AppName, to: &AppName, by: &Requester) -> Finding {
    let place = AccessPlace::App(to.clone()).to_string();
    let reason = format!("rules are in force for `{app}` and none for `{to}`, which would be free of them all.");
    let remedy = format!("Let those who keep {place} upload it first.");
    Finding::new(FindingName::NotAllowed, place, reason, remedy).seen(Caller::of(by).to_string(), "no such file")
}

/// Returns whether these rules say that whoever asked for the plan of a deployment may start it. Rules that are not in
/// force say nothing.
pub fn may_start(rules: &Rules, record: &Deployment) -> bool {
    rules.rule_on(&record.requester) && against_turn(rules, record).is_empty()
}

/// Returns what these rules have against a deployment that is recorded, at a turn of it.
pub fn against_turn(rules: &Rules, record: &Deployment) -> Vec<Finding> {
    if !rules.rule_on(&record.requester) {
        return Vec::new();
    }
    if !record.vouched {
        return vec![not_vouched(&record.requester)];
    }
    rules.decide(&record.asked(), None).err().unwrap_or_default()
}
