//! `windlass stats`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::pages;
use crate::pages::{Ui, answers};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

pub fn shop() -> Value {
    let prod = json!({"deployments": 44, "under_way": 0, "changes": 36, "live": 32, "live_per_day": 1.0666, "failed": 5,
        "failure_rate": 0.1389, "rollbacks": 1, "lead_time": {"of": 28, "median_ms": 3_720_000, "p90_ms": 90_000_000},
        "without_commit_time": 4, "time_to_restore": {"of": 5, "median_ms": 60_000, "p90_ms": 240_000},
        "not_restored": 0, "cost_by_month": {"2026-11": {"deployments": 44, "without": 0, "dollars": 0.0405}}});
    let dev = json!({"deployments": 0, "under_way": 0, "changes": 0, "live": 0, "live_per_day": 0.0, "failed": 0,
        "rollbacks": 0, "without_commit_time": 0, "not_restored": 0, "cost_by_month": {}});
    json!({"app": "shop", "cost_by_month": {"2026-11": {"deployments": 44, "without": 0, "dollars": 0.0405}},
        "environments": [
            {"environment": "dev", "from": 1_792_591_200_000_u64, "to": 1_795_183_200_000_u64, "cut": false,
                "figures": dev},
            {"environment": "prod", "from": 1_794_591_200_000_u64, "to": 1_795_183_200_000_u64, "cut": true,
                "figures": prod}]})
}

/// Figures of another application, whose window begins within October for both environments.
fn till() -> Value {
    let mut figures = shop();
    figures["app"] = json!("till");
    figures["cost_by_month"] = json!({"2026-10": {"deployments": 7, "without": 1, "dollars": 0.01},
        "2026-11": {"deployments": 44, "without": 0, "dollars": 0.0405}});
    for environment in figures["environments"].as_array_mut().unwrap() {
        environment["from"] = json!(1_792_591_200_000_u64);
        environment["cut"] = json!(false);
    }
    figures
}

fn api() -> StandIn {
    StandIn::new(|call: &Call| {
        let (path, query) = call.path.split_once('?').unwrap();
        match path {
            "/stage/stats" if query.contains("after=p2") => reply(200, &json!({"apps": [], "next": null})),
            "/stage/stats" => reply(200, &json!({"apps": [shop()], "next": "p2"})),
            "/stage/apps/shop/stats" => reply(200, &shop()),
            _ => reply(404, &json!({"message": "Not Found"})),
        }
    })
}

const TABLE: &str = "\
APP   ENVIRONMENT  LIVE            LEAD TIME                                    FAILED         TIME TO RESTORE  COST
shop  dev          none            -                                            -              -                -
shop  prod         32 (1.1 a day)  1h 2m, p90 1d 1h, 4 without a commit's time  5 of 36 (14 %)  1m, p90 4m       $0.0405";

