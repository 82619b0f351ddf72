//! A kind whose observations, and the answers to whose changes, are written down beforehand.

use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::plan::KindName;
use windlass_domain::step::{Failure, Step};
use windlass_engine::converge::{Budget, converge};
use windlass_engine::kinds::{Class, Facts, Kind, Next, Noticed, View, Way};
use windlass_engine::payload::{Word, WorkDone};
use windlass_engine::ports::{Answered, Clock};
use windlass_engine::store;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, Trial, deployment};
use windlass_world::run::run;

/// What is done next.
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
    /// What callers get.
    pub callers: u32,
    pub then: Then,
    /// What callers get after a switching change, where the kind can tell.
    pub after: Option<u32>,
    pub guarded: bool,
    /// Whether AWS promises that a look shows everything.
    pub consistent: bool,
}

/// Callers get this, and this is done next.
pub fn seen(callers: u32, then: Then) -> Seen {
    Seen {
        callers,
        then,
        after: None,
        guarded: false,
        consistent: false,
    }
}

/// A switch with this number and more takes so many seconds longer as it has more.
pub const LONG: u32 = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Add(u32),
    Switch(u32, Option<u32>),
}

/// What is still to come, and what was done.
#[derive(Default)]
pub struct Script {
    observations: RefCell<VecDeque<Seen>>,
    answers: RefCell<VecDeque<Option<FaultName>>>,
    ready_ms: RefCell<u64>,
    answer_ms: RefCell<u64>,
    done: RefCell<Vec<String>>,
    observed: RefCell<u32>,
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

    async fn observe(&self, _: &String, _: &Way<'_, u32>) -> Answered<Seen> {
        *self.script.observed.borrow_mut() += 1;
        let mut left = self.script.observations.borrow_mut();
        // The last one stays.
        let next = if left.len() > 1 {
            left.pop_front()
        } else {
            left.front().cloned()
        };
        next.ok_or_else(|| Fault::internal("the script is empty"))
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
                Next::Failed(Finding::new(name, "target", "it broke", "mend it"))
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

    fn facts(change: &Change, _: &Seen) -> Facts {
        match change {
            Change::Add(number) => Facts {
                class: Class::Additive,
                longer_s: 0,
                value: json!({"add": number}),
                what: what(change),
                after: None,
            },
            Change::Switch(number, after) => Facts {
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

    async fn ready(&self, _: &String, _: &Change) -> Answered<()> {
        let ms = *self.script.ready_ms.borrow();
        self.world.sleep_ms(ms).await;
        Ok(())
    }

    async fn change(
        &self,
        _: &String,
        change: &Change,
        _: &DeploymentId,
    ) -> Answered<Option<String>> {
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

/// What callers get, as it is recorded.
pub fn noticed(callers: u32) -> Noticed {
    Noticed {
        value: json!(callers),
        shown: format!("{callers} for callers"),
    }
}

fn what(change: &Change) -> String {
    match change {
        Change::Add(number) => format!("add {number}"),
        Change::Switch(number, _) => format!("switch {number}"),
    }
}

/// What the trial holds of the script.
struct Copy(Rc<Script>);

impl Subject for Copy {
    type Kind = Scripted;

    fn scene(&self) -> Scene {
        let goal = json!(0);
        Scene {
            world: World::default(),
            kind: KindName::Lambda,
            target: json!("target"),
            goals: vec![goal; 3],
        }
    }

    fn kind(&self, at: World) -> Scripted {
        Scripted {
            world: at,
            script: Rc::clone(&self.0),
        }
    }
}

/// What came of an invocation.
#[derive(Debug, PartialEq)]
pub struct Ended {
    /// The word, or the fault's name.
    pub answer: Result<Word, FaultName>,
    /// The fault's message, or what is told of the failure.
    pub told: String,
    /// Milliseconds.
    pub took: u64,
    /// Observations.
    pub observed: u32,
    /// Changes that were sent.
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
    /// Callers get 0 before the deployment.
    pub fn begin() -> Self {
        let script = Rc::new(Script::default());
        script
            .observations
            .borrow_mut()
            .push_back(seen(0, Then::Done));
        let subject: &'static Copy = Box::leak(Box::new(Copy(Rc::clone(&script))));
        Self {
            trial: Trial::begin(subject).unwrap(),
            script,
            budget: Budget::default(),
            token: Cell::new(1),
        }
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
        let key = store::step(&deployment(), &step.component);
        let mut ledger = self.world().ledger();
        let item = Rc::make_mut(ledger.items.get_mut(&key).unwrap());
        item.body = store::to_body(&step).unwrap();
    }

    /// An operator has looked, and asks for the undo again.
    pub fn operator_looks(&self) {
        let token = self.token.get() + 1;
        self.token.set(token);
        self.trial.set_operators_token(token).unwrap();
    }

    /// A recovery takes over.
    pub fn taken_over(&self) {
        let token = self.token.get() + 1;
        self.token.set(token);
        self.trial.set_token(token).unwrap();
    }

    /// How long it takes to fetch what a switching change needs.
    pub fn ready_after(&self, ms: u64) {
        *self.script.ready_ms.borrow_mut() = ms;
    }

    /// How long a change takes until it has effect and is answered.
    pub fn answered_after(&self, ms: u64) {
        *self.script.answer_ms.borrow_mut() = ms;
    }

    /// One invocation towards a wave's goal, or back, that sees these one after the other.
    pub fn invoke(
        &self,
        wave: Option<u32>,
        observations: &[Seen],
        answers: &[Option<FaultName>],
    ) -> Ended {
        let script = &self.script;
        *script.observations.borrow_mut() = observations.iter().cloned().collect();
        *script.answers.borrow_mut() = answers.iter().copied().collect();
        *script.observed.borrow_mut() = 0;
        script.done.borrow_mut().clear();
        let began = self.world().now();
        let work = self.trial.work(wave, self.token.get()).unwrap();
        let of = async |ports: &World, _: &Step| Ok(Copy(Rc::clone(script)).kind(ports.clone()));
        let answer = run(converge(self.world(), of, &work, self.budget));
        let told = match &answer {
            Err(fault) => fault.message.clone(),
            Ok(WorkDone { verdict, .. }) if *verdict == Word::Failed => self.failure(wave),
            Ok(_) => String::new(),
        };
        let (observed, done) = (*script.observed.borrow(), script.done.borrow().clone());
        Ended {
            answer: answer.map(|done| done.verdict).map_err(|fault| fault.name),
            told,
            took: self.world().now().ms_since(began),
            observed,
            done,
        }
    }

    fn failure(&self, wave: Option<u32>) -> String {
        let step = self.step();
        let failure = wave.map_or(step.undo_failure, |_| step.failure);
        match failure.unwrap() {
            Failure::Finding(finding) => format!("{}: {}", finding.name, finding.reason),
            Failure::Fault(fault) => fault.to_string(),
        }
    }

    /// One forward invocation towards the first wave's goal, with changes that are answered.
    pub fn forward(&self, observations: &[Seen]) -> Ended {
        self.invoke(Some(0), observations, &[])
    }
}
