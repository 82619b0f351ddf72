//! A check finds everything that a release of every component would need, and writes nothing but its plan.

use serde_json::json;
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::environment::LockHolder;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{Becomes, Planned};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Span;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::Evaluation;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ALL_KINDS, FUNCTIONS, ONE_FUNCTION, Shop};
use windlass_machine::shop_stack::take_away;
use windlass_world::run::run;

/// Starts a check and lets it end. Returns the record of it.
pub(super) fn check(shop: &mut Shop<'_>) -> Planned {
    let request = json!({"action": "check", "app": "shop", "environment": "prod"});
    let arn = shop.start(&request);
    shop.region.run_to_end(&arn);
    assert_eq!(shop.path(&arn), "Admit Admitted Plan Drawn Planned");
    let key = ledger::planned(&DeploymentId::planned(&arn));
    let stored: Stored<Planned> = run(ledger::require(shop.world(), &key)).unwrap();
    stored.value
}

fn plan(planned: Planned) -> Plan {
    planned.drawn.unwrap().plan
}

fn named(findings: &[Finding]) -> Vec<String> {
    let each = findings.iter();
    each.map(|finding| format!("{} {}", finding.name, finding.path)).collect()
}

/// Returns everything in the ledger but plans, and everything in the buckets.
fn written(shop: &Shop<'_>) -> Vec<String> {
    let ledger = shop.world().dynamodb();
    let items = ledger.items.iter();
    let items = items.filter(|(key, _)| key.sk != "planned");
    let items = items.map(|(key, item)| format!("{} {} {}", key.pk, key.sk, item.rev));
    let objects = shop.world().s3();
    let buckets = objects.buckets.iter();
    let buckets = buckets.flat_map(|(bucket, has)| {
        let keys = has.keys.iter();
        keys.map(move |(key, versions)| format!("{bucket} {key} {}", versions.len()))
    });
    items.chain(buckets).collect()
}

#[test]
fn a_check_plans_what_a_release_of_every_component_does() {
    let program = Program::release().unwrap();
    for (declaration, components) in
        [(ONE_FUNCTION, &["api"][..]), (FUNCTIONS, &["api", "jobs"]), (ALL_KINDS, &["agent", "api", "web"])]
    {
        let mut shop = Shop::new(&program, declaration);
        for version in ["1.0.0", "1.0.1"] {
            let before = written(&shop);
            let planned = check(&mut shop);
            assert_eq!(written(&shop), before, "{version}");
            assert_eq!(planned.turn.becomes, Becomes::Goes);
            let checked = plan(planned);
            assert_eq!(named(&checked.findings), [""; 0], "{version}");
            assert_eq!(checked.outcome, PlanOutcome::Change);
            let arn = shop.deploy(version, components);
            shop.region.run();
            let id = shop.deployment(&arn).id;
            let key = ledger::plan(&id);
            let deployed: Stored<Plan> = run(ledger::require(shop.world(), &key)).unwrap();
            let shape = |plan: &Plan| -> Vec<_> {
                let waves = plan.waves.iter();
                let of = |wave: &windlass_domain::declaration::plan::Wave| {
                    let changed = wave.changes.iter().map(|one| one.component.to_string());
                    (changed.collect::<Vec<_>>(), wave.bake_s, wave.ahead)
                };
                waves.map(of).collect()
            };
            assert_eq!(shape(&checked), shape(&deployed.value), "{version}");
        }
    }
}

#[test]
fn all_that_is_wrong_is_found_at_once() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ALL_KINDS);
    shop.deploy("1.0.0", &["agent", "api", "web"]);
    shop.region.run();
    shop.world().lambda().functions.get_mut("shop-api").unwrap().tags.clear();
    shop.world().s3().bucket("shop-web", false);
    shop.world().set_alarm(ALARM, "INSUFFICIENT_DATA", &[]);
    shop.world().ecs().service_mut("shop", "agent").service.percents = (100, 100);
    let role = "arn:aws:iam::111111111111:role/of-bank";
    for definition in shop.world().ecs().task_definitions.values_mut() {
        definition.document["taskRoleArn"] = json!(role);
    }
    let found = plan(check(&mut shop));
    assert_eq!(found.outcome, PlanOutcome::Rejected);
    assert_eq!(
        named(&found.findings),
        [
            "TargetNotReady components.agent.service",
            "NoPermission components.agent.service",
            "TargetNotOurs components.api.function",
            "TargetNotReady components.web.bucket",
            "GateNotMeasurable gates.alarms[0]",
        ]
    );
    let passed = &found.findings[1];
    assert!(passed.reason.written().contains(role), "{:?}", passed.reason);
    let mended = format!("TaskRoleArns=arn:aws:iam::*:role/windlass-task-*,{role}");
    assert!(passed.remedy.written().contains(&mended), "{:?}", passed.remedy);
}

