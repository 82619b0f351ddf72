//! What every kind must hold, whatever it is: a change made twice is made once; a fault or a stop
//! at any call, and then going on, arrives; undo restores what was observed; undo twice is once.

use crate::World;
use crate::mishaps::{Mishap, When};
use crate::run::{run, until_pause};
use serde_json::Value;
use std::collections::BTreeMap;
use std::pin::pin;
use windlass_domain::environment::Lock;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::place::Place;
use windlass_domain::plan::KindName;
use windlass_domain::step::{Step, StepStatus};
use windlass_engine::converge::{Budget, converge};
use windlass_engine::kinds::{Kind, Next};
use windlass_engine::payload::{Word, Work, WorkDone};
use windlass_engine::ports::{Answered, Clock, Item, Key};
use windlass_engine::store;

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

    /// What else must be true when the last goal was reached, such as that exactly one version was
    /// published.
    fn arrived(&self, _world: &World) {}
}

/// How often an invocation is asked again before the test gives up.
const PATIENCE: u32 = 300;

/// Checks all of it.
///
/// # Panics
/// Where the kind does not hold it.
pub fn conforms<S: Subject>(subject: &S) {
    a_change_made_twice_is_made_once(subject);
    a_mishap_at_any_call_arrives(subject);
    a_stop_at_any_call_can_be_undone(subject);
    a_mishap_at_any_call_of_the_undo_arrives(subject);
}

/// A deployment of one component in the middle of its way.
pub struct Trial<'s, S: Subject> {
    subject: &'s S,
    /// The scene.
    pub scene: Scene,
    /// The state before.
    pub before: <S::Kind as Kind>::State,
}

/// The deployment's id in trials.
pub fn deployment() -> DeploymentId {
    DeploymentId("0123456789abcdef".into())
}

