//! An environment of AppConfig with one profile of feature flags, and the way of a deployment through `prepare`, the
//! step item and `converge`.

use crate::planning::{Planning, failure_of};
use std::cell::RefCell;
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::appconfig::Appconfig as Spec;
use windlass_domain::declaration::output::Inputs;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::appconfig::{self, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::payload::{StepRef, WorkTransition};
use windlass_engine::ports::{ConfigurationStrategy, Item, Key, Named, NewRollout, Result};
use windlass_engine::{deploy, ledger};
use windlass_world::World;
use windlass_world::appconfig::{Environment, named};
use windlass_world::conformance::held_for;
use windlass_world::inputs::deployer_input;
use windlass_world::run::run;

/// Content that no ledger, message or event may have.
pub const CONTENT: &str = "{\"flags\":{\"checkout\":{\"name\":\"hush\"}}}";

/// One environment, in which version 1 has been deployed for an hour.
pub struct Flags {
    pub world: World,
    pub spec: RefCell<Spec>,
    /// The values that other components give to it.
    pub inputs: Inputs,
}

fn component() -> ComponentName {
    ComponentName::new("flags").unwrap()
}

impl Flags {
    /// Makes the scene with a strategy that takes so many minutes to grow, and so many to bake.
    pub fn by(minutes: (u64, u64)) -> Self {
        let flags = Self::undeployed(minutes);
        flags.world.appconfig().profile("shopzzz", "flagszz").unwrap().put(None, "{\"flags\":{}}");
        flags.deploy("flagszz", "1");
        flags.sleep_min(3600);
        flags
    }

    /// Makes the same scene, but nothing was deployed before.
    pub fn undeployed(minutes: (u64, u64)) -> Self {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        world.appconfig().put("shop", "prod", &["flags", "settings"]);
        world
            .appconfig()
            .strategies
            .push(ConfigurationStrategy { named: Named { id: "slow123".into(), name: "Slow".into() }, minutes });
        let spec = Spec {
            application: "shop".into(),
            environment: "prod".into(),
            profile: "flags".into(),
            strategy: "Slow".into(),
            content_type: "application/json".into(),
            fill: BTreeSet::new(),
        };
        Self { world, spec: RefCell::new(spec), inputs: Inputs::new() }
    }

    /// Deploys a version as anyone may, by AppConfig's own quick strategy.
    pub fn deploy(&self, profile: &str, version: &str) -> u32 {
        self.world.grow();
        let now = self.world.true_time();
        let new = NewRollout {
            profile: profile.into(),
            version: version.into(),
            strategy: "AppConfig.AllAtOnce".into(),
            description: "by hand".into(),
            newest: None,
        };
        self.environment(|it| it.start(&new, None, (0, 10), now).unwrap())
    }

    /// Gives access to the environment, to set a scene or to look.
    pub fn environment<T>(&self, look: impl FnOnce(&mut Environment) -> T) -> T {
        let mut state = self.world.appconfig();
        look(state.environment(&named("shop").id, &named("prod").id).unwrap())
    }

    /// Says what all callers get now, and how the newest deployment stands.
    pub fn served(&self) -> String {
        self.world.grow();
        self.environment(|it| {
            let newest = it.rollouts.last().map(|live| &live.rollout);
            let newest =
                newest.map_or_else(|| "none".into(), |rollout| format!("{} {}", rollout.number, rollout.state));
            let served = it.served("flagszz").unwrap_or("nothing");
            format!("version {served}, newest {newest}")
        })
    }

    /// Returns the content of a version.
    pub fn content(&self, version: u32) -> String {
        let mut state = self.world.appconfig();
        let profile = state.profile("shopzzz", "flagszz").unwrap();
        let (_, content) = &profile.versions[&version];
        String::from_utf8(content.to_vec()).unwrap()
    }

    pub fn sleep_min(&self, minutes: u64) {
        use windlass_engine::ports::Clock as _;
        run(self.world.sleep_ms(minutes * 60_000));
    }

    /// Uploads a document to the artifacts bucket.
    pub fn upload(&self, text: &str) -> Artifact {
        let key = "artifacts/shop/prod/flags/1.json";
        let mut objects = self.world.s3();
        let version = objects.upload("artifacts", key, text.to_owned());
        Artifact::Object {
            key: key.into(),
            version_id: version.id.unwrap(),
            sha256: Digest::of(text.as_bytes()),
            bytes: text.len() as u64,
        }
    }

    /// Plans as `Prepare` does: a release, or a rollback to what a step recorded.
    pub fn plan(&self, artifact: Option<&Artifact>, back: Option<&serde_json::Value>) -> Prepared {
        let planning = Planning::of("d1", component().as_str());
        let input = PrepareInput {
            artifact,
            goal_state: back.map(|recorded| &recorded["goal"]),
            inputs: &self.inputs,
            ..planning.input()
        };
        run(prepare(&self.world, &input, &self.spec.borrow())).unwrap()
    }

    /// Returns the findings of a plan, as people read them.
    pub fn refused(&self, text: &str) -> Vec<String> {
        let planned = self.plan(Some(&self.upload(text)), None);
        planned.findings.iter().map(Finding::written).collect()
    }

    /// Plans a release of a document, and writes lock and step as `Admit` and `Prepare` do.
    pub fn release(&self, text: &str) -> Release<'_> {
        let planned = self.plan(Some(&self.upload(text)), None);
        self.begin("d1", &planned)
    }

    pub fn begin(&self, id: &str, planned: &Prepared) -> Release<'_> {
        assert_eq!(planned.findings, [], "the plan is refused");
        let names = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let id = DeploymentId(id.into());
        let unbegun = Step::planned(id, names.0, names.1, component(), KindName::Appconfig);
        let goals = planned.stages.iter().map(|stage| stage.goal.clone());
        let step = Step {
            target: planned.target.clone(),
            before: planned.before.clone(),
            goals: (0..).zip(goals).collect(),
            ..unbegun
        };
        let lock = held_for(&step.deployment, 1, false);
        let lock_key = ledger::lock(step.environment_id());
        self.put(lock_key, ledger::to_body(&lock).unwrap());
        let key = ledger::step(&step.deployment, &step.component);
        self.put(key, ledger::to_body(&step).unwrap());
        Release { flags: self, id: step.deployment, waves: u32::try_from(planned.stages.len()).unwrap() }
    }

    fn put(&self, key: impl Into<Key>, body: serde_json::Map<String, serde_json::Value>) {
        let key = key.into();
        let item = Item { key: key.clone(), rev: 1, body, index: None, expires: None };
        self.world.dynamodb().items.insert(key, item.into());
    }
}

