//! Decides on what is asked for by the rules in force: those of the access files that the ledger has. At arrival, at each
//! turn, and for what is only seen, the same files are read anew.

pub mod promotion;

use crate::ledger;
use crate::ports::{Clock, DynamoDbApi, Result};
use windlass_domain::access::{
    AccessFile, AccessFileForAll, AccessItem, AccessRight, Asked, Caller, Closed, Rules, not_vouched, refused_before,
};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::key::AccessPlace;
use windlass_domain::release::request::{Request, Requester};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// Reads the rules in force for an application.
///
/// # Errors
/// The ledger's faults, and that an item cannot be read any more: then nobody knows who may do what.
pub async fn rules(ports: &impl DynamoDbApi, app: &AppName) -> Result<Rules> {
    let own = ledger::load(ports, &ledger::access(app)).await?;
    let own = own.map(|own| read(&own.value, AccessFile::accepted)).transpose()?;
    Ok(Rules::of(own, for_all(ports).await?))
}

/// Returns what keeps releases from starting in an environment at this moment by the clock. Files that cannot be read
/// any more say nothing here: [`against_turn`] lets nothing start by them, and what ends a deployment does not fail by
/// them.
///
/// # Errors
/// The ledger's faults.
pub async fn closed(ports: &(impl DynamoDbApi + Clock), of: EnvironmentId<'_>) -> Result<Option<Closed>> {
    Ok(readable(ports, of.app()).await?.and_then(|rules| rules.closed(of.environment(), ports.now())))
}

/// Returns the number of people who must approve a release into an environment, if a rule wants it approved. Files that
/// cannot be read any more say nothing here either.
///
/// # Errors
/// The ledger's faults.
pub async fn approvals_needed(ports: &impl DynamoDbApi, of: EnvironmentId<'_>) -> Result<Option<u32>> {
    Ok(readable(ports, of.app()).await?.and_then(|rules| rules.approvals_needed(of.environment())))
}

/// Reads the rules in force for what is only shown; `None` if they cannot be read any more.
async fn readable(ports: &impl DynamoDbApi, app: &AppName) -> Result<Option<Rules>> {
    match rules(ports, app).await {
        Ok(rules) => Ok(Some(rules)),
        Err(fault) if fault.name == FaultName::Internal => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Reads the access file of all applications that is in force.
///
/// # Errors
/// As [`rules`].
pub async fn for_all(ports: &impl DynamoDbApi) -> Result<Option<AccessFileForAll>> {
    let all = ledger::load(ports, &ledger::access_for_all()).await?;
    all.map(|all| read(&all.value, AccessFileForAll::accepted)).transpose()
}

fn read<T>(item: &AccessItem, read: impl FnOnce(&str) -> Result<T, Vec<Finding>>) -> Result<T> {
    let unread = |findings| {
        let (key, version) = (&item.object.key, item.version);
        Fault::internal(format!("{key}, version {version}, cannot be read any more: {findings:?}"))
    };
    read(&item.text).map_err(unread)
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
    }
    if request.refused && findings.is_empty() {
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

/// Returns what the rules now in force have against a deployment that is recorded, at a turn of it.
///
/// # Errors
/// As [`rules`].
pub async fn against_turn(ports: &impl DynamoDbApi, record: &Deployment) -> Result<Vec<Finding>> {
    Ok(against_turn_by(&rules(ports, &record.app).await?, record))
}

/// Returns what these rules have against a deployment that is recorded, at a turn of it.
pub fn against_turn_by(rules: &Rules, record: &Deployment) -> Vec<Finding> {
    if !rules.rule_on(&record.requester) {
        return Vec::new();
    }
    if !record.vouched {
        return vec![not_vouched(&record.requester)];
    }
    rules.decide(&record.asked(), None).err().unwrap_or_default()
}
