//! The report, printed for people and written for other programs.

use crate::play::Seen;
use serde_json::{Value, json};

/// Returns a target's line.
pub fn line(name: &str, seen: &Seen) -> String {
    format!(
        "{name:14} {:>9} inputs, {:>8} taken, {:>3} sorts of finding, at most {:>6} KiB and {:>5} ms each, {} broken",
        seen.inputs,
        seen.taken,
        seen.findings.len(),
        seen.peak_bytes / 1024,
        seen.slowest.as_millis(),
        seen.broken.len(),
    )
}

/// Returns the results of all targets as JSON.
pub fn value(all: &[(&str, Seen)]) -> Value {
    let inputs: u64 = all.iter().map(|(_, seen)| seen.inputs).sum();
    let failures: usize = all.iter().map(|(_, seen)| seen.broken.len()).sum();
    let targets = all.iter().map(|(name, seen)| {
        let found = json!({
            "inputs": seen.inputs,
            "taken": seen.taken,
            "findings": seen.findings,
            "peak_bytes": seen.peak_bytes,
            "slowest_ms": u64::try_from(seen.slowest.as_millis()).unwrap_or(u64::MAX),
            "failures": seen.broken.len(),
        });
        ((*name).to_owned(), found)
    });
    let targets: serde_json::Map<String, Value> = targets.collect();
    json!({"inputs": inputs, "failures": failures, "targets": targets})
}
