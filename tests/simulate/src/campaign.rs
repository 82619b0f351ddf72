//! A campaign: many schedules, played on all cores.

use crate::cores::on_all_cores;
use crate::exhaust::shrink;
use crate::play::{Played, Ready};
use crate::schedule::{Schedule, What};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
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
    /// The reason why the rule does not hold.
    pub why: String,
}

/// The results of many schedules.
#[derive(Debug, Default)]
pub struct Tally {
    /// The number of schedules that were played.
    pub schedules: u64,
    /// The number of mishaps that were met, by kind.
    pub met: BTreeMap<What, u64>,
    /// The states that executions were in.
    pub states: BTreeSet<String>,
    /// The calls that were made: those of ports, and those of services with AWS's JSON protocol.
    pub calls: BTreeSet<String>,
    /// The number of schedules that broke a rule.
    pub broken: u64,
    /// The time that earlier runs took for those of these schedules that they played.
    pub earlier: Duration,
    /// The number of schedules that were not played, because the time was over.
    pub left: u64,
    /// The number of stops for which no pair was planned, because the time was over.
    pub unplanned: u64,
    /// By scenario, the number of schedules that were played, and the number of those that broke a rule.
    pub scenarios: BTreeMap<String, (u64, u64)>,
    /// The first failure of each scenario and rule, shrunk.
    pub failures: BTreeMap<(String, &'static str), Failure>,
}

impl Tally {
    fn add(&mut self, scenario: &str, played: Played) {
        self.schedules += 1;
        let is_broken = u64::from(!played.broken.is_empty());
        self.count(scenario, (1, is_broken));
        for what in played.met {
            *self.met.entry(what).or_default() += 1;
        }
        self.states.extend(played.states);
        for call in played.calls {
            if !self.calls.contains(call) {
                self.calls.insert(call.to_owned());
            }
        }
        self.broken += is_broken;
    }

    fn count(&mut self, scenario: &str, (played, broken): (u64, u64)) {
        if let Some(known) = self.scenarios.get_mut(scenario) {
            known.0 += played;
            known.1 += broken;
        } else {
            self.scenarios.insert(scenario.to_owned(), (played, broken));
        }
    }

    /// Shrinks the schedule, if it is the first of its scenario to break a rule.
    fn look_into(&mut self, ready: &Ready<'_>, schedule: &Schedule, played: &Played) {
        for (rule, why) in &played.broken {
            let key = (schedule.scenario.clone(), *rule);
            self.failures.entry(key).or_insert_with(|| {
                let breaks = |tried: &Schedule| {
                    let mut broken = play(ready, tried).broken.into_iter();
                    broken.any(|(name, _)| name == *rule)
                };
                Failure { seed: shrink(schedule, breaks), found: schedule.clone(), rule, why: why.clone() }
            });
        }
    }

    /// Returns whether there was time for everything.
    pub fn is_whole(&self) -> bool {
        self.left == 0 && self.unplanned == 0
    }

    /// Adds the results of another tally.
    pub fn merge(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.broken += other.broken;
        self.earlier += other.earlier;
        self.left += other.left;
        self.unplanned += other.unplanned;
        for (what, times) in other.met {
            *self.met.entry(what).or_default() += times;
        }
        self.states.extend(other.states);
        self.calls.extend(other.calls);
        for (scenario, counts) in other.scenarios {
            self.count(&scenario, counts);
        }
        for (key, failure) in other.failures {
            self.failures.entry(key).or_insert(failure);
        }
    }
}

/// Plays a schedule. A panic breaks a rule, too.
pub fn play(ready: &Ready<'_>, schedule: &Schedule) -> Played {
    let played = catch_unwind(AssertUnwindSafe(|| ready.play(schedule, false)));
    played.unwrap_or_else(|_| Played { broken: vec![("no_panic", "it panics".into())], ..Played::default() })
}

/// Plays schedules until there are no more, or the time is over.
pub fn play_all(program: &Program, schedules: &[Schedule], until: Instant) -> Tally {
    let mut total = Tally::default();
    let own = on_all_cores(program, schedules, until, |ready, schedule, own: &mut Tally| {
        let played = play(ready, schedule);
        own.look_into(ready, schedule, &played);
        own.add(&schedule.scenario, played);
        ControlFlow::Continue(())
    });
    for own in own {
        total.merge(own);
    }
    total.left = schedules.len() as u64 - total.schedules;
    total
}

/// Plays schedules until one breaks a rule, or the time is over. Returns that schedule, the rule, and the reason.
pub fn first_broken(
    program: &Program,
    schedules: &[Schedule],
    until: Instant,
) -> Option<(Schedule, &'static str, String)> {
    let found = on_all_cores(program, schedules, until, |ready, schedule, found| {
        let broken = play(ready, schedule).broken.into_iter().next();
        *found = broken.map(|(rule, why)| (schedule.clone(), rule, why));
        match found {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    });
    found.into_iter().flatten().next()
}
