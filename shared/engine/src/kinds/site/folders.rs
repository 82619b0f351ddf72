//! Which folders of releases Windlass made, so that they can be pruned. A note is written before the
//! first file of a folder, and deleted after the last.

use super::listing::list_all;
use super::lists::Lists;
use super::state::Prefix;
use super::target::folder_of;
use crate::config::Configured;
use crate::ports::{Answered, Clock, Objects, Replaces};
use serde::{Deserialize, Serialize};
use windlass_domain::digest::Digest;
use windlass_domain::time::Time;

/// A folder that Windlass made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its keys begin with this; it ends in its name and a slash.
    pub under: String,
    /// When a deployment filled it last.
    pub filled: Time,
    /// Whether its files are being deleted: nothing may go back to it any more.
    #[serde(default)]
    pub pruning: bool,
}

/// The note of a folder, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its key in the artifacts bucket.
    pub key: String,
    /// The folder's name.
    pub name: String,
    /// The release in the folder.
    pub release: Digest,
}

impl<P: Objects + Clock + Configured> Lists<'_, P> {
    /// Notes a folder of the site's bucket that is about to be filled.
    pub async fn note_folder(&self, bucket: &str, goal: &Prefix) -> Answered<()> {
        let Some(release) = &goal.release else {
            return Ok(());
        };
        let key = self.note_key(bucket, goal.folder_name(), release);
        let folder = Folder {
            under: folder_of(&goal.origin_path),
            filled: self.home.now(),
            pruning: false,
        };
        self.write(&key, &folder, Replaces::Anything).await
    }

    /// The notes of a bucket's folders.
    pub async fn folder_notes(&self, bucket: &str) -> Answered<Vec<Note>> {
        let under = format!("{}folders/{bucket}/", self.folder);
        let home = &self.home.config().artifacts_bucket;
        let listed = list_all(self.home, home, &under, &[]).await?;
        let notes = listed.into_iter().filter_map(|listed| {
            let rest = listed.key.strip_prefix(&under)?;
            let (name, release) = rest.strip_suffix(".json")?.split_once('-')?;
            Some(Note {
                name: name.to_owned(),
                release: Digest::parse(release).ok()?,
                key: listed.key,
            })
        });
        Ok(notes.collect())
    }

    /// Whether a folder is being deleted.
    pub async fn is_pruned(&self, bucket: &str, goal: &Prefix) -> Answered<bool> {
        let Some(release) = &goal.release else {
            return Ok(false);
        };
        let key = self.note_key(bucket, goal.folder_name(), release);
        let folder: Option<Folder> = self.read(&key).await?;
        Ok(folder.is_some_and(|folder| folder.pruning))
    }

    fn note_key(&self, bucket: &str, name: &str, release: &Digest) -> String {
        format!("{}folders/{bucket}/{name}-{release}.json", self.folder)
    }
}
