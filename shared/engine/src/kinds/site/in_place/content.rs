//! Pure: the content of a state of a site in place, path by path, and the walk over the paths with what is there and
//! what is wanted there.

// An entry with the path, size and CRC-32 of the file that runs is that file. To read all files costs a first
// publish, and times of an archive are always new.

use crate::kinds::site::files::{File, Files, Object, Objects};
use crate::kinds::site::rules::SiteRules;
use crate::kinds::site::target::{Target, files_of};
use crate::kinds::whose;
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The object that is wanted at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WantedObject<'a> {
    /// The content; `None` if somebody else wrote it.
    pub file: Option<&'a File>,
    /// The object that was recorded there; `None` if a release is brought for the first time.
    pub object: Option<&'a Object>,
}

impl<'a> WantedObject<'a> {
    fn of_release(file: &'a File) -> Self {
        Self { file: Some(file), object: None }
    }

    fn recorded(object: &'a Object) -> Self {
        Self { file: object.file.as_ref(), object: Some(object) }
    }

    /// Returns whether the path is the site's own.
    pub fn owns(self) -> bool {
        self.object.is_none_or(|object| object.ours)
    }
}

/// The wanted objects of a state, by path.
pub type WantedObjects<'a> = Box<dyn Iterator<Item = (&'a String, WantedObject<'a>)> + 'a>;

/// The content of a state, path by path.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The files of a release, from its archive.
    Release(Files),
    /// The recorded objects, from the versions in the bucket.
    Recorded(Objects),
}

impl Content {
    /// Returns the object that is wanted at a path; `None` if there shall be none.
    pub fn want(&self, path: &str) -> Option<WantedObject<'_>> {
        match self {
            Self::Release(files) => files.get(path).map(WantedObject::of_release),
            Self::Recorded(objects) => objects.get(path).map(WantedObject::recorded),
        }
    }

    /// Returns the wanted objects, in order of the paths.
    pub fn wants(&self) -> WantedObjects<'_> {
        match self {
            Self::Release(files) => Box::new(files.iter().map(|(path, it)| (path, WantedObject::of_release(it)))),
            Self::Recorded(objects) => Box::new(objects.iter().map(|(path, it)| (path, WantedObject::recorded(it)))),
        }
    }

    /// Returns the recorded objects; none for a release from its archive.
    pub fn recorded(&self) -> &Objects {
        static NONE: Objects = Objects::new();
        match self {
            Self::Recorded(objects) => objects,
            Self::Release(_) => &NONE,
        }
    }

    /// Returns whether a path is the site's own in this state.
    pub fn owns(&self, path: &str) -> bool {
        self.want(path).is_some_and(WantedObject::owns)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.wants().map(|(path, _)| path)
    }
}

/// A path with what is known of it; `T` is what is known of the object there.
#[derive(Debug, Clone, Copy)]
pub struct ObjectPlace<'a, T> {
    /// The path.
    pub path: &'a String,
    /// The object that is there now.
    pub is: Option<&'a T>,
    /// The object that was there before the deployment.
    pub before: Option<WantedObject<'a>>,
    /// The object that the deployment wants there.
    pub forward: Option<WantedObject<'a>>,
}

impl<T> ObjectPlace<'_, T> {
    /// Returns whether this deployment may change it. Somebody else's objects are left alone.
    pub fn is_in_scope(&self) -> bool {
        [self.before, self.forward].into_iter().flatten().any(WantedObject::owns)
    }

    /// Returns whether visitors notice a change of it: something was there before, or it is a document.
    pub fn is_noticed(&self, rules: &SiteRules) -> bool {
        self.before.is_some() || !rules.outlives(self.path)
    }
}

/// Walks over all paths that any of the three has, in order.
pub fn places<'a, T>(is: &'a BTreeMap<String, T>, before: &'a Content, forward: &'a Content) -> Places<'a, T> {
    Places { is: is.iter().peekable(), before: before.wants().peekable(), forward: forward.wants().peekable() }
}

/// Walks over three lists side by side: the present objects, those of before, and the wanted ones.
pub struct Places<'a, T> {
    is: Peekable<btree_map::Iter<'a, String, T>>,
    before: Peekable<WantedObjects<'a>>,
    forward: Peekable<WantedObjects<'a>>,
}

impl<'a, T> Iterator for Places<'a, T> {
    type Item = ObjectPlace<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let heads = [
            self.is.peek().map(|(path, _)| *path),
            self.before.peek().map(|(path, _)| *path),
            self.forward.peek().map(|(path, _)| *path),
        ];
        // Each path is compared once, because the comparisons are most of the work.
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
        Some(ObjectPlace {
            path: first?,
            is: self.is.next_if(|_| is).map(|(_, it)| it),
            before: self.before.next_if(|_| before).map(|(_, want)| want),
            forward: self.forward.next_if(|_| forward).map(|(_, want)| want),
        })
    }
}

/// Returns the paths of ours that somebody else changed or removed.
pub(super) fn drifted<'a>(running: &'a Content, before: &'a Content) -> Vec<&'a str> {
    static UNSEEN: Objects = Objects::new();
    let places = places(&UNSEEN, running, before);
    let etag = |want: Option<WantedObject<'a>>| want?.object.map(|it| &it.etag);
    places
        .filter(|place| {
            let ours = place.before.is_some_and(WantedObject::owns);
            ours && etag(place.before) != etag(place.forward)
        })
        .map(|place| place.path.as_str())
        .collect()
}

/// The warning that names the first of them.
pub(super) fn drift_warning(component: &ComponentName, target: &Target, drifted: &[&str]) -> Option<Finding> {
    (!drifted.is_empty()).then(|| {
        let some: Vec<&str> = drifted.iter().take(5).copied().collect();
        Finding::new(
            FindingName::TargetChangedByOther,
            format!("components.{component}"),
            format!(
                "somebody else changed {} since the last deployment: {}; what is there now counts as the state before. {}",
                count(drifted.len(), "file"),
                some.join(", "),
                whose(&files_of(target))
            ),
            "let only one deployer write to the bucket",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::files::File;
    use windlass_domain::text::digest::Digest;

    fn goal(paths: &str) -> Content {
        let file = |path: char| File {
            sha256: Digest::of(b""),
            bytes: 0,
            content_type: path.to_string(),
            cache_control: String::new(),
            content_encoding: None,
            crc32: None,
        };
        Content::Release(paths.chars().map(|path| (path.to_string(), file(path))).collect())
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
                let flags = [place.is.is_some(), wants[0].is_some(), wants[1].is_some()];
                let flags = flags.map(|it| if it { "1" } else { "0" }).concat();
                format!("{}{flags}", place.path)
            });
            known.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("", "", ""), "");
        assert_eq!(of("b", "", ""), "b100");
        assert_eq!(of("ac", "bc", "ad"), "a101 b010 c110 d001");
        assert_eq!(of("abc", "abc", "abc"), "a111 b111 c111");
    }
}
