//! The whole campaign: every schedule with one mishap, the exhaustive and the sampled ones with two,
//! and random ones, for as long as there is time.
//!
//! What there was no time for is counted, and the run fails then: a campaign that is cut short must not look like one
//! that found nothing. A run does not begin at the place of its mishap, because handlers under way are futures, which
//! cannot be copied, and a copy of the process (`fork`) is not safe with threads.

use crate::campaign::{Tally, play};
use crate::cores::on_all_cores;
use crate::exhaust::{differs, one_mishap, random, second_mishap};
use crate::play::{Played, Ready};
use crate::progress::Progress;
use crate::scenario::Scenario;
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
const ROUND: usize = 10_000;

/// The number of schedules of the whole campaign, and of those that a core plays in a second, as they were last
/// measured (`docs/evidence/safety-figures.md`). Pairs are counted only when their first mishaps were played.
const EXPECTED: (u64, u64) = (2_600_000, 190);

/// The whole campaign under way.
struct Whole<'p> {
    program: &'p Program,
    began: Instant,
    until: Instant,
    /// The number of schedules that are wanted; `None` after it was printed that so many have been played.
    wanted: Option<u64>,
    plains: Vec<(&'static Scenario, Played)>,
    tally: Tally,
    progress: Progress,
    pace: Pace,
}

/// The speed of this run.
struct Pace {
    began: Instant,
    /// The schedules that were played before and in this run.
    before: u64,
    played: u64,
}

impl Pace {
    /// Prints how far the campaign is, and how long the rest takes at the pace so far.
    fn say(&mut self, more: u64) {
        self.played += more;
        let done = self.before + self.played;
        let whole = EXPECTED.0.max(done);
        let rest = self.began.elapsed().as_secs() * (whole - done) / self.played.max(1);
        println!("{done} of about {whole} schedules, {} left", spoken(rest));
    }
}

/// Returns a length of time in words.
fn spoken(seconds: u64) -> String {
    format!("about {} min", seconds.div_ceil(60))
}

/// Returns how long the campaign takes on this machine, in words, if so many schedules were played before.
pub fn expected(before: u64) -> String {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    spoken(EXPECTED.0.saturating_sub(before) / EXPECTED.1 / cores)
}

/// Plays everything with one mishap and with two of these scenarios, and random schedules until at least so many were
/// played in all, without what was played before. The tally lists what there was no time for.
pub fn play_whole(
    program: &Program,
    scenarios: &'static [Scenario],
    wanted: u64,
    until: Instant,
    progress: Progress,
) -> Tally {
    let mut whole = Whole {
        program,
        began: Instant::now(),
        until,
        wanted: Some(wanted),
        plains: scenarios.iter().map(|one| (one, plain(program, one))).collect(),
        tally: Tally::default(),
        pace: Pace { began: Instant::now(), before: progress.before, played: 0 },
        progress,
    };
    whole.play_singles();
    whole.play_pairs();
    whole.play_random(wanted);
    if whole.tally.is_whole() {
        whole.progress.end();
    }
    whole.tally
}

fn plain(program: &Program, scenario: &'static Scenario) -> Played {
    play(&Ready::new(program, scenario), &Schedule::plain(scenario.name))
}

impl Whole<'_> {
    fn play(&mut self, schedules: &[Schedule]) -> Tally {
        let Self { program, until, progress, pace, .. } = self;
        progress.play(program, schedules, *until, |more| pace.say(more))
    }

    fn play_singles(&mut self) {
        let all = self.plains.iter().flat_map(|(scenario, plain)| {
            let alone = std::iter::once(Schedule::plain(scenario.name));
            alone.chain(one_mishap(scenario.name, plain))
        });
        let all: Vec<Schedule> = all.collect();
        let played = self.play(&all);
        self.take(played, |_| "one mishap");
    }

    fn play_pairs(&mut self) {
        let firsts = self.plains.iter();
        let firsts: Vec<Schedule> = firsts.flat_map(|(scenario, plain)| firsts_of(scenario.name, plain)).collect();
        let (pairs, left) = pairs(self.program, &firsts, self.until, step_of);
        self.tally.unplanned += left;
        let played = self.play(&pairs);
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
        let played = self.play(&pairs);
        self.take(played, |_| "some pairs that begin otherwise");
    }

    fn play_random(&mut self, wanted: u64) {
        let wanted = wanted.max(self.tally.schedules + RANDOM);
        let seeds = 1..;
        let plains = std::mem::take(&mut self.plains);
        let mut schedules = seeds.flat_map(|seed| {
            let of = |(scenario, plain): &(&Scenario, Played)| random(scenario.name, plain, seed);
            plains.iter().map(of).collect::<Vec<Schedule>>()
        });
        let mut tally = Tally::default();
        while self.tally.schedules + tally.schedules < wanted && Instant::now() < self.until {
            let some: Vec<Schedule> = schedules.by_ref().take(ROUND).collect();
            tally.merge(self.play(&some));
        }
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
