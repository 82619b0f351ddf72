//! A kind whose observations, and the answers to whose changes, are written down beforehand.

use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::prose;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_engine::converge::{Budget, StepInvocation, converge};
use windlass_engine::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, View};
use windlass_engine::ledger;
use windlass_engine::payload::{WorkDone, WorkTransition};
use windlass_engine::ports::{Clock, Result};
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, Trial, deployment};
use windlass_world::run::run;

/// The thing that the kind does next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Then {
    Done,
    WaitForHours,
    Wait(u64),
    Add(u32),
    Switch(u32),
    Fail,
}

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The number that callers get.
    pub callers: u32,
    pub then: Then,
    /// The number that callers get after a switching change; `None` if the kind cannot know.
    pub after: Option<u32>,
    pub guarded: bool,
    /// True if AWS promises that a look shows everything.
    pub consistent: bool,
    /// The milliseconds from the look's beginning, whose state it shows, to its end.
    pub took_ms: u64,
}

/// Makes an observation: callers get this, and this is done next.
pub fn seen(callers: u32, then: Then) -> Seen {
    Seen { callers, then, after: None, guarded: false, consistent: false, took_ms: 0 }
}

/// The number from which on a switch takes longer: as many seconds as it is above this one.
pub const LONG: u32 = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Add(u32),
    Switch(u32, Option<u32>),
}

/// The observations and answers that are still to come, and the changes that were made.
#[derive(Default)]
pub struct Script {
    observations: RefCell<VecDeque<Seen>>,
    answers: RefCell<VecDeque<Option<FaultName>>>,
    ready_ms: RefCell<u64>,
    answer_ms: RefCell<u64>,
    done: RefCell<Vec<String>>,
    observed: RefCell<u32>,
}

impl Script {
    /// Returns the next observation. The last one stays.
    fn next_observation(&self) -> Option<Seen> {
        let mut left = self.observations.borrow_mut();
        if left.len() > 1 { left.pop_front() } else { left.front().cloned() }
    }
}

pub struct Scripted {
    world: World,
    script: Rc<Script>,
}

impl Kind for Scripted {
    type Target = String;
    type Seen = Seen;
    type Goal = u32;
    type Change = Change;

    async fn observe(&self, _: &String, _: &LookContext<'_, u32>) -> Result<Seen> {
        *self.script.observed.borrow_mut() += 1;
        let seen = self.script.next_observation();
        let seen = seen.ok_or_else(|| Fault::internal("the script is empty"))?;
        self.world.sleep_ms(seen.took_ms).await;
        Ok(seen)
    }

    fn next(_: &String, is: &Seen, _: &u32) -> Next<Change> {
        match is.then {
            Then::Done => Next::Done,
            Then::Wait(seconds) => Next::Wait(seconds),
            Then::WaitForHours => Next::WaitForHours,
            Then::Add(number) => Next::Do(Change::Add(number)),
            Then::Switch(number) => Next::Do(Change::Switch(number, is.after)),
            Then::Fail => {
                let name = FindingName::ChangeFailed;
                Next::Failed(Finding::new(
                    name,
                    "target",
                    "it broke",
                    prose!("{}, or mend it", Redeploy::Again).sentence(),
                ))
            }
        }
    }

    fn view(_: &String, seen: &Seen) -> View {
        View {
            noticed: noticed(seen.callers),
            waits_for: None,
            is_guarded: seen.guarded,
            is_consistent: seen.consistent,
        }
    }

    fn back(seen: &Seen) -> u32 {
        seen.callers
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        match change {
            Change::Add(number) => ChangeFacts {
                class: Class::Additive,
                longer_s: 0,
                value: json!({"add": number}),
                what: what(change),
                after: None,
            },
            Change::Switch(number, after) => ChangeFacts {
                class: Class::Switching,
                longer_s: number.saturating_sub(LONG).into(),
                value: json!({"switch": number}),
                what: what(change),
                after: after.map(noticed),
            },
        }
    }

    fn owned(_: &String) -> String {
        "what callers of it get".into()
    }

    async fn ready(&self, _: &String, _: &Change) -> Result<()> {
        let ms = *self.script.ready_ms.borrow();
        self.world.sleep_ms(ms).await;
        Ok(())
    }

    async fn change(&self, _: &String, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        self.script.done.borrow_mut().push(what(change));
        let ms = *self.script.answer_ms.borrow();
        self.world.sleep_ms(ms).await;
        let answer = self.script.answers.borrow_mut().pop_front();
        match answer.flatten() {
            Some(name) => Err(Fault::new(name, "as planned")),
            None => Ok(None),
        }
    }
}

/// Returns what callers get, as it is recorded.
pub fn noticed(callers: u32) -> Noticed {
    Noticed { value: json!(callers), shown: format!("{callers} for callers") }
}

fn what(change: &Change) -> String {
    match change {
        Change::Add(number) => format!("add {number}"),
        Change::Switch(number, _) => format!("switch {number}"),
    }
}

