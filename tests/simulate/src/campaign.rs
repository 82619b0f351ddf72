//! Many schedules, on all cores.

use crate::exhaust::shrink;
use crate::play::{Played, Ready};
use crate::scenario::Scenario;
use crate::schedule::{Schedule, What};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;
use windlass_machine::program::Program;

/// A schedule after which a rule did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The schedule, as short as it gets.
    pub seed: Schedule,
    /// The schedule as it was found.
    pub found: Schedule,
    /// The rule.
    pub rule: &'static str,
    /// Why.
    pub why: String,
}

/// What came of many schedules.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many were played.
    pub schedules: u64,
    /// How many mishaps were met, by kind.
    pub met: BTreeMap<What, u64>,
    /// The states that executions were in.
    pub states: BTreeSet<String>,
    /// The port calls that were made.
    pub calls: BTreeSet<&'static str>,
    /// How many schedules broke a rule.
    pub broken: u64,
    /// How many were not played, because the time was over.
    pub left: u64,
    /// The first of them for each scenario and rule, shrunk.
    pub failures: BTreeMap<(String, &'static str), Failure>,
}

impl Tally {
    fn add(&mut self, played: Played) {
        self.schedules += 1;
        for what in played.met {
            *self.met.entry(what).or_default() += 1;
        }
        self.states.extend(played.states);
        self.calls.extend(played.calls);
        self.broken += u64::from(!played.broken.is_empty());
    }

    /// Both together.
    pub fn merge(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.broken += other.broken;
        self.left += other.left;
        for (what, times) in other.met {
            *self.met.entry(what).or_default() += times;
        }
        self.states.extend(other.states);
        self.calls.extend(other.calls);
        for (key, failure) in other.failures {
            self.failures.entry(key).or_insert(failure);
        }
    }
}

/// Plays a schedule; a panic breaks a rule, too.
pub fn play(ready: &Ready<'_>, schedule: &Schedule) -> Played {
    let played = catch_unwind(AssertUnwindSafe(|| ready.play(schedule, false)));
    played.unwrap_or_else(|_| Played {
        broken: vec![("no_panic", "it panics".into())],
        ..Played::default()
    })
}

/// Plays schedules of a scenario until there are no more, or the time is over.
pub fn play_all(
    program: &Program,
    scenario: &'static Scenario,
    schedules: &[Schedule],
    until: Instant,
) -> Tally {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..cores.min(schedules.len().max(1)) {
            scope.spawn(|| {
                let tally = work(program, scenario, schedules, &next, until);
                if let Ok(mut total) = total.lock() {
                    total.merge(tally);
                }
            });
        }
    });
    let mut total = total.into_inner().unwrap_or_default();
    total.left = schedules.len() as u64 - total.schedules;
    total
}

fn work(
    program: &Program,
    scenario: &'static Scenario,
    schedules: &[Schedule],
    next: &AtomicUsize,
    until: Instant,
) -> Tally {
    let ready = Ready::new(program, scenario);
    let mut tally = Tally::default();
    while Instant::now() < until
        && let Some(schedule) = schedules.get(next.fetch_add(1, Ordering::Relaxed))
    {
        let played = play(&ready, schedule);
        for (rule, why) in &played.broken {
            let key = (scenario.name.to_owned(), *rule);
            tally.failures.entry(key).or_insert_with(|| {
                let breaks = |tried: &Schedule| {
                    let mut broken = play(&ready, tried).broken.into_iter();
                    broken.any(|(name, _)| name == *rule)
                };
                Failure {
                    seed: shrink(schedule, breaks),
                    found: schedule.clone(),
                    rule,
                    why: why.clone(),
                }
            });
        }
        tally.add(played);
    }
    tally
}

/// Plays schedules until one breaks a rule, which it answers with the rule, or the time is over.
pub fn first_broken(
    program: &Program,
    scenario: &'static Scenario,
    schedules: &[Schedule],
    until: Instant,
) -> Option<(Schedule, &'static str, String)> {
    let next = AtomicUsize::new(0);
    let caught = AtomicBool::new(false);
    let found = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                let ready = Ready::new(program, scenario);
                while !caught.load(Ordering::Relaxed)
                    && Instant::now() < until
                    && let Some(schedule) = schedules.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if let Some((rule, why)) = play(&ready, schedule).broken.into_iter().next() {
                        caught.store(true, Ordering::Relaxed);
                        if let Ok(mut found) = found.lock() {
                            found.get_or_insert((schedule.clone(), rule, why));
                        }
                    }
                }
            });
        }
    });
    found.into_inner().ok().flatten()
}
