//! What the problems of gates come to: what stops this deployment, and what is only told.

use super::Ports;
use super::component::Draft;
use super::scene::Scene;
use crate::measurements::{self, Component, Preparing, Problem};
use crate::ports::Answered;
use windlass_domain::finding::Finding;

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
        is_first: !scene.state.marks.contains_key(draft.name),
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

fn sorted(scene: &Scene, found: Vec<Problem>) -> GateProblems {
    let mut problems = GateProblems::default();
    for problem in found {
        let (finding, stops) = match problem {
            Problem::NotMeasurable(finding) => (finding, !scene.is_rollback()),
            Problem::Red(finding) => (finding, !scene.accepts_red()),
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
