//! What is printed and written of a campaign.

use crate::campaign::Tally;
use serde_json::{Map, Value, json};
use std::io;
use std::path::Path;
use std::time::Duration;
use windlass_machine::program::{Program, State};

/// A campaign with what it covered.
#[derive(Debug)]
pub struct Report<'a> {
    /// What came of it.
    pub tally: &'a Tally,
    /// How many states the machine has.
    pub states_total: usize,
    /// How many of the broken variants were caught, and how many there are.
    pub variants: (usize, usize),
    /// How long it took.
    pub took: Duration,
}

/// How many states a machine has, those within Maps too.
pub fn states_of(program: &Program) -> usize {
    let within = program.states.iter().map(|state| match state {
        State::Map(map) => map.processor.states.len(),
        _ => 0,
    });
    program.states.len() + within.sum::<usize>()
}

impl Report<'_> {
    /// Prints it.
    pub fn print(&self) {
        let tally = self.tally;
        for failure in tally.failures.values() {
            println!("BROKEN {}: {}", failure.rule, failure.why);
            println!(
                "  make replay SEED={}   (found as {})",
                failure.seed, failure.found
            );
        }
        println!(
            "{} schedules, {} of them broke a rule",
            tally.schedules, tally.broken
        );
        for (what, times) in &tally.met {
            println!("  {times:8} {}", what.name());
        }
        println!(
            "{} of {} states, {} port calls",
            tally.states.len(),
            self.states_total,
            tally.calls.len()
        );
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = tally.schedules as f64 / seconds.max(0.001);
        println!("{rate:.0} schedules a second, for {seconds:.0} s");
    }

    /// Writes it for machines.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let tally = self.tally;
        let faults: Map<String, Value> = tally
            .met
            .iter()
            .map(|(what, times)| (what.name().to_owned(), json!(times)))
            .collect();
        let report = json!({
            "schedules": tally.schedules,
            "failures": tally.broken,
            "faults": faults,
            "states_covered": tally.states.len(),
            "states_total": self.states_total,
            "variants_caught": self.variants.0,
            "variants_total": self.variants.1,
            "seconds": self.took.as_secs(),
        });
        std::fs::write(path, format!("{report:#}\n"))
    }
}
