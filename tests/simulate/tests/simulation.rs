//! A short run of the simulation: every scenario without mishaps, and with some of all mishaps.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use windlass_machine::program::Program;
use windlass_simulate::campaign::play_all;
use windlass_simulate::exhaust::{differs, one_mishap, one_of};
use windlass_simulate::play::{Played, Ready};
use windlass_simulate::progress::Progress;
use windlass_simulate::scenario::Scenario;
use windlass_simulate::scenarios::{SCENARIOS, named};
use windlass_simulate::schedule::{Mishap, Schedule, What};
use windlass_simulate::switches::is_switch;
use windlass_simulate::whole_campaign::{RANDOM, play_whole};

/// With the system's allocator a tenth of the time went into allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The step by which schedules with one mishap are chosen. `make simulate` plays all.
const SAMPLED: usize = 41;

/// Returns the number of schedules of a scenario that are played at most: those of the longest scenarios also take
/// longest. `make test-all` plays more.
fn most() -> usize {
    if is_heavy() { 100 } else { 3 }
}

/// The least number of scenarios of which a sample is played, however slow the machine is.
const LEAST: usize = 20;

/// Returns the scenarios that are played, with their numbers: all in `make test-all`, and those that there is time for
/// otherwise. Neighbours are much alike, so they are taken from everywhere.
fn sample(time: Duration) -> impl Iterator<Item = (usize, &'static Scenario)> {
    let until = Instant::now() + time;
    let mut all: Vec<(usize, &Scenario)> = SCENARIOS.iter().enumerate().collect();
    all.sort_by_key(|(n, _)| n * 101 % SCENARIOS.len());
    let some = all.into_iter().enumerate();
    let some = some.take_while(move |(taken, _)| is_heavy() || *taken < LEAST || Instant::now() < until);
    some.map(|(_, scenario)| scenario)
}

/// Returns whether the run has the time of `make test-all`.
fn is_heavy() -> bool {
    std::env::var_os("HEAVY").is_some()
}

/// Safety: mishaps: A mishap at any step of a whole deployment breaks no rule of the simulation.
#[test]
fn every_scenario_holds_every_rule_without_a_mishap_and_with_one_anywhere() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let mut failures: Vec<String> = Vec::new();
    for (n, scenario) in sample(Duration::from_secs(20)) {
        let ready = Ready::new(&program, scenario);
        let plain = ready.play(&Schedule::plain(scenario.name), false);
        assert_eq!(plain.broken, [], "{}", scenario.name);
        let all = one_mishap(scenario.name, &plain);
        let each = SAMPLED.max(all.len() / most());
        let some: Vec<Schedule> = all.into_iter().skip(n).step_by(each).collect();
        let forever = Instant::now() + Duration::from_hours(24);
        let tally = play_all(&program, &some, forever);
        assert_eq!(tally.schedules, some.len() as u64);
        let failed = tally.failures.values();
        failures.extend(failed.map(|failure| format!("{}: {}: {}", failure.seed, failure.rule, failure.why)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Safety: left open: A call that AWS holds for five minutes, beyond all assumptions, is reported.
#[test]
fn a_call_that_is_held_until_the_recovery_is_over_is_reported() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let mut drifted = 0;
    for name in ["function", "code", "service", "folder"] {
        let Some(scenario) = named(name) else { panic!("there is no scenario {name}") };
        let ready = Ready::new(&program, scenario);
        let plain = ready.play(&Schedule::plain(name), false);
        for schedule in one_of(&What::BEYOND, name, &plain) {
            let played = ready.play(&schedule, false);
            assert_eq!(played.broken, [], "{schedule}");
            drifted += usize::from(played.drifted);
        }
    }
    assert!(drifted >= 4, "only {drifted} calls took effect so late");
}

/// While Lambda refuses our functions AWS goes on. An alarm that only its rollout watches takes nothing back that is
/// over, and what it takes back before is undone.
#[test]
fn an_alarm_of_a_rollout_that_is_over_takes_nothing_back() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    for name in ["blue_green_taken_back", "flags_taken_back"] {
        let Some(scenario) = named(name) else { panic!("there is no scenario {name}") };
        let ready = Ready::new(&program, scenario);
        let plain = ready.play(&Schedule::plain(name), false);
        let mut ends = BTreeSet::new();
        for schedule in one_of(&[What::FunctionsThrottled], name, &plain) {
            let played = ready.play(&schedule, false);
            assert_eq!(played.broken, [], "{schedule}");
            ends.extend(played.endings);
        }
        let both = ["1.1.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"];
        assert!(both.iter().all(|end| ends.contains(*end)), "{name}: {ends:?}");
    }
}

/// An operator's `accept` may be refused because Lambda allocates concurrency, which is there a moment later.
#[test]
fn what_lambda_allocates_while_it_is_accepted_is_accepted_the_second_time() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let scenario = named("side_by_side").unwrap_or_else(|| panic!("there is no such scenario"));
    let ready = Ready::new(&program, scenario);
    let plain = ready.play(&Schedule::plain(scenario.name), false);
    let looks = (1..).zip(&plain.calls).filter(|(_, call)| **call == "lambda.function");
    let mut stuck = 0;
    for (at, _) in looks {
        let schedule = Schedule::with(scenario.name, &[Mishap { what: What::ThrottledLong, at }]);
        let played = ready.play(&schedule, false);
        assert_eq!(played.broken, [], "{schedule}");
        stuck += usize::from(played.endings.iter().any(|end| end.contains("NeedsOperator")));
    }
    assert!(stuck > 0, "no release needs an operator");
}

