//! Tests of what `Prepare` asks about gates: whether they can be measured, and whether they are red already.

use crate::prepare::scene::{DECLARATION, NEW, named, new_release, plan, prepare, shop, warned};
use crate::stage::{Stage, app, component, prod};
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_domain::environment::{EnvironmentState, GivenVersion, Running};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::AssumeRole;

#[test]
fn red_gates_stop_all_but_first_deployments_rollbacks_and_accept_red() {
    type Make = fn(&mut Stage);
    let table: [(&str, Make, bool); 4] = [
        ("a plain release", |_| {}, true),
        ("accept_red", |stage| stage.record.accept_red = true, false),
        (
            "a first deployment",
            |stage| {
                let key = ledger::state(EnvironmentId::new(&app(), &prod()));
                stage.world.dynamodb().items.remove(&key);
            },
            false,
        ),
        (
            "everything was taken back to what was found",
            |stage| {
                let key = ledger::state(EnvironmentId::new(&app(), &prod()));
                let mut known: EnvironmentState = stage.get(&key).unwrap();
                let found = Running::new(
                    None,
                    GivenVersion {
                        version: "before-windlass".into(),
                        deployment: stage.record.id.clone(),
                        since: Time(0),
                        git: None,
                        released_by: None,
                    },
                    serde_json::Value::Null,
                );
                known.running = [(component("api"), found)].into();
                stage.put(key, &known);
            },
            false,
        ),
    ];
    for (case, make, stops) in table {
        let mut stage = new_release();
        stage.world.set_alarm("shop-prod-5xx", "ALARM", &[9.0]);
        make(&mut stage);
        stage.write_record();
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let red = [(FindingName::GateAlreadyRed, "gates.alarms[0]")];
        if stops {
            assert_eq!(named(&plan), red, "{case}");
            let remedy = &plan.findings[0].remedy;
            let input = r#"{"action":"deploy","accept_red":true,"#;
            assert!(remedy.written().contains(input), "{remedy:?}");
        } else {
            assert_eq!(plan.outcome, PlanOutcome::Change, "{case}");
            assert_eq!(warned(&plan), red, "{case}");
            let remedy = &plan.warnings[0].remedy;
            assert!(remedy.written().starts_with("It stops nothing here, because "), "{remedy:?}");
        }
    }
}

#[test]
fn what_cannot_be_measured_stops_also_a_first_deployment() {
    let stage = new_release();
    stage.world.dynamodb().items.remove(&ledger::state(EnvironmentId::new(&app(), &prod())));
    stage.world.cloudwatch().denied = true;
    prepare(&stage).unwrap();
    let gate = [(FindingName::GateNotMeasurable, "gates.alarms[0]")];
    assert_eq!(named(&plan(&stage)), gate);

    let short = DECLARATION.replace("bake: 10m", "bake: 30s");
    let stage = shop(&short, NEW, NEW);
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), gate);
    assert_eq!(
        plan(&stage).findings[0].reason.written(),
        "the bake of 30s is shorter than the period of `shop-prod-5xx`, 1m."
    );
}

#[test]
fn gates_are_looked_for_in_their_own_region_with_the_environments_role() {
    let there = DECLARATION.replace(
        "alarms: [shop-prod-5xx]",
        "alarms: [shop-prod-5xx, {name: shop-prod-cdn, region: us-east-1}]\n  \
         metrics: [{namespace: AWS/CloudFront, metric: Requests, statistic: Sum, at_least: 1}]",
    );
    let stage = shop(&there, NEW, NEW);
    let virginia = Place::default().in_region(Some("us-east-1"));
    let at_home = stage.world.clone();
    let at_cdn = stage.world.at(&virginia);
    let metric = stage.resolved().gates.metrics[0].gate.clone();
    assert_eq!(metric.region.as_deref(), Some("us-east-1"));

    // The gates that are at home are not there.
    at_home.set_alarm("shop-prod-cdn", "OK", &[0.0]);
    at_home.emit(&metric, Some(0.0));
    stage.pass_seconds(600);
    prepare(&stage).unwrap();
    let found = plan(&stage);
    let gate = [(FindingName::GateNotMeasurable, "gates.alarms[1]")];
    assert_eq!(named(&found), gate);
    assert!(found.findings[0].reason.written().contains("region us-east-1"), "{:?}", found.findings);

    at_cdn.set_alarm("shop-prod-cdn", "ALARM", &[9.0]);
    at_cdn.emit(&metric, Some(0.0));
    stage.forget_plan();
    stage.pass_seconds(600);
    prepare(&stage).unwrap();
    let red = [(FindingName::GateAlreadyRed, "gates.alarms[1]"), (FindingName::GateAlreadyRed, "gates.metrics[0]")];
    assert_eq!(named(&plan(&stage)), red);

    at_cdn.set_alarm("shop-prod-cdn", "OK", &[0.0]);
    at_cdn.emit(&metric, Some(5.0));
    stage.forget_plan();
    stage.pass_seconds(600);
    prepare(&stage).unwrap();
    assert_eq!(plan(&stage).outcome, PlanOutcome::Change, "{:?}", plan(&stage));
    // The gates are in the account of the targets.
    let role = Place {
        region: None,
        role: Some(TargetRole {
            arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
            external_id: "shop/prod".into(),
            session_name: "0123456789abcdef".into(),
        }),
    };
    assert_eq!(role.in_region(Some("us-east-1")).role, role.role);
    assert_eq!(role.in_region(None), role);
}

