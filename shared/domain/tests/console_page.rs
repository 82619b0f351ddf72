//! The table of fields in `docs/CONSOLE.md` says for which actions each field is, as the check of a request does.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::FindingName;

const ACTIONS: [ActionName; 17] = [
    ActionName::Withdraw,
    ActionName::Deploy,
    ActionName::Rollback,
    ActionName::Drill,
    ActionName::Restore,
    ActionName::Recover,
    ActionName::Accept,
    ActionName::Hold,
    ActionName::ReleaseHold,
    ActionName::Check,
    ActionName::Pause,
    ActionName::Continue,
    ActionName::SkipBake,
    ActionName::Approve,
    ActionName::Remove,
    ActionName::Rename,
    ActionName::HandOver,
];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::read_to_string(path.join(name)).unwrap()
}

/// The texts of a page that are code.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The fields of the table, each with the cell that says which actions it is for.
fn rows(page: &str) -> Vec<(Vec<&str>, &str)> {
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    let of_fields = cells.filter(|cells| cells.len() == 3);
    of_fields.map(|cells| (code(cells[0]).collect(), cells[1])).collect()
}

fn named(cell: &str) -> BTreeSet<ActionName> {
    let named = ACTIONS.into_iter();
    named.filter(|action| code(cell).any(|name| name == action.to_string())).collect()
}

fn value(field: &str) -> Value {
    match field {
        "manifest" => json!({"version": "1.0.0", "components": {"api": {"image": "shop/api:1"}}}),
        "manifest_object" => json!({"key": "releases/shop/prod/1.json"}),
        "artifact_object" => {
            json!({"component": "api", "object": {"key": "artifacts/shop/prod/api/1.zip"}})
        }
        "image_push" => json!({"repository": "shop/api", "digest": "a".repeat(64), "tag": "1"}),
        "pinned" => {
            json!({"environment": "prod", "release": {"app": "shop", "version": "1.0.0", "components": {}}})
        }
        "again" | "allow_older" | "accept_red" | "through_hold" | "preempt" | "plan" => json!(true),
        "snapshot" => json!(1),
        "across" => json!(["api"]),
        "may_lose" => json!(["infra.Messages"]),
        "for" => json!("2h"),
        "confirm" => json!("shop"),
        "hash" => json!("a".repeat(64)),
        _ => json!("other"),
    }
}

/// The findings about one field of a request.
fn about(field: &str, request: &Value) -> Vec<FindingName> {
    let findings = Request::parse(request).err().unwrap_or_default();
    let of_it = findings.into_iter().filter(|one| one.path == field);
    of_it.map(|one| one.name).collect()
}

#[test]
fn each_field_is_for_the_actions_that_the_page_names() {
    // What these are for does not depend on the action alone, or nothing is refused.
    let others = ["action", "app", "environment", "reason", "arrived", "idempotency_key", "requester"];
    let page = page("CONSOLE.md");
    let mut fields = BTreeSet::new();
    for (names, cell) in rows(&page) {
        for field in names.into_iter().filter(|name| !others.contains(name)) {
            fields.insert(field);
            // What is named beside it may leave it without a meaning.
            let is_taken = |action: &ActionName| {
                let plain = json!({"action": action, "app": "shop", "reason": "why"});
                let mut of_component = plain.clone();
                of_component["environment"] = json!("prod");
                of_component["component"] = json!("api");
                let mut of_promotion = plain.clone();
                of_promotion["environment"] = json!("prod");
                of_promotion["from"] = json!("staging");
                let mut all = [plain, of_component, of_promotion].into_iter();
                let is_meant = all.any(|mut request| {
                    request[field] = value(field);
                    !about(field, &request).contains(&FindingName::UnknownField)
                });
                // A check plans by itself.
                is_meant && (field, action) != ("plan", &ActionName::Check)
            };
            let taken: BTreeSet<ActionName> = ACTIONS.into_iter().filter(is_taken).collect();
            assert_eq!(named(cell), taken, "{field}");
        }
    }
    for field in ["confirm", "plan", "to_app"] {
        assert!(fields.contains(field), "{fields:?}");
    }
}

#[test]
fn what_needs_no_environment_is_named_with_the_field_that_says_so() {
    let page = page("CONSOLE.md");
    let rows = rows(&page);
    let (_, cell) = rows.iter().find(|(names, _)| names == &["environment"]).unwrap();
    let beside = [("version", "1.0.0"), ("confirm", "shop"), ("to_app", "store"), ("component", "api")];
    let is_free = |action: &ActionName| {
        let request = json!({"action": action, "app": "shop", "reason": "why"});
        let mut all = vec![request.clone()];
        all.extend(beside.map(|(name, value)| {
            let mut with = request.clone();
            with[name] = json!(value);
            with
        }));
        all.iter().any(|request| about("environment", request).is_empty())
    };
    let free: BTreeSet<ActionName> = ACTIONS.into_iter().filter(is_free).collect();
    assert_eq!(named(cell), free);
    for field in ["confirm", "to_app"] {
        assert!(code(cell).any(|name| name == field), "{cell}");
    }
}

#[test]
fn what_cannot_be_planned_at_the_console_is_asked_of_the_api_beforehand() {
    let api = page("API.md");
    let known: BTreeSet<&str> = code(&api).collect();
    for name in ["CONSOLE.md", "let-go.md"] {
        let page = page(name);
        let asked: BTreeSet<&str> = code(&page).filter(|it| it.starts_with("GET /")).collect();
        assert!(asked.is_subset(&known), "{name}: {asked:?}");
        for look in [
            "GET /apps/{app}/environments/{environment}/removable",
            "GET /apps/{app}/removable",
            "GET /apps/{app}/environments/{environment}/renamable",
            "GET /hand-overs/{app}/{environment}/{to_app}/{to_environment}",
            "GET /renames/{app}/{to_app}",
        ] {
            assert!(asked.contains(look), "{name} does not name {look}");
        }
    }
}
