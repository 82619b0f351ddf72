//! Hostile input by hand: `make fuzz`.
//!
//! - `windlass-fuzz run <inputs> <report>` tries so many inputs in all, shared among the targets.
//! - `windlass-fuzz one <target> <number>` tries one again, and prints it.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use windlass_fuzz::play::{Seen, input, play};
use windlass_fuzz::report::{line, value};
use windlass_fuzz::targets::TARGETS;

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let done = match asked.as_slice() {
        ["run", inputs, report] => run(inputs, Path::new(report)),
        ["one", target, number] => one(target, number),
        _ => Err("run <inputs> <report> | one <target> <number>".into()),
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

fn run(inputs: &str, report: &Path) -> Result<bool, String> {
    let inputs: u64 = inputs.parse().map_err(|error| format!("{inputs}: {error}"))?;
    let mut all: Vec<(&str, Seen)> = Vec::new();
    for target in TARGETS {
        let seen = play(target, 0..(inputs * target.share).div_ceil(1000));
        println!("{}", line(target.name, &seen));
        for (number, what) in seen.broken.iter().take(10) {
            println!("  {what}: windlass-fuzz one {} {number}", target.name);
        }
        all.push((target.name, seen));
    }
    let summary = value(&all);
    println!("{} inputs, {} broken", summary["inputs"], summary["failures"]);
    std::fs::write(report, format!("{summary:#}\n")).map_err(|error| format!("{}: {error}", report.display()))?;
    Ok(all.iter().all(|(_, seen)| seen.broken.is_empty()))
}

fn one(target: &str, number: &str) -> Result<bool, String> {
    let number: u64 = number.parse().map_err(|error| format!("{number}: {error}"))?;
    let target = TARGETS.iter().find(|known| known.name == target);
    let target = target.ok_or("there is no such target")?;
    let _ = std::io::stdout().write_all(&input(target, number));
    let seen = play(target, number..=number);
    println!("\n{seen:?}");
    Ok(seen.broken.is_empty())
}
