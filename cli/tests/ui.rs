//! `windlass ui` and `windlass report`: the real program, with a plain client in place of a browser.

#![allow(clippy::unwrap_used)]

mod pages;
mod standin;

use pages::{FAILED, GOING, Ui, answers, api, hostile, telling};
use serde_json::json;
use standin::{StandIn, code, err, folder, out};

#[test]
fn the_board_tells_of_every_environment_in_as_few_calls_as_there_are_pages() {
    let (api, ui) = started();
    let board = ui.get("");
    assert_eq!(board.status, 200);
    for told in [
        "needs an operator after 7.3.0; locked",
        "held by assumed-role/oncall/ann: a sale runs until Monday",
        "waiting",
        "verified good",
        "judged by nobody",
        "nothing deployed",
        "1.5.0 under way; locked",
        "not here: 1.5.0 of staging (agent, api, web)",
        "9f2c61d",
        "assumed-role/ci/run-812",
    ] {
        assert!(board.body.contains(told), "{told}: {}", board.body);
    }
    assert_eq!(api.calls().len(), 1, "a page of the API is one call");
    let held = ui.get("?q=HELD+bank");
    assert_eq!(held.body.matches("data-words").count(), 5);
    assert_eq!(
        held.body.matches(" hidden>").count(),
        5,
        "four rows, and that nothing matches"
    );
}

#[test]
fn an_environment_that_never_had_a_release_is_told_of_it_and_offered_it() {
    let (_, ui) = started();
    let board = ui.get("").body;
    let (_, dev) = board.split_once("/environments/dev\"").unwrap();
    let (dev, _) = dev.split_once("</tr>").unwrap();
    for told in [
        "nothing deployed",
        "not here: 1.5.0 of staging (agent, api, web)",
        "acts/deploy?app=shop&amp;environment=dev&amp;version=1.5.0",
    ] {
        assert!(dev.contains(told), "{told}: {dev}");
    }
}

#[test]
fn an_environment_has_its_history_and_what_a_rollback_would_change() {
    let (_, ui) = started();
    let page = ui.get("apps/shop/environments/prod");
    assert_eq!(page.status, 200, "{}", page.body);
    for told in [
        "RolledBack (GateFailed)",
        "1.4.1: RolledBack (GateFailed), 4m 18s",
        "checkout is broken",
        "agent 1.4.0 → 1.3.0",
        "crosses",
        "acts/rollback?app=shop&amp;environment=prod&amp;snapshot=5",
    ] {
        let is_there = page.body.contains(told);
        assert_eq!(is_there, told != "crosses", "{told}: {}", page.body);
    }
}

