//! The gate at every port call: places the mishaps of a schedule, and gives each call its time.

use crate::schedule::{Counted, Schedule, What};
use crate::switches::is_switch;
use crate::task::Task;
use crate::times::{
    BEHIND_AT_RANDOM_MS, BEHIND_FOR_MS, BEHIND_MS, HELD_MS, budget_ms, late, runs_on, slow_ms, twin_ms,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_world::call_gate::{Gate, Passage, Passing};
use windlass_world::mishaps::When;

/// The time of a call and that of its answer if all latencies are alike, in milliseconds each.
const LATENCY_MS: u64 = 15;

/// The time for which a long throttle or refusal lasts, and by which the index is late if it is, in milliseconds.
pub(crate) const LONG_MS: u64 = 600_000;

/// The time for which transactions are in the way of others if that lasts, in milliseconds. It is longer than one
/// invocation tries again, which is two seconds (`shared/engine/src/converge/attempt.rs`,
/// `shared/engine/src/ledger/mod.rs`).
const CONFLICT_MS: u64 = 5_000;

/// An order to the stage after a call met its mishap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The process dies.
    Kill,
    /// The process dies, and the request that it sent is under way until this time.
    KillAfterSend(Time),
    /// Step Functions loses the function, which goes on.
    Lose,
    /// The execution that the function works for is stopped.
    Stop,
    /// Somebody else changes a target.
    OutOfBand,
}

/// A call that took effect.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// The call's number.
    pub call: u64,
    /// Its name.
    pub name: &'static str,
    /// The time at which it was sent.
    pub sent: Time,
}

/// The task that runs now.
#[derive(Debug, Clone, Copy, Default)]
struct Runs {
    /// True if its process is dead and only a request of it is under way.
    only_request: bool,
    /// The time until which the switching call that it has recorded last may be under way.
    open_until: Option<Time>,
}

#[derive(Debug)]
struct State {
    schedule: Schedule,
    random: fastrand::Rng,
    /// The task that runs now.
    runs: Runs,
    signals: Vec<Signal>,
    effect: Option<Effect>,
    sent: BTreeMap<u64, Time>,
    refused: BTreeMap<&'static str, (Time, FaultName)>,
    lookups: u64,
    looks: u64,
    /// The time until which reads are behind.
    behind_until: Time,
    transactions: u64,
    /// The time until which other transactions are in the way.
    conflict_until: Time,
    met: Vec<What>,
}

/// The gate.
#[derive(Debug)]
pub struct MishapGate {
    state: RefCell<State>,
}

impl MishapGate {
    /// Makes a gate that places the mishaps of a schedule.
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            state: RefCell::new(State {
                random: fastrand::Rng::with_seed(schedule.latencies),
                schedule: schedule.clone(),
                runs: Runs::default(),
                signals: Vec::new(),
                effect: None,
                sent: BTreeMap::new(),
                refused: BTreeMap::new(),
                lookups: 0,
                looks: 0,
                behind_until: Time(0),
                transactions: 0,
                conflict_until: Time(0),
                met: Vec::new(),
            }),
        }
    }

    /// Notes that a task goes on: a process, or only a request that outlived its process.
    pub(crate) fn enter(&self, task: &Task<'_>) {
        let mut state = self.state.borrow_mut();
        state.runs = Runs { only_request: task.only_request, open_until: task.open_until };
        state.effect = None;
        state.signals.clear();
    }

    /// Returns the signals of the task that ran, and its call that took effect.
    pub fn leave(&self) -> (Vec<Signal>, Option<Effect>) {
        let mut state = self.state.borrow_mut();
        (std::mem::take(&mut state.signals), state.effect.take())
    }

    /// Notes that a mishap at something other than a call was met.
    pub fn note(&self, what: What) {
        self.state.borrow_mut().met.push(what);
    }

    /// Returns the mishaps that were met.
    pub fn met(&self) -> Vec<What> {
        self.state.borrow().met.clone()
    }

    /// Returns the number of reads of the index.
    pub fn lookups(&self) -> u64 {
        self.state.borrow().lookups
    }

    /// Returns the number of reads that need not be consistent.
    pub fn looks(&self) -> u64 {
        self.state.borrow().looks
    }

    /// Returns the number of transactions.
    pub fn transactions(&self) -> u64 {
        self.state.borrow().transactions
    }
}