fn names() -> Answered<(AppName, EnvironmentName, ComponentName)> {
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
    pub fn begin(subject: &'s S) -> Answered<Self> {
        let scene = subject.scene();
        let target = read(&scene.target)?;
        let before = run(subject.kind(scene.world.clone()).observe(&target))?;
        let trial = Self {
            subject,
            scene,
            before,
        };
        trial.set_token(1)?;
        trial.write_step()?;
        Ok(trial)
    }

    fn write_step(&self) -> Answered<()> {
        let (app, environment, component) = names()?;
        let goals = (0..).zip(self.scene.goals.iter().cloned()).collect();
        let step = Step {
            deployment: deployment(),
            app,
            environment,
            component,
            kind: self.scene.kind,
            place: Place::default(),
            target: self.scene.target.clone(),
            before: windlass_engine::kinds::to_value(&self.before)?,
            goals,
            attempt: 0,
            open: None,
            status: StepStatus::Planned,
            wave: None,
            changes: vec![],
            seen: None,
            shown: None,
            failure: None,
            undo_failure: None,
            warnings: vec![],
            progress: None,
            worked_ms: 0,
            invocations: 0,
        };
        let key = store::step(&deployment(), &step.component);
        self.put(key, store::to_body(&step)?);
        Ok(())
    }

    fn put(&self, key: Key, body: serde_json::Map<String, Value>) {
        let mut ledger = self.scene.world.ledger();
        let rev = ledger.items.get(&key).map_or(1, |item| item.rev + 1);
        let item = Item {
            key: key.clone(),
            rev,
            body,
            index: None,
            expires: None,
        };
        ledger.items.insert(key, item);
    }

    /// Sets the lock's token, as a recovery does.
    pub fn set_token(&self, token: u64) -> Answered<()> {
        let (app, environment, _) = names()?;
        let lock = Lock { token, held: None };
        self.put(store::lock(&app, &environment), store::to_body(&lock)?);
        Ok(())
    }

    /// What the machine asks for.
    pub fn work(&self, wave: Option<u32>, token: u64) -> Answered<Work> {
        Ok(Work {
            deployment: deployment(),
            token,
            component: names()?.2,
            wave,
        })
    }

    /// One invocation.
    pub async fn invoke(&self, work: &Work) -> Answered<WorkDone> {
        let make = |at| self.subject.kind(at);
        converge(&self.scene.world, make, work, Budget::default()).await
    }

    /// Invokes again as the machine's Retry does, until there is an answer.
    pub fn answer(&self, wave: Option<u32>, token: u64) -> Answered<Word> {
        let work = self.work(wave, token)?;
        for _ in 0..PATIENCE {
            match run(self.invoke(&work)) {
                Err(fault) if fault.name.is_transient() => run(self.scene.world.sleep_ms(1000)),
                answer => return answer.map(|done| done.verdict),
            }
        }
        Err(Fault::internal("it never answers"))
    }

    /// All waves, forward.
    pub fn forward(&self) -> Answered<Word> {
        self.forward_from(0)
    }

    fn forward_from(&self, first: u32) -> Answered<Word> {
        for wave in self.waves().filter(|wave| *wave >= first) {
            if self.answer(Some(wave), 1)? != Word::Changed {
                return Ok(Word::Failed);
            }
        }
        Ok(Word::Changed)
    }

    fn waves(&self) -> impl Iterator<Item = u32> + use<S> {
        (0..).take(self.scene.goals.len())
    }

    /// The step as it is.
    pub fn step(&self) -> Answered<Step> {
        let key = store::step(&deployment(), &names()?.2);
        let ledger = self.scene.world.ledger();
        let item = ledger.items.get(&key).cloned();
        let item = item.ok_or_else(|| Fault::internal("there is no step"))?;
        Ok(store::from_item::<Step>(item)?.value)
    }

    /// What the target is now.
    pub fn observe(&self) -> Answered<<S::Kind as Kind>::State> {
        let target = read(&self.scene.target)?;
        run(self.subject.kind(self.scene.world.clone()).observe(&target))
    }

    /// How many port calls were made.
    pub fn calls(&self) -> u64 {
        self.scene.world.mishaps().count()
    }

    fn assert_arrived(&self, context: &str) {
        let is = must(self.observe(), context);
        let goal = must(
            read(self.scene.goals.last().unwrap_or(&Value::Null)),
            context,
        );
        assert_eq!(S::Kind::next(&is, &goal), Next::Done, "{context}: {is:?}");
        self.subject.arrived(&self.scene.world);
    }

    fn assert_restored(&self, context: &str) {
        let is = must(self.observe(), context);
        assert!(
            S::Kind::same(&is, &self.before),
            "{context}: it is {is:?} and was {:?}",
            self.before
        );
        let step = must(self.step(), context);
        assert_eq!(step.status, StepStatus::Undone, "{context}");
        assert_eq!(step.open, None, "{context}");
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Answered<T> {
    T::deserialize(value).map_err(|error| Fault::internal(format!("{value}: {error}")))
}

fn must<T>(answer: Answered<T>, context: &str) -> T {
    match answer {
        Ok(value) => value,
        Err(fault) => panic!("{context}: {fault}"),
    }
}

/// The mishaps that are tried at every call.
fn mishaps() -> Vec<(When, Mishap)> {
    let lost = Mishap::Fault(Fault::new(FaultName::Unavailable, "the answer was lost"));
    let throttled = Mishap::Fault(Fault::new(FaultName::Throttled, "slow down"));
    vec![
        (When::Before, lost.clone()),
        (When::After, lost),
        (When::Before, throttled),
        (When::Before, Mishap::Pause),
        (When::After, Mishap::Pause),
    ]
}

/// Invokes once; a pause kills the invocation.
fn invoke_or_kill<S: Subject>(trial: &Trial<'_, S>, work: &Work) -> Option<Answered<WorkDone>> {
    let mut invocation = pin!(trial.invoke(work));
    until_pause(invocation.as_mut())
}

/// Goes through the waves, being killed where a pause is planned; answers in which wave.
fn forward_until_killed<S: Subject>(trial: &Trial<'_, S>) -> Option<u32> {
    for wave in trial.waves() {
        let work = must(trial.work(Some(wave), 1), "work");
        for _ in 0..PATIENCE {
            match invoke_or_kill(trial, &work) {
                None => return Some(wave),
                Some(Err(fault)) if fault.name.is_transient() => {
                    run(trial.scene.world.sleep_ms(1000));
                }
                Some(_) => break,
            }
        }
    }
    None
}

fn calls_forward<S: Subject>(subject: &S) -> (u64, u64) {
    let trial = must(Trial::begin(subject), "begin");
    let from = trial.calls();
    assert_eq!(trial.forward(), Ok(Word::Changed), "{:?}", trial.step());
    let to = trial.calls();
    trial.assert_arrived("without a mishap");
    (from + 1, to)
}

fn a_change_made_twice_is_made_once<S: Subject>(subject: &S) {
    let trial = must(Trial::begin(subject), "begin");
    let kind = subject.kind(trial.scene.world.clone());
    let target = must(read(&trial.scene.target), "target");
    for goal in &trial.scene.goals {
        let goal = must(read(goal), "goal");
        for _ in 0..PATIENCE {
            let is = must(trial.observe(), "observe");
            match S::Kind::next(&is, &goal) {
                Next::Done => break,
                Next::Wait(seconds) => run(trial.scene.world.sleep_ms(seconds * 1000)),
                Next::Failed(finding) => panic!("{finding}"),
                Next::Do(change) => {
                    must(run(kind.change(&target, &change, &deployment())), "change");
                    if let Err(fault) = run(kind.change(&target, &change, &deployment())) {
                        assert_eq!(fault.name, FaultName::Conflict, "{change:?}: {fault}");
                    }
                }
            }
        }
    }
    trial.assert_arrived("each change made twice");
}

fn a_mishap_at_any_call_arrives<S: Subject>(subject: &S) {
    let (from, to) = calls_forward(subject);
    for call in from..=to {
        for (when, mishap) in mishaps() {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("{mishap:?} {when:?} call {call}");
            trial.scene.world.plan_mishap(call, when, mishap);
            if let Some(wave) = forward_until_killed(&trial) {
                let answer = trial.forward_from(wave);
                assert_eq!(answer, Ok(Word::Changed), "{context}: {:?}", trial.step());
            }
            trial.assert_arrived(&context);
        }
    }
}

fn a_stop_at_any_call_can_be_undone<S: Subject>(subject: &S) {
    let (from, to) = calls_forward(subject);
    for call in from..=to {
        for when in [When::Before, When::After] {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("stopped {when:?} call {call}, then recovered");
            trial.scene.world.plan_mishap(call, when, Mishap::Pause);
            let _ = forward_until_killed(&trial);
            must(trial.set_token(2), &context);
            assert_eq!(
                trial.answer(None, 2),
                Ok(Word::Changed),
                "{context}: {:?}",
                trial.step()
            );
            trial.assert_restored(&context);
            assert_late_forward_is_refused(&trial, &context);
            trial.assert_restored(&context);
        }
    }
}

fn assert_late_forward_is_refused<S: Subject>(trial: &Trial<'_, S>, context: &str) {
    for (token, refused) in [
        (1, FaultName::AttemptSuperseded),
        (2, FaultName::AttemptSuperseded),
    ] {
        let late = trial.answer(Some(0), token);
        assert_eq!(late.map_err(|fault| fault.name), Err(refused), "{context}");
    }
}

fn calls_back<S: Subject>(subject: &S) -> (u64, u64) {
    let trial = must(Trial::begin(subject), "begin");
    assert_eq!(trial.forward(), Ok(Word::Changed));
    let from = trial.calls();
    assert_eq!(
        trial.answer(None, 1),
        Ok(Word::Changed),
        "{:?}",
        trial.step()
    );
    let to = trial.calls();
    trial.assert_restored("undone without a mishap");
    let changes: BTreeMap<String, usize> = count_switching(&trial);
    assert_eq!(trial.answer(None, 1), Ok(Word::Changed), "undo twice");
    assert_eq!(count_switching(&trial), changes, "undo twice is once");
    trial.assert_restored("undone twice");
    (from + 1, to)
}

fn count_switching<S: Subject>(trial: &Trial<'_, S>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for change in must(trial.step(), "step").changes {
        *counts.entry(change.what).or_default() += 1;
    }
    counts
}

fn a_mishap_at_any_call_of_the_undo_arrives<S: Subject>(subject: &S) {
    let (from, to) = calls_back(subject);
    for call in from..=to {
        for (when, mishap) in mishaps() {
            let trial = must(Trial::begin(subject), "begin");
            let context = format!("{mishap:?} {when:?} call {call}, in the undo");
            assert_eq!(trial.forward(), Ok(Word::Changed), "{context}");
            trial.scene.world.plan_mishap(call, when, mishap);
            let work = must(trial.work(None, 1), &context);
            let _ = invoke_or_kill(&trial, &work);
            assert_eq!(
                trial.answer(None, 1),
                Ok(Word::Changed),
                "{context}: {:?}",
                trial.step()
            );
            trial.assert_restored(&context);
        }
    }
}
