//! The simulation by hand: `make simulate`, `make replay SEED=…`.
//!
//! - `windlass-simulate run <schedules> <seconds> <variants> <report>` plays every schedule with one mishap, the
//!   exhaustive and sampled ones with two, and random ones until there are so many.
//! - `windlass-simulate replay <seed>` tells one schedule as a timeline.
//! - `windlass-simulate one <scenario>` plays every schedule with one mishap, `two <scenario> <step>` every so
//!   many-th one with a stop and a second one in its recovery, `random <scenario> <count>` random ones.
//! - `windlass-simulate copy <from> <to>` makes the copy of the tree in which the broken variants are;
//!   there, `windlass-variants variants <result> [name]` looks whether each of them is caught.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use windlass_machine::program::Program;
use windlass_simulate::campaign::{Tally, play, play_all};
use windlass_simulate::exhaust::{one_mishap, random, second_mishap};
use windlass_simulate::play::{Played, Ready};
use windlass_simulate::report::{Report, states_of};
use windlass_simulate::scenario::Scenario;
use windlass_simulate::scenarios::{SCENARIOS, named};
use windlass_simulate::schedule::{Schedule, What};
use windlass_simulate::variants::{choose, look_for, make, variants};

/// The scenarios of which every pair is played: by a pointer with a condition, without one, and at a
/// service without conditions.
const IN_PAIRS: [&str; 3] = ["function", "code", "service"];

/// Every so many-th pair of the others.
const SAMPLED: usize = 101;

