//! The part of a campaign that was played already, in a file, so that one that was stopped goes on where it was.
//!
//! A line of the file is a block of schedules with what came of it. The first line says of which program they are: what
//! another one played says nothing about this one, because it may play the same schedules otherwise.

use crate::campaign::{Failure, Tally, play_all};
use crate::rules;
use crate::schedule::{Schedule, What};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use windlass_machine::program::Program;

/// The number of schedules of a block: what is played once more at most, a minute's work.
const BLOCK: usize = 10_000;

/// The schedules that were played, and the file that keeps them.
#[derive(Debug, Default)]
pub struct Progress {
    path: Option<PathBuf>,
    kept: VecDeque<(String, Tally)>,
    /// The number of schedules that an earlier run played.
    pub before: u64,
}

impl Progress {
    /// Returns a progress that nobody keeps.
    pub fn of_none() -> Self {
        Self::default()
    }

    /// Reads what an earlier run of the same program left, or begins a file.
    pub fn from(path: &Path) -> Result<Self, String> {
        let in_words = |error: std::io::Error| format!("{}: {error}", path.display());
        let program = fs::read(std::env::current_exe().map_err(in_words)?).map_err(in_words)?;
        let mut hasher = DefaultHasher::new();
        program.hash(&mut hasher);
        let head = format!("{:016x}", hasher.finish());
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut lines = text.lines();
        let mut kept = VecDeque::new();
        if lines.next() == Some(head.as_str()) {
            // The last line may have been cut off in the middle: it is played once more.
            let whole = text.matches('\n').count();
            for (number, line) in (2..=whole).zip(lines) {
                let read = serde_json::from_str(line).ok().and_then(|line| block(&line));
                kept.push_back(read.ok_or_else(|| format!("{}: line {number} cannot be read", path.display()))?);
            }
        }
        let mut file = File::create(path).map_err(in_words)?;
        writeln!(file, "{head}").map_err(in_words)?;
        for (first, tally) in &kept {
            writeln!(file, "{}", written(first, tally, tally.earlier)).map_err(in_words)?;
        }
        let before = kept.iter().map(|(_, tally)| tally.schedules).sum();
        Ok(Self { path: Some(path.to_owned()), kept, before })
    }

    /// Plays schedules as `play_all` does, but for those that were played before. After each block it says how far it
    /// has come.
    pub fn play(
        &mut self,
        program: &Program,
        schedules: &[Schedule],
        until: Instant,
        mut say: impl FnMut(u64),
    ) -> Tally {
        let mut total = Tally::default();
        for block in schedules.chunks(BLOCK) {
            let first = block.first().map(ToString::to_string).unwrap_or_default();
            if let Some(tally) = self.known(&first, block.len()) {
                total.merge(tally);
                continue;
            }
            let began = Instant::now();
            let tally = play_all(program, block, until);
            if tally.left == 0 {
                self.keep(&first, &tally, began.elapsed());
            }
            say(tally.schedules);
            total.merge(tally);
        }
        total.left = schedules.len() as u64 - total.schedules;
        total
    }

    /// Returns what came of the next block, if it is the one that was played then.
    fn known(&mut self, first: &str, schedules: usize) -> Option<Tally> {
        let is_it = |(then, tally): &(String, Tally)| then == first && tally.schedules == schedules as u64;
        if !self.kept.front().is_some_and(is_it) {
            self.kept.clear();
        }
        self.kept.pop_front().map(|(_, tally)| tally)
    }

    /// A block that cannot be written is played once more by the next run.
    fn keep(&self, first: &str, tally: &Tally, took: Duration) {
        if let Some(path) = &self.path
            && let Ok(mut file) = OpenOptions::new().append(true).open(path)
        {
            let _ = writeln!(file, "{}", written(first, tally, took));
        }
    }

    /// Deletes the file, when all was played: the next run begins anew.
    pub fn end(self) {
        if let Some(path) = self.path {
            let _ = fs::remove_file(path);
        }
    }
}

fn written(first: &str, tally: &Tally, took: Duration) -> Value {
    let met: Vec<Value> = tally.met.iter().map(|(what, times)| json!([what.name(), times])).collect();
    let failures = tally.failures.iter().map(|((scenario, rule), failure)| {
        json!([scenario, rule, failure.seed.to_string(), failure.found.to_string(), failure.why])
    });
    let failures: Vec<Value> = failures.collect();
    json!({
        "first": first,
        "schedules": tally.schedules,
        "broken": tally.broken,
        "ms": took.as_millis(),
        "met": met,
        "states": tally.states,
        "calls": tally.calls,
        "scenarios": tally.scenarios,
        "failures": failures,
    })
}

