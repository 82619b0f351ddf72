//! Sends each switching call into the world, and looks while time passes: what AWS goes on with by itself is seen, and
//! comes to rest.

use crate::scenarios::named;
use crate::switches::{SWITCHES, Switch};
use serde_json::{Map, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::{AppSpec, TaskSetShape};
use windlass_domain::declaration::kinds::external::{Act, Deed, Observe, Subject};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    AppConfigApi, Clock, CloudFormationApi, CloudFrontApi, Code, CodeDeployApi, CopySource, DeploymentWait, EcsApi,
    EcsTasksApi, ExternalActApi, ExternalLookApi, LambdaApi, Launch, NewChangeSet, NewDeployed, NewRollout, NewRun,
    ObjectId, PinnedFunction, PutOptions, Replaces, Result, S3Api, TemplateFrom,
};
use windlass_machine::shop_world;
use windlass_world::World;
use windlass_world::appconfig;
use windlass_world::cloudformation::{Failing, Wanted};
use windlass_world::run::run;

/// The time between two looks, in milliseconds.
const EVERY_MS: u64 = 15_000;

/// The number of looks after which nothing moves any more, which is ten minutes.
const RESTS: usize = 40;

/// The only deployment of CodeDeploy that is created by a call here.
const MOVING: &str = "d-000000001";

/// The only stack.
const STACK: &str = "chat";

/// The deployment of AppConfig behind the one that a person has made.
const GROWING: u32 = 2;

#[test]
fn what_aws_goes_on_with_after_each_switching_call_is_seen_and_comes_to_rest() {
    for Switch { call, goes_on, source } in SWITCHES {
        let world = scene(call);
        let before = look(&world, call);
        run(send(&world, call)).unwrap_or_else(|fault| panic!("{call}: {fault}"));
        assert_eq!(world.mishaps().calls.last(), Some(&call));
        let looks: Vec<String> = (0..2 * RESTS)
            .map(|_| {
                let seen = look(&world, call);
                run(world.sleep_ms(EVERY_MS));
                seen
            })
            .collect();
        let (first, rest) = (&looks[0], &looks[2 * RESTS - 1]);
        let moving = looks.iter().rposition(|seen| seen != rest).map_or(0, |last| last + 1);
        assert_ne!(before, *rest, "{call} changes nothing");
        assert_eq!(first != rest, goes_on.is_some(), "{call} by {source}: {goes_on:?}: {first} and then {rest}");
        assert_eq!(moving > 0, goes_on.is_some(), "{call} by {source}");
        assert!(moving <= RESTS, "{call} moves for {moving} looks");
    }
}

/// Makes the world in which a call is sent: a scenario's targets, and what has to be under way, for so many seconds.
fn scene(call: &str) -> World {
    let (scenario, behind) = match call {
        "codedeploy.create_deployment" => ("service_moved", None),
        "codedeploy.continue_deployment" => ("service_moved_ready", Some(("codedeploy.create_deployment", 90))),
        "codedeploy.stop_deployment" => ("service_moved", Some(("codedeploy.create_deployment", 90))),
        "appconfig.start_rollout" => ("flags", None),
        "appconfig.stop_rollout" => ("flags", Some(("appconfig.start_rollout", 30))),
        "external.change" => ("book", None),
        "lambda.update_alias" => ("side_by_side", None),
        "lambda.update_code" => ("code", None),
        stack if stack.starts_with("cloudformation.") => ("code", None),
        "ecs_tasks.run_task" | "ecs.update_service" => ("service", None),
        "ecs.answer_service_pause" => ("paused_undone", Some(("ecs.update_service", 120))),
        "ecs.stop_service_rollout" => ("blue_green", Some(("ecs.update_service", 30))),
        "cloudfront.set_origin_path" => ("after_site", None),
        "s3.put" | "s3.complete_upload" => ("site", None),
        "s3.copy" | "s3.delete" | "s3.delete_all" => ("site", Some(("s3.put", 1))),
        other => panic!("{other} has no scene"),
    };
    let scenario = named(scenario).unwrap();
    let world = shop_world::make(scenario.declaration);
    (scenario.scene)(&world);
    for group in &mut world.codedeploy().groups {
        group.ends_min = Some(1);
    }
    if call.starts_with("cloudformation.") {
        make_stack(&world, call);
    }
    if let Some((call, seconds)) = behind {
        run(send(&world, call)).unwrap();
        run(world.sleep_ms(seconds * 1000));
    }
    world
}

