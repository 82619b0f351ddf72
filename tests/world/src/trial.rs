//! A deployment of one component, driven by a test: the ledger's items that it needs, and its invocations one by one.

use crate::World;
use crate::run::run;
use serde_json::Value;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepStatus};
use windlass_domain::environment::{HeldState, Lock, LockHolder};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::converge::{Budget, StepInvocation, Work, converge};
use windlass_engine::kinds::{Kind, LookContext, Next, Recorded};
use windlass_engine::ledger;
use windlass_engine::payload::{WorkDone, WorkTransition};
use windlass_engine::ports::{AssumeRole, Clock, Item, Key, Result};

/// The milliseconds after which the machine's Retry asks again for what still goes on, at first.
pub(crate) const RETRY_MS: u64 = 5000;

/// The number of times that an invocation is asked again before the test gives up.
pub(crate) const PATIENCE: u32 = 300;

/// A target, and where a deployment wants it to go.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The world that holds the target.
    pub world: World,
    /// The kind's name.
    pub kind: KindName,
    /// The target, as the step item keeps it.
    pub target: Value,
    /// The wanted states, one per wave.
    pub goals: Vec<Value>,
}

/// A kind under test in one setting.
pub trait Subject {
    /// The kind.
    type Kind: Kind;

    /// A fresh world with the target in it.
    fn scene(&self) -> Scene;

    /// The kind over the world.
    fn kind(&self, at: World) -> Self::Kind;

    /// Checks what else must be true when the last goal was reached, such as that exactly one version was published.
    fn arrived(&self, _world: &World) {}
}

/// A deployment of one component in the middle of its way.
pub struct Trial<'s, S: Subject> {
    subject: &'s S,
    /// The target and its world.
    pub scene: Scene,
    /// The target's state before the deployment.
    pub before: Recorded,
}

/// Returns the deployment's id in trials.
pub fn deployment() -> DeploymentId {
    DeploymentId("0123456789abcdef".into())
}

fn names() -> Result<(AppName, EnvironmentName, ComponentName)> {
    let bad = |error| Fault::internal(format!("{error}"));
    Ok((
        AppName::new("shop").map_err(bad)?,
        EnvironmentName::new("prod").map_err(bad)?,
        ComponentName::new("api").map_err(bad)?,
    ))
}

impl<'s, S: Subject> Trial<'s, S> {
    /// Observes the target and writes the lock with token 1 and the step, as `Admit` and `Prepare`
    /// do.
    pub fn begin(subject: &'s S) -> Result<Self> {
        let scene = subject.scene();
        let target = read(&scene.target)?;
        let before = look(subject, &scene)?;
        let before = Recorded::of::<S::Kind>(&target, &before)?;
        let trial = Self { subject, scene, before };
        trial.set_token(1)?;
        trial.write_step()?;
        Ok(trial)
    }

    fn write_step(&self) -> Result<()> {
        let (app, environment, component) = names()?;
        let goals = (0..).zip(self.scene.goals.iter().cloned()).collect();
        let step = Step {
            target: self.scene.target.clone(),
            before: windlass_engine::kinds::to_value(&self.before)?,
            goals,
            ..Step::planned(deployment(), app, environment, component, self.scene.kind)
        };
        self.put_step(&step)
    }

    /// Writes the step over what is there.
    pub fn put_step(&self, step: &Step) -> Result<()> {
        let key = ledger::step(&deployment(), &step.component);
        self.put(key, ledger::to_body(step)?);
        Ok(())
    }

    fn put(&self, key: impl Into<Key>, body: serde_json::Map<String, Value>) {
        let key = key.into();
        let mut ledger = self.scene.world.dynamodb();
        let rev = ledger.items.get(&key).map_or(1, |item| item.rev + 1);
        let item = Item { key: key.clone(), rev, body, index: None, expires: None };
        ledger.items.insert(key, item.into());
    }

    /// Sets the lock's token, as a recovery does.
    pub fn set_token(&self, token: u64) -> Result<()> {
        self.write_lock(token, false)
    }

    /// Sets the lock's token, as the recovery does that an operator has asked for.
    pub fn set_operators_token(&self, token: u64) -> Result<()> {
        self.write_lock(token, true)
    }

    fn write_lock(&self, token: u64, looked: bool) -> Result<()> {
        let (app, environment, _) = names()?;
        let lock = held_for(&deployment(), token, looked);
        self.put(ledger::lock(EnvironmentId::new(&app, &environment)), ledger::to_body(&lock)?);
        Ok(())
    }

    /// Returns the work that the state machine asks for.
    pub fn work(&self, wave: Option<u32>, token: u64) -> Result<Work> {
        Ok(Work { deployment: deployment(), token, component: names()?.2, wave })
    }

