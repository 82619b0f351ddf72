//! The content of a state of a site in place, path by path.

use crate::kinds::site::files::{File, Files, Object, Objects};

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
