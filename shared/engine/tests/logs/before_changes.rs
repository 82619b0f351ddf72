//! Tests of what is shown of a count before anything has changed.

use crate::logs::scene::{GROUP, begin, calls, gate, of, one_look, pass_seconds, whole};
use serde_json::{Value, json};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::gates::{LogsGate, ResolvedGates};
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;
use windlass_engine::measurements::{ChangeableComponent, GateProblem, Judging, Preparing, check, measure};
use windlass_engine::ports::{Clock, Result};
use windlass_world::World;
use windlass_world::logs::Group;
use windlass_world::run::run;

fn checked(world: &World, gates: &ResolvedGates, components: &[(&ComponentName, bool)]) -> Result<Vec<GateProblem>> {
    let components = components.iter().map(|(name, is_first)| ChangeableComponent {
        name,
        is_first: *is_first,
        target: &Value::Null,
    });
    let preparing = Preparing { gates, place: &Place::default(), components: &components.collect::<Vec<_>>() };
    let looked = run(check(world, &preparing))?;
    Ok(looked.into_iter().flat_map(|one| one.problems).collect())
}

fn in_short(problems: &[GateProblem]) -> Vec<(&'static str, FindingName)> {
    let short = |problem: &GateProblem| match problem {
        GateProblem::NotMeasurable(finding) => ("stops", finding.name),
        GateProblem::Missing(finding) => ("missing", finding.name),
        GateProblem::Red(finding) => ("red", finding.name),
        GateProblem::Noted(finding) => ("noted", finding.name),
    };
    problems.iter().map(short).collect()
}

#[test]
fn before_the_change_it_is_shown_what_is_red_and_what_cannot_be_measured() {
    const NOT: FindingName = FindingName::GateNotMeasurable;
    const RED: FindingName = FindingName::GateAlreadyRed;
    type Make = fn(&World);
    type Found = &'static [(&'static str, FindingName)];
    let table: [(&str, Make, Found); 7] = [
        ("is fine", |_| {}, &[]),
        ("is red", |world| world.speak(GROUP, Some("FATAL")), &[("red", RED)]),
        (
            "is silent",
            |world| {
                let mut logs = world.logs();
                let groups = logs.groups.values_mut();
                groups.for_each(|group| *group = Group::default());
            },
            &[("noted", NOT)],
        ),
        ("has no group", |world| world.logs().groups.clear(), &[("missing", NOT)]),
        ("is slow", |world| world.logs().slow = 99, &[("noted", NOT)]),
        ("fails", |world| world.logs().ends = "Failed", &[("noted", NOT)]),
        (
            "is forbidden",
            |world| {
                let fault = Fault::new(FaultName::AccessDenied, "no");
                world.mishaps().refused.insert("Logs_20140328.StartQuery", fault);
            },
            &[("stops", NOT)],
        ),
    ];
    for (what, make, wanted) in table {
        let world = World::default();
        world.speak(GROUP, Some("fine"));
        pass_seconds(&world, 300);
        make(&world);
        pass_seconds(&world, 60);
        let found = checked(&world, &whole(gate()), &[]).unwrap();
        assert_eq!(in_short(&found), wanted, "{what}: {found:?}");
    }
    // Logs Insights does not understand this filter.
    let world = World::default();
    world.speak(GROUP, Some("fine"));
    let bad = LogsGate { filter: "@message lik /x/".into(), ..gate() };
    assert_eq!(in_short(&checked(&world, &whole(bad), &[]).unwrap()), [("stops", NOT)]);
    // A fault that may pass by itself is asked about again.
    let fault = Fault::new(FaultName::Throttled, "slowly");
    world.mishaps().refused.insert("Logs_20140328.StartQuery", fault);
    let fault = checked(&world, &whole(gate()), &[]).unwrap_err();
    assert_eq!(fault.name, FaultName::Throttled);
}

#[test]
fn the_log_group_of_a_function_may_come_with_its_first_release() {
    let api = ComponentName::new("api").unwrap();
    let world = World::default();
    for (is_first, wanted) in [(true, "noted"), (false, "missing")] {
        let found = checked(&world, &of(&api, gate()), &[(&api, is_first)]).unwrap();
        assert_eq!(in_short(&found), [(wanted, FindingName::GateNotMeasurable)]);
    }
    assert_eq!(checked(&world, &of(&api, gate()), &[]).unwrap(), []);
}

#[test]
fn what_is_costly_is_named_with_what_it_costs() {
    let world = World::default();
    let long = "x".repeat(6_000_000);
    world.speak(GROUP, Some(&long));
    pass_seconds(&world, 600);
    let found = checked(&world, &whole(gate()), &[]).unwrap();
    let [GateProblem::Noted(finding)] = found.as_slice() else { panic!("{:?}", in_short(&found)) };
    assert_eq!(finding.name, FindingName::GateCosts);
    assert!(finding.reason.written().contains("scans 0.2 GB"), "{:?}", finding.reason);
    assert!(finding.reason.written().contains("0.05 USD"), "{:?}", finding.reason);
}

/// Safety: tenancy: A gate counts no lines of a log group whose tags name another application or environment, before a
/// change and after it.
#[test]
fn nothing_is_counted_of_a_group_that_is_tagged_for_others() {
    for (tags, reason, remedy) in [
        (
            json!({"windlass:app": "bank", "windlass:environment": "prod"}),
            "the tag `windlass:app` of log group `/aws/lambda/shop-api` is `bank`, and not `shop`",
            "Name a log group that has the tags `windlass:app` and `windlass:environment` of this environment.",
        ),
        (
            json!({"windlass:app": "shop"}),
            "the tag `windlass:environment` of log group `/aws/lambda/shop-api` is missing, and not `prod`",
            "Tag the log group with `windlass:app` and `windlass:environment` of this environment, or name one that has these tags.",
        ),
    ] {
        let world = World::default();
        world.speak(GROUP, Some("ERROR"));
        world.logs().tags.insert(GROUP.into(), tags);
        pass_seconds(&world, 300);
        let seen = one_look(&world);
        assert_eq!(seen.verdict, Verdict::Unknown);
        assert_eq!(seen.measured, format!("not measured: {reason}"));
        let problems = checked(&world, &whole(gate()), &[]).unwrap();
        let [GateProblem::NotMeasurable(finding)] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert!(finding.reason.written().contains(reason), "{:?}", finding.reason);
        assert_eq!(finding.remedy.written(), remedy);
        assert_eq!(calls(&world, "StartQuery"), 0);
    }
}

#[test]
fn a_role_of_the_environments_own_decides_by_itself_which_groups_it_reads() {
    let world = World::default();
    world.speak(GROUP, Some("fine"));
    world.logs().tags.insert(GROUP.into(), json!({}));
    pass_seconds(&world, 300);
    let gates = whole(gate());
    let judging = Judging {
        gates: &gates,
        place: &Place {
            role: Some(TargetRole {
                arn: "arn:aws:iam::222222222222:role/windlass-target-shop-prod".into(),
                external_id: "shop/prod".into(),
                session_name: "d1".into(),
            }),
            ..Place::default()
        },
        waves: &[],
        steps: &[],
        judgement: &begin(&World::default()),
        first_change: world.now(),
        now: world.now(),
    };
    run(measure(&world, &judging));
    assert_eq!(calls(&world, "ListTagsForResource"), 0);
}
