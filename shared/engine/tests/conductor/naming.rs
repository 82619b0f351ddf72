//! Tests of the name of a release whose bytes run already.

use crate::desk::{Desk, is_rollback};
use crate::settling::{former, judged_after_others, named_now, snapshot};
use crate::stage::{app, component, id, prod, zip};
use windlass_domain::digest::Digest;
use windlass_domain::environment::Snapshot;
use windlass_domain::identity::EnvironmentId;
use windlass_domain::plan::Outcome;
use windlass_engine::ledger;

/// Writes the present snapshot, of a release that was judged.
fn judged_good(desk: &Desk) -> Snapshot {
    let snapshot = Snapshot {
        number: 3,
        version: "1.3.0".into(),
        release: Some(Digest::of(b"1.3.0")),
        deployment: id(),
        made: windlass_domain::time::Time(0),
        replaced: 2,
        components: desk.state().running,
        irreversible: [].into(),
        unmeasured: false,
    };
    let key = ledger::snapshot(EnvironmentId::new(&app(), &prod()), 3);
    desk.stage.put(key, &snapshot);
    snapshot
}

/// A release whose bytes run already gives its name to what runs from then on, in every list: the record, and a
/// snapshot in the place of the present one. A rollback goes to what ran before both. A rollback to the former snapshot
/// gives the former name back.
#[test]
fn bytes_that_run_already_take_the_name_of_a_newer_release_everywhere() {
    let mut desk = judged_after_others();
    let released = judged_good(&desk);
    desk.plan(Outcome::NothingToDo, 0);
    desk.change_record(|record| {
        record.release.components = [(component("jobs"), zip("jobs", b"old"))].into();
    });
    let answer = desk.asks("Settle").unwrap();
    let told = "Nothing to do: jobs runs it already: 1.3.0 since 1970-01-01T00:00:00Z, by deployment \
                fedcba9876543210; it is called 1.4.0 from now on.";
    assert_eq!(answer.cause, told);
    let state = desk.state();
    let jobs = &state.running[&component("jobs")];
    assert_eq!(jobs.names.now, named_now(&desk));
    assert_eq!(jobs.names.brought, former("jobs", b"old").names.brought);
    let made = snapshot(&desk, 6).unwrap();
    assert_eq!((state.snapshot, made.version.as_str()), (6, "1.4.0"));
    assert_eq!(made.components, state.running);
    assert_eq!(
        (made.replaced, &made.release),
        (released.replaced, &released.release),
        "as good as the one in whose place it stands"
    );

    // A rollback to the former snapshot brings back its name, too.
    let mut desk = judged_after_others();
    let mut state = desk.state();
    let jobs = state.running.get_mut(&component("jobs")).unwrap();
    jobs.names.now.version = "1.4.0".into();
    desk.stage
        .put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let goal = Snapshot {
        number: 2,
        version: "1.3.0".into(),
        components: [(component("jobs"), former("jobs", b"old"))].into(),
        ..released
    };
    desk.stage.put(
        ledger::snapshot(EnvironmentId::new(&app(), &prod()), 2),
        &goal,
    );
    is_rollback(&mut desk);
    desk.change_record(|record| record.snapshot = Some(2));
    desk.plan(Outcome::NothingToDo, 0);
    let answer = desk.asks("Settle").unwrap();
    let told =
        "shop prod is back at 1.3.0 (snapshot 2): jobs runs it already, called 1.4.0 until now.";
    assert_eq!(answer.cause.lines().next(), Some(told));
    let jobs = &desk.state().running[&component("jobs")];
    let back = &jobs.names.now;
    assert_eq!((back.version.as_str(), back.since), ("1.3.0", desk.now()));
    assert_eq!(jobs.names.brought, former("jobs", b"old").names.brought);
    assert_eq!(snapshot(&desk, 6).unwrap().components, desk.state().running);
}

/// An older release arrives once more, and its bytes run under the name of a newer one. It takes no name from that one.
#[test]
fn an_older_release_takes_no_name_from_a_newer_one() {
    for (allow_older, wanted) in [(false, "1.3.0"), (true, "1.4.0")] {
        let mut desk = judged_after_others();
        desk.plan(Outcome::NothingToDo, 0);
        desk.change_record(|record| {
            record.release.components = [(component("jobs"), zip("jobs", b"old"))].into();
            record.allow_older = allow_older;
        });
        let mut state = desk.state();
        let mut newer = desk.record().order;
        newer.accepted.0 += 1;
        state.marks.insert(component("jobs").into(), newer);
        desk.stage
            .put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let answer = desk.asks("Settle").unwrap();
        let keeps = answer
            .cause
            .contains("it keeps that name, which was given after 1.4.0");
        assert_eq!(keeps, !allow_older, "{}", answer.cause);
        let state = desk.state();
        assert_eq!(state.running[&component("jobs")].version(), wanted);
        assert_eq!(snapshot(&desk, 6).is_some(), allow_older);
    }
}
