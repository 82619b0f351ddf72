//! The simulation by hand: `make simulate`, `make replay SEED=…`.
//!
//! - `windlass-simulate run <schedules> <seconds> <variants> <progress> <report>` plays every schedule with one mishap,
//!   the
//!   exhaustive and sampled ones with two, and random ones until there are so many. The seconds are for the
//!   variants as well, whose result says how many they took. What is played is kept in the progress, and a run that was
//!   stopped goes on there.
//! - `windlass-simulate replay <seed>` prints one schedule as a timeline.
//! - `windlass-simulate one <scenario>` plays every schedule with one mishap, `two <scenario> <step>` every so many-th
//!   one with a first one that begins pairs and a second one in its recovery, `random <scenario> <count>` random ones.
//! - `windlass-simulate copy <from> <to>` makes the copy of the tree that has the broken variants.
//!   In the copy, `windlass-variants variants <result> <seconds> [name]` checks whether each of them is caught.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use windlass_machine::program::Program;
use windlass_simulate::campaign::{Tally, play_all};
use windlass_simulate::coverage::{gaps, states_of};
use windlass_simulate::exhaust::{one_mishap, random};
use windlass_simulate::play::{Played, Ready};
use windlass_simulate::progress::Progress;
use windlass_simulate::report::{Caught, Report};
use windlass_simulate::rules;
use windlass_simulate::scenario::{Scenario, choose_variant};
use windlass_simulate::scenarios::{SCENARIOS, named};
use windlass_simulate::schedule::Schedule;
use windlass_simulate::variants::{Found, Variant, look_for, make, variants};
use windlass_simulate::whole_campaign::{RANDOM, SAMPLED, expected, firsts_of, pairs, play_whole};

/// With the system's allocator a third of the time went into allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let done = match asked.as_slice() {
        ["run", schedules, seconds, variants, progress, report] => {
            run(schedules, seconds, variants, Path::new(progress), Path::new(report))
        }
        ["copy", from, to] => make(Path::new(from), Path::new(to)).map(|()| true),
        ["variants", result, seconds] => look_for_variants(Path::new(result), seconds, ""),
        ["variants", result, seconds, only] => look_for_variants(Path::new(result), seconds, only),
        ["replay", seed] => replay(seed),
        ["one", scenario] => part(scenario, |_, name, plain| one_mishap(name, plain)),
        ["two", scenario, step] => part(scenario, |program, name, plain| {
            let step = step.parse().unwrap_or(SAMPLED);
            let forever = Instant::now() + Duration::from_hours(1);
            pairs(program, &firsts_of(name, plain), forever, |_| step).0
        }),
        ["random", scenario, count] => part(scenario, |_, name, plain| {
            let seeds = 1..=count.parse().unwrap_or(RANDOM);
            seeds.map(|seed| random(name, plain, seed)).collect()
        }),
        _ => Err("run <schedules> <seconds> <variants> <progress> <report> | replay <seed> | one <scenario> | two <scenario> <step> | random <scenario> <count> | copy <from> <to> | variants <result> <seconds> [name]".into()),
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

/// Returns the scenario of that name. The error lists all names.
fn known(name: &str) -> Result<&'static Scenario, String> {
    named(name).ok_or_else(|| {
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        format!("there is no scenario `{name}`; there are {}", names.join(", "))
    })
}