/// Returns whether AWS promises no consistent answer for this read.
fn need_not_be_consistent(name: &str) -> bool {
    matches!(
        name,
        "cloudwatch.alarm_history"
            | "cloudformation.change_set"
            | "cloudformation.stack"
            | "cloudformation.stack_events"
            | "ecs.service"
            | "ecs.tasks"
            | "ecs.task_definition"
            | "ecs.task_definitions"
            | "external.look"
            | "stepfunctions.execution"
            | "lambda.function"
            | "lambda.versions"
            | "lambda.alias"
            | "lambda.provisioned"
            | "cloudfront.distribution"
            | "cloudfront.distributions"
            | "cloudfront.invalidated"
    )
}

fn fault(name: FaultName, text: &str) -> Passage {
    Passage { at: Time(0), late_ms: 0, conflict: None, answer: Err(Fault::new(name, text)) }
}

/// The request of a dead process makes no other call, and no answer comes to it.
fn never() -> Passage {
    Passage { at: Time(u64::MAX), late_ms: 0, conflict: None, answer: Ok(()) }
}

impl State {
    fn latency(&mut self) -> u64 {
        if self.schedule.latencies == 0 {
            return LATENCY_MS;
        }
        if self.random.u32(..400) == 0 {
            return self.random.u64(500..4_000);
        }
        self.random.u64(1..80)
    }

    /// Returns the time by which a read is behind, in milliseconds.
    fn late_ms(&mut self, now: Time, name: &str) -> u64 {
        match name {
            "dynamodb.query_index" => self.index_late_ms(),
            _ if need_not_be_consistent(name) => self.look_late_ms(now),
            _ => 0,
        }
    }

    fn look_late_ms(&mut self, now: Time) -> u64 {
        self.looks += 1;
        if let Some(what) = self.schedule.at(Counted::Looks, self.looks).next() {
            self.met.push(what);
            self.behind_until = now.plus_ms(BEHIND_FOR_MS);
        }
        match self.schedule.latencies {
            _ if now < self.behind_until => BEHIND_MS,
            0 => 0,
            _ => self.random.u64(0..BEHIND_AT_RANDOM_MS),
        }
    }

    fn index_late_ms(&mut self) -> u64 {
        self.lookups += 1;
        let is_late = self.schedule.at(Counted::Lookups, self.lookups).next();
        if let Some(what) = is_late {
            self.met.push(what);
            return LONG_MS;
        }
        match self.schedule.latencies {
            0 => 0,
            _ => self.random.u64(0..BEHIND_AT_RANDOM_MS),
        }
    }

    /// Returns the item of a transaction on which another transaction is under way, counted around: another item each
    /// time.
    fn conflict(&mut self, now: Time, name: &str) -> Option<u64> {
        if name != "dynamodb.transact" {
            return None;
        }
        self.transactions += 1;
        let number = self.transactions;
        let what = self.schedule.at(Counted::Transactions, number).next();
        self.met.extend(what);
        if what == Some(What::ConflictLasts) {
            self.conflict_until = now.plus_ms(CONFLICT_MS);
        }
        (what.is_some() || now < self.conflict_until).then_some(number)
    }

    /// Lets the process die when it has sent a request, which takes effect at the given time.
    fn outlive(&mut self, at: Time, passage: &mut Passage) {
        self.signals.push(Signal::KillAfterSend(at));
        passage.at = at;
    }

    fn before(&mut self, now: Time, passing: Passing) -> Passage {
        let Passing { call, name, .. } = passing;
        if self.runs.only_request {
            return never();
        }
        self.sent.insert(call, now);
        let mut passage = Passage {
            at: now.plus_ms(self.latency()),
            late_ms: self.late_ms(now, name),
            conflict: self.conflict(now, name),
            answer: Ok(()),
        };
        if let Some((until, refusal)) = self.refused.get(name)
            && now < *until
        {
            return Passage { at: passage.at, ..fault(*refusal, "not now") };
        }
        // This mishap happens only at a switching call.
        let is_here = |what: &What| *what != What::StoppedLate || is_switch(name);
        let met = self.schedule.at(Counted::Calls, call).filter(is_here);
        let met: Vec<What> = met.collect();
        for what in met {
            self.met.push(what);
            self.meet_before(what, now, passing, &mut passage);
        }
        passage
    }

