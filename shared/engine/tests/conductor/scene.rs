//! A scene: an environment whose ledger says what a test wants, and the executions that work for it.

use crate::conductor::inputs::{input, order, step, waiting_key, with};
use crate::stage::{Stage, app, component, id, prod, zip};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::access::FileVersions;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::{KindName, Plan, PlanOutcome, PlannedChange, Unchanged, Wave};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::deployment::{Deployment, Ended, Status};
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, LockHolder, Veto, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::{Span, Time};
use windlass_engine::conductor;
use windlass_engine::faults::Faults;
use windlass_engine::ledger::{self, Index, ItemKey, Stored};
use windlass_engine::payload::{Answer, CallingExecution, ConductorInput, ExecutionRef, Transition};
use windlass_engine::ports::{self, Clock, DynamoDbApi, Execution, Result};
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

pub const DECLARATION: &str = "
app: shop
version: 1.0.0
environments:
  dev: {deploy: {branch: main}, sources: [s3, api]}
  prod: {deploy: {tag: stable}, start: manual, sources: [s3, ecr, api, console]}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  jobs: {kind: lambda, function: 'shop-jobs-{environment}', alias: live}
";

/// The name of the deployment's own execution of the release machine.
pub const FIRST: &str = "one";

pub struct Scene {
    pub stage: Stage,
}

impl Scene {
    /// Makes a scene in which release 1.4.0 of `api` holds the lock of `prod`, and its execution runs.
    pub fn new() -> Self {
        let release = BTreeMap::from([(component("api"), zip("api", b"new"))]);
        let scene = Self { stage: Stage::new(DECLARATION, release) };
        let declared = Declaration::parse(DECLARATION).unwrap();
        let declared = Declared::new(&declared, DECLARATION, Time(0), None);
        scene.stage.put(ledger::declaration_in_force(&app()), &declared);
        scene.stage.world.s3().bucket("artifacts", true);
        scene.stage.pass_seconds(1_000_000);
        scene.execution(FIRST, "RUNNING");
        scene
    }

    /// Makes the same scene, but nobody holds the lock and the deployment has not had a turn.
    pub fn free() -> Self {
        let mut scene = Self::new();
        scene.hold(None);
        scene.stage.record.status = Status::Waiting;
        // For longer than Step Functions may not know its execution yet.
        scene.stage.record.accepted = Time(scene.now().0 - 60_000);
        scene.stage.write_record();
        scene
    }

    /// Makes a scene in which one wave of `api` was changed, and judged as passed.
    pub fn judged() -> Self {
        let scene = Self::new();
        scene.plan(PlanOutcome::Change, 1);
        scene.record_verdict(0, Verdict::Pass);
        scene.step("api", StepStatus::Changed, |_| ());
        scene
    }

    pub fn execution(&self, name: &str, status: &str) {
        let execution = Execution {
            arn: arn_of(name),
            status: status.into(),
            error: None,
            cause: None,
            started: Time(0),
            input: Value::Null,
        };
        let mut state = self.stage.world.stepfunctions();
        state.executions.insert(arn_of(name), execution);
    }

    pub fn status_of(&self, name: &str) -> (String, Option<String>) {
        let state = self.stage.world.stepfunctions();
        let execution = &state.executions[&arn_of(name)];
        (execution.status.clone(), execution.error.clone())
    }

    /// Sets who holds the lock, and how it stands. Its token stays.
    pub fn hold(&self, held: Option<(&str, HeldState)>) {
        let held = held.map(|(name, state)| LockHolder {
            deployment: id(),
            action: self.stage.record.action,
            execution: arn_of(name),
            since: Time(0),
            state,
            looked: false,
        });
        self.put_lock(held);
    }

    fn put_lock(&self, held: Option<LockHolder>) {
        let token = self.lock().token;
        self.stage
            .put(ledger::lock(EnvironmentId::new(&app(), &prod())), &Lock { token, held, freed: None, failed: None });
    }

    pub fn lock(&self) -> Lock {
        self.stage.get(&ledger::lock(EnvironmentId::new(&app(), &prod()))).unwrap()
    }

