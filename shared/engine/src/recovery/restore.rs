//! Asks for a restore of what has drifted, after a look that found it. The conductor decides at the turn.

use super::ports::Ports;
use crate::ledger::Stored;
use crate::ports::Result;
use serde_json::json;
use windlass_domain::digest::Digest;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::heal::{HealDecision, HealFacts, turn};
use windlass_domain::hourly_look::HourlyLook;
use windlass_domain::identity::execution_name;

/// Starts the execution that restores, where something is to be restored and nothing that is known here stands in the
/// way. Its name is made of the look, so that each look starts one at most; one that could not be started, or died before
/// it had recorded anything, is followed by that of the next look.
pub async fn restore(
    ports: &impl Ports,
    seen: &HourlyLook,
    lock: &Lock,
    state: &Stored<EnvironmentState>,
) -> Result<()> {
    let standing = HealFacts { look: Some(seen), lock, state: &state.value, rev: state.rev, other: None };
    let (HealDecision::Restore(_, reason) | HealDecision::Hold(reason)) = turn(&standing, ports.now()) else {
        return Ok(());
    };
    let (app, environment) = (&seen.app, &seen.environment);
    let input = json!({
        "action": "restore",
        "app": app,
        "environment": environment,
        "reason": reason,
        "requester": { "route": "windlass", "principal": "Windlass" },
    });
    let looked = seen.looked.map_or(0, |looked| looked.0).to_string();
    let stem = ["restore", &looked, app.as_str(), environment.as_str()];
    let id = Digest::of(format!("{app}/{environment}/{looked}").as_bytes());
    ports.start(&execution_name(&stem, id.as_str()), &input).await?;
    Ok(())
}
