//! `windlass approve`, and what shows that a deployment waits for people: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::plan::drawn;
use crate::records::{ID, accepted, finished};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const OTHER: &str = "fedcba9876543210";
const UNTIL: &str = "until 2025-11-21T12:00:00Z";

/// The hash of the plan.
fn hash() -> String {
    "b".repeat(64)
}

/// An approval that these people have given.
pub fn approval(people: &[&str]) -> Value {
    let given = people.iter().map(|person| {
        json!({"person": person, "by": {"route": "api", "principal": person}, "hash": hash(),
            "reason": "I have read it", "at": 1_763_640_060_000_u64})
    });
    let given: Vec<Value> = given.collect();
    json!({"hash": hash(), "since": 1_763_640_000_000_u64, "until": 1_763_726_400_000_u64, "given": given})
}

/// The record of a deployment that waits for two people, of whom these have approved.
pub fn asking(people: &[&str]) -> Value {
    let mut record = accepted();
    record["deployment"]["approval"] = approval(people);
    record["needs"] = 2.into();
    record
}

/// The environment, in which these ask for approval.
fn here(asks: &[&str]) -> Value {
    let asked = json!({"action": "deploy", "version": "1.4.0", "accepted": 0, "components": ["api"],
        "requester": {"route": "api", "principal": "tom"}, "approval": approval(&["ann"])});
    let waiting =
        asks.iter().map(|id| json!({"deployment": id, "since": 1_763_640_000_000_u64, "asks": true, "needs": 2}));
    let mut waiting: Vec<Value> = waiting.collect();
    waiting.push(json!({"deployment": "aaaaaaaaaaaaaaaa", "since": 1_763_640_000_000_u64}));
    json!({"app": "shop", "environment": "prod", "snapshot": 0, "running": {}, "lock": {"token": 1}, "hold": null,
        "waiting": waiting, "deployments": {ID: asked, OTHER: asked}})
}

/// An API in whose environment these ask for approval, with this plan.
fn api(asks: &[&str], plan: Value) -> StandIn {
    let here = here(asks);
    StandIn::new(move |call: &Call| {
        let (path, query) = call.path.split_once('?').unwrap_or((call.path.as_str(), ""));
        let done = json!({"deployment": null, "refusal": null, "done": {"cause": "shop prod 1.4.0: approved by bo"},
            "execution": null});
        match (call.method.as_str(), path.trim_start_matches("/stage/apps/shop/")) {
            ("POST", "environments/prod/approve") => reply(202, &json!({"execution": "arn:one"})),
            ("GET", "environments/prod") => reply(200, &here),
            ("GET", "deployments") if query.starts_with("execution=") => reply(200, &done),
            ("GET", path) if path.ends_with(ID) && path.starts_with("plans/") => reply(200, &plan),
            (method, path) => reply(404, &json!({"message": format!("{method} {path}")})),
        }
    })
}

/// A plan that asks once more, because something has moved.
fn plan() -> Value {
    let mut plan = drawn("change", &json!([]));
    plan["turn"] = json!({"becomes": "waits", "text": "It waits until its plan is approved."});
    plan["drawn"]["changes"] = json!({"api": {"from": {"version": "1.3.0"}, "to": {"version": "1.4.0"}}});
    plan["before"] = json!({"changes": {"api": {"from": {"version": "1.2.0"}, "to": {"version": "1.4.0"}}}});
    plan
}

fn approves(api: &StandIn, more: &[&str]) -> std::process::Output {
    let all = [&["approve", "shop", "prod", "--reason", "I have read it", "--every", "1ms"], more].concat();
    api.windlass(&folder("approves"), &all)
}

fn posts(api: &StandIn) -> Vec<Value> {
    api.calls().iter().filter(|call| call.method == "POST").map(Call::json).collect()
}

#[test]
fn without_a_hash_the_plan_is_shown_with_what_approves_it_and_nothing_is_approved() {
    let api = api(&[ID], plan());
    let output = approves(&api, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    let typed = format!("--deployment={ID} --hash={} --reason 'I have read it'`", hash());
    for part in ["api: 1.3.0 → 1.4.0", "new since the plan before: api: 1.3.0 → 1.4.0, was 1.2.0 → 1.4.0", &typed]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("nothing was approved; this approves it: `windlass approve shop prod "), "{said}");
    assert_eq!(posts(&api), Vec::<Value>::new());
}

#[test]
fn a_plan_that_changes_nothing_is_shown_without_a_line_that_approves_it() {
    for (outcome, status) in [("nothing_to_do", 0), ("rejected", 3)] {
        let output = approves(&api(&[ID], drawn(outcome, &json!([]))), &[]);
        assert_eq!(code(&output), status, "{}", err(&output));
        let said = out(&output);
        assert!(said.contains("nobody has to approve it") && !said.contains("--hash="), "{said}");
    }
}

