//! How many whole deployments run in a second: the real state machine file over the real handlers
//! and the in-memory world.
//!
//! `cargo run --release -p windlass-machine --example rate [deployments]`

use std::process::ExitCode;
use std::time::Instant;
use windlass_machine::program::{LoadError, Program};
use windlass_machine::shop::{FUNCTIONS, Shop};

/// Deployments before a fresh world is made, so that the ledger's size is like that of a test.
const PER_WORLD: u32 = 20;

fn main() -> ExitCode {
    let asked = std::env::args().nth(1).and_then(|n| n.parse().ok());
    match rate(asked.unwrap_or(4000)) {
        Ok(rate) => {
            println!("{rate:.0} deployments a second");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn rate(deployments: u32) -> Result<f64, LoadError> {
    let program = Program::release()?;
    let started = Instant::now();
    let mut made = 0;
    while made < deployments {
        let mut shop = Shop::new(&program, FUNCTIONS);
        for n in 0..PER_WORLD {
            let arn = shop.deploy(&format!("1.0.{n}"), &["api", "jobs"]);
            shop.region.run();
            assert!(
                shop.path(&arn).ends_with("Succeeded"),
                "{}",
                shop.path(&arn)
            );
            made += 1;
        }
    }
    Ok(f64::from(made) / started.elapsed().as_secs_f64())
}