/// Safety: tenancy: A check warns where whoever may push an image may move the tag of a release.
#[test]
fn a_repository_whose_tags_may_be_moved_is_warned_of() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ALL_KINDS);
    shop.deploy("1.0.0", &["agent", "api", "web"]);
    shop.region.run();
    let warned = |shop: &mut Shop<'_>| named(&plan(check(shop)).warnings);
    assert_eq!(warned(&mut shop), ["MayMove components.agent"]);
    let set = ("shop/agent".to_owned(), "IMMUTABLE".to_owned());
    shop.world().ecr().mutability.extend([set]);
    assert_eq!(warned(&mut shop), [""; 0]);
}

#[test]
fn what_cannot_be_known_of_a_gate_is_found_unless_it_passes() {
    let program = Program::release().unwrap();
    for (rule, found) in [
        ("", &["GateNotMeasurable gates.alarms[0]"][..]),
        ("  unknown: {becomes: hold, for: 5m}\n", &["GateNotMeasurable gates.alarms[0]"]),
        ("  unknown: {becomes: pass, for: 5m}\n", &[]),
    ] {
        let declaration = format!("{ONE_FUNCTION}{rule}");
        let mut shop = Shop::new(&program, &declaration);
        shop.world().set_alarm(ALARM, "INSUFFICIENT_DATA", &[]);
        let checked = plan(check(&mut shop));
        assert_eq!(named(&checked.findings), found, "{rule}");
        assert_eq!(checked.warnings.len(), 1 - found.len(), "{rule}");
    }
}

#[test]
fn a_red_gate_is_found_with_what_to_do() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    shop.deploy("1.0.0", &["api"]);
    shop.region.run();
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let checked = plan(check(&mut shop));
    assert_eq!(named(&checked.findings), ["GateAlreadyRed gates.alarms[0]"]);
    assert!(checked.findings[0].remedy.written().contains("`accept_red`"));
}

#[test]
fn a_check_waits_for_nobody_and_names_who_is_under_way() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let first = shop.deploy("1.0.0", &["api"]);
    assert!(shop.region.run_until(&first, "Bake"));
    let held: Option<LockHolder> = shop.lock().held;
    let planned = check(&mut shop);
    assert_eq!(planned.turn.becomes, Becomes::Waits);
    let id = held.unwrap().deployment.to_string();
    assert!(planned.turn.text.written().contains(&id), "{:?}", planned.turn.text);
}

#[test]
fn a_check_brings_no_release() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    let request = json!({"action": "check", "app": "shop", "environment": "prod", "version": "1.0.0"});
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Rejected");
}

/// Returns the permissions that IAM was asked about: the action, and the resource without account and region.
fn simulated(shop: &Shop<'_>) -> Vec<String> {
    let roles = shop.world().iam();
    let asked = roles.asked.iter().flat_map(|asked| {
        let resource = asked.resource.splitn(6, ':').last().unwrap_or_default();
        let each = asked.actions.iter();
        each.map(move |action| format!("{action} {resource}"))
    });
    asked.collect()
}

