//! Findings: something wrong with input or with a target, with a reason and a remedy, so that its author can mend it.
//! Those that are shown together are none twice and not too many, and each has a page that explains it.

use crate::prose;
use crate::text::count::{agree, count};
use crate::text::foreign::{self, truncate};
use crate::text::next_step::NextStep;
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

mod name;

pub use name::FindingName;

/// The longest path of a finding, in bytes.
pub const LONGEST_PATH: usize = 300;

/// The longest reason and the longest remedy of a finding, in bytes.
pub const LONGEST_SENTENCE: usize = 1000;

/// One thing that is wrong: where, what, and what to write or do instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The name.
    pub name: FindingName,
    /// The place: a dotted path into the document, such as `components.web.bucket`, or a target.
    #[serde(deserialize_with = "foreign::one")]
    pub path: String,
    /// A sentence that says what is wrong, with the value that was seen.
    #[serde(deserialize_with = "in_one_line")]
    pub reason: Prose,
    /// A sentence that says what to write or do instead.
    #[serde(deserialize_with = "in_one_line")]
    pub remedy: Prose,
    /// The known name that was probably meant, where a name is not known.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub meant: Option<Box<str>>,
    /// True where nobody looked, or could look: the thing is neither well nor wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_checked: bool,
    /// True if the declaration alone gives it, whatever is released: it was there to be seen when that was declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declared: bool,
    /// The value that was found or measured, and the one that was expected, where the finding is about values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Box<SeenValues>>,
    /// The steps that its texts name where those were read in words, as a client of the API reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub next_steps: Option<Box<NamedSteps>>,
    /// The paths of the other fields on whose values it rests: where one of them cannot be read, it may follow from
    /// that alone, and is not listed. Only those who check the document need them.
    #[serde(skip)]
    pub rests_on: Option<Box<OtherFields>>,
}

/// The paths of other fields of a document. In a box they keep a finding small as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherFields(pub Vec<String>);

/// Next steps beside the texts that name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedSteps(Vec<NextStep>);

/// A step of a sort that only another version knows is left out, so that the finding can be read.
impl<'de> Deserialize<'de> for NamedSteps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let named = Vec::<Value>::deserialize(from)?;
        Ok(Self(named.into_iter().filter_map(|step| serde_json::from_value(step).ok()).collect()))
    }
}

/// The values that a finding is about, for a program that acts on it and reads no sentence: what was found or measured
/// in a place, and what was expected there. At least one of them is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Seen")]
pub struct SeenValues {
    /// The value that was found or measured, as the reason repeats it; absent where nothing is there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub found: Option<String>,
    /// The value that was expected, or the bound of it; of values of which one fits, the first where they are too many
    /// for `one_of`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub expected: Option<String>,
    /// All values of which one fits; absent where there are none, or too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
}

impl SeenValues {
    /// Makes it of two values, each of which is absent if it is empty, and of values of which one fits; `None` without
    /// any.
    fn new(found: impl fmt::Display, expected: impl fmt::Display, one_of: Vec<String>) -> Option<Self> {
        let value = |text: String| (!text.is_empty()).then(|| truncate(foreign::line(&text), LONGEST_VALUE));
        let (found, expected) = (value(found.to_string()), value(expected.to_string()));
        let is_there = found.is_some() || expected.is_some() || !one_of.is_empty();
        is_there.then_some(Self { found, expected, one_of })
    }
}

fn in_one_line<'de, D: Deserializer<'de>>(from: D) -> Result<Prose, D::Error> {
    Ok(Prose::deserialize(from)?.in_one_line())
}

