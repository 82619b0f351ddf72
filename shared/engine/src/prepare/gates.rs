//! Decides what the problems of gates mean for this deployment: some stop it, others are only shown.

use super::component::Draft;
use super::inputs::{self, EarlierComponents};
use super::scene::{Ports, Scene};
use crate::measurements::{self, ChangeableComponent, GateProblem, Preparing};
use crate::ports::Result;
use windlass_domain::declaration::gate::UnknownBecomes;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::environment::Running;
use windlass_domain::prose;
use windlass_domain::shown::planned::GateNow;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::{NextStep, Wish};

/// The problems of the gates.
#[derive(Default)]
pub struct GateProblems {
    /// Each gate as it is now.
    pub now: Vec<GateNow>,
    pub findings: Vec<Finding>,
    pub warnings: Vec<Finding>,
    /// The outputs that stand in addresses of gates, as they are given now.
    pub given: Given,
}

/// Checks every gate. A first deployment, a rollback and `accept_red` go on with a warning about
/// what is red; a rollback also with what cannot be measured, because gates do not decide it.
pub async fn check(ports: &impl Ports, scene: &Scene, drafts: &[Draft<'_>]) -> Result<GateProblems> {
    // Of what nobody has looked at there is nothing yet that a gate could measure.
    let looked_at = drafts.iter().filter(|draft| !draft.prepared.is_not_looked_at());
    let components = looked_at.map(|draft| ChangeableComponent {
        name: draft.name,
        is_first: is_first(scene, draft.name),
        target: &draft.prepared.target,
    });
    let components: Vec<ChangeableComponent<'_>> = components.collect();
    let gates = &scene.loaded.resolved.gates;
    let given = inputs::given_now(ports, scene, &EarlierComponents::of(drafts), gates.takes()).await?;
    let gates = gates.clone().filled(&given, ports.config().local_endpoint.as_deref());
    let preparing = Preparing { gates: &gates, place: &scene.loaded.place, components: &components };
    let found = match measurements::check(ports, &preparing).await {
        // A rollback waits for no gate, so it does not wait for one that cannot be asked either.
        Err(fault) if !scene.gates_decide() => {
            let problems = sorted(scene, &[], vec![GateProblem::Noted(not_asked(&fault))]);
            return Ok(GateProblems { given, ..problems });
        }
        found => found?,
    };
    let now = found.iter().map(|one| one.gate.clone()).collect();
    let found = found.into_iter().flat_map(|one| one.problems).collect();
    let problems = sorted(scene, &makers(scene, drafts), found);
    Ok(GateProblems { now, given, ..problems })
}

fn not_asked(fault: &Fault) -> Finding {
    Finding::new(
        FindingName::GateNotMeasurable,
        "gates",
        format!("Not every gate could be looked at: {}.", fault.message),
        "Nothing: a rollback waits for no gate. Look yourself at what they measure.",
    )
}

/// Returns whether no release of Windlass's runs of a component: there was none, or it was taken back.
fn is_first(scene: &Scene, name: &ComponentName) -> bool {
    let state = &scene.state;
    let running = state.running.get(name);
    state.mark_of(&name.clone().into()).is_none() || running.is_some_and(Running::is_as_found)
}

/// Returns the finding on a gate that is red already, with what is to be done about it here, and whether it stops the
/// deployment.
fn red(scene: &Scene, mut finding: Finding) -> (Finding, bool) {
    let accepts = scene.accepts_red();
    let stops = accepts.is_none();
    finding.remedy = match accepts {
        Some(why) => {
            let judged = if scene.gates_decide() {
                " It is judged all the same: where it stays red, the release is undone."
            } else {
                ""
            };
            prose!("It stops nothing here, because {}; look yourself at what it measures.{}", why, judged)
        }
        None if scene.is_check() => prose!(
            "Mend what it measures first, or deploy with {} and a reason: where it stays red, the release is undone \
             all the same.",
            NextStep::With(Wish::AcceptRed)
        ),
        None if scene.is_restoring() => "Mend what it measures first: what has drifted is restored only where every gate is well, and after the next look.".into(),
        None if scene.is_rollback() => "Mend what it measures first: a drill begins only where every gate is well.".into(),
        None => prose!(
            "Mend what it measures first, or start {} to deploy before it is mended: where it stays red, the release \
             is undone all the same.",
            scene.loaded.record.input_accepting_red()
        ),
    };
    (finding, stops)
}

/// Returns whether a gate would be unknown now. A check that does not know what is healthy fails, unless the
/// declaration lets unknown gates pass.
fn is_unknown(scene: &Scene, finding: &Finding) -> bool {
    let rule = &scene.loaded.resolved.gates.unknown;
    finding.name == FindingName::GateNotMeasurable && rule.becomes != UnknownBecomes::Pass
}

/// Returns the components whose resources this release changes, in words: the change may make what a gate looks at.
fn makers(scene: &Scene, drafts: &[Draft<'_>]) -> Vec<String> {
    let found = drafts.iter().filter(|draft| scene.makes_resources(draft.name) && draft.prepared.would_change());
    found.map(|draft| format!("`{}`", draft.name)).collect()
}

/// Returns the warning that a gate is not there yet, and that the change of these components may make it.
fn may_be_made(missing: Finding, makers: &[String]) -> Finding {
    let remedy = if missing.path.starts_with("components.") {
        "Nothing if it does. If it is still missing at the wave of its component, it is unknown, and the rule `unknown` of the gates decides. Else make it first, or correct its name."
    } else {
        "Nothing if it does: one of the whole release counts once all of it has changed. If it is still missing then, it is unknown, and the rule `unknown` of the gates decides. Else make it first, or correct its name."
    };
    Finding::new(
        FindingName::NotLookedAt,
        missing.path,
        prose!("{}; the change of {} may make it.", missing.reason.bare(), makers.join(" or ")),
        remedy,
    )
}

fn sorted(scene: &Scene, makers: &[String], found: Vec<GateProblem>) -> GateProblems {
    let mut problems = GateProblems::default();
    for problem in found {
        let (finding, stops) = match problem {
            GateProblem::Missing(finding) if !makers.is_empty() && scene.gates_decide() => {
                (may_be_made(finding, makers), false)
            }
            GateProblem::Missing(finding) | GateProblem::NotMeasurable(finding) => (finding, scene.gates_decide()),
            GateProblem::Red(finding) => red(scene, finding),
            GateProblem::Noted(finding) => {
                let stops = scene.is_check() && is_unknown(scene, &finding);
                (finding, stops)
            }
        };
        if stops {
            problems.findings.push(finding);
        } else {
            problems.warnings.push(finding);
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_gate_of_one_component_counts_from_its_own_wave_on() {
        let remedy = |path: &str| {
            let missing = Finding::new(FindingName::GateNotMeasurable, path, "there is no alarm.", "Make it.");
            may_be_made(missing, &["`infra`".to_owned()]).remedy
        };
        assert_ne!(remedy("gates.alarms[0]"), remedy("components.api.gates.alarms[0]"));
        assert_eq!(remedy("gates.alarms[0]"), remedy("gates.logs[1]"));
    }
}