/// A deployment under way.
pub struct Release<'f> {
    flags: &'f Flags,
    id: DeploymentId,
    pub waves: u32,
}

impl Release<'_> {
    fn invoke(&self, wave: Option<u32>) -> Result<WorkTransition> {
        let of = StepRef { deployment: self.id.clone(), token: 1, component: component() };
        run(deploy::handle(&self.flags.world, deployer_input(of, wave), appconfig::of)).map(|done| done.verdict)
    }

    /// Asks again as the machine's Retry does, for as long.
    pub fn wave(&self, wave: Option<u32>) -> WorkTransition {
        for _ in 0..60 {
            match self.invoke(wave) {
                Ok(word) => return word,
                Err(fault) if fault.name == FaultName::StillInProgress => {
                    self.flags.sleep_min(1);
                }
                Err(fault) => panic!("{fault}"),
            }
        }
        panic!("it never answers");
    }

    /// Makes all waves. Each is watched for five minutes.
    pub fn forward(&self) -> WorkTransition {
        for wave in 0..self.waves {
            if self.wave(Some(wave)) == WorkTransition::Failed {
                return WorkTransition::Failed;
            }
            self.flags.sleep_min(5);
        }
        WorkTransition::Changed
    }

    pub fn undo(&self) -> WorkTransition {
        self.wave(None)
    }

    pub fn step(&self) -> Step {
        let key = ledger::step(&self.id, &component());
        let item = Item::clone(&self.flags.world.dynamodb().items[&key]);
        ledger::from_item::<Step>(item).unwrap().value
    }

    /// Says in words what was sent.
    pub fn sent(&self) -> Vec<String> {
        let changes = self.step().changes;
        changes.into_iter().map(|change| change.what).collect()
    }

    /// Says why it failed, or could not be undone, as people read it.
    pub fn failure(&self) -> String {
        let step = self.step();
        failure_of(step)
    }
}
