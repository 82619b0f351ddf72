//! The lines that `windlass watch` prints of a record.

#![allow(clippy::unwrap_used)]

use crate::records::{self, accepted, ended, finished, rolled_back, watched};
use anstream::adapter::strip_str;
use serde_json::Value;
use windlass_cli::ground::exit::Exit;
use windlass_cli::view::record;
use windlass_cli::view::story::{Printed, lines};
use windlass_domain::shown::api::deployments::Record;

fn read(record: &Value) -> Record {
    record::read(record).unwrap().unwrap()
}

/// Returns the new lines of a record without their colours.
fn fresh(printed: &mut Printed, record: &Record) -> Vec<String> {
    printed.fresh(record, false).iter().map(|line| strip_str(line).to_string()).collect()
}

fn whole(record: &Value) -> String {
    let lines: Vec<String> =
        lines(&read(record), false).into_iter().map(|line| strip_str(&line.text).to_string()).collect();
    lines.join("\n")
}

#[test]
fn a_watched_wave_shows_what_is_measured_beside_its_threshold() {
    insta::assert_snapshot!(whole(&watched()));
}

#[test]
fn what_becomes_of_each_resource_stands_below_its_wave() {
    let mut record = watched();
    let change = &mut record["plan"]["waves"][0]["changes"][0];
    let component = change["component"].as_str().unwrap().to_owned();
    change["details"] = serde_json::json!([
        {"logical": "Messages", "kind": "AWS::DynamoDB::Table", "action": "replace", "properties": ["KeySchema"],
            "holds_data": true},
        {"logical": "Api", "kind": "AWS::Lambda::Function", "action": "change", "properties": ["Code"]},
    ]);
    change["details_left"] = 300.into();
    let text = whole(&record);
    let wanted = [
        "replace Messages (AWS::DynamoDB::Table, holds data): KeySchema",
        "change Api (AWS::Lambda::Function): Code",
        "and 300 more",
    ];
    let wanted: Vec<String> = wanted.iter().map(|line| format!("    {component}: {line}")).collect();
    let shown: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("  plan: wave 1")).skip(1).take(3).collect();
    assert_eq!(shown, wanted, "{text}");
}

#[test]
fn a_wave_that_is_not_watched_is_shown_as_judged_at_once() {
    let mut record = watched();
    record["plan"]["waves"][0]["bake_s"] = 0.into();
    record["judgements"][0]["until"] = record["judgements"][0]["started"].clone();
    let text = whole(&record);
    assert!(text.contains("10 %; judged at once"), "{text}");
    assert!(text.contains("wave 1 is judged at once"), "{text}");
    assert!(!text.contains("watched 0 s"), "{text}");
}

#[test]
fn an_undone_deployment_says_why_and_what_was_brought_back() {
    insta::assert_snapshot!(whole(&rolled_back()));
}

#[test]
fn a_finished_canary_is_shown_wave_after_wave() {
    let text = whole(&finished());
    let order = [
        "12:00 api: alias live 41 → 42 at 10 %",
        "api: reached what wave 1 wants",
        "wave 1 passed",
        "12:01 api: alias live 42 at 100 %",
        "api: reached what wave 2 wants",
        "wave 2 passed",
    ];
    let places: Vec<_> = order.iter().map(|line| text.find(line)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?} {text}");
    assert!(places.is_sorted(), "{places:?} {text}");
}

#[test]
fn a_wave_without_a_gate_is_not_shown_as_if_something_had_been_measured() {
    let mut record = finished();
    record["judgements"][0]["measurements"] = serde_json::json!([]);
    let text = whole(&record);
    assert!(text.contains("wave 1 passed: no gate, nothing was measured"), "{text}");
    assert!(text.contains("wave 2 passed\n"), "{text}");
}

#[test]
fn a_gate_that_counts_later_is_shown_as_unknown() {
    let mut record = finished();
    let gate = &mut record["judgements"][0]["measurements"][0];
    gate["verdict"] = "unknown".into();
    gate["measured"] = "not measured: it counts later".into();
    gate["counts_later"] = true.into();
    let text = whole(&record);
    assert!(text.contains("shop-prod-5xx: measured not measured: it counts later"), "{text}");
    assert!(text.contains("wave 1 passed: each gate is unknown, nothing was measured"), "{text}");
}

