//! Words for people, or one JSON document for programs; or words, and the document into a file. What others have said
//! in either steers no terminal: nothing that is hidden is printed as it is.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::shown;
use crate::ground::manual;
use crate::ground::terminal::{Tone, drawn};
use crate::ground::trouble::TroubleName;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use terminal_size::terminal_size_of;
use windlass_domain::release::way_in::WayIn;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::foreign;
use windlass_domain::text::prose::Prose;

/// The output of a verb. Words go to standard output, errors to standard error.
#[derive(Debug, Clone, Copy)]
pub struct VerbOutput {
    json: bool,
    file: Option<&'static Path>,
}

impl VerbOutput {
    /// Makes an output of words, or of JSON.
    pub fn new(json: bool) -> Self {
        Self { json, file: None }
    }

    /// Like [`Self::new`], with the JSON document in a file as well. The file is emptied now, because a document of an
    /// earlier command is none of this one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn with_file(self, path: &Path) -> Result<Self, Failure> {
        fs::write(path, "").map_err(|error| unwritten(path, &error))?;
        // There is one output for the whole life of the program.
        let file = Some(&*Box::leak(path.to_owned().into_boxed_path()));
        Ok(Self { file, ..self })
    }

    /// Prints a result: `words` for people, or the value itself.
    pub fn result(&self, value: &impl Serialize, words: &str) {
        let width = terminal_size_of(io::stdout());
        self.value_or(value, || drawn(words.trim_end(), width));
    }

    /// Prints a result that is a document: its text as it is, or the value itself.
    pub fn document(&self, value: &impl Serialize, text: &str) {
        self.value_or(value, || foreign::terminal(text.trim_end()).into_owned());
    }

    /// Prints a text, or the value itself. A reader that has gone away, such as `head`, is not an error of ours.
    fn value_or(self, value: &impl Serialize, text: impl FnOnce() -> String) {
        self.keep(value);
        let text = if self.json { printed(value) } else { text() };
        let _ = writeln!(anstream::stdout(), "{text}");
    }

    /// Prints a line while something goes on; with `--json` nothing, so that one document comes out.
    pub fn progress(&self, line: &str) {
        if !self.json {
            let _ = writeln!(anstream::stdout(), "{}", drawn(line, terminal_size_of(io::stdout())));
        }
    }

    /// Prints a text as it is, such as a line of a log, so that it can be copied.
    pub fn line(&self, line: &str) {
        if !self.json {
            let _ = writeln!(io::stdout(), "{}", foreign::terminal(line));
        }
    }

    /// Prints what must be said before something is done; with `--json` on standard error.
    pub fn announce(&self, line: &str) {
        if self.json {
            aside(line);
        } else {
            self.progress(line);
        }
    }

    /// Announces a text as it is, such as a comparison of two files.
    pub fn announce_as_is(&self, text: &str) {
        if self.json {
            let _ = writeln!(io::stderr(), "{}", foreign::terminal(text));
        } else {
            self.line(text);
        }
    }

    /// Prints the value with `--json`, and keeps it with `--json-to`; the words were printed already.
    pub fn only_json(&self, value: &impl Serialize) {
        if self.json {
            self.result(value, "");
        } else {
            self.keep(value);
        }
    }

    /// Writes the document into the file, where there is one.
    fn keep(self, value: &impl Serialize) {
        if let Some(path) = self.file
            && let Err(why) = fs::write(path, document(value) + "\n")
        {
            error(&unwritten(path, &why).message);
        }
    }

    /// Returns whether `--json` was given.
    pub fn is_json(self) -> bool {
        self.json
    }
}

/// Returns the document of `--json`, as it is printed.
pub fn printed(value: &impl Serialize) -> String {
    foreign::json(&document(value)).into_owned()
}

fn document(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value).and_then(|mut value| {
        WayIn::CommandLine.answer(&mut value);
        serde_json::to_string_pretty(&value)
    });
    text.unwrap_or_else(|error| error.to_string())
}

/// Makes the failure of a file that cannot be written.
pub fn unwritten(path: &Path, why: &io::Error) -> Failure {
    Failure::of(TroubleName::FileNotWritten, format!("`{}` cannot be written: {why}", shown(path)))
}

/// Returns the exit status of a verb; a failure is printed first.
pub fn end(output: VerbOutput, result: Result<Exit, Failure>) -> Exit {
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
    aside(&format!("{} {what}", Tone::Bad.of("windlass:")));
}

