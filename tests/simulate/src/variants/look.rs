//! Looks for a schedule with which a broken variant of the product breaks a rule.

use super::Variant;
use crate::campaign::{first_broken, play};
use crate::exhaust::{one_of, second_of};
use crate::play::Ready;
use crate::rules;
use crate::scenario::{Scenario, choose_variant};
use crate::scenarios::named;
use crate::schedule::Schedule;
use std::time::{Duration, Instant};
use windlass_machine::program::Program;

/// The longest time of the search for one variant.
const LONGEST: Duration = Duration::from_mins(1);

/// The number of times that the same mishaps are tried with other latencies.
const LATENCIES: u64 = 20;

/// The result of a search that caught a variant.
#[derive(Debug)]
pub struct Found {
    /// The schedule.
    pub seed: Schedule,
    /// All rules that do not hold after it, each with the reason.
    pub broken: Vec<(&'static str, String)>,
}

/// Returns the first schedule found, before the time is over, that breaks a rule with the variant and none without.
pub fn look_for(program: &Program, variant: &Variant, until: Instant) -> Option<Found> {
    let until = until.min(Instant::now() + LONGEST);
    let chosen = || variant.scenarios.iter().filter_map(|name| named(name));
    let plain = chosen().find_map(|scenario| {
        let plain = vec![Schedule::plain(scenario.name)];
        caught_by(program, variant, plain, until)
    });
    plain
        .or_else(|| {
            chosen().find_map(|scenario| {
                let schedules = mixed(program, variant, scenario);
                caught_by(program, variant, schedules, until)
            })
        })
        .or_else(|| {
            chosen().find_map(|scenario| {
                let schedules = pairs(program, variant, scenario);
                caught_by(program, variant, schedules, until)
            })
        })
}

/// Returns all schedules with one of the variant's mishaps and another one in the recovery that follows.
fn pairs(program: &Program, variant: &Variant, scenario: &'static Scenario) -> Vec<Schedule> {
    choose_variant(variant.name);
    let ready = Ready::new(program, scenario);
    let plain = play(&ready, &Schedule::plain(scenario.name));
    let firsts = one_of(variant.mishaps, scenario.name, &plain);
    let seconds = firsts.iter().flat_map(|first| {
        let played = play(&ready, first);
        second_of(variant.mishaps, first, &played)
    });
    let mut schedules: Vec<Schedule> = seconds.collect();
    fastrand::Rng::with_seed(1).shuffle(&mut schedules);
    schedules
}

/// Returns all schedules with one of the variant's mishaps, and then the same with other latencies: some mistakes show
/// only if two deployments meet in a moment. The schedules are mixed, because one that catches the variant then usually
/// comes soon.
fn mixed(program: &Program, variant: &Variant, scenario: &'static Scenario) -> Vec<Schedule> {
    choose_variant(variant.name);
    let ready = Ready::new(program, scenario);
    let plain = play(&ready, &Schedule::plain(scenario.name));
    let mut schedules = one_of(variant.mishaps, scenario.name, &plain);
    fastrand::Rng::with_seed(1).shuffle(&mut schedules);
    let otherwise = (1..=LATENCIES).flat_map(|latencies| {
        let each = schedules.iter().cloned();
        each.map(move |schedule| Schedule { latencies, ..schedule })
    });
    let otherwise: Vec<_> = otherwise.collect();
    schedules.extend(otherwise);
    schedules
}

fn caught_by(program: &Program, variant: &Variant, mut schedules: Vec<Schedule>, until: Instant) -> Option<Found> {
    loop {
        choose_variant(variant.name);
        let (seed, first, _) = first_broken(program, &schedules, until)?;
        let broken = broken_by(program, &seed);
        choose_variant("none");
        if broken.is_empty() {
            println!("        {seed} breaks {first}, which is no rule");
        } else if broken_by(program, &seed).is_empty() {
            return Some(Found { seed, broken });
        } else {
            println!("        {seed} breaks {first} without it, too");
        }
        schedules.retain(|schedule| *schedule != seed);
    }
}

/// Returns the rules that a schedule breaks. A panic does not count: the simulation itself may have made it.
fn broken_by(program: &Program, schedule: &Schedule) -> Vec<(&'static str, String)> {
    let scenario = named(&schedule.scenario);
    let mut broken = scenario.map_or_else(Vec::new, |scenario| play(&Ready::new(program, scenario), schedule).broken);
    broken.retain(|(rule, _)| rules::names().any(|name| name == *rule));
    broken
}
