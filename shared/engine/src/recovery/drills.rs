//! The drills that have gone to the version before and are to come back.

use super::Ports;
use super::start::{has_ended, quarter};
use crate::faults::Faults;
use crate::ports::{Answered, Clock, Executions};
use crate::store::{self, Stored};
use serde_json::json;
use windlass_domain::drill::{Drill, Drills};
use windlass_domain::fault::Fault;
use windlass_domain::identity::execution_name;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// How many are read in a run of the schedule. Who waits longest comes first.
const AT_MOST: u32 = 25;

/// Until how many milliseconds after the run began another is gone on with.
const BEGINS_WITHIN_MS: u64 = 20_000;

/// Starts the way back of each drill that awaits it. One that goes wrong keeps no other from its turn.
pub async fn come_back_all<P: Ports>(ports: &P, began: Time, faults: &mut Faults) {
    let all: Vec<Stored<Drills>> =
        store::load_first_indexed(ports, store::DRILLS, AT_MOST, faults).await;
    for Stored { key, value, .. } in all {
        if ports.now().ms_since(began) > BEGINS_WITHIN_MS {
            break;
        }
        let Some(drill) = value.awaits_back() else {
            continue;
        };
        let what = format!("the way back of drill {}", drill.id);
        let Some((app, environment)) = store::environment_of(&key.pk) else {
            let text = format!("the ledger's partition {} is no environment's", key.pk);
            faults.note(what, Fault::internal(text));
            continue;
        };
        let started = come_back(ports, &app, &environment, drill).await;
        faults.take(what, started);
    }
}

/// Starts the deployment that comes back. The name is made of the drill and of how often it was tried, so that each try
/// is started once; one that has ended while the drill still awaits it had recorded nothing, and is started again, at most
/// once in a quarter of an hour.
pub async fn come_back<P: Executions + Clock>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    drill: &Drill,
) -> Answered<()> {
    let nth = format!("drill-back-{}", drill.tries + 1);
    let input = json!({
        "action": "drill",
        "app": app,
        "environment": environment,
        "drill": drill.id,
        "reason": format!("The way back of drill {}.", drill.id),
        "requester": { "route": "windlass", "principal": "Windlass" },
    });
    let name = |which: &str| {
        let stem = [which, app.as_str(), environment.as_str()];
        execution_name(&stem, drill.id.as_str())
    };
    let first = ports.start(&name(&nth), &input).await?;
    if has_ended(ports, &first).await? {
        let again = format!("{nth}-{}", quarter(ports));
        ports.start(&name(&again), &input).await?;
    }
    Ok(())
}
