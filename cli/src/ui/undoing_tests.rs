use super::*;
use serde_json::{Value, json};
use windlass_domain::release::identity::DeploymentId;

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

type Would = fn(&Record, Option<&LockHolder>) -> Markup;

/// Returns the text of a page, without its markup.
fn said(page: &Markup) -> String {
    let mut said = String::new();
    let mut is_tag = false;
    for c in page.0.chars() {
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            c if !is_tag => said.push(c),
            _ => {}
        }
    }
    said
}

#[test]
fn what_was_changed_goes_back_the_last_wave_first() {
    let record = going(|answer| answer["steps"][2]["component"] = "queue".into());
    // `queue` is in no wave of the plan: without a goal an undo passes it over.
    let UndoneChanges::Waves(waves) = back(&record) else {
        panic!("{:?}", back(&record));
    };
    let names: Vec<(u32, Vec<&str>)> =
        waves.iter().map(|(wave, steps)| (*wave, steps.iter().map(|it| it.component.as_str()).collect())).collect();
    assert_eq!(names, [(1, vec!["api"]), (0, vec!["web"])]);
    let page = said(&cancelled(&going(|_| ()), Some(&held(HeldState::Running))));
    let order = [
        "api wave 2 41 with 42 at 10 % → 41 at 100 %",
        "agent wave 2 task definition 18 → task definition 17",
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
    let UndoneChanges::Waves(waves) = back(&record) else {
        panic!("{:?}", back(&record));
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
    assert!(page.contains("web wave 1 nothing of it that callers notice was changed"), "{page}");
    let planned = going(|answer| {
        for step in 0..3 {
            answer["steps"][step]["status"] = "planned".into();
        }
    });
    assert_eq!(back(&planned), UndoneChanges::Nothing);
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
    assert!(matches!(back(&not_begun), UndoneChanges::Waves(_)));
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
