//! Tests of the name of a release whose bytes run already.

use crate::conductor::found_in_place::named_now;
use crate::conductor::scene::{Scene, is_rollback};
use crate::conductor::settling::{former, judged_after_others, snapshot};
use crate::stage::{app, component, id, prod, zip};
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::environment::{Proof, Snapshot};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_engine::ledger;

/// Writes the present snapshot, of a release that was judged.
fn judged_good(scene: &Scene) -> Snapshot {
    let snapshot = Snapshot {
        number: 3,
        version: "1.3.0".into(),
        release: Some(Digest::of(b"1.3.0")),
        deployment: id(),
        made: windlass_domain::text::time::Time(0),
        replaced: 2,
        components: scene.state().running,
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 3);
    scene.stage.put(key, &snapshot);
    snapshot
}

/// A release whose bytes run already gives its name to what runs from then on, in every list: the record, and a
/// snapshot in the place of the present one. A rollback goes to what ran before both. A rollback to the former snapshot
/// gives the former name back.
#[test]
fn bytes_that_run_already_take_the_name_of_a_newer_release_everywhere() {
    let mut scene = judged_after_others();
    let released = judged_good(&scene);
    scene.plan(PlanOutcome::NothingToDo, 0);
    scene.change_record(|record| {
        record.release.components = [(component("jobs"), zip("jobs", b"old"))].into();
    });
    let answer = scene.asks("Settle").unwrap();
    let wanted = "Nothing to do: jobs runs it already: 1.3.0 since 1970-01-01T00:00:00Z, by deployment \
                fedcba9876543210; it is called 1.4.0 from now on.";
    assert_eq!(answer.cause, wanted);
    let state = scene.state();
    let jobs = &state.running[&component("jobs")];
    assert_eq!(jobs.names.now, named_now(&scene));
    assert_eq!(jobs.names.brought, former("jobs", b"old").names.brought);
    let made = snapshot(&scene, 6).unwrap();
    assert_eq!((state.snapshot, made.version.as_str()), (6, "1.4.0"));
    assert_eq!(made.components, state.running);
    assert_eq!(
        (made.replaced, &made.release),
        (released.replaced, &released.release),
        "as good as the one in whose place it stands"
    );

    // A rollback to the former snapshot brings back its name, too.
    let mut scene = judged_after_others();
    let mut state = scene.state();
    let jobs = state.running.get_mut(&component("jobs")).unwrap();
    jobs.names.now.version = "1.4.0".into();
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let goal = Snapshot {
        number: 2,
        version: "1.3.0".into(),
        components: [(component("jobs"), former("jobs", b"old"))].into(),
        ..released
    };
    scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 2), &goal);
    is_rollback(&mut scene);
    scene.change_record(|record| record.snapshot = Some(2));
    scene.plan(PlanOutcome::NothingToDo, 0);
    let answer = scene.asks("Settle").unwrap();
    let wanted = "Nothing was changed: shop prod is at 1.3.0 (snapshot 2) already: jobs runs it already, called \
                  1.4.0 until now.";
    assert_eq!(answer.cause.lines().next(), Some(wanted));
    let jobs = &scene.state().running[&component("jobs")];
    let back = &jobs.names.now;
    assert_eq!((back.version.as_str(), back.since), ("1.3.0", scene.now()));
    assert_eq!(jobs.names.brought, former("jobs", b"old").names.brought);
    assert_eq!(snapshot(&scene, 6).unwrap().components, scene.state().running);
}

/// An older release arrives once more, and its bytes run under the name of a newer one. It takes no name from that one.
#[test]
fn an_older_release_takes_no_name_from_a_newer_one() {
    for (allow_older, wanted) in [(false, "1.3.0"), (true, "1.4.0")] {
        let mut scene = judged_after_others();
        scene.plan(PlanOutcome::NothingToDo, 0);
        scene.change_record(|record| {
            record.release.components = [(component("jobs"), zip("jobs", b"old"))].into();
            record.allow_older = allow_older;
        });
        let mut state = scene.state();
        let mut newer = scene.record().order;
        newer.accepted.0 += 1;
        state.marks.insert(component("jobs").into(), newer);
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let answer = scene.asks("Settle").unwrap();
        let keeps = answer.cause.contains("it keeps that name, which was given after 1.4.0");
        assert_eq!(keeps, !allow_older, "{}", answer.cause);
        let state = scene.state();
        assert_eq!(state.running[&component("jobs")].version(), wanted);
        assert_eq!(snapshot(&scene, 6).is_some(), allow_older);
    }
}
