//! `windlass doctor`: the real program against an API that checks an environment.

#![allow(clippy::unwrap_used)]

use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

fn checked(becomes: &str, refused: &Value, findings: &Value, warnings: &Value) -> Value {
    let id = "5b1e0c2d9a4b6f70";
    let outcome = if findings == &json!([]) { "change" } else { "rejected" };
    json!({
        "id": id,
        "deployment": {"id": id, "app": "shop", "environment": "prod", "action": "check", "attempt": 1,
            "release": {"app": "shop", "version": "check", "components": {}}, "release_digest": "a".repeat(64),
            "declaration": "1.0.0", "requester": {"route": "api"}, "accepted": 0, "executions": [], "status": "waiting",
            "order": {"accepted": 0, "recorded": 0, "id": id}, "allow_older": true, "accept_red": false,
            "again": false, "by_person": true},
        "turn": {"becomes": becomes, "text": "It would begin at once.", "findings": refused},
        "expires": 86_400_000,
        "failed": null,
        "commits": {},
        "drawn": {"at": 7, "changes": {}, "both_s": 0, "hash": "b".repeat(64),
            "plan": {"outcome": outcome, "waves": [], "unchanged": [], "findings": findings, "warnings": warnings},
            "cost": {"transitions": 16, "worked_ms": 0, "dollars": 0.0004}},
    })
}

fn checking(answer: Value) -> StandIn {
    StandIn::new(move |call: &Call| -> Reply {
        if call.method == "POST" {
            return reply(202, &json!({"id": "5b1e0c2d9a4b6f70", "execution": "arn:one", "status": "https://api"}));
        }
        reply(200, &answer)
    })
}

fn doctor(api: &StandIn, more: &[&str]) -> std::process::Output {
    let all = [&["doctor", "shop", "prod", "--every", "1ms"], more].concat();
    api.windlass(&folder("doctor"), &all)
}

fn finding(name: &str, path: &str) -> Value {
    json!({"name": name, "path": path, "reason": "It is so.", "remedy": "Mend it."})
}

#[test]
fn a_healthy_environment_has_no_finding_and_ends_well() {
    let api = checking(checked("goes", &json!([]), &json!([]), &json!([])));
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let wanted = "shop prod has what a release needs. It would begin at once.\n";
    assert!(out(&output).starts_with(wanted), "{}", out(&output));
    assert_eq!(out(&output).matches("  not checked: ").count(), 2);
    let calls = api.calls();
    assert_eq!(calls[0].path, "/stage/apps/shop/environments/prod/plans");
    assert_eq!(calls[0].json(), json!({"action": "check"}));
}

#[test]
fn what_a_users_function_shows_is_shown_with_the_time_of_its_looks() {
    let what = "github:org/book#gh-pages has tree 9a (as shop-book:7 says); two looks took 812 ms and 640 ms";
    let change = |component: &str, kind: &str| json!({"component": component, "kind": kind, "what": what});
    let mut answer = checked("goes", &json!([]), &json!([]), &json!([]));
    let changes = [change("book", "external"), change("api", "lambda")];
    answer["drawn"]["plan"]["waves"] = json!([{"changes": changes, "bake_s": 0}]);
    let api = checking(answer);
    let output = doctor(&api, &[]);
    let shown = out(&output);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(shown.contains(&format!("\n  book: {what}\n")), "{shown}");
    assert_eq!(shown.matches("two looks").count(), 1, "{shown}");
    let document: Value = serde_json::from_str(&out(&doctor(&api, &["--json"]))).unwrap();
    assert_eq!(document["seen"], json!({"book": what}));
}

#[test]
fn all_findings_are_listed_with_what_mends_each() {
    let held = json!([finding("NeedsOperator", "environments.prod")]);
    let found =
        json!([finding("TargetNotOurs", "components.api.function"), finding("GateNotMeasurable", "gates.alarms[0]"),]);
    let warned = json!([finding("NotSupported", "components.api.alias")]);
    let api = checking(checked("refused", &held, &found, &warned));
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 3);
    let wanted: String = [
        "shop prod: 3 findings",
        "  environments.prod: NeedsOperator: It is so.\n    Mend it.",
        "  components.api.function: TargetNotOurs: It is so.\n    Mend it.",
        "  gates.alarms[0]: GateNotMeasurable: It is so.\n    Mend it.",
        "  warning: components.api.alias: NotSupported: It is so.\n    Mend it.",
        "    pages: docs/findings.md#needsoperator, docs/findings.md#targetnotours, docs/findings.md#gatenotmeasurable, docs/findings.md#notsupported (or `windlass explain NAME`)",
        "  not checked: ",
    ]
    .join("\n");
    assert!(out(&output).starts_with(&wanted), "{}", out(&output));
    let output = doctor(&api, &["--json"]);
    assert_eq!(code(&output), 3);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["healthy"], false);
    assert_eq!(document["findings"].as_array().unwrap().len(), 3);
    assert_eq!(document["not_checked"].as_array().unwrap().len(), 2);
    assert_eq!((&document["warnings"], &document["at"]), (&warned, &json!(7)));
}

