//! A document that has mistakes in its form, mended so far that what the rest of it means can be checked as well: its
//! author is told everything at once. What is mended in is never used for anything else.

use super::{MEANT, Shape};
use crate::finding::{Finding, FindingName};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;

/// What stands in place of what is missing: a name of every sort.
const PLACEHOLDER: &str = "windlass-placeholder";

/// How often what is left is mended once more.
const ROUNDS: usize = 8;

/// A mended document.
pub(crate) struct Mended<T> {
    pub document: T,
    /// The paths that were changed.
    touched: BTreeSet<String>,
    /// The fields that were probably meant by unknown ones.
    meant: BTreeSet<String>,
}

impl Shape {
    /// The document without the parts that these findings are about; `None` where that leaves nothing to be read, and
    /// where it has a secret, beside which nothing else is told.
    pub(crate) fn mended<T: DeserializeOwned>(
        &self,
        document: &Value,
        mut findings: Vec<Finding>,
    ) -> Option<Mended<T>> {
        let mut value = document.clone();
        let mut touched = BTreeSet::new();
        let mut meant = BTreeSet::new();
        for _ in 0..ROUNDS {
            if findings.is_empty() {
                let document = T::deserialize(&value).ok()?;
                return Some(Mended {
                    document,
                    touched,
                    meant,
                });
            }
            for finding in &findings {
                meant.extend(meant_by(finding).map(str::to_owned));
                mend(&mut value, finding, &mut touched)?;
            }
            findings = self.findings(&value);
        }
        None
    }
}

impl<T> Mended<T> {
    /// The findings on what the document means that do not follow from what was mended: none about a place that was
    /// changed, or that speaks of a field that was.
    pub(crate) fn without_consequences(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let follows = |finding: &Finding| {
            let is_near =
                |path: &String| is_within(&finding.path, path) || is_within(path, &finding.path);
            let fields = self.touched.iter().map(|path| last(path));
            let mut fields = fields
                .chain(self.meant.iter().map(String::as_str))
                .chain([PLACEHOLDER]);
            self.touched.iter().any(is_near)
                || self.meant.contains(last(&finding.path))
                || fields.any(|field| speaks_of(finding, field))
        };
        findings
            .into_iter()
            .filter(|finding| !follows(finding))
            .collect()
    }
}

/// Takes out, or puts in, what a finding is about; where that was done before, the whole around it is taken out. `None`
/// where that is the document.
fn mend(document: &mut Value, finding: &Finding, touched: &mut BTreeSet<String>) -> Option<()> {
    match finding.name {
        FindingName::SecretInInput => return None,
        FindingName::UnknownField => {
            remove(document, &finding.path);
            return Some(());
        }
        _ => {}
    }
    // Of a list with a bad member nothing is left: what is around it counts its members.
    let path = finding.path.split('[').next().unwrap_or_default();
    if !touched.insert(path.to_owned()) {
        let (around, _) = path.rsplit_once('.')?;
        remove(document, around);
        touched.insert(around.to_owned());
    } else if finding.name == FindingName::MissingField {
        put(document, path);
    } else {
        remove(document, path);
    }
    Some(())
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

/// Removes the field at a dotted path.
fn remove(document: &mut Value, path: &str) {
    let pointer = pointer(path);
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        members.remove(name);
    }
}

/// Puts a text in place of a field that is missing.
fn put(document: &mut Value, path: &str) {
    let pointer = pointer(path);
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    let text = if name == "version" {
        "0.0.0"
    } else {
        PLACEHOLDER
    };
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        members.insert(name.to_owned(), text.into());
    }
}

/// The field that was probably meant by an unknown one.
fn meant_by(finding: &Finding) -> Option<&str> {
    let rest = finding.remedy.strip_prefix(MEANT)?;
    rest.split('`').next()
}

/// Whether a path is another one, or within it.
fn is_within(path: &str, outer: &str) -> bool {
    let rest = path.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The field that a path ends with.
fn last(path: &str) -> &str {
    let path = path.split('[').next().unwrap_or_default();
    path.rsplit('.').next().unwrap_or_default()
}

/// Whether a finding is about a field, or about one that is missing and that the field would be there in place of.
fn speaks_of(finding: &Finding, field: &str) -> bool {
    let is_missing = finding.name == FindingName::MissingField;
    names(&finding.reason, field) || (is_missing && names(&finding.remedy, field))
}

/// Whether a sentence has a word.
fn names(sentence: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    sentence.split(|c| !is_part(c)).any(|one| one == word)
}
