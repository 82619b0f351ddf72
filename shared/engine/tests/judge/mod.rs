//! `Judge` over the in-memory world.

mod looks;
mod scene;
mod steering;
mod twins;

use crate::judge::scene::{
    DECLARATION, HEALTH, answers, changed, changed_as, has_brought, judge, judgement, published,
};
use crate::stage::{Stage, app, component, id, prod};
use serde_json::Value;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{KindName, Plan};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_engine::ledger::{self, LastFault};
use windlass_engine::payload::Transition;

#[test]
fn a_healthy_wave_bakes_then_goes_on_and_the_last_settles() {
    let stage = changed();
    let words: Vec<(Transition, u64, u32)> = [0, 60, 60]
        .iter()
        .map(|seconds| {
            stage.pass_seconds(*seconds);
            let answer = judge(&stage, 0).unwrap();
            (answer.verdict, answer.seconds, answer.wave)
        })
        .collect();
    assert_eq!(words, [(Transition::Bake, 60, 0), (Transition::Bake, 60, 0), (Transition::Change, 0, 1)]);
    let fault = stage.get::<LastFault>(&ledger::last_fault(&id()));
    assert_eq!(fault, None, "nothing is wrong");
    let answer = judge(&stage, 0).unwrap();
    assert_eq!(answer.verdict, Transition::Change, "asked again: the same");
    assert_eq!(answer.items[0].component, component("api"));
    assert_eq!(judgement(&stage, 0).polls, 3);

    assert_eq!(judgement(&stage, 0).measurements[2].gate, "shop-api-prod version 2 health");

    let first = judge(&stage, 1).unwrap();
    assert_eq!(first.verdict, Transition::Bake, "an earlier verdict is not reused");
    stage.pass_seconds(120);
    let last = judge(&stage, 1).unwrap();
    assert_eq!((last.verdict, last.items.len()), (Transition::Settle, 0));
    let seen = judgement(&stage, 1);
    assert_eq!(seen.verdict, Verdict::Pass);
    let sources: Vec<&str> = seen.measurements.iter().map(|m| m.source.as_str()).collect();
    assert_eq!(sources, ["alarm", "probe", "invocation"]);
}

#[test]
fn each_kind_of_gate_fails_at_once_and_says_why() {
    type Break = fn(&Stage);
    let table: [(Break, &str); 3] = [
        (
            |stage| stage.world.set_alarm("shop-prod-5xx", "ALARM", &[7.3]),
            "shop prod 1.4.0: gate `shop-prod-5xx` failed in wave 1 (api at 10 %).\n  measured 7.3 Errors per 60 s, threshold 5, 3 of 3 points, 13:57-14:00 UTC\n  next: look at the CloudWatch alarm shop-prod-5xx",
        ),
        (
            |stage| stage.world.serve(HEALTH, 502, "", 9),
            "shop prod 1.4.0: gate `https://shop.example/health` failed in wave 1 (api at 10 %).\n  measured status 502 after 9 ms, threshold status 200 within 800ms\n  next: look at https://shop.example/health and the logs behind it",
        ),
        (
            |stage| {
                let error = r#"{"errorType": "Boom", "errorMessage": "no table"}"#;
                answers(stage, Some("Unhandled"), error, 3);
            },
            "shop prod 1.4.0: gate `shop-api-prod version 2 health` failed in wave 1 (api at 10 %).\n  measured function error Unhandled: Boom: \"no table\", threshold {\"status\":200} within 1s\n  next: look at /aws/lambda/shop-api-prod, version 2",
        ),
    ];
    for (break_it, cause) in table {
        let stage = changed();
        assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Bake);
        break_it(&stage);
        let answer = judge(&stage, 0).unwrap();
        assert_eq!(answer.verdict, Transition::Failed);
        assert_eq!(answer.error, "GateFailed");
        assert_eq!(answer.cause, cause);
        let seen = judgement(&stage, 0);
        assert_eq!(seen.verdict, Verdict::Fail);
        assert!(seen.failed.is_some());
    }
}

/// Returns a declaration in which a component that is not `api` has all gates that can be asked for.
fn with_gates_of_web() -> String {
    const WEB: &str = r#"components:
  web:
    kind: static_site
    bucket: shop-web
    gates:
      alarms: [shop-web-errors]
      metrics: [{namespace: Shop, metric: Visits, statistic: Sum, at_least: 1}]
      probes: [{url: "https://web.shop.example/", within: 800ms}]"#;
    DECLARATION.replace("components:", WEB)
}

const OF_WEB: [&str; 3] = ["shop-web-errors", "Shop Visits Sum", "https://web.shop.example/"];

/// Returns what was measured of `web` in the first wave, if its step has goals from this wave on.
fn measured_of_web(stage: &Stage, first_wave: Option<u32>) -> Vec<String> {
    let mut step = Step::planned(id(), app(), prod(), component("web"), KindName::StaticSite);
    let goals = first_wave.map(|wave| (wave, Value::Null));
    step.goals = goals.into_iter().collect();
    stage.put(ledger::step(&id(), &component("web")), &step);
    judge(stage, 0).unwrap();
    of_web(stage, 0)
}

