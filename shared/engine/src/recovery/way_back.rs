//! Watches the way back of an environment between deployments: whether the snapshot can be reached to which a rollback
//! goes that names none. Whoever finds out only in an incident that it is gone has lost it.
//!
//! The role of this function reads no registry and none of the released bytes. The planner's does: an hourly look asks
//! for a check, and the next one reads what that has found. Nothing waits for a check.

use super::start::{self, Ports, by_itself};
use crate::ledger::{self, Stored, save_look};
use crate::ports::Result;
use crate::vouch;
use windlass_domain::deployment::hourly_look::{HourlyLook, WayBack};
use windlass_domain::environment::reach::SnapshotReach;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// Reads what the last check has found, and asks for another where one is due. `present` is the number of the snapshot
/// that runs.
pub async fn look(ports: &impl Ports, item: &mut Stored<HourlyLook>, present: u64) -> Result<()> {
    let known = item.value.way_back.as_ref();
    let (now, awaited) = (ports.now(), known.and_then(|known| known.awaited(present)).cloned());
    if let Some(check) = &awaited {
        let found = found(ports, check).await?;
        let HourlyLook { app, environment, way_back, .. } = &mut item.value;
        if let Some(known) = way_back {
            known.conclude(EnvironmentId::new(app, environment), found.as_deref());
        }
    }
    let is_due = WayBack::is_due(item.value.way_back.as_ref(), present, now);
    if is_due {
        let check = ask(ports, item.value.environment_id(), now).await?;
        item.value.way_back = Some(WayBack::asked(item.value.way_back.take(), check, present, now));
    }
    if is_due || awaited.is_some() {
        // Where somebody else has written it, the next look begins again.
        save_look(ports, item, Vec::new()).await?;
    }
    Ok(())
}

/// Returns the snapshots that a check has looked at; `None` if it was not drawn, or is not kept any more.
async fn found(ports: &impl Ports, check: &DeploymentId) -> Result<Option<Vec<SnapshotReach>>> {
    let planned = ledger::load(ports, &ledger::planned(check)).await?;
    Ok(planned.and_then(|planned| planned.value.drawn).map(|drawn| drawn.snapshots))
}

/// Starts a check, and returns the id of its plan.
async fn ask(ports: &impl Ports, of: EnvironmentId<'_>, now: Time) -> Result<DeploymentId> {
    let id = Digest::of(format!("{of}/{}", now.0).as_bytes());
    let called = start::name(&format!("check-{}", now.0), of, id.as_str());
    let input = by_itself(ActionName::Check, of, "Whether the way back is there is looked at once a day.");
    let execution = vouch::start(ports, &called, &input).await?;
    Ok(DeploymentId::planned(&execution))
}
