//! Asks the kind of a component for its part of the plan.

use super::filled::{TakenInputs, fill, not_looked_at};
use super::scene::{Ports, Scene, WantedComponent};
use super::{artifact, permissions};
use crate::kinds::{self, PrepareInput, Prepared, Recorded, Withdrawals};
use crate::ports::Result;
use crate::retention::kept;
use std::collections::BTreeSet;
use windlass_domain::declaration::installation::{by_name, of_component};
use windlass_domain::declaration::kinds::{KindName, Spec};
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::resolved::{ResolvedComponent, ResolvedEnvironment};
use windlass_domain::declaration::tenancy::HeldClaim;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::Running;
use windlass_domain::prose;
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
    pub inputs: Given,
    /// The components that an undo leaves as they are while this one is not back.
    pub stands_on: BTreeSet<ComponentName>,
    /// The targets of other components that it touches, by their claims.
    pub touches: Vec<HeldClaim>,
    /// The components that touch its target, and behind which it changes.
    pub touched_by: BTreeSet<ComponentName>,
    /// The components that touch its target after its own change.
    pub touched_later: BTreeSet<ComponentName>,
    /// The step that brought what runs of it.
    pub ran: Option<Step>,
}

/// Returns the resources of these claims, for the step.
pub fn touched(claims: &[HeldClaim]) -> BTreeSet<String> {
    claims.iter().map(|held| held.claim.resource.clone()).collect()
}

