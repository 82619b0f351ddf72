//! `windlass ui`: the real program, with a plain client in place of a browser.

#![allow(clippy::unwrap_used)]

use crate::pages;
use crate::pages::{FAILED, GOING, Ui, answers, api, api_with, hostile};
use crate::standin::{Call, StandIn, code, err, folder, out};
use serde_json::{Value, json};

#[test]
fn the_board_shows_every_environment_in_as_few_calls_as_there_are_pages() {
    let (api, ui) = started();
    let board = ui.get("");
    assert_eq!(board.status, 200);
    for part in [
        "NEEDS AN OPERATOR after 7.3.0; locked",
        "held by assumed-role/oncall/ann: &quot;a sale runs until Monday&quot;",
        "deployment 5d2e0c2d9a4b5e6f waits",
        "verified good",
        "judged by nobody",
        "nothing deployed",
        "1.5.0 is under way; locked",
        "not here: 1.5.0 of staging (agent, api, web)",
        "agent: drift unknown: its turn comes in a later look",
        "9f2c61d",
        "assumed-role/ci/run-812",
    ] {
        assert!(board.body.contains(part), "{part}: {}", board.body);
    }
    assert_eq!(api.calls().len(), 1, "a page of the API is one call");
    let without_slash = ui.get_path(ui.base.trim_end_matches('/'));
    assert_eq!((without_slash.status, &without_slash.location), (303, &ui.base));
    let held = ui.get("?q=HELD+bank");
    assert_eq!(held.body.matches("data-row").count(), 5);
    assert_eq!(held.body.matches(" hidden>").count(), 5, "four rows, and that nothing matches");
}

#[test]
fn a_program_gets_of_each_page_what_the_verbs_print_as_json() {
    let mut answers = answers();
    // The API adds steps beside its texts, and a newer one has members that are not known here.
    let record = format!("/apps/shop/deployments/{FAILED}");
    answers[record.as_str()]["deployment"]["ending"]["next_steps"] = json!([{"with": "allow_older"}]);
    answers["/apps"]["apps"][0]["of_tomorrow"] = json!(1);
    let api = api_with(answers);
    let ui = Ui::start(&api);
    let verb = |arguments: &[&str]| -> Value {
        let printed = api.windlass(&folder("documents"), &[arguments, &["--json"]].concat());
        serde_json::from_str(&out(&printed)).unwrap()
    };
    let deployment = format!("apps/shop/deployments/{FAILED}");
    let prod = "apps/shop/environments/prod";
    let parts = |observe: &[&str]| {
        let status = verb(&[&["status", "shop", "prod"], observe].concat());
        json!({"status": status, "history": verb(&["history", "shop", "prod"]),
            "snapshots": verb(&["snapshots", "shop", "prod"])})
    };
    for (path, wanted) in [
        ("", verb(&["apps"])),
        ("?observe=true", verb(&["apps", "--observe"])),
        ("stats", verb(&["stats"])),
        (prod, parts(&[])),
        ("apps/shop/environments/prod?observe=true", parts(&["--observe"])),
        (&deployment, verb(&["explain", "shop", FAILED])),
    ] {
        let (status, mut document) = ui.document(path);
        let mut wanted = wanted;
        // The lines of an explanation, what it looks at beside the record, and the end of a list.
        for one in [&mut wanted, &mut document] {
            one.as_object_mut().unwrap().retain(|name, _| !["explained", "next", "now"].contains(&name.as_str()));
        }
        assert_eq!((status, document), (200, wanted), "{path}");
    }
    let (status, refused) = ui.document("apps/nothing/environments/prod");
    assert_eq!((status, &refused["exit"]), (502, &json!(6)), "{refused}");
}

#[test]
fn an_environment_that_never_had_a_release_is_shown_one_and_offered_that_of_an_earlier_one() {
    const OFFER: &str = "<a href=\"acts/deploy?app=shop&amp;environment=dev&amp;version=1.5.0\">";
    for (place, is_offered) in [(0, false), (2, true)] {
        let mut changed = answers();
        let environments = changed["/apps"]["apps"][2]["environments"].as_array_mut().unwrap();
        let dev = environments.remove(0);
        environments.insert(place, dev);
        let ui = Ui::start(&api_with(changed));
        let board = ui.get("").body;
        assert!(board.contains("<a href=\"apps/shop/environments/dev\">"), "{board}");
        let (_, dev) = board.split_once("/environments/dev\"").unwrap();
        let (dev, _) = dev.split_once("</tr>").unwrap();
        for part in ["nothing deployed", "not here: 1.5.0 of staging (agent, api, web)"] {
            assert!(dev.contains(part), "{part}: {dev}");
        }
        assert_eq!(dev.contains(OFFER), is_offered, "{place}: {dev}");
    }
}

