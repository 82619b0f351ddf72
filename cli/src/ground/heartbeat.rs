//! The sign of life of a command that waits.
//!
//! On a terminal it is a line that is written over at each look, and taken away before anything else is printed. In a
//! log, where every line stays, it is a line after a silence, and then one a minute at most. It goes to standard error,
//! so that standard output has only what came about, also with `--json`.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};
use terminal_size::{Width, terminal_size_of};
use windlass_domain::text::foreign;

/// The silence after which a log has a line.
const SILENCE: Duration = Duration::from_secs(15);

/// The least time between two such lines.
const PACE: Duration = Duration::from_mins(1);

/// The text for a wait that has none of its own.
const WAITING: &str = "waiting for an answer";

/// The sign of life.
#[derive(Debug)]
pub struct Heartbeat {
    is_terminal: bool,
    /// The time of the last line that was printed.
    last_line: Cell<Instant>,
    /// The time of the last sign in a log.
    beat: Cell<Option<Instant>>,
    words: RefCell<String>,
}

impl Heartbeat {
    /// Begins with the present moment.
    pub fn begin() -> Self {
        let is_dumb = std::env::var("TERM").is_ok_and(|name| name == "dumb");
        Self {
            is_terminal: io::stderr().is_terminal() && !is_dumb,
            last_line: Cell::new(Instant::now()),
            beat: Cell::new(None),
            words: RefCell::new(WAITING.to_owned()),
        }
    }

    /// Notes that lines were printed: the silence begins anew.
    pub fn lines_printed(&self) {
        self.last_line.set(Instant::now());
    }

    /// Takes the words for what is waited for.
    pub fn waits_for(&self, words: String) {
        self.words.replace(words);
    }

    /// Shows the sign, before a pause.
    pub fn show(&self) {
        let words = self.words.borrow();
        let words = foreign::line(&words);
        if self.is_terminal {
            // A longer line would be broken, and not be taken away whole.
            let columns = terminal_size_of(io::stderr()).map(|(Width(columns), _)| usize::from(columns));
            let most = columns.unwrap_or(80).saturating_sub(1);
            let shown: String = words.chars().take(most).collect();
            write(&format!("\r\u{1b}[2K{shown}"));
        } else if self.is_due(Instant::now()) {
            write(&format!("  … {words}\n"));
        }
    }

    /// Takes the line away, after a pause.
    pub fn hide(&self) {
        if self.is_terminal {
            write("\r\u{1b}[2K");
        }
    }

    /// Returns whether a log gets a line now, and notes it.
    fn is_due(&self, now: Instant) -> bool {
        let ago = |then: Instant| now.saturating_duration_since(then);
        let is_silent = ago(self.last_line.get()) >= SILENCE;
        let is_due = is_silent && self.beat.get().is_none_or(|beat| ago(beat) >= PACE);
        if is_due {
            self.beat.set(Some(now));
        }
        is_due
    }
}

/// Writes to standard error; a reader that has gone away is no error.
fn write(text: &str) {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_a_line_after_a_silence_and_one_a_minute_at_most() {
        let begin = Instant::now();
        let pulse = Heartbeat {
            is_terminal: false,
            last_line: Cell::new(begin),
            beat: Cell::new(None),
            words: RefCell::default(),
        };
        let looks = (0..=300).step_by(2);
        let lines: Vec<u64> = looks
            .filter(|second| {
                if *second == 100 {
                    pulse.last_line.set(begin + Duration::from_secs(100));
                }
                pulse.is_due(begin + Duration::from_secs(*second))
            })
            .collect();
        assert_eq!(lines, [16, 76, 136, 196, 256]);
    }
}
