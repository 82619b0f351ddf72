//! `windlass status`: the real program against an API that answers.

#![allow(clippy::unwrap_used)]

use crate::records::{self, ID};
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use crate::{plan, stats};
use anstream::adapter::strip_str;
use serde_json::{Value, json};

#[test]
fn status_shows_what_runs_who_holds_and_who_waits() {
    let environment = json!({
        "app": "shop", "environment": "prod", "snapshot": 7,
        "running": {"api": {"version": "1.4.0", "deployment": ID, "since": 1_763_640_000_000_u64,
            "git": {"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77", "dirty": true},
            "brought": {"version": "1.4.0", "deployment": ID, "since": 1_763_640_000_000_u64}, "state": {}}},
        "no_longer_declared": {"old-web": {"version": "1.2.0", "deployment": "fedcba9876543210", "since": 1_763_640_000_000_u64,
            "brought": {"version": "1.2.0", "deployment": "fedcba9876543210", "since": 1_763_640_000_000_u64},
            "left": {"declaration": "1.3.0", "at": 1_763_640_000_000_u64}}},
        "hold": {"since": 1_763_640_000_000_u64, "reason": "checkout is broken", "by": "ann"},
        "lock": {"token": 9, "held": {"deployment": ID, "action": "deploy", "execution": "arn:one",
            "since": 1_763_640_000_000_u64, "state": "needs_operator"}},
        "waiting": [{"deployment": "fedcba9876543210", "components": ["api"], "operator": false,
            "since": 1_763_640_000_000_u64}],
        "observed": {"api": {"drift": "changed", "recorded": "41 at 100 %", "seen": "40 at 100 %"}},
        "deployments": {ID: {"action": "deploy", "version": "1.4.0", "accepted": 0, "components": ["api"],
            "started": 0, "ended": 252_000, "requester": {"route": "api", "principal": "arn:aws:sts::111111111111:assumed-role/ci/run-812"},
            "git": {"ref": "refs/heads/main", "commit": "9f2c61d4a0b35e77", "dirty": true}, "reason": "as planned"}},
    });
    let api = StandIn::new(move |_: &Call| reply(200, &environment));
    let output = api.windlass(&folder("status"), &["status", "shop", "prod", "--observe"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    insta::assert_snapshot!(out(&output));
    assert_eq!(api.calls()[0].path, "/stage/apps/shop/environments/prod?observe=true");
    let whole = out(&output);
    let run = |more: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["status", "shop", "prod", "--observe"], more].concat();
        out(&api.windlass_with(&folder("status"), &arguments, variables))
    };
    let coloured = run(&["--color", "always"], &[]);
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31mNEEDS AN OPERATOR\u{1b}[0m"), "{coloured}");
    assert_eq!(strip_str(&coloured).to_string(), whole, "colours change no word");
    assert_eq!(run(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]), whole);
    assert_eq!(run(&[], &[("CLICOLOR_FORCE", "1")]), coloured);
    assert_eq!(run(&[], &[("NO_COLOR", "1")]), whole);
    let narrow = run(&[], &[("COLUMNS", "80")]);
    for line in narrow.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&narrow), words(&whole), "a narrow terminal loses no word");
}

#[test]
fn what_other_verbs_print_fits_80_columns_as_well() {
    for (arguments, is_table) in [
        (&["watch", "shop", ID, "--every", "1ms"][..], false),
        (&["explain", "shop", ID], false),
        (&["plan", "deploy", "shop", "prod", "1.4.0", "--every", "1ms"], false),
        (&["stats", "shop"], true),
    ] {
        let reason = "checkout is broken for those who pay by invoice, and it is looked at by the team of payments";
        let here = json!({"app": "shop", "environment": "prod", "snapshot": 0, "running": {}, "lock": {"token": 9},
            "waiting": [], "hold": {"since": 0, "reason": reason, "by": "ann"}});
        let api = StandIn::new(move |call: &Call| match (call.method.as_str(), call.path.split('?').next().unwrap()) {
            ("POST", _) => {
                reply(202, &json!({"id": "5b1e0c2d9a4b6f70", "execution": "arn:one", "status": "https://api"}))
            }
            (_, "/stage/apps/shop/environments/prod") => reply(200, &here),
            (_, "/stage/apps/shop/stats") => reply(200, &stats::shop()),
            (_, path) if path.ends_with(ID) => reply(200, &records::rolled_back()),
            (_, path) if path.contains("/plans/") => reply(200, &plan::drawn("change", &json!([]))),
            _ => reply(404, &json!({"message": "Not Found"})),
        });
        let run = |columns: &str| out(&api.windlass_with(&folder("narrow"), arguments, &[("COLUMNS", columns)]));
        let (narrow, wide) = (run("80"), run("1000"));
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest(&wide) > 80, "nothing is to be broken: {wide}");
        assert!(widest(&narrow) <= 80, "{narrow}");
        // A table becomes paragraphs, in which each cell has its title.
        assert!(is_table || narrow.split_whitespace().eq(wide.split_whitespace()), "no word is lost: {narrow}");
    }
}