/// Makes a stage with a metric among the gates, and with these values of it, a minute each. The last minute is just
/// over.
fn measured(values: &[f64]) -> Stage {
    let metric = "  metrics: [{namespace: AWS/Lambda, metric: Errors, statistic: Sum, at_most: 5}]";
    let stage = shop(&format!("{DECLARATION}{metric}\n"), NEW, NEW);
    stage.pass_seconds(24 * 60 * 60);
    let declaration: Declared = stage.get(&ledger::declaration(&app(), &stage.record.declaration)).unwrap();
    let resolved = declaration.read().unwrap().resolve(&prod()).unwrap();
    for value in values {
        stage.world.put_metric(&resolved.gates.metrics[0].gate, *value);
        stage.pass_seconds(60);
    }
    stage
}

#[test]
fn a_metric_is_judged_by_the_last_period_that_is_over() {
    let red = [(FindingName::GateAlreadyRed, "gates.metrics[0]")];
    let doubtful = [(FindingName::GateNotMeasurable, "gates.metrics[0]")];
    for (values, wait_s, stops, warns) in [
        (&[0.0, 9.0][..], 0, &red[..], &[][..]),
        (&[9.0, 0.0], 0, &[], &[]),
        (&[9.0, 5.0], 0, &[], &[]),
        (&[], 0, &[], &doubtful),
        // It looks back five periods at most.
        (&[9.0], 4 * 60, &red, &[]),
        (&[9.0], 5 * 60, &[], &doubtful),
    ] {
        let stage = measured(values);
        stage.pass_seconds(wait_s);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let case = format!("{values:?} and {wait_s} s");
        assert_eq!(named(&plan), stops, "{case}");
        assert_eq!(warned(&plan), warns, "{case}");
    }
    // A period that is not over yet says nothing.
    let stage = measured(&[0.0]);
    let declaration: Declared = stage.get(&ledger::declaration(&app(), &stage.record.declaration)).unwrap();
    let resolved = declaration.read().unwrap().resolve(&prod()).unwrap();
    stage.world.put_metric(&resolved.gates.metrics[0].gate, 9.0);
    stage.pass_seconds(59);
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), []);
}

#[test]
fn a_metric_must_be_readable_and_no_longer_than_the_bake() {
    let stage = measured(&[0.0]);
    stage.world.cloudwatch().denied = true;
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    let found = named(&plan);
    let gate = (FindingName::GateNotMeasurable, "gates.metrics[0]");
    assert!(found.contains(&gate), "{found:?}");

    let stage = measured(&[0.0]);
    let fault = Fault::new(FaultName::Throttled, "slowly");
    stage.world.mishaps().refused.insert("cloudwatch.points", fault);
    let fault = prepare(&stage).unwrap_err();
    assert_eq!(fault.name, FaultName::Throttled);
    assert!(fault.message.contains("checking gates.metrics[0]"), "{fault}");
}

