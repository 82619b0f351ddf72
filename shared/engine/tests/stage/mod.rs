//! A deployment that holds its lock, in a world that tests fill.

#![allow(clippy::unused_self)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::overtaking::Supersede;
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, LockHolder};
use windlass_domain::release::Release;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, Order};
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{CallingExecution, ConductorInput, ExecutionRef, JudgeInput, PlannerInput};
use windlass_engine::ports::{Clock, Item, Key};
use windlass_world::World;

pub const TOKEN: u64 = 7;
const EXECUTION: &str = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:one";

pub fn id() -> DeploymentId {
    DeploymentId("0123456789abcdef".into())
}

pub fn app() -> AppName {
    AppName::new("shop").unwrap()
}

pub fn prod() -> EnvironmentName {
    EnvironmentName::new("prod").unwrap()
}

pub fn component(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

pub fn zip(component: &str, bytes: &[u8]) -> Artifact {
    Artifact::Object {
        key: format!("artifacts/shop/prod/{component}/1.4.0.zip"),
        version_id: "v1".into(),
        sha256: Digest::of(bytes),
        bytes: bytes.len() as u64,
    }
}

pub struct Stage {
    pub world: World,
    pub record: Deployment,
}

impl Stage {
    /// Makes a deployment of a release under a declaration.
    pub fn new(declaration: &str, components: BTreeMap<ComponentName, Artifact>) -> Self {
        let declared = Declaration::parse(declaration).unwrap();
        let stage = Self { world: World::default(), record: record(&declared, components) };
        stage.world.sns().mark(&declared);
        let version = declared.version().clone();
        let declared = Declared::new(&declared, declaration, Time(0), None);
        stage.put(ledger::declaration(&app(), &version), &declared);
        stage.put(ledger::declaration_in_force(&app()), &declared);
        stage.hold_lock(TOKEN);
        stage.write_record();
        stage
    }

    pub fn write_record(&self) {
        self.put(ledger::deployment(&id()), &self.record);
    }

    pub fn hold_lock(&self, token: u64) {
        let held = LockHolder {
            deployment: id(),
            action: self.record.action,
            execution: EXECUTION.into(),
            since: self.world.now(),
            state: HeldState::Running,
            looked: false,
        };
        let lock = Lock { token, held: Some(held), freed: None, failed: None };
        self.put(ledger::lock(EnvironmentId::new(&app(), &prod())), &lock);
    }

    /// Writes the state of the environment after an earlier deployment.
    pub fn deployed_before(&self) {
        let state = EnvironmentState { snapshot: 1, last_snapshot: 1, ..EnvironmentState::default() };
        self.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    }

    pub fn put(&self, key: impl Into<Key>, value: &impl Serialize) {
        let key = key.into();
        let mut ledger = self.world.dynamodb();
        let rev = ledger.items.get(&key).map_or(1, |item| item.rev + 1);
        let item = Item { key: key.clone(), rev, body: ledger::to_body(value).unwrap(), index: None, expires: None };
        ledger.items.insert(key, item.into());
    }

    pub fn get<T: DeserializeOwned>(&self, key: &Key) -> Option<T> {
        let item = self.world.dynamodb().items.get(key).cloned();
        item.map(|item| ledger::from_item(Item::clone(&item)).unwrap().value)
    }

    /// Returns the declaration, resolved for its environment.
    pub fn resolved(&self) -> ResolvedEnvironment {
        let key = ledger::declaration(&app(), &self.record.declaration);
        let declared: Declared = self.get(&key).unwrap();
        let declaration = ledger::read_declaration(&declared).unwrap();
        declaration.resolve(&prod()).unwrap()
    }

    /// Lets `Prepare` plan anew.
    pub fn forget_plan(&self) {
        self.world.dynamodb().items.remove(&ledger::plan(&id()));
    }

    /// Returns who asks: the deployment's execution, which holds the lock.
    pub fn caller(&self) -> CallingExecution {
        CallingExecution {
            execution: ExecutionRef { arn: EXECUTION.into(), name: "one".into() },
            deployment: id(),
            token: TOKEN,
        }
    }

    /// Returns what a state asks the conductor whose input names a deployment, where nothing has failed.
    pub fn conducted(&self, state: &str) -> ConductorInput {
        self.failed(state, "")
    }

    /// Returns the same after something has failed with this error.
    pub fn failed(&self, state: &str, error: &str) -> ConductorInput {
        let (by, error) = (self.caller(), error.to_owned());
        match state {
            "Preempt" => ConductorInput::Preempt(by),
            "AwaitTurn" => ConductorInput::AwaitTurn { by, task_token: "token".into() },
            "GiveUp" => ConductorInput::GiveUp { by, error },
            "GiveBack" => ConductorInput::GiveBack(by),
            "Settle" => ConductorInput::Settle(by),
            "Undo" => ConductorInput::Undo { by, error, undone: None },
            "SettleUndo" => ConductorInput::SettleUndo { by, error },
            other => panic!("{other}"),
        }
    }

    pub fn prepare(&self, wave: u32) -> PlannerInput {
        PlannerInput::Prepare { by: self.caller(), wave }
    }

    pub fn judge_input(&self, wave: u32) -> JudgeInput {
        JudgeInput::Judge { by: self.caller(), wave }
    }

    pub fn pass_seconds(&self, seconds: u64) {
        let mut clock = self.world.clock();
        clock.now = clock.now.plus_s(seconds);
    }
}

fn record(declaration: &Declaration, components: BTreeMap<ComponentName, Artifact>) -> Deployment {
    let release =
        Release { app: app(), version: "1.4.0".into(), git: None, sequence: None, components, image_push: false };
    Deployment {
        id: id(),
        app: app(),
        environment: prod(),
        action: ActionName::Deploy,
        attempt: 1,
        part_of: None,
        promoted_from: None,
        verified_by: None,
        keyed: None,
        release_digest: release.digest(),
        release,
        snapshot: None,
        across: [].into(),
        found: Vec::new(),
        stops: None,
        declaration: declaration.version().clone(),
        names_declaration: false,
        upload: None,
        requester: Requester::new(Route::Console, None),
        also_asked: Vec::new(),
        vouched: true,
        allowed_by: None,
        reason: None,
        order: Order { version: None, sequence: None, accepted: Time(0), recorded: Time(0), id: id() },
        allow_older: false,
        accept_red: false,
        through_hold: false,
        preempt: false,
        may_lose: BTreeSet::new(),
        supersede: Supersede::Wait,
        again: false,
        by_person: true,
        accepted: World::default().now(),
        executions: vec![EXECUTION.into()],
        asked_for: 0,
        recovered_by: Vec::new(),
        started: None,
        status: Status::Running,
        waited: false,
        undoing: None,
        stopped: false,
        drill: None,
        wheel: Vec::new(),
        approval: None,
        component: None,
        withdrawal: None,
        taken_up_again: false,
        ending: None,
    }
}