    pub fn record(&self) -> Deployment {
        self.stage.get(&ledger::deployment(&id())).unwrap()
    }

    pub fn ending(&self) -> Ended {
        self.record().ending.unwrap()
    }

    /// Puts a veto of the scene's deployment on a release.
    pub fn vetoes(&self, release: Digest) {
        let veto = Veto {
            release,
            version: String::new(),
            deployment: id(),
            by: [id()].into(),
            since: Time(0),
            cause: "".into(),
        };
        self.stage.put(ledger::veto(EnvironmentId::new(&app(), &prod()), &veto.release), &veto);
    }

    pub fn state(&self) -> EnvironmentState {
        let state = self.stage.get(&ledger::state(EnvironmentId::new(&app(), &prod())));
        state.unwrap_or_default()
    }

    /// Changes the record in the ledger.
    pub fn change_record(&mut self, change: impl FnOnce(&mut Deployment)) {
        change(&mut self.stage.record);
        self.stage.write_record();
    }

    pub fn end(&mut self, ending: Ending) {
        self.change_record(|record| {
            record.status = Status::Ended;
            record.ending = Some(Ended {
                ending,
                cause_name: "Because".into(),
                cause: "it was so.".into(),
                findings: vec![],
                added: vec![],
                stays_reachable: vec![],
                at: Time(0),
                resolved: None,
                cost: None,
            });
        });
    }

    pub fn wait(&self) {
        let waiting = Waiting {
            deployment: id(),
            components: vec![component("api").into()],
            order: self.stage.record.order.clone(),
            operator: false,
            first: false,
            through_hold: false,
            asks: false,
            since: self.now(),
            until: None,
            ruled_by: FileVersions::default(),
            task_token: None,
            former_task_tokens: Vec::new(),
        };
        self.stage.put(waiting_key(), &waiting);
    }

    pub fn waiting(&self) -> Option<Waiting> {
        self.stage.get(&waiting_key())
    }

    /// Writes a plan of so many waves, each of which changes `api`.
    pub fn plan(&self, outcome: PlanOutcome, waves: usize) {
        let wave = Wave {
            changes: vec![PlannedChange {
                component: component("api"),
                kind: KindName::Lambda,
                what: "to version 2".into(),
                later: BTreeSet::new(),
                tested: false,
                closing: false,
                timing: None,
                details: Vec::new(),
                details_left: 0,
            }],
            bake_s: 0,
            ahead: false,
            look: false,
        };
        let plan = Plan {
            outcome,
            waves: vec![wave; waves],
            unchanged: vec![Unchanged::new(&component("jobs"), "runs it already")],
            ..Plan::empty(outcome)
        };
        self.stage.put(ledger::plan(&id()), &plan);
    }

    pub fn record_verdict(&self, wave: u32, verdict: Verdict) {
        let mut judgement = Judgement::begin(wave, Time(0), Time(0), Span::ZERO, true);
        judgement.verdict = verdict;
        self.stage.put(ledger::judgement(&id(), wave), &judgement);
    }

    pub fn step(&self, name: &str, status: StepStatus, change: impl FnOnce(&mut Step)) {
        let mut step = step(name, status);
        change(&mut step);
        self.stage.put(ledger::step(&id(), &step.component), &step);
    }

    pub fn asks(&self, state: &str) -> Result<Answer> {
        self.serve(self.stage.conducted(state))
    }

    pub fn serve(&self, input: ConductorInput) -> Result<Answer> {
        run(conductor::handle(&self.stage.world, input))
    }

    /// Lets an execution of that name begin with this input, and come to `Admit`.
    pub fn admit(&self, name: &str, request: Value) -> Result<Answer> {
        self.execution(name, "RUNNING");
        let execution = ExecutionRef { arn: arn_of(name), name: name.into() };
        self.serve(ConductorInput::Admit { execution, request })
    }

    /// Lets an operator start an action of `prod`.
    pub fn operator(&self, action: &str) -> Result<Answer> {
        self.admit("operator", input(action))
    }

