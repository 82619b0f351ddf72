use crate::deployment::{Ended, Resolved};
use crate::environment::{BEFORE_WINDLASS, Lock, Running};
use crate::release::artifact::Artifact;
use crate::release::identity::Order;
use crate::release::request::{Requester, Route};
use crate::shown::release_status::*;
use crate::text::digest::Digest;
use crate::text::time::Time;
use serde_json::json;

fn record(id: &str, action: ActionName, version: &str, of: &[&str]) -> Deployment {
    let components: BTreeMap<&str, Artifact> = of.iter().map(|of| (*of, image(version))).collect();
    let record = json!({
        "id": id, "app": "shop", "environment": "prod", "action": action, "attempt": 1,
        "release": {"app": "shop", "version": version, "components": components},
        "release_digest": Digest::of(version.as_bytes()), "declaration": "1.0.0",
        "requester": {"route": "api", "principal": "arn:aws:iam::1:role/eva"},
        "order": {"accepted": 0, "id": id},
        "allow_older": false, "accept_red": false, "again": false, "by_person": false,
        "accepted": 0, "executions": [], "status": "ended",
    });
    serde_json::from_value(record).unwrap()
}

fn image(version: &str) -> Artifact {
    Artifact::Image { repository: "shop/agent".into(), digest: Digest::of(version.as_bytes()) }
}

fn ended(mut record: Deployment, ending: Ending, cause_name: &str) -> Deployment {
    record.ending = Some(Ended {
        ending,
        cause_name: cause_name.into(),
        cause: "".into(),
        findings: vec![],
        added: vec![],
        stays_reachable: vec![],
        at: Time(0),
        resolved: None,
        cost: None,
    });
    record
}

fn running(version: &str, by: &str) -> Running {
    Running::new(
        Some(image(version)),
        GivenVersion {
            version: version.into(),
            deployment: DeploymentId(by.into()),
            since: Time(60_000),
            git: None,
            released_by: None,
        },
        serde_json::Value::Null,
    )
}

/// The ledger's facts if nobody holds the lock and nobody waits.
fn facts<'a>(record: &Deployment, lock: &'a Lock, state: &'a EnvironmentState) -> AdmissionFacts<'a> {
    AdmissionFacts {
        lock,
        state,
        waiting: &[],
        veto: None,
        past: None,
        runs: state.runs(&record.release.components),
        under_way: None,
        drill: None,
        closed: None,
    }
}

fn superseded_there(record: &Deployment, replaced: &Replaced, at: &(EnvironmentState, KnownDeployments)) -> String {
    let lock = Lock::default();
    superseded(record, replaced, &facts(record, &lock, &at.0), &at.1).written()
}

fn now_there(record: &Deployment, at: &(EnvironmentState, KnownDeployments)) -> Option<PresentState> {
    let lock = Lock::default();
    now(record, &facts(record, &lock, &at.0), &at.1)
}

