//! Tests of stacks within the plan of a release: what stands on them, and what is let go of that was made to plan.

use crate::prepare::owners;
use crate::prepare::scene::{HEALTH, NEW, bring, named, plan, prepare, step, warned};
use crate::site::zips::stored;
use crate::stage::{Stage, app, component, id, prod};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::access::AccessItem;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::environment::{GivenVersion, Proof, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::{ObjectRef, Requester, Route};
use windlass_domain::shown::planned::{ArrivalFate, Becomes, Planned};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{CallingExecution, PlannerInput, Transition};
use windlass_engine::prepare::handle;
use windlass_world::cloudformation::Wanted;
use windlass_world::run::run;

const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  api: {kind: lambda, function: shop-api-prod, alias: live}
  network: {kind: cloudformation, stack: "network-{environment}", role: stack-role, outputs: {subnet: TopicName}}
  infra:
    kind: cloudformation
    stack: "infra-{environment}"
    role: stack-role
    parameters: {Size: "${api.version}-${network.subnet}"}
    after: [api, network]
gates:
  bake: 10m
  probes: [{url: "https://shop.example/health"}]
"#;

fn template(resources: &[(&str, &str)]) -> String {
    let resources = resources.iter().map(|(name, kind)| ((*name).to_owned(), json!({"Type": kind})));
    let template = json!({
        "Parameters": {"Size": {"Type": "String", "Default": "1"}},
        "Resources": resources.collect::<BTreeMap<String, Value>>(),
        "Outputs": {"TopicName": {"Value": {"Ref": "Topic"}}},
    });
    template.to_string()
}

const TOPIC: (&str, &str) = ("Topic", "AWS::SNS::Topic");
const TABLE: (&str, &str) = ("Messages", "AWS::DynamoDB::Table");

/// Makes a stage with a function and a stack that holds data, which the release takes away, and a stack to be made.
fn shop(declaration: &str) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    bring(&mut stage, "api", NEW);
    put_stack(&stage, &[TOPIC, TABLE]);
    for name in ["network", "infra"] {
        upload(&mut stage, name, &template(&[TOPIC]));
    }
    stage.write_record();
    stage.deployed_before();
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

/// Lets the release bring a template.
fn upload(stage: &mut Stage, name: &str, template: &str) {
    let list = json!({"template": "template.json"}).to_string();
    let archive = stored(&[("stack.json", list.as_bytes()), ("template.json", template.as_bytes())]);
    let (sha256, bytes) = (Digest::of(&archive), archive.len() as u64);
    let key = format!("artifacts/shop/prod/{name}/1.4.0.zip");
    let version = stage.world.s3().upload("artifacts", &key, archive);
    let artifact = Artifact::Object { key, version_id: version.id.unwrap(), sha256, bytes };
    stage.record.release.components.insert(component(name), artifact);
}

/// Makes or updates the stack of `infra` as somebody else does.
fn put_stack(stage: &Stage, resources: &[(&str, &str)]) {
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    let wanted = Wanted {
        template: template(resources),
        parameters: [("Size".to_owned(), "1".to_owned())].into(),
        tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ..Wanted::default()
    };
    stage.world.put_stack("infra-prod", wanted).unwrap();
}

/// Lets a component of the first wave have changed: it gives this now.
fn changed(stage: &Stage, name: &str, (output, value): (&str, &str)) {
    let outputs = BTreeMap::from([(output.to_owned(), value.to_owned())]);
    let step = Step { status: StepStatus::Changed, wave: Some(0), outputs, ..step(stage, name).unwrap() };
    stage.put(ledger::step(&id(), &component(name)), &step);
}

fn sets(stage: &Stage, stack: &str) -> usize {
    stage.world.cloudformation().named(stack).map_or(0, |stack| stack.change_sets.len())
}

/// What is there and may not be read is made by nobody, and no more is what no stack of the release brings.
#[test]
fn a_gate_that_a_stack_of_the_release_may_make_need_not_be_there_yet() {
    const ALARM: &str = "gates.alarms[0]";
    const MISSING: Shown = &[(FindingName::NotLookedAt, ALARM)];
    const REFUSED: Shown = &[(FindingName::GateNotMeasurable, ALARM)];
    type Shown = &'static [(FindingName, &'static str)];
    type Make = fn(&mut Stage);
    let declaration = DECLARATION.replace("  probes:", "  alarms: [shop-5xx]\n  probes:");
    let table: [(&str, Make, Shown, Shown); 4] = [
        ("it is not there", |_| {}, &[], MISSING),
        ("it is there", |stage| stage.world.set_alarm("shop-5xx", "OK", &[0.0]), &[], &[]),
        ("it may not be read", |stage| stage.world.cloudwatch().denied = true, REFUSED, &[]),
        (
            "no stack changes",
            |stage| {
                let components = &mut stage.record.release.components;
                components.retain(|name, _| *name == component("api"));
                stage.write_record();
            },
            REFUSED,
            &[],
        ),
    ];
    for (case, make, refused, warns) in table {
        let mut stage = shop(&declaration);
        make(&mut stage);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let of_gates = warned(&plan).into_iter().filter(|(_, path)| *path == ALARM);
        assert_eq!((named(&plan), of_gates.collect::<Vec<_>>()), (refused.to_vec(), warns.to_vec()), "{case}");
        assert_eq!(plan.not_looked_at().contains(ALARM), !warns.is_empty(), "{case}");
        let mut reasons = plan.warnings.iter().filter(|one| one.path == ALARM).map(|one| one.reason.written());
        assert!(reasons.all(|reason| reason.ends_with("the change of `network` or `infra` may make it.")), "{case}");
    }
}

