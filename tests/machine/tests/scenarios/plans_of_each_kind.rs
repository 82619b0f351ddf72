//! A plan has the words and the JSON of the deployment that follows, for each kind and each way of its rollout. A check
//! asks IAM about every type of resource that the calls of it ask for.

use super::checks::check;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::appspec::TaskSetShape;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::kinds::ecs::{Pause, Strategy};
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{Planned, hash, target_of};
use windlass_domain::text::name::ComponentName;
use windlass_engine::kinds::task;
use windlass_engine::ledger;
use windlass_engine::ports::{Routing, ServiceHook, Shifting};
use windlass_machine::program::Program;
use windlass_machine::resource_types::{Named, ResourceTypes};
use windlass_machine::shop::Shop;
use windlass_machine::shop_stack::take_away;
use windlass_world::World;
use windlass_world::run::run;

/// A way of the rollout of a kind.
struct Way {
    /// The components, a line of the declaration each.
    declared: Vec<String>,
    /// The components for which the release brings something.
    brought: &'static [&'static str],
    /// The targets where they are not the sample application's.
    scene: Box<dyn Fn(&World)>,
}

const BOOK: &str = "kind: external, function: {name: shop-book, alias: live}, within: 10m";
const FLAGS: &str = "kind: appconfig, application: shop, environment: prod, profile: flags";
const FUNCTION: &str = "kind: lambda, function: shop-api, alias: live";
const SERVICE: &str = "kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent";
const SITE: &str = "kind: static_site, bucket: shop-web, distribution: E1";
const STACK: &str = "kind: cloudformation, stack: shop-infra, role: windlass-stack-shop, assets: shop-assets";

/// The last revisions that CodeDeploy has deployed.
const OF_FUNCTION: &str = r#"{"version":0.0,"Resources":[{"api":{"Type":"AWS::Lambda::Function","Properties":{"Name":"shop-api","Alias":"live"}}}]}"#;
const OF_SERVICE: &str = r#"{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"agent:1","LoadBalancerInfo":{"ContainerName":"agent","ContainerPort":80}}}}]}"#;

/// Returns every way of a kind. A new kind does not compile without its own.
fn ways(kind: KindName) -> Vec<Way> {
    match kind {
        KindName::StaticSite => vec![way(&["web"], &[format!("web: {{{SITE}}}")])],
        KindName::Lambda => ["", ", rollout: {canary: [10, 50], every: 1m}", ", rollout: {linear: 25, every: 1m}"]
            .iter()
            .map(|rollout| way(&["api"], &[format!("api: {{{FUNCTION}{rollout}}}")]))
            .chain([
                way(&["api"], &["api: {kind: lambda, function: shop-api}".to_owned()]),
                Way {
                    scene: Box::new(moves_the_alias),
                    ..way(&["api"], &[format!("api: {{{FUNCTION}, codedeploy: {{application: shop, group: api}}}}")])
                },
            ])
            .collect(),
        KindName::Ecs => Strategy::ALL
            .into_iter()
            .flat_map(|strategy| [shifted(strategy, false), shifted(strategy, true)])
            .flatten()
            .chain([by_codedeploy(false), by_codedeploy(true)])
            .collect(),
        KindName::Stack => vec![
            way(&["infra"], &[stack("")]),
            Way { scene: Box::new(take_away), ..way(&["infra"], &[stack(", outputs: {worker: Worker}")]) },
            way(
                &["api", "infra"],
                &[
                    format!("api: {{{FUNCTION}}}"),
                    stack(", after: [api], parameters: {ApiVersion: \"${api.version}\"}"),
                ],
            ),
        ],
        KindName::Appconfig => vec![
            way(&["flags"], &[flags("")]),
            way(&["api", "flags"], &[format!("api: {{{FUNCTION}}}"), flags(", after: [api], fill: [api.version]")]),
        ],
        KindName::External => vec![
            way(&["book"], &[format!("book: {{{BOOK}, settings: {{branch: gh-pages}}}}")]),
            way(&["api", "book"], &[format!("api: {{{FUNCTION}}}"), format!("book: {{{BOOK}, after: [api]}}")]),
        ],
        KindName::Task => ["undo: {command: [migrate, down]}", "undo: none", "irreversible: true"]
            .iter()
            .map(|back| {
                let task = format!("migrate: {{kind: task, image: agent, ecs: {{command: [migrate, up]}}, limit: 2m, {back}}}");
                way(&["agent"], &[task, format!("agent: {{{SERVICE}, after: [migrate]}}")])
            })
            .chain([way(
                &["api"],
                &[
                    "migrate: {kind: task, function: {name: shop-jobs, of: api}, limit: 2m, undo: {payload: {down: true}}}".to_owned(),
                    format!("api: {{{FUNCTION}, after: [migrate]}}"),
                ],
            )])
            .collect(),
    }
}

