use super::*;
use serde_json::{Value, json};

type Runs<'a> = &'a [(&'a str, &'a str, u64)];

/// Makes an environment: for each component its version and the time at which it came, all by this action.
fn here(name: &str, runs: Runs<'_>, action: &str) -> Value {
    let given = |version: &str, since: u64| json!({"version": version, "deployment": "d1", "since": since, "brought": {"version": version, "deployment": "d1", "since": since}});
    let running = runs.iter().map(|(component, version, since)| {
        let given = given(version, *since);
        ((*component).to_owned(), given)
    });
    let running: serde_json::Map<String, Value> = running.collect();
    json!({"environment": name, "declared": true, "running": running, "snapshot": 1, "hold": null, "lock": {"token": 1},
        "waiting": [],
        "deployments": {"d1": {"action": action, "version": "1", "requester": {"route": "api"}, "accepted": 1}}})
}

fn shop(environments: &Value) -> AppOverview {
    let declaration = json!({"version": "1.0.0", "accepted": 1});
    let app = json!({"app": "shop", "declaration": declaration, "environments": environments});
    serde_json::from_value(app).unwrap()
}

/// Returns the news of staging that production shows.
fn shown(staging: &Value, production: &Value) -> Vec<String> {
    let app = shop(&json!([staging, production]));
    elsewhere(&app, &app.environments[1]).iter().map(News::words).collect()
}

#[test]
fn a_part_that_is_missing_here_is_news_and_so_is_a_newer_one() {
    let staging = || here("staging", &[("api", "1.5.0", 9), ("web", "1.5.0", 9)], "deploy");
    let table: [(Runs<'_>, &[&str]); 6] = [
        (&[], &["not here: 1.5.0 of staging (api, web)"]),
        (&[("api", "1.5.0", 9)], &["not here: 1.5.0 of staging (web)"]),
        (&[("api", "1.4.0", 1), ("web", "1.5.0", 1)], &["not here: 1.5.0 of staging (api)"]),
        // It came here later, and is older all the same.
        (&[("api", "1.4.0", 99), ("web", "v1.5.0-rc.1", 99)], &["not here: 1.5.0 of staging (api, web)"]),
        (&[("api", "1.6.0", 1), ("web", "1.10.0", 1)], &[]),
        (&[("api", BEFORE_WINDLASS, 99), ("web", "1.5.0", 1)], &["not here: 1.5.0 of staging (api)"]),
    ];
    for (runs, wanted) in table {
        assert_eq!(shown(&staging(), &here("prod", runs, "deploy")), wanted, "{runs:?}");
    }
}

#[test]
fn where_versions_do_not_decide_the_time_does_and_what_is_no_release_is_no_news() {
    let table = [
        ("blue", 9, ("green", 1), true),
        ("blue", 1, ("green", 9), false),
        ("1.5.0+a", 9, ("1.5.0+b", 1), true),
        ("1.5.0+a", 1, ("1.5.0+b", 9), false),
        ("1.5.0+10", 1, ("1.5.0+9", 9), true),
        ("1.5.0+9", 9, ("1.5.0+10", 1), false),
        (ACCEPTED, 9, ("1.4.0", 1), false),
        (BEFORE_WINDLASS, 9, ("1.4.0", 1), false),
    ];
    for (version, since, (ours, came), wanted) in table {
        let staging = here("staging", &[("api", version, since)], "deploy");
        let shown = shown(&staging, &here("prod", &[("api", ours, came)], "deploy"));
        assert_eq!(!shown.is_empty(), wanted, "{version} {ours}: {shown:?}");
    }
}

#[test]
fn several_are_named_in_the_order_of_versions() {
    let staging = here("staging", &[("api", "1.10.0", 1), ("web", "1.9.0", 1)], "deploy");
    let wanted = ["not here: 1.9.0 of staging (web)", "not here: 1.10.0 of staging (api)"];
    assert_eq!(shown(&staging, &here("prod", &[], "deploy")), wanted);
}

#[test]
fn what_was_taken_back_here_is_shown_and_marked() {
    let staging = |version| here("staging", &[("api", version, 5)], "deploy");
    let back = "; a rollback has brought 1.4.0 back here since";
    let rolled_back = |since| here("prod", &[("api", "1.4.0", since)], "rollback");
    let news = "not here: 1.5.0 of staging (api)";
    assert_eq!(shown(&staging("1.5.0"), &rolled_back(9)), [format!("{news}{back}")]);
    assert_eq!(shown(&staging("1.5.0"), &rolled_back(1)), [news], "it came there after the rollback");
    assert_eq!(
        shown(&staging("blue"), &rolled_back(9)),
        [format!("not here: blue of staging (api){back}")],
        "a rollback brings nothing newer"
    );
    let mut undone = here("prod", &[("api", "1.4.0", 1)], "deploy");
    undone["lock"]["failed"] = json!({"deployment": "d2", "components": ["api"],
        "order": {"version": "1.5.0", "accepted": 1, "id": "d2"}});
    assert_eq!(shown(&staging("1.5.0"), &undone), [format!("{news}; it failed here and was undone")]);
    assert_eq!(shown(&staging("1.6.0"), &undone), ["not here: 1.6.0 of staging (api)"]);
}

#[test]
fn a_release_is_promoted_only_to_an_environment_that_stands_later() {
    // The environments in their order with what runs there, and those to which something is promoted.
    let table: [(Runs<'_>, &[&str]); 5] = [
        (&[("dev", "1.5.0", 1), ("staging", "1.4.0", 1), ("prod", "1.4.0", 1)], &["staging", "prod"]),
        (&[("dev", "1.4.0", 1), ("staging", "1.4.0", 1), ("prod", "1.5.0", 1)], &[]),
        (&[("prod", "1.5.0", 1), ("staging", "1.4.0", 1), ("dev", "1.4.0", 1)], &["staging", "dev"]),
        (&[("dev", "1.6.0", 1), ("staging", "1.4.0", 1), ("prod", "1.5.0", 1)], &["staging", "prod"]),
        // The same release stands before and behind.
        (&[("dev", "1.5.0", 1), ("staging", "1.4.0", 1), ("prod", "1.5.0", 1)], &["staging"]),
    ];
    for (order, wanted) in table {
        let environments =
            order.iter().map(|(name, version, since)| here(name, &[("api", *version, *since)], "deploy"));
        let app = shop(&environments.collect());
        let promoted = app.environments.iter().filter(|it| elsewhere(&app, it).iter().any(|news| news.is_promotable));
        let promoted: Vec<&str> = promoted.map(|it| it.environment.as_str()).collect();
        assert_eq!(promoted, wanted, "{order:?}");
    }
}

#[test]
fn what_is_the_same_in_several_environments_is_shown_once() {
    let runs = |name, version| here(name, &[("api", version, 9)], "deploy");
    let environments =
        json!([runs("dev", "1.6.0"), runs("qa", "1.5.0"), runs("staging", "1.5.0"), here("prod", &[], "deploy")]);
    let app = shop(&environments);
    let shown: Vec<String> = elsewhere(&app, &app.environments[3]).iter().map(News::words).collect();
    assert_eq!(shown, ["not here: 1.5.0 of qa, staging (api)", "not here: 1.6.0 of dev (api)"]);
    let mut other = app.environments.into_iter().nth(3).unwrap();
    other.declared = false;
    let app = shop(&json!([runs("qa", "1.5.0")]));
    assert_eq!(elsewhere(&app, &other), [], "nothing is promoted to what is not declared");
}
