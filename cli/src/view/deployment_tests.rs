use super::*;
use serde_json::{Value, json};

/// Returns the stretches of a record, each as `name tone from to`, in seconds from its acceptance.
fn stretched(change: impl Fn(&mut Record), now_s: u64) -> Vec<String> {
    let all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
    let answer = &all["/apps/shop/deployments/2a1c0d9a4b5e6f71"];
    let mut record = crate::view::record::read(answer).unwrap().unwrap();
    let accepted = record.deployment.accepted;
    record.judgements.clear();
    record.deployment.ending = None;
    record.deployment.undoing = None;
    record.deployment.started = Some(accepted.plus_s(10));
    change(&mut record);
    let line = |one: Stretch| {
        let tone = format!("{:?}", one.state.tone).to_lowercase();
        let second = |at: Time| at.ms_since(accepted) / 1000;
        format!("{} {} {} {}", one.state.words, tone, second(one.from), second(one.to))
    };
    stretches(&record, accepted.plus_s(now_s)).into_iter().map(line).collect()
}

/// Adds the judgement of a wave: watched from one second on, looked at last at another, with this verdict.
fn judged(record: &mut Record, wave: u32, (started, looked): (u64, u64), verdict: &str) {
    let at = |second: u64| record.deployment.accepted.plus_s(second);
    let judged = json!({"wave": wave, "changed": at(started), "started": at(started), "until": at(1000), "verdict": verdict,
        "decides": true, "measurements": [], "polls": 1, "looked": at(looked)});
    record.judgements.push(serde_json::from_value(judged).unwrap());
}

#[test]
fn the_strip_has_a_stretch_for_each_thing_that_took_time_and_no_gap() {
    assert_eq!(stretched(|record| record.deployment.started = None, 50), Vec::<String>::new());
    assert_eq!(stretched(|_| (), 50), ["waited still 0 10", "change noted 10 50"]);
    let watched = |record: &mut Record| {
        judged(record, 0, (30, 60), "pass");
        judged(record, 1, (80, 90), "unknown");
    };
    let found = stretched(watched, 120);
    let wanted = [
        "waited still 0 10",
        "change 1 noted 10 30",
        "watch 1 good 30 60",
        "change 2 noted 60 80",
        "watch 2 moving 80 120",
    ];
    assert_eq!(found, wanted, "what is watched goes on until now");
    let grown = stretched(watched, 150);
    assert_eq!(grown.last().unwrap(), "watch 2 moving 80 150");
    assert_eq!(grown[..4], wanted[..4], "what is over stays as long as it was");
}

#[test]
fn a_failed_wave_is_bad_and_what_follows_it_is_the_undo() {
    let undone = |record: &mut Record| {
        judged(record, 0, (30, 60), "fail");
        let why = json!({"name": "GateFailed", "text": "red"});
        record.deployment.undoing = Some(serde_json::from_value(why).unwrap());
    };
    let found = stretched(undone, 100);
    let wanted = ["waited still 0 10", "change 1 noted 10 30", "watch 1 bad 30 60", "undo bad 60 100"];
    assert_eq!(found, wanted);
}

#[test]
fn a_wave_that_had_nothing_to_change_has_no_stretch_of_its_own() {
    let found = stretched(|record| judged(record, 0, (10, 40), "pass"), 40);
    assert_eq!(found, ["waited still 0 10", "watch 1 good 10 40"]);
}

#[test]
fn a_deployment_that_an_access_file_has_let_in_shows_who_and_by_which_rule() {
    let all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
    let answer = &all["/apps/shop/deployments/2a1c0d9a4b5e6f71"];
    let mut deployment = crate::view::record::read(answer).unwrap().unwrap().deployment;
    let audit = |deployment: &Deployment| {
        let found = facts(deployment).into_iter().find(|(name, _)| *name == "Audit");
        found.map(|(_, fact)| fact.to_string())
    };
    assert_eq!(audit(&deployment), None, "no file was in force");
    deployment.requester = serde_json::from_value(json!({"route": "s3"})).unwrap();
    let by = json!({"rule": "environments.prod.release", "file": "access/apps/shop.yaml", "version": 4});
    deployment.allowed_by = serde_json::from_value(by).unwrap();
    let wanted = "allowed by environments.prod.release of access/apps/shop.yaml, version 4";
    assert_eq!(audit(&deployment).as_deref(), Some(wanted));
}
