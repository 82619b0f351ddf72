//! Outside things that users' functions look at and change: the way there and back, and what is not believed.

mod plans;
mod scene;

use scene::{BOOK, Book, component, kind, shows, tree};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::accept_look::Live;
use windlass_domain::environment::drift::Drift;
use windlass_domain::environment::{GivenVersion, Running};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::kinds::external::External;
use windlass_engine::observe::{compare, glance, live};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::ExternalAnswer;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, conforms, deployment};
use windlass_world::run::run;

/// A book under the conformance tests.
struct Released;

impl Subject for Released {
    type Kind = External<World, World>;

    fn scene(&self) -> Scene {
        let book = Book::new();
        let planned = book.plan(Some(&book.upload("new")), None);
        assert_eq!(planned.findings, []);
        Scene {
            world: book.world,
            kind: KindName::External,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> External<World, World> {
        kind(at)
    }

    fn arrived(&self, world: &World) {
        let mut state = world.external();
        let outside = state.of(BOOK);
        assert_eq!(outside.tree, Some(tree("new")));
        assert_eq!(outside.commits, 3, "committed once");
    }
}

/// Safety: kinds: An outside thing behind an honest function conforms.
#[test]
fn an_outside_thing_conforms() {
    conforms(&Released);
}

#[test]
fn it_is_prepared_changed_and_seen_twice_there_and_back() {
    let book = Book::new();
    let release = book.release();
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(book.outside(|it| it.tree.clone()), Some(tree("new")));
    assert_eq!(release.step().outputs["value"], tree("new"));
    assert_eq!(release.wave(None), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(book.outside(|it| it.tree.clone()), Some(tree("old")));
    let done: Vec<String> = release.done().iter().map(|what| what.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(done, ["prepare", "prepare", "change", "saw", "change", "saw"]);
    let keys: Vec<String> = book.world.external().asked.iter().map(|asked| asked.key.clone()).collect();
    assert_eq!(keys, ["0123456789abcdef/book/forward", "0123456789abcdef/book/back"]);
}

/// Safety: open calls: A call of a user's function that fails is open for as long as the function may run.
#[test]
fn a_call_that_fails_is_open_for_as_long_as_the_function_may_run() {
    let book = Book::new();
    let release = book.release();
    book.answers([shows("old", "c2")]);
    book.world.external().scripted.push(ExternalAnswer::Failed("Sandbox.Timedout".into()));
    assert!(release.invoke(Some(0)).is_err());
    let step = release.step();
    let open = step.open.unwrap();
    assert_eq!(open.not_after.ms_since(step.changes.last().unwrap().at), 45_000, "15 s, and 30 s of the function");
    book.outside(|it| it.prepared.insert(tree("new")));
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed, "{}", release.failure());
    let asked = book.world.external().asked.clone();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].sent >= open.not_after.plus_s(5), "{asked:?}");
}

/// Safety: open calls: A call of a user's function that is throttled was not made, and leaves nothing open.
#[test]
fn a_call_that_is_throttled_leaves_nothing_open() {
    let book = Book::new();
    let release = book.release();
    book.outside(|it| it.prepared.insert(tree("new")));
    let throttled = Fault::new(FaultName::Throttled, "too many requests");
    book.world.mishaps().refused.insert("external.change", throttled);
    assert!(release.invoke(Some(0)).is_err());
    let step = release.step();
    assert!(step.open.is_none() && step.changes.iter().all(|change| !change.switching), "{:?}", step.changes);
    book.world.mishaps().refused.clear();
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(book.outside(|it| it.commits), 3, "committed once");
}

#[test]
fn a_mark_that_moves_each_time_is_tried_ten_times() {
    let book = Book::new();
    // Short, so that each invocation looks no more often than it sends.
    if let Some(function) = book.world.lambda().functions.get_mut(BOOK) {
        function.timeout_s = 3;
    }
    let release = book.release();
    let refused = || json!({"refused": {"name": "Conflict", "says": "the head has moved"}});
    book.answers((0..10).flat_map(|nth| [shows("old", &format!("c{nth}")), refused()]));
    book.answers([shows("old", "c10")]);
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    assert!(release.failure().contains("refused 10 times in a row"), "{}", release.failure());
    assert_eq!(book.world.external().asked.len(), 10);
    assert_eq!(release.wave(None), WorkTransition::Changed, "nothing was changed");
    assert_eq!(book.outside(|it| it.tree.clone()), Some(tree("old")));
}

#[test]
fn a_refusal_that_no_look_decides_ends_the_release() {
    let book = Book::new();
    let release = book.release();
    book.answers([shows("old", "c2"), json!({"refused": {"name": "WrongDigest", "says": "the bytes are others"}})]);
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    let failure = release.failure();
    assert!(failure.contains("WrongDigest: the bytes are others, as shop-book:1 says"), "{failure}");
}

#[test]
fn an_answer_with_a_secret_is_kept_nowhere() {
    let book = Book::new();
    let release = book.release();
    let mut secret = shows("old", "c2");
    secret["says"] = json!("password=hush-and-hush-again");
    book.answers([secret]);
    let fault = release.invoke(Some(0)).unwrap_err();
    assert!(fault.message.contains("`says`") && !fault.message.contains("hush"), "{fault}");
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed, "{}", release.failure());
    let ledger = book.world.dynamodb();
    let all = format!("{:?}", ledger.items.values().collect::<Vec<_>>());
    assert!(all.contains(&tree("new")) && !all.contains("hush"));
}

