//! What the last hourly look at an environment found, for whoever shows it.

use crate::overview::Here;
use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use windlass_domain::hourly_look::{HourlyLook, Shown};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// The same, of what runs as it is told; nothing before the schedule knows the environment.
pub async fn found<P: Ledger>(
    ports: &P,
    app: &AppName,
    environment: &EnvironmentName,
    here: &Here,
) -> Answered<Option<Shown>> {
    let key = store::hourly_look(app, environment);
    let last: Option<Stored<HourlyLook>> = store::load(ports, &key).await?;
    Ok(last.map(|last| {
        let mut shown = last.value.shown(&here.lock);
        let runs = |name: &ComponentName| here.state.running.contains_key(name);
        shown.components.retain(|name, _| runs(name));
        shown.left.retain(runs);
        shown
    }))
}
