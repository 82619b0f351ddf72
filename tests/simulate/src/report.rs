//! The report of a campaign, for people and for machines.

use crate::campaign::Tally;
use crate::coverage::{UNREACHED, missing_calls};
use crate::schedule::What;
use serde_json::{Map, Value, json};
use std::io;
use std::path::Path;
use std::time::Duration;
use windlass_world::calls::CALLS;

/// The result of the broken variants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caught {
    /// The number of variants that were caught.
    pub caught: u64,
    /// The number of variants.
    pub of: u64,
    /// The number of rules that no variant breaks. Such a rule was not shown to be able to fail.
    pub unbroken: u64,
    /// The time that the variants took.
    pub took: Duration,
}

impl Caught {
    /// Returns whether all were caught, and each rule is broken by one of them.
    pub fn is_all(&self) -> bool {
        self.caught == self.of && self.unbroken == 0
    }

    /// Writes it to a file, for the report.
    pub fn write(&self, to: &Path) -> Result<(), String> {
        let seconds = self.took.as_secs_f64().ceil();
        let Self { caught, of, unbroken, .. } = self;
        std::fs::write(to, format!("{caught} {of} {unbroken} {seconds}\n"))
            .map_err(|error| format!("{}: {error}", to.display()))
    }

    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let in_words = |why: String| format!("{}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| in_words(error.to_string()))?;
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        match numbers.as_deref() {
            Ok([caught, of, unbroken, seconds]) => {
                Ok(Self { caught: *caught, of: *of, unbroken: *unbroken, took: Duration::from_secs(*seconds) })
            }
            _ => Err(in_words(format!("`{text}` is not how many of how many, rules that none breaks, and seconds"))),
        }
    }
}

/// A campaign with what it covered.
#[derive(Debug)]
pub struct Report<'a> {
    /// The results of the schedules.
    pub tally: &'a Tally,
    /// The number of states of the machine.
    pub states_total: usize,
    /// The broken variants.
    pub variants: &'a Caught,
    /// The time that it took.
    pub took: Duration,
}

impl Report<'_> {
    fn calls_covered(&self) -> usize {
        CALLS.into_iter().filter(|call| self.tally.calls.contains(*call)).count()
    }

    /// Prints it.
    pub fn print(&self) {
        let tally = self.tally;
        for failure in tally.failures.values() {
            println!("BROKEN {}: {}", failure.rule, failure.why);
            println!("  make replay SEED={}   (found as {})", failure.seed, failure.found);
        }
        println!("{} schedules, {} of them broke a rule", tally.schedules, tally.broken);
        for (what, times) in &tally.met {
            println!("  {times:8} {}", what.name());
        }
        println!(
            "{} of {} states, {} of {} port calls, {} of {} kinds of mishaps",
            tally.states.len(),
            self.states_total,
            self.calls_covered(),
            CALLS.len(),
            tally.met.len(),
            What::ALL.len(),
        );
        for call in missing_calls(tally) {
            println!("  never made: {call}");
        }
        for (call, why) in UNREACHED {
            println!("  out of reach: {call} ({why})");
        }
        if !tally.is_whole() {
            println!(
                "the time was over: {} schedules were not played, and no pair was planned for {} stops",
                tally.left, tally.unplanned
            );
        }
        let seconds = self.took.saturating_sub(self.variants.took).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = tally.schedules as f64 / seconds.max(0.001);
        println!("{rate:.0} schedules a second, for {seconds:.0} s");
    }

    /// Writes it as JSON.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let tally = self.tally;
        let faults: Map<String, Value> =
            tally.met.iter().map(|(what, times)| (what.name().to_owned(), json!(times))).collect();
        let report = json!({
            "schedules": tally.schedules,
            "failures": tally.broken,
            "left": tally.left + tally.unplanned,
            "faults": faults,
            "states_covered": tally.states.len(),
            "states_total": self.states_total,
            "calls_covered": self.calls_covered(),
            "calls_total": CALLS.len(),
            "variants_caught": self.variants.caught,
            "variants_total": self.variants.of,
            "seconds": self.took.as_secs(),
        });
        std::fs::write(path, format!("{report:#}\n"))
    }
}