/// The resources of a stack that is made newly go with it; a version of a function stays.
#[test]
fn who_takes_of_a_stack_stands_on_it() {
    let stage = shop(DECLARATION);
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
    assert_eq!(step(&stage, "infra").unwrap().stands_on, [component("network")].into());
}

/// What loses data is so from the beginning of a release, and this one has begun.
#[test]
fn what_was_made_to_plan_a_later_wave_goes_where_that_cannot_be_planned() {
    for declaration in [DECLARATION.to_owned(), DECLARATION.replace("    after", "    data: disposable\n    after")] {
        let stage = shop(&declaration);
        assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
        changed(&stage, "api", ("version", "2"));
        changed(&stage, "network", ("subnet", "topic-1"));
        let before = stage.world.mishaps().calls.len();
        assert_eq!(run(handle(&stage.world, stage.prepare(1))).unwrap().verdict, Transition::Failed);
        let infra = step(&stage, "infra").unwrap();
        let finding = match &infra.failure {
            Some(StepFailure::Finding(finding)) => finding.name,
            other => panic!("{other:?}"),
        };
        assert_eq!((finding, infra.irreversible), (FindingName::WouldLoseData, false));
        let calls = stage.world.mishaps().calls[before..].to_vec();
        assert!(calls.contains(&"cloudformation.create_change_set"), "{calls:?}");
        assert_eq!((sets(&stage, "infra-prod"), sets(&stage, "network-prod")), (0, 1));
    }
}

/// Makes a rollback of the stack `infra`, to what was there before a release, under another declaration.
fn rollback(declaration: &str) -> Stage {
    let mut stage = shop(DECLARATION);
    prepare(&stage).unwrap();
    let ran = step(&stage, "infra").unwrap();
    let version = "1.3.0".to_owned();
    let given =
        GivenVersion { version: version.clone(), deployment: id(), since: Time(0), git: None, released_by: None };
    let snapshot = Snapshot {
        number: 4,
        version,
        release: None,
        deployment: id(),
        made: Time(0),
        replaced: 0,
        components: [(component("infra"), Running::new(None, given, ran.before).of_kind(ran.kind))].into(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 4), &snapshot);
    put_stack(&stage, &[TOPIC]);
    let parsed = Declaration::parse(declaration).unwrap();
    let declared = Declared::new(&parsed, declaration, Time(0), None);
    stage.put(ledger::declaration(&app(), parsed.version()), &declared);
    stage.record.action = ActionName::Rollback;
    stage.record.snapshot = Some(4);
    stage.write_record();
    stage.forget_plan();
    stage
}

const DECLARED_SINCE: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  infra:
    kind: cloudformation
    stack: "infra-{environment}"
    role: stack-role
    data: disposable
    outputs: {url: QueueUrl}
  network: {kind: cloudformation, stack: network, role: a, parameters: {Size: "${infra.url}"}, after: [infra]}
gates:
  probes: [{url: "${infra.url}/health"}]
"#;

/// Nobody can add an output to a template that ran.
#[test]
fn an_output_that_a_former_template_lacks_is_named_with_who_takes_it() {
    let ungated = DECLARED_SINCE.replace("${infra.url}/health", HEALTH);
    let untaken = ungated.replace("${infra.url}", "2");
    for (declaration, taker) in
        [(DECLARED_SINCE, "`network`, `gates`"), (ungated.as_str(), "of `network` and"), (untaken.as_str(), "Nobody")]
    {
        let stage = rollback(declaration);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        assert_eq!(named(&plan), [(FindingName::NoWayBack, "components.infra.outputs.url")]);
        let remedy = plan.findings[0].remedy.written();
        assert!(remedy.contains(taker), "{remedy}");
    }
}

/// The stack goes back after who takes of it, and gives the same until then.
#[test]
fn a_gate_of_a_rollback_is_asked_at_what_a_stack_gives_now() {
    let stage = rollback(&DECLARED_SINCE.replace("QueueUrl", "TopicName"));
    prepare(&stage).unwrap();
    let plan = plan(&stage);
    assert_eq!(named(&plan), []);
    assert!(plan.waves.iter().any(|wave| wave.changes.iter().any(|change| change.component == component("infra"))));
    let given: Vec<String> = plan.given.keys().map(ToString::to_string).collect();
    assert_eq!(given, ["infra.url"]);
}

