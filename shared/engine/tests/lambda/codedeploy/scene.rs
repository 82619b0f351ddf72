//! A function whose alias CodeDeploy moves.

use crate::lambda::scene::{Setting, artifact, function};
use crate::planning::{Planning, failure_of};
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::text::finding::Finding;
use windlass_engine::kinds::lambda::{CodeDeployed, LambdaKind, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::ports::{Clock as _, Routing};
use windlass_world::World;
use windlass_world::codedeploy::LiveDeployment;
use windlass_world::conformance::{Scene, Subject, Trial, deployment};
use windlass_world::run::run;

pub(super) const HOOKS: &str = r#"{"version":0.0,"Resources":[{"api":{"Type":"AWS::Lambda::Function","Properties":{"Name":"shop-api-prod","Alias":"live","CurrentVersion":"0","TargetVersion":"1","Later":"kept"}}}],"Hooks":[{"BeforeAllowTraffic":"before"},{"AfterAllowTraffic":"after"}]}"#;

/// A group that moves the alias in these steps.
pub(super) struct Moved {
    pub(super) routing: Routing,
    pub(super) has_hooks: bool,
    /// True if the alias has provisioned concurrency.
    pub(super) provisioned: bool,
}

impl Moved {
    pub(super) fn by(routing: Routing) -> Self {
        Self { routing, has_hooks: false, provisioned: false }
    }

    pub(super) fn world(&self) -> World {
        let world = Setting { provisioned: self.provisioned, ..own() }.world();
        let mut state = world.codedeploy();
        state.put("shop", "api", self.routing.clone()).hook_s = 5;
        if self.has_hooks {
            state.deployed_last("shop", "api", HOOKS);
        }
        drop(state);
        world
    }
}

/// Returns the setting of the function itself.
pub(super) fn own() -> Setting {
    Setting { alias: true, ..Setting::default() }
}

pub(super) fn spec() -> Lambda {
    Lambda {
        codedeploy: Some(Declared { application: "shop".into(), group: "api".into(), continue_when_ready: false }),
        ..own().spec()
    }
}

/// Plans a release of `text`, or a rollback.
pub(super) fn plan(world: &World, text: &'static str, back: Option<&serde_json::Value>) -> Prepared {
    let artifact = artifact(world, own().brings, text);
    let planning = Planning::of(&deployment().0, "api");
    let input = PrepareInput { artifact: Some(&artifact), goal_state: back, ..planning.input() };
    run(prepare(world, &input, &spec())).unwrap()
}

pub(super) fn refused(world: &World) -> String {
    let planned = plan(world, "new", None);
    let findings = planned.findings.iter().map(Finding::written);
    findings.collect::<Vec<_>>().join("\n")
}

impl Subject for Moved {
    type Kind = CodeDeployed<World>;

    fn scene(&self) -> Scene {
        let world = self.world();
        let planned = plan(&world, "new", None);
        assert_eq!(planned.findings, []);
        Scene {
            world,
            kind: KindName::Lambda,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> CodeDeployed<World> {
        let own = LambdaKind::new(at.clone(), at.clone());
        CodeDeployed::new(own, at, deployment())
    }

    fn arrived(&self, world: &World) {
        own().arrived(world);
        assert_eq!(world.codedeploy().deployments.len(), 1, "deployed once");
    }
}

/// Says where the alias sends its callers, and how the deployments stand.
pub(super) fn served(world: &World) -> String {
    world.deploy_on();
    let alias = function(world, |function| function.aliases["live"].clone());
    let state = world.codedeploy();
    let deployments = state.deployments.iter();
    let stand: Vec<&str> = deployments.map(|live| live.described.status.as_str()).collect();
    let weights = alias.weights.iter();
    let weights: Vec<String> = weights.map(|(to, share)| format!(" {to}@{share}")).collect();
    let weights = weights.concat();
    format!("{}{weights}: {}", alias.version, stand.join(", "))
}

pub(super) fn sleep_min(world: &World, minutes: u64) {
    run(world.sleep_ms(minutes * 60_000));
}

pub(super) fn changes(trial: &Trial<'_, Moved>) -> Vec<String> {
    let changes = trial.step().unwrap().changes;
    let switching = changes.into_iter().filter(|change| change.switching);
    switching.map(|change| change.what).collect()
}

pub(super) fn failure(trial: &Trial<'_, Moved>) -> String {
    let step = trial.step().unwrap();
    failure_of(step)
}

pub(super) fn live<T>(trial: &Trial<'_, Moved>, look: impl FnOnce(&mut LiveDeployment) -> T) -> T {
    trial.scene.world.deploy_on();
    look(&mut trial.scene.world.codedeploy().deployments[0])
}