fn name(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

/// `a` runs 2.0.0 by a rollback, and `b` what somebody accepted.
fn scene() -> (EnvironmentState, KnownDeployments) {
    let mut back = record("back", ActionName::Rollback, "2.0.0", &["a"]);
    back.reason = Some("checkout is broken".into());
    let stuck = record("stuck", ActionName::Deploy, "2.5.0", &["b"]);
    let mut stuck = ended(stuck, Ending::NeedsOperator, "AccessDenied");
    if let Some(ended) = &mut stuck.ending {
        ended.resolved = Some(Resolved {
            at: Time(0),
            by: Requester::new(Route::Console, Some("tom".into())),
            allowed_by: None,
            reason: "mended by hand".into(),
        });
    }
    let mut state = EnvironmentState::default();
    state.running.insert(name("a"), running("2.0.0", "back"));
    state.running.insert(name("b"), Running { artifact: None, ..running("accepted", "stuck") });
    let known = [back, stuck].map(|record| (record.id.clone(), record));
    (state, known.into())
}

fn replaced(by: &str, how: Supersession) -> Replaced {
    let by = DeploymentId(by.into());
    Replaced { by, how }
}

#[test]
fn what_was_replaced_is_shown_by_whom_and_how_to_have_it() {
    let at = scene();
    let me = record("me", ActionName::Deploy, "3.0.0", &["a", "b", "c"]);
    insta::assert_snapshot!(superseded_there(&me, &replaced("back", Supersession::Since), &at), @r#"
    Superseded: 3.0.0 was live here and was replaced: deployments back (2.0.0) and stuck (2.5.0) are live.
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
      b: accepted since 1970-01-01T00:01:00Z, accepted at 1970-01-01T00:00:00Z by tom: "mended by hand" (deployment stuck)
      c: nothing is known to run
      next: start {"action":"deploy","app":"shop","environment":"prod","version":"3.0.0"} to deploy 3.0.0
    "#);
    let me = record("me", ActionName::Deploy, "1.0.0", &["a"]);
    insta::assert_snapshot!(superseded_there(&me, &replaced("newer", Supersession::Newer), &at), @r#"
    Superseded: deployment newer brought a newer release here; deployment back (2.0.0) is live.
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
      next: start {"action":"deploy","app":"shop","environment":"prod","version":"1.0.0"} to deploy 1.0.0
    "#);
    insta::assert_snapshot!(superseded_there(&me, &replaced("back", Supersession::Newer), &at), @r#"
    Superseded: deployment back brought a newer release here, 2.0.0.
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
      next: start {"action":"deploy","app":"shop","environment":"prod","version":"1.0.0"} to deploy 1.0.0
    "#);
    insta::assert_snapshot!(superseded_there(&me, &replaced("back", Supersession::Waits), &at), @r#"
    Superseded: deployment back waits for its turn with a newer release, 2.0.0; deployment back (2.0.0) is live.
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
      next: start {"action":"deploy","app":"shop","environment":"prod","version":"1.0.0"} to deploy 1.0.0
    "#);
    let me = record("me", ActionName::Deploy, "2.0.0", &["a"]);
    insta::assert_snapshot!(superseded_there(&me, &replaced("back", Supersession::Waits), &at), @r#"
    Superseded: deployment back waits for its turn with the same release; deployment back (2.0.0) is live.
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
    "#);
}

#[test]
fn deployments_that_are_live_stand_in_the_order_of_their_versions() {
    let mut at = scene();
    at.1.get_mut(&DeploymentId("back".into())).unwrap().release.version = "10.0.0".into();
    let me = record("me", ActionName::Deploy, "3.0.0", &["a", "b"]);
    let text = superseded_there(&me, &replaced("back", Supersession::Since), &at);
    let live =
        "Superseded: 3.0.0 was live here and was replaced: deployments stuck (2.5.0) and back (10.0.0) are live.";
    assert_eq!(text.lines().next(), Some(live));
}

#[test]
fn what_is_older_by_its_number_is_shown_how_to_allow_it() {
    let mut at = scene();
    let mut me = record("me", ActionName::Deploy, "1.0.0", &["a"]);
    me.order.sequence = Some(10);
    for (mark, allows) in [(Some(20), true), (Some(10), false), (None, false)] {
        let mark = Order { sequence: mark, accepted: Time(99), ..me.order.clone() };
        at.0.marks.insert(name("a").into(), mark);
        for how in [Supersession::Newer, Supersession::Since] {
            let text = superseded_there(&me, &replaced("newer", how), &at);
            assert_eq!(text.contains("allow_older"), allows, "{text}");
        }
    }
}

#[test]
fn each_input_that_is_named_can_be_started() {
    let at = scene();
    let me = record("me", ActionName::Deploy, "3.0.0", &["a"]);
    for how in [Supersession::Waits, Supersession::Newer, Supersession::Since] {
        let text = superseded_there(&me, &replaced("back", how), &at);
        let (begin, end) = (text.find('{').unwrap(), text.rfind('}').unwrap());
        let input = serde_json::from_str(&text[begin..=end]).unwrap();
        assert!(crate::release::request::Request::parse(&input).is_ok(), "{text}");
    }
}

#[test]
fn what_is_so_now_is_said_of_a_success_alone() {
    let at = scene();
    let of = |version, ending, cause_name| {
        let me = record("me", ActionName::Deploy, version, &["a"]);
        now_there(&ended(me, ending, cause_name), &at)
    };
    assert!(of("2.0.0", Ending::Succeeded, "").unwrap().runs);
    assert!(of("2.0.0", Ending::NothingToDo, ALREADY_THERE).unwrap().runs);
    assert!(of("2.0.0", Ending::NothingToDo, NOTHING_CHANGED).unwrap().runs);
    let gone = of("3.0.0", Ending::Succeeded, "").unwrap();
    assert!(!gone.runs);
    insta::assert_snapshot!(gone.text.written(), @r#"
    It does not run any more:
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"
      next: start {"action":"deploy","app":"shop","environment":"prod","version":"3.0.0"} to deploy 3.0.0
    "#);
    assert_eq!(of("2.0.0", Ending::NothingToDo, "Superseded"), None);
    assert_eq!(of("2.0.0", Ending::RolledBack, "GateFailed"), None);
    assert_eq!(of("2.0.0", Ending::Rejected, "Held"), None);
    let waiting = record("me", ActionName::Deploy, "2.0.0", &["a"]);
    assert_eq!(now_there(&waiting, &at), None);
}

#[test]
fn what_was_found_in_place_is_shown_by_its_names_before_and_after() {
    let (before, _) = scene();
    let of = |version, component: &str, after: &EnvironmentState| {
        let me = record("me", ActionName::Deploy, version, &["a", "b"]);
        found_in_place(&name(component), &me, &before, after)
    };
    let words = "2.0.0 since 1970-01-01T00:01:00Z, by deployment back";
    assert_eq!(of("2.0.0", "a", &before).as_deref(), Some(words));
    assert_eq!(of("3.0.0", "a", &before), None);
    assert_eq!(of("2.5.0", "b", &before), None, "accepted, and not known");
    assert_eq!(of("2.0.0", "c", &before), None);
    // Another name for the same bytes.
    let of = |version: &str, after: &EnvironmentState| {
        let mut me = record("me", ActionName::Deploy, version, &["a"]);
        me.release.components = [(name("a"), image("2.0.0"))].into();
        found_in_place(&name("a"), &me, &before, after).unwrap()
    };
    let mut after = before.clone();
    let names = |state: &mut EnvironmentState| {
        state.running.get_mut(&name("a")).unwrap().names.rename(GivenVersion {
            version: "2.1.0".into(),
            deployment: DeploymentId("me".into()),
            since: Time(120_000),
            git: None,
            released_by: None,
        });
    };
    names(&mut after);
    let renamed = format!("{words}; it is called 2.1.0 from now on");
    assert_eq!(of("2.1.0", &after), renamed);
    let older = format!("{words}; it keeps that name, which was given after 1.9.0");
    assert_eq!(of("1.9.0", &before), older);
}

#[test]
fn a_component_that_took_another_name_is_shown_by_both() {
    let (mut state, known) = scene();
    let a = state.running.get_mut(&name("a")).unwrap();
    a.names.brought.deployment = DeploymentId("first".into());
    a.names.brought.version = "1.9.0".into();
    let me = record("me", ActionName::Deploy, "2.0.0", &["a"]);
    let me = ended(me, Ending::NothingToDo, ALREADY_THERE);
    insta::assert_snapshot!(now_there(&me, &(state, known)).unwrap().text.written(), @r#"
    It runs, as far as Windlass knows:
      a: 2.0.0 since 1970-01-01T00:01:00Z, by rollback back of arn:aws:iam::1:role/eva: "checkout is broken"; its bytes came with 1.9.0 by deployment first and are there since 1970-01-01T00:01:00Z
    "#);
}

#[test]
fn each_that_brought_something_is_asked_for_once() {
    let (state, _) = scene();
    let me = record("me", ActionName::Deploy, "3.0.0", &["a", "b", "c"]);
    let brought = brought_by(&me, &state);
    let brought: Vec<&str> = brought.iter().map(DeploymentId::as_str).collect();
    assert_eq!(brought, ["back", "stuck"]);
}

#[test]
fn a_rollback_runs_where_what_it_found_is_there_as_well() {
    let (mut state, known) = scene();
    let found = Running { artifact: None, ..running(BEFORE_WINDLASS, "back") };
    let rollback = |of: &[&str]| {
        let mut me = record("back", ActionName::Rollback, "2.0.0", of);
        me.found = vec![name("b")];
        me.snapshot = Some(2);
        ended(me, Ending::Succeeded, "")
    };
    state.running.insert(name("b"), found);
    let mut at = (state, known);
    for of in [&["a"][..], &[]] {
        let now = now_there(&rollback(of), &at).unwrap();
        assert!(now.runs, "{:?}", now.text);
        assert!(now.text.written().contains("b: before-windlass since"), "{:?}", now.text);
    }
    at.0.running.insert(name("b"), running("2.5.0", "later"));
    for of in [&["a"][..], &[]] {
        let now = now_there(&rollback(of), &at).unwrap();
        assert!(!now.runs, "{:?}", now.text);
        assert!(now.text.written().contains("b: 2.5.0 since"), "{:?}", now.text);
        assert!(now.next.written().contains(r#""snapshot":2"#), "{:?}", now.next);
    }
}