fn replay(seed: &str) -> Result<bool, String> {
    let schedule: Schedule = seed.parse()?;
    let scenario = known(&schedule.scenario)?;
    let program = program()?;
    let played = Ready::new(&program, scenario).play(&schedule, true);
    for line in &played.timeline {
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
    variants: &Caught,
    took: Duration,
    to: Option<&Path>,
) -> Result<bool, String> {
    let report = Report { tally, states_total: states_of(program).len(), variants, took };
    report.print();
    if let Some(to) = to {
        report.write(to).map_err(|error| error.to_string())?;
    }
    Ok(tally.broken == 0)
}

/// Plays some schedules of one scenario.
fn part(scenario: &str, schedules: impl Fn(&Program, &str, &Played) -> Vec<Schedule>) -> Result<bool, String> {
    let scenario = known(scenario)?;
    let program = program()?;
    let began = Instant::now();
    let plain = Ready::new(&program, scenario).play(&Schedule::plain(scenario.name), false);
    let schedules = schedules(&program, scenario.name, &plain);
    let until = began + Duration::from_hours(1);
    let tally = play_all(&program, &schedules, until);
    let none = Caught::default();
    report(&program, &tally, &none, began.elapsed(), None)
}

fn run(schedules: &str, seconds: &str, variants: &str, progress: &Path, to: &Path) -> Result<bool, String> {
    let caught = Caught::read(Path::new(variants))?;
    let wanted: u64 = schedules.parse().map_err(|_| "schedules is a number")?;
    let program = program()?;
    // The search for variants is part of the given time.
    let began = Instant::now();
    let until = began + seconds_of(seconds)?.saturating_sub(caught.took);
    let progress = Progress::from(progress)?;
    if progress.before > 0 {
        println!("{} schedules were played before this run", progress.before);
    }
    println!("the schedules take {}", expected(progress.before));
    let tally = play_whole(&program, &SCENARIOS, wanted, until, progress);
    let took = caught.took + tally.earlier + began.elapsed();
    let is_unbroken = report(&program, &tally, &caught, took, Some(to))?;
    let gaps = gaps(&tally, &states_of(&program));
    for gap in &gaps {
        println!("NOT COVERED: {gap}");
    }
    Ok(is_unbroken && tally.is_whole() && caught.is_all() && gaps.is_empty())
}

fn seconds_of(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().map_err(|_| "seconds is a number")?;
    Ok(Duration::from_secs(seconds))
}

/// Checks whether each variant is caught, writes the counts, and prints the rules that no variant breaks.
fn look_for_variants(to: &Path, seconds: &str, only: &str) -> Result<bool, String> {
    let program = program()?;
    let mut all = variants();
    all.retain(|variant| variant.name.starts_with(only));
    let began = Instant::now();
    let until = began + seconds_of(seconds)?;
    let mut caught = Caught::default();
    let mut broken = BTreeSet::new();
    for variant in &all {
        if !choose_variant(variant.name) {
            return Err("this is the product, which has no variants".into());
        }
        caught.of += 1;
        let by = caught_by(&program, variant, until);
        caught.caught += u64::from(!by.is_empty());
        broken.extend(by);
    }
    println!("{} of {} broken variants caught", caught.caught, caught.of);
    if only.is_empty() {
        let unbroken = rules::names().filter(|name| !broken.contains(name));
        let unbroken: Vec<&str> = unbroken.collect();
        caught.unbroken = unbroken.len() as u64;
        match unbroken.as_slice() {
            [] => println!("each rule is broken by one of them"),
            rules => println!("broken by none of them: {}", rules.join(", ")),
        }
    }
    caught.took = began.elapsed();
    caught.write(to)?;
    Ok(caught.is_all())
}

/// Checks whether a variant is caught, and prints by what. Returns the rules that it breaks.
fn caught_by(program: &Program, variant: &Variant, until: Instant) -> Vec<&'static str> {
    let began = Instant::now();
    let found = look_for(program, variant, until);
    let word = found.as_ref().map_or("MISSED", |_| "caught");
    let seconds = began.elapsed().as_secs_f64();
    let Variant { name, what, .. } = variant;
    println!("{word}  {name} ({what}), after {seconds:.1} s");
    let Some(Found { seed, broken }) = found else {
        return Vec::new();
    };
    for (rule, why) in &broken {
        println!("        {seed} breaks {rule}: {why}");
    }
    broken.into_iter().map(|(rule, _)| rule).collect()
}