#[test]
fn iam_is_asked_of_every_call_that_switches() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ALL_KINDS);
    assert_eq!(named(&plan(check(&mut shop)).findings), [""; 0]);
    let mut asked = simulated(&shop);
    asked.sort();
    assert_eq!(
        asked,
        [
            "cloudfront:CreateInvalidation distribution/E1",
            "ecs:RegisterTaskDefinition task-definition/agent:1",
            "ecs:TagResource task-definition/agent:1",
            "ecs:UpdateService service/shop/agent",
            "lambda:PublishVersion function:shop-api",
            "lambda:UpdateAlias function:shop-api",
            "lambda:UpdateFunctionCode function:shop-api",
            "s3:DeleteObject shop-web/index.html",
            "s3:PutObject shop-web/index.html",
        ]
    );
    // A release does not ask IAM: AWS itself refuses the call.
    let before = simulated(&shop).len();
    shop.deploy("1.0.0", &["agent", "api", "web"]);
    shop.region.run();
    assert_eq!(simulated(&shop).len(), before);
}

/// CloudFront reads the web ACL for whoever sets the origin path, which a site in place leaves as it is.
#[test]
fn iam_is_asked_of_the_web_acl_of_a_distribution_that_is_switched() {
    let program = Program::release().unwrap();
    let prefix = ALL_KINDS.replace("distribution: E1,", "distribution: E1, mode: prefix,");
    let acl = Some("arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1");
    let classic = Some("a1b2c3d4-5678-90ab-cdef-EXAMPLE11111");
    for (declaration, acl, wanted) in
        [(ALL_KINDS, acl, 0), (prefix.as_str(), acl, 1), (prefix.as_str(), classic, 0), (prefix.as_str(), None, 0)]
    {
        let mut shop = Shop::new(&program, declaration);
        shop.world().cloudfront().distribution("E1", "").web_acl = acl.map(str::to_owned);
        check(&mut shop);
        let asked = simulated(&shop);
        let of_acl = asked.iter().filter(|one| *one == "wafv2:GetWebACL global/webacl/shop/1");
        assert_eq!(of_acl.count(), wanted, "{acl:?}: {asked:?}");
        assert!(asked.iter().any(|one| one.starts_with("cloudfront:")), "{asked:?}");
    }
}

#[test]
fn what_a_role_may_not_do_is_found_with_the_patch() {
    let program = Program::release().unwrap();
    let denied = |decision: &str| Evaluation { decision: decision.to_owned(), ..Evaluation::default() };
    for (said, reason, remedy) in [
        (denied("implicitDeny"), "no statement of its policies allows it", "Deploy Windlass's stack again"),
        (denied("explicitDeny"), "a statement of its policies denies it", "Take that statement out"),
        (
            Evaluation { by_organization: Some(false), ..denied("implicitDeny") },
            "service control policies",
            "administers the organization",
        ),
        (
            Evaluation { missing: vec!["aws:SourceVpc".to_owned()], ..denied("implicitDeny") },
            "Not checked: ",
            "without this condition",
        ),
    ] {
        let mut shop = Shop::new(&program, ONE_FUNCTION);
        let action = "lambda:UpdateAlias".to_owned();
        shop.world().iam().said.insert(action, said);
        let Plan { findings, warnings, .. } = plan(check(&mut shop));
        // A condition on something that only a call knows makes the permission unknown, and not wrong.
        let (shown, other) = if remedy.contains("condition") { (warnings, findings) } else { (findings, warnings) };
        assert_eq!(named(&shown), ["NoPermission components.api.function"]);
        assert_eq!(named(&other), [""; 0]);
        assert!(shown[0].reason.written().contains("lambda:UpdateAlias"), "{shown:?}");
        assert!(shown[0].reason.written().contains(reason), "{shown:?}");
        assert!(shown[0].remedy.written().contains(remedy), "{shown:?}");
    }
}

#[test]
fn what_iam_cannot_be_asked_of_is_found() {
    let program = Program::release().unwrap();
    let mut shop = Shop::new(&program, ONE_FUNCTION);
    shop.world().iam().denied = true;
    let found = plan(check(&mut shop));
    assert_eq!(named(&found.findings), ["NoPermission components.api.function"]);
    assert!(found.findings[0].reason.written().starts_with("Not checked: "));
    assert!(found.findings[0].remedy.written().contains("iam:SimulatePrincipalPolicy"));
    assert_eq!(found.outcome, PlanOutcome::Rejected);
}