    /// Lets an operator accept, after `Look` has seen what the steps say.
    pub fn accepts(&self, name: &str) -> Result<Answer> {
        let answer = self.admit(name, input("accept"))?;
        if answer.verdict != Transition::Look {
            return Ok(answer);
        }
        self.serve(Self::accept_after(name, &answer))
    }

    /// Makes the question of the state `Accept` after `Admit` has answered this.
    pub fn accept_after(name: &str, answer: &Answer) -> ConductorInput {
        Self::accept_failed(name, answer, "")
    }

    /// Makes the same after `Look` has failed with this error.
    pub fn accept_failed(name: &str, answer: &Answer, error: &str) -> ConductorInput {
        let execution = ExecutionRef { arn: arn_of(name), name: name.into() };
        let by = CallingExecution { execution, deployment: answer.deployment.clone(), token: answer.token };
        ConductorInput::Accept { by, request: input("accept"), error: error.into() }
    }

    /// Lets Windlass itself start a recovery.
    pub fn recovery(&self) -> Result<Answer> {
        self.recovery_as("recovery")
    }

    /// Does the same with the execution's name.
    pub fn recovery_as(&self, name: &str) -> Result<Answer> {
        let by_itself = json!({"requester": {"route": "windlass"}});
        self.admit(name, with(input("recover"), by_itself))
    }

    /// Refuses every transaction so often, as if others had written the same items.
    pub fn busy(&self, times: u32) {
        self.stage.world.dynamodb().busy = times;
    }

    pub fn now(&self) -> Time {
        self.stage.world.now()
    }

    /// All of a partition of the index.
    pub fn indexed<T: serde::de::DeserializeOwned>(&self, index: &Index<T>) -> Vec<Stored<T>> {
        let mut faults = Faults::default();
        let found = run(ledger::load_all_indexed(&self.stage.world, index, &mut faults));
        faults.into_answer().unwrap();
        found
    }

    /// Writes an item with its place in the index, which [`Stage::put`] leaves out.
    pub fn put_indexed<T: serde::Serialize>(&self, key: ItemKey<T>, value: T, place: ports::Key) {
        let write = Stored::new(key, value).put_indexed(Some(place)).unwrap();
        run(self.stage.world.transact(vec![write])).unwrap();
    }

    /// Lets another deployment hold the lock.
    pub fn other_holds(&self, action: ActionName, state: HeldState) {
        let held = LockHolder {
            deployment: order(1, "other").id,
            action,
            execution: arn_of("other"),
            since: Time(0),
            state,
            looked: false,
        };
        self.put_lock(Some(held));
        self.execution("other", "RUNNING");
    }

    /// Makes the request to deploy a release of `api`, and uploads its artifact.
    pub fn manifest(&self, version: &str, reference: &str) -> Value {
        let is_tag = reference.starts_with("refs/tags/");
        let environment = if is_tag { "prod" } else { "dev" };
        self.manifest_for(environment, version, reference)
    }

    /// Makes the request to deploy a release of `api` whose artifact is uploaded for the environment.
    pub fn manifest_for(&self, environment: &str, version: &str, reference: &str) -> Value {
        let key = format!("artifacts/shop/{environment}/api/{version}.zip");
        let bytes = version.to_owned();
        self.stage.world.s3().upload("artifacts", &key, bytes);
        json!({
            "action": "deploy", "app": "shop",
            "manifest": {
                "version": version,
                "git": {"ref": reference},
                "components": {"api": {"key": key, "sha256": Digest::of(version.as_bytes())}},
            },
        })
    }
}

/// Returns the word and the error of an answer.
pub fn in_short(answer: &Result<Answer>) -> (Transition, &str) {
    let answer = answer.as_ref().unwrap();
    (answer.verdict, answer.error.as_str())
}

/// Returns the name and the message of a fault.
pub fn fault(answer: Result<Answer>) -> (FaultName, String) {
    let fault = answer.unwrap_err();
    (fault.name, fault.message)
}

pub fn is_rollback(scene: &mut Scene) {
    scene.change_record(|record| record.action = ActionName::Rollback);
}