#[test]
fn what_the_outside_gives_up_is_named_with_its_witness() {
    let book = Book::new();
    book.outside(|it| it.broken.insert(tree("new")));
    let release = book.release();
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    let failure = release.failure();
    let wanted = "The outside has given it up, as shop-book:1 says: the outside cannot build it.";
    assert!(failure.starts_with("ChangeFailed: github:org/book#gh-pages: ") && failure.contains(wanted), "{failure}");
    assert_eq!(release.wave(None), WorkTransition::Changed, "{}", release.failure());
}

#[test]
fn somebody_elses_change_while_it_builds_is_left_to_them() {
    let book = Book::new();
    book.outside(|it| it.builds_s = 300);
    let release = book.release();
    assert!(release.invoke(Some(0)).is_err(), "it builds");
    while release.step().changes.iter().all(|change| !change.switching) {
        assert!(release.invoke(Some(0)).is_err());
    }
    let now = book.world.true_time();
    book.outside(|it| it.commit(Some("by-hand"), now));
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
    assert_eq!(release.wave(None), WorkTransition::Failed);
    assert_eq!(book.outside(|it| it.tree.clone()).as_deref(), Some("by-hand"));
    let release = release.recovered();
    assert_eq!(release.wave(None), WorkTransition::Changed, "an operator has looked: {}", release.failure());
    assert_eq!(book.outside(|it| it.tree.clone()), Some(tree("old")));
}

/// The API runs no code of the user's: only the hourly look asks the function, once.
#[test]
fn only_the_hourly_look_asks_the_function() {
    let book = Book::new();
    let release = book.release();
    assert_eq!(release.wave(Some(0)), WorkTransition::Changed, "{}", release.failure());
    let given = GivenVersion {
        version: "1.0.0".into(),
        deployment: deployment(),
        since: Time(0),
        git: None,
        released_by: None,
    };
    let running = BTreeMap::from([(component(), Running::new(None, given, release.step().seen.unwrap()))]);
    let looks = || book.world.mishaps().calls.iter().filter(|call| **call == "external.look").count();
    let before = looks();
    assert_eq!(run(compare(&book.world, &running)), BTreeMap::from([(component(), None)]));
    assert_eq!(looks(), before);
    let glances = run(glance(&book.world, &running));
    let seen = &glances[&component()];
    assert_eq!((seen.compared.drift, seen.calls, looks()), (Drift::None, 1, before + 1));
    if let Some(function) = book.world.lambda().functions.get_mut(BOOK) {
        function.versions.clear();
    }
    let blind = run(glance(&book.world, &running));
    assert_eq!(blind[&component()].compared.drift, Drift::Unknown, "the function is gone, and not the book");
    let accepted = run(live(&book.world, &release.step(), None)).unwrap();
    assert!(matches!(accepted, Live::Gone(_)), "a version never comes again, so that is no obstacle: {accepted:?}");
}