/// The part of the script that the trial holds.
struct Copy(Rc<Script>);

impl Subject for Copy {
    type Kind = Scripted;

    fn scene(&self) -> Scene {
        let goal = json!(0);
        Scene { world: World::default(), kind: KindName::Lambda, target: json!("target"), goals: vec![goal; 3] }
    }

    fn kind(&self, at: World) -> Scripted {
        Scripted { world: at, script: Rc::clone(&self.0) }
    }
}

/// The result of an invocation.
#[derive(Debug, PartialEq)]
pub struct Ended {
    /// The word, or the fault's name.
    pub answer: Result<WorkTransition, FaultName>,
    /// The fault's message, or what is recorded of the failure.
    pub message: String,
    /// The time that it took, in milliseconds.
    pub took: u64,
    /// The number of observations.
    pub observed: u32,
    /// The changes that were sent.
    pub done: Vec<String>,
}

/// One component's deployment, invocation by invocation.
pub struct Play {
    script: Rc<Script>,
    trial: Trial<'static, Copy>,
    pub budget: Budget,
    token: Cell<u64>,
}

impl Play {
    /// Begins a deployment before which callers get 0.
    pub fn begin() -> Self {
        let script = Rc::new(Script::default());
        script.observations.borrow_mut().push_back(seen(0, Then::Done));
        let subject: &'static Copy = Box::leak(Box::new(Copy(Rc::clone(&script))));
        Self { trial: Trial::begin(subject).unwrap(), script, budget: Budget::default(), token: Cell::new(1) }
    }

    pub fn world(&self) -> &World {
        &self.trial.scene.world
    }

    pub fn step(&self) -> Step {
        self.trial.step().unwrap()
    }

    /// Changes the step in the ledger.
    pub fn change_step(&self, change: impl FnOnce(&mut Step)) {
        let mut step = self.step();
        change(&mut step);
        let key = ledger::step(&deployment(), &step.component);
        let mut ledger = self.world().dynamodb();
        let item = Rc::make_mut(ledger.items.get_mut(&key).unwrap());
        item.body = ledger::to_body(&step).unwrap();
    }

    /// Lets an operator look, and ask for the undo again.
    pub fn operator_looks(&self) {
        let token = self.token.get() + 1;
        self.token.set(token);
        self.trial.set_operators_token(token).unwrap();
    }

    /// Lets a recovery take over.
    pub fn taken_over(&self) {
        let token = self.token.get() + 1;
        self.token.set(token);
        self.trial.set_token(token).unwrap();
    }

    /// Sets how long it takes to fetch what a switching change needs, in milliseconds.
    pub fn ready_after(&self, ms: u64) {
        *self.script.ready_ms.borrow_mut() = ms;
    }

    /// Sets how long a change takes until it has effect and is answered, in milliseconds.
    pub fn answered_after(&self, ms: u64) {
        *self.script.answer_ms.borrow_mut() = ms;
    }

    /// Makes one invocation towards a wave's goal, or back. It sees these observations one after the other.
    pub fn invoke(&self, wave: Option<u32>, observations: &[Seen], answers: &[Option<FaultName>]) -> Ended {
        let script = &self.script;
        *script.observations.borrow_mut() = observations.iter().cloned().collect();
        *script.answers.borrow_mut() = answers.iter().copied().collect();
        *script.observed.borrow_mut() = 0;
        script.done.borrow_mut().clear();
        let began = self.world().now();
        let work = self.trial.work(wave, self.token.get()).unwrap();
        let of = async |ports: &World, _: &Step| Ok(Copy(Rc::clone(script)).kind(ports.clone()));
        let answer = run(async {
            let invocation = StepInvocation::begin(self.world(), &work).await?;
            converge(self.world(), of, invocation, self.budget).await
        });
        let message = match &answer {
            Err(fault) => fault.message.clone(),
            Ok(WorkDone { verdict, .. }) if *verdict == WorkTransition::Failed => self.failure(wave),
            Ok(_) => String::new(),
        };
        let (observed, done) = (*script.observed.borrow(), script.done.borrow().clone());
        Ended {
            answer: answer.map(|done| done.verdict).map_err(|fault| fault.name),
            message,
            took: self.world().now().ms_since(began),
            observed,
            done,
        }
    }

    fn failure(&self, wave: Option<u32>) -> String {
        let step = self.step();
        let failure = wave.map_or(step.undo_failure, |_| step.failure);
        match failure.unwrap() {
            StepFailure::Finding(finding) => format!("{}: {}", finding.name, finding.reason.written()),
            StepFailure::Fault(fault) => fault.to_string(),
        }
    }

    /// Makes one forward invocation towards the first wave's goal. All its changes are answered.
    pub fn forward(&self, observations: &[Seen]) -> Ended {
        self.invoke(Some(0), observations, &[])
    }
}