    /// Invokes once.
    pub async fn invoke(&self, work: &Work) -> Result<WorkDone> {
        let of = async |ports: &World, step: &Step| Ok(self.subject.kind(ports.at(&step.place)));
        let world = &self.scene.world;
        let invocation = StepInvocation::begin(world, work).await?;
        converge(world, of, invocation, Budget::default()).await
    }

    /// Invokes again as the machine's Retry does, until there is an answer.
    pub fn answer(&self, wave: Option<u32>, token: u64) -> Result<WorkTransition> {
        let work = self.work(wave, token)?;
        for _ in 0..PATIENCE {
            match run(self.invoke(&work)) {
                Err(fault) if fault.name.is_transient() => run(self.scene.world.sleep_ms(RETRY_MS)),
                answer => return answer.map(|done| done.verdict),
            }
        }
        Err(Fault::internal("it never answers"))
    }

    /// Goes forward through all waves.
    pub fn forward(&self) -> Result<WorkTransition> {
        self.forward_from(0)
    }

    pub(crate) fn forward_from(&self, first: u32) -> Result<WorkTransition> {
        for wave in self.waves().filter(|wave| *wave >= first) {
            if self.answer(Some(wave), 1)? != WorkTransition::Changed {
                return Ok(WorkTransition::Failed);
            }
        }
        Ok(WorkTransition::Changed)
    }

    pub(crate) fn waves(&self) -> impl Iterator<Item = u32> + use<S> {
        (0..).take(self.scene.goals.len())
    }

    /// Returns the present step.
    pub fn step(&self) -> Result<Step> {
        let key = ledger::step(&deployment(), &names()?.2);
        let ledger = self.scene.world.dynamodb();
        let item = ledger.items.get(&key);
        let item = item.ok_or_else(|| Fault::internal("there is no step"))?;
        Ok(ledger::from_item::<Step>(Item::clone(item))?.value)
    }

    /// Returns the target's present state.
    pub fn observe(&self) -> Result<<S::Kind as Kind>::Seen> {
        look(self.subject, &self.scene)
    }

    /// Returns the names of the port calls that were made, oldest first.
    pub fn calls(&self) -> Vec<&'static str> {
        self.scene.world.mishaps().calls.clone()
    }

    /// Asserts that the goal is reached. The target shows it; where nothing of a kind lives on, the ledger's changes
    /// show it as well.
    pub(crate) fn assert_arrived(&self, context: &str, changes: &[ChangeRecord]) {
        let target = must(read(&self.scene.target), context);
        let goal = must(read(self.scene.goals.last().unwrap_or(&Value::Null)), context);
        let kind = self.subject.kind(self.scene.world.clone());
        let next = |changes| {
            let way = LookContext { goal: Some(&goal), changes, ..LookContext::default() };
            let is = must(run(kind.observe(&target, &way)), context);
            (S::Kind::next(&target, &is, &goal), is)
        };
        let (mut found, mut is) = next(&[]);
        if !matches!(found, Next::Done) {
            (found, is) = next(changes);
        }
        assert!(matches!(found, Next::Done), "{context}: {found:?} at {is:?}");
        self.subject.arrived(&self.scene.world);
    }

    pub(crate) fn assert_restored(&self, context: &str) {
        let is = must(self.observe(), context);
        let target = must(read(&self.scene.target), context);
        let is = S::Kind::view(&target, &is).noticed;
        assert!(is.is_same(&self.before.noticed), "{context}: it is {is:?} and was {:?}", self.before);
        let step = must(self.step(), context);
        assert_eq!(step.status, StepStatus::Undone, "{context}");
        assert_eq!(step.open, None, "{context}");
    }
}

/// Observes the target without changing anything.
fn look<S: Subject>(subject: &S, scene: &Scene) -> Result<<S::Kind as Kind>::Seen> {
    let kind = subject.kind(scene.world.clone());
    run(kind.observe(&read(&scene.target)?, &LookContext::default()))
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|error| Fault::internal(format!("{value}: {error}")))
}

pub(crate) fn must<T>(answer: Result<T>, context: &str) -> T {
    match answer {
        Ok(value) => value,
        Err(fault) => panic!("{context}: {fault}"),
    }
}

/// The lock of an environment while it is held for a deployment; `looked`: an operator has asked for its recovery.
pub fn held_for(deployment: &DeploymentId, token: u64, looked: bool) -> Lock {
    let state = if looked { HeldState::Recovering } else { HeldState::Running };
    let held = LockHolder {
        deployment: deployment.clone(),
        action: ActionName::Deploy,
        execution: "execution".into(),
        since: Time(0),
        state,
        looked,
    };
    Lock { token, held: Some(held), ..Lock::default() }
}