#[test]
fn the_declaration_that_was_looked_at_is_named_and_that_the_file_here_is_another() {
    let checked = checked("goes", &json!([]), &json!([]), &json!([]));
    let in_force = "app: shop\nversion: 1.0.0\n";
    let declared = json!({"version": "1.0.0", "text": in_force, "digest": "a".repeat(64), "accepted": 0});
    let api = StandIn::new(move |call: &Call| match (call.method.as_str(), call.path.as_str()) {
        ("POST", _) => reply(202, &json!({"id": "5b1e0c2d9a4b6f70", "execution": "arn:one", "status": "https://api"})),
        (_, "/stage/apps/shop/declaration") => reply(200, &declared),
        _ => reply(200, &checked),
    });
    let one = "; `app.yaml` here differs in 1 place, and was not looked at: `windlass declare --dry-run` shows them";
    for (file, differs) in [
        (None, None),
        (Some(in_force), None),
        (Some("version: 1.0.0\napp: shop\n"), None),
        (Some("app: shop\nversion: 1.1.0\n"), Some(one)),
        (Some("app: other\nversion: 1.1.0\n"), None),
    ] {
        let folder = folder("beside");
        if let Some(text) = file {
            std::fs::write(folder.join("app.yaml"), text).unwrap();
        }
        let output = api.windlass(&folder, &["doctor", "shop", "prod", "--every", "1ms"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let wanted = format!("  declaration: 1.0.0, the one in force{}\n", differs.unwrap_or_default());
        assert!(out(&output).ends_with(&wanted), "{file:?}: {}", out(&output));
    }
}

#[test]
fn a_warning_alone_ends_well() {
    let warned = json!([finding("NotSupported", "components.api.alias")]);
    let api = checking(checked("goes", &json!([]), &json!([]), &warned));
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("warning: components.api.alias"));
}

#[test]
fn what_could_not_be_looked_at_is_shown_first_and_is_not_healthy() {
    let mut unknown = finding("NoPermission", "components.api.function");
    unknown["reason"] = json!("Not checked: whether the role may.");
    unknown["not_checked"] = json!(true);
    let api = checking(checked("goes", &json!([]), &json!([]), &json!([unknown])));
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 0);
    let wanted = "shop prod: nothing wrong was found, and 1 thing could not be looked at. It would begin at once.\n";
    assert!(out(&output).starts_with(wanted), "{}", out(&output));
    let output = doctor(&api, &["--json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["healthy"], false);
}

#[test]
fn what_was_not_looked_at_is_not_healthy() {
    let mut failed = checked("goes", &json!([]), &json!([]), &json!([]));
    failed.as_object_mut().unwrap().remove("drawn");
    let api = checking(failed.clone());
    assert_eq!(code(&doctor(&api, &["--timeout", "20ms"])), 7);
    failed["failed"] = json!("The plan could not be drawn (Throttled).");
    let api = checking(failed);
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("Throttled"), "{}", err(&output));
}

#[test]
fn snapshots_that_cannot_be_reached_are_listed_with_where_a_rollback_can_go() {
    let seen = |number: u64, next: bool, reach: &str, findings: &Value| {
        let mut seen = json!({"snapshot": number, "version": "1.0.0", "next": next, "reach": reach});
        seen["findings"] = findings.clone();
        seen
    };
    let gone = json!([finding("ArtifactMissing", "components.api.function")]);
    let mut denied = finding("NoPermission", "components.api");
    denied["not_checked"] = json!(true);
    let snapshots = json!([
        seen(5, true, "gone", &gone),
        seen(4, false, "unknown", &json!([denied])),
        seen(3, false, "open", &json!([]))
    ]);
    let mut answer = checked("goes", &json!([]), &json!([]), &json!([]));
    answer["drawn"]["snapshots"] = snapshots;
    let api = checking(answer);
    let output = doctor(&api, &[]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let wanted = [
        "shop prod: nothing wrong was found, and 1 thing could not be looked at. It would begin at once.",
        "  Snapshot 5 (1.0.0), to which a rollback goes that names none, can no longer be reached.",
        "    components.api.function: ArtifactMissing: It is so.\n    Mend it.",
        "  Snapshot 4 (1.0.0) could not be looked at.",
        "    components.api: NoPermission: It is so.\n    Mend it.",
        "  Snapshot 3 (1.0.0) can be reached. To go there, start `windlass rollback shop prod --snapshot 3 --reason '…'`.",
        "    pages: docs/findings.md#artifactmissing, docs/findings.md#nopermission (or `windlass explain NAME`)",
    ];
    assert!(out(&output).starts_with(&wanted.join("\n")), "{}", out(&output));
    let output = doctor(&api, &["--json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["healthy"], false);
    let reach: Vec<&Value> = document["snapshots"].as_array().unwrap().iter().map(|one| &one["reach"]).collect();
    assert_eq!(reach, ["gone", "unknown", "open"]);
}
