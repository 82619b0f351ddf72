//! The stage: runs a scenario with the mishaps of a schedule over the in-memory world, and lets the
//! surroundings do what AWS does, until nothing moves any more.
//!
//! Everything that runs is a task: an execution, an invocation of a function, a delivery of the stream or of an event.
//! Each port call is two waits, one before it takes effect and one before its answer comes. The task whose time comes
//! first goes on. So the interleaving of tasks depends only on the calls' latencies, and the same schedule is always
//! the same run.

use crate::agenda::Later;
use crate::arrivals::{Arrival, Told};
use crate::client::Asking;
use crate::end_of_run::Rest;
use crate::happening::{Counts, Event, Happening};
use crate::queue::LOOK_S;
use crate::scenario::{Deed, Scenario, When};
use crate::schedule::{Counted, Schedule};
use crate::targets::{COMPONENTS, visible};
use crate::task::{Done, Role, Task};
use crate::turnstile::{Signal, Turnstile};
use crate::wings::{Home, Wings};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use windlass_domain::time::Time;
use windlass_machine::program::Program;
use windlass_world::World;
use windlass_world::ledger::Written;

/// The longest time of a run, in seconds of the world: a deployment that waits gives up after a day, and the schedule
/// finds what is left behind.
const LONGEST_S: u64 = 4 * 86_400;

/// The number of times that tasks may go on in a run.
const STEPS: u64 = 400_000;

/// The period of the schedule of `recovery`, which looks for lost ends, in seconds.
pub const TICK_S: u64 = 300;

/// A run under way.
pub struct Stage<'p> {
    /// The world.
    pub world: World,
    pub(crate) program: &'p Program,
    pub(crate) scenario: &'static Scenario,
    pub(crate) schedule: Schedule,
    pub(crate) gate: Rc<Turnstile>,
    pub(crate) wings: Rc<Wings>,
    pub(crate) tasks: Vec<Task<'p>>,
    pub(crate) homes: BTreeMap<String, Home<'p>>,
    pub(crate) agenda: BTreeMap<(Time, u64), Later>,
    pub(crate) numbers: u64,
    pub(crate) invocations: u64,
    pub(crate) events: u64,
    pub(crate) stream: Vec<Written>,
    pub(crate) stream_comes: bool,
    pub(crate) stream_tries: u32,
    pub(crate) happened: Vec<Happening>,
    pub(crate) redrives: BTreeMap<String, u64>,
    pub(crate) seen: BTreeMap<&'static str, String>,
    pub(crate) told: Option<Vec<String>>,
    /// The numbers of points when the first recovery began, with the end that it recovers from, and when it ended.
    pub(crate) recovery: Option<(Counts, Option<Counts>)>,
    /// The names that open documents of the site contain.
    pub(crate) named: BTreeSet<String>,
    /// True if events tell of arrivals.
    pub(crate) hears: bool,
    pub(crate) told_of: Told,
    /// The releases that arrived.
    pub(crate) arrived: Vec<(Time, Arrival)>,
    /// The time at which the schedule of `intake` came last.
    pub(crate) looked: Time,
    /// The time of the last change of a target that an hourly look must tell.
    pub(crate) drifted_at: Option<Time>,
    acted: usize,
    acted_at: Time,
    /// The time of the next act, if it has one.
    act_at: Option<Time>,
    steps: u64,
}

/// After a panic of the product, prints the events that led to it.
impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in self.told.iter().flatten() {
                println!("{line}");
            }
        }
    }
}

impl<'p> Stage<'p> {
    /// Makes a stage on which a scenario begins in a world.
    pub fn new(
        program: &'p Program,
        scenario: &'static Scenario,
        world: World,
        schedule: &Schedule,
    ) -> Self {
        let gate = Rc::new(Turnstile::new(schedule));
        world.ledger().stream.clear();
        world.mishaps().calls.clear();
        world.mishaps().gate = Some(gate.clone());
        world.ledger().let_reads_be_late();
        let stops = schedule
            .mishaps
            .iter()
            .filter(|mishap| mishap.what.counted() == Counted::Visits);
        let wings = Rc::new(Wings::default());
        wings.stop_at(stops.map(|mishap| (mishap.at, mishap.what)));
        let now = world.true_time();
        let seen = COMPONENTS.map(|component| (component, visible(&world, component)));
        let mut stage = Self {
            program,
            scenario,
            schedule: schedule.clone(),
            gate,
            wings,
            tasks: Vec::new(),
            homes: BTreeMap::new(),
            agenda: BTreeMap::new(),
            numbers: 0,
            invocations: 0,
            events: 0,
            stream: Vec::new(),
            stream_comes: false,
            stream_tries: 0,
            happened: Vec::new(),
            redrives: BTreeMap::new(),
            seen: seen.into(),
            told: None,
            recovery: None,
            named: BTreeSet::new(),
            hears: scenario.hears(),
            told_of: Told::all(&world),
            arrived: Vec::new(),
            looked: now,
            drifted_at: None,
            acted: 0,
            acted_at: now,
            act_at: None,
            steps: 0,
            world,
        };
        stage.later(now.plus_s(TICK_S), Later::Tick);
        if stage.hears {
            stage.later(now.plus_s(LOOK_S), Later::Look);
        }
        stage
    }

    /// Writes down all events from now on, for a person.
    pub fn tell_all(&mut self) {
        self.told = Some(Vec::new());
    }

    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        let now = self.world.true_time();
        if let Some(told) = &mut self.told {
            let ms = now.0 % 1000;
            let clock = now.to_string();
            told.push(format!("{}.{ms:03}  {}", &clock[11..19], text()));
        }
    }

    pub(crate) fn log(&mut self, what: Event) {
        let at = self.world.true_time();
        self.happened.push(Happening { at, what });
    }

    /// Runs to the end.
    pub fn run(&mut self, acts: &[crate::scenario::Act]) -> Rest {
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
    fn act(&mut self, acts: &[crate::scenario::Act]) -> bool {
        let Some(act) = acts.get(self.acted) else {
            return false;
        };
        self.act_at = match act.when {
            When::Next if self.acted > 0 => Some(self.acted_at.plus_s(1)),
            When::Next => Some(self.acted_at),
            When::After(seconds) => Some(self.acted_at.plus_s(seconds)),
            When::In(_) | When::Quiet => None,
        };
        let due = match act.when {
            When::In(state) => self.wings.is_any_in(state),
            _ => self.act_at.is_some_and(|at| self.world.true_time() >= at),
        };
        if due {
            self.perform(acts);
        }
        due
    }

    fn perform(&mut self, acts: &[crate::scenario::Act]) {
        let act = acts[self.acted];
        self.tell(|| format!("** {}", act.deed));
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
        self.look_for_out_of_band_changes();
        self.tell_arrivals();
    }

    /// Lets the task or the event go on that is due next.
    fn step(&mut self) {
        let task = self
            .tasks
            .iter()
            .enumerate()
            .filter_map(|(n, task)| Some((task.next()?, task.number, n)));
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
        if self.tasks[n]
            .deadline
            .is_some_and(|deadline| now >= deadline)
        {
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
        let polled = task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
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
        self.tell_arrivals();
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
                self.tell(|| "** somebody else changes a target".into());
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
                    let text = format!(
                        "   {name}#{} fails: {} {}",
                        task.number, error.name, error.cause
                    );
                    self.tell(|| text);
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
}
