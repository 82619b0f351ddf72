//! Where the lists of a site are kept: in the artifacts bucket, because an item of the ledger is
//! limited to 400 KB (Amazon DynamoDB Developer Guide, "Item size").

use super::calls::Patience;
use super::files::{Files, Handled};
use super::listing::list_all;
use super::publish::Carried;
use super::rows::{Names, Rows};
use super::state::{Kept, Prefix};
use super::target::Target;
use super::{calls, files};
use crate::config::Configured;
use crate::ports::{Answered, Clock, Listed, ObjectId, Objects, PutOptions, Replaces};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::io::{BufWriter, Write};
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// The largest list that is read: a million files.
const LONGEST: u64 = 512 * 1024 * 1024;

/// How much of a list is summed up at a time, in bytes: JSON is written word by word.
const SUMMED: usize = 16 * 1024;

/// The lists of one site.
pub struct Lists<'a, P> {
    pub(super) home: &'a P,
    pub(super) folder: String,
}

impl<'a, P: Objects + Clock + Configured> Lists<'a, P> {
    /// The lists of a site; `home` are the ports at the deployer's own place.
    pub fn of(home: &'a P, target: &Target) -> Self {
        let Target {
            app,
            environment,
            component,
            ..
        } = target;
        let folder = format!("windlass/sites/{app}/{environment}/{component}/");
        Self { home, folder }
    }