fn stack(more: &str) -> String {
    format!("infra: {{{STACK}{more}}}")
}

fn way(brought: &'static [&'static str], declared: &[String]) -> Way {
    Way { declared: declared.to_vec(), brought, scene: Box::new(|_| ()) }
}

fn flags(more: &str) -> String {
    format!("flags: {{{FLAGS}, strategy: AppConfig.Linear50PercentEvery30Seconds{more}}}")
}

/// Returns the service that ECS shifts so, with the pauses that Windlass ends; `None` where nothing can pause.
fn shifted(strategy: Strategy, pauses: bool) -> Option<Way> {
    if pauses && strategy.is_rolling() {
        return None;
    }
    let stages: Vec<String> = Pause::ALL.map(|at| at.as_str().to_owned()).into();
    let pause = if pauses { format!(", pause: [{}]", stages.join(", ")) } else { String::new() };
    let declared = format!("agent: {{{SERVICE}, rollout: {}{pause}}}", strategy.as_str());
    let scene = move |world: &World| {
        let mut services = world.ecs();
        let service = &mut services.service_mut("shop", "agent").service;
        service.strategy = strategy.in_ecs().into();
        service.shifting = Shifting {
            bake_min: 4,
            step_tenths: match strategy {
                Strategy::Rolling | Strategy::BlueGreen => 1000,
                Strategy::Canary | Strategy::Linear => 250,
            },
            step_min: 2,
        };
        if pauses {
            service.hooks = vec![ServiceHook {
                kind: "PAUSE".into(),
                stages: stages.clone(),
                timeout_min: 30,
                then: "ROLLBACK".into(),
            }];
        }
    };
    Some(Way { scene: Box::new(scene), ..way(&["agent"], &[declared]) })
}

fn moves_the_alias(world: &World) {
    let mut state = world.codedeploy();
    state.put("shop", "api", Routing::Canary(50, 2));
    state.deployed_last("shop", "api", OF_FUNCTION);
}

/// Returns the service that CodeDeploy deploys, which waits for Windlass before it moves callers, or does not.
fn by_codedeploy(waits: bool) -> Way {
    let group = format!("codedeploy: {{application: shop, group: agent, continue_when_ready: {waits}}}");
    let scene = move |world: &World| {
        let shape = TaskSetShape { container: Some(("agent".into(), 80)), ..TaskSetShape::default() };
        world.ecs().service_mut("shop", "agent").give_to_codedeploy(shape);
        let mut state = world.codedeploy();
        let group = state.put_service("shop", "agent", ("shop", "agent"), Routing::Canary(50, 2));
        group.ends_min = Some(60);
        group.ready_min = waits.then_some(30);
        state.deployed_last("shop", "agent", OF_SERVICE);
    };
    Way { scene: Box::new(scene), ..way(&["agent"], &[format!("agent: {{{SERVICE}, {group}}}")]) }
}

impl Way {
    fn declaration(&self) -> String {
        let components: Vec<String> = self.declared.iter().map(|one| format!("  {one}\n")).collect();
        format!(
            "app: shop\nversion: 1.0.0\nenvironments:\n  prod: {{deploy: {{branch: main}}, sources: [api, console, s3, ecr]}}\ncomponents:\n{}gates: {{bake: 1m, alarms: [shop-5xx]}}\n",
            components.concat()
        )
    }

    /// Plans and deploys a first release and the next one.
    fn is_planned_as_it_is_deployed(&self, program: &Program) {
        let declaration = self.declaration();
        let mut shop = Shop::new(program, &declaration);
        (self.scene)(shop.world());
        for version in ["1.0.0", "1.1.0"] {
            compare(&mut shop, version, self.brought, &declaration);
        }
    }
}

fn compare(shop: &mut Shop<'_>, version: &str, brought: &[&str], declaration: &str) {
    let request = shop.release(version, brought);
    let mut planning = request.clone();
    planning["plan"] = json!(true);
    let arn = shop.start(&planning);
    shop.region.run();
    let planned: Planned = load(shop, &ledger::planned(&DeploymentId::planned(&arn)));
    let drawn = planned.drawn.unwrap();
    assert_eq!(drawn.plan.outcome, PlanOutcome::Change, "{declaration}{:?}", drawn.plan);

    let arn = shop.start(&request);
    // A component that takes an output of another one gets its whole target only later.
    assert!(shop.region.run_until(&arn, "Change"), "{declaration}");
    let deployment = shop.deployment(&arn);
    let plan: Plan = load(shop, &ledger::plan(&deployment.id));
    assert_eq!(json!(drawn.plan), json!(plan), "{declaration}");
    let state = run(ledger::load_or_default(shop.world(), &ledger::state(deployment.environment_id()))).unwrap();
    let beside = (&drawn.changes, &state.value.irreversible);
    let hash = hash(&deployment, &plan, &targets(shop, &deployment), beside);
    assert_eq!(drawn.hash, hash, "{declaration}");
    assert_eq!(json!(planned.deployment.release), json!(deployment.release), "{declaration}");

    while shop.region.step() {
        make_calls(shop.world());
    }
    let path = shop.path(&arn);
    assert!(path.ends_with("Succeeded"), "{declaration}{path}");
    let plan: Plan = load(shop, &ledger::plan(&deployment.id));
    assert_eq!(json!(drawn.plan), json!(plan), "{declaration}");
}

