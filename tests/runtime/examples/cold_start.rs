//! How long functions take from the start of their process to their first answer, to an event that
//! they refuse without asking AWS. In rounds, each function once, so that what else the machine does
//! disturbs all alike. Prints one JSON object: the milliseconds of each start by function.
//!
//! `cargo run --release -p windlass-runtime --example cold_start -- rounds folder…`, where a folder
//! holds a function's `bootstrap` and is named like the function.

#![allow(
    clippy::expect_used,
    reason = "a measurement ends where it cannot be taken"
)]

use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use windlass_runtime::Function;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: u32 = arguments
        .next()
        .and_then(|rounds| rounds.parse().ok())
        .expect("the number of rounds comes first");
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

/// One start, in milliseconds. Nothing listens where AWS would be: a call would be a long wait.
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
    // A text is the event of no function; the queue's function answers that no message failed.
    function.invoke(&json!("no event"));
    let took = began.elapsed();
    function.end();
    took.as_secs_f64() * 1000.0
}
