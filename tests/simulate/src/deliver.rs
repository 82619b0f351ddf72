//! The surroundings of Windlass: executions begin and end, functions are invoked, and events and the ledger's stream
//! come where the template's rules bring them.

use crate::due_later::Later;
use crate::events::EVENT_MS;
use crate::execution_link::{Home, Request, Slot, drive};
use crate::happening::{Event, Who};
use crate::schedule::{Counted, What};
use crate::stage::Stage;
use crate::task::{Done, Role, Task};
use serde::Deserialize;
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_engine::converge::Work;
use windlass_engine::payload::{DeployerInput, PublisherInput};
use windlass_engine::ports::Execution as Known;
use windlass_machine::{End, Execution, TaskError, answer, status_event, timeout_s};
use windlass_world::stepfunctions::arn_of;

/// The time until an execution begins, in milliseconds.
const BEGIN_MS: u64 = 20;

/// The times from the end of an execution to its redrive, in seconds: before its recovery takes over, or long after.
const REDRIVEN_S: [u64; 2] = [2, 7200];

impl<'p> Stage<'p> {
    /// Starts an execution from outside.
    pub(crate) fn start(&mut self, name: &str, input: Value) {
        let arn = arn_of(name);
        let known = Known {
            arn: arn.clone(),
            status: "RUNNING".into(),
            error: None,
            cause: None,
            started: self.world.true_time(),
            input: input.clone(),
        };
        let mut executions = self.world.stepfunctions();
        executions.executions.insert(arn.clone(), known);
        executions.started.push((arn, name.to_owned(), input));
        drop(executions);
        self.pump();
    }

    /// Stops an execution from outside.
    pub(crate) fn stop(&mut self, arn: &str) {
        self.world.remember_now();
        let mut executions = self.world.stepfunctions();
        if let Some(known) = executions.executions.get_mut(arn)
            && known.status == "RUNNING"
        {
            known.status = "ABORTED".into();
            known.error = Some("Stopped".into());
            known.cause = Some("by a person".into());
        }
    }

    /// Brings everything that came up to its receiver.
    pub(crate) fn pump(&mut self) {
        for (visit, arn, state) in self.link.take_entered() {
            self.note(|| format!("{} enters {state} (visit {visit})", short(&arn)));
            self.meet_at_visit(visit, &arn);
        }
        self.begin();
        for request in self.link.take_requests() {
            self.invoke(request);
        }
        let asked = std::mem::take(&mut self.world.lambda_invoke().asked);
        for ask in asked {
            self.run_call(ask);
        }
        let answered = std::mem::take(&mut self.world.stepfunctions().answered);
        for (token, output) in answered {
            self.link.post(token, output);
            let now = self.world.true_time();
            for task in &mut self.tasks {
                if matches!(task.role, Role::Execution(_)) {
                    task.due = Some(now);
                }
            }
        }
        self.abort();
        if !self.stream.is_empty() && !self.stream_comes {
            self.stream_comes = true;
            self.announce_stream();
        }
    }

    fn begin(&mut self) {
        let started = std::mem::take(&mut self.world.stepfunctions().started);
        for (arn, name, input) in started {
            self.note(|| format!("{} begins", short(&arn)));
            let now = self.world.true_time();
            let execution = Execution::start(self.program, &arn, &name, input, now);
            let home: Home<'p> = Rc::new(RefCell::new(Some(execution)));
            self.homes.insert(arn.clone(), home);
            self.let_go_on(arn, now);
        }
    }

    /// Lets an execution begin, or go on after a redrive.
    fn let_go_on(&mut self, arn: String, now: Time) {
        let Some(home) = self.homes.get(&arn).map(Rc::clone) else {
            return;
        };
        let driven = drive(home, arn.clone(), self.world.clone(), Rc::clone(&self.link));
        let who = self.who("Step Functions");
        self.tasks.push(Task {
            number: who.number,
            role: Role::Execution(arn),
            who,
            future: Box::pin(async move { Done::Execution(driven.await) }),
            due: Some(now.plus_ms(BEGIN_MS)),
            deadline: None,
            ahead_ms: 0,
            only_request: false,
            open_until: None,
        });
    }

