//! Tests of what is counted of a change of the ledger.

use super::{change, ends, item, record, stage};
use crate::stage::{app, id, prod};
use serde_json::json;
use windlass_domain::deployment::Resolved;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::environment::Lock;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::text::time::{Span, Time};
use windlass_engine::ledger::{self, Stored};
use windlass_engine::outbox::{endings, restored};
use windlass_engine::ports::DynamoDbApi as _;
use windlass_world::run::run;

#[test]
fn an_ending_is_counted_once_from_its_turn_and_who_only_waited_did_no_work() {
    let stage = stage();
    let running = || record(&stage, |_| ());
    let ended = |at_s| record(&stage, ends(Ending::RolledBack, at_s));
    let started = record(&stage, |record| {
        ends(Ending::Succeeded, 90)(record);
        record.started = Some(Time(30_000));
    });
    let of = |ending, seconds| (id(), app(), prod(), ending, seconds);
    let other = item(ledger::lock(EnvironmentId::new(&app(), &prod())), &Lock::default());
    let changes = [
        change(Some(running()), Some(ended(60))),
        change(None, Some(ended(61))),
        change(Some(running()), Some(started)),
        change(Some(ended(60)), Some(ended(60))),
        change(None, Some(running())),
        change(Some(ended(60)), None),
        change(None, Some(other)),
    ];
    let wanted = [of(Ending::RolledBack, None), of(Ending::RolledBack, None), of(Ending::Succeeded, Some(60))];
    let found = run(endings(&stage.world, &changes)).unwrap().into_iter();
    let found = found.map(|it| (it.id, it.app, it.environment, it.ending, it.seconds));
    assert_eq!(found.collect::<Vec<_>>(), wanted);
}

#[test]
fn the_time_for_which_waves_were_watched_is_no_work() {
    let stage = stage();
    for (wave, from_s, to_s) in [(0, 100, 400), (1, 500, 2_300)] {
        let (begun, looked) = (Time(from_s * 1000), Time(to_s * 1000));
        let mut judgement = Judgement::begin(wave, begun, begun, Span::seconds(to_s), true);
        judgement.looked = looked;
        let stored = Stored::new(ledger::judgement(&id(), wave), judgement);
        run(stage.world.transact(vec![stored.put().unwrap()])).unwrap();
    }
    let ended = record(&stage, |record| {
        ends(Ending::Succeeded, 2_400)(record);
        record.started = Some(Time(0));
    });
    let found = run(endings(&stage.world, &[change(None, Some(ended))])).unwrap();
    assert_eq!(found[0].seconds, Some(300), "of 2400 s it was watched for 300 and 1800");
}

#[test]
fn an_environment_is_counted_as_restored_when_its_record_says_it() {
    let stage = stage();
    let ended = |ending, at_s| record(&stage, ends(ending, at_s));
    let accepted = record(&stage, |record| {
        ends(Ending::NeedsOperator, 60)(record);
        let requester = Requester::new(Route::Console, None);
        let resolved = Resolved { at: Time(200_000), by: requester, allowed_by: None, reason: "seen to".into() };
        record.ending.as_mut().unwrap().resolved = Some(resolved);
    });
    let broken = item(ledger::deployment(&id()), &json!({"id": 7}));
    let changes = [
        change(None, Some(ended(Ending::RolledBack, 60))),
        change(None, Some(broken)),
        change(None, Some(ended(Ending::NeedsOperator, 60))),
        change(Some(ended(Ending::NeedsOperator, 60)), Some(accepted.clone())),
        change(Some(accepted.clone()), Some(accepted)),
        change(None, Some(ended(Ending::Succeeded, 60))),
        change(Some(ended(Ending::RolledBack, 60)), None),
    ];
    let found = restored(&changes).into_iter();
    let found = found.map(|it| (it.id, it.app, it.environment, it.seconds));
    let of = |seconds| (id(), app(), prod(), seconds);
    assert_eq!(found.collect::<Vec<_>>(), [of(60), of(200)]);
}