#[test]
fn an_environment_has_its_history_and_what_a_rollback_would_change() {
    let (_, ui) = started();
    let page = ui.get("apps/shop/environments/prod");
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "RolledBack (GateFailed)",
        "1.4.1: RolledBack (GateFailed), 4m 18s",
        "checkout is broken",
        "agent 1.4.0 → 1.3.0",
        "crosses",
        "acts/rollback?app=shop&amp;environment=prod&amp;snapshot=5",
    ] {
        let is_there = page.body.contains(part);
        assert_eq!(is_there, part != "crosses", "{part}: {}", page.body);
    }
}

#[test]
fn what_the_hourly_look_found_is_on_the_board_the_page_and_in_the_report() {
    let mut answers = answers();
    let drift = json!({"looked": 1_795_179_600_000_u64, "due": 1_795_182_900_000_u64, "components": {
        "api": {"at": 1_795_179_600_000_u64, "drift": "changed", "recorded": "41", "seen": "40",
            "fields": [{"name": "version of the alias", "recorded": "41", "seen": "40"}],
            "began": {"not_before": 1_795_176_000_000_u64, "seen_at": 1_795_179_600_000_u64}},
        "web": {"at": 1_795_179_600_000_u64, "drift": "none", "seen": "12 files"}}});
    answers["/apps/shop/environments/prod"]["drift"] = drift.clone();
    for here in [0, 1] {
        answers["/apps"]["apps"][here]["environments"][0]["drift"] = drift.clone();
    }
    let good = &mut answers["/apps"]["apps"][1]["environments"][0]["drift"]["components"];
    good.as_object_mut().unwrap().remove("api");
    let api = api_with(answers);
    let ui = Ui::start(&api);
    let board = ui.get("");
    let at = "<time datetime=\"2026-11-20T13:00:00Z\">2026-11-20 13:00:00 UTC</time>";
    for part in ["api drifted", &format!("as recorded at {at}")] {
        assert!(board.body.contains(part), "{part}: {}", board.body);
    }
    assert_eq!(api.calls().len(), 1, "nothing is looked at for it");
    let page = ui.get("apps/shop/environments/prod").body;
    let arguments = ["report", "shop", "prod", "--days", "3660"];
    let report = out(&api.windlass(&folder("drift"), &arguments));
    for text in [page, report] {
        for part in [
            "api drifted",
            "version of the alias: recorded 41, seen 40",
            "it began between <time datetime=\"2026-11-20T12:00:00Z\">2026-11-20 12:00:00 UTC</time> and ",
            at,
            "as recorded",
            "not looked",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_page_after_a_look_at_the_targets_has_the_next_step_of_the_terminal() {
    let mut answers = answers();
    let here = &mut answers["/apps/shop/environments/prod"];
    here["lock"]["held"] = Value::Null;
    here["observed"] = json!({"api": {"drift": "changed", "recorded": "41", "seen": "40"}});
    let api = api_with(answers);
    let status = out(&api.windlass(&folder("looked"), &["status", "shop", "prod", "--observe"]));
    let next = status.lines().find_map(|line| line.strip_prefix("  next: ")).unwrap();
    assert!(next.starts_with("bring back what is recorded by `windlass restore shop prod "), "{next}");
    let page = Ui::start(&api).get("apps/shop/environments/prod?observe=true").body;
    assert!(page.contains(&format!("Next: {next}<")), "{next}: {page}");
}

#[test]
fn when_an_environment_last_proved_its_way_back_is_on_the_board_the_page_and_in_the_report() {
    let mut answers = answers();
    let proved = json!({"drill": "6c1d0e2f9a4b5e70", "outcome": "proved", "at": 1_795_176_000_000_u64,
        "from": {"snapshot": 7, "version": "1.4.0"}, "to": {"snapshot": 6, "version": "1.3.0"},
        "there_ms": 41_000, "back_ms": 38_000, "cause": "", "restored": true});
    let failed = json!({"drill": "7d2e0f3a9a4b5e71", "outcome": "failed", "at": 1_795_179_600_000_u64,
        "cause": "shop prod did not get to 1.3.0: <b>gate</b> is red.", "restored": true});
    let drills = json!({"proved": proved, "last": failed});
    answers["/apps/shop/environments/prod"]["drills"] = drills.clone();
    let mut whole = answers["/apps/shop/environments/prod/drills"]["drills"][0].take();
    whole["id"] = failed["drill"].clone();
    answers["/apps/shop/environments/prod/drills"]["drills"][0] = whole;
    let next = json!({"every": "7d", "due": 1_795_266_000_000_u64, "begins": false, "put_off": "deployment r1 waits"});
    answers["/apps/shop/environments/prod"]["next_drill"] = next.clone();
    let apps = &mut answers["/apps"]["apps"];
    apps[0]["environments"][0]["drills"] = drills;
    apps[0]["environments"][0]["next_drill"] = next;
    apps[1]["environments"][0]["drills"] = json!({"proved": proved, "last": proved});
    let api = api_with(answers);
    let ui = Ui::start(&api);
    let board = ui.get("").body;
    for part in ["Way back", "failed</span>", "proved</span>", "put off: deployment r1 waits"] {
        assert!(board.contains(part), "{part}: {board}");
    }
    assert_eq!(api.calls().len(), 1, "nothing more is asked for it");
    let page = ui.get("apps/shop/environments/prod").body;
    ui.get("apps/shop/environments/prod");
    let of_drills = |call: &Call| call.path.contains("/drills?");
    let asked = api.calls().into_iter().filter(of_drills).count();
    assert_eq!(asked, 1, "a drill that has ended is read once");
    let arguments = ["report", "shop", "prod", "--days", "3660"];
    let report = out(&api.windlass(&folder("way-back"), &arguments));
    for text in [page, report] {
        for part in [
            "from 1.4.0 (snapshot 7) to 1.3.0 (snapshot 6): there 41 s, back 38 s",
            "2026-11-20 12:00:00 UTC",
            "&lt;b&gt;gate&lt;/b&gt; is red",
            "every 7d, was due <time datetime=\"2026-11-21T13:00:00Z\">2026-11-21 13:00:00 UTC</time>, put off: deployment r1 waits",
            "The last way there ended Succeeded after 41 s: 2 steps</summary>",
            "The last way back ended Succeeded after 38 s: 2 steps</summary>",
            "api alias live 41 → 40",
            "wave 1, 1 gate <span class=\"mark good\">pass</span>",
            "and 3 steps more",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_deployment_shows_its_gates_beside_their_thresholds_and_its_cause() {
    let (_, ui) = started();
    let page = ui.get(&format!("apps/shop/deployments/{FAILED}"));
    for part in [
        "was rolled back: gate metric shop-prod-5xx failed in wave 2",
        "7.3 errors/min",
        "at most 5 errors/min",
        "3 of 3 points",
        "<polyline",
        "alias live 42 → 41 at 100 %",
        "about 0.0031 US dollars",
        "https://console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("data-again"), "what has ended does not move");
    let going = ui.get(&format!("apps/shop/deployments/{GOING}"));
    assert!(going.body.contains("data-again=\"2\"") && going.body.contains("http-equiv=\"refresh\""));
    assert!(going.body.contains("wave 2 of 3 is watched"), "{}", going.body);
}

#[test]
fn pages_load_nothing_from_elsewhere_keep_nothing_and_are_small() {
    let (_, ui) = started();
    let mut bytes = 0;
    for path in ["", "page.css", "page.js"] {
        let answer = ui.get(path);
        assert_eq!(answer.status, 200);
        bytes += answer.body.len();
        for header in ["cache-control: no-store", "default-src 'none'", "frame-ancestors 'none'", "nosniff"] {
            assert!(answer.head.contains(header), "{}", answer.head);
        }
        assert!(!answer.body.contains("src=\"http") && !answer.body.contains("@import"), "{path}");
    }
    let board = ui.get("").body;
    assert!(!board.contains("style=") && !board.contains("onclick"), "the policy lets nothing inline");
    assert!(bytes < LARGEST, "{bytes} bytes");
    for secret in ["AKIDEXAMPLE", "a-secret"] {
        assert!(!board.contains(secret));
    }
}

/// The largest page with its style and script, in bytes.
const LARGEST: usize = 150 * 1000;

#[test]
fn a_board_of_two_hundred_environments_is_small_as_well() {
    let mut answers = answers();
    let shop = answers["/apps"]["apps"][2].clone();
    let mut staging = shop["environments"][1].clone();
    let proved = shop["environments"][2]["drills"]["proved"].clone();
    staging["drills"] = json!({"proved": proved, "last": proved});
    staging["drift"]["left"] = json!([]);
    staging["drift"]["components"].as_object_mut().unwrap().remove("api");
    let apps = (0..50).map(|number| {
        let each = ["development", "integration", "staging", "production"].map(|name| {
            let mut here = staging.clone();
            here["environment"] = name.into();
            if name == "production" {
                for component in ["agent", "api", "web"] {
                    here["running"][component] = shop["environments"][2]["running"][component].clone();
                }
                here["deployments"] = shop["environments"][2]["deployments"].clone();
            }
            here
        });
        json!({"app": format!("checkout-{number:02}"), "declaration": shop["declaration"], "environments": each})
    });
    answers["/apps"]["apps"] = apps.collect();
    let ui = Ui::start(&api_with(answers));
    let board = ui.get("").body;
    for each in ["data-row", "proved</span>", "as recorded at", "verified good"] {
        assert_eq!(board.matches(each).count(), 200, "{each}");
    }
    let news = "not here: 1.5.0 of development, integration, staging (agent, api, web)";
    assert_eq!(board.matches(news).count(), 50, "production is behind");
    let others = ["page.css", "page.js"].map(|path| ui.get(path).body.len());
    let bytes = board.len() + others.iter().sum::<usize>();
    assert!(bytes < LARGEST, "{bytes} bytes");
}

#[test]
fn what_no_gate_measured_is_not_shown_as_verified_good() {
    let mut changed = answers();
    for environment in changed["/apps"]["apps"][0]["environments"].as_array_mut().unwrap() {
        if environment["verified_good"] == true {
            environment["verified_good"] = false.into();
            environment["unmeasured"] = json!(["api"]);
        }
    }
    let good = |answers: &Value| {
        let ui = Ui::start(&api_with(answers.clone()));
        let board = ui.get("").body;
        ["verified good", "passed; nothing was measured of api"].map(|words| board.matches(words).count())
    };
    let ([before, _], [after, unmeasured]) = (good(&answers()), good(&changed));
    assert!(unmeasured > 0 && before == after + unmeasured, "{before} {after} {unmeasured}");
}

#[test]
fn a_text_of_somebody_elses_stays_text_on_every_page() {
    let answers = hostile(&answers());
    let api = pages::api_with(answers);
    let ui = Ui::start(&api);
    let mut met = 0;
    for path in [
        String::new(),
        "apps/shop/environments/prod".to_owned(),
        format!("apps/shop/deployments/{FAILED}"),
        format!("apps/shop/deployments/{GOING}"),
        format!("apps/shop/deployments/{GOING}/logs"),
        format!("acts/cancel?app=shop&environment=prod&id={GOING}"),
        "acts/accept?app=bank&environment=prod".to_owned(),
        "acts/release-hold?app=bank&environment=prod".to_owned(),
        format!("acts/deploy?app=shop&environment=prod&version={}", "%22%3E%3Cscript%3Ealert(1)"),
        format!("?q={}", "%22%3E%3Cscript%3Ealert(1)"),
        "nowhere/%3Cscript%3Ealert(1)".to_owned(),
    ] {
        let page = ui.get(&path).body;
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{path}: {page}");
        met += page.matches("&lt;script&gt;alert").count();
    }
    assert!(met > 40, "only {met} hostile texts were met");
    let report = api.windlass(&folder("ui"), &["report", "shop", "prod", "--days", "3660"]);
    let text = out(&report);
    assert_eq!(code(&report), 0, "{}", err(&report));
    assert!(!text.contains("<script>alert") && !text.contains("<img"));
}

fn started() -> (StandIn, Ui) {
    let api = api();
    let ui = Ui::start(&api);
    (api, ui)
}
