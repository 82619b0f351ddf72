//! What the problems of gates come to: what stops this deployment, and what is only told.

use super::Ports;
use super::component::Draft;
use super::scene::Scene;
use crate::measurements::{self, Component, Preparing, Problem};
use crate::ports::Answered;
use windlass_domain::environment::Running;
use windlass_domain::finding::Finding;
use windlass_domain::name::ComponentName;

/// What is wrong with gates.
#[derive(Default)]
pub struct GateProblems {
    pub findings: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

/// Checks every gate. A first deployment, a rollback and `accept_red` go on with a warning about
/// what is red; a rollback also with what cannot be measured, because gates do not decide it.
pub async fn check<P: Ports>(
    ports: &P,
    scene: &Scene,
    drafts: &[Draft<'_>],
) -> Answered<GateProblems> {
    let components = drafts.iter().map(|draft| Component {
        name: draft.name,
        is_first: is_first(scene, draft.name),
        target: &draft.prepared.target,
    });
    let components: Vec<Component<'_>> = components.collect();
    let preparing = Preparing {
        gates: &scene.loaded.resolved.gates,
        place: &scene.loaded.place,
        components: &components,
    };
    let found = measurements::check(ports, &preparing).await?;
    Ok(sorted(scene, found))
}

/// Whether none of Windlass's releases of a component runs: there was none, or it was taken back.
fn is_first(scene: &Scene, name: &ComponentName) -> bool {
    let state = &scene.state;
    let running = state.running.get(name);
    !state.marks.contains_key(name) || running.is_some_and(Running::is_as_found)
}

/// What is red already, with what is to be done about it here; and whether it stops the deployment.
fn red(scene: &Scene, mut finding: Finding) -> (Finding, bool) {
    let accepts = scene.accepts_red();
    finding.remedy = match accepts {
        Some(why) => {
            format!("It stops nothing here, because {why}; look yourself at what it measures.")
        }
        None => format!(
            "Mend what it measures first, or start {} to deploy all the same.",
            scene.loaded.record.input_accepting_red()
        ),
    };
    (finding, accepts.is_none())
}

fn sorted(scene: &Scene, found: Vec<Problem>) -> GateProblems {
    let mut problems = GateProblems::default();
    for problem in found {
        let (finding, stops) = match problem {
            Problem::NotMeasurable(finding) => (finding, !scene.is_rollback()),
            Problem::Red(finding) => red(scene, finding),
            Problem::Noted(finding) => (finding, false),
        };
        if stops {
            problems.findings.push(finding);
        } else {
            problems.warnings.push(finding);
        }
    }
    problems
}