#[test]
fn a_look_at_the_targets_ends_with_the_next_step() {
    let back = "bring back what is recorded by `windlass restore shop prod --reason '…'`; or, where a target is right as \
                it is, release what it has, because the next release takes that away";
    let look_again = "mend what kept a target from being seen, and look again by `windlass status shop prod --observe`";
    let release_hold = "`windlass release-hold shop prod --reason '…'` lets automatic deployments go on";
    let gone = format!("make anew what is gone, then {back}");
    let both = format!("{back}; {look_again}");
    let nothing = "nothing is to be done, because the targets are as recorded";
    let restore = json!({"start": {"action": "restore", "app": "shop", "environment": "prod", "reason": "…"}});
    let observe = json!({"call": {"observe": {"app": "shop", "environment": "prod"}}});
    let release = json!({"start": {"action": "release_hold", "app": "shop", "environment": "prod", "reason": "…"}});
    for (api, drift, hold, wanted, steps) in [
        ("none", "changed", json!(null), back, json!([restore])),
        ("none", "gone", json!(null), &gone, json!([restore])),
        ("unknown", "changed", json!(null), &both, json!([restore, observe])),
        ("none", "unknown", json!(null), look_again, json!([observe])),
        ("none", "none", json!(null), nothing, json!([])),
        ("none", "none", json!({"since": 0, "reason": "a sale", "by": "ann"}), release_hold, json!([release])),
    ] {
        let web = match drift {
            "gone" => json!({"drift": "changed", "reason": "there is none"}),
            drift => json!({"drift": drift, "seen": "41"}),
        };
        let environment = json!({
            "app": "shop", "environment": "prod", "snapshot": 7, "hold": hold, "lock": {"token": 9}, "waiting": [],
            "running": {}, "observed": {"api": {"drift": api}, "web": web},
        });
        let api = StandIn::new(move |_: &Call| reply(200, &environment));
        let output = api.windlass(&folder("observed"), &["status", "shop", "prod", "--observe"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let said = out(&output);
        assert_eq!(said.trim_end().lines().last().unwrap(), format!("  next: {wanted}"), "{said}");
        let output = api.windlass(&folder("observed"), &["status", "shop", "prod", "--observe", "--json"]);
        let document: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(document["next_steps"], steps, "{wanted}");
    }
}

#[test]
fn status_shows_how_far_a_first_release_is_or_that_it_could_not_be_seen() {
    for is_seen in [true, false] {
        let environment = json!({
            "app": "shop", "environment": "prod", "snapshot": 0, "running": {}, "hold": null, "waiting": [],
            "lock": {"token": 9, "held": {"deployment": ID, "action": "deploy", "execution": "arn:one", "since": 0,
                "state": "running"}},
        });
        let mut record = records::watched();
        record["steps"][0]["shown"] = "41 with 42 at 10 %".into();
        record["steps"][0]["share"] = 10.into();
        let api = StandIn::new(move |call: &Call| match call.path.contains("/deployments/") {
            true if is_seen => reply(200, &record),
            true => reply(403, &json!({"message": "Forbidden"})),
            false => reply(200, &environment),
        });
        let output = api.windlass(&folder("first"), &["status", "shop", "prod"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let said = out(&output);
        assert!(said.starts_with("shop prod: its first release is under way\n"), "{said}");
        let wanted = if is_seen {
            "\n    api: 1.4.0, the first release of it here; 10 % of callers get it"
        } else {
            "\n  how far it is could not be seen: "
        };
        assert!(said.contains(wanted), "{said}");
    }
}

#[test]
fn status_shows_what_the_last_hourly_look_found() {
    let shown = |drift: serde_json::Value| {
        let environment = json!({
            "app": "shop", "environment": "prod", "snapshot": 7, "hold": null, "lock": {"token": 9}, "waiting": [],
            "running": {"api": {"version": "1.4.0", "deployment": ID, "since": 5,
            "brought": {"version": "1.4.0", "deployment": ID, "since": 5}, "state": {}}},
            "drift": drift,
        });
        let api = StandIn::new(move |_: &Call| reply(200, &environment));
        out(&api.windlass(&folder("drift"), &["status", "shop", "prod"]))
    };
    let of = |api: serde_json::Value, left: &[&str]| json!({"looked": 3_600_000, "due": 7_200_000, "components": {"api": api}, "left": left});
    let good = of(json!({"at": 3_600_000, "drift": "none", "seen": "41"}), &[]);
    let left = of(json!({"at": 0, "drift": "none", "seen": "41"}), &["api"]);
    let changed = of(
        json!({"at": 3_600_000, "drift": "changed", "recorded": "41", "seen": "40",
        "fields": [{"name": "version of the alias", "recorded": "41", "seen": "40"}],
        "began": {"not_before": 0, "seen_at": 3_600_000}}),
        &[],
    );
    let unknown = of(json!({"at": 3_600_000, "drift": "unknown", "reason": "you may not"}), &[]);
    let mut lost = good.clone();
    lost["way_back"] = json!("unknown");
    let unseen = lost.clone();
    lost["lost"] = json!({"snapshot": 6, "version": "1.3.0", "next": true, "reach": "gone"});
    let table: [(_, &[&str]); 8] = [
        (
            lost,
            &[
                "  rollback: Snapshot 6 (1.3.0), to which a rollback goes that names none, can no longer be reached. `windlass doctor shop prod` looks now\n",
                "all as recorded",
            ],
        ),
        (
            unseen,
            &[
                "  rollback: its snapshot could not be looked at. `windlass doctor shop prod` looks now\n",
                "all as recorded",
            ],
        ),
        (json!(null), &["  drift: not looked at yet; `windlass status shop prod --observe` looks now\n"]),
        (
            json!({"due": 7_200_000, "components": {}}),
            &["drift: not looked at yet; the first look is overdue since 1970-01-01T02:00:00Z; `windlass status shop"],
        ),
        (good, &["drift: looked at 1970-01-01T01:00:00Z: all as recorded"]),
        (left, &["looked at 1970-01-01T01:00:00Z, but for 1 component, which has a turn later because"]),
        (
            changed,
            &[
                "    drift: changed: version of the alias: recorded 41, seen 40; it began between 1970-01-01T00:00:00Z and 1970-01-01T01:00:00Z",
                "  drift: looked at 1970-01-01T01:00:00Z\n",
            ],
        ),
        (unknown, &["    drift: unknown: you may not"]),
    ];
    for (drift, wanted) in table {
        let text = shown(drift.clone());
        for part in wanted {
            assert!(text.contains(part), "{drift}: {text}");
        }
        assert_eq!(text.contains("all as recorded"), wanted.iter().any(|it| it.contains("all as")), "{text}");
    }
}

#[test]
fn status_shows_what_left_the_declaration_until_a_release_went_live_without_it() {
    for (since, is_shown) in [(5, true), (10, true), (11, false)] {
        let environment = json!({
            "app": "shop", "environment": "prod", "snapshot": 7, "hold": null, "lock": {"token": 9}, "waiting": [],
            "running": {"api": {"version": "1.4.0", "deployment": ID, "since": since,
            "brought": {"version": "1.4.0", "deployment": ID, "since": since}, "state": {}}},
            "no_longer_declared": {"old-web": {"version": "1.2.0", "deployment": ID, "since": 0,
            "brought": {"version": "1.2.0", "deployment": ID, "since": 0},
                "left": {"declaration": "1.3.0", "at": 10}}},
        });
        let api = StandIn::new(move |_: &Call| reply(200, &environment));
        let output = api.windlass(&folder("left"), &["status", "shop", "prod"]);
        assert_eq!(out(&output).contains("old-web"), is_shown, "{since}");
    }
}
