//! The whole campaign: every schedule with one mishap, the exhaustive and the sampled ones with two,
//! and random ones, for as long as there is time.

use crate::campaign::{Tally, play, play_all};
use crate::cores::on_all_cores;
use crate::exhaust::{differs, one_mishap, random, second_mishap};
use crate::play::{Played, Ready};
use crate::scenario::Scenario;
use crate::scenarios::SCENARIOS;
use crate::schedule::{Schedule, What};
use std::ops::ControlFlow;
use std::time::Instant;
use windlass_machine::program::Program;

/// The scenarios of which every pair is played: with a target that has conditions by a pointer, without a pointer, and
/// with a service without conditions.
const IN_PAIRS: [&str; 3] = ["function", "code", "service"];

/// The step by which pairs of the other scenarios are chosen.
pub const SAMPLED: usize = 101;

/// The step by which mishaps other than a stop are chosen as the first of some pairs of the other scenarios, if a
/// recovery follows.
const OTHER_FIRSTS: usize = 37;

/// The least number of random schedules that are played.
pub const RANDOM: u64 = 10_000;

/// The number of random schedules that are played before the count is looked at again.
const ROUND: usize = 1_000;

/// The whole campaign under way.
struct Whole<'p> {
    program: &'p Program,
    began: Instant,
    until: Instant,
    /// The number of schedules that are wanted; `None` after it was printed that so many have been played.
    wanted: Option<u64>,
    plains: Vec<(&'static Scenario, Played)>,
    tally: Tally,
}

/// Plays everything with one mishap and with two, and random schedules until at least so many were played in all. The
/// tally tells what there was no time for.
pub fn play_whole(program: &Program, wanted: u64, until: Instant) -> Tally {
    let mut whole = Whole {
        program,
        began: Instant::now(),
        until,
        wanted: Some(wanted),
        plains: SCENARIOS.iter().map(|one| (one, plain(program, one))).collect(),
        tally: Tally::default(),
    };
    whole.play_singles();
    whole.play_pairs();
    whole.play_random(wanted);
    whole.tally
}

fn plain(program: &Program, scenario: &'static Scenario) -> Played {
    play(&Ready::new(program, scenario), &Schedule::plain(scenario.name))
}

impl Whole<'_> {
    fn play_singles(&mut self) {
        let all = self.plains.iter().flat_map(|(scenario, plain)| {
            let alone = std::iter::once(Schedule::plain(scenario.name));
            alone.chain(one_mishap(scenario.name, plain))
        });
        let all: Vec<Schedule> = all.collect();
        self.take(play_all(self.program, &all, self.until), |_| "one mishap");
    }

    fn play_pairs(&mut self) {
        let firsts = self.plains.iter();
        let firsts: Vec<Schedule> = firsts.flat_map(|(scenario, plain)| firsts_of(scenario.name, plain)).collect();
        let (pairs, left) = pairs(self.program, &firsts, self.until, step_of);
        self.tally.unplanned += left;
        let played = play_all(self.program, &pairs, self.until);
        self.take(played, |scenario| match step_of(scenario) {
            1 => "all pairs",
            _ => "some pairs",
        });
        self.play_other_pairs();
    }

    fn play_other_pairs(&mut self) {
        let firsts = self.plains.iter();
        let firsts = firsts.flat_map(|(scenario, plain)| one_mishap(scenario.name, plain));
        let others = firsts.filter(|first| !begins_pairs(first));
        let others: Vec<Schedule> = others.step_by(OTHER_FIRSTS).collect();
        let (pairs, left) = pairs(self.program, &others, self.until, |_| SAMPLED);
        self.tally.unplanned += left;
        let played = play_all(self.program, &pairs, self.until);
        self.take(played, |_| "some pairs that begin otherwise");
    }

    fn play_random(&mut self, wanted: u64) {
        let wanted = wanted.max(self.tally.schedules + RANDOM);
        let seeds = 1..;
        let mut schedules = seeds.flat_map(|seed| {
            let of = |(scenario, plain): &(&Scenario, Played)| random(scenario.name, plain, seed);
            self.plains.iter().map(of).collect::<Vec<Schedule>>()
        });
        let mut tally = Tally::default();
        while self.tally.schedules + tally.schedules < wanted && Instant::now() < self.until {
            let some: Vec<Schedule> = schedules.by_ref().take(ROUND).collect();
            tally.merge(play_all(self.program, &some, self.until));
        }
        drop(schedules);
        tally.left = wanted.saturating_sub(self.tally.schedules + tally.schedules);
        println!("{} random schedules", tally.schedules);
        self.tally.merge(tally);
    }

    /// Prints the results of a part, and adds them.
    fn take(&mut self, part: Tally, what: impl Fn(&str) -> &'static str) {
        for (scenario, (played, broken)) in &part.scenarios {
            let what = what(scenario);
            println!("{played} schedules of {scenario} with {what}, {broken} of them broke a rule");
        }
        self.tally.merge(part);
        if let Some(wanted) = self.wanted.take_if(|wanted| self.tally.schedules >= *wanted) {
            let seconds = self.began.elapsed().as_secs();
            println!("so far {wanted} schedules and more, within {seconds} s");
        }
    }
}

/// Returns the step by which pairs of a scenario are chosen.
fn step_of(scenario: &str) -> usize {
    if IN_PAIRS.contains(&scenario) { 1 } else { SAMPLED }
}

/// Returns the schedules with one mishap of which pairs are made: those with a stop in each state. For the scenarios of
/// which every pair is played, they are all that differ.
pub fn firsts_of(scenario: &str, plain: &Played) -> Vec<Schedule> {
    let mut firsts = one_mishap(scenario, plain);
    firsts.retain(|first| {
        let mut mishaps = first.mishaps.iter();
        begins_pairs(first) && mishaps.all(|mishap| differs(mishap, plain))
    });
    firsts
}

fn begins_pairs(first: &Schedule) -> bool {
    let mut mishaps = first.mishaps.iter();
    IN_PAIRS.contains(&first.scenario.as_str()) || mishaps.all(|one| one.what == What::Stopped)
}

/// Returns those schedules, each with a second mishap within the recovery that follows, in the steps of the scenario.
/// Returns also the number of schedules that were not looked at, because the time was over.
pub fn pairs(
    program: &Program,
    firsts: &[Schedule],
    until: Instant,
    step_of: impl Fn(&str) -> usize + Sync,
) -> (Vec<Schedule>, u64) {
    type Planned = Vec<Vec<Schedule>>;
    let planned = on_all_cores(program, firsts, until, |ready, first, own: &mut Planned| {
        let played = play(ready, first);
        let step = step_of(&first.scenario);
        own.push(second_mishap(first, &played, step));
        ControlFlow::Continue(())
    });
    let planned: Planned = planned.into_iter().flatten().collect();
    let left = (firsts.len() - planned.len()) as u64;
    (planned.into_iter().flatten().collect(), left)
}
