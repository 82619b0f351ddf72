//! Measures the time of functions from the start of their process to their first answer, to an event that they refuse
//! without asking AWS. It goes in rounds, each function once, so that other work of the machine disturbs all alike. It
//! prints one JSON object: the milliseconds of each start, by function.
//!
//! `cargo run --release -p windlass-runtime --example cold_start -- rounds folder…`, where a folder
//! holds a function's `bootstrap` and is named like the function.

#![allow(clippy::expect_used, reason = "a measurement ends where it cannot be taken")]

use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use windlass_runtime::Function;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: u32 =
        arguments.next().and_then(|rounds| rounds.parse().ok()).expect("the number of rounds comes first");
    let folders: Vec<String> = arguments.collect();
    let mut taken: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..rounds {
        for folder in &folders {
            let name = Path::new(folder).file_name().and_then(|name| name.to_str());
            let name = name.expect("a folder has a name");
            taken.entry(name).or_default().push(start(folder));
        }
    }
    println!("{}", json!(taken));
}

/// Measures one start, in milliseconds. Nothing listens in place of AWS, so a call would be a long wait.
fn start(folder: &str) -> f64 {
    let mut command = Command::new(Path::new(folder).join("bootstrap"));
    command
        .env_clear()
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let began = Instant::now();
    let mut function = Function::start(command);
    // A text is no event of any function. The queue's function answers that no message failed.
    function.invoke(&json!("no event"));
    let took = began.elapsed();
    function.end();
    took.as_secs_f64() * 1000.0
}
