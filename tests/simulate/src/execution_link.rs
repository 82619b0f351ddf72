//! The link between the executions and the stage. An execution asks for functions and waits for answers, and the stage,
//! which runs everything else, hears of it.

use crate::schedule::What;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::task::Poll;
use windlass_domain::text::time::Time;
use windlass_machine::{End, Execution, Surroundings, TaskError};
use windlass_world::World;

/// The place of an answer for the execution that waits for it.
pub type Slot = Rc<RefCell<Option<Result<Value, TaskError>>>>;

/// A function that an execution wants to be invoked.
#[derive(Debug)]
pub struct Request {
    /// The execution.
    pub arn: String,
    /// The function, such as `Conductor`.
    pub function: String,
    /// The payload that it gets.
    pub payload: Value,
    /// The place for the answer.
    pub slot: Slot,
}

/// An execution, while nobody drives it.
pub type Home<'p> = Rc<RefCell<Option<Execution<'p>>>>;

/// The state that the executions and the stage share.
#[derive(Debug, Default)]
pub struct ExecutionLink {
    requests: RefCell<Vec<Request>>,
    mail: RefCell<BTreeMap<String, Value>>,
    tokens: RefCell<u64>,
    visits: RefCell<u64>,
    entered: RefCell<Vec<(u64, String, String)>>,
    stopped: RefCell<BTreeMap<u64, What>>,
    states: RefCell<BTreeMap<String, String>>,
}

impl ExecutionLink {
    /// Returns the requests since the last time.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.borrow_mut())
    }

    /// Notes that a task token was answered.
    pub fn post(&self, token: String, output: Value) {
        self.mail.borrow_mut().insert(token, output);
    }

    /// Sets the visits at which the execution is ended, each with the mishap.
    pub fn stop_at(&self, visits: impl Iterator<Item = (u64, What)>) {
        self.stopped.borrow_mut().extend(visits);
    }

    /// Returns the visits that began since the last time: number, execution, state.
    pub fn take_entered(&self) -> Vec<(u64, String, String)> {
        std::mem::take(&mut self.entered.borrow_mut())
    }

    /// Returns whether any execution is in this state.
    pub fn is_any_in(&self, state: &str) -> bool {
        self.states.borrow().values().any(|at| at == state)
    }

    /// Notes that an execution waits for the next look at its wave.
    fn bakes(&self, arn: &str) {
        let mut states = self.states.borrow_mut();
        states.insert(arn.to_owned(), "Bake".to_owned());
    }

    /// Returns the number of visits.
    pub fn visits(&self) -> u64 {
        *self.visits.borrow()
    }

    /// Notes that an execution has ended.
    pub fn left(&self, arn: &str) {
        self.states.borrow_mut().remove(arn);
    }

    /// Begins a visit. Returns the mishap by which the execution is ended just before, if it is.
    fn enter(&self, arn: &str, state: &str) -> Option<What> {
        let mut visits = self.visits.borrow_mut();
        *visits += 1;
        let mut states = self.states.borrow_mut();
        states.insert(arn.to_owned(), state.to_owned());
        let visit = (*visits, arn.to_owned(), state.to_owned());
        self.entered.borrow_mut().push(visit);
        self.stopped.borrow().get(&visits).copied()
    }
}

/// An execution that goes on. When its driver is dropped, it goes home.
struct Lent<'p> {
    home: Home<'p>,
    execution: Option<Execution<'p>>,
}

impl<'p> Lent<'p> {
    fn take(home: &Home<'p>) -> Self {
        Self { home: Rc::clone(home), execution: home.borrow_mut().take() }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.home.borrow_mut() = self.execution.take();
    }
}

#[expect(clippy::expect_used, reason = "one driver at a time takes an execution")]
impl<'p> Deref for Lent<'p> {
    type Target = Execution<'p>;
    fn deref(&self) -> &Execution<'p> {
        self.execution.as_ref().expect("an execution that is home")
    }
}

#[expect(clippy::expect_used, reason = "one driver at a time takes an execution")]
impl<'p> DerefMut for Lent<'p> {
    fn deref_mut(&mut self) -> &mut Execution<'p> {
        self.execution.as_mut().expect("an execution that is home")
    }
}

/// Drives an execution to its end.
pub async fn drive(home: Home<'_>, arn: String, world: World, link: Rc<ExecutionLink>) -> End {
    let mut execution = Lent::take(&home);
    let around = Around { arn: &arn, world: &world, link: &link };
    loop {
        let (due, _) = execution.due();
        if let Some(output) = around.wait(execution.token(), due).await {
            if let Some(end) = execution.answer(&output, world.true_time()) {
                return end;
            }
            continue;
        }
        if let Some(how) = link.enter(&arn, execution.state()) {
            around.be_ended(how).await;
        }
        let made = execution.path().transitions;
        world.stepfunctions().count(&arn, made);
        if let Some(end) = execution.step(&around).await {
            return end;
        }
        if execution.is_baking() {
            link.bakes(&arn);
        }
    }
}

/// The surroundings of an execution.
struct Around<'a> {
    arn: &'a str,
    world: &'a World,
    link: &'a ExecutionLink,
}

impl Around<'_> {
    /// Waits until a time, or until the task token is answered. Returns the output of the answer.
    async fn wait(&self, token: Option<&str>, due: Time) -> Option<Value> {
        poll_fn(|_| {
            let answered = token.and_then(|token| self.link.mail.borrow_mut().remove(token));
            let mut clock = self.world.clock();
            if answered.is_some() || clock.now >= due {
                return Poll::Ready(answered);
            }
            clock.wake = Some(due);
            Poll::Pending
        })
        .await
    }

    /// Lets the execution be ended from outside; it goes no further.
    async fn be_ended(&self, how: What) {
        self.world.remember_now();
        if let Some(known) = self.world.stepfunctions().executions.get_mut(self.arn) {
            // Step Functions names neither error nor cause of one that has run for too long.
            if how == What::TimedOut {
                known.status = "TIMED_OUT".into();
            } else {
                known.status = "ABORTED".into();
                known.error = Some("Stopped".into());
                known.cause = Some("by a person".into());
            }
        }
        poll_fn::<(), _>(|_| Poll::Pending).await;
    }
}

impl Surroundings for Around<'_> {
    fn now(&self) -> Time {
        self.world.true_time()
    }

    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        let slot = Slot::default();
        let token = payload["task_token"].as_str().map(str::to_owned);
        self.link.requests.borrow_mut().push(Request {
            arn: self.arn.to_owned(),
            function: function.to_owned(),
            payload,
            slot: Rc::clone(&slot),
        });
        let answer = poll_fn(|_| match slot.borrow_mut().take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await;
        // An answered token ends the Task, whatever becomes of the function.
        let is_answered = |token: String| self.link.mail.borrow().contains_key(&token);
        if token.is_some_and(is_answered) {
            return Ok(Value::Null);
        }
        answer
    }

    fn open_token(&self) -> String {
        *self.link.tokens.borrow_mut() += 1;
        let token = format!("task-token-{}-{}", self.arn, self.link.tokens.borrow());
        self.world.stepfunctions().tokens.insert(token.clone());
        token
    }

    fn close_token(&self, token: &str) {
        self.world.stepfunctions().tokens.remove(token);
    }
}
