//! Asks the kind of a component for its part of the plan.

use super::artifact;
use super::scene::{Ports, Scene, WantedComponent};
use crate::kinds::{self, PrepareInput, Prepared, Recorded, Withdrawals};
use crate::ports::Result;
use crate::retention::kept;
use std::collections::BTreeMap;
use windlass_domain::declaration::installation::{by_name, of_component};
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::output::{Inputs, Output};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::Running;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// A component as its kind prepared it.
pub struct Draft<'a> {
    pub name: &'a ComponentName,
    pub kind: KindName,
    pub prepared: Prepared,
    /// The values that other components give to it, as far as they are known.
    pub inputs: BTreeMap<Output, String>,
    /// The step that brought what runs of it.
    pub ran: Option<Step>,
}

/// Returns the warning that somebody else has changed the target, if its callers get something else than what is
/// recorded. None if nothing of it is changed now.
pub fn out_of_band_change(
    component: &ComponentName,
    running: &Running,
    prepared: &Prepared,
) -> Result<Option<Finding>> {
    let is_reported = prepared.warnings.iter().any(|warning| warning.name == FindingName::TargetChangedByOther);
    if is_reported || prepared.names_out_of_band_changes || prepared.stages.is_empty() {
        return Ok(None);
    }
    // If the recorded state cannot be read, it shows nothing of what is there.
    let Ok(Recorded { noticed: left, .. }) = Recorded::read("recorded state", &running.state) else {
        return Ok(None);
    };
    let is = Recorded::read("state before", &prepared.before)?.noticed;
    Ok((!is.is_same(&left)).then(|| {
        Finding::new(
            FindingName::TargetChangedByOther,
            format!("components.{component}"),
            format!(
                "Somebody else changed it since Windlass did: it was left as {}, and is {} now, which counts as the state \
                 before.",
                left.shown, is.shown
            ),
            "Find out who changes it (CloudTrail), and let only Windlass change what it owns.",
        )
    }))
}

/// Prepares a component, with what others give to it: looks for its bytes, and asks its kind.
pub async fn prepared(
    ports: &impl Ports,
    scene: &Scene,
    wanted: &WantedComponent<'_>,
    running: Option<&Running>,
    inputs: &Result<Inputs, Vec<Finding>>,
) -> Result<Prepared> {
    // A rollback needs the recorded state and not the bytes that it was made from; whether that
    // state can still be reached is the kind's to say.
    let bytes = match wanted.artifact {
        Some(artifact) if wanted.goal_state.is_none() => artifact::check(ports, wanted.name, artifact).await?,
        _ => None,
    };
    let inputs = match inputs {
        Ok(inputs) => inputs,
        Err(findings) => {
            return Ok(Prepared::refused(bytes.into_iter().chain(findings.iter().cloned()).collect()));
        }
    };
    let path = format!("components.{}", wanted.name);
    let kind = wanted.component.spec.kind();
    if scene.loaded.record.withdrawal.is_some() && !kind.withdraws() {
        return Ok(Prepared::refused(vec![no_site(path, kind)]));
    }
    let stack = &ports.config().stack;
    let of = |name: &str| by_name(stack, name).map(str::to_owned);
    if let Some(finding) = of_component(wanted.component.spec.as_kind(), &of, &path) {
        return Ok(Prepared::refused(bytes.into_iter().chain([finding]).collect()));
    }
    let mut prepared = match ask_kind(ports, scene, wanted, running, inputs).await {
        Ok(prepared) => prepared,
        // The kind looked into bytes that are not there: that is a finding already.
        Err(fault) if bytes.is_some() && fault.name == FaultName::NotFound => Prepared::default(),
        Err(fault) => Prepared::refused(vec![as_finding(wanted.name, fault)?]),
    };
    prepared.findings.splice(0..0, bytes);
    prepared.findings = prepared.findings.into_iter().map(Finding::of_a_recorded_release).collect();
    Ok(prepared)
}

/// The finding that a component has no files that could be withdrawn.
fn no_site(path: String, kind: KindName) -> Finding {
    Finding::not_supported(
        path,
        format!("It is of the kind `{kind}`, and only files of a site can be withdrawn."),
        "Name the component that is the site.",
    )
}

/// Asks the component's kind for its part of the plan.
async fn ask_kind(
    ports: &impl Ports,
    scene: &Scene,
    wanted: &WantedComponent<'_>,
    running: Option<&Running>,
    inputs: &Inputs,
) -> Result<Prepared> {
    let record = &scene.loaded.record;
    let oldest = oldest(ports, scene, wanted).await?;
    let input = PrepareInput {
        deployment: &record.id,
        app: &record.app,
        environment: &record.environment,
        component: wanted.name,
        home: scene.state.homes.get(wanted.name).map(String::as_str),
        artifact: wanted.artifact,
        goal_state: wanted.goal_state,
        is_check: scene.is_check(),
        running,
        oldest,
        inputs,
        again: record.again,
        image_of: scene.image_of(wanted.component),
        withdrawals: Withdrawals {
            asked: record.withdrawal.as_ref().map(|of| of.pattern.as_str()),
            former: scene.state.withdrawn.get(wanted.name),
        },
        place: &scene.loaded.place,
    };
    let there = &ports.at(&scene.loaded.place);
    kinds::prepare(there, &input, &wanted.component.spec).await
}

/// Since when the oldest runs of what a rollback may go back to, where the kind deletes what is older.
/// A rollback deletes nothing: it is not kept waiting.
async fn oldest(ports: &impl Ports, scene: &Scene, wanted: &WantedComponent<'_>) -> Result<Option<Time>> {
    let back = wanted.component.spec.as_kind().keeps();
    let Some(back) = back.filter(|_| !scene.is_rollback()) else {
        return Ok(None);
    };
    let record = &scene.loaded.record;
    let kept = kept(ports, record.environment_id(), wanted.name, back).await?;
    Ok(kept.iter().map(|running| running.names.brought.since).min())
}

/// Returns a fault that somebody can mend as a finding, which is reported together with all others.
fn as_finding(component: &ComponentName, fault: Fault) -> Result<Finding> {
    let (name, remedy) = match fault.name {
        FaultName::AccessDenied => (
            FindingName::NoPermission,
            "Give the role that reaches the target this permission; by default it covers targets with the tags `windlass:app` and `windlass:environment`.",
        ),
        FaultName::NotFound => {
            (FindingName::TargetMissing, "Make the target with your infrastructure code before its first deployment.")
        }
        _ => return Err(fault.while_doing(format!("preparing the component {component}"))),
    };
    let path = format!("components.{component}");
    Ok(Finding::new(name, path, format!("{}.", fault.message), remedy))
}