/// Makes a stack with a change set. It is executed where a call needs an update that is under way, or that could not be
/// taken back.
fn make_stack(world: &World, call: &str) {
    let template = |delay_s: u32| {
        let properties = format!("{{\"DelaySeconds\": {delay_s}}}");
        format!("{{\"Resources\": {{\"Jobs\": {{\"Type\": \"AWS::SQS::Queue\", \"Properties\": {properties}}}}}}}")
    };
    world.put_stack(STACK, Wanted { template: template(1), ..Wanted::default() }).unwrap();
    let text = TemplateFrom::Body(template(2));
    let new = NewChangeSet {
        stack: STACK,
        name: "next",
        creates: false,
        template: &text,
        parameters: &BTreeMap::new(),
        tags: &BTreeMap::new(),
        capabilities: &[],
        role: "role",
        description: "",
    };
    run(world.create_change_set(&new)).unwrap();
    (0..3).for_each(|_| world.look_at(STACK));
    if call == "cloudformation.continue_rollback" {
        let why = Some("no capacity".to_owned());
        let failing = Failing { forward: why.clone(), back: why, deletion: None };
        world.cloudformation().named(STACK).unwrap().fails.insert("Jobs".to_owned(), failing);
        run(send(world, "cloudformation.execute_change_set")).unwrap();
        world.settle_stack(STACK);
        world.cloudformation().named(STACK).unwrap().fails.clear();
    }
    if call == "cloudformation.cancel_update" {
        run(send(world, "cloudformation.execute_change_set")).unwrap();
    }
}

/// Returns all that the looks of a call's service show of its target.
fn look(world: &World, call: &str) -> String {
    let (service, _) = call.split_once('.').unwrap();
    run(async {
        match service {
            "codedeploy" => {
                let deployed = world.deployed(MOVING).await;
                format!(
                    "{deployed:?} {:?} {:?}",
                    world.lifecycle_events(MOVING).await,
                    world.service("shop", "agent").await
                )
            }
            "appconfig" => format!("{:?}", world.rollouts(&id("shop"), &id("prod"), None).await),
            "external" => format!("{:?}", world.look(&book(), &Observe::new(&about(), None)).await),
            "lambda" => {
                let function = world.function("shop-api", None).await;
                format!("{function:?} {:?}", world.alias("shop-jobs", "live").await)
            }
            "ecs_tasks" => format!("{:?}", world.runs("shop", "agent", &[]).await),
            "ecs" => {
                let service = world.service("shop", "agent").await;
                let rollouts = world.service_rollouts("shop", "agent", Time(0)).await;
                format!("{service:?} {rollouts:?} {:?}", world.tasks("shop", "agent", false).await)
            }
            "cloudformation" => format!("{:?}", world.stack(STACK).await),
            "cloudfront" => format!("{:?}", world.distribution("E1").await),
            "s3" => {
                let listed = world.list("shop-web", "", None).await;
                format!("{listed:?} {:?}", world.list_versions("shop-web", "", None).await)
            }
            other => panic!("{other} has no look"),
        }
    })
}