#[test]
fn what_the_hourly_look_found_is_on_the_board_the_page_and_in_the_report() {
    let mut told = answers();
    let drift = json!({"looked": 1_795_179_600_000_u64, "due": 1_795_182_900_000_u64, "components": {
        "api": {"at": 1_795_179_600_000_u64, "drift": "changed", "recorded": "41", "seen": "40",
            "fields": [{"name": "version of the alias", "recorded": "41", "seen": "40"}],
            "began": {"not_before": 1_795_176_000_000_u64, "seen_at": 1_795_179_600_000_u64}},
        "web": {"at": 1_795_179_600_000_u64, "drift": "none", "seen": "12 files"}}});
    told["/apps/shop/environments/prod"]["drift"] = drift.clone();
    for here in [0, 1] {
        told["/apps"]["apps"][here]["environments"][0]["drift"] = drift.clone();
    }
    let good = &mut told["/apps"]["apps"][1]["environments"][0]["drift"]["components"];
    good.as_object_mut().unwrap().remove("api");
    let api = telling(told);
    let ui = Ui::start(&api);
    let board = ui.get("");
    for told in ["api drifted", "as recorded at 13:00"] {
        assert!(board.body.contains(told), "{told}: {}", board.body);
    }
    assert_eq!(api.calls().len(), 1, "nothing is looked at for it");
    let page = ui.get("apps/shop/environments/prod").body;
    let arguments = ["report", "shop", "prod", "--days", "3660"];
    let report = out(&api.windlass(&folder("drift"), &arguments));
    for text in [page, report] {
        for told in [
            "api drifted",
            "version of the alias: recorded 41, seen 40",
            "it began between 2026-11-20T12:00:00Z and 2026-11-20T13:00:00Z",
            "as recorded",
            "not looked",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
}

#[test]
fn when_an_environment_last_proved_its_way_back_is_on_the_board_the_page_and_in_the_report() {
    let mut told = answers();
    let proved = json!({"drill": "6c1d0e2f9a4b5e70", "outcome": "proved", "at": 1_795_176_000_000_u64,
        "from": {"snapshot": 7, "version": "1.4.0"}, "to": {"snapshot": 6, "version": "1.3.0"},
        "there_ms": 41_000, "back_ms": 38_000, "cause": "", "restored": true});
    let failed = json!({"drill": "7d2e0f3a9a4b5e71", "outcome": "failed", "at": 1_795_179_600_000_u64,
        "cause": "shop prod did not get to 1.3.0: <b>gate</b> is red.", "restored": true});
    let drills = json!({"proved": proved, "last": failed});
    told["/apps/shop/environments/prod"]["drills"] = drills.clone();
    let next = json!({"every": "7d", "due": 1_795_266_000_000_u64, "begins": false, "put_off": "deployment r1 waits"});
    told["/apps/shop/environments/prod"]["next_drill"] = next.clone();
    let apps = &mut told["/apps"]["apps"];
    apps[0]["environments"][0]["drills"] = drills;
    apps[0]["environments"][0]["next_drill"] = next;
    apps[1]["environments"][0]["drills"] = json!({"proved": proved, "last": proved});
    let api = telling(told);
    let ui = Ui::start(&api);
    let board = ui.get("").body;
    for told in [
        "Way back",
        "failed</span>",
        "proved</span>",
        "put off: deployment r1 waits",
    ] {
        assert!(board.contains(told), "{told}: {board}");
    }
    assert_eq!(api.calls().len(), 1, "nothing more is asked for it");
    let page = ui.get("apps/shop/environments/prod").body;
    let arguments = ["report", "shop", "prod", "--days", "3660"];
    let report = out(&api.windlass(&folder("way-back"), &arguments));
    for text in [page, report] {
        for told in [
            "from 1.4.0 (snapshot 7) to 1.3.0 (snapshot 6): there 41 s, back 38 s",
            "2026-11-20 12:00:00 UTC",
            "&lt;b&gt;gate&lt;/b&gt; is red",
            "every 7d, due <time datetime=\"2026-11-21T13:00:00Z\">2026-11-21 13:00:00 UTC</time>, put off: deployment r1 waits",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
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
    let mut told = answers();
    told["/stats"] = json!({"apps": [shop], "next": null});
    told["/apps/shop/stats"] = shop;
    let api = pages::telling(told);
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
            assert!(
                words.iter().any(|words| shown.contains(words)),
                "{words:?}: {shown}"
            );
        }
    }
    let asked = api.calls();
    assert!(
        asked
            .iter()
            .any(|call| call.path == "/stage/stats?days=90&limit=100"),
        "{asked:?}"
    );
}

#[test]
fn a_deployment_shows_its_gates_beside_their_thresholds_and_its_cause() {
    let (_, ui) = started();
    let page = ui.get(&format!("apps/shop/deployments/{FAILED}"));
    for told in [
        "was rolled back: gate metric shop-prod-5xx failed in wave 2",
        "7.3 errors/min",
        "at most 5 errors/min",
        "3 of 3 points",
        "<polyline",
        "alias live 42 → 41 at 100 %",
        "about 0.0031 US dollars",
        "https://console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(
        !page.body.contains("data-again"),
        "what has ended does not move"
    );
    let going = ui.get(&format!("apps/shop/deployments/{GOING}"));
    assert!(
        going.body.contains("data-again=\"2\"") && going.body.contains("http-equiv=\"refresh\"")
    );
    assert!(
        going.body.contains("wave 2 of 3 is watched"),
        "{}",
        going.body
    );
}

#[test]
fn pages_load_nothing_from_elsewhere_keep_nothing_and_are_small() {
    let (_, ui) = started();
    let mut bytes = 0;
    for path in ["", "page.css", "page.js"] {
        let answer = ui.get(path);
        assert_eq!(answer.status, 200);
        bytes += answer.body.len();
        for header in [
            "cache-control: no-store",
            "default-src 'none'",
            "frame-ancestors 'none'",
            "nosniff",
        ] {
            assert!(answer.head.contains(header), "{}", answer.head);
        }
        assert!(
            !answer.body.contains("src=\"http") && !answer.body.contains("@import"),
            "{path}"
        );
    }
    let board = ui.get("").body;
    assert!(
        !board.contains("style=") && !board.contains("onclick"),
        "the policy lets nothing inline"
    );
    assert!(bytes < 150 * 1024, "{bytes} bytes");
    for secret in ["AKIDEXAMPLE", "a-secret"] {
        assert!(!board.contains(secret));
    }
}

#[test]
fn a_text_of_somebody_elses_stays_text_on_every_page() {
    let told = hostile(&answers());
    let api = pages::telling(told);
    let ui = Ui::start(&api);
    let mut met = 0;
    for path in [
        String::new(),
        "apps/shop/environments/prod".to_owned(),
        format!("apps/shop/deployments/{FAILED}"),
        format!("apps/shop/deployments/{GOING}"),
        format!(
            "acts/deploy?app=shop&environment=prod&version={}",
            "%22%3E%3Cscript%3Ealert(1)"
        ),
        format!("?q={}", "%22%3E%3Cscript%3Ealert(1)"),
        "nowhere/%3Cscript%3Ealert(1)".to_owned(),
    ] {
        let page = ui.get(&path).body;
        assert!(
            !page.contains("<script>alert") && !page.contains("<img"),
            "{path}: {page}"
        );
        met += page.matches("&lt;script&gt;alert").count();
    }
    assert!(met > 40, "only {met} hostile texts were met");
    let report = api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660"]);
    let text = out(&report);
    assert_eq!(code(&report), 0, "{}", err(&report));
    assert!(!text.contains("<script>alert") && !text.contains("<img"));
}

#[test]
fn a_report_is_one_file_with_every_deployment_and_leads_nowhere_that_needs_access() {
    let api = api();
    let report = api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660"]);
    assert_eq!(code(&report), 0, "{}", err(&report));
    let text = out(&report);
    assert!(
        text.starts_with("<!DOCTYPE html>") && text.trim_end().ends_with("</html>"),
        "{text}"
    );
    assert!(
        text.contains("<style>:root")
            && !text.contains("rel=\"stylesheet\"")
            && !text.contains("<form")
    );
    assert!(
        text.contains(&format!("href=\"#{FAILED}\"")) && text.contains(&format!("id=\"{FAILED}\""))
    );
    assert!(
        text.contains("7.3 errors/min") && !text.contains("acts/"),
        "it shows and does not act"
    );
    assert!(text.len() < 150 * 1024, "{}", text.len());
    let none = out(&api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "0"]));
    assert_eq!(none, "", "at least a day");
}

fn started() -> (StandIn, Ui) {
    let api = api();
    let ui = Ui::start(&api);
    (api, ui)
}
