//! Tests whether a release counts as having been live if an operator accepted what was left of it.

use crate::conductor::accepting::{as_before, stuck, switched, there};
use crate::conductor::scene::Scene;
use crate::stage::{app, component, id, prod, zip};
use serde_json::json;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::environment::{EnvironmentState, GivenVersion, PastRelease, ReleaseFate, Running};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;

/// Accepts a release of `api` and `jobs`. The test decides what `jobs` runs, and how its step ended.
fn accepted(jobs: StepStatus, runs_already: bool) -> Option<PastRelease> {
    let mut scene = stuck();
    let wanted = zip("jobs", b"new");
    scene.change_record(|record| {
        let components = &mut record.release.components;
        components.insert(component("jobs"), wanted.clone());
        record.order.sequence = Some(7);
    });
    if runs_already {
        let runs = Running::new(
            Some(wanted.clone()),
            GivenVersion { version: "1.4.0".into(), deployment: id(), since: Time(0), git: None, released_by: None },
            json!(7),
        );
        let state = EnvironmentState {
            snapshot: 3,
            last_snapshot: 3,
            running: [(component("jobs"), runs)].into(),
            ..EnvironmentState::default()
        };
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    }
    scene.step("api", StepStatus::UndoFailed, |step| {
        switched(step, there(json!(41)));
    });
    scene.step("jobs", jobs, |step| {
        let saw = match jobs {
            StepStatus::UndoFailed => there(json!(8)),
            _ => as_before(json!(7)),
        };
        switched(step, saw);
    });
    scene.accepts("operator").unwrap();
    past(&scene)
}

fn past(scene: &Scene) -> Option<PastRelease> {
    let release = scene.record().release_digest;
    scene.stage.get(&ledger::past(EnvironmentId::new(&app(), &prod()), &release))
}

#[test]
fn it_was_live_where_all_of_it_runs() {
    for (jobs, runs_already) in [(StepStatus::UndoFailed, false), (StepStatus::Undone, true)] {
        let past = accepted(jobs, runs_already).unwrap();
        assert_eq!(past.became, ReleaseFate::Live, "{jobs:?}");
        assert_eq!(past.sequence, Some(7), "a later run of CI may bring it again");
    }
}

#[test]
fn it_was_never_live_where_a_part_of_it_was_taken_back() {
    assert_eq!(accepted(StepStatus::Undone, false), None);
}
