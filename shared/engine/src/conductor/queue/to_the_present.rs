//! Deployments to the present snapshot, each of some components alone, and like any other from their turn on.
//!
//! `restore` brings what has drifted and is declared `heal: restore` back to what is recorded; see
//! [`windlass_domain::heal`]. Whether it has a turn is decided where the lock is taken, by what the ledger says then. It
//! waits for nobody: if another deployment waits, that one goes instead. `withdraw` takes files of a site away
//! ([`windlass_domain::withdrawal`]).

use crate::conductor::environment::view::View;
use crate::conductor::environment::way_back;
use crate::conductor::ports::Ports;
use crate::conductor::queue::take_lock::{Outcome, finish, take};
use crate::ledger::{self, Stored};
use crate::payload::{AdmitTransition, Answer, ExecutionRef};
use crate::ports::Result;
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Hold;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::heal::{self, HealDecision, HealFacts};
use windlass_domain::name::ComponentName;

/// Takes the lock, ends it without a change, or holds automatic deployments because something keeps changing the
/// targets. `None` when something was written in between.
pub async fn restore(
    ports: &impl Ports,
    execution: &ExecutionRef,
    view: &mut View,
    mut record: Stored<Deployment>,
) -> Result<Option<Answer<AdmitTransition>>> {
    let key = ledger::hourly_look(record.value.environment_id());
    let look = ledger::load(ports, &key).await?;
    let waiting = view.who_waits();
    let drill = view.drills.value.under_way.as_ref().map(|drill| &drill.id);
    let standing = HealFacts {
        look: look.as_ref().map(|look| &look.value),
        lock: &view.lock.value,
        state: &view.state.value,
        rev: view.state.rev,
        other: waiting.first().map(|one| &one.deployment).or(drill),
    };
    match heal::turn(&standing, ports.now()) {
        HealDecision::Restore(names, reason) => {
            record.value.snapshot = view.present();
            if let Err(trouble) = way_back::choose(ports, view, &mut record.value).await {
                let findings = trouble.findings()?;
                return finish(ports, view, record, Outcome::Refused(findings)).await;
            }
            narrow(&mut record.value, &names);
            record.value.reason = Some(reason);
            take(ports, execution, view, record).await
        }
        HealDecision::Hold(reason) => {
            let hold = Hold { since: ports.now(), reason: reason.clone(), by: record.value.requester.to_string() };
            view.state.value.hold = Some(hold);
            finish(ports, view, record, Outcome::Held(reason)).await
        }
        HealDecision::Nothing(why) => finish(ports, view, record, Outcome::NotRestored(why)).await,
    }
}

/// Leaves only these components in it.
fn narrow(record: &mut Deployment, names: &BTreeSet<ComponentName>) {
    let components = &mut record.release.components;
    components.retain(|name, _| names.contains(name));
    record.found.retain(|name| names.contains(name));
}

/// Chooses the present snapshot, and of it the one component.
pub async fn withdrawal(ports: &impl Ports, view: &View, record: &mut Deployment) -> Checked<()> {
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
    let runs = if runs.is_empty() { "nothing".to_owned() } else { runs.join(", ") };
    Finding::new(
        FindingName::UnknownName,
        "component",
        format!("no `{component}` that Windlass brought runs in this environment; {runs} runs there."),
        "Write the name of the site as the declaration has it.",
    )
}