    /// The files of a release, once they are known.
    pub async fn release(&self, release: &Digest) -> Answered<Option<Files>> {
        let files: Option<Rows<Files>> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0))
    }

    /// The paths of a release's files, once they are known: what they are is read past.
    pub async fn release_paths(&self, release: &Digest) -> Answered<Option<Vec<String>>> {
        let files: Option<Names> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0.into_keys().collect()))
    }

    /// Keeps the files of a release. The same release has always the same files.
    pub async fn keep_release(&self, release: &Digest, files: &Files) -> Answered<()> {
        self.keep(&self.release_key(release), &Rows(files)).await
    }

    /// The ETags of the objects in a release's folder; empty where they are not known.
    pub async fn folder(&self, folder: &Prefix) -> Answered<BTreeMap<String, String>> {
        let etags = self.read(&self.folder_key(folder.folder_name())).await?;
        Ok(etags.unwrap_or_default())
    }

    /// Keeps the ETags of the objects in a release's folder, so that the next release can take what
    /// it shares from there.
    pub async fn keep_folder(
        &self,
        folder: &Prefix,
        etags: &BTreeMap<String, String>,
    ) -> Answered<()> {
        self.keep(&self.folder_key(folder.folder_name()), etags)
            .await
    }

    /// What a release's folder holds for documents of former releases.
    pub async fn carried(&self, folder: &Prefix) -> Answered<Carried> {
        let carried = self.read(&self.carried_key(folder.folder_name())).await?;
        Ok(carried.unwrap_or_default())
    }

    /// Notes what a release's folder holds for documents of former releases.
    pub async fn note_carried(&self, folder: &Prefix, carried: &Carried) -> Answered<()> {
        let key = self.carried_key(folder.folder_name());
        self.write(&key, carried, Replaces::Anything).await
    }

    /// What was at each key.
    pub async fn objects(&self, list: &Digest) -> Answered<files::Objects> {
        let key = self.objects_key(list);
        let objects: Option<Rows<files::Objects>> = self.read(&key).await?;
        objects.map(|objects| objects.0).ok_or_else(|| {
            let text = format!("the list {key} is not in the artifacts bucket any more");
            Fault::new(FaultName::NotFound, text)
        })
    }

    /// Whether such a list is kept.
    pub async fn has_objects(&self, list: &Digest) -> Answered<bool> {
        let object = self.object(&self.objects_key(list));
        Ok(self.home.head(&object).await?.is_some())
    }

    /// Keeps the list of what is at each key, under its digest.
    pub async fn keep_objects(&self, objects: &files::Objects) -> Answered<Digest> {
        let list = Kept::of(objects)?;
        if !self.has_objects(&list.digest).await? {
            self.keep_list(&list).await?;
        }
        Ok(list.digest)
    }

    /// The same of what is written down, and not kept yet.
    pub async fn keep_list(&self, list: &Kept) -> Answered<()> {
        let key = self.objects_key(&list.digest);
        let sum = Some(list.digest.clone());
        let written = self.put(&key, list.bytes.clone(), Replaces::Nothing, sum);
        unless_there(written.await)
    }

    /// What this deployment has handled so far.
    pub async fn handled(&self, deployment: &DeploymentId) -> Answered<Vec<Handled>> {
        let folder = format!("{}handled/{deployment}/", self.folder);
        let bucket = &self.home.config().artifacts_bucket;
        let notes = list_all(self.home, bucket, &folder, &[]).await?;
        self.handled_in(&notes).await
    }

    pub(super) async fn handled_in(&self, notes: &[Listed]) -> Answered<Vec<Handled>> {
        let pace = Cell::default();
        let (parts, fault) = calls::all(self.home, &pace, Patience::Long, notes, |note| {
            self.read::<Vec<Handled>>(&note.key)
        })
        .await;
        let parts = parts.into_iter().flatten().flatten();
        fault.map_or_else(|| Ok(parts.collect()), Err)
    }

    /// Notes what was handled, so that a later invocation need not look again.
    pub async fn note_handled(
        &self,
        deployment: &DeploymentId,
        handled: &[Handled],
    ) -> Answered<()> {
        if handled.is_empty() {
            return Ok(());
        }
        let name = digest_of(&handled)?;
        let key = format!("{}handled/{deployment}/{}.json", self.folder, name.short());
        self.keep(&key, &handled).await
    }

    pub(super) fn release_key(&self, release: &Digest) -> String {
        format!("{}release-{release}.json", self.folder)
    }

    pub(super) fn carried_key(&self, folder: &str) -> String {
        format!("{}carried-{folder}.json", self.folder)
    }

    pub(super) fn folder_key(&self, folder: &str) -> String {
        format!("{}folder-{folder}.json", self.folder)
    }

    fn objects_key(&self, list: &Digest) -> String {
        format!("{}objects-{list}.json", self.folder)
    }

    fn object(&self, key: &str) -> ObjectId {
        ObjectId {
            bucket: self.home.config().artifacts_bucket.clone(),
            key: key.to_owned(),
            version_id: None,
        }
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Answered<Option<T>> {
        let bytes = match self.home.get(&self.object(key), LONGEST).await {
            Ok(bytes) => bytes,
            Err(fault) if fault.name == FaultName::NotFound => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let read = serde_json::from_slice(&bytes);
        read.map(Some)
            .map_err(|error| Fault::internal(format!("the list {key} cannot be read: {error}")))
    }

    /// Writes a list that is named by its content: one that is there already is the same.
    pub(super) async fn keep<T: Serialize>(&self, key: &str, list: &T) -> Answered<()> {
        unless_there(self.write(key, list, Replaces::Nothing).await)
    }

    pub(super) async fn write<T: Serialize>(
        &self,
        key: &str,
        list: &T,
        replaces: Replaces,
    ) -> Answered<()> {
        self.put(key, to_json(list)?, replaces, None).await
    }

    async fn put(
        &self,
        key: &str,
        bytes: Bytes,
        replaces: Replaces,
        sha256: Option<Digest>,
    ) -> Answered<()> {
        let options = PutOptions {
            content_type: Some("application/json".into()),
            replaces,
            sha256,
            ..PutOptions::default()
        };
        let bucket = &self.home.config().artifacts_bucket;
        let written = self.home.put(bucket, key, bytes, &options).await;
        written.map(drop)
    }
}

/// What is named by its content and there already is the same.
fn unless_there(written: Answered<()>) -> Answered<()> {
    match written {
        Err(fault) if fault.name == FaultName::Conflict => Ok(()),
        answer => answer,
    }
}

/// The digest of a list's content, without writing it down.
pub fn digest_of<T: Serialize>(list: &T) -> Answered<Digest> {
    let mut sum = BufWriter::with_capacity(SUMMED, Summing(Sha256::new()));
    serde_json::to_writer(&mut sum, list).map_err(|error| unwritten(&error))?;
    let sum = sum.into_inner();
    let sum = sum.map_err(|error| Fault::internal(format!("a list is not summed up: {error}")))?;
    Ok(Digest::from_bytes(&sum.0.finalize()))
}

/// Sums up what is written.
struct Summing(Sha256);

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A list as it is kept.
pub fn to_json<T: Serialize>(list: &T) -> Answered<Bytes> {
    let written = serde_json::to_vec(list);
    written.map(Bytes::from).map_err(|error| unwritten(&error))
}

fn unwritten(error: &serde_json::Error) -> Fault {
    Fault::internal(format!("a list cannot be written: {error}"))
}