impl Finding {
    /// Makes a finding. Each text is one line in which nothing is hidden, whatever it repeats; behind each may be
    /// lines of a log. Texts that are longer than [`LONGEST_PATH`] and [`LONGEST_SENTENCE`], because they repeat a
    /// long value, are cut. Every finding needs a path: a test that meets one without a path panics.
    pub fn new(name: FindingName, path: impl Into<String>, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Self {
        let path = path.into();
        debug_assert!(!path.is_empty(), "{name} does not say where");
        Self {
            name,
            path: truncate(foreign::line(&path), LONGEST_PATH),
            reason: reason.into().in_one_line().truncated(LONGEST_SENTENCE),
            remedy: remedy.into().in_one_line().truncated(LONGEST_SENTENCE),
            meant: None,
            not_checked: false,
            declared: false,
            seen: None,
            next_steps: None,
            rests_on: None,
        }
    }

    /// Makes the finding that a value is bad, as [`Finding::new`] does.
    pub fn bad_value(path: impl Into<String>, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Self {
        Self::new(FindingName::BadValue, path, reason, remedy)
    }

    /// Makes the finding that something is missing, as [`Finding::new`] does.
    pub fn missing_field(path: impl Into<String>, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Self {
        Self::new(FindingName::MissingField, path, reason, remedy)
    }

    /// Makes the finding that something is too large, as [`Finding::new`] does.
    pub fn too_large(path: impl Into<String>, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Self {
        Self::new(FindingName::TooLarge, path, reason, remedy)
    }

    /// Makes the finding that something is not supported, as [`Finding::new`] does.
    pub fn not_supported(path: impl Into<String>, reason: impl Into<Prose>, remedy: impl Into<Prose>) -> Self {
        Self::new(FindingName::NotSupported, path, reason, remedy)
    }

    /// Returns the same finding as one that nobody looked, or could look: its reason says at what. The thing is neither
    /// well nor wrong.
    #[must_use]
    pub fn not_checked(self) -> Self {
        Self { not_checked: true, reason: prose!("Not checked: {}", self.reason), ..self }
    }

    /// Returns the same finding as one that the declaration alone gives.
    #[must_use]
    pub fn of_the_declaration(self) -> Self {
        Self { declared: true, ..self }
    }

    /// Returns the same finding with the known name that was probably meant.
    #[must_use]
    pub fn meaning(self, meant: Option<&String>) -> Self {
        Self { meant: meant.map(|meant| meant.as_str().into()), ..self }
    }

    /// Returns the same finding with the value that was found or measured, and the one that was expected; either may be
    /// empty. Both are values that its sentences repeat, so that neither is a secret.
    #[must_use]
    pub fn seen(self, found: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self { seen: SeenValues::new(found, expected, Vec::new()).map(Box::new), ..self }
    }

    /// Returns the same finding with the value that was found, which may be empty, and all values of which one fits.
    #[must_use]
    pub fn seen_among(self, found: impl fmt::Display, one_of: &[String]) -> Self {
        let all = one_of.join(", ");
        if all.len() > LONGEST_LIST {
            return self.seen(found, all);
        }
        let one_of = one_of.iter().map(|one| foreign::line(one).into_owned()).collect();
        Self { seen: SeenValues::new(found, "", one_of).map(Box::new), ..self }
    }

    /// Returns the same finding as one that rests on the values of other fields as well, by their paths.
    #[must_use]
    pub fn resting_on(mut self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        if !fields.is_empty() {
            self.rests_on.get_or_insert_default().0.extend(fields);
        }
        self
    }
}

/// The most findings that a refusal has: all of them go into one item of the ledger, of 400 KB (Amazon
/// DynamoDB Developer Guide, "Quotas").
pub const MOST: usize = 100;

/// Returns at most [`MOST`] findings, and one of each name at each path. If there are more, the last one says how many
/// are not listed.
pub fn limited(findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings = joined(findings);
    if findings.len() > MOST {
        let more = findings.len() - (MOST - 1);
        findings.truncate(MOST - 1);
        findings.push(Finding::new(
            FindingName::MoreFindings,
            "the rest",
            format!(
                "{} {} wrong, which {} not listed here.",
                count(more, "more thing"),
                agree(more, "is", "are"),
                agree(more, "is", "are")
            ),
            "Mend these first; then the rest is listed.",
        ));
    }
    findings
}

/// Joins findings of one name at one path: whatever is wrong there, or in several environments, is one thing to mend.
fn joined(findings: Vec<Finding>) -> Vec<Finding> {
    let mut places: Vec<Vec<Finding>> = Vec::new();
    let mut known = BTreeMap::new();
    for finding in findings {
        let place = *known.entry((finding.name, finding.path.clone())).or_insert(places.len());
        match places.get_mut(place) {
            Some(listed) => listed.push(finding),
            None => places.push(vec![finding]),
        }
    }
    places.into_iter().filter_map(Finding::joined).collect()
}

/// Joins a text of each finding, none twice.
fn together(several: &[Finding], text: fn(&Finding) -> &Prose) -> Prose {
    let mut each: Vec<&Prose> = Vec::new();
    for one in several.iter().map(text) {
        if !each.contains(&one) {
            each.push(one);
        }
    }
    match each.as_slice() {
        [one] => (*one).clone(),
        all => Prose::join(all.iter().map(|one| (*one).clone().sentence()), " ").truncated(LONGEST_SENTENCE),
    }
}

impl Finding {
    /// Joins findings, such as those at one path, so that all are listed as one: each reason and each remedy once, and
    /// what was seen and what was meant if they are the same. `None` without any.
    pub fn joined(several: Vec<Self>) -> Option<Self> {
        let (reason, remedy) = (together(&several, |one| &one.reason), together(&several, |one| &one.remedy));
        let fields: Vec<String> =
            several.iter().flat_map(|one| &one.rests_on).flat_map(|fields| &fields.0).cloned().collect();
        let declared = several.iter().all(|one| one.declared);
        let mut several = several.into_iter();
        let first = several.next()?;
        let (mut seen, mut meant) = (first.seen, first.meant);
        for other in several {
            seen = seen.filter(|seen| other.seen.as_ref() == Some(seen));
            meant = meant.filter(|meant| other.meant.as_ref() == Some(meant));
        }
        Some(Self { reason, remedy, seen, meant, declared, rests_on: None, ..first }.resting_on(fields))
    }
}

/// The words for a deployment where the environment is locked.
const AS_THE_NEXT_STEP_SAYS: &str = "go on as the next step says";

/// The end of a remedy for bytes of a release that is recorded. Until then its version is free.
const NEW_VERSION: &str =
    "a release that is recorded keeps its version and its bytes, so release the new ones under a new version";

impl Finding {
    /// Returns the same finding as one of an undo. What failed is named as on the way forward, where the next step is
    /// another deployment; the environment is locked now, and refuses one.
    #[must_use]
    pub fn of_an_undo(self) -> Self {
        Self { remedy: self.remedy.without_deploying(AS_THE_NEXT_STEP_SAYS), ..self }
    }

    /// Returns the same finding as one on a release that is recorded: what is wrong with its bytes needs another
    /// version.
    #[must_use]
    pub fn of_a_recorded_release(self) -> Self {
        match self.name {
            FindingName::BadArchive | FindingName::FileRefused => {
                Self { remedy: prose!("{}; {}", self.remedy.bare(), NEW_VERSION), ..self }
            }
            _ => self,
        }
    }
}

impl FindingName {
    /// Returns the address of the section that says what the finding means, how to see it, and what mends it.
    pub fn page(self) -> String {
        format!("docs/findings.md#{}", self.to_string().to_lowercase())
    }
}

/// Returns a line that names the page of each finding once, in their order; `None` if there are no findings.
pub fn pages<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Option<String> {
    let mut named = BTreeSet::new();
    let mut first_of_each: Vec<&Finding> = findings.into_iter().collect();
    first_of_each.retain(|finding| named.insert(finding.name));
    let pages: Vec<String> = first_of_each.iter().map(|finding| finding.name.page()).collect();
    match pages.as_slice() {
        [] => None,
        [one] => Some(format!("  page: {one}")),
        several => Some(format!("  pages: {}", several.join(", "))),
    }
}

/// Returns all findings as the cause of a refusal: a line for each, and then the pages that explain them.
pub fn in_lines(findings: &[Finding]) -> Prose {
    let pages = pages(findings).map(Prose::from);
    Prose::join(findings.iter().map(Finding::line).chain(pages), "\n")
}

/// The longest value that a finding repeats, in bytes: long enough to be recognised.
const LONGEST_VALUE: usize = 200;

/// The longest list of values of which one fits, in bytes. A refusal with [`MOST`] of them still goes into an item.
const LONGEST_LIST: usize = 600;

/// Returns a value as a finding repeats it between backticks.
pub(crate) fn repeated(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    truncate(value, LONGEST_VALUE)
}

impl Finding {
    /// Says what is wrong and what to do, as sentences, for the middle of a message.
    pub fn in_words(&self) -> Prose {
        prose!("{} {}", self.reason.clone().sentence(), self.remedy.clone().sentence())
    }

    /// Returns all of it in a line: `BadValue: components.web.bucket: What is wrong. Remedy: What to do.`
    pub fn line(&self) -> Prose {
        let (reason, remedy) = (self.reason.clone().sentence(), self.remedy.clone().sentence());
        prose!("{}: {}: {} Remedy: {}", &self.name, &self.path, reason, remedy)
    }

    /// Returns the steps that it names, in their order.
    pub fn steps(&self) -> impl Iterator<Item = &NextStep> {
        let read = self.next_steps.iter().flat_map(|named| &named.0);
        self.reason.steps().chain(self.remedy.steps()).chain(read)
    }

    /// Returns its line as it stands in a place that all read.
    pub fn written(&self) -> String {
        self.line().written()
    }
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
