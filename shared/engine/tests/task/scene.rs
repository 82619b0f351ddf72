//! A service, and a task that runs its image.

use crate::planning::Planning;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::Spec as AnySpec;
use windlass_domain::declaration::kinds::ecs::{Base, Ecs, Strategy};
use windlass_domain::declaration::kinds::task::{FunctionCall, Task as Spec, TaskUndo};
use windlass_domain::environment::{GivenVersion, Running};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::{Span, Time};
use windlass_engine::kinds::needs::DeployerRole;
use windlass_engine::kinds::task::{needs, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::ports::Clock as _;
use windlass_world::World;
use windlass_world::run::run;

/// The world, and the declaration of the task.
pub struct TaskScene {
    pub world: World,
    pub spec: Spec,
    pub again: bool,
    /// True if the release has something for the component that the task belongs to.
    pub brings: bool,
    /// The recorded state that a rollback goes back to.
    pub back: Option<serde_json::Value>,
}

fn tags() -> BTreeMap<String, String> {
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl TaskScene {
    pub fn new() -> Self {
        let world = World::default();
        let document = json!({
            "family": "agent", "cpu": "256",
            "containerDefinitions": [{"name": "log", "image": "log:1"}, {
                "name": "agent", "image": "shop/agent:0", "logConfiguration": {"logDriver": "awslogs", "options": {
                    "awslogs-group": "/shop", "awslogs-stream-prefix": "x", "awslogs-region": "eu-west-1",
                }},
            }],
        });
        let now = world.now();
        let mut services = world.ecs();
        let base = services.put_task_definition(&document, &BTreeMap::new());
        services.put_service("shop", "agent", &base.arn, 1, "sha256:0", now);
        services.service_mut("shop", "agent").service.tags = tags();
        drop(services);
        let spec = Spec {
            image: Some(ComponentName::new("agent").unwrap()),
            function: None,
            cluster: None,
            family: None,
            container: None,
            command: vec!["up".into()],
            network: None,
            limit: Span::seconds(120),
            irreversible: false,
            show_log: false,
            undo: Some(TaskUndo::Command(vec!["down".into()])),
        };
        Self { world, spec, again: false, brings: true, back: None }
    }

    /// Plans as `Prepare` does, after what ran last.
    pub fn plan(&self, version: &str, running: Option<&Running>) -> Prepared {
        self.asked(version, running, |input| run(prepare(&self.world, input, &self.spec)).unwrap())
    }

    /// Returns the actions that the asked role must be allowed.
    pub fn needs(&self, by: &DeployerRole<'_>) -> Vec<&'static str> {
        let needed = self.asked("1", None, |input| run(needs(&self.world, input, by, &self.spec)).unwrap());
        needed.into_iter().flat_map(|one| one.actions).collect()
    }

    fn asked<T>(&self, version: &str, running: Option<&Running>, ask: impl FnOnce(&PrepareInput<'_>) -> T) -> T {
        let containers = [("agent".to_owned(), "shop/agent".to_owned())];
        let owner = AnySpec::Ecs(Ecs {
            cluster: "shop".into(),
            service: "agent".into(),
            containers: containers.into(),
            base: Base::Running,
            rollout: Strategy::Rolling,
            pause: BTreeSet::new(),
            codedeploy: None,
            steady_within: Span::seconds(900),
        });
        let artifact = Artifact::Image { repository: "shop/agent".into(), digest: Digest::of(version.as_bytes()) };
        let planning = Planning::of("d1", "migrate");
        let input = PrepareInput {
            artifact: self.brings.then_some(&artifact),
            goal_state: self.back.as_ref(),
            running,
            again: self.again,
            image_of: Some(&owner),
            ..planning.input()
        };
        ask(&input)
    }

    /// Makes the same for a function that is called in place of a task.
    pub fn calling(name: &str, alias: Option<&str>) -> Self {
        let mut scene = Self::new();
        scene.world.lambda().make(name, b"zip");
        scene.spec.image = None;
        scene.spec.command = vec![];
        scene.spec.undo = Some(TaskUndo::None);
        scene.spec.function = Some(FunctionCall {
            name: name.into(),
            alias: alias.map(str::to_owned),
            of: ComponentName::new("agent").unwrap(),
            payload: serde_json::Map::new(),
            repeatable: false,
        });
        scene
    }

    /// Returns a plan in lines: what it runs, else why it runs nothing, else what is wrong; and what it warns of.
    pub fn plan_lines(&self, version: &str, running: Option<&Running>) -> Vec<String> {
        let planned = self.plan(version, running);
        let findings = planned.findings.iter();
        let findings = findings.map(|one| format!("{} {}", one.name, one.path));
        let warnings = planned.warnings.iter().map(|one| one.name.to_string());
        let stages = planned.stages.iter().map(|stage| stage.what.clone());
        stages.chain(planned.unchanged.clone()).chain(findings).chain(warnings).collect()
    }

    /// Returns the commands of all tasks that were ever run.
    pub fn ran(&self) -> Vec<String> {
        let runs = self.world.ecs_tasks();
        let commands = runs.live.iter().map(|live| live.asked.command.join(" "));
        commands.collect()
    }
}

/// Returns the record of what runs, with this state.
pub fn running(state: serde_json::Value) -> Running {
    let given = GivenVersion {
        version: "1".into(),
        deployment: DeploymentId("d0".into()),
        since: Time(0),
        git: None,
        released_by: None,
    };
    Running::new(None, given, state)
}