/// Only CloudWatch knows what an expression says.
#[test]
fn an_expression_that_cloudwatch_does_not_take_stops_the_release() {
    let gate = "  metrics: [{expression: 100 * errors /, of: {errors: {namespace: A, metric: B, statistic: Sum}}, at_most: 1}]";
    let declaration = DECLARATION.replace("  probes:", &format!("{gate}\n  probes:"));
    let stage = shop(&declaration, NEW, NEW);
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    let gate = (FindingName::GateNotMeasurable, "gates.metrics[0]");
    assert_eq!(named(&plan), [gate]);
    let reason = &plan.findings[0].reason;
    assert!(reason.written().contains("Error in expression"), "{reason:?}");
}

#[test]
fn an_alarm_without_data_is_doubtful() {
    let stage = new_release();
    stage.world.set_alarm("shop-prod-5xx", "INSUFFICIENT_DATA", &[]);
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), []);
    let doubtful = [(FindingName::GateNotMeasurable, "gates.alarms[0]")];
    assert_eq!(warned(&plan(&stage)), doubtful);
}

#[test]
fn a_probe_that_may_not_be_made_cannot_be_measured() {
    let stage = new_release();
    let fault = Fault::new(FaultName::AccessDenied, "no network");
    stage.world.mishaps().refused.insert("probe.probe", fault);
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    let found = named(&plan);
    let probes = found.iter().filter(|(_, path)| *path == "gates.probes[0]");
    assert_eq!(probes.count(), 1, "{found:?}");
}

fn with_gates_of_api(declaration: &str, gates: &str) -> String {
    const AFTER: &str = "    after: [worker]\n";
    match gates {
        "" => declaration.to_owned(),
        gates => declaration.replace(AFTER, &format!("{AFTER}    {gates}\n")),
    }
}

#[test]
fn gates_of_a_component_are_asked_of_its_releases_after_the_first() {
    const OWN: &str = r#"gates: {alarms: [shop-own], probes: [{url: "https://own.shop.example/"}]}"#;
    let red = [
        (FindingName::GateAlreadyRed, "components.api.gates.alarms[0]"),
        (FindingName::GateAlreadyRed, "components.api.gates.probes[0]"),
    ];
    for (of, released_before, wanted) in [
        ("api", true, &red[..]),
        ("api", false, &[]),
        // A deployment that leaves the component as it is does not ask.
        ("web", true, &[]),
    ] {
        let (api, web) = if of == "api" { (OWN, "") } else { ("", OWN) };
        let declared = DECLARATION
            .replace("components:", &format!("components:\n  web: {{kind: static_site, bucket: shop-web, {web}}}"));
        let declaration = with_gates_of_api(&declared, api);
        let stage = shop(&declaration, NEW, NEW);
        let key = ledger::state(EnvironmentId::new(&app(), &prod()));
        let mut known: EnvironmentState = stage.get(&key).unwrap_or_default();
        known.snapshot = 1;
        known.marks.clear();
        if released_before {
            let order = stage.record.order.clone();
            known.marks.insert(component("api").into(), order.clone());
            known.marks.insert(component("web").into(), order);
        }
        stage.put(key, &known);
        stage.world.set_alarm("shop-own", "ALARM", &[9.0]);
        stage.world.serve("https://own.shop.example/", 503, "", 12);
        prepare(&stage).unwrap();
        assert_eq!(named(&plan(&stage)), wanted, "{of} {released_before}");
    }
    // A gate that cannot be measured at all is a mistake also before the first release.
    let stage = shop(&with_gates_of_api(DECLARATION, OWN), NEW, NEW);
    let key = ledger::state(EnvironmentId::new(&app(), &prod()));
    let mut known: EnvironmentState = stage.get(&key).unwrap_or_default();
    known.marks.clear();
    stage.put(key, &known);
    stage.world.serve("https://own.shop.example/", 200, "", 12);
    prepare(&stage).unwrap();
    let missing = [(FindingName::GateNotMeasurable, "components.api.gates.alarms[0]")];
    assert_eq!(named(&plan(&stage)), missing);
}

#[test]
fn a_probe_whose_call_fails_is_asked_for_again() {
    let stage = new_release();
    let fault = Fault::new(FaultName::Unavailable, "no answer");
    stage.world.mishaps().refused.insert("probe.probe", fault);
    let fault = prepare(&stage).unwrap_err();
    assert_eq!(fault.name, FaultName::Unavailable);
    assert!(fault.message.contains("checking gates.probes[0]"), "{fault}");
}
