//! Tests of `Settle` of a rollback.

use crate::conductor::inputs::order;
use crate::conductor::scene::{in_short, is_rollback};
use crate::conductor::settling::{former, git_of, judged_after_others, snapshot};
use crate::stage::{app, component, prod, zip};
use serde_json::json;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::Hold;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;

/// A component's first release is taken back. What runs then is what was found of it.
#[test]
fn a_rollback_records_what_was_found_of_what_came_later() {
    let mut scene = judged_after_others();
    is_rollback(&mut scene);
    scene.change_record(|record| record.snapshot = Some(2));
    let mut state = scene.state();
    let mut found = former("jobs", b"");
    found.artifact = None;
    found.names.now.version = "before-windlass".into();
    state.found = [(component("jobs"), found)].into();
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.step("jobs", StepStatus::Changed, |_| ());
    let answer = scene.asks("Settle").unwrap();
    let wanted = "shop prod is back at 1.2.0 (snapshot 2): api, jobs changed; jobs runs it already.";
    assert_eq!(answer.cause, wanted, "nothing is held");
    let jobs = &scene.state().running[&component("jobs")];
    assert_eq!((&jobs.artifact, jobs.version()), (&None, "before-windlass"));
    let made = snapshot(&scene, 6).unwrap();
    assert_eq!(made.components[&component("jobs")], *jobs);
}

/// The same rollback once more changes nothing: what was found is there since the first one, also where what nobody
/// gets is not as it was found, such as the code of `$LATEST`.
#[test]
fn what_was_found_and_is_there_again_keeps_its_time() {
    let mut scene = judged_after_others();
    is_rollback(&mut scene);
    scene.change_record(|record| record.snapshot = Some(2));
    let mut state = scene.state();
    let mut found = former("jobs", b"");
    found.artifact = None;
    found.names.now.version = "before-windlass".into();
    let mut again = found.clone();
    again.names.now.since = Time(7);
    again.state = json!({"goal": "with other code in $LATEST"});
    state.running.insert(component("jobs"), again.clone());
    state.found = [(component("jobs"), found)].into();
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    scene.asks("Settle").unwrap();
    assert_eq!(scene.state().running[&component("jobs")], again);
}

/// Another component has touched both, so that they were looked at behind it. What the snapshot does not have was only
/// brought back to what is recorded.
#[test]
fn what_was_touched_is_recorded_where_the_rollback_was_to_bring_it() {
    let mut scene = judged_after_others();
    is_rollback(&mut scene);
    scene.change_record(|record| {
        record.snapshot = Some(2);
        record.release.components.clear();
        record.found = vec![component("api")];
    });
    let before = scene.state().running[&component("jobs")].clone();
    for name in ["api", "jobs"] {
        let touched = |step: &mut Step| step.touched_by = [component("infra")].into();
        scene.step(name, StepStatus::Changed, touched);
    }
    scene.asks("Settle").unwrap();
    let running = scene.state().running;
    assert_eq!(running[&component("api")].version(), "1.3.0");
    assert_eq!(running[&component("jobs")], before);
}

/// The deployment that it stopped is undone. So the environment is where the rollback was to go, and the rollback has
/// done its work.
#[test]
fn a_rollback_that_stopped_a_release_names_what_was_undone_and_has_succeeded() {
    for (ending, succeeded) in [(Ending::RolledBack, true), (Ending::Rejected, false)] {
        let mut scene = judged_after_others();
        scene.plan(PlanOutcome::NothingToDo, 0);
        scene.end(ending);
        let mut other = scene.record();
        other.id = order(1, "other").id;
        scene.stage.put(ledger::deployment(&other.id), &other);
        is_rollback(&mut scene);
        scene.change_record(|record| {
            record.ending = None;
            record.snapshot = Some(2);
            record.stops = Some(other.id.clone());
        });
        let mut state = scene.state();
        state.hold =
            Some(Hold { since: Time(0), reason: "prices".into(), by: "ann".into(), allowed_by: None, also: vec![] });
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let answer = scene.asks("Settle");
        let wanted = if succeeded { (Transition::Succeeded, "") } else { (Transition::NothingToDo, "NothingChanged") };
        assert_eq!(in_short(&answer), wanted);
        let cause = answer.unwrap().cause;
        let undone = "deployment other of 1.4.0, which this rollback stopped, ended RolledBack \
                      (Because), before it had changed anything; ";
        assert_eq!(cause.contains(undone), succeeded, "{cause}");
        let held = "\n  automatic deployments are held since 1970-01-01T00:00:00Z by ann: \"prices\"; start \
                    {\"action\":\"release_hold\",\"app\":\"shop\",\"environment\":\"prod\",\"reason\":\"…\"} to let \
                    them go on";
        assert!(cause.ends_with(held), "{cause}");
    }
}

#[test]
fn a_rollback_brings_back_what_its_snapshot_says_and_leaves_the_marks() {
    let mut scene = judged_after_others();
    is_rollback(&mut scene);
    scene.change_record(|record| record.snapshot = Some(2));
    // The rollback also changes `jobs`. Neither the snapshot nor the release says anything of it.
    scene.step("jobs", StepStatus::Changed, |_| ());
    scene.asks("Settle").unwrap();
    let state = scene.state();
    assert!(state.marks.is_empty());
    let back = &state.running[&component("api")];
    assert_eq!(back.artifact, Some(zip("api", b"older")));
    assert_eq!(back.names.brought, back.names.now);
    // The rollback's release has no place in Git; what runs again has that of the release that brought it first.
    assert_eq!(scene.record().release.git, None);
    assert_eq!(back.names.now.git, Some(git_of(b"older")));
    assert_eq!((back.version(), back.names.now.since), ("1.3.0", scene.now()));
    let other = &state.running[&component("jobs")];
    assert_eq!(other.artifact, Some(zip("jobs", b"old")));
    assert_eq!(other.version(), "1.4.0");
    // The next rollback walks further back.
    let after = snapshot(&scene, 6).unwrap();
    assert_eq!(after.replaced, 1);
    assert_eq!(after.release, Some(Digest::of(b"1.2.0")));
}
