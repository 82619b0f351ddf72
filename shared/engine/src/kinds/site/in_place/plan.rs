//! Pure: the goal of a site in place, what is seen of it, and the plan of the writes and deletions that bring it to its
//! goal.

use super::content::{Content, WantedObject};
use crate::kinds::site::files::{File, Object, Objects, is_large};
use crate::kinds::site::in_place::content::{ObjectPlace, Places, places};
use crate::kinds::site::lists::Rows;
use crate::kinds::site::rules::SiteRules;
use crate::kinds::site::target::files_in_words;
use crate::kinds::{DocumentToKeep, Noticed};
use crate::ports::{Replaces, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use windlass_domain::text::digest::Digest;

/// An operation at one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// The path within the site.
    pub path: String,
    /// The operation.
    pub what: OperationKind,
    /// The condition on what is at the path.
    pub replaces: Replaces,
    /// True if visitors cannot notice it yet: it writes a new key that no document of before names.
    pub additive: bool,
    /// The stage: all ops of a lower stage are done before it.
    pub stage: u8,
}

impl Operation {
    /// Returns whether S3 copies or puts together a large file for it, which takes longer.
    pub fn is_slow(&self) -> bool {
        match &self.what {
            OperationKind::Put(file) => is_large(file.bytes),
            OperationKind::Restore(object) => is_large(object.bytes),
            OperationKind::Delete => false,
        }
    }
}

/// The operation on a key.
#[derive(Debug, Clone, PartialEq)]
pub enum OperationKind {
    /// Write this file of the release.
    Put(File),
    /// Copy this recorded version over it.
    Restore(Object),
    /// Delete it.
    Delete,
}

/// The way from the present state to a goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct InPlacePlan {
    /// The operations, in order.
    pub ops: Vec<Operation>,
    /// The paths whose content is neither that of before nor what this deployment wrote.
    pub strange: Vec<String>,
}

impl InPlacePlan {
    /// Returns all paths of the way, sorted.
    pub fn paths(&self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.ops.iter().map(|op| &op.path).chain(&self.strange).collect();
        paths.into_iter().cloned().collect()
    }

    /// Returns whether the goal is reached, so that the way is empty.
    pub fn is_gone(&self) -> bool {
        self.ops.is_empty() && self.strange.is_empty()
    }
}

/// The knowledge of a site by which a way is planned.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The object at each key now.
    pub is: &'a Objects,
    /// The content before the deployment.
    pub before: &'a Content,
    /// The content that the deployment wants.
    pub forward: &'a Content,
    /// The rules of the site.
    pub rules: &'a SiteRules,
    /// The files of former releases that nobody needs any more.
    pub due: &'a BTreeSet<String>,
}

impl<'a> PlanInput<'a> {
    /// Returns each path with what is known of it.
    pub fn places(&self) -> Places<'a, Object> {
        places(self.is, self.before, self.forward)
    }

    fn is_due(&self, path: &str) -> bool {
        self.due.contains(path)
    }
}

/// The direction of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayDirection {
    /// To the deployment's goal. Documents come last, and new ones before those that may name them. Then the files that
    /// are no longer needed are deleted.
    Forward,
    /// To the state before: first the deleted files, then the documents, then the rest.
    Back,
}

/// Plans the way in a direction.
pub fn plan(known: PlanInput<'_>, direction: WayDirection) -> InPlacePlan {
    let mut way = InPlacePlan::default();
    for place in known.places().filter(ObjectPlace::is_in_scope) {
        let goal = match direction {
            WayDirection::Forward => place.forward,
            WayDirection::Back => place.before,
        };
        step(&known, &place, goal, &mut way);
    }
    for op in &mut way.ops {
        op.stage = stage(known.rules, direction, op);
    }
    // The large files of a stage come together, so that a stage has at most two sorts of calls.
    way.ops.sort_by(|a, b| (a.stage, !a.is_slow(), &a.path).cmp(&(b.stage, !b.is_slow(), &b.path)));
    way
}

/// Returns the paths whose content differs between the state before and the goal: everything that this deployment
/// changes or would change back. A file that the goal does not have stays until it is due, unless it is a document.
pub fn changed<'a>(known: &PlanInput<'a>) -> Vec<&'a String> {
    let differs = |place: &ObjectPlace<'a, Object>| {
        place.is_in_scope()
            && match (place.before, place.forward) {
                (Some(before), Some(forward)) => !is_same(before, forward),
                (Some(_), None) => !known.rules.outlives(place.path) || known.is_due(place.path),
                (None, forward) => forward.is_some(),
            }
    };
    known.places().filter(differs).map(|place| place.path).collect()
}

fn is_same(a: WantedObject<'_>, b: WantedObject<'_>) -> bool {
    let same_object = match (a.object, b.object) {
        (Some(a), Some(b)) => a.etag == b.etag,
        _ => false,
    };
    same_object || (a.file.is_some() && a.file == b.file)
}

/// Returns whether it is quicker to ask for each of so many paths than to list a site of so many, with so many calls
/// under way at once. The pages of a listing have 1000 objects and come one after the other.
pub fn ask_each(paths: usize, site: usize, at_once: usize) -> bool {
    paths.div_ceil(at_once) <= site.div_ceil(1000)
}

