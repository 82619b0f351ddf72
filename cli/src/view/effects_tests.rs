use super::*;
use serde_json::{Value, json};
use windlass_domain::release::identity::DeploymentId;

type Would = fn(&Record, Option<&LockHolder>) -> Vec<EffectLine>;

/// Returns the text of lines, without what stands between them.
fn said(lines: &[EffectLine]) -> String {
    let of = |one: &EffectLine| {
        let state = one.state.as_ref().map(|state| state.words.clone());
        one.component.clone().into_iter().chain(state).chain([one.words.clone()]).collect::<Vec<_>>().join(" ")
    };
    lines.iter().map(of).collect()
}

fn here(members: &Value) -> Environment {
    let mut answer = json!({"app": "shop", "environment": "prod", "snapshot": 1, "running": {}, "lock": {"token": 1}, "hold": null,
        "waiting": [], "deployments": {"r2": {"action": "rollback", "version": "1.3.0", "requester": {"route": "api"}, "accepted": 1}}});
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    crate::talk::windlass::read(&answer).unwrap()
}

const HOLD: &str = "arn:aws:sts::111111111111:assumed-role/oncall/ann";

#[test]
fn a_hold_says_who_goes_on_who_waits_and_who_would_be_refused() {
    let running = json!({"deployment": "r1", "action": "deploy", "execution": "arn", "since": 1, "state": "running"});
    let mut stuck = running.clone();
    stuck["state"] = "needs_operator".into();
    let waits = json!([{"deployment": "r3", "operator": false, "since": 1}]);
    let rollback = json!([{"deployment": "r2", "operator": false, "since": 1}]);
    let kept = json!({"since": 1_795_172_400_000_u64, "reason": "a sale", "by": HOLD});
    let table = [
        (json!({}), "Nothing is under way, and nothing waits."),
        (json!({"waiting": waits}), "Nothing is under way."),
        (json!({"waiting": waits}), "r3: it would be refused at its turn"),
        (json!({"waiting": rollback}), "an operator asked for it, and it goes all the same"),
        (json!({"lock": {"token": 1, "held": running}}), "under way r1: it goes on, and a hold does not stop it."),
        (json!({"lock": {"token": 1, "held": stuck}}), "needs an operator r1: it stays locked."),
        (json!({"hold": kept}), "by assumed-role/oncall/ann: \"a sale\". Your reason is kept beside"),
    ];
    for (members, wanted) in &table {
        let shown = said(&hold(&here(members)));
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    let shown = said(&hold(&here(&json!({}))));
    assert!(!shown.contains("held already") && !shown.contains("r3"), "{shown}");
}

#[test]
fn a_release_of_a_hold_says_which_ends_and_that_nothing_comes_again_by_itself() {
    let none = said(&released(&here(&json!({}))));
    assert!(none.contains("There is no hold.") && !none.contains("would go again"), "{none}");
    let waits = json!([{"deployment": "r3", "operator": false, "since": 1}]);
    let kept = json!({"since": 1_795_172_400_000_u64, "reason": "a sale", "by": HOLD});
    let shown = said(&released(&here(&json!({"hold": kept, "waiting": waits}))));
    for wanted in [
        "by assumed-role/oncall/ann: \"a sale\".",
        "r3: it has its turn when the lock is free.",
        "comes no more by itself",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

/// The deployment that the browser's test watches, in its second wave of three.
fn going(change: impl Fn(&mut Value)) -> Record {
    let mut all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
    let mut answer = all["moves"][3].take();
    change(&mut answer);
    crate::view::record::read(&answer).unwrap().unwrap()
}

fn held(state: HeldState) -> LockHolder {
    let held = json!({"deployment": "3b1c0d9a4b5e6f72", "action": "deploy", "execution": "arn:one", "since": 1, "state": state});
    serde_json::from_value(held).unwrap()
}

#[test]
fn what_was_changed_goes_back_the_last_wave_first() {
    let record = going(|answer| answer["steps"][2]["component"] = "queue".into());
    // `queue` is in no wave of the plan: without a goal an undo passes it over.
    let UndoneChanges::Waves(waves) = undone(&record) else {
        panic!("{:?}", undone(&record));
    };
    let names: Vec<(u32, Vec<&str>)> =
        waves.iter().map(|(wave, steps)| (*wave, steps.iter().map(|it| it.component.as_str()).collect())).collect();
    assert_eq!(names, [(1, vec!["api"]), (0, vec!["web"])]);
    let page = said(&cancelled(&going(|_| ()), Some(&held(HeldState::Running))));
    let order = [
        "api wave 2: 41 with 42 at 10 % → 41 at 100 %",
        "agent wave 2: task definition 18 → task definition 17",
        "web wave 1",
    ];
    let places: Vec<usize> =
        order.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"))).collect();
    assert!(places.is_sorted(), "{page}");
    assert!(page.starts_with("It would be stopped."), "{page}");
}

#[test]
fn a_goal_says_with_which_wave_a_component_goes_back() {
    let record = going(|answer| answer["steps"][0]["goals"] = json!({"1": null, "2": null}));
    let UndoneChanges::Waves(waves) = undone(&record) else {
        panic!("{:?}", undone(&record));
    };
    let numbers: Vec<u32> = waves.iter().map(|(wave, _)| *wave).collect();
    assert_eq!(numbers, [1], "all of them have their first goal in the second wave");
}

#[test]
fn what_is_as_before_is_named_and_what_nobody_notices_has_nothing_to_undo() {
    let record = going(|answer| {
        answer["steps"][1]["status"] = "undone".into();
        answer["steps"][0]["changes"] = json!([]);
    });
    let page = said(&brought_back(&record));
    assert!(page.contains("As before already, or not begun: api."), "{page}");
    assert!(page.contains("web wave 1: nothing of it that callers notice was changed"), "{page}");
    let planned = going(|answer| {
        for step in 0..3 {
            answer["steps"][step]["status"] = "planned".into();
        }
    });
    assert_eq!(undone(&planned), UndoneChanges::Nothing);
}

#[test]
fn behind_what_is_irreversible_nothing_goes_back() {
    let record = going(|answer| answer["steps"][1]["irreversible"] = true.into());
    let page = said(&brought_back(&record));
    assert!(page.contains("nothing would be brought back"), "{page}");
    assert!(page.contains("api is irreversible") && !page.contains("web"), "{page}");
    let not_begun = going(|answer| {
        answer["steps"][1]["irreversible"] = true.into();
        answer["steps"][1]["status"] = "planned".into();
    });
    assert!(matches!(undone(&not_begun), UndoneChanges::Waves(_)));
}

#[test]
fn each_standing_has_its_own_sentence() {
    let as_is = going(|_| ());
    let waits = going(|answer| answer["deployment"]["status"] = "waiting".into());
    let undoing = going(|answer| {
        answer["deployment"]["undoing"] = json!({"name": "GateFailed", "text": "red"});
    });
    let passed = going(|answer| {
        let mut last = answer["judgements"][0].take();
        last["wave"] = 2.into();
        answer["judgements"] = json!([last]);
    });
    let ended = going(|answer| {
        answer["deployment"]["ending"] = json!({"ending": "Succeeded", "cause_name": "", "cause": "", "at": 1});
    });
    let failed = going(|answer| {
        answer["steps"][1]["status"] = "undo_failed".into();
        answer["steps"][1]["undo_failure"] =
            json!({"fault": {"name": "AccessDenied", "message": "UpdateAlias is denied"}});
    });
    let (running, stuck) = (held(HeldState::Running), held(HeldState::NeedsOperator));
    let recovering = held(HeldState::Recovering);
    let other = LockHolder { deployment: DeploymentId("0000000000000000".into()), ..stuck.clone() };
    let table: [(Would, &Record, Option<&LockHolder>, &str); 12] = [
        (cancelled, &ended, None, "nothing It has ended: Succeeded"),
        (cancelled, &waits, None, "It waits for its turn"),
        (cancelled, &undoing, Some(&running), "being undone already"),
        (cancelled, &as_is, Some(&recovering), "being undone already"),
        (cancelled, &passed, Some(&running), "It would be stopped.Its last wave has passed"),
        (recovered, &ended, Some(&other), "nothing It has ended: Succeeded, and does not hold the lock"),
        (recovered, &waits, Some(&other), "Where its execution died while it waited"),
        (recovered, &as_is, Some(&recovering), "A recovery is under way already"),
        (recovered, &as_is, Some(&running), "cancel it then. Where that died:What it has changed"),
        (recovered, &as_is, Some(&stuck), "It would be undone again"),
        (recovered, &failed, Some(&stuck), "could not be brought back before AccessDenied: UpdateAlias is denied"),
        (recovered, &passed, Some(&running), "Its last wave has passed"),
    ];
    for (would, record, held, wanted) in table {
        let page = said(&would(record, held));
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
}

fn becomes_of(observed: &Value, status: &str) -> AcceptedState {
    let mut all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
    let record = going(|answer| answer["steps"][1]["status"] = status.into());
    let mut here = all["/apps/shop/environments/prod"].take();
    if observed["api"].is_null() {
        here["running"].as_object_mut().unwrap().remove("api");
    }
    here["observed"] = observed.clone();
    let environment = crate::talk::windlass::read(&here).unwrap();
    let all = components(&record, &environment);
    assert_eq!(all.len(), 3);
    let mut api = all.into_iter().filter(|one| one.component == "api");
    api.next().unwrap().becomes
}

#[test]
fn what_is_seen_becomes_the_truth_and_what_is_not_seen_is_refused() {
    let unknown = json!({"api": {"drift": "unknown", "reason": "GetAlias is denied"}});
    let changed = json!({"api": {"drift": "changed", "recorded": "41", "seen": "40 at 100 %"}});
    let table = [
        (json!({"api": {"drift": "none", "seen": "41 at 100 %"}}), "changed", AcceptedState::AsRecorded),
        (changed, "undo_failed", AcceptedState::Runs("40 at 100 %".into())),
        (json!({"api": {"drift": "changed", "reason": "gone"}}), "changed", AcceptedState::Nothing),
        (unknown.clone(), "undo_failed", AcceptedState::Refused("GetAlias is denied".into())),
        (unknown, "undone", AcceptedState::AsRecorded),
        (json!({}), "undo_failed", AcceptedState::Looked),
    ];
    for (observed, status, wanted) in table {
        assert_eq!(becomes_of(&observed, status), wanted, "{observed} {status}");
    }
}
