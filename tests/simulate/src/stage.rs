//! The stage on which a scenario runs with the mishaps of a schedule: the in-memory world, everything that runs on it
//! or comes later, and what has happened.

use crate::arrivals::{Announced, Arrival};
use crate::due_later::{LOOK_S, Later, TICK_S};
use crate::execution_link::{ExecutionLink, Home};
use crate::happening::{Counts, Event, Happening};
use crate::mishap_gate::MishapGate;
use crate::scenario::Scenario;
use crate::schedule::{Counted, Schedule};
use crate::targets::{COMPONENTS, visible};
use crate::task::Task;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_machine::program::Program;
use windlass_world::World;
use windlass_world::dynamodb::Written;

/// A run under way.
pub struct Stage<'p> {
    /// The world.
    pub world: World,
    pub(crate) program: &'p Program,
    pub(crate) scenario: &'static Scenario,
    pub(crate) schedule: Schedule,
    pub(crate) gate: Rc<MishapGate>,
    pub(crate) link: Rc<ExecutionLink>,
    pub(crate) tasks: Vec<Task<'p>>,
    pub(crate) homes: BTreeMap<String, Home<'p>>,
    pub(crate) agenda: BTreeMap<(Time, u64), Later>,
    pub(crate) numbers: u64,
    pub(crate) invocations: u64,
    /// The time until which Lambda refuses the invocations that Step Functions makes.
    pub(crate) throttled_until: Time,
    pub(crate) events: u64,
    pub(crate) stream: Vec<Written>,
    pub(crate) stream_comes: bool,
    pub(crate) stream_tries: u32,
    pub(crate) happened: Vec<Happening>,
    pub(crate) redrives: BTreeMap<String, u64>,
    pub(crate) seen: BTreeMap<&'static str, String>,
    pub(crate) timeline: Option<Vec<String>>,
    /// The numbers of points when the first recovery began, with the end that it recovers from, and when it ended.
    pub(crate) recovery: Option<(Counts, Option<Counts>)>,
    /// The names that open documents of the site contain.
    pub(crate) named: BTreeSet<String>,
    /// True if events of arrivals come.
    pub(crate) hears: bool,
    pub(crate) announced: Announced,
    /// The releases that arrived.
    pub(crate) arrived: Vec<(Time, Arrival)>,
    /// The time at which the schedule of `intake` came last.
    pub(crate) looked: Time,
    /// The time of the last change of a target that an hourly look must report.
    pub(crate) drifted_at: Option<Time>,
    /// The time at which something that the way back needs was lost or came back last.
    pub(crate) lost_at: Option<Time>,
    pub(crate) acted: usize,
    pub(crate) acted_at: Time,
    /// The time of the next act, if it has one.
    pub(crate) act_at: Option<Time>,
    pub(crate) steps: u64,
}

/// After a panic of the product, prints the events that led to it.
impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in self.timeline.iter().flatten() {
                println!("{line}");
            }
        }
    }
}

impl<'p> Stage<'p> {
    /// Makes a stage on which a scenario begins in a world.
    pub fn new(program: &'p Program, scenario: &'static Scenario, world: World, schedule: &Schedule) -> Self {
        let gate = Rc::new(MishapGate::new(schedule));
        world.dynamodb().stream.clear();
        world.mishaps().calls.clear();
        world.mishaps().gate = Some(gate.clone());
        world.dynamodb().let_reads_be_late();
        let stops = schedule.mishaps.iter().filter(|mishap| mishap.what.counted() == Counted::Visits);
        let link = Rc::new(ExecutionLink::default());
        link.stop_at(stops.map(|mishap| (mishap.at, mishap.what)));
        let now = world.true_time();
        let seen = COMPONENTS.map(|component| (component, visible(&world, component)));
        let mut stage = Self {
            program,
            scenario,
            schedule: schedule.clone(),
            gate,
            link,
            tasks: Vec::new(),
            homes: BTreeMap::new(),
            agenda: BTreeMap::new(),
            numbers: 0,
            invocations: 0,
            throttled_until: Time(0),
            events: 0,
            stream: Vec::new(),
            stream_comes: false,
            stream_tries: 0,
            happened: Vec::new(),
            redrives: BTreeMap::new(),
            seen: seen.into(),
            timeline: None,
            recovery: None,
            named: BTreeSet::new(),
            hears: scenario.hears(),
            announced: Announced::all(&world),
            arrived: Vec::new(),
            looked: now,
            drifted_at: None,
            lost_at: None,
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
    pub fn keep_timeline(&mut self) {
        self.timeline = Some(Vec::new());
    }

    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        let now = self.world.true_time();
        if let Some(timeline) = &mut self.timeline {
            let ms = now.0 % 1000;
            let clock = now.to_string();
            timeline.push(format!("{}.{ms:03}  {}", &clock[11..19], text()));
        }
    }

    pub(crate) fn log(&mut self, what: Event) {
        let at = self.world.true_time();
        self.happened.push(Happening { at, what });
    }

    pub(crate) fn later(&mut self, at: Time, what: Later) {
        self.numbers += 1;
        self.agenda.insert((at, self.numbers), what);
    }
}
