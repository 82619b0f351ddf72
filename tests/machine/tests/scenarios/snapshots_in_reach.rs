//! A check says of each snapshot that passed whether a rollback can go there.

use crate::scenarios::checks::check;
use crate::scenarios::scene::live_with;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::environment::kept::IrreversibleRun;
use windlass_domain::environment::reach::Reach;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::DynamoDbApi;
use windlass_machine::program::Program;
use windlass_world::mishaps::When;
use windlass_world::run::run;

/// A version that somebody has deleted is gone; what may not be read is not known. The snapshot comes first to which a
/// rollback goes that names none.
#[test]
fn a_check_says_of_each_snapshot_whether_a_rollback_can_go_there() {
    use FindingName::{ArtifactMissing, NoPermission};
    let open = |next| (next, Reach::Open, None);
    let gone = |next| (next, Reach::Gone, Some(ArtifactMissing));
    let unknown = |next| (next, Reach::Unknown, Some(NoPermission));
    let program = Program::release().unwrap();
    for (deleted, is_denied, wanted) in [
        (&[][..], false, [open(true), open(false)]),
        (&[3], false, [gone(true), open(false)]),
        (&[2, 3], false, [gone(true), gone(false)]),
        (&[], true, [unknown(true), unknown(false)]),
    ] {
        let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
        for version in deleted {
            assert!(shop.world().lambda().named("shop-api").unwrap().versions.remove(version).is_some());
        }
        if is_denied {
            let fault = Fault::new(FaultName::AccessDenied, "lambda:GetAlias was refused");
            shop.world().mishaps().refused.insert("lambda.alias", fault);
        }
        let snapshots = check(&mut shop).drawn.unwrap().snapshots;
        let seen = snapshots.iter().map(|one| (one.next, one.reach, one.findings.first().map(|found| found.name)));
        assert_eq!(seen.collect::<Vec<_>>(), wanted, "{deleted:?}");
    }
}

/// A rollback is refused where it would cross what is irreversible, and each snapshot there is listed all the same.
#[test]
fn a_check_refuses_the_snapshots_behind_an_irreversible_run() {
    use FindingName::{ArtifactMissing, Irreversible};
    let program = Program::release().unwrap();
    for (deleted, reach, found) in
        [(&[][..], Reach::Refused, &[Irreversible][..]), (&[3], Reach::Gone, &[Irreversible, ArtifactMissing])]
    {
        let mut shop = live_with(&program, &["1.0.0", "1.1.0", "1.2.0"]);
        for version in deleted {
            assert!(shop.world().lambda().named("shop-api").unwrap().versions.remove(version).is_some());
        }
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let key = ledger::state(EnvironmentId::new(&app, &prod));
        let mut state: Stored<EnvironmentState> = run(ledger::require(shop.world(), &key)).unwrap();
        let (deployment, at) = (DeploymentId("ran".into()), Time(0));
        let ran = IrreversibleRun { deployment, version: "1.2.0".into(), at };
        state.value.irreversible.insert(ComponentName::new("migrate").unwrap(), ran);
        run(shop.world().transact(vec![state.put().unwrap()])).unwrap();
        let snapshots = check(&mut shop).drawn.unwrap().snapshots;
        let seen = snapshots.iter().map(|one| {
            let found: Vec<FindingName> = one.findings.iter().map(|found| found.name).collect();
            (one.next, one.reach, found)
        });
        let wanted = [(true, reach, found.to_vec()), (false, Reach::Refused, vec![Irreversible])];
        assert_eq!(seen.collect::<Vec<_>>(), wanted, "{deleted:?}");
    }
}

#[test]
fn a_throttle_of_a_look_at_a_snapshot_makes_it_unknown_and_ends_no_check() {
    let program = Program::release().unwrap();
    let versions = ["1.0.0", "1.1.0"];
    let mut plain = live_with(&program, &versions);
    let before = plain.world().mishaps().calls.len();
    check(&mut plain);
    let calls = plain.world().mishaps().calls.split_off(before);
    let last = (1..).zip(calls).filter(|(_, call)| call.starts_with("lambda.")).last();
    let mut shop = live_with(&program, &versions);
    let at = shop.world().mishaps().count() + last.unwrap().0;
    shop.world().fail_call(at, When::Before, Fault::new(FaultName::Throttled, "not now"));
    let snapshots = check(&mut shop).drawn.unwrap().snapshots;
    assert_eq!(snapshots.iter().map(|one| one.reach).collect::<Vec<_>>(), [Reach::Unknown]);
}
