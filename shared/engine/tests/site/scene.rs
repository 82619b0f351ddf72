//! A site in a world, and deployments of it as the machine runs them.

use crate::site::zips::zip;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::declaration::output::Inputs;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{GivenVersion, Running};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::withdrawal::WithdrawnFiles;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::site::{self, prepare};
use windlass_engine::kinds::{APP_TAG, ENVIRONMENT_TAG, PrepareInput, Prepared, Withdrawals};
use windlass_engine::payload::{StepRef, WorkDone, WorkTransition};
use windlass_engine::ports::{Clock, Item, Key, ProbeAnswer, Probed, Result};
use windlass_engine::retention::kept;
use windlass_engine::{deploy, ledger};
use windlass_world::World;
use windlass_world::conformance::held_for;
use windlass_world::inputs::{deployer_input, publisher_input};
use windlass_world::run::run;

/// A site and its world.
pub struct Scene {
    pub world: World,
    pub site: StaticSite,
    /// The state that the ledger knows to run.
    pub running: Option<Running>,
    /// The pattern of what the next deployment withdraws.
    pub asked: Option<&'static str>,
    /// The files that were withdrawn.
    pub withdrawn: WithdrawnFiles,
    /// The place of the site, with the role of the environment's own.
    pub place: Place,
    deployments: u32,
}

/// One deployment after `Prepare`.
pub struct Deployment {
    pub id: DeploymentId,
    pub prepared: Prepared,
}

fn names() -> (AppName, EnvironmentName, ComponentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap(), ComponentName::new("web").unwrap())
}

fn tags() -> BTreeMap<String, String> {
    [(APP_TAG.to_owned(), "shop".to_owned()), (ENVIRONMENT_TAG.to_owned(), "prod".to_owned())].into()
}

impl Scene {
    /// Makes a scene with an empty bucket behind a distribution.
    pub fn new(mode: SiteMode) -> Self {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        world.s3().bucket("shop-web", true).tags = tags();
        world.cloudfront().distribution("E1", "shop-web").tags = tags();
        let site = StaticSite {
            bucket: "shop-web".into(),
            prefix: match mode {
                SiteMode::InPlace => String::new(),
                SiteMode::Prefix => "releases/".into(),
            },
            mode,
            distribution: Some("E1".into()),
            origin: None,
            url: None,
            root: None,
            cache: vec![],
            headers: vec![],
            hashed: vec![],
            elsewhere: vec![],
            keep: 10,
            config: None,
            is_tried: false,
            files: windlass_domain::declaration::folder::FolderPatterns::default(),
        };
        let (withdrawn, place) = (WithdrawnFiles::new(), Place::default());
        Self { world, site, running: None, asked: None, withdrawn, place, deployments: 0 }
    }

    /// Uploads an archive to the artifacts bucket.
    pub fn upload(&self, bytes: Vec<u8>) -> Artifact {
        let (sha256, size) = (Digest::of(&bytes), bytes.len() as u64);
        let key = "artifacts/shop/prod/web/site.zip";
        let version = self.world.s3().upload("artifacts", key, bytes);
        Artifact::Object { key: key.into(), version_id: version.id.unwrap(), sha256, bytes: size }
    }

    /// Prepares an archive, or a recorded state, as `Prepare` does.
    pub fn prepare(&mut self, artifact: Option<&Artifact>, goal: Option<&Value>) -> Deployment {
        self.deployments += 1;
        let id = DeploymentId(format!("{:016x}", self.deployments));
        let (app, environment, component) = names();
        let kept = kept(&self.world, EnvironmentId::new(&app, &environment), &component, self.site.keep);
        let oldest = run(kept).unwrap().iter().map(|it| it.names.brought.since).min();
        let input = PrepareInput {
            deployment: &id,
            app: &app,
            environment: &environment,
            component: &component,
            home: None,
            artifact,
            goal_state: goal.map(|recorded| &recorded["goal"]),
            is_check: false,
            is_plan: false,
            is_trial: false,
            may_lose: &BTreeSet::new(),
            takes_losses: true,
            running: self.running.as_ref(),
            oldest: oldest.filter(|_| goal.is_none()),
            again: false,
            image_of: None,
            inputs: &Inputs::new(),
            withdrawals: Withdrawals { asked: self.asked, former: Some(&self.withdrawn) },
            place: &self.place,
        };
        let prepared = run(prepare(&self.world, &input, &self.site)).unwrap();
        let deployment = Deployment { id, prepared };
        if !deployment.prepared.stages.is_empty() {
            self.write_step(&deployment);
        }
        deployment
    }

    fn write_step(&self, deployment: &Deployment) {
        let (app, environment, component) = names();
        let stages = deployment.prepared.stages.iter();
        let planned = Step::planned(deployment.id.clone(), app, environment, component.clone(), KindName::StaticSite);
        let step = Step {
            target: deployment.prepared.target.clone(),
            before: deployment.prepared.before.clone(),
            withdraws: deployment.prepared.withdraws.clone(),
            goals: (0..).zip(stages.map(|stage| stage.goal.clone())).collect(),
            ..planned
        };
        self.put(ledger::step(&deployment.id, &component), ledger::to_body(&step).unwrap());
        self.set_token(&deployment.id, 1);
    }

    pub fn put(&self, key: impl Into<Key>, body: serde_json::Map<String, Value>) {
        let key = key.into();
        let mut ledger = self.world.dynamodb();
        let rev = ledger.items.get(&key).map_or(1, |item| item.rev + 1);
        let item = Item { key: key.clone(), rev, body, index: None, expires: None };
        ledger.items.insert(key, item.into());
    }

