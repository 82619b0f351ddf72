//! The lines of workflows, Makefiles and scripts as they are run. Pure.

use crate::init::repository::file_of;

/// The members of a workflow that name something, and run nothing.
const TITLES: [&str; 6] = ["name:", "run-name:", "displayName:", "label:", "id:", "description:"];

/// A line as it is run: with single spaces, and one where a backslash goes on.
#[derive(Debug, Default)]
pub struct RunLine {
    /// What is run.
    pub said: String,
    /// The places at which the lines of the file begin in it, each with its number.
    begins: Vec<(usize, usize)>,
}

impl RunLine {
    /// Returns the number of the line of the file that a place of the text is of, from 1 on.
    pub fn line_at(&self, place: usize) -> usize {
        self.begins.iter().rev().find(|(at, _)| *at <= place).map_or(1, |(_, line)| *line)
    }
}

/// Returns the lines of a file that run something. A comment ends with its line, but for those of a makefile.
pub fn lines(text: &str, path: &str) -> Vec<RunLine> {
    let is_comment = |said: &str| said.starts_with('#') || said.starts_with("//");
    let is_yaml = path.rsplit_once('.').is_some_and(|(_, end)| ["yaml", "yml"].contains(&end));
    let has_rules = is_makefile(path) || file_of(path).eq_ignore_ascii_case("justfile");
    let is_title = |said: &str| TITLES.iter().any(|title| said.trim_start_matches("- ").starts_with(title));
    let mut lines: Vec<RunLine> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let run = if has_rules && !goes_on { recipe(line) } else { line };
        let run = run.trim();
        let (said, ends_open) = run.strip_suffix('\\').map_or((run, false), |said| (said, true));
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        match lines.last_mut().filter(|_| goes_on) {
            Some(before) => {
                before.said.push(' ');
                before.begins.push((before.said.len(), at + 1));
                before.said.push_str(&words);
            }
            None => lines.push(RunLine { said: words, begins: vec![(0, at + 1)] }),
        }
        goes_on = ends_open && (is_makefile(path) || !is_comment(run));
    }
    lines.retain(|line| !(is_comment(&line.said) || is_yaml && is_title(&line.said)));
    lines
}

/// Returns what a line of a makefile runs: of a rule only what stands behind its targets and what these need.
fn recipe(line: &str) -> &str {
    let rule = line.split_once(':').filter(|(targets, needs)| {
        let is_value = targets.contains('=') || needs.contains('=');
        !line.starts_with([' ', '\t', '#']) && !is_value
    });
    rule.map_or(line, |(_, needs)| needs.split_once(';').map_or("", |(_, run)| run))
}

/// Returns whether a file is one of `make`, whose comments go on behind a backslash.
fn is_makefile(path: &str) -> bool {
    let file = file_of(path);
    file.eq_ignore_ascii_case("makefile")
        || file == "GNUmakefile"
        || file.rsplit_once('.').is_some_and(|(_, end)| end == "mk")
}
