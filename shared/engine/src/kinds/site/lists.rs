//! The lists of a site: the files of a release, and the objects at the keys. They are kept in the artifacts bucket.

use super::calls::{self, Patience, list_all};
use super::files::{Files, Handled};
use super::rows::{Names, Rows};
use super::target::Target;
use crate::config::Configured;
use crate::kinds::{KeptDocuments, digest_of, to_json};
use crate::ports::{Clock, Listed, ObjectId, PutOptions, Replaces, Result, S3Api as ObjectStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// The largest list that is read, in bytes: it has a million files.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The lists of one site. Lists that are named by the digest of their content are kept as in every kind
/// ([`KeptDocuments`]). The others are named by a release, a deployment or a folder.
pub struct Lists<'a, P> {
    pub(super) home: &'a P,
    pub(super) folder: String,
    /// The lists that are named by the digest of their content.
    pub(super) kept: KeptDocuments<'a, P>,
}

impl<'a, P: ObjectStore + Clock + Configured> Lists<'a, P> {
    /// The lists of a site; `home` are the ports at the deployer's own place.
    pub fn of(home: &'a P, target: &Target) -> Self {
        let owner = target.folder();
        Self { home, folder: format!("windlass/sites/{owner}/"), kept: KeptDocuments::of(home, "sites", &owner) }
    }

    /// Returns the files of a release, once they are known.
    pub async fn release(&self, release: &Digest) -> Result<Option<Files>> {
        let files: Option<Rows<Files>> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0))
    }

    /// Returns the paths of a release's files, once they are known. The rest of the list is skipped.
    pub async fn release_paths(&self, release: &Digest) -> Result<Option<Vec<String>>> {
        let files: Option<Names> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0.into_keys().collect()))
    }

    /// Keeps the files of a release. The same release always has the same files.
    pub async fn keep_release(&self, release: &Digest, files: &Files) -> Result<()> {
        self.keep(&self.release_key(release), &Rows(files)).await
    }

    /// Returns the notes of what this deployment has handled so far.
    pub async fn handled(&self, deployment: &DeploymentId) -> Result<Vec<Handled>> {
        let folder = format!("{}handled/{deployment}/", self.folder);
        let bucket = &self.home.config().artifacts_bucket;
        let notes = list_all(self.home, bucket, &folder, &[]).await?;
        self.handled_in(&notes).await
    }

    pub(super) async fn handled_in(&self, notes: &[Listed]) -> Result<Vec<Handled>> {
        let pace = Cell::default();
        let (parts, fault) =
            calls::all(self.home, &pace, Patience::Long, notes, |note| self.read::<Vec<Handled>>(&note.key)).await;
        let parts = parts.into_iter().flatten().flatten();
        fault.map_or_else(|| Ok(parts.collect()), Err)
    }

    /// Notes what was handled, so that a later invocation need not look again.
    pub async fn note_handled(&self, deployment: &DeploymentId, handled: &[Handled]) -> Result<()> {
        if handled.is_empty() {
            return Ok(());
        }
        let name = digest_of(&handled)?;
        let key = format!("{}handled/{deployment}/{}.json", self.folder, name.short());
        self.keep(&key, &handled).await
    }

    fn release_key(&self, release: &Digest) -> String {
        format!("{}release-{release}.json", self.folder)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let object =
            ObjectId { bucket: self.home.config().artifacts_bucket.clone(), key: key.to_owned(), version_id: None };
        let bytes = match self.home.get(&object, LONGEST).await {
            Ok(bytes) => bytes,
            Err(fault) if fault.name == FaultName::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| Fault::internal(format!("the list {key} cannot be read: {error}")))
    }

    /// Writes a list whose name tells its content: one that is there already is the same.
    pub(super) async fn keep(&self, key: &str, list: &impl Serialize) -> Result<()> {
        match self.write(key, list, Replaces::Nothing).await {
            Err(fault) if fault.name == FaultName::Conflict => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn write(&self, key: &str, list: &impl Serialize, replaces: Replaces) -> Result<()> {
        let options = PutOptions { content_type: Some("application/json".into()), replaces, ..PutOptions::default() };
        let bucket = &self.home.config().artifacts_bucket;
        let written = self.home.put(bucket, key, to_json(list)?, &options).await;
        written.map(drop)
    }
}