    /// Sets the lock's token, as a recovery does.
    pub fn set_token(&self, id: &DeploymentId, token: u64) {
        let (app, environment, _) = names();
        let lock = held_for(id, token, false);
        self.put(ledger::lock(EnvironmentId::new(&app, &environment)), ledger::to_body(&lock).unwrap());
    }

    pub fn step_ref(deployment: &Deployment) -> StepRef {
        StepRef { deployment: deployment.id.clone(), token: 1, component: names().2 }
    }

    pub fn publish_once(&self, deployment: &Deployment) -> Result<WorkDone> {
        let input = publisher_input(Self::step_ref(deployment));
        run(deploy::publish(&self.world, input, site::of))
    }

    pub fn switch_once(&self, deployment: &Deployment, wave: Option<u32>) -> Result<WorkDone> {
        let input = deployer_input(Self::step_ref(deployment), wave);
        run(deploy::handle(&self.world, input, site::of))
    }

    /// Runs `Publish`, with the machine's Retry.
    pub fn publish(&self, deployment: &Deployment) -> WorkTransition {
        self.retried(|| self.publish_once(deployment))
    }

    /// Runs `Deploy`, with the machine's Retry.
    pub fn switch(&self, deployment: &Deployment) -> WorkTransition {
        self.retried(|| self.switch_once(deployment, Some(0)))
    }

    /// Runs `Restore`, with the machine's Retry.
    pub fn undo(&self, deployment: &Deployment) -> WorkTransition {
        self.retried(|| self.switch_once(deployment, None))
    }

    fn retried(&self, invoke: impl Fn() -> Result<WorkDone>) -> WorkTransition {
        for _ in 0..500 {
            match invoke() {
                Ok(done) => return done.verdict,
                Err(fault) if fault.name == FaultName::StillInProgress => {
                    run(self.world.sleep_ms(5_000));
                }
                Err(fault) if fault.name == FaultName::MoreToDo => {
                    run(self.world.sleep_ms(1_000));
                }
                Err(fault) => panic!("{fault}"),
            }
        }
        panic!("it never answers")
    }

    pub fn step(&self, deployment: &Deployment) -> Step {
        let key = ledger::step(&deployment.id, &names().2);
        let item = Item::clone(&self.world.dynamodb().items[&key]);
        ledger::from_item::<Step>(item).unwrap().value
    }

    /// Returns the writes that were sent once, since this was asked last. Each has the milliseconds after which it was
    /// to be given up.
    pub fn sent_once(&self) -> Vec<(String, u64)> {
        let mut sent = std::mem::take(&mut self.world.s3().sent_once);
        sent.sort();
        sent
    }

    /// Makes a whole deployment that succeeds, and settles it as the conductor does.
    pub fn deploy(&mut self, artifact: &Artifact) -> Deployment {
        let deployment = self.prepare(Some(artifact), None);
        assert_eq!(deployment.prepared.findings, []);
        assert_eq!(deployment.prepared.stages.len(), 1);
        self.go(deployment)
    }

    /// Makes the rest of a deployment after `Prepare`.
    pub fn go(&mut self, deployment: Deployment) -> Deployment {
        let published = self.publish(&deployment);
        assert_eq!(published, WorkTransition::Changed, "{:?}", self.step(&deployment).failure);
        let switched = self.switch(&deployment);
        assert_eq!(switched, WorkTransition::Changed, "{:?}", self.step(&deployment).failure);
        // Nothing takes time here but what waits.
        run(self.world.sleep_ms(1_000));
        self.running = Some(Running::new(
            None,
            GivenVersion {
                version: "1.0.0".into(),
                deployment: deployment.id.clone(),
                since: self.world.now(),
                git: None,
                released_by: None,
            },
            self.step(&deployment).seen.unwrap(),
        ));
        deployment
    }

    /// Prepares a withdrawal of what runs.
    pub fn withdrawal(&mut self, pattern: &'static str) -> Deployment {
        self.asked = Some(pattern);
        let runs = self.running.clone().unwrap().state;
        let deployment = self.prepare(None, Some(&runs));
        self.asked = None;
        deployment
    }

    /// Withdraws files, and keeps that as the conductor does.
    pub fn withdraw(&mut self, pattern: &'static str) -> Deployment {
        let deployment = self.withdrawal(pattern);
        assert_eq!(deployment.prepared.findings, []);
        let deployment = self.go(deployment);
        self.withdrawn.extend(deployment.prepared.withdraws.iter().cloned());
        deployment
    }

    /// Deploys these files.
    pub fn deploy_files(&mut self, files: &[(&str, &str)]) -> Deployment {
        let artifact = self.upload(zip(files));
        self.deploy(&artifact)
    }

    /// Prepares and publishes these files, so that only the switch is left.
    pub fn publish_files(&mut self, files: &[(&str, &str)]) -> Deployment {
        let artifact = self.upload(zip(files));
        let deployment = self.prepare(Some(&artifact), None);
        assert_eq!(deployment.prepared.findings, []);
        assert_eq!(self.publish(&deployment), WorkTransition::Changed);
        deployment
    }

    /// Returns what visitors get.
    pub fn visit(&self, path: &str) -> ProbeAnswer {
        match self.world.visit(&format!("https://e1.cloudfront.net/{path}")) {
            Some(Probed::Answer(answer)) => answer,
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Returns what visitors get, as text.
    pub fn text(&self, path: &str) -> String {
        String::from_utf8_lossy(&self.visit(path).body).into_owned()
    }

    /// Returns the keys in the site's bucket with their content.
    pub fn bucket(&self) -> BTreeMap<String, String> {
        self.world.s3().texts("shop-web")
    }

    pub fn keys(&self) -> Vec<String> {
        self.bucket().into_keys().collect()
    }
}