/// Sends a call by its port.
async fn send(world: &World, call: &str) -> Result<()> {
    match call {
        "codedeploy.create_deployment" => {
            let content = AppSpec::of_service(&TaskSetShape::default()).deploying(&another(world));
            let new =
                NewDeployed { application: "shop".into(), group: "agent".into(), content, ..NewDeployed::default() };
            world.create_deployment(&new).await.map(drop)
        }
        "codedeploy.continue_deployment" => world.continue_deployment(MOVING, DeploymentWait::Ready).await,
        "codedeploy.stop_deployment" => world.stop_deployment(MOVING).await,
        "appconfig.start_rollout" => {
            let new = NewRollout {
                profile: id("flags"),
                version: "1".into(),
                strategy: "AppConfig.Linear50PercentEvery30Seconds".into(),
                description: String::new(),
                newest: None,
            };
            world.start_rollout(&id("shop"), &id("prod"), &new).await.map(drop)
        }
        "appconfig.stop_rollout" => world.stop_rollout(&id("shop"), &id("prod"), GROWING).await,
        "external.change" => {
            let goal = Map::from_iter([("format".to_owned(), json!("1")), ("tree".to_owned(), json!("next"))]);
            let deed = Deed { goal: &goal, release: None, is_back: false, not_after: world.now().plus_s(10) };
            for _ in 0..2 {
                world.act(&book(), &Act::prepare(&about(), &deed)).await?;
            }
            world.act(&book(), &Act::change(&about(), &deed, Some("c1"))).await.map(drop)
        }
        "lambda.update_alias" => {
            let version = world.lambda().named("shop-jobs")?.publish_by_hand("other");
            let revision = world.alias("shop-jobs", "live").await?.revision_id;
            world.update_alias("shop-jobs", "live", &version, &[], &revision).await.map(drop)
        }
        "lambda.update_code" => {
            let revision = world.function("shop-api", None).await?.revision_id;
            world.update_code("shop-api", Code::Zip("other".into()), None, &revision).await.map(drop)
        }
        "ecs_tasks.run_task" => {
            let new = NewRun {
                cluster: "shop".into(),
                task_definition: another(world),
                container: "agent".into(),
                command: vec![],
                launch: Launch::default(),
                started_by: "somebody".into(),
                token: "once".into(),
                tags: vec![],
            };
            world.run_task(&new).await.map(drop)
        }
        "ecs.answer_service_pause" => {
            let newest = world.service_rollouts("shop", "agent", Time(0)).await?.remove(0);
            let waits = newest.hooks.iter().find(|hook| hook.status == "AWAITING_ACTION").unwrap();
            world.answer_service_pause(&newest.arn, &waits.id, true).await
        }
        "ecs.stop_service_rollout" => {
            let newest = world.service_rollouts("shop", "agent", Time(0)).await?.remove(0);
            world.stop_service_rollout(&newest.arn).await
        }
        "ecs.update_service" => world.update_service("shop", "agent", &another(world)).await.map(drop),
        "cloudformation.execute_change_set" => {
            let set = world.cloudformation().named(STACK)?.change_sets[0].id.clone();
            world.execute_change_set(&set, "once").await
        }
        "cloudformation.delete_stack" => world.delete_stack(STACK, &[], "role", "once").await,
        "cloudformation.cancel_update" => world.cancel_update(STACK, "once").await,
        "cloudformation.continue_rollback" => world.continue_rollback(STACK, "role", "once").await,
        "cloudfront.set_origin_path" => {
            let etag = world.distribution("E1").await?.etag;
            world.set_origin_path("E1", &etag, "shop-web", "/other").await
        }
        "s3.put" => world.put("shop-web", "a.js", "a".into(), &PutOptions::default()).await.map(drop),
        "s3.copy" => {
            let object = ObjectId { bucket: "shop-web".into(), key: "a.js".into(), version_id: None };
            let from = CopySource { object, etag: None };
            S3Api::copy(world, &from, "shop-web", "b.js", &Replaces::Anything).await.map(drop)
        }
        "s3.delete" => world.delete("shop-web", "a.js", &Replaces::Anything).await,
        "s3.delete_all" => world.delete_all("shop-web", &["a.js".to_owned()]).await,
        "s3.complete_upload" => {
            let upload = world.create_upload("shop-web", "a.js", &PutOptions::default()).await?;
            let part = world.upload_part(&upload, 1, "a".into()).await?;
            world.complete_upload(&upload, &[part], &Replaces::Anything).await.map(drop)
        }
        other => panic!("nobody sends {other}"),
    }
}

/// The user's function behind the book.
fn book() -> PinnedFunction {
    PinnedFunction { name: shop_world::BOOK.into(), version: "1".into(), timeout_s: 30 }
}

/// The component that the function is asked about.
fn about() -> Subject {
    Subject {
        app: "shop".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        component: "book".parse().unwrap(),
        deployment: DeploymentId("1f0c".into()),
        settings: Map::new(),
    }
}

/// Returns the id of an application, an environment or a profile of AppConfig.
fn id(name: &str) -> String {
    appconfig::named(name).id
}

/// Registers the task definition of the service once more.
fn another(world: &World) -> String {
    let mut services = world.ecs();
    let known = services.task_definitions.values().next().cloned().unwrap();
    services.put_task_definition(&known.document, &known.tags).arn
}
