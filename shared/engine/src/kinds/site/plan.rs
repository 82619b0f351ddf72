//! Pure: what must be written and deleted to bring a site in place from what is to a goal.

use super::files::{File, Goal, Object, Objects, Want};
use super::parts::is_large;
use super::places::{Place, Places, places};
use super::rules::Rules;
use crate::ports::Replaces;
use std::collections::BTreeSet;

/// What to do at one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// The path within the site.
    pub path: String,
    /// What to do.
    pub what: What,
    /// What must be there for it to be done.
    pub replaces: Replaces,
    /// Whether visitors cannot notice it yet: a new key that no document of before names.
    pub additive: bool,
    /// Its place in the order: everything of a lower stage is done before.
    pub stage: u8,
}

impl Op {
    /// Whether S3 copies or puts together a large file for it, which takes longer.
    pub fn is_slow(&self) -> bool {
        match &self.what {
            What::Put(file) => is_large(file.bytes),
            What::Restore(object) => is_large(object.bytes),
            What::Delete => false,
        }
    }
}

/// What to do with a key.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Write this file of the release.
    Put(File),
    /// Copy this recorded version over it.
    Restore(Object),
    /// Delete it.
    Delete,
}

/// The way from what is to a goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Way {
    /// What to do, in order.
    pub ops: Vec<Op>,
    /// Paths whose content is neither what was there before nor what this deployment wrote.
    pub strange: Vec<String>,
}

impl Way {
    /// Whether it leads nowhere: what is wanted is there.
    pub fn is_gone(&self) -> bool {
        self.ops.is_empty() && self.strange.is_empty()
    }
}

/// What is known of a site when a way is planned.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is at each key now.
    pub is: &'a Objects,
    /// What was there before the deployment.
    pub before: &'a Goal,
    /// Where the deployment goes.
    pub forward: &'a Goal,
    /// The rules of the site.
    pub rules: &'a Rules,
    /// Files of former releases that nobody needs any more.
    pub due: &'a BTreeSet<String>,
}

impl<'a> Known<'a> {
    /// What is known of each path.
    pub fn places(&self) -> Places<'a, Object> {
        places(self.is, self.before, self.forward)
    }

    fn is_due(&self, path: &str) -> bool {
        self.due.contains(path)
    }
}

/// The direction of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the deployment's goal: documents last, new ones before those that may name them, then what
    /// is not needed any more.
    Forward,
    /// To the state before: what was deleted, then documents, then the rest.
    Back,
}

/// Plans the way in a direction.
pub fn plan(known: Known<'_>, direction: Direction) -> Way {
    let mut way = Way::default();
    for place in known.places().filter(Place::is_in_scope) {
        let goal = match direction {
            Direction::Forward => place.forward,
            Direction::Back => place.before,
        };
        step(&known, &place, goal, &mut way);
    }
    for op in &mut way.ops {
        op.stage = stage(known.rules, direction, op);
    }
    // The large ones of a stage together, so that a stage has two sorts of calls at most.
    way.ops
        .sort_by(|a, b| (a.stage, !a.is_slow(), &a.path).cmp(&(b.stage, !b.is_slow(), &b.path)));
    way
}

/// The paths whose content differs between the state before and the goal: all that this deployment
/// changes, or would change back. What the goal does not name stays until it is due, unless it is a document.
pub fn changed<'a>(known: &Known<'a>) -> Vec<&'a String> {
    let differs = |place: &Place<'a, Object>| {
        place.is_in_scope()
            && match (place.before, place.forward) {
                (Some(before), Some(forward)) => !is_same(before, forward),
                (Some(_), None) => !known.rules.outlives(place.path) || known.is_due(place.path),
                (None, forward) => forward.is_some(),
            }
    };
    let changed = known.places().filter(differs);
    changed.map(|place| place.path).collect()
}

fn is_same(a: Want<'_>, b: Want<'_>) -> bool {
    let same_object = match (a.object, b.object) {
        (Some(a), Some(b)) => a.etag == b.etag,
        _ => false,
    };
    same_object || (a.file.is_some() && a.file == b.file)
}

/// Whether asking for each of so many paths is quicker than listing a site of so many, where so
/// many calls are under way at once: the pages of a listing, of 1000 objects, come one after the
/// other.
pub fn ask_each(paths: usize, site: usize, at_once: usize) -> bool {
    paths.div_ceil(at_once) <= site.div_ceil(1000)
}

fn step(known: &Known<'_>, place: &Place<'_, Object>, goal: Option<Want<'_>>, way: &mut Way) {
    let (path, rules) = (place.path, known.rules);
    let what = match (place.is, goal) {
        (None, None) => return,
        (Some(is), Some(want)) if fits(is, want) => return,
        (Some(_), None) if rules.outlives(path) && !is_due(known, place) => return,
        (_, Some(want)) => write(want),
        (Some(_), None) => Some(What::Delete),
    };
    match what {
        Some(what) if is_known(place) => way.ops.push(Op {
            path: path.clone(),
            additive: what != What::Delete && !place.is_noticed(rules),
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

/// Whether what a former release left is to be deleted: only if it is what was seen, so that what a
/// stranger put in its place stays and stops nothing.
fn is_due(known: &Known<'_>, place: &Place<'_, Object>) -> bool {
    let is_as_seen = match (place.is, place.before) {
        (Some(is), Some(was)) => fits(is, was),
        _ => false,
    };
    is_as_seen && known.is_due(place.path)
}

/// How to bring what is wanted: nothing can where neither bytes nor a version are known.
fn write(want: Want<'_>) -> Option<What> {
    match (want.object, want.file) {
        (Some(object), _) => Some(What::Restore(object.clone())),
        (None, Some(file)) => Some(What::Put(file.clone())),
        (None, None) => None,
    }
}

/// Whether what is there is what is wanted: the same recorded object, a copy of it, or the same
/// content.
fn fits(is: &Object, want: Want<'_>) -> bool {
    let same_object = want
        .object
        .is_some_and(|object| object.etag == is.etag || is.copy_of.as_ref() == Some(&object.etag));
    let same_content = is.file.is_some() && is.file.as_ref() == want.file;
    same_object || same_content
}

/// Whether what is there was there before or comes from this deployment: nothing else is ever
/// overwritten.
fn is_known(place: &Place<'_, Object>) -> bool {
    let mut wants = [place.before, place.forward].into_iter().flatten();
    place.is.is_none_or(|is| wants.any(|want| fits(is, want)))
}

/// What is named by others comes before what names it, and what is not there yet hurts nobody.
fn stage(rules: &Rules, direction: Direction, op: &Op) -> u8 {
    let document = !rules.outlives(&op.path);
    let new = op.replaces == Replaces::Nothing;
    match (&op.what, direction, document, new) {
        (What::Delete, ..) => 6,
        (_, _, false, true) => 0,
        (_, Direction::Back, true, true) => 1,
        (_, Direction::Back, true, false) => 2,
        (_, _, false, false) => 3,
        (_, Direction::Forward, true, true) => 4,
        (_, Direction::Forward, true, false) => 5,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