/// Reads a block, and `None` where it is none.
fn block(line: &Value) -> Option<(String, Tally)> {
    let mut tally = Tally {
        schedules: line["schedules"].as_u64()?,
        broken: line["broken"].as_u64()?,
        earlier: Duration::from_millis(line["ms"].as_u64()?),
        ..Tally::default()
    };
    for entry in line["met"].as_array()? {
        let what = What::ALL.into_iter().chain(What::BEYOND).find(|what| entry[0] == what.name())?;
        tally.met.insert(what, entry[1].as_u64()?);
    }
    for state in line["states"].as_array()? {
        tally.states.insert(state.as_str()?.to_owned());
    }
    for call in line["calls"].as_array()? {
        tally.calls.insert(call.as_str()?.to_owned());
    }
    for (scenario, counts) in line["scenarios"].as_object()? {
        tally.scenarios.insert(scenario.clone(), (counts[0].as_u64()?, counts[1].as_u64()?));
    }
    for entry in line["failures"].as_array()? {
        let mut known = rules::names().chain(["no_panic"]);
        let rule = known.find(|rule| entry[1] == *rule)?;
        let failure = Failure {
            seed: entry[2].as_str()?.parse().ok()?,
            found: entry[3].as_str()?.parse().ok()?,
            rule,
            why: entry[4].as_str()?.to_owned(),
        };
        tally.failures.insert((entry[0].as_str()?.to_owned(), rule), failure);
    }
    Some((line["first"].as_str()?.to_owned(), tally))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Mishap;

    #[test]
    fn a_block_is_read_as_it_is_written() {
        let seed = Schedule::with("canary", &[Mishap { what: What::Late, at: 7 }]);
        let mut tally = Tally { schedules: 9, broken: 1, earlier: Duration::from_secs(3), ..Tally::default() };
        tally.met.insert(What::StoppedHeld, 4);
        tally.states.insert("Judge".to_owned());
        tally.calls.insert("CloudTrail_20131101.LookupEvents".to_owned());
        tally.scenarios.insert("canary".to_owned(), (9, 1));
        let failure = Failure { seed: seed.clone(), found: seed, rule: "one_ending", why: "it has two".to_owned() };
        tally.failures.insert(("canary".to_owned(), "one_ending"), failure);
        let line = written("canary+late@7", &tally, tally.earlier);
        let read = block(&line).map(|(first, tally)| written(&first, &tally, tally.earlier));
        assert_eq!(read, Some(line));
        assert!(block(&json!({"first": "canary"})).is_none());
    }

    #[test]
    fn what_was_played_is_played_once() {
        let path = std::env::temp_dir().join(format!("windlass-progress-{}", std::process::id()));
        let program = Program::release().unwrap_or_else(|error| panic!("{error}"));
        let schedules = [Schedule::plain("canary"), Schedule::plain("code")];
        let forever = Instant::now() + Duration::from_hours(1);
        let mut played = Vec::new();
        for _ in 0..2 {
            let mut progress = Progress::from(&path).unwrap_or_else(|why| panic!("{why}"));
            let tally = progress.play(&program, &schedules, forever, |more| played.push(more));
            assert_eq!((tally.schedules, tally.left), (2, 0));
        }
        assert_eq!(played, [2], "the second time it is only read");
        let other = [Schedule::plain("code"), Schedule::plain("canary")];
        let mut progress = Progress::from(&path).unwrap_or_else(|why| panic!("{why}"));
        progress.play(&program, &other, forever, |more| played.push(more));
        assert_eq!(played, [2, 2], "other schedules are not those");
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (left, before) in [(text.trim_end(), Some(2)), ("[]\n", None)] {
            let head = text.lines().next().unwrap_or_default();
            let left = if before.is_some() { left.to_owned() } else { format!("{head}\n{left}") };
            fs::write(&path, left).unwrap_or_else(|why| panic!("{why}"));
            let read = Progress::from(&path).ok().map(|progress| progress.before);
            assert_eq!(read, before, "a line that is cut off is played again, one that is none is an error");
        }
        progress.end();
        assert!(!path.exists());
    }
}
