//! Starts what is promoted by itself: the present snapshot of one environment into the next, once it has been live for
//! the time of the rule.

use super::start::{AGAIN_AFTER_MS, Came, by_itself, came_of, name};
use crate::access::{self, promotion};
use crate::faults::Faults;
use crate::ledger::{self, Stored, save_look};
use crate::ports::{DynamoDbApi, Result};
use crate::recovery::start::Ports;
use crate::vouch;
use serde_json::json;
use windlass_domain::environment::Promotion;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

/// The number of promotions that are read in a run of the schedule. Those that are due first come first.
const AT_MOST: u32 = 100;

/// The milliseconds after the beginning of the run within which another one is looked at.
const BEGINS_WITHIN_MS: u64 = 22_000;

/// What becomes of a promotion now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It is started.
    Starts,
    /// It waits.
    Waits,
    /// It comes to nothing: the rule, its snapshot or its release does not stand any more.
    Ends,
}

/// Starts each promotion that is due. One that goes wrong keeps no other from its turn.
pub async fn start_due(ports: &impl Ports, began: Time, faults: &mut Faults) {
    let all = ledger::load_first_indexed(ports, &ledger::PROMOTIONS, AT_MOST, faults).await;
    for one in all {
        let now = ports.now();
        if one.value.due > now || now.ms_since(began) > BEGINS_WITHIN_MS {
            break;
        }
        let what = format!("the promotion to {}", one.value.environment_id());
        faults.take(what, go_on(ports, one).await);
    }
}

/// Starts a promotion, or ends it. The name of its execution is made of its snapshot and of the time of this try, so
/// that each try is started once. It is over once something is recorded of it that is no matter of the moment; else it
/// is tried again, once in a quarter of an hour.
async fn go_on(ports: &impl Ports, mut one: Stored<Promotion>) -> Result<()> {
    let turn = turn(ports, &one.value).await?;
    if turn == Turn::Waits {
        return Ok(());
    }
    if one.value.is_to_come() {
        return come(ports, one).await;
    }
    if turn == Turn::Starts {
        let (of, from, due) = (one.value.environment_id(), &one.value.from, one.value.due);
        let reason = format!("Snapshot {} of {} has been live for its time.", from.snapshot, from.environment);
        let mut input = by_itself(ActionName::Deploy, of, &reason);
        input["from"] = json!(from.environment);
        input["snapshot"] = json!(from.snapshot);
        let id = Digest::of(format!("{} {} {}", from.environment, from.snapshot, due.0).as_bytes());
        let execution = vouch::start(ports, &name("promote", of, id.as_str()), &input).await?;
        let came = came_of(ports, &one.value.app, &execution).await?;
        if came == Came::Nothing {
            return Ok(());
        }
        one.value.over = came == Came::Recorded && !may_pass_later(ports, &one.value, &execution).await?;
        if !one.value.over {
            one.value.tries += 1;
            one.value.due = ports.now().plus_ms(AGAIN_AFTER_MS);
        }
    } else {
        one.value.over = true;
    }
    // Where the write is refused, a newer promotion has taken its place.
    save_look(ports, &mut one, Vec::new()).await.map(|_| ())
}

/// Makes what is to come due by the rules, which can be read again, while its snapshot is the present one.
async fn come(ports: &impl Ports, mut one: Stored<Promotion>) -> Result<()> {
    let state = ledger::load_or_default(ports, &ledger::state(one.value.source_id())).await?;
    let mut writes = Vec::new();
    if state.value.snapshot == one.value.from.snapshot {
        writes = promotion::by_rules(ports, &one.value).await?;
        writes.push(state.check());
    }
    one.value.over = true;
    save_look(ports, &mut one, writes).await.map(|_| ())
}

/// Returns whether what is recorded is a refusal of the moment: a hold, a freeze or the end of a window came before its
/// turn, or the conductor's clock was behind. What is not verified after that time is not verified for another reason,
/// which a second refusal says.
async fn may_pass_later(ports: &impl DynamoDbApi, one: &Promotion, execution: &str) -> Result<bool> {
    let findings = match ledger::load(ports, &ledger::execution(execution)).await? {
        Some(known) => {
            let record = ledger::require(ports, &ledger::deployment(&known.value.deployment)).await?.value;
            record.ending.filter(|ended| ended.ending == Ending::Rejected).map(|ended| ended.findings)
        }
        None => ledger::load(ports, &ledger::refusal(&one.app, execution)).await?.map(|refused| refused.value.findings),
    };
    let findings = findings.unwrap_or_default();
    let passes = |finding: &Finding| match finding.name {
        FindingName::Held => true,
        FindingName::NotVerified => one.tries == 0,
        _ => false,
    };
    Ok(!findings.is_empty() && findings.iter().all(passes))
}

async fn turn(ports: &impl Ports, one: &Promotion) -> Result<Turn> {
    let (there, from) = (one.source_id(), &one.from);
    let rules = access::rules(ports, &one.app).await?;
    if !rules.are_known() {
        return Ok(Turn::Waits);
    }
    let rule = rules.promotes_from(&one.environment);
    let Some(rule) = rule.filter(|rule| rule.is_automatic() && rule.environment == from.environment) else {
        return Ok(Turn::Ends);
    };
    let present = ledger::load_or_default(ports, &ledger::state(there)).await?.value.snapshot;
    let snapshot = ledger::load(ports, &ledger::snapshot(there, from.snapshot)).await?;
    let Some(snapshot) = snapshot.filter(|_| present == from.snapshot) else { return Ok(Turn::Ends) };
    if promotion::is_vetoed(ports, &snapshot.value, there).await? {
        return Ok(Turn::Ends);
    }
    // The rule may ask for a longer time by now.
    let is_early = snapshot.value.made.plus_ms(rule.live_for.as_ms()) > ports.now();
    let is_closed = rules.closed(&one.environment, ports.now()).is_some();
    let waits = is_early || is_closed || is_held(ports, one.environment_id()).await?;
    Ok(if waits { Turn::Waits } else { Turn::Starts })
}

/// Returns whether nothing begins there by itself now: deployments are held, or an operator is needed.
async fn is_held(ports: &impl DynamoDbApi, of: EnvironmentId<'_>) -> Result<bool> {
    let state = ledger::load_or_default(ports, &ledger::state(of)).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(of)).await?;
    Ok(state.value.hold.is_some() || lock.value.stuck().is_some())
}
