//! A stack of CloudFormation, and the way of a deployment through `prepare`, the step item and `converge`.

use crate::planning::{Planning, failure_of};
use crate::site::zips::stored;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::output::Inputs;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::stack::{self, Stack, prepare};
use windlass_engine::kinds::{Kind as _, PrepareInput, Prepared};
use windlass_engine::payload::{StepRef, WorkTransition};
use windlass_engine::ports::{AssumeRole as _, Clock as _, Item, Key, Result};
use windlass_engine::{deploy, ledger};
use windlass_world::World;
use windlass_world::cloudformation::{Failing, LiveStack, Wanted};
use windlass_world::conformance::held_for;
use windlass_world::inputs::deployer_input;
use windlass_world::run::run;

/// A world with or without the stack `shop`.
pub struct Infra {
    pub world: World,
    pub spec: RefCell<Spec>,
    /// True if only a plan is drawn.
    pub is_plan: Cell<bool>,
    /// True if it is only tried whether a rollback could go there.
    pub is_trial: Cell<bool>,
    pub may_lose: RefCell<BTreeSet<String>>,
    /// The outputs that other components give to it.
    pub inputs: RefCell<Inputs>,
}

pub fn component() -> ComponentName {
    ComponentName::new("infra").unwrap()
}

/// A template with a queue of names, a role of this description, and whatever else.
pub fn template(description: &str, more: &[(&str, Value)]) -> Value {
    let mut resources = json!({
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Description": description}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Size"}}},
    });
    for (name, resource) in more {
        resources[*name] = resource.clone();
    }
    json!({
        "Parameters": {"Size": {"Type": "String", "Default": "1"}},
        "Resources": resources,
        "Outputs": {"TopicName": {"Value": {"Ref": "Topic"}}},
    })
}

/// A bucket that is kept when its stack goes.
pub fn kept_bucket() -> (&'static str, Value) {
    let properties = json!({"BucketName": "shop-web"});
    ("Web", json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": properties}))
}

fn tags() -> BTreeMap<String, String> {
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

impl Infra {
    /// Makes the scene in which there is no stack.
    pub fn without() -> Self {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        let spec = json!({"stack": "shop", "role": "windlass-stack-shop", "within_s": 3600});
        let spec = RefCell::new(serde_json::from_value(spec).unwrap());
        let (is_plan, is_trial) = (Cell::default(), Cell::default());
        Self { world, spec, is_plan, is_trial, may_lose: RefCell::default(), inputs: RefCell::default() }
    }

    /// Makes the scene in which somebody has made the stack.
    pub fn with(template: &Value) -> Self {
        let infra = Self::without();
        infra.put(template);
        infra
    }

    /// Makes or updates the stack as somebody else does.
    pub fn put(&self, template: &Value) {
        let parameters = [("Size".to_owned(), "1".to_owned())].into();
        let role = Some("arn:aws:iam::111111111111:role/windlass-stack-shop".to_owned());
        let wanted = Wanted { template: template.to_string(), parameters, tags: tags(), role, ..Wanted::default() };
        self.world.put_stack("shop", wanted).unwrap();
    }

    /// Updates the stack as somebody else does, with another parameter.
    pub fn put_with(&self, template: &Value, (name, value): (&str, &str)) {
        let mut wanted = self.stack(|stack| stack.wanted.clone()).unwrap();
        wanted.template = template.to_string();
        wanted.parameters.insert(name.to_owned(), value.to_owned());
        self.world.put_stack("shop", wanted).unwrap();
    }

    /// Gives access to the stack, to set a scene or to look.
    pub fn stack<T>(&self, look: impl FnOnce(&mut LiveStack) -> T) -> Option<T> {
        self.world.cloudformation().named("shop").ok().map(look)
    }

    /// Says how the stack stands, and the description of its role.
    pub fn stands(&self) -> String {
        let stand = self.stack(|stack| {
            let role = stack.resources.get("Role").and_then(|role| role.properties.get("Description").cloned());
            format!("{} {}", stack.status, role.as_ref().and_then(Value::as_str).unwrap_or("nothing"))
        });
        stand.unwrap_or_else(|| "none".into())
    }

    /// Lets something fail at a resource of the stack, made already or made later.
    pub fn fails(&self, logical: &str, failing: &Failing) {
        let mut state = self.world.cloudformation();
        state.fails.insert(logical.to_owned(), failing.clone());
        if let Ok(stack) = state.named("shop") {
            stack.fails.insert(logical.to_owned(), failing.clone());
        }
    }

    pub fn sleep_s(&self, seconds: u64) {
        run(self.world.sleep_ms(seconds * 1000));
    }

    /// Uploads a package with this template.
    pub fn upload(&self, template: &str) -> Artifact {
        self.upload_with(template, &[])
    }

    /// Uploads a package with this template and these files: the key of each, and its bytes.
    pub fn upload_with(&self, template: &str, files: &[(&str, &[u8])]) -> Artifact {
        let assets = files.iter().map(|(key, bytes)| json!({"file": key, "key": key, "sha256": Digest::of(bytes)}));
        let list = json!({"template": "template.json", "assets": assets.collect::<Vec<Value>>()}).to_string();
        let mut members = vec![("stack.json", list.as_bytes()), ("template.json", template.as_bytes())];
        members.extend_from_slice(files);
        let archive = stored(&members);
        let (sha256, bytes) = (Digest::of(&archive), archive.len() as u64);
        let key = "artifacts/shop/prod/infra.zip";
        let version = self.world.s3().upload("artifacts", key, archive);
        Artifact::Object { key: key.into(), version_id: version.id.unwrap(), sha256, bytes }
    }

    /// Asks for a plan as the machine's Retry does, until the change set is made.
    pub fn planned(&self, id: &str, artifact: Option<&Artifact>, back: Option<&Value>) -> Result<Prepared> {
        let (may_lose, inputs) = (self.may_lose.borrow(), self.inputs.borrow());
        let _deployment = DeploymentId(id.into());
        let planning = Planning::of(id, component().as_str());
        let input = PrepareInput {
            artifact,
            goal_state: back.map(|recorded| &recorded["goal"]),
            is_check: artifact.is_none() && back.is_none(),
            is_plan: self.is_plan.get(),
            is_trial: self.is_trial.get(),
            may_lose: &may_lose,
            inputs: &inputs,
            ..planning.input()
        };
        for _ in 0..20 {
            match run(prepare(&self.world, &input, &self.spec.borrow())) {
                Err(fault) if fault.name == FaultName::StillInProgress => self.sleep_s(30),
                planned => return planned,
            }
        }
        Err(Fault::internal("it is never planned"))
    }

    pub fn plan(&self, id: &str, template: &Value) -> Prepared {
        self.planned(id, Some(&self.upload(&template.to_string())), None).unwrap()
    }

    /// Returns the findings of a plan, as people read them.
    pub fn refused(&self, template: &Value) -> Vec<String> {
        let planned = self.plan("d1", template);
        planned.findings.iter().map(Finding::written).collect()
    }

    /// Lets go of what a plan has made.
    pub fn let_go(&self, planned: &Prepared) {
        assert!(planned.is_made_to_plan);
        let at = (self.world.clone(), &Place::default());
        let kind = Stack::new(self.world.at(&Place::default()), at, DeploymentId("d1".into()));
        run(kind.let_go(&serde_json::from_value(planned.target.clone()).unwrap())).unwrap();
    }

    /// Plans a release of a template, and writes lock and step as `Admit` and `Prepare` do.
    pub fn release(&self, template: &Value) -> Release<'_> {
        let planned = self.plan("d1", template);
        self.begin("d1", &planned)
    }

    /// Carries out a release of a template, to its end.
    pub fn released(&self, template: &Value) -> Release<'_> {
        let release = self.release(template);
        assert_eq!(release.forward(), WorkTransition::Changed, "{}", release.failure());
        release
    }

    pub fn begin(&self, id: &str, planned: &Prepared) -> Release<'_> {
        assert_eq!(planned.findings, [], "the plan is refused");
        let names = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let unbegun = Step::planned(DeploymentId(id.into()), names.0, names.1, component(), KindName::Stack);
        let goals = planned.stages.iter().map(|stage| stage.goal.clone());
        let step = Step {
            target: planned.target.clone(),
            before: planned.before.clone(),
            goals: (0..).zip(goals).collect(),
            ..unbegun
        };
        let lock = held_for(&step.deployment, 1, false);
        self.write(ledger::lock(step.environment_id()), ledger::to_body(&lock).unwrap());
        let key = ledger::step(&step.deployment, &step.component);
        self.write(key, ledger::to_body(&step).unwrap());
        Release { infra: self, id: step.deployment, token: Cell::new(1) }
    }

    fn write(&self, key: impl Into<Key>, body: serde_json::Map<String, Value>) {
        let key = key.into();
        let item = Item { key: key.clone(), rev: 1, body, index: None, expires: None };
        self.world.dynamodb().items.insert(key, item.into());
    }
}