#[test]
fn with_the_hash_it_is_approved_and_shown_how_many_have() {
    let (whole, begins) = (hash(), hash()[..16].to_owned());
    for (named, hash) in [(&["--deployment", ID][..], &whole), (&[], &whole), (&[], &begins)] {
        let api = api(&[ID], plan());
        let output = approves(&api, &[named, &["--hash", hash]].concat());
        assert_eq!(code(&output), 0, "{}", err(&output));
        let wanted = json!({"deployment": ID, "hash": hash, "reason": "I have read it"});
        assert_eq!(posts(&api), [wanted]);
        let said = out(&output);
        assert!(said.contains("approved by bo"), "{said}");
        assert!(said.contains(&format!("; it waits for people: 1 of 2 approvals (ann) {UNTIL}")), "{said}");
        let step =
            format!("`windlass approve shop prod --deployment {ID} --reason '…'` shows its plan, to be approved");
        assert!(said.contains(&step), "{said}");
    }
}

#[test]
fn where_none_or_several_ask_none_is_approved() {
    let table: [(&[&str], &str); 2] = [
        (&[], "nothing asks for approval in shop prod."),
        (&[ID, OTHER], "2 deployments ask for approval in shop prod."),
    ];
    for (asks, wanted) in table {
        let api = api(asks, plan());
        let output = approves(&api, &["--hash", &hash()]);
        let said = err(&output);
        assert_eq!(code(&output), 3, "{said}");
        assert!(said.contains("NotAsked environments.prod") && said.contains(wanted), "{said}");
        assert!(asks.iter().all(|id| said.contains(&format!("{id} of 1.4.0"))), "{said}");
        assert_eq!(posts(&api), Vec::<Value>::new());
    }
}

#[test]
fn a_hash_is_written_in_16_digits_or_more() {
    let api = api(&[ID], plan());
    let output = approves(&api, &["--hash", "bbbb"]);
    assert_eq!(code(&output), 2, "{}", err(&output));
    assert_eq!(api.calls().len(), 0);
}

#[test]
fn watch_shows_each_approval_and_goes_on_when_the_deployment_does() {
    let mut records = vec![asking(&[]), asking(&["ann"]), finished()];
    records.reverse();
    let api = StandIn::new(move |call: &Call| {
        assert!(call.path.ends_with(ID), "{}", call.path);
        reply(200, &records.pop().unwrap())
    });
    let output = api.windlass(&folder("watches"), &["watch", "shop", ID, "--every", "1ms"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    let lines = [
        format!("\n  waits for people: 0 of 2 approvals {UNTIL}\n"),
        format!(
            "\n  next: `windlass approve shop prod --deployment {ID} --reason '…'` shows its plan, to be approved\n"
        ),
        "\n  approved by ann at 2025-11-20T12:01:00Z: \"I have read it\"\n".to_owned(),
        format!("  waits for people: 1 of 2 approvals (ann) {UNTIL}\n"),
        "Succeeded".to_owned(),
    ];
    let places: Vec<Option<usize>> = lines.iter().map(|line| said.find(line.as_str())).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {said}");
    assert!(!said.contains("waits for its turn"), "{said}");
}

#[test]
fn a_watch_that_ends_before_says_what_it_waits_for() {
    let api = StandIn::new(|_: &Call| reply(200, &asking(&[])));
    let output = api.windlass(&folder("watches"), &["watch", "shop", ID, "--every", "1ms", "--timeout", "20ms"]);
    assert_eq!(code(&output), 11, "{}", err(&output));
    assert!(err(&output).contains("still waits until people approve its plan"), "{}", err(&output));
}

#[test]
fn explain_says_who_has_approved_until_when_and_what_one_can_do() {
    let here = here(&[ID]);
    let api = StandIn::new(move |call: &Call| match call.path.as_str() {
        "/stage/apps/shop/environments/prod" => reply(200, &here),
        _ => reply(200, &asking(&["ann"])),
    });
    let output = api.windlass(&folder("explains"), &["explain", "shop", ID]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    for line in [
        "it waits until people approve its plan",
        "approved by ann at 2025-11-20T12:01:00Z",
        &format!("\n  1 of 2 approvals (ann) {UNTIL}\n"),
        "`windlass approve shop prod --deployment 0123456789abcdef --reason '…'` shows its plan, to be approved",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("it gives up at") && !said.contains("nothing works in"), "{said}");
}
