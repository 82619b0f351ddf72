use crate::kinds::site::files::Files;
use crate::kinds::site::handled::Handled;
use std::collections::BTreeMap;

/// What is known of a release while it is published.
pub(super) struct Brought {
    /// The files that are handled.
    pub files: Files,
    /// The ETags of the objects in the release's folder.
    pub etags: BTreeMap<String, String>,
    has_folder: bool,
}

impl Brought {
    /// Nothing yet; `has_folder` where the release has a folder of its own.
    pub fn new(has_folder: bool) -> Self {
        Self {
            files: Files::new(),
            etags: BTreeMap::new(),
            has_folder,
        }
    }

    /// Adds what was handled.
    pub fn take(&mut self, all: impl IntoIterator<Item = Handled>) {
        for done in all {
            let Some(file) = done.file else {
                continue;
            };
            if let Some(etag) = done.etag.filter(|_| self.has_folder) {
                self.etags.insert(done.path.clone(), etag);
            }
            self.files.insert(done.path, file);
        }
    }
}
