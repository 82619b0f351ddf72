//! A text on a terminal: its states in colours, its lines as wide as the terminal, and its tables.
//!
//! `anstream` decides on colours: by `--color`, `NO_COLOR`, `CLICOLOR_FORCE`, and the terminal. Lines are broken on a
//! terminal and where `COLUMNS` is given; a program that reads them gets each whole.

// Without a terminal each line stays whole, because a script looks for it. A wide table is a paragraph a row: ten
// columns in 80 characters are two words a line.

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::env;
use std::fmt::Display;
use terminal_size::{Height, Width};
use textwrap::core::{Word, display_width};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, fill};
use windlass_domain::text::foreign;

/// The tone of a state: its colour on a terminal, its shape and colour on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Good.
    Good,
    /// Bad, or a person is needed.
    Bad,
    /// Going on.
    Moving,
    /// Worth knowing, and no fault.
    Noted,
    /// Nothing yet, or not known.
    Still,
}

impl Tone {
    /// Returns words in its colour, for a terminal.
    pub fn of(self, words: impl Display) -> String {
        let style = match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Moving => AnsiColor::Cyan.on_default(),
            Self::Noted => AnsiColor::Yellow.on_default(),
            Self::Still => Style::new().dimmed(),
        };
        format!("{style}{words}{style:#}")
    }
}

/// A state: its words, and their tone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownState {
    /// The tone.
    pub tone: Tone,
    /// The words.
    pub words: String,
}

impl ShownState {
    /// Makes a state.
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self { tone, words: words.into() }
    }

    /// Returns its words in its colour, for a terminal.
    pub fn drawn(&self) -> String {
        self.tone.of(&self.words)
    }
}

/// The escape sequences of [`Tone::of`], behind the escape character: all others are shown and not sent. What others
/// say is cleaned where it is read; of what was not, a colour passes and no more.
const OWN: [&str; 7] = ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m", "[36m"];

/// Returns lines as a terminal of this size gets them: broken to its width, and with nothing hidden in them but our own
/// colours.
pub fn drawn(text: &str, size: Option<(Width, Height)>) -> String {
    let mut parts = text.split('\u{1b}');
    let mut shown = parts.next().map_or_else(String::new, |first| foreign::terminal(first).into_owned());
    for part in parts {
        let is_own = OWN.iter().any(|own| part.starts_with(own));
        shown.push_str(if is_own { "\u{1b}" } else { "\\u{1b}" });
        shown.push_str(&foreign::terminal(part));
    }
    match width(size) {
        Some(width) => shown.split('\n').map(|line| broken(line, width)).collect::<Vec<_>>().join("\n"),
        None => shown,
    }
}

/// The least width that lines are broken to: below it no word of a name or a time fits.
const LEAST: usize = 40;

/// Returns the number of columns to write in: `COLUMNS`, else what the terminal has; `None` where there is neither.
fn width(size: Option<(Width, Height)>) -> Option<usize> {
    let given = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let columns = given.or(size.map(|(Width(columns), _)| usize::from(columns)));
    columns.map(|columns: usize| columns.max(LEAST))
}

/// Breaks a line between its words. A command between backticks stays whole, so that it can be copied.
fn broken(line: &str, width: usize) -> String {
    let indent = " ".repeat(line.len() - line.trim_start_matches(' ').len() + 4);
    let options = Options::new(width)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation)
        .word_separator(WordSeparator::Custom(words))
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    fill(line, options)
}

fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut is_quoted = false;
    let has_pairs = line.matches('`').count().is_multiple_of(2);
    let ends = move |c: char| {
        is_quoted ^= c == '`' && has_pairs;
        c == ' ' && !is_quoted
    };
    Box::new(line.split_inclusive(ends).map(Word::from))
}

/// Makes a table of columns as wide as their widest cell; the last one ends where it ends. Where a terminal is too
/// narrow for it, each row is a paragraph with a line for each cell that has something.
pub fn table(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let head: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let widest =
        |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(widest).collect();
    let line = |row: &Vec<String>| {
        let padded =
            row.iter().zip(&widths).map(|(cell, width)| cell.clone() + &" ".repeat(width - display_width(cell)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let lines: Vec<String> = all.iter().map(line).collect();
    match width(terminal_size::terminal_size_of(std::io::stdout())) {
        Some(width) if lines.iter().any(|line| display_width(line) > width) => paragraphs(columns, &all),
        _ => lines.join("\n"),
    }
}

fn paragraphs(columns: &[&str], rows: &[Vec<String>]) -> String {
    let longest = columns.iter().map(|title| title.len()).max().unwrap_or(0);
    let paragraph = |row: &Vec<String>| {
        let cells = columns.iter().zip(row).filter(|(_, cell)| !["", "-"].contains(&cell.as_str()));
        let lines = cells.enumerate().map(|(number, (title, cell))| {
            let (indent, most) = if number == 0 { ("", longest + 2) } else { ("  ", longest) };
            format!("{indent}{title:most$}  {cell}")
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    rows.iter().skip(1).map(paragraph).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_colours_steer_a_terminal() {
        let tones = [Tone::Good, Tone::Bad, Tone::Moving, Tone::Noted, Tone::Still];
        for tone in tones {
            let ours = tone.of("passed");
            assert!(ours.starts_with('\u{1b}'), "{tone:?}");
            assert_eq!(drawn(&ours, None), ours, "{tone:?}");
        }
        assert_eq!(drawn("a\u{1b}]0;title\u{7}\u{1b}[2Jb\rc", None), "a\\u{1b}]0;title\\u{7}\\u{1b}[2Jb\\u{d}c");
    }

    #[test]
    fn lines_are_broken_between_words_and_no_command_is() {
        let command = "`windlass rollback shop prod --reason 'checkout is broken'`";
        let line =
            format!("  lock: 0123456789abcdef {} after 1.4.0: {command} goes back", Tone::Bad.of("NEEDS AN OPERATOR"));
        let text = broken(&line, 60);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].trim() == command && lines[1].starts_with("      `"), "{text}");
        assert!(lines.iter().all(|line| display_width(line) <= 65), "{text}");
        assert_eq!(broken("an odd ` stands alone in a line that is longer than forty", 40).lines().count(), 2);
        let arn = format!("arn:aws:states:{}", "x".repeat(60));
        assert_eq!(broken(&arn, 40), arn, "a name is never broken");
    }

    #[test]
    fn a_coloured_cell_is_as_wide_as_its_words() {
        let rows = vec![vec![Tone::Good.of("held"), "x".to_owned()], vec!["a".to_owned(), "y".to_owned()]];
        let text = table(&["S", "T"], rows);
        let plain: Vec<String> = text.lines().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(plain, ["S     T", "held  x", "a     y"]);
        let narrow = paragraphs(
            &["APP", "STATE"],
            &[vec![], vec!["shop".into(), "held".into()], vec!["bay".into(), "-".into()]],
        );
        assert_eq!(narrow, "APP      shop\n  STATE  held\nAPP      bay");
    }
}