/// How many random schedules are played at least.
const RANDOM: u64 = 10_000;

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let done = match asked.as_slice() {
        ["run", schedules, seconds, variants, report] => {
            run(schedules, seconds, variants, Path::new(report))
        }
        ["copy", from, to] => make(Path::new(from), Path::new(to)).map(|()| true),
        ["variants", result] => look_for_variants(Path::new(result), ""),
        ["variants", result, only] => look_for_variants(Path::new(result), only),
        ["replay", seed] => replay(seed),
        ["one", scenario] => part(scenario, |_, name, plain| one_mishap(name, plain)),
        ["two", scenario, step] => part(scenario, |program, name, plain| {
            let scenario = named(name);
            let step = step.parse().unwrap_or(SAMPLED);
            scenario.map_or_else(Vec::new, |scenario| pairs(program, scenario, plain, step))
        }),
        ["random", scenario, count] => part(scenario, |_, name, plain| {
            let seeds = 1..=count.parse().unwrap_or(RANDOM);
            seeds.map(|seed| random(name, plain, seed)).collect()
        }),
        _ => Err("run <schedules> <seconds> <variants> <report> | replay <seed> | one <scenario> | two <scenario> <step> | random <scenario> <count> | copy <from> <to> | variants <result>".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn program() -> Result<Program, String> {
    Program::release().map_err(|error| error.to_string())
}

fn replay(seed: &str) -> Result<bool, String> {
    let schedule: Schedule = seed.parse()?;
    let scenario = named(&schedule.scenario);
    let scenario = scenario.ok_or_else(|| format!("there is no scenario {}", schedule.scenario))?;
    let program = program()?;
    let played = Ready::new(&program, scenario).play(&schedule, true);
    for line in &played.told {
        println!("{line}");
    }
    println!("ended: {}", played.endings.join(", "));
    for (rule, why) in &played.broken {
        println!("BROKEN {rule}: {why}");
    }
    Ok(played.broken.is_empty())
}

fn report(
    program: &Program,
    tally: &Tally,
    variants: (usize, usize),
    began: Instant,
    to: Option<&Path>,
) -> Result<bool, String> {
    let report = Report {
        tally,
        states_total: states_of(program),
        variants,
        took: began.elapsed(),
    };
    report.print();
    if let Some(to) = to {
        report.write(to).map_err(|error| error.to_string())?;
    }
    Ok(tally.broken == 0)
}

/// Plays some schedules of one scenario.
fn part(
    scenario: &str,
    schedules: impl Fn(&Program, &str, &Played) -> Vec<Schedule>,
) -> Result<bool, String> {
    let scenario = named(scenario).ok_or_else(|| format!("there is no scenario {scenario}"))?;
    let program = program()?;
    let began = Instant::now();
    let plain = Ready::new(&program, scenario).play(&Schedule::plain(scenario.name), false);
    let schedules = schedules(&program, scenario.name, &plain);
    let until = began + Duration::from_hours(1);
    let tally = play_all(&program, scenario, &schedules, until);
    report(&program, &tally, (0, 0), began, None)
}

fn run(schedules: &str, seconds: &str, variants: &str, to: &Path) -> Result<bool, String> {
    let caught = read_result(Path::new(variants))?;
    let wanted: u64 = schedules.parse().map_err(|_| "schedules is a number")?;
    let seconds: u64 = seconds.parse().map_err(|_| "seconds is a number")?;
    let program = program()?;
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let mut plains = Vec::new();
    let mut tally = Tally::default();
    for scenario in &SCENARIOS {
        let plain = play(
            &Ready::new(&program, scenario),
            &Schedule::plain(scenario.name),
        );
        let mut all = vec![Schedule::plain(scenario.name)];
        all.extend(one_mishap(scenario.name, &plain));
        played(
            &format!("of {} with one mishap", scenario.name),
            &mut tally,
            play_all(&program, scenario, &all, until),
        );
        plains.push((scenario, plain));
    }
    for (scenario, plain) in &plains {
        let is_whole = IN_PAIRS.contains(&scenario.name);
        let pairs = pairs(
            &program,
            scenario,
            plain,
            if is_whole { 1 } else { SAMPLED },
        );
        let which = if is_whole { "all" } else { "some" };
        played(
            &format!("of {} with {which} pairs", scenario.name),
            &mut tally,
            play_all(&program, scenario, &pairs, until),
        );
    }
    let left = tally.left;
    let wanted = wanted.max(tally.schedules + RANDOM);
    let mut seed = 1;
    while tally.schedules < wanted && Instant::now() < until {
        for (scenario, plain) in &plains {
            let some: Vec<Schedule> = (seed..seed + 50)
                .map(|seed| random(scenario.name, plain, seed))
                .collect();
            tally.merge(play_all(&program, scenario, &some, until));
        }
        seed += 50;
    }
    println!("{} random ones of each scenario", seed - 1);
    if left > 0 {
        println!("{left} schedules were not played, because the time was over");
    }
    let is_whole = left == 0 && tally.schedules >= wanted && caught.0 == caught.1;
    Ok(report(&program, &tally, caught, began, Some(to))? && is_whole)
}

/// The schedules with a stop in each state, each with a second mishap within its recovery.
fn pairs(
    program: &Program,
    scenario: &'static Scenario,
    plain: &Played,
    step: usize,
) -> Vec<Schedule> {
    let ready = Ready::new(program, scenario);
    let stops = one_mishap(scenario.name, plain).into_iter();
    let firsts = stops.filter(|first| first.mishaps.iter().all(|m| m.what == What::Stopped));
    let pairs = firsts.flat_map(|first| {
        let played = play(&ready, &first);
        second_mishap(&first, &played, step)
    });
    pairs.collect()
}

/// Tells what came of a part, and adds it.
fn played(what: &str, tally: &mut Tally, part: Tally) {
    println!(
        "{} schedules {what}, {} of them broke a rule",
        part.schedules, part.broken
    );
    tally.merge(part);
}

/// Looks whether each variant is caught, and writes how many of how many.
fn look_for_variants(to: &Path, only: &str) -> Result<bool, String> {
    let program = program()?;
    let mut all = variants();
    all.retain(|variant| variant.name.starts_with(only));
    let mut caught = 0;
    for variant in &all {
        if !choose(variant.name) {
            return Err("this is the product, which has no variants".into());
        }
        let began = Instant::now();
        let found = look_for(&program, variant);
        let seconds = began.elapsed().as_secs_f64();
        match found {
            Some((seed, rule, why)) => {
                caught += 1;
                println!(
                    "caught  {} ({}), after {seconds:.1} s",
                    variant.name, variant.what
                );
                println!("        {seed} breaks {rule}: {why}");
            }
            None => println!(
                "MISSED  {} ({}), after {seconds:.1} s",
                variant.name, variant.what
            ),
        }
    }
    std::fs::write(to, format!("{caught} {}\n", all.len())).map_err(|error| error.to_string())?;
    println!("{caught} of {} broken variants caught", all.len());
    Ok(caught == all.len())
}

/// How many variants were caught of how many.
fn read_result(path: &Path) -> Result<(usize, usize), String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(caught)), Some(Ok(all))) => Ok((caught, all)),
        _ => Err(format!(
            "{}: `{text}` is not how many of how many",
            path.display()
        )),
    }
}