    fn meet_before(&mut self, what: What, now: Time, passing: Passing, passage: &mut Passage) {
        let budget_ms = budget_ms(passing.name, passing.within_ms);
        match what {
            What::FailsBefore => {
                passage.answer = fault(FaultName::Unavailable, "no connection").answer;
            }
            What::Throttled | What::ThrottledLong | What::Denied | What::DeniedLong => {
                let refusal = match what {
                    What::Throttled | What::ThrottledLong => FaultName::Throttled,
                    _ => FaultName::AccessDenied,
                };
                if matches!(what, What::ThrottledLong | What::DeniedLong) {
                    let until = now.plus_ms(LONG_MS);
                    self.refused.insert(passing.name, (until, refusal));
                }
                passage.answer = fault(refusal, "not now").answer;
            }
            What::HangsBefore => {
                passage.at = now.plus_ms(budget_ms);
                passage.answer = fault(FaultName::Unavailable, "no answer in time").answer;
            }
            What::KilledBefore => {
                self.signals.push(Signal::Kill);
                passage.at = Time(u64::MAX);
            }
            What::Late => {
                let at = self.latest(now, passing);
                self.outlive(at, passage);
            }
            What::StoppedLate => {
                let at = self.latest(now, passing);
                self.signals.push(Signal::Stop);
                self.outlive(at, passage);
            }
            What::StoppedHeld => {
                self.signals.push(Signal::Stop);
                self.outlive(now.plus_ms(HELD_MS), passage);
            }
            What::Twin => {
                self.signals.push(Signal::Lose);
                passage.at = now.plus_ms(twin_ms(budget_ms));
            }
            What::Slow => passage.at = now.plus_ms(slow_ms(budget_ms)),
            What::StoppedWithin => self.signals.push(Signal::Stop),
            What::StoppedSlow => {
                self.signals.push(Signal::Stop);
                passage.at = now.plus_ms(twin_ms(budget_ms));
            }
            What::OutOfBand => self.signals.push(Signal::OutOfBand),
            _ => {}
        }
    }

    /// Returns the latest time at which a request takes effect.
    fn latest(&self, now: Time, passing: Passing) -> Time {
        let given_up = now.plus_ms(budget_ms(passing.name, passing.within_ms));
        let open_until = self.runs.open_until;
        late(match open_until {
            Some(open_until) if runs_on(passing.name) => open_until.max(given_up),
            Some(open_until) if is_switch(passing.name) => open_until,
            _ => given_up,
        })
    }

    fn after(&mut self, now: Time, passing: Passing) -> Passage {
        let Passing { call, name, .. } = passing;
        let sent = self.sent.remove(&call).unwrap_or(now);
        self.effect = Some(Effect { call, name, sent });
        let mut passage = Passage { at: now.plus_ms(self.latency()), late_ms: 0, conflict: None, answer: Ok(()) };
        if self.runs.only_request {
            return never();
        }
        let lost = |text: &str| fault(FaultName::Unavailable, text).answer;
        for what in self.schedule.at(Counted::Calls, call) {
            match what {
                What::FailsAfter => passage.answer = lost("the answer was lost"),
                What::HangsAfter => {
                    passage.at = sent.plus_ms(budget_ms(name, passing.within_ms));
                    passage.answer = lost("no answer in time");
                }
                What::KilledAfter => {
                    self.signals.push(Signal::Kill);
                    passage.at = Time(u64::MAX);
                }
                _ => {}
            }
        }
        passage
    }
}

impl Gate for MishapGate {
    fn pass(&self, now: Time, passing: Passing) -> Passage {
        let mut state = self.state.borrow_mut();
        match passing.when {
            When::Before => state.before(now, passing),
            When::After => state.after(now, passing),
        }
    }

    fn looks_back(&self) -> bool {
        let state = self.state.borrow();
        let mut mishaps = state.schedule.mishaps.iter();
        state.schedule.latencies > 0 || mishaps.any(|mishap| mishap.what.counted() == Counted::Looks)
    }
}