/// Prints a line of progress on standard error, because standard output may be one document.
pub fn aside(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", drawn(line, terminal_size_of(io::stderr())));
}

/// Returns a text as a person at the command line reads it.
pub fn text(prose: &Prose) -> String {
    WayIn::CommandLine.words(prose)
}

/// Returns findings as people read them: the file, the place, what is wrong, what to write instead, and the pages that
/// explain them. Those of several environments stand one a line, with what they have in common once.
pub fn words(file: &str, findings: &[Finding]) -> String {
    let mut text = String::new();
    for same in together(findings, |it| (&it.path, it.name, &it.remedy)) {
        let Some(first) = same.first() else { continue };
        text.push_str(&format!("{file}: {}: {}\n", first.path, first.name));
        let said = same.iter().map(|it| &it.reason).chain([&first.remedy]);
        text.extend(said.map(|said| format!("  {}\n", self::text(said))));
    }
    text.extend(manual::line(findings).map(|line| line + "\n"));
    text
}

/// Returns warnings, which stop nothing, as people read them. Those of several environments stand one a line, and what
/// to write instead stands once below them.
pub fn warnings(warnings: &[Finding]) -> String {
    let mut text = String::new();
    for same in together(warnings, |it| (it.name, &it.remedy)) {
        let lines = same.iter().map(|it| format!("  warning: {}: {}: {}\n", it.name, it.path, self::text(&it.reason)));
        text.extend(lines);
        text.extend(same.first().map(|it| format!("    {}\n", self::text(&it.remedy))));
    }
    text
}

/// Returns the line on so many warnings that were the same when this version was declared, with the command that shows
/// them; `None` if there are none.
pub fn known_warnings(number: usize, version: impl fmt::Display, command: &str) -> Option<String> {
    let (warnings, them) = (count(number, "warning"), agree(number, "it", "them"));
    let line = format!("  {warnings} as when declaration {version} was declared: `{command}` shows {them}");
    (number > 0).then_some(line)
}

/// Groups findings by what they have in common, in the order of the first of each.
fn together<'a, K: PartialEq>(findings: &'a [Finding], of: impl Fn(&'a Finding) -> K) -> Vec<Vec<&'a Finding>> {
    let mut groups: Vec<(K, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let key = of(finding);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, same)) => same.push(finding),
            None => groups.push((key, vec![finding])),
        }
    }
    groups.into_iter().map(|(_, same)| same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::prose;
    use windlass_domain::text::finding::FindingName;
    use windlass_domain::text::next_step::{NextStep, Wish};

    #[test]
    fn a_document_has_the_words_of_the_command_line_and_the_steps_as_data() {
        let remedy = prose!("Leave {} out.", NextStep::With(Wish::AllowOlder));
        let finding = Finding::new(FindingName::Older, "version", "It is older.", remedy);
        let printed: serde_json::Value = serde_json::from_str(&document(&[finding])).unwrap();
        let wanted = serde_json::json!([{"name": "Older", "path": "version", "reason": "It is older.",
            "remedy": "Leave `--allow-older` out.", "next_steps": [{"with": "allow_older"}]}]);
        assert_eq!(printed, wanted);
    }

    #[test]
    fn findings_of_several_environments_stand_one_a_line() {
        let named = |environment: &str| format!("`api-{environment}` is no name.");
        let wrong = |reason| Finding::new(FindingName::BadValue, "components.api.function", reason, "Write a name.");
        let other = Finding::new(FindingName::BadValue, "app", "It is long.", "Write a short one.");
        let findings = [wrong(named("dev")), other, wrong(named("prod"))];
        let lines = words("app.yaml", &findings);
        let wanted = "app.yaml: components.api.function: BadValue\n  `api-dev` is no name.\n  `api-prod` is no \
                      name.\n  Write a name.\napp.yaml: app: BadValue\n  It is long.\n  Write a short one.\n";
        assert!(lines.starts_with(wanted), "{lines}");
        let of = |environment: &str| {
            let path = format!("environments.{environment}.gates");
            Finding::new(FindingName::NothingMeasured, path, "Nothing is measured.", "Write `gates`.")
        };
        let wanted = "  warning: NothingMeasured: environments.dev.gates: Nothing is measured.\n  warning: \
                      NothingMeasured: environments.prod.gates: Nothing is measured.\n    Write `gates`.\n";
        assert_eq!(warnings(&[of("dev"), of("prod")]), wanted);
    }
}