#[test]
fn what_could_not_be_brought_back_is_not_overlooked() {
    let mut record = rolled_back();
    record["steps"][0]["status"] = "undo_failed".into();
    record["steps"][0]["undo_failure"] = serde_json::json!(
        {"fault": {"name": "AccessDenied", "message": "UpdateAlias live: AWS answered AccessDenied"}});
    let text = whole(&ended(record, "NeedsOperator", "UndoFailed"));
    assert!(text.contains("api: could NOT be brought back: AccessDenied: UpdateAlias live"));
    assert!(text.contains("NeedsOperator (UndoFailed)"));
}

#[test]
fn each_look_adds_only_what_is_new() {
    let mut printed = Printed::default();
    let mut looks = Vec::new();
    for record in [accepted(), watched(), watched(), rolled_back()] {
        looks.push(fresh(&mut printed, &read(&record)).join("\n"));
    }
    insta::assert_snapshot!(looks.join("\n---\n"));
}

#[test]
fn numbers_that_only_move_are_not_printed_again_until_the_verdict_does() {
    let mut printed = Printed::default();
    fresh(&mut printed, &read(&watched()));
    let mut moved = watched();
    moved["judgements"][0]["measurements"][0]["measured"] = "0.3 errors/min".into();
    assert_eq!(fresh(&mut printed, &read(&moved)), [""; 0]);
    moved["judgements"][0]["measurements"][0]["verdict"] = "unknown".into();
    assert_eq!(fresh(&mut printed, &read(&moved)).len(), 1);
}

#[test]
fn a_warning_says_what_to_do() {
    let mut record = watched();
    record["plan"]["warnings"] = serde_json::json!([{
        "name": "TargetNotReady", "path": "components.web.distribution",
        "reason": "it has no default root object", "remedy": "set it to `index.html`",
    }]);
    let line = "  warning: TargetNotReady: it has no default root object\n    set it to `index.html`\n";
    assert!(whole(&record).contains(line), "{}", whole(&record));
    // The declaration alone gives it: it is counted.
    assert!(!whole(&record).contains("as when declaration"), "{}", whole(&record));
    record["plan"]["warnings"][0]["declared"] = true.into();
    let counted = "  1 warning as when declaration 1.3.0 was declared: `windlass doctor shop prod` shows it\n";
    assert!(whole(&record).contains(counted), "{}", whole(&record));
    assert!(!whole(&record).contains("TargetNotReady"), "{}", whole(&record));
}

#[test]
fn files_that_stay_reachable_are_shown_with_what_takes_one_away() {
    let mut record = watched();
    record["plan"]["stays_reachable"] = serde_json::json!([{
        "component": "web", "files": 12, "first": ["old.js", "old.css"], "app": "shop", "environment": "prod",
        "because": "open_pages", "days": 30, "releases": 11,
    }]);
    let text = whole(&record);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("away") || line.contains("old.js")).collect();
    insta::assert_snapshot!(lines.join("\n").trim_start(), @r"
    plan: web: 12 files are no longer part of the site and stay reachable, because pages that are open may ask for them: `old.js`, `old.css` and 10 more.
        They stay for at least 30 days and for 11 further releases; then a release takes them away.
        `windlass withdraw shop prod web 'PATH' --reason '…'` takes one away now.
    ");
}

#[test]
fn a_publish_is_shown_by_tenths_with_the_time_that_is_left() {
    let mut printed = Printed::default();
    fresh(&mut printed, &read(&watched()));
    let mut look = |files_done: u64, left_s: Option<u64>| {
        let mut record = watched();
        record["steps"][0]["progress"] = serde_json::json!({
            "files_done": files_done, "files_total": 1000,
            "bytes_done": files_done * 1024, "bytes_total": 1_024_000, "left_s": left_s,
        });
        fresh(&mut printed, &read(&record)).join("\n")
    };
    let expected = "  api: published 120 of 1000 files, 120.00 KiB of 1000.00 KiB, about 3 minutes left";
    assert_eq!(look(120, Some(180)), expected);
    assert_eq!(look(199, Some(170)), "", "the same tenth");
    assert!(look(200, None).ends_with("published 200 of 1000 files, 200.00 KiB of 1000.00 KiB"));
    assert!(look(1000, Some(0)).ends_with("1000 of 1000 files, 1000.00 KiB of 1000.00 KiB"));
}