/// The role that makes change sets needs the right, and so does the one that CloudFormation acts with.
#[test]
fn iam_is_asked_of_the_transform_of_the_running_template() {
    let program = Program::release().unwrap();
    let api = "  api: {kind: lambda, function: shop-api, alias: live}";
    let infra = "  infra: {kind: cloudformation, stack: shop-infra, role: windlass-stack-shop}";
    for (template, wanted) in [("{\"Resources\": {}}", 0), ("{\"Transform\": \"AWS::Serverless-2016-10-31\"}", 2)] {
        let mut shop = Shop::new(&program, &ONE_FUNCTION.replace(api, infra));
        template.clone_into(&mut shop.world().cloudformation().named("shop-infra").unwrap().wanted.template);
        check(&mut shop);
        let asked = simulated(&shop);
        let of_transforms = asked.iter().filter(|one| one.contains(" transform/Serverless-2016-10-31"));
        assert_eq!(of_transforms.count(), wanted, "{asked:?}");
    }
}

/// IAM cannot be asked about what has no name yet, and nothing is made to find out.
#[test]
fn what_a_release_makes_is_named_with_who_makes_it() {
    let program = Program::release().unwrap();
    let api = "  api: {kind: lambda, function: shop-api, alias: live}";
    let both = "  infra: {kind: cloudformation, stack: shop-infra, role: shop-stack, outputs: {api: Api}}
  api: {kind: lambda, function: \"${infra.api}\", alias: live, after: [infra]}";
    let declaration = ONE_FUNCTION.replace(api, both);
    for (is_gone, findings) in [(false, &[][..]), (true, &["TargetMissing components.infra.role"])] {
        let mut shop = Shop::new(&program, &declaration);
        take_away(shop.world());
        if is_gone {
            shop.world().iam().gone.insert("arn:aws:iam::111111111111:role/shop-stack".to_owned());
        }
        let found = plan(check(&mut shop));
        assert_eq!(named(&found.findings), findings);
        let mut warned = named(&found.warnings);
        warned.retain(|one| one.starts_with("NotLookedAt components."));
        assert_eq!(warned, ["NotLookedAt components.infra.stack", "NotLookedAt components.api"]);
        assert!(shop.world().cloudformation().stacks.is_empty());
    }
}

/// Sets the quota of Service Quotas for the vCPUs of Fargate, and the metric of CloudWatch for their use.
fn fargate(shop: &Shop<'_>, quota: f64, used: Option<f64>) {
    let world = shop.world();
    world.quotas().values.insert("L-3032A538".to_owned(), quota);
    let dimensions =
        [("Service", "Fargate"), ("Type", "Resource"), ("Resource", "vCPU"), ("Class", "Standard/OnDemand")];
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let metric = MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: "AWS/Usage".to_owned(),
            metric: "ResourceCount".to_owned(),
            dimensions: dimensions.into(),
            statistic: "Maximum".to_owned(),
        }),
        region: None,
        period: Span::seconds(60),
        at_most: None,
        at_least: None,
    };
    if let Some(used) = used {
        world.put_metric(&metric, used);
    }
    let mut services = world.ecs();
    services.service_mut("shop", "agent").service.capacity = vec!["FARGATE".to_owned()];
    for definition in services.task_definitions.values_mut() {
        definition.document["cpu"] = json!("1024");
    }
}

#[test]
fn a_service_for_which_fargate_has_no_room_is_found() {
    let program = Program::release().unwrap();
    for (used, denied, findings, warnings) in [
        (Some(2.0), false, &[][..], &[][..]),
        (Some(9.5), false, &["TargetNotReady components.agent.service"], &[]),
        (None, false, &[], &["CouldNotPrepare components.agent.service"]),
        (Some(2.0), true, &[], &["NoPermission components.agent.service"]),
    ] {
        let mut shop = Shop::new(&program, ALL_KINDS);
        fargate(&shop, 10.0, used);
        shop.world().quotas().denied = denied;
        let checked = plan(check(&mut shop));
        assert_eq!(named(&checked.findings), findings, "{used:?}");
        let warned = checked.warnings.iter();
        let warned: Vec<Finding> =
            warned.filter(|one| one.reason.written().contains("Fargate has room")).cloned().collect();
        assert_eq!(named(&warned), warnings, "{used:?}");
    }
}