fn of_web(stage: &Stage, wave: u32) -> Vec<String> {
    let measured = judgement(stage, wave).measurements.into_iter();
    let gates = measured.map(|found| found.gate);
    gates.filter(|gate| OF_WEB.contains(&gate.as_str())).collect()
}

#[test]
fn gates_of_a_component_decide_from_the_wave_on_that_changes_it() {
    for (first_wave, decide) in [(Some(0), true), (Some(1), false), (None, false)] {
        let stage = changed_as(&with_gates_of_web());
        stage.world.serve("https://web.shop.example/", 404, "", 9);
        let measured = measured_of_web(&stage, first_wave);
        assert_eq!(measured.is_empty(), !decide, "{first_wave:?}");
        let verdict = judgement(&stage, 0).verdict;
        if decide {
            assert_eq!(measured, OF_WEB);
            assert_eq!(verdict, Verdict::Fail);
        } else {
            assert_eq!(verdict, Verdict::Unknown, "it bakes");
        }
    }
}

#[test]
fn what_is_only_published_is_no_reason_to_ask_a_components_gates() {
    let stage = changed_as(&with_gates_of_web());
    published(&stage);
    assert_eq!(measured_of_web(&stage, Some(0)), [""; 0]);
    judge(&stage, 1).unwrap();
    assert_eq!(of_web(&stage, 1), [""; 0]);
}

#[test]
fn an_alarm_of_a_component_is_not_asked_what_it_was_before_the_component_changed() {
    let of_api = DECLARATION.replace("      invocations:", "      alarms: [shop-api-errors]\n      invocations:");
    let change = |stage: &Stage, seconds: u64| {
        let key = ledger::step(&id(), &component("api"));
        let mut step: Step = stage.get(&key).unwrap();
        let mut earlier = step.clone();
        earlier.component = component("agent");
        stage.put(ledger::step(&id(), &component("agent")), &earlier);
        step.changes[0].at = step.changes[0].at.plus_s(seconds);
        stage.put(key, &step);
    };
    // The alarm rang, and was quiet again, after another component had changed: before this one changed, and after it.
    for (own_change_s, verdict) in [(120, Verdict::Unknown), (0, Verdict::Fail)] {
        let stage = changed_as(&of_api);
        change(&stage, own_change_s);
        stage.world.set_alarm("shop-api-errors", "OK", &[0.0]);
        stage.pass_seconds(60);
        stage.world.set_alarm("shop-api-errors", "ALARM", &[7.3]);
        stage.pass_seconds(30);
        stage.world.set_alarm("shop-api-errors", "OK", &[0.0]);
        stage.pass_seconds(60);
        judge(&stage, 0).unwrap();
        assert_eq!(judgement(&stage, 0).verdict, verdict, "{own_change_s}");
    }
}

#[test]
fn an_invocation_compares_members_and_time() {
    for (payload, ms, measured) in [
        (r#"{"status": 500}"#, 3, "`answer.status` is 500"),
        ("{}", 3, "`answer.status` is missing"),
        (r#"{"status": 200}"#, 1001, "answered after 1001 ms"),
    ] {
        let stage = changed();
        answers(&stage, None, payload, ms);
        assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Failed);
        assert_eq!(judgement(&stage, 0).failed.unwrap().measured, measured);
    }
}

/// A stack in the first wave makes the alarm, and the page that is probed comes with the last wave.
#[test]
fn gates_that_were_not_there_when_the_release_was_planned_count_once_all_has_changed() {
    for (status, verdict) in [(200, Transition::Bake), (403, Transition::Failed)] {
        let stage = changed();
        let key = ledger::plan(&id());
        let mut plan: Plan = stage.get(&key).unwrap();
        let missing = |path: &str| Finding::new(FindingName::NotLookedAt, path, "It is not there.", "Nothing.");
        plan.warnings = ["gates.alarms[0]", "gates.probes[0]"].map(missing).into();
        stage.put(key, &plan);
        stage.world.serve(HEALTH, 403, "", 9);
        stage.world.set_alarm("shop-prod-5xx", "ALARM", &[7.3]);
        assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Bake);
        stage.pass_seconds(60);
        stage.world.set_alarm("shop-prod-5xx", "OK", &[0.0]);
        stage.pass_seconds(60);
        assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Change);
        let first = judgement(&stage, 0).measurements;
        let first: Vec<(bool, Verdict)> = first.iter().map(|one| (one.counts_later, one.verdict)).collect();
        // The new version is invoked as ever.
        assert_eq!(first, [(true, Verdict::Unknown), (true, Verdict::Unknown), (false, Verdict::Pass)]);

        stage.world.serve(HEALTH, status, "fine", 9);
        assert_eq!(judge(&stage, 1).unwrap().verdict, verdict, "{status}");
        let last = judgement(&stage, 1).measurements;
        let verdicts: Vec<Verdict> = last.iter().filter(|one| !one.counts_later).map(|one| one.verdict).collect();
        let probed = if status == 200 { Verdict::Pass } else { Verdict::Fail };
        assert_eq!(verdicts, [Verdict::Pass, probed, Verdict::Pass]);
    }
}

