//! Goes on with the drills that have gone to the version before and are to come back, and begins those that are due by
//! a schedule.

use super::start::{by_itself, has_ended, name, quarter};
use crate::access;
use crate::faults::Faults;
use crate::ledger::{self, Stored};
use crate::overview::environment_items;
use crate::pin;
use crate::ports::Result;
use crate::recovery::start::Ports;
use crate::trouble::found;
use crate::vouch::{self, Starts};
use serde_json::{Value, json};
use windlass_domain::deployment::drill::Drill;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;

/// The number of drills that are read in a run of the schedule. Those that wait longest come first.
const AT_MOST: u32 = 25;

/// The milliseconds after the beginning of the run within which another drill is gone on with.
const BEGINS_WITHIN_MS: u64 = 20_000;

/// Starts the way back of each drill that awaits it. One that goes wrong keeps no other from its turn.
pub async fn come_back_all(ports: &impl Ports, began: Time, faults: &mut Faults) {
    let all = ledger::load_first_indexed(ports, &ledger::DRILLS, AT_MOST, faults).await;
    for Stored { key, value, .. } in all {
        if ports.now().ms_since(began) > BEGINS_WITHIN_MS {
            break;
        }
        let Some(drill) = value.awaits_back() else { continue };
        let what = format!("the way back of drill {}", drill.id);
        let Some((app, environment)) = ledger::environment_of(&key.pk) else {
            let text = format!("the ledger's partition {} is no environment's", key.pk);
            faults.note(what, Fault::internal(text));
            continue;
        };
        let started = come_back(ports, EnvironmentId::new(&app, &environment), drill).await;
        faults.take(what, started);
    }
}

/// Starts the deployment that comes back. The name is made of the drill and of how often it was tried, so that each try
/// is started once; one that has ended while the drill still awaits it had recorded nothing, and is started again, at
/// most once in a quarter of an hour.
pub async fn come_back(ports: &impl Starts, of: EnvironmentId<'_>, drill: &Drill) -> Result<()> {
    let nth = format!("drill-back-{}", drill.tries + 1);
    let mut input = by_itself(ActionName::Drill, of, &format!("The way back of drill {}.", drill.id));
    input["drill"] = json!(drill.id);
    start_once(ports, &nth, &input, (of, drill.id.as_str())).await
}

/// Starts an execution under a name that stands for what is to be done. If it has ended and that is still to be done,
/// it is started again, at most once in a quarter of an hour.
async fn start_once(
    ports: &impl Starts,
    which: &str,
    input: &Value,
    (of, id): (EnvironmentId<'_>, &str),
) -> Result<()> {
    let first = vouch::start(ports, &name(which, of, id), input).await?;
    if has_ended(ports, &first).await? {
        let again = format!("{which}-{}", quarter(ports));
        vouch::start(ports, &name(&again, of, id), input).await?;
    }
    Ok(())
}

/// Starts the drill that is due by the declaration in force, where nothing is in its way. Its key stands for it until a
/// drill has ended since: so there is one, however often it is started.
pub async fn begin_where_due(ports: &impl Ports, of: EnvironmentId<'_>) -> Result<()> {
    let Some(in_force) = found(pin::declaration_in_force(ports, of.app()).await)? else { return Ok(()) };
    let Some(schedule) = in_force.declaration.drills(of.environment()) else { return Ok(()) };
    let here = environment_items(ports, of).await?;
    let closed = access::rules(ports, of.app()).await?.closed(of.environment(), ports.now());
    let facts = here.next_drill(Some(schedule), closed.as_ref(), ports.now());
    if !facts.next().is_some_and(|next| next.begins) {
        return Ok(());
    }
    let mut input = by_itself(ActionName::Drill, of, "It is due by the declaration.");
    input["idempotency_key"] = json!(facts.key());
    let last = here.drills.last.as_ref().map_or("first", |last| last.drill.as_str());
    start_once(ports, "drill-due", &input, (of, last)).await
}