fn step(known: &PlanInput<'_>, place: &ObjectPlace<'_, Object>, goal: Option<WantedObject<'_>>, way: &mut InPlacePlan) {
    let (path, rules) = (place.path, known.rules);
    let what = match (place.is, goal) {
        (None, None) => return,
        (Some(is), Some(want)) if fits(is, want) => return,
        (Some(_), None) if rules.outlives(path) && !is_due(known, place) => return,
        (_, Some(want)) => write(want),
        (Some(_), None) => Some(OperationKind::Delete),
    };
    match what {
        Some(what) if is_known(place) => way.ops.push(Operation {
            path: path.clone(),
            additive: what != OperationKind::Delete && !place.is_noticed(rules),
            what,
            replaces: match place.is {
                Some(is) => Replaces::ETag(is.etag.clone()),
                None => Replaces::Nothing,
            },
            stage: 0,
        }),
        _ => way.strange.push(path.clone()),
    }
}

/// Returns whether a file that a former release left is to be deleted. It is deleted only if it is the one that was
/// seen. If somebody else put another in its place, that stays and stops nothing.
fn is_due(known: &PlanInput<'_>, place: &ObjectPlace<'_, Object>) -> bool {
    let is_as_seen = match (place.is, place.before) {
        (Some(is), Some(was)) => fits(is, was),
        _ => false,
    };
    is_as_seen && known.is_due(place.path)
}

/// Returns the operation that brings the wanted object. There is none if neither bytes nor a version are known.
fn write(want: WantedObject<'_>) -> Option<OperationKind> {
    match (want.object, want.file) {
        (Some(object), _) => Some(OperationKind::Restore(object.clone())),
        (None, Some(file)) => Some(OperationKind::Put(file.clone())),
        (None, None) => None,
    }
}

/// Returns whether the object that is there is the wanted one: the same recorded object, a copy of it, or the same
/// content.
fn fits(is: &Object, want: WantedObject<'_>) -> bool {
    let same_object =
        want.object.is_some_and(|object| object.etag == is.etag || is.copy_of.as_ref() == Some(&object.etag));
    let same_content = is.file.is_some() && is.file.as_ref() == want.file;
    same_object || same_content
}

/// Returns whether the object was there before or comes from this deployment. Nothing else is ever overwritten.
fn is_known(place: &ObjectPlace<'_, Object>) -> bool {
    let mut wants = [place.before, place.forward].into_iter().flatten();
    place.is.is_none_or(|is| wants.any(|want| fits(is, want)))
}

/// Returns the stage of an op. A file is written before the documents that name it. A file that is not there yet
/// disturbs nobody, so new files come first.
fn stage(rules: &SiteRules, direction: WayDirection, op: &Operation) -> u8 {
    let document = !rules.outlives(&op.path);
    let new = op.replaces == Replaces::Nothing;
    match (&op.what, direction, document, new) {
        (OperationKind::Delete, ..) => 6,
        (_, _, false, true) => 0,
        (_, WayDirection::Back, true, true) => 1,
        (_, WayDirection::Back, true, false) => 2,
        (_, _, false, false) => 3,
        (_, WayDirection::Forward, true, true) => 4,
        (_, WayDirection::Forward, true, false) => 5,
    }
}

/// The goal of a site in place, and the state that is recorded of it to come back to. It is small, whatever the site's
/// size: the lists are kept beside the item, and named here by their digests.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename = "in_place")]
pub struct Goal {
    /// The release whose files are all there; `None` for a state that Windlass did not bring.
    pub release: Option<Digest>,
    /// The list of the object at each key. Where a goal names it, the recorded versions are wanted.
    pub objects: Option<Digest>,
    /// The list of what former releases left; `None` if nothing is known of that.
    pub left: Option<Digest>,
}

impl Goal {
    /// The digest that names the wanted state: that of the recorded objects, else that of the release.
    pub(super) fn id(&self) -> String {
        self.objects.as_ref().or(self.release.as_ref()).map(ToString::to_string).unwrap_or_default()
    }

    /// Returns what visitors get. `digest` is of everything that they can notice, so it is equal if nobody changed
    /// anything.
    pub(super) fn noticed(&self, digest: &Digest) -> Noticed {
        Noticed { value: json!({"files": digest}), shown: files_in_words(self.release.as_ref()) }
    }
}

/// A list of the object at each key, to be kept under its digest.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectList {
    pub(super) document: DocumentToKeep,
    /// The number of files in the list.
    pub(super) files: usize,
}

impl ObjectList {
    /// Writes a list down.
    pub(super) fn of(objects: &Objects) -> Result<Self> {
        Ok(Self { document: DocumentToKeep::of(&Rows(objects))?, files: objects.len() })
    }
}

/// One change of a site in place.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Writes, restores and deletes files, as many as fit in its time.
    Write(Arc<Vec<Operation>>),
    /// Keeps the list of the object at each key.
    Record(Arc<ObjectList>),
}

/// The result of a look at the site.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The state, as it is recorded to come back to.
    pub state: Goal,
    /// The digest of everything that visitors can notice.
    pub noticed: Digest,
    /// The ways to the known states, by the ids of their goals.
    pub ways: Arc<BTreeMap<String, InPlacePlan>>,
    /// The goal of the deployment.
    pub forward: Goal,
    /// The list of the object at each key, if it must still be kept. `None` once it is kept, and as long as no state is
    /// reached and nobody asks for the list.
    pub unrecorded: Option<Arc<ObjectList>>,
    /// The calls that the last look at all files took at most.
    pub calls: u32,
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