#[test]
fn figures_are_a_table_and_what_was_cut_is_said() {
    let api = api();
    let output = api.windlass(&folder("stats"), &["stats", "shop", "--days", "7"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let words = out(&output);
    let cells = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let rows: String = words.lines().take(3).collect::<Vec<_>>().join("\n");
    assert_eq!(cells(&rows), cells(TABLE), "{words}");
    let of_a_part = "shop in 2026-11 (prod since 2026-11-13): $0.0405 for 44 deployments\n";
    assert!(words.contains(of_a_part), "{words}");
    assert!(words.contains("shop prod: figures since 2026-11-13T"), "{words}");
    assert!(words.contains("in the last 7 days"), "{words}");
    assert_eq!(api.calls()[0].path, "/stage/apps/shop/stats?days=7");
    let one = ["stats", "shop", "prod", "--json"];
    let document: Value = serde_json::from_str(&out(&api.windlass(&folder("stats"), &one))).unwrap();
    assert_eq!(document, shop(), "nothing is lost");
    assert_eq!(api.calls()[1].path, "/stage/apps/shop/stats?environment=prod&days=30");
}

/// The cost of a month that the window cuts is not shown as that of the whole month.
#[test]
fn the_cost_of_the_first_month_says_since_when_it_is() {
    let notes = |figures: Value| -> Vec<String> {
        let api = StandIn::new(move |_: &Call| reply(200, &figures));
        let output = api.windlass(&folder("stats"), &["stats", "till"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let words = out(&output);
        let notes = words.lines().filter(|line| line.starts_with("till in"));
        notes.map(str::to_owned).collect()
    };
    let (october, november) =
        ("$0.0100 for 7 deployments, and 1 without an estimate", "till in 2026-11: $0.0405 for 44 deployments");
    let first = format!("till in 2026-10 since 2026-10-21: {october}");
    assert_eq!(notes(till()), [first.as_str(), november]);
    // One environment has more than can be read: October leaves it out.
    let mut cut = till();
    cut["environments"][1]["from"] = json!(1_793_491_200_000_u64);
    let first = format!("till in 2026-10 (dev since 2026-10-21, without prod): {october}");
    assert_eq!(notes(cut), [first.as_str(), november]);
    // A window from the beginning of a month has the whole of it.
    let mut whole = till();
    for environment in whole["environments"].as_array_mut().unwrap() {
        environment["from"] = json!(1_790_812_800_000_u64);
    }
    let first = format!("till in 2026-10: {october}");
    assert_eq!(notes(whole), [first.as_str(), november]);
}

#[test]
fn without_an_application_all_of_them_are_listed_page_by_page() {
    let output = api().windlass(&folder("stats"), &["stats"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(out(&output).contains("shop  prod"));
    let output = api().windlass(&folder("stats"), &["stats", "--limit", "1"]);
    let more = "windlass stats --days 30 --limit 1 --after p2";
    assert!(out(&output).contains(more), "{}", out(&output));
}

#[test]
fn a_wrong_window_and_an_older_windlass_are_reported() {
    let api = api();
    for wrong in [&["stats", "--days", "0"][..], &["stats", "--days", "367"], &["stats", "shop", "--limit", "3"]] {
        assert_eq!(code(&api.windlass(&folder("stats"), wrong)), 2, "{wrong:?}");
    }
    assert!(api.calls().is_empty());
    let none = api.windlass(&folder("stats"), &["stats", "bank"]);
    assert_ne!(code(&none), 0);
}

#[test]
fn figures_are_a_page_and_a_part_of_the_report() {
    let figures = json!({"deployments": 44, "under_way": 0, "changes": 36, "live": 32, "live_per_day": 1.0666,
        "failed": 5, "failure_rate": 0.1389, "rollbacks": 1, "without_commit_time": 4, "not_restored": 0,
        "lead_time": {"of": 28, "median_ms": 3_720_000, "p90_ms": 90_000_000},
        "cost_by_month": {"2026-11": {"deployments": 44, "without": 0, "dollars": 0.0405}}});
    let shop = json!({"app": "shop", "cost_by_month": figures["cost_by_month"], "environments": [
        {"environment": "prod", "from": 1_794_591_200_000_u64, "to": 1_795_183_200_000_u64, "cut": true,
            "figures": figures}]});
    let mut answers = answers();
    answers["/stats"] = json!({"apps": [shop], "next": null});
    answers["/apps/shop/stats"] = shop;
    let api = pages::api_with(answers);
    let ui = Ui::start(&api);
    assert!(ui.get("").body.contains("stats\""), "the board leads there");
    let page = ui.get("stats?days=90").body;
    let report = out(&api.windlass(&folder("ui"), &["report", "shop", "prod"]));
    for shown in [page, report] {
        for words in [
            "32 (1.1 a day)",
            "1h 2m, p90 1d 1h, 4 without a commit&#39;s time",
            "5 of 36 (14 %)",
            "$0.0405",
            "too many deployments",
        ] {
            let words = [words.to_owned(), words.replace("&#39;", "'")];
            assert!(words.iter().any(|words| shown.contains(words)), "{words:?}: {shown}");
        }
    }
    let asked = api.calls();
    assert!(asked.iter().any(|call| call.path == "/stage/stats?days=90&limit=100"), "{asked:?}");
}