/// AWS may show a change set by one call, and not yet by the next one.
#[test]
fn a_change_set_that_does_not_show_everywhere_yet_is_asked_for_again() {
    let stage = shop(DECLARATION);
    let missing = Fault::new(FaultName::NotFound, "ChangeSetNotFound: it does not exist");
    stage.world.mishaps().refused.insert("cloudformation.template", missing);
    assert_eq!(prepare(&stage).unwrap_err().name, FaultName::StillInProgress);
    stage.world.mishaps().refused.clear();
    assert_eq!(prepare(&stage).unwrap().verdict, Transition::Change);
}

/// Before that a twin may have written a plan that has the same change sets.
#[test]
fn a_refused_plan_lets_go_of_what_was_made_once_it_is_written() {
    let stage = shop(&DECLARATION.replace("${api.version}-${network.subnet}", "2"));
    prepare(&stage).unwrap();
    assert_eq!(named(&plan(&stage)), [(FindingName::WouldLoseData, "components.infra")]);
    assert_eq!(sets(&stage, "infra-prod"), 0);
    assert!(stage.world.cloudformation().named("network-prod").is_err());
    let calls = stage.world.mishaps().calls.clone();
    let written = calls.iter().rposition(|call| *call == "dynamodb.transact").unwrap();
    let first = calls.iter().position(|call| *call == "cloudformation.delete_change_set").unwrap();
    assert!(written < first, "{calls:?}");
}

/// Safety: tenancy: Who may plan and not release runs no code with the role of a stack.
#[test]
fn a_plan_runs_a_templates_code_for_those_who_may_release() {
    const REFUSED: &[FindingName] = &[FindingName::NotPlannedWhole];
    let user = |name: &str| Some(format!("arn:aws:iam::111111111111:user/{name}"));
    let rules = "people: {ann: {aws: ['arn:aws:iam::111111111111:user/ann']}, \
                 bob: {aws: ['arn:aws:iam::111111111111:user/bob']}}\n\
                 environments: {prod: {read: [ann, bob], release: [ann]}}";
    let table = [
        ("no file is in force", None, "ann", true, REFUSED),
        ("she may release", Some(rules), "ann", true, &[]),
        ("he may only see", Some(rules), "bob", true, REFUSED),
        ("nobody vouches for her", Some(rules), "ann", false, REFUSED),
    ];
    for (what, rules, name, vouched, wanted) in table {
        let mut stage = shop(DECLARATION);
        let code = template(&[TOPIC]).replacen('{', r#"{"Transform": ["Mine"], "#, 1);
        upload(&mut stage, "network", &code);
        (stage.record.requester, stage.record.vouched) = (Requester::new(Route::Api, user(name)), vouched);
        stage.write_record();
        if let Some(rules) = rules {
            let text = format!("app: shop\nversion: 1\n{rules}\n");
            let (digest, object) =
                (Digest::of(text.as_bytes()), ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None });
            stage.put(ledger::access(&app()), &AccessItem { text, version: 1, digest, accepted: Time(0), object });
        }
        let turn = ArrivalFate::new(Becomes::Waits, "It waits.");
        let planned =
            Planned { deployment: stage.record.clone(), turn, expires: Time(99_999_999), drawn: None, before: None };
        stage.put(ledger::planned(&id()), &planned);
        let by = CallingExecution { token: 0, ..stage.caller() };
        run(handle(&stage.world, PlannerInput::Plan(by))).unwrap();
        let planned: Planned = stage.get(&ledger::planned(&id())).unwrap();
        let findings = planned.drawn.unwrap().plan.findings.iter().map(|finding| finding.name).collect::<Vec<_>>();
        assert_eq!(findings.as_slice(), wanted, "{what}");
    }
}

/// Callers get the former alias until a release of the function brings another one.
#[test]
fn an_alias_that_is_declared_anew_and_not_brought_yet_is_owned_as_the_former_one() {
    let aliased = |name: &str, version: &str| {
        let properties = json!({"FunctionName": "shop-api-prod", "Name": name, "FunctionVersion": version});
        let mut template = owners::template("a", 3);
        template["Resources"]["Live"] = json!({"Type": "AWS::Lambda::Alias", "Properties": properties});
        template
    };
    let declaration = owners::DECLARATION.replace("alias: live", "alias: beta");
    for (name, is_refused) in [("live", true), ("beta", true), ("canary", false)] {
        let stage = owners::shop_of(&declaration, &aliased(name, "2"));
        owners::api_runs(&stage);
        stage.world.lambda().named("shop-api-prod").unwrap().aliases.remove(name);
        owners::put_stack(&stage, "shop", &aliased(name, "1"));
        owners::planned(&stage);
        let refused = [(FindingName::OwnedElsewhere, "components.infra.stack.Live")];
        assert_eq!(named(&plan(&stage)), if is_refused { &refused[..] } else { &[] }, "{name}");
    }
}