/// Safety: unknown: Unknown holds, and then fails, where nothing else is declared.
#[test]
fn unknown_holds_then_fails() {
    let stage = changed();
    stage.world.cloudwatch().denied = true;
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Bake);
    stage.pass_seconds(299);
    let answer = judge(&stage, 0).unwrap();
    assert_eq!((answer.verdict, answer.seconds), (Transition::Bake, 5), "the bake is over, but unknown never passes");
    stage.pass_seconds(1);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Failed);
}

#[test]
fn a_version_that_is_not_known_is_unknown() {
    let stage = changed();
    has_brought(&stage, None);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Bake);
    let measured = judgement(&stage, 0).measurements.remove(2);
    assert_eq!(measured.verdict, Verdict::Unknown);
    assert_eq!(measured.measured, "not measured: no version is recorded that the deployment brought");
}

#[test]
fn each_wave_invokes_the_version_that_it_brought() {
    let stage = changed();
    judge(&stage, 0).unwrap();
    stage.pass_seconds(120);
    judge(&stage, 0).unwrap();
    has_brought(&stage, Some("1"));
    judge(&stage, 1).unwrap();
    let measured = judgement(&stage, 1).measurements.remove(2);
    assert_eq!(measured.gate, "shop-api-prod version 1 health");
}

#[test]
fn a_rollback_records_its_gates_and_is_not_decided_by_them() {
    let mut stage = changed();
    stage.record.action = ActionName::Rollback;
    stage.write_record();
    let mut plan: Plan = stage.get(&ledger::plan(&id())).unwrap();
    plan.waves[0].bake_s = 0;
    stage.put(ledger::plan(&id()), &plan);
    stage.world.serve(HEALTH, 502, "", 9);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Transition::Change);
    let seen = judgement(&stage, 0);
    assert_eq!(seen.measurements[1].verdict, Verdict::Fail);
}

#[test]
fn a_wave_whose_predecessor_has_not_passed_is_not_judged() {
    let stage = changed();
    assert_eq!(judge(&stage, 1).unwrap_err().name, FaultName::Internal);
    assert_eq!(judge(&stage, 9).unwrap_err().name, FaultName::BadInput);
}

#[test]
fn what_is_published_is_invoked_and_nothing_else_is_measured_before_callers_get_it() {
    let stage = changed();
    published(&stage);
    // Neither of them shows anything of what nobody has got yet.
    stage.world.set_alarm("shop-prod-5xx", "ALARM", &[7.3]);
    stage.world.serve(HEALTH, 502, "", 9);
    let answer = judge(&stage, 0).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Transition::Change, 1));
    let gates = judgement(&stage, 0).measurements;
    let gates: Vec<&str> = gates.iter().map(|one| one.gate.as_str()).collect();
    assert_eq!(gates, ["shop-api-prod version 2 health"]);

    let stage = changed();
    published(&stage);
    answers(&stage, None, r#"{"status": 500}"#, 3);
    let answer = judge(&stage, 0).unwrap();
    assert_eq!(answer.verdict, Transition::Failed);
    assert_eq!(
        answer.cause,
        "shop prod 1.4.0: gate `shop-api-prod version 2 health` failed in wave 1 (api published and invoked before alias live moves).\n  measured `answer.status` is 500, threshold {\"status\":200} within 1s\n  next: look at /aws/lambda/shop-api-prod, version 2"
    );
}

#[test]
fn a_version_that_lambda_has_to_make_ready_is_waited_for_whatever_unknown_becomes() {
    for becomes in ["hold", "fail", "pass"] {
        let stage = changed_as(&DECLARATION.replace("becomes: hold", &format!("becomes: {becomes}")));
        published(&stage);
        let mut functions = stage.world.lambda();
        functions.named("shop-api-prod").unwrap().idle.insert(2);
        drop(functions);
        let mut answer = judge(&stage, 0).unwrap();
        let measured = judgement(&stage, 0).measurements.remove(0);
        assert!(measured.not_ready && measured.verdict == Verdict::Unknown);
        while answer.verdict == Transition::Bake {
            assert!(answer.seconds <= 60, "{becomes}: {} s", answer.seconds);
            stage.pass_seconds(answer.seconds);
            answer = judge(&stage, 0).unwrap();
        }
        assert_eq!(judgement(&stage, 0).verdict, Verdict::Pass, "{becomes}");
        assert!(judgement(&stage, 0).polls < 6, "{becomes}");
    }
}