#[test]
fn a_publish_without_bytes_shows_none() {
    let publish = |files: u64| {
        let mut record = watched();
        record["steps"][0]["progress"] = serde_json::json!({
            "files_done": files, "files_total": files, "bytes_done": 0, "bytes_total": 0,
        });
        whole(&record)
    };
    let text = publish(3);
    assert!(text.contains("api: published 3 of 3 files\n"), "{text}");
    assert!(!text.contains("0 B"), "{text}");
    assert!(!publish(0).contains("published"), "there is nothing to publish");
}

/// A measurement at the end is printed only where it is news.
#[test]
fn no_measurement_is_printed_twice() {
    let mut record = watched();
    let mut printed = Printed::default();
    let mut lines = fresh(&mut printed, &read(&record));
    record["judgements"][0]["verdict"] = "pass".into();
    lines.extend(fresh(&mut printed, &read(&record)));
    let passes = |lines: &[String]| lines.iter().filter(|line| line.contains("pass: ")).count();
    assert_eq!(passes(&lines), 1, "{lines:?}");
    let mut printed = Printed::default();
    fresh(&mut printed, &read(&watched()));
    record["judgements"][0]["measurements"][0]["measured"] = "0.4 errors/min".into();
    let text = fresh(&mut printed, &read(&record)).join("\n");
    let end = "    pass at the end: alarm shop-prod-5xx: measured 0.4 errors/min";
    assert!(text.contains(end), "{text}");
}

/// Until its turn the record of a rollback has no version, and the word in its place is none.
#[test]
fn a_rollback_is_shown_as_what_it_goes_back_to() {
    let mut record = accepted();
    record["deployment"]["action"] = "rollback".into();
    record["deployment"]["release"]["version"] = "rollback".into();
    let head = format!("shop prod: rollback {}, asked ", records::ID);
    let mut printed = Printed::default();
    let first = fresh(&mut printed, &read(&record)).join("\n");
    assert!(first.starts_with(&head) && !first.contains("it goes"), "{first}");
    record["deployment"]["release"]["version"] = "1.3.0".into();
    record["deployment"]["snapshot"] = 6.into();
    let later = fresh(&mut printed, &read(&record));
    assert_eq!(later, ["  it goes back to 1.3.0, snapshot 6"]);
    for (action, drill, wanted) in [
        ("drill", Value::Null, "it goes to 1.3.0"),
        ("drill", records::ID.into(), "it comes back to 1.3.0"),
        ("restore", Value::Null, "it brings back 1.3.0"),
    ] {
        record["deployment"]["action"] = action.into();
        record["deployment"]["drill"] = drill;
        assert!(whole(&record).contains(wanted), "{}", whole(&record));
    }
}

#[test]
fn a_record_of_another_form_is_refused() {
    let failure = record::read(&serde_json::json!({"deployment": {}})).unwrap_err();
    assert_eq!(failure.exit, Exit::Broken);
}

#[test]
fn what_was_made_ahead_and_stays_is_not_shown_as_it_was_before() {
    let mut record = rolled_back();
    let changes = record["steps"][0]["changes"].as_array_mut().unwrap();
    changes.pop();
    let text = whole(&record);
    assert!(!text.contains("as it was before"), "{text}");
    assert!(text.contains("api: no traffic had been moved; what was made for it stays"));
    record["steps"][0]["changes"][0]["switching"] = true.into();
    assert!(whole(&record).contains("api: is as it was before"));
}

#[test]
fn a_finding_is_printed_once_on_lines_of_its_own_with_what_was_added_to_the_cause() {
    let mut record = ended(accepted(), "Rejected", "BadValue");
    let finding = |path: &str| serde_json::json!({"name": "BadValue", "path": path, "reason": "it is bad.", "remedy": "Mend it."});
    record["deployment"]["ending"]["findings"] = serde_json::json!([finding("p"), finding("q")]);
    record["deployment"]["ending"]["added"] = serde_json::json!(["and this is so", "and so is that"]);
    let text = whole(&record);
    let lines = "Rejected (BadValue): p: it is bad.\n    Mend it.\n  and so is that\n  and this is so\n\
                 BadValue q: it is bad.\n    Mend it.\n  page: docs/findings.md#badvalue";
    assert!(text.contains(lines), "{text}");
    assert_eq!(text.matches("it is bad.").count(), 2, "{text}");
    // What a rollback that was refused has done all the same comes first.
    record["deployment"]["action"] = "rollback".into();
    let text = whole(&record);
    let lines = "Rejected (BadValue): and so is that\nand this is so\np: it is bad.\n    Mend it.\nBadValue q: ";
    assert!(text.contains(lines), "{text}");
}
