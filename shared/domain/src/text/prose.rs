//! A text for people. It is shown, and never read: no code decides by what it says.
//!
//! It is words, with next steps as values among them ([`NextStep`]). Whoever shows it writes each step for the one who
//! reads: as an input for the console, as a command, or as a call of the API ([`crate::release::way_in`]).

use crate::text::foreign::{self, truncate};
use crate::text::next_step::{NextStep, Redeploy};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A text for people, of any number of lines.
///
/// As JSON it is a text if it is words alone, and else an object `{"$prose": […]}` of texts, steps and the beginnings
/// of lines in their order.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Prose {
    /// No two texts stand beside each other, and none is empty.
    parts: Vec<ProsePart>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum ProsePart {
    /// Words as they stand.
    Words(String),
    /// A step among them.
    Step(NextStep),
    /// A step that begins a sentence.
    First { first: NextStep },
    /// The beginning of a line of a sort of its own.
    Line { line: LineSort },
}

impl ProsePart {
    /// Returns it as it stands in a place that all read.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::Step(step) => step.written(),
            Self::First { first } => capitalised(&first.written()),
            Self::Line { line } => line.words().to_owned(),
        }
    }
}

/// Returns words with a capital letter at their beginning. An ARN stays as it is: with a capital it would be another
/// one.
pub(crate) fn capitalised(words: &str) -> String {
    if words.starts_with("arn:") {
        return words.to_owned();
    }
    let mut letters = words.chars();
    let capital: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().collect());
    format!("{capital}{}", letters.as_str())
}

/// A sort of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineSort {
    /// A line on the steps that can be taken next.
    Next,
}

impl LineSort {
    /// Returns the words with which it begins.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Next => "next: ",
        }
    }
}

/// The form as JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String),
    Parts {
        #[serde(rename = "$prose")]
        prose: Vec<ProsePart>,
    },
}

/// Makes a text of a template and of what stands at each `{}` in it: texts, other texts for people, next steps, and
/// whatever else is shown as it is displayed. `prose!("start {} to go back", step)`.
#[macro_export]
macro_rules! prose {
    ($template:literal $(, $part:expr)* $(,)?) => {
        $crate::text::prose::Prose::filled($template, [$($crate::text::prose::Prose::from($part)),*])
    };
}

impl Prose {
    /// Fills a template ([`prose`](crate::prose)): a part stands at each `{}`, and braces are doubled. A test that meets
    /// one with more or fewer parts panics.
    pub fn filled<const PARTS: usize>(template: &str, parts: [Self; PARTS]) -> Self {
        let (mut all, mut parts) = (Self::default(), parts.into_iter());
        for (at, words) in template.split("{}").enumerate() {
            if at > 0 {
                let part = parts.next();
                debug_assert!(part.is_some(), "{template} has more places than parts");
                all.push(part.unwrap_or_default());
            }
            all.push(words.replace("{{", "{").replace("}}", "}"));
        }
        debug_assert!(parts.next().is_none(), "{template} has fewer places than parts");
        all
    }

    /// Adds a part at the end.
    pub fn push(&mut self, more: impl Into<Self>) {
        for part in more.into().parts {
            match (self.parts.last_mut(), part) {
                (_, ProsePart::Words(more)) if more.is_empty() => {}
                (Some(ProsePart::Words(words)), ProsePart::Words(more)) => words.push_str(&more),
                (_, part) => self.parts.push(part),
            }
        }
    }

    /// Returns the parts, for the one who shows them.
    pub(crate) fn parts(&self) -> &[ProsePart] {
        &self.parts
    }

    /// Returns it as it stands in a place that all read: a step to start is the input of the release machine, and a
    /// call the call of the API.
    pub fn written(&self) -> String {
        self.parts.iter().map(ProsePart::written).collect()
    }

    /// Returns the steps that it names, in their order.
    pub fn steps(&self) -> impl Iterator<Item = &NextStep> {
        self.parts.iter().filter_map(|part| match part {
            ProsePart::Step(step) | ProsePart::First { first: step } => Some(step),
            ProsePart::Words(_) | ProsePart::Line { .. } => None,
        })
    }

    /// Makes the line that says what can be done next, and that a place which shows it apart knows.
    pub fn next(steps: impl Into<Self>) -> Self {
        let mut all = Self { parts: vec![ProsePart::Line { line: LineSort::Next }] };
        all.push(steps);
        all
    }

    /// Returns what stands in each of those lines.
    pub fn next_lines(&self) -> Vec<Self> {
        let behind = self.parts.split(|part| matches!(part, ProsePart::Line { line: LineSort::Next })).skip(1);
        behind.map(|parts| Self { parts: parts.to_vec() }.first_line()).collect()
    }

    /// Returns whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Joins texts by what stands between them.
    pub fn join(all: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut joined = Self::default();
        for (at, one) in all.into_iter().enumerate() {
            if at > 0 {
                joined.push(between);
            }
            joined.push(one);
        }
        joined
    }

    /// Returns its first line, which says the most important thing.
    #[must_use]
    pub fn first_line(&self) -> Self {
        self.split_first_line().0
    }

    /// Returns its first line, and what follows it with the end of the line.
    pub fn split_first_line(&self) -> (Self, Self) {
        let (mut first, mut rest) = (Self::default(), Self::default());
        for part in self.parts.iter().cloned() {
            match part {
                ProsePart::Words(words) if rest.is_empty() => {
                    let end = words.find('\n').unwrap_or(words.len());
                    first.push(&words[..end]);
                    rest.push(&words[end..]);
                }
                part if rest.is_empty() => first.push(Self { parts: vec![part] }),
                part => rest.push(Self { parts: vec![part] }),
            }
        }
        (first, rest)
    }