/// An artifact and its manifest come to `intake` together. If a call for one of them fails, only that one comes again.
#[test]
fn of_messages_that_come_together_only_what_failed_comes_again() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let scenario = named("uploaded").unwrap_or_else(|| panic!("there is no such scenario"));
    let ready = Ready::new(&program, scenario);
    let plain = ready.play(&Schedule::plain(scenario.name), false);
    let mut came = BTreeSet::new();
    for schedule in one_of(&[What::FailsBefore], scenario.name, &plain) {
        let timeline = ready.play(&schedule, true).timeline;
        let times = |of: &str| {
            let gets = |line: &&String| line.contains("Intake#") && line.contains(of);
            timeline.iter().filter(gets).count()
        };
        came.insert((times("artifacts/shop/prod/api"), times("releases/shop")));
    }
    assert_eq!(came, BTreeSet::from([(1, 1), (1, 2), (2, 1)]));
}

/// Because of this, pairs leave out every second one of these.
#[test]
fn a_read_whose_answer_is_lost_is_one_that_was_never_made() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let mut compared = 0;
    for scenario in ["function", "code", "service"].into_iter().filter_map(named) {
        let ready = Ready::new(&program, scenario);
        let plain = ready.play(&Schedule::plain(scenario.name), false);
        let all = one_mishap(scenario.name, &plain).into_iter();
        let alike = all.filter(|one| !differs(&one.mishaps[0], &plain));
        for after in alike.step_by(if is_heavy() { 1 } else { 8 }) {
            let Mishap { what, at } = after.mishaps[0];
            let what = match what {
                What::FailsAfter => What::FailsBefore,
                What::HangsAfter => What::HangsBefore,
                _ => What::KilledBefore,
            };
            let before = Schedule::with(scenario.name, &[Mishap { what, at }]);
            let [after_it, before_it] = [&after, &before].map(|schedule| ready.play(schedule, false));
            // The calls are not compared one by one: one run learns it some milliseconds later, and may find a target
            // ready that the other finds at its next look.
            assert_eq!(after_it.endings, before_it.endings, "{after}");
            assert_eq!(after_it.broken, before_it.broken, "{after}");
            compared += 1;
        }
    }
    let least = if is_heavy() { 100 } else { 10 };
    assert!(compared >= least, "only {compared} were compared");
}

/// Every word for people in the ledger is replaced, and the same calls are made with the same endings. This holds for
/// every mishap at a call that callers of a target notice, which is known again by its record.
#[test]
fn nothing_is_decided_by_words_for_people() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let mut compared = 0;
    let every = if is_heavy() { 4 } else { 16 };
    for (n, scenario) in sample(Duration::from_secs(10)) {
        let plain = Schedule::plain(scenario.name);
        let [as_it_is, reworded] = [(); 2].map(|()| Ready::new(&program, scenario));
        reworded.reword();
        let unharmed = as_it_is.play(&plain, false);
        let switched = switched(&unharmed);
        let mishaps = switched.into_iter().flat_map(|at| {
            [What::FailsAfter, What::Late, What::OutOfBand]
                .map(|what| Schedule::with(scenario.name, &[Mishap { what, at }]))
        });
        let some = mishaps.skip(n % every).step_by(every);
        let compare = |schedule: &Schedule, one: &Played| {
            let other = reworded.play(schedule, false);
            assert_eq!(one.endings, other.endings, "{schedule}");
            let calls = one.calls.iter().zip(&other.calls);
            let alike = calls.take_while(|(one, other)| one == other).count();
            assert!(one.calls == other.calls, "{schedule}: {alike} calls are alike");
        };
        compare(&plain, &unharmed);
        compared += 1;
        for schedule in some {
            compare(&schedule, &as_it_is.play(&schedule, false));
            compared += 1;
        }
    }
    let least = if is_heavy() { 200 } else { LEAST };
    assert!(compared >= least, "only {compared} were compared");
}

/// Returns the numbers of the switching calls that were made.
fn switched(played: &Played) -> Vec<u64> {
    let calls = (1..).zip(&played.calls);
    let switching = calls.filter(|(_, call)| is_switch(call));
    switching.map(|(at, _)| at).collect()
}

#[test]
fn what_no_rollback_needs_is_pruned_on_the_way() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let scenario = named("pruned").unwrap_or_else(|| panic!("there is no such scenario"));
    let played = Ready::new(&program, scenario).play(&Schedule::plain(scenario.name), false);
    assert!(played.calls.contains(&"s3.delete_all"));
}

#[test]
fn what_there_is_no_time_for_is_listed() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let some = &SCENARIOS[..8];
    let tally = play_whole(&program, some, 100, Instant::now(), Progress::of_none());
    assert_eq!(tally.schedules, 0);
    assert!(tally.left > RANDOM, "those with one mishap, and random ones");
    assert!(tally.unplanned > some.len() as u64);
    assert!(!tally.is_whole());
}

#[test]
fn the_same_schedule_is_the_same_run() {
    let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
    let scenario = &SCENARIOS[3];
    let schedule: Schedule = "canary~7+killed_after@60+stopped@20".parse().unwrap_or_else(|error| panic!("{error}"));
    let timeline = || Ready::new(&program, scenario).play(&schedule, true).timeline;
    let first = timeline();
    assert!(first.len() > 100);
    assert_eq!(first, timeline());
}