    pub(crate) fn who(&mut self, function: &str) -> Who {
        self.numbers += 1;
        Who { number: self.numbers, function: function.into(), execution: None, work: None }
    }

    fn invoke(&mut self, request: Request) {
        let invocation = self.next_invocation();
        self.look_for_secret(&request.function, &request.payload);
        let Request { arn, function, payload, slot } = request;
        if invocation.is_refused {
            let error = TaskError::new("Lambda.ServiceException", "it was not invoked");
            return self.answer(&arn, Some(slot), Err(error));
        }
        if self.world.true_time() < self.throttled_until {
            let error = TaskError::new("Lambda.TooManyRequestsException", "the account has no concurrency left");
            return self.answer(&arn, Some(slot), Err(error));
        }
        if invocation.is_given_up {
            let error = TaskError::new("Lambda.Unknown", "no answer came");
            self.answer(&arn, Some(Rc::clone(&slot)), Err(error));
        }
        let mut who = self.who(&function);
        who.work = work_asked(&payload).map(Rc::new);
        who.execution = Some(arn.as_str().into());
        let number = who.number;
        self.note(|| {
            format!("{} invokes {function}#{number} (invocation {}) {payload}", short(&arn), invocation.number)
        });
        let (world, name) = (self.world.clone(), function.clone());
        let future = async move {
            let answered = answer(&world, &name, payload).await;
            invocation.done(answered.map_err(|fault| TaskError::of(&fault)))
        };
        let begins = invocation.begins;
        self.tasks.push(Task {
            number,
            role: Role::Function { arn, name: function.clone(), slot: Some(slot).filter(|_| !invocation.is_given_up) },
            who,
            future: Box::pin(future),
            due: Some(begins),
            deadline: Some(begins.plus_s(timeout_s(&function))),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    /// Brings an answer to the execution that waits for it.
    pub(crate) fn answer(&mut self, arn: &str, slot: Option<Slot>, answer: Result<Value, TaskError>) {
        let Some(slot) = slot else { return };
        *slot.borrow_mut() = Some(answer);
        let now = self.world.true_time();
        let mut tasks = self.tasks.iter_mut();
        let waits = tasks.find(|task| matches!(&task.role, Role::Execution(of) if of == arn));
        if let Some(task) = waits {
            task.due = Some(now);
        }
    }

    /// Reports to the waiting side of a task that the task failed. The task itself may go on.
    pub(crate) fn lose(&mut self, n: usize, error: &str) {
        let number = self.tasks[n].number;
        let function = Rc::clone(&self.tasks[n].who.function);
        self.note(|| format!("   {function}#{number} is lost: {error}"));
        let error = TaskError::new(error, "the function is gone");
        match &mut self.tasks[n].role {
            Role::Function { arn, slot, .. } => {
                let (arn, slot) = (arn.clone(), slot.take());
                self.answer(&arn, slot, Err(error));
            }
            Role::Stream(batch) => {
                let batch = batch.take();
                self.stream_done(batch, false);
            }
            Role::Recovery(event) => {
                let event = event.take();
                self.recovery_done(event, false);
            }
            Role::Intake(messages) => {
                let messages = messages.take();
                self.received(messages.as_deref(), None);
            }
            Role::Api(asking) => {
                let asking = asking.take();
                self.replied(asking, None);
            }
            Role::Execution(_) | Role::Runner => {}
        }
    }

    fn abort(&mut self) {
        loop {
            let ended = (0..).zip(&self.tasks).find_map(|(n, task)| match &task.role {
                Role::Execution(arn) => {
                    let executions = self.world.stepfunctions();
                    let known = executions.executions.get(arn)?;
                    let mut from_outside = ["ABORTED", "TIMED_OUT"].into_iter();
                    let status = from_outside.find(|status| known.status == *status)?;
                    Some((n, status))
                }
                _ => None,
            });
            let Some((n, status)) = ended else { return };
            let task = self.tasks.swap_remove(n);
            if let Role::Execution(arn) = &task.role {
                let arn = arn.clone();
                drop(task);
                self.ended(&arn, status);
            }
        }
    }

    pub(crate) fn end_execution(&mut self, arn: &str, end: End) {
        if let End::Succeeded(answer) = &end {
            self.hold_answer(arn, answer);
        }
        let (status, error) = match end {
            End::Succeeded(_) => ("SUCCEEDED", None),
            End::Failed(error) => ("FAILED", Some(error)),
            End::TimedOut => ("TIMED_OUT", None),
        };
        if let Some(known) = self.world.stepfunctions().executions.get_mut(arn) {
            status.clone_into(&mut known.status);
            if let Some(error) = error {
                known.error = Some(error.name);
                known.cause = Some(error.cause);
            }
        }
        self.ended(arn, status);
    }

    /// Records the end of an execution. If it was not a success, the template's rule on such executions starts
    /// recovery.
    fn ended(&mut self, arn: &str, status: &str) {
        self.note(|| format!("{} ends {status}", short(arn)));
        self.recovery_ends(short(arn));
        self.link.left(arn);
        // Nobody waits for the task tokens of an execution that has ended (AWS Step Functions API
        // Reference, SendTaskSuccess: `TaskTimedOut`).
        let own = format!("task-token-{arn}-");
        let is_other = |token: &String| !token.starts_with(&own);
        self.world.stepfunctions().tokens.retain(is_other);
        self.log(Event::Ended { arn: arn.to_owned(), status: status.to_owned() });
        let now = self.world.true_time();
        if let Some(after) = self.redrives.remove(arn) {
            self.later(now.plus_s(after), Later::Redrive(arn.to_owned()));
        }
        if status == "SUCCEEDED" {
            return;
        }
        self.recovery_begins();
        let event = status_event(&self.world, arn, status);
        let comes = now.plus_ms(EVENT_MS);
        for at in self.times_of_event(comes) {
            self.later(at, Later::Recover(event.clone(), 1));
        }
    }

    fn meet_at_visit(&mut self, visit: u64, arn: &str) {
        let met: Vec<What> = self.schedule.at(Counted::Visits, visit).collect();
        for what in met {
            self.gate.note(what);
            match what {
                // The event of its end is the next one that is counted.
                What::StoppedUnannounced => {
                    self.schedule.mishaps.push(crate::schedule::Mishap { what: What::EventLost, at: self.events + 1 });
                }
                What::StoppedRedriven => {
                    self.redrives.insert(arn.to_owned(), REDRIVEN_S[0]);
                }
                What::StoppedRedrivenLate => {
                    self.redrives.insert(arn.to_owned(), REDRIVEN_S[1]);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn redrive(&mut self, arn: &str) {
        let now = self.world.true_time();
        let home = self.homes.get(arn).map(Rc::clone);
        if let Some(home) = home
            && let Some(execution) = &mut *home.borrow_mut()
        {
            execution.redrive(now);
        }
        if let Some(known) = self.world.stepfunctions().executions.get_mut(arn) {
            known.status = "RUNNING".into();
            known.error = None;
            known.cause = None;
        }
        self.note(|| format!("{} is redriven", short(arn)));
        self.let_go_on(arn.to_owned(), now);
    }
}

/// Returns an execution's name.
/// Returns the work that a payload asks for, if it is for a deployer or a publisher.
fn work_asked(payload: &Value) -> Option<Work> {
    let deployer = DeployerInput::deserialize(payload).map(Work::from);
    let publisher = PublisherInput::deserialize(payload).map(Work::from);
    deployer.or(publisher).ok()
}

fn short(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