/// Returns the warning that somebody else has changed the target, if its callers get something else than what is
/// recorded. None if nothing of it is changed now.
pub fn out_of_band_change(
    component: &ComponentName,
    running: &Running,
    prepared: &Prepared,
) -> Result<Option<Finding>> {
    let is_reported = prepared.warnings.iter().any(|warning| warning.name == FindingName::TargetChangedByOther);
    let is_compared = !prepared.names_out_of_band_changes && !prepared.is_not_looked_at();
    if is_reported || !is_compared || prepared.stages.is_empty() {
        return Ok(None);
    }
    // If the recorded state cannot be read, it shows nothing of what is there.
    let Ok(Recorded { noticed: left, .. }) = Recorded::read("recorded state", &running.state) else { return Ok(None) };
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

/// Prepares a component, with what others give to it: looks for its bytes, fills in its names, and asks its kind.
pub async fn prepared(
    ports: &impl Ports,
    scene: &Scene,
    wanted: &WantedComponent<'_>,
    running: Option<&Running>,
    taken: &Result<TakenInputs, Vec<Finding>>,
) -> Result<Prepared> {
    // A rollback needs the recorded state and not the bytes that it was made from; whether that
    // state can still be reached is the kind's to say.
    let bytes = match wanted.artifact {
        Some(artifact) if wanted.goal_state.is_none() => artifact::check(ports, wanted.name, artifact).await?,
        _ => None,
    };
    let taken = taken.as_ref().map_err(Clone::clone);
    let filled = taken.and_then(|taken| Ok((taken, fill(ports, scene, wanted, taken)?)));
    let (taken, (spec, image_of)) = match filled {
        Ok(filled) => filled,
        Err(findings) => return Ok(Prepared::refused(bytes.into_iter().chain(findings).collect())),
    };
    let later = taken.never_given();
    if !later.is_empty() {
        let prepared = not_looked_at((wanted.name, &spec), later);
        return Ok(Prepared { findings: bytes.into_iter().chain(prepared.findings).collect(), ..prepared });
    }
    let path = format!("components.{}", wanted.name);
    let kind = wanted.component.spec.kind();
    if scene.loaded.record.withdrawal.is_some() && !kind.withdraws() {
        return Ok(Prepared::refused(vec![no_site(path, kind)]));
    }
    let stack = &ports.config().stack;
    let of = |name: &str| by_name(stack, name).map(str::to_owned);
    if let Some(finding) = of_component(spec.as_kind(), &of, &path) {
        return Ok(Prepared::refused(bytes.into_iter().chain([finding]).collect()));
    }
    let filled = (&spec, image_of.as_ref(), taken);
    let mut prepared = ask_kind(ports, scene, (wanted, running), filled, bytes.is_some()).await?;
    if prepared.findings.is_empty() {
        taken.ask_again(&mut prepared);
    }
    prepared.findings.splice(0..0, bytes);
    let findings = prepared.findings.into_iter().map(Finding::of_a_recorded_release);
    let declared = &scene.loaded.resolved;
    let findings = findings.map(|finding| or_by_output(finding, declared, wanted));
    prepared.findings = findings.map(|finding| or_without_output(finding, declared, wanted)).collect();
    Ok(prepared)
}

/// Adds to a finding on a target that is not there how to name one that another component makes, if the name is plain
/// and there is such a component.
fn or_by_output(mut finding: Finding, declared: &ResolvedEnvironment, wanted: &WantedComponent<'_>) -> Finding {
    let makes = |component: &ResolvedComponent| component.spec.as_kind().holds_data();
    let path = format!("components.{}", wanted.name);
    let taken = wanted.component.spec.outputs_in_names();
    let is_given = taken.iter().any(|(member, _)| [path.clone(), format!("{path}.{member}")].contains(&finding.path));
    if finding.name != FindingName::TargetMissing || is_given || makes(wanted.component) {
        return finding;
    }
    if let Some((name, giver)) = declared.components.iter().find(|(_, component)| makes(component)) {
        let output = giver.spec.as_kind().gives().first().copied().unwrap_or("<output>");
        let (form, former) = (format!("`${{{name}.{output}}}`"), finding.remedy.clone().bare());
        finding.remedy = prose!("{}; if another component makes it, name it by its output, such as {}.", former, form);
    }
    finding
}

/// Says of an output that a recorded state does not give who takes it, and what can be done: nobody can change what ran
/// then.
fn or_without_output(finding: Finding, declared: &ResolvedEnvironment, wanted: &WantedComponent<'_>) -> Finding {
    let outputs = format!("components.{}.outputs.", wanted.name);
    let output = finding.path.strip_prefix(&outputs).filter(|_| wanted.goal_state.is_some());
    let Some(output) = output.filter(|_| finding.name == FindingName::UnknownName) else { return finding };
    let is_it = |taken: &Output| taken.component == *wanted.name && taken.name == output;
    let takes = |component: &ResolvedComponent| declared.takes(component).iter().any(|(_, taken)| is_it(taken));
    let named = declared.components.iter().filter(|(_, component)| takes(component));
    let gates = declared.gates.takes().iter().any(is_it).then(|| "`gates`".to_owned());
    let named: Vec<String> = named.map(|(name, _)| format!("`{name}`")).chain(gates).collect();
    let (who, of_both) = match named.as_slice() {
        [] => ("Nobody takes it".to_owned(), "`outputs`".to_owned()),
        all => (format!("It is taken by {}", all.join(", ")), format!("`outputs` and of {}", all.join(", "))),
    };
    let remedy = format!(
        "{who}. Take it out of {of_both} and put that declaration in force, then ask again; or name a snapshot whose \
         template has it."
    );
    Finding::new(FindingName::NoWayBack, finding.path, finding.reason, remedy)
}

/// The finding that a component has no files that could be withdrawn.
fn no_site(path: String, kind: KindName) -> Finding {
    Finding::not_supported(
        path,
        format!("It is of the kind `{kind}`, and only files of a site can be withdrawn."),
        "Name the component that is the site.",
    )
}

/// Asks the component's kind, with its names filled in, for its part of the plan. A check asks what its role may do as
/// well.
async fn ask_kind(
    ports: &impl Ports,
    scene: &Scene,
    (wanted, running): (&WantedComponent<'_>, Option<&Running>),
    (spec, image_of, taken): (&Spec, Option<&Spec>, &TakenInputs),
    has_no_bytes: bool,
) -> Result<Prepared> {
    let record = &scene.loaded.record;
    let oldest = oldest(ports, scene, wanted).await?;
    let may_lose = may_lose(scene, wanted.name);
    let input = PrepareInput {
        deployment: &record.id,
        app: &record.app,
        environment: &record.environment,
        component: wanted.name,
        home: scene.state.homes.get(wanted.name).map(String::as_str),
        artifact: wanted.artifact,
        goal_state: wanted.goal_state,
        is_check: scene.is_check(),
        is_plan: scene.is_plan,
        is_trial: scene.is_trial,
        may_lose: &may_lose,
        takes_losses: record.action.takes_losses(),
        running,
        oldest,
        inputs: &taken.listed,
        again: record.again,
        image_of,
        withdrawals: Withdrawals {
            asked: record.withdrawal.as_ref().map(|of| of.pattern.as_str()),
            former: scene.state.withdrawn.get(wanted.name),
        },
        place: &scene.loaded.place,
    };
    let mut prepared = match kinds::prepare(&ports.at(input.place), &input, spec).await {
        Ok(prepared) => prepared,
        // The kind looked into bytes that are not there: that is a finding already.
        Err(fault) if has_no_bytes && fault.name == FaultName::NotFound => Prepared::default(),
        Err(fault) => Prepared::refused(vec![as_finding(wanted.name, fault)?]),
    };
    if scene.is_check() {
        let found = permissions::check(ports, &input, spec).await?;
        prepared.findings.extend(found.findings);
        prepared.warnings.extend(found.warnings);
    }
    Ok(prepared)
}

/// Returns the resources of a component whose data the request allows to lose.
fn may_lose(scene: &Scene, name: &ComponentName) -> BTreeSet<String> {
    let named = scene.loaded.record.may_lose.iter().filter(|resource| resource.component == *name);
    named.map(|resource| resource.logical.clone()).collect()
}

/// Since when the oldest runs of what a rollback may go back to, where the kind deletes what is older.
/// A rollback deletes nothing: it is not kept waiting.
async fn oldest(ports: &impl Ports, scene: &Scene, wanted: &WantedComponent<'_>) -> Result<Option<Time>> {
    let back = wanted.component.spec.as_kind().keeps();
    let Some(back) = back.filter(|_| !scene.is_rollback()) else { return Ok(None) };
    let record = &scene.loaded.record;
    let kept = kept(ports, record.environment_id(), wanted.name, back).await?;
    Ok(kept.iter().map(|running| running.names.brought.since).min())
}

/// Returns a fault that somebody can mend as a finding, which is reported together with all others.
pub fn as_finding(component: &ComponentName, fault: Fault) -> Result<Finding> {
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
