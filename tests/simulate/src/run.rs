//! The run of a stage: performs the acts of the scenario, and lets the surroundings do what AWS does, until nothing
//! moves any more.
//!
//! Everything that runs is a task: an execution, an invocation of a function, a delivery of the stream or of an event.
//! Each port call is two waits, one before it takes effect and one before its answer comes. The task whose time comes
//! first goes on. So the interleaving of tasks depends only on the calls' latencies, and the same schedule is always
//! the same run.

use crate::api_calls::asked;
use crate::deed::Deed;
use crate::due_later::{Asking, LOOK_S, Later, TICK_S};
use crate::end_of_run::Rest;
use crate::events::tick;
use crate::happening::Event;
use crate::mishap_gate::Signal;
use crate::scenario::{Act, When};
use crate::stage::Stage;
use crate::task::{Done, Role, Task};
use std::task::{Context, Poll, Waker};
use windlass_domain::text::time::Time;

/// The longest time of a run, in seconds of the world: a release waits for three days at most, a state that waits gives
/// up after a day, and the schedule finds what is left behind.
const LONGEST_S: u64 = 5 * 86_400;

/// The number of times that tasks may go on in a run.
const STEPS: u64 = 400_000;

impl<'p> Stage<'p> {
    /// Runs to the end.
    pub fn run(&mut self, acts: &[Act]) -> Rest {
        let begun = self.world.true_time();
        loop {
            self.steps += 1;
            let too_late = self.world.true_time() > begun.plus_s(LONGEST_S);
            if too_late || self.steps > STEPS {
                return Rest::Never;
            }
            if self.act(acts) {
                continue;
            }
            if self.is_at_rest() {
                if self.acted == acts.len() {
                    return Rest::Quiet;
                }
                self.perform(acts);
                continue;
            }
            self.step();
        }
    }

    /// Performs the next act if its time has come.
    fn act(&mut self, acts: &[Act]) -> bool {
        let Some(act) = acts.get(self.acted) else {
            return false;
        };
        self.act_at = match act.when {
            When::Next if self.acted > 0 => Some(self.acted_at.plus_s(1)),
            When::Next => Some(self.acted_at),
            When::After(seconds) => Some(self.acted_at.plus_s(seconds)),
            When::In(_) | When::Asks | When::Quiet => None,
        };
        let due = match act.when {
            When::In(state) => self.link.is_any_in(state),
            When::Asks => asked(&self.world).is_some(),
            _ => self.act_at.is_some_and(|at| self.world.true_time() >= at),
        };
        if due {
            self.perform(acts);
        }
        due
    }

    fn perform(&mut self, acts: &[Act]) {
        let act = acts[self.acted];
        self.note(|| format!("** {}", act.deed));
        if let Some(input) = act.deed.request(&self.world) {
            let name = format!("console-{}-{}", self.schedule.scenario, self.acted + 1);
            self.start(&name, input);
        }
        if let Some(call) = act.deed.call(&self.world) {
            self.ask(Asking::new(self.acted, call));
        }
        self.log(Event::Acted(self.acted));
        self.acted += 1;
        self.acted_at = self.world.true_time();
        if matches!(act.deed, Deed::Drift(..) | Deed::Mend(..)) {
            self.drifted_at = Some(self.acted_at);
        }
        if matches!(act.deed, Deed::Lose(..) | Deed::Regain(..)) {
            self.lost_at = Some(self.acted_at);
        }
        self.look_for_out_of_band_changes();
        self.announce_arrivals();
    }

    /// Lets the task or the event go on that is due next.
    fn step(&mut self) {
        let task = self.tasks.iter().enumerate().filter_map(|(n, task)| Some((task.next()?, task.number, n)));
        let task = task.min();
        let act = self.act_at;
        let later = self.agenda.keys().next().copied();
        match (task, later) {
            (Some((due, number, n)), later) if later.is_none_or(|l| (due, number) <= l) => {
                self.wait_until(due, act);
                if self.world.true_time() >= due {
                    self.go_on(n);
                }
            }
            (_, Some(key)) => {
                self.wait_until(key.0, act);
                if self.world.true_time() >= key.0
                    && let Some(what) = self.agenda.remove(&key)
                {
                    self.come(what);
                }
            }
            (_, None) => {}
        }
    }

