//! `withdraw`: takes files of a site away ([`windlass_domain::withdrawal`]). From its turn on it is a deployment of that
//! component to the present snapshot, without these files.

use crate::conductor::environment::view::View;
use crate::conductor::environment::way_back;
use crate::conductor::ports::Ports;
use crate::conductor::queue::restore::narrow;
use crate::trouble::Checked;
use windlass_domain::deployment::Deployment;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;

/// Chooses the present snapshot, and of it the one component.
pub async fn choose(ports: &impl Ports, view: &View, record: &mut Deployment) -> Checked<()> {
    let Some(of) = record.withdrawal.clone() else {
        return Ok(());
    };
    record.snapshot = view.present();
    let runs: Vec<&ComponentName> = view.state.value.running.keys().collect();
    let missing = not_there(&of.component, &runs);
    if record.snapshot.is_none() {
        return Err(missing.into());
    }
    way_back::choose(ports, view, record).await?;
    narrow(record, &[of.component.clone()].into());
    if record.components().next().is_none() {
        return Err(missing.into());
    }
    Ok(())
}

fn not_there(component: &ComponentName, runs: &[&ComponentName]) -> Finding {
    let runs: Vec<String> = runs.iter().map(|name| format!("`{name}`")).collect();
    let runs = if runs.is_empty() {
        "nothing".to_owned()
    } else {
        runs.join(", ")
    };
    Finding::new(
        FindingName::UnknownName,
        "component",
        format!(
            "no `{component}` that Windlass brought runs in this environment; {runs} runs there."
        ),
        "Write the name of the site as the declaration has it.",
    )
}
