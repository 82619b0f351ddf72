//! Mends a document that has mistakes in its form, so that the meaning of the rest can be checked as well: its author
//! learns everything at once. The values that are put in are never used for anything else.

use crate::document::shape::path::{is_within, join, pointer};
use crate::text::finding::{Finding, FindingName};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Stands in for something that is missing: a name of every sort.
const PLACEHOLDER: &str = "windlass-placeholder";

/// The most rounds in which the rest is mended once more.
const ROUNDS: usize = 8;

/// A mended document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mended<T> {
    pub document: T,
    /// The paths that were changed, or that have a finding, and those that were probably meant by unknown ones.
    touched: BTreeSet<String>,
}

/// A document on its way to being mended.
#[derive(Default)]
struct Mending {
    touched: BTreeSet<String>,
    /// The paths at which something stands in.
    stands_in: BTreeSet<String>,
}

/// Returns the document without the parts that these findings are about. `None` if that leaves nothing to be read, or
/// if it has a secret, beside which nothing else is listed. `wrong` finds what is wrong with the form of what is left.
pub(super) fn mended<T: DeserializeOwned>(
    document: &Value,
    mut findings: Vec<Finding>,
    wrong: &dyn Fn(&Value) -> Vec<Finding>,
) -> Option<Mended<T>> {
    let mut value = document.clone();
    let mut mending = Mending::default();
    for _ in 0..ROUNDS {
        if findings.is_empty() {
            let document = T::deserialize(&value).ok()?;
            let touched = mending.touched;
            return Some(Mended { document, touched });
        }
        let mut missing = Vec::new();
        for finding in &findings {
            mending.mend(&mut value, finding, &mut missing)?;
        }
        put_in(&mut value, missing, wrong);
        findings = wrong(&value);
    }
    None
}

/// Puts something that fits in the place of each field that is missing; a text if nothing fits.
fn put_in(document: &mut Value, mut missing: Vec<String>, wrong: &dyn Fn(&Value) -> Vec<Finding>) {
    for candidate in stand_ins() {
        if missing.is_empty() {
            return;
        }
        for path in &missing {
            put(document, path, candidate.clone());
        }
        let left = wrong(document);
        missing.retain(|path| left.iter().any(|finding| is_within(&finding.path, path)));
    }
    for path in &missing {
        put(document, path, PLACEHOLDER.into());
    }
}

/// Returns values of every sort of field that a document needs.
fn stand_ins() -> [Value; 7] {
    [
        PLACEHOLDER.into(),
        format!("0.0.0-{PLACEHOLDER}").into(),
        format!("refs/heads/{PLACEHOLDER}").into(),
        json!({}),
        json!({PLACEHOLDER: {}}),
        json!([]),
        json!(1),
    ]
}

impl<T> Mended<T> {
    /// Takes a document that needs no mending.
    pub(crate) fn whole(document: T) -> Self {
        Self { document, touched: BTreeSet::new() }
    }

    /// Returns the same document in another form.
    pub(crate) fn map<U>(self, map: impl FnOnce(T) -> U) -> Mended<U> {
        Mended { document: map(self.document), touched: self.touched }
    }

    /// Notes the findings that were listed of it: a finding that follows from them is not listed beside them. `member`
    /// is one that is looked at as if it stood alone.
    pub(crate) fn note(&mut self, findings: &[Finding], member: &str) {
        // A field that is not known anywhere says nothing of what is around it.
        let known = findings.iter().filter(|it| it.name != FindingName::UnknownField);
        self.touched.extend(known.map(|finding| finding.path.clone()));
        let alone = |path: String| match path.strip_prefix(member) {
            Some(rest) if !member.is_empty() && rest.starts_with('.') => rest[1..].to_owned(),
            _ => path,
        };
        self.touched = std::mem::take(&mut self.touched).into_iter().map(alone).collect();
    }

    /// Returns the findings on the document's meaning that do not follow from what was mended: none about a place that
    /// was changed, and none that rests on a field that was, or is in a place that is not there.
    pub(crate) fn without_consequences(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let follows = |finding: &Finding| {
            let is_near = |path: &String| {
                is_within(&finding.path, path) || (is_within(path, &finding.path) && !is_of_a_name(finding))
            };
            let other = finding.rests_on.iter().flat_map(|fields| &fields.0);
            let rests_on = |path: &String| other.clone().any(|field| is_within(field, path));
            finding.path.contains(PLACEHOLDER) || self.touched.iter().any(|path| is_near(path) || rests_on(path))
        };
        findings.into_iter().filter(|finding| !follows(finding)).collect()
    }
}

/// Returns whether a finding is about a name by itself, or about bytes, and not about what else is said there.
fn is_of_a_name(finding: &Finding) -> bool {
    use FindingName::{ArtifactMissing, NoDeclaration, NoEnvironment, Older, UnknownName, VersionReused};
    matches!(finding.name, ArtifactMissing | NoDeclaration | NoEnvironment | Older | UnknownName | VersionReused)
}

impl Mending {
    /// Takes out the part that a finding is about; if something stands in there already, the whole around it. Notes a
    /// part that is missing. Returns `None` if nothing would be left.
    fn mend(&mut self, document: &mut Value, finding: &Finding, missing: &mut Vec<String>) -> Option<()> {
        // If the field that was meant is there, this one does not stand in its place.
        let meant = meant_path(finding).filter(|path| document.pointer(&pointer(path)).is_none());
        self.touched.extend(meant);
        match finding.name {
            FindingName::SecretInInput => return None,
            FindingName::UnknownField => {
                remove(document, &finding.path);
                return Some(());
            }
            _ => {}
        }
        // Nothing is left of a list with a bad member: what is around it counts its members.
        let path = finding.path.split('[').next().unwrap_or_default();
        self.touched.insert(path.to_owned());
        if self.stands_in.contains(path) {
            let (around, _) = path.rsplit_once('.')?;
            remove(document, around);
            self.touched.insert(around.to_owned());
            return Some(());
        }
        if finding.name == FindingName::MissingField {
            self.stands_in.insert(path.to_owned());
            missing.push(path.to_owned());
        } else {
            remove(document, path);
        }
        Some(())
    }
}

/// Removes the field at a dotted path.
fn remove(document: &mut Value, path: &str) {
    if let Some((members, name)) = member(document, path) {
        members.remove(&name);
    }
}

/// Puts something in place of a field that is missing.
fn put(document: &mut Value, path: &str, value: Value) {
    if let Some((members, name)) = member(document, path) {
        members.insert(name, value);
    }
}

/// Returns the members among which a dotted path leads to one, and that one's name.
fn member<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Map<String, Value>, String)> {
    let pointer = pointer(path);
    let (parent, name) = pointer.rsplit_once('/')?;
    Some((document.pointer_mut(parent)?.as_object_mut()?, name.to_owned()))
}

/// Returns the path of that field.
fn meant_path(finding: &Finding) -> Option<String> {
    let around = finding.path.rsplit_once('.').map_or("", |(around, _)| around);
    Some(join(around, finding.meant.as_ref()?))
}