/// Makes the calls of functions that were asked for, as the function does that an event brings to it.
fn make_calls(world: &World) {
    let asked = std::mem::take(&mut world.lambda_invoke().asked);
    for ask in asked {
        let ask = serde_json::from_value(ask).unwrap();
        run(task::run_call(world, ask)).unwrap();
    }
}

/// Returns the targets of the components that a deployment changes.
fn targets(shop: &Shop<'_>, deployment: &Deployment) -> BTreeMap<ComponentName, Value> {
    let steps = run(ledger::load_all(shop.world(), &ledger::steps(&deployment.id))).unwrap();
    steps.into_iter().map(|step| (step.value.component.clone(), target_of(&step.value))).collect()
}

fn load<T: serde::de::DeserializeOwned>(shop: &Shop<'_>, key: &ledger::ItemKey<T>) -> T {
    run(ledger::require(shop.world(), key)).unwrap().value
}

#[test]
fn each_way_of_each_kind_is_planned_as_it_is_deployed() {
    let program = Program::release().unwrap();
    for kind in KindName::ALL {
        let ways = ways(*kind);
        assert!(!ways.is_empty(), "{}", kind.as_str());
        for way in ways {
            let named = format!("kind: {}", kind.as_str());
            assert!(way.declaration().contains(&named), "{named}");
            way.is_planned_as_it_is_deployed(&program);
        }
    }
}

/// The calls that ask for several types of resource, with their number.
const OF_SEVERAL: [(&str, usize); 4] = [
    ("ecs:StopServiceDeployment", 2),
    ("ecs:ContinueServiceDeployment", 2),
    ("appconfig:StartDeployment", 4),
    ("appconfig:StopDeployment", 3),
];

/// Returns what a check asks IAM.
fn asked(program: &Program, way: &Way, declaration: &str) -> Named {
    let mut shop = Shop::new(program, declaration);
    (way.scene)(shop.world());
    check(&mut shop);
    let mut asked = Named::new();
    for question in &shop.world().iam().asked {
        for action in &question.actions {
            asked.entry(action.clone()).or_default().push(question.resource.clone());
        }
    }
    asked
}

/// A site whose distribution has a web ACL.
fn switched() -> Way {
    let scene = |world: &World| {
        let acl = "arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1";
        world.cloudfront().distribution("E1", "").web_acl = Some(acl.to_owned());
    };
    Way { scene: Box::new(scene), ..way(&["web"], &[format!("web: {{{SITE}, mode: prefix}}")]) }
}

#[test]
fn a_check_asks_iam_about_every_type_of_resource_that_a_call_asks_for() {
    let (program, known) = (Program::release().unwrap(), ResourceTypes::read());
    let own = "prod: {role_arn: \"arn:aws:iam::111111111111:role/windlass-target\", ";
    let mut actions = BTreeSet::new();
    for way in KindName::ALL.iter().flat_map(|kind| ways(*kind)).chain([switched()]) {
        for declaration in [way.declaration(), way.declaration().replace("prod: {", own)] {
            let asked = asked(&program, &way, &declaration);
            assert_eq!(known.missing(&asked), [""; 0], "{declaration}{asked:?}");
            for (action, types) in OF_SEVERAL.iter().filter(|(action, _)| asked.contains_key(*action)) {
                let named = &asked[*action];
                assert_eq!(named.len(), *types, "{action} {named:?}");
                for left_out in named {
                    let others: Vec<String> = named.iter().filter(|it| *it != left_out).cloned().collect();
                    let fewer = Named::from([((*action).to_owned(), others)]);
                    assert_eq!(known.missing(&fewer).len(), 1, "{action} without {left_out}");
                }
            }
            actions.extend(asked.into_keys());
        }
    }
    let several = OF_SEVERAL.map(|(action, _)| action);
    for action in several.into_iter().chain(["ecs:RunTask", "lambda:InvokeFunction", "wafv2:GetWebACL"]) {
        assert!(actions.contains(action), "{action}: {actions:?}");
    }
}
