//! A service of ECS for the tests: one steady service, images in a registry, and the way of a deployment through
//! `prepare`, the step item and the handler.

pub mod deployed;
pub mod subject;

use crate::planning::Planning;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::ecs::{Base, Ecs as Spec, Strategy};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Span;
use windlass_engine::kinds::ecs::{self, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::payload::{StepRef, WorkTransition};
use windlass_engine::ports::{Clock, Item, Result};
use windlass_engine::{deploy, ledger};
use windlass_world::World;
use windlass_world::conformance::held_for;
use windlass_world::ecr::HOST;
use windlass_world::inputs::deployer_input;
use windlass_world::rollout::LiveService;
use windlass_world::run::run;

pub const CLUSTER: &str = "shop-prod";
pub const SERVICE: &str = "agent";

/// One service, steady with two tasks of `agent:1`, which runs the image 1.0 by digest.
pub struct ServiceScene {
    pub world: World,
    pub spec: Spec,
    /// The place at which `Prepare` finds the service.
    pub place: Place,
}

pub fn repository() -> String {
    format!("{HOST}/shop/agent")
}

pub fn document(image: &str) -> Value {
    json!({
        "family": "agent",
        "networkMode": "awsvpc",
        "inventedLater": {"kept": true},
        "containerDefinitions": [
            {"name": "agent", "image": image, "essential": true, "inventedToo": [1]},
            {"name": "log", "image": "public.ecr.aws/log:1", "essential": false},
        ],
    })
}

fn our_tags() -> BTreeMap<String, String> {
    [("windlass:app", "shop"), ("windlass:environment", "prod")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

impl ServiceScene {
    pub fn new() -> Self {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        let first = world.ecr().push("shop/agent", "1.0");
        let digest = format!("sha256:{first}");
        let image = format!("{}@{digest}", repository());
        let tags = [("team".to_owned(), "blue".to_owned())].into();
        let now = world.now();
        {
            let mut services = world.ecs();
            let base = services.put_task_definition(&document(&image), &tags);
            services.put_service(CLUSTER, SERVICE, &base.arn, 2, &digest, now);
            services.service_mut(CLUSTER, SERVICE).service.tags = our_tags();
        }
        let spec = Spec {
            cluster: CLUSTER.into(),
            service: SERVICE.into(),
            containers: [("agent".into(), "shop/agent".into())].into(),
            base: Base::Running,
            rollout: Strategy::Rolling,
            pause: BTreeSet::new(),
            codedeploy: None,
            steady_within: Span::seconds(300),
        };
        Self { world, spec, place: Place::default() }
    }

    /// Pushes an image whose tasks show a platform's digest.
    pub fn push(&self, tag: &str) -> Artifact {
        let platforms = ["linux/amd64", "linux/arm64"];
        let digest = self.world.ecr().push_index("shop/agent", tag, &platforms);
        Artifact::Image { repository: repository(), digest }
    }

    /// Names the task definition that the service is set to, in short.
    pub fn set_to(&self) -> String {
        self.world.roll();
        let mut services = self.world.ecs();
        let live = services.service_mut(CLUSTER, SERVICE);
        let arn = &live.service.task_definition;
        arn.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Plans as `Prepare` does.
    pub fn plan(&self, id: &str, artifact: Option<&Artifact>, goal: Option<&Value>) -> Prepared {
        self.try_plan(id, artifact, goal).unwrap()
    }

    pub fn try_plan(&self, id: &str, artifact: Option<&Artifact>, goal: Option<&Value>) -> Result<Prepared> {
        let planning = Planning::of(id, "agent");
        let input = PrepareInput {
            artifact,
            goal_state: goal.map(|recorded| &recorded["goal"]),
            place: &self.place,
            ..planning.input()
        };
        run(prepare(&self.world, &input, &self.spec))
    }

    /// Returns the findings of a plan, as people read them.
    pub fn refused(&self, artifact: &Artifact) -> Vec<String> {
        let planned = self.plan("d", Some(artifact), None);
        planned.findings.iter().map(Finding::written).collect()
    }

    /// Plans, and writes lock and step as `Admit` and `Prepare` do.
    pub fn begin(&self, id: &str, artifact: &Artifact) -> Deploying<'_> {
        let planned = self.plan(id, Some(artifact), None);
        self.begin_planned(id, &planned)
    }

    pub fn begin_planned(&self, id: &str, planned: &Prepared) -> Deploying<'_> {
        assert_eq!(planned.findings, [], "the plan is refused");
        assert_ne!(planned.stages.len(), 0, "{:?}", planned.unchanged);
        let unbegun = Step::planned(
            DeploymentId(id.into()),
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
            ComponentName::new("agent").unwrap(),
            KindName::Ecs,
        );
        let step = Step {
            target: planned.target.clone(),
            before: planned.before.clone(),
            artifact: planned.artifact.clone(),
            goals: (0..).zip(planned.stages.iter().map(|stage| stage.goal.clone())).collect(),
            ..unbegun
        };
        let lock = held_for(&step.deployment, 1, false);
        let lock_key = ledger::lock(step.environment_id());
        self.put(lock_key, ledger::to_body(&lock).unwrap());
        let key = ledger::step(&step.deployment, &step.component);
        self.put(key, ledger::to_body(&step).unwrap());
        Deploying { scene: self, id: step.deployment }
    }

    fn put(&self, key: impl Into<windlass_engine::ports::Key>, body: serde_json::Map<String, Value>) {
        let key = key.into();
        let item = Item { key: key.clone(), rev: 1, body, index: None, expires: None };
        self.world.dynamodb().items.insert(key, item.into());
    }
}

/// A deployment under way.
pub struct Deploying<'h> {
    scene: &'h ServiceScene,
    id: DeploymentId,
}

impl Deploying<'_> {
    pub fn invoke(&self, wave: Option<u32>) -> Result<WorkTransition> {
        let of = StepRef { deployment: self.id.clone(), token: 1, component: ComponentName::new("agent").unwrap() };
        run(deploy::handle(&self.scene.world, deployer_input(of, wave), ecs::of)).map(|done| done.verdict)
    }

    /// Asks again as the machine's Retry does. A minute passes between two asks, so that much can happen unseen.
    pub fn answer(&self, wave: Option<u32>) -> WorkTransition {
        let polled = [FaultName::StillInProgress, FaultName::TakesHours];
        for _ in 0..60 {
            match self.invoke(wave) {
                Ok(word) => return word,
                Err(fault) if polled.contains(&fault.name) => {
                    run(self.scene.world.sleep_ms(60_000));
                }
                Err(fault) => panic!("{fault}"),
            }
        }
        panic!("it never answers");
    }

    pub fn forward(&self) -> WorkTransition {
        self.answer(Some(0))
    }

    /// Goes through all waves, as far as they are reached. Returns the word of the last one.
    pub fn to_the_end(&self) -> WorkTransition {
        let waves = self.step().goals.into_keys();
        let mut last = WorkTransition::Changed;
        for wave in waves {
            last = self.answer(Some(wave));
            if last != WorkTransition::Changed {
                break;
            }
        }
        last
    }

    pub fn undo(&self) -> WorkTransition {
        self.answer(None)
    }

    pub fn step(&self) -> Step {
        let key = ledger::step(&self.id, &ComponentName::new("agent").unwrap());
        let ledger = self.scene.world.dynamodb();
        let item = Item::clone(&ledger.items[&key]);
        drop(ledger);
        ledger::from_item::<Step>(item).unwrap().value
    }

    /// Says why it failed, as people read it.
    pub fn failure(&self) -> String {
        in_words(self.step().failure)
    }

    pub fn undo_failure(&self) -> String {
        in_words(self.step().undo_failure)
    }
}

fn in_words(failure: Option<StepFailure>) -> String {
    match failure {
        Some(StepFailure::Finding(finding)) => finding.written(),
        Some(StepFailure::Fault(fault)) => fault.to_string(),
        None => "nothing failed".into(),
    }
}

pub fn reference(artifact: &Artifact) -> String {
    format!("sha256:{}", artifact.digest())
}

/// Uploads a document as an object in the artifacts bucket.
pub fn upload(world: &World, key: &str, text: &str) -> Artifact {
    let version = world.s3().upload("artifacts", key, text.to_owned());
    Artifact::Object {
        key: key.into(),
        version_id: version.id.unwrap(),
        sha256: Digest::of(text.as_bytes()),
        bytes: text.len() as u64,
    }
}

/// Gives access to the service, to set a scene or to look.
pub fn live(scene: &ServiceScene, change: impl FnOnce(&mut LiveService)) {
    change(scene.world.ecs().service_mut(CLUSTER, SERVICE));
}