    /// Makes a sentence of it: it begins with a capital letter and ends with a full stop.
    #[must_use]
    pub fn sentence(mut self) -> Self {
        if let Some(part) = self.parts.first_mut() {
            match part {
                ProsePart::Words(words) => *words = capitalised(words.trim_start()),
                ProsePart::Step(step @ NextStep::Deploy(_)) => *part = ProsePart::First { first: step.clone() },
                ProsePart::Step(_) | ProsePart::First { .. } | ProsePart::Line { .. } => {}
            }
        }
        let is_whole = match self.parts.last_mut() {
            Some(ProsePart::Words(words)) => {
                words.truncate(words.trim_end().len());
                words.is_empty() || words.ends_with(['.', '!', '?', ':'])
            }
            Some(_) => false,
            None => true,
        };
        if !is_whole {
            self.push(".");
        }
        self
    }

    /// Removes the full stop at its end, for a sentence that goes on.
    #[must_use]
    pub fn bare(mut self) -> Self {
        if let Some(ProsePart::Words(words)) = self.parts.last_mut() {
            words.truncate(words.trim_end_matches(['.', ' ']).len());
        }
        self
    }

    /// Returns it with these words in place of each step to deploy, where that is no step that can be taken.
    #[must_use]
    pub fn without_deploying(self, instead: &str) -> Self {
        let mut all = Self::default();
        for part in self.parts {
            match part {
                ProsePart::Step(NextStep::Deploy(_)) => all.push(instead),
                ProsePart::First { first: NextStep::Deploy(_) } => all.push(capitalised(instead)),
                part => all.push(Self { parts: vec![part] }),
            }
        }
        all
    }

    /// Returns it with all words made visible as one line, but for the lines of a log that stand in it
    /// ([`foreign::with_log`]). The blanks around a step stay.
    #[must_use]
    pub(crate) fn in_one_line(mut self) -> Self {
        let last = self.parts.len().saturating_sub(1);
        for (at, part) in self.parts.iter_mut().enumerate() {
            if let ProsePart::Words(words) = part {
                let inner = words.trim_matches([' ', '\n', '\r', '\t']);
                let before = if at > 0 && words.starts_with(' ') { " " } else { "" };
                let after = if at < last && words.ends_with(' ') && !inner.is_empty() { " " } else { "" };
                *words = format!(
                    "{before}{}{after}",
                    if at == 0 && at == last { foreign::with_log(words) } else { foreign::with_log(inner) }
                );
            }
        }
        self.without_nothing()
    }

    /// Leaves out words that say nothing.
    fn without_nothing(mut self) -> Self {
        self.parts.retain(|part| !matches!(part, ProsePart::Words(words) if words.is_empty()));
        self
    }

    /// Returns it with at most so many bytes of words. Nothing stands behind the place where it is cut.
    #[must_use]
    pub fn truncated(mut self, longest: usize) -> Self {
        let mut left = longest;
        for at in 0..self.parts.len() {
            if let Some(ProsePart::Words(words)) = self.parts.get_mut(at) {
                let is_cut = words.len() > left;
                *words = truncate(std::mem::take(words), left);
                left = left.saturating_sub(words.len());
                if is_cut {
                    self.parts.truncate(at + 1);
                    break;
                }
            }
        }
        self.without_nothing()
    }
}

impl<T: fmt::Display> From<T> for Prose {
    fn from(shown: T) -> Self {
        let words = shown.to_string();
        Self { parts: if words.is_empty() { Vec::new() } else { vec![ProsePart::Words(words)] } }
    }
}

impl From<&Self> for Prose {
    fn from(other: &Self) -> Self {
        other.clone()
    }
}

impl From<NextStep> for Prose {
    fn from(step: NextStep) -> Self {
        Self { parts: vec![ProsePart::Step(step)] }
    }
}

impl From<Redeploy> for Prose {
    fn from(what: Redeploy) -> Self {
        NextStep::Deploy(what).into()
    }
}

impl From<Written> for Prose {
    fn from(written: Written) -> Self {
        match written {
            Written::Plain(words) => words.into(),
            Written::Parts { prose } => {
                let mut all = Self::default();
                for part in prose {
                    all.push(Self { parts: vec![part] });
                }
                all
            }
        }
    }
}

impl From<Prose> for Written {
    fn from(prose: Prose) -> Self {
        let is_plain = prose.parts.len() == 1;
        let mut parts = prose.parts;
        match parts.pop() {
            None => Self::Plain(String::new()),
            Some(ProsePart::Words(words)) if is_plain => Self::Plain(words),
            Some(last) => {
                parts.push(last);
                Self::Parts { prose: parts }
            }
        }
    }
}

/// Reads a text that may be absent, as one line with the lines of a log that may stand at its end.
pub(crate) fn maybe_in_one_line<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Prose>, D::Error> {
    Ok(Option::<Prose>::deserialize(from)?.map(Prose::in_one_line))
}

/// As a log and a test that fails show it.
impl fmt::Debug for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written().fmt(f)
    }
}

/// A reader of an answer or an event gets a text.
impl JsonSchema for Prose {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Prose".into()
    }

    /// The format marks a text whose steps stand beside it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "prose"})
    }
}

#[cfg(test)]
#[path = "prose_tests.rs"]
mod tests;
