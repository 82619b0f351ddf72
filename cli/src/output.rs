//! What is printed: words for people, or one JSON document for programs.

use crate::exit::Exit;
use crate::failure::Failure;
use serde::Serialize;
use std::io::{self, Write};
use windlass_domain::finding::{Finding, pages};

/// Where a verb says what it found out. Words go to standard output, errors to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// Words, or JSON.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints a result: `words` for people, or the value itself.
    ///
    /// A reader that has gone away, such as `head`, is not an error of ours.
    pub fn result(&self, value: &impl Serialize, words: &str) {
        let text = if self.json {
            serde_json::to_string_pretty(value).unwrap_or_else(|error| error.to_string())
        } else {
            words.trim_end().to_owned()
        };
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// Prints a line while something goes on; with `--json` nothing, so that one document comes out.
    pub fn progress(&self, line: &str) {
        if !self.json {
            let _ = writeln!(io::stdout(), "{line}");
        }
    }

    /// Says what must be said before something is done; with `--json` on standard error.
    pub fn announce(&self, line: &str) {
        if self.json {
            let _ = writeln!(io::stderr(), "{line}");
        } else {
            self.progress(line);
        }
    }

    /// Prints the value with `--json`; words were said already.
    pub fn only_json(&self, value: &impl Serialize) {
        if self.json {
            self.result(value, "");
        }
    }

    /// Whether `--json` was given.
    pub fn is_json(self) -> bool {
        self.json
    }
}

/// How a verb ended; a failure is told first.
pub fn end(output: Output, result: Result<Exit, Failure>) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            error(&failure.words());
            output.only_json(&failure.as_json());
            failure.exit
        }
    }
}

/// Prints why the command could not be carried out.
pub fn error(what: &str) {
    let _ = writeln!(io::stderr(), "windlass: {what}");
}

/// Findings as people read them: the file, the place, what is wrong, what to write instead, and the pages that explain
/// them.
pub fn words(file: &str, findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&format!(
            "{file}: {}: {}\n  {}\n  {}\n",
            finding.path, finding.name, finding.reason, finding.remedy
        ));
    }
    text.extend(pages(findings).map(|line| line + "\n"));
    text
}