/// A deployment under way.
pub struct Release<'f> {
    infra: &'f Infra,
    id: DeploymentId,
    token: Cell<u64>,
}

impl Release<'_> {
    fn invoke(&self, wave: Option<u32>) -> Result<WorkTransition> {
        let of = StepRef { deployment: self.id.clone(), token: self.token.get(), component: component() };
        run(deploy::handle(&self.infra.world, deployer_input(of, wave), stack::of)).map(|done| done.verdict)
    }

    /// Asks once; returns `None` while it waits.
    pub fn once(&self, wave: Option<u32>) -> Option<WorkTransition> {
        match self.invoke(wave) {
            Ok(word) => Some(word),
            Err(fault) if fault.name.is_transient() => None,
            Err(fault) => panic!("{fault}"),
        }
    }

    /// Asks again as the machine's Retry does, for as long.
    fn until_done(&self, wave: Option<u32>) -> WorkTransition {
        for _ in 0..200 {
            if let Some(word) = self.once(wave) {
                return word;
            }
            self.infra.sleep_s(30);
        }
        panic!("it never answers: {}", self.failure());
    }

    pub fn forward(&self) -> WorkTransition {
        self.until_done(Some(0))
    }

    pub fn undo(&self) -> WorkTransition {
        self.until_done(None)
    }

    /// Takes the lock under another token, as a recovery does, by an operator or by itself.
    pub fn recover(&self, by_operator: bool) {
        self.token.set(self.token.get() + 1);
        let lock = held_for(&self.id, self.token.get(), by_operator);
        self.infra.write(ledger::lock(self.step().environment_id()), ledger::to_body(&lock).unwrap());
    }

    pub fn step(&self) -> Step {
        let key = ledger::step(&self.id, &component());
        let item = Item::clone(&self.infra.world.dynamodb().items[&key]);
        ledger::from_item::<Step>(item).unwrap().value
    }

    /// Says in words what was sent.
    pub fn sent(&self) -> Vec<String> {
        self.step().changes.into_iter().map(|change| change.what).collect()
    }

    /// Says why it failed, or could not be undone, as people read it.
    pub fn failure(&self) -> String {
        let step = self.step();
        failure_of(step)
    }
}
