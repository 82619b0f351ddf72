//! Pure: what must be written and deleted to bring a site in place from what is to a goal.

use super::content::{Content, Want};
use crate::kinds::site::lists::{File, Object, Objects, is_large};
use crate::kinds::site::rules::Rules;
use crate::ports::Replaces;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::iter::Peekable;

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
    /// Everything that lies on it, in the order of the names.
    pub fn paths(&self) -> Vec<String> {
        let ops = self.ops.iter().map(|op| &op.path);
        let paths: BTreeSet<&String> = ops.chain(&self.strange).collect();
        paths.into_iter().cloned().collect()
    }

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
    pub before: &'a Content,
    /// Where the deployment goes.
    pub forward: &'a Content,
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

/// A path, and what is known of it; `T` is what is known of what is there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a, T> {
    /// The path.
    pub path: &'a String,
    /// What is there now.
    pub is: Option<&'a T>,
    /// What was there before the deployment.
    pub before: Option<Want<'a>>,
    /// What the deployment wants there.
    pub forward: Option<Want<'a>>,
}

impl<T> Place<'_, T> {
    /// Whether this deployment has anything to do with it: somebody else's objects are left alone.
    pub fn is_in_scope(&self) -> bool {
        let wants = [self.before, self.forward];
        wants.into_iter().flatten().any(Want::owns)
    }

    /// Whether visitors notice a change of it: something was there before, or a document is new.
    pub fn is_noticed(&self, rules: &Rules) -> bool {
        self.before.is_some() || !rules.outlives(self.path)
    }
}

/// All paths that any of the three has, in order.
pub fn places<'a, T>(
    is: &'a BTreeMap<String, T>,
    before: &'a Content,
    forward: &'a Content,
) -> Places<'a, T> {
    Places {
        is: is.iter().peekable(),
        before: before.wants().peekable(),
        forward: forward.wants().peekable(),
    }
}

/// Walks side by side what is there, what was there, and what is wanted.
pub struct Places<'a, T> {
    is: Peekable<btree_map::Iter<'a, String, T>>,
    before: Peekable<Wants<'a>>,
    forward: Peekable<Wants<'a>>,
}

/// What a state holds, by path.
pub type Wants<'a> = Box<dyn Iterator<Item = (&'a String, Want<'a>)> + 'a>;

impl<'a, T> Iterator for Places<'a, T> {
    type Item = Place<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let heads = [
            self.is.peek().map(|(path, _)| *path),
            self.before.peek().map(|(path, _)| *path),
            self.forward.peek().map(|(path, _)| *path),
        ];
        // Each path is compared once, because comparing is most of the work.
        let (mut first, mut here) = (None, [false; 3]);
        for (list, path) in heads.into_iter().enumerate() {
            let Some(path) = path else { continue };
            match first.map_or(Ordering::Less, |first| path.cmp(first)) {
                Ordering::Less => (first, here) = (Some(path), [false; 3]),
                Ordering::Equal => {}
                Ordering::Greater => continue,
            }
            here[list] = true;
        }
        let [is, before, forward] = here;
        Some(Place {
            path: first?,
            is: self.is.next_if(|_| is).map(|(_, it)| it),
            before: self.before.next_if(|_| before).map(|(_, want)| want),
            forward: self.forward.next_if(|_| forward).map(|(_, want)| want),
        })
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

#[cfg(test)]
mod places_tests {
    use super::*;
    use crate::kinds::site::lists::File;
    use windlass_domain::digest::Digest;

    fn goal(paths: &str) -> Content {
        let file = |path: char| File {
            sha256: Digest::of(b""),
            bytes: 0,
            content_type: path.to_string(),
            cache_control: String::new(),
            crc32: None,
        };
        let files = paths.chars().map(|path| (path.to_string(), file(path)));
        Content::Release(files.collect())
    }

    #[test]
    fn every_path_comes_once_with_all_that_is_known_of_it() {
        let of = |is: &str, before: &str, forward: &str| {
            let is: BTreeMap<String, char> = is.chars().map(|it| (it.to_string(), it)).collect();
            let (before, forward) = (goal(before), goal(forward));
            let known = places(&is, &before, &forward).map(|place| {
                let wants = [place.before, place.forward];
                for want in wants.iter().flatten() {
                    let file = want.file.unwrap();
                    assert_eq!(&file.content_type, place.path);
                }
                assert!(place.is.is_none_or(|it| it.to_string() == *place.path));
                let told = [place.is.is_some(), wants[0].is_some(), wants[1].is_some()];
                let told = told.map(|it| if it { "1" } else { "0" }).concat();
                format!("{}{told}", place.path)
            });
            known.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("", "", ""), "");
        assert_eq!(of("b", "", ""), "b100");
        assert_eq!(of("ac", "bc", "ad"), "a101 b010 c110 d001");
        assert_eq!(of("abc", "abc", "abc"), "a111 b111 c111");
    }
}