    /// Lets time pass, but not past the next act.
    fn wait_until(&mut self, due: Time, act: Option<Time>) {
        let mut clock = self.world.clock();
        let due = match act {
            Some(act) if act > clock.now => due.min(act),
            _ => due,
        };
        clock.now = clock.now.max(due);
    }

    /// Lets a task go on until it waits again.
    fn go_on(&mut self, n: usize) {
        let now = self.world.true_time();
        if self.tasks[n].deadline.is_some_and(|deadline| now >= deadline) {
            self.kill(n, "Sandbox.Timedout");
            return self.pump();
        }
        self.gate.enter(&self.tasks[n]);
        {
            let mut clock = self.world.clock();
            clock.ring();
            clock.ahead_ms = self.tasks[n].ahead_ms;
        }
        let task = &mut self.tasks[n];
        let polled = task.future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let wake = {
            let mut clock = self.world.clock();
            clock.ahead_ms = 0;
            clock.wake.take()
        };
        task.due = wake;
        let who = task.who.clone();
        let number = task.number;
        let (signals, effect) = self.gate.leave();
        self.witness(&who, effect);
        self.announce_arrivals();
        match polled {
            Poll::Ready(done) => {
                let task = self.tasks.swap_remove(n);
                self.finish(task, done);
            }
            Poll::Pending => {
                for signal in signals {
                    self.obey(signal, number);
                }
            }
        }
        self.pump();
    }

    fn obey(&mut self, signal: Signal, number: u64) {
        let Some(n) = self.tasks.iter().position(|task| task.number == number) else {
            return;
        };
        match signal {
            Signal::Kill => self.kill(n, "Runtime.ExitError"),
            Signal::KillAfterSend(until) => {
                self.tasks[n].only_request = true;
                self.tasks[n].deadline = Some(until.plus_ms(1));
                self.lose(n, "Runtime.ExitError");
            }
            Signal::Lose => self.lose(n, "Lambda.Unknown"),
            Signal::Stop => {
                if let Role::Function { arn, .. } = &self.tasks[n].role {
                    let arn = arn.clone();
                    self.stop(&arn);
                }
            }
            Signal::OutOfBand => {
                self.note(|| "** somebody else changes a target".into());
                (self.scenario.out_of_band)(&self.world);
                self.look_for_out_of_band_changes();
            }
        }
    }

    fn finish(&mut self, task: Task<'p>, done: Done) {
        match (task.role, done) {
            (Role::Execution(arn), Done::Execution(end)) => self.end_execution(&arn, end),
            (Role::Function { arn, slot, name }, Done::Function(answer)) => {
                if let Ok(answered) = &answer {
                    self.look_for_secret(&name, answered);
                }
                if let Err(error) = &answer {
                    let text = format!("   {name}#{} fails: {} {}", task.number, error.name, error.cause);
                    self.note(|| text);
                }
                self.answer(&arn, slot, answer);
            }
            (Role::Stream(batch), Done::Function(answer)) => {
                if let Ok(endings) = &answer {
                    self.endings_counted(endings);
                }
                self.stream_done(batch, answer.is_ok());
            }
            (Role::Recovery(brought), Done::Function(answer)) => {
                self.recovery_done(brought, answer.is_ok());
            }
            (Role::Intake(messages), Done::Function(answer)) => {
                self.received(messages.as_deref(), answer.ok().as_ref());
            }
            (Role::Api(asking), Done::Function(answer)) => {
                self.replied(asking, answer.ok());
            }
            _ => {}
        }
    }

    /// Kills the process of a task.
    fn kill(&mut self, n: usize, error: &str) {
        self.lose(n, error);
        drop(self.tasks.swap_remove(n));
    }

    /// Lets something come that is due.
    fn come(&mut self, what: Later) {
        match what {
            Later::Recover(event, tries) => self.recover(event, tries),
            Later::Stream => self.bring_stream(),
            Later::Redrive(arn) => self.redrive(&arn),
            Later::Ask(asking) => self.ask(asking),
            Later::Message(message) => self.receive(message),
            Later::Look => {
                let at = self.world.true_time().plus_s(LOOK_S);
                self.later(at, Later::Look);
                self.look();
            }
            Later::Tick => {
                let now = self.world.true_time();
                self.later(now.plus_s(TICK_S), Later::Tick);
                for at in self.times_of_event(now) {
                    self.later(at, Later::Recover(tick(), 1));
                }
            }
        }
        self.pump();
    }
}
