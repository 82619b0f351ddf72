//! Measures how many whole deployments run in a second on one core: the real state machine file over the real handlers
//! and the in-memory world, from `Admit` to `Succeeded`, for one kind of deployment after the other. The time for
//! making the world and for uploading artifacts does not count. Nothing of a walk is left out, such as JSON, conditions
//! or the outbox: the figure would be of something else. The core's own time stands beside the clock's, because the
//! machine has other work as well.
//!
//! `cargo run --release -p windlass-machine --example rate [deployments of each kind]`

use std::process::ExitCode;
use std::time::{Duration, Instant};
use windlass_machine::core_time::on_core;
use windlass_machine::program::{LoadError, Program};
use windlass_machine::shop::{ALL_KINDS, FUNCTIONS, ONE_FUNCTION, Shop};

/// The number of deployments before a fresh world is made, as many as a long test makes.
const PER_WORLD: u32 = 4;

/// The deployments that are measured: a name, the declaration, the components of each release.
const MEASURED: [(&str, &str, &[&str]); 3] = [
    ("a function, all at once", ONE_FUNCTION, &["api"]),
    ("two functions, three waves", FUNCTIONS, &["api", "jobs"]),
    ("all kinds, three waves", ALL_KINDS, &["agent", "api", "web"]),
];

fn main() -> ExitCode {
    let asked = std::env::args().nth(1).and_then(|n| n.parse().ok());
    match measure(asked.unwrap_or(4000)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(deployments: u32) -> Result<(), LoadError> {
    let program = Program::release()?;
    println!("deployments a second, by the core's time and by the clock; transitions of each");
    for (name, declaration, components) in MEASURED {
        let run = run(&program, deployments, declaration, components);
        let by = |time: Duration| f64::from(run.made) / time.as_secs_f64();
        println!("{:6.0} {:6.0} {:3}  {name}", by(run.worked), by(run.took), run.transitions);
    }
    Ok(())
}

/// A run of many deployments.
#[derive(Default)]
struct Run {
    made: u32,
    /// The transitions of the last deployment.
    transitions: u64,
    /// The time on the core. This is the one to compare on a machine that has other work as well.
    worked: Duration,
    /// The time by the clock.
    took: Duration,
}

fn run(program: &Program, deployments: u32, declaration: &str, components: &[&str]) -> Run {
    let mut run = Run::default();
    while run.made < deployments {
        let mut shop = Shop::new(program, declaration);
        for n in 0..PER_WORLD {
            let request = shop.release(&format!("1.0.{n}"), components);
            let (worked, started) = (on_core(), Instant::now());
            let arn = shop.start(&request);
            shop.region.run();
            run.took += started.elapsed();
            run.worked += on_core().saturating_sub(worked);
            let path = shop.path(&arn);
            assert!(path.ends_with("Succeeded"), "{path}");
            let ended = shop.region.ended(&arn);
            run.transitions = ended.map_or(0, |ended| ended.execution.path().transitions);
            run.made += 1;
        }
    }
    run
}
