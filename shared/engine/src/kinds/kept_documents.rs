//! The documents that a kind keeps beside the item of a step. An item of the ledger is limited to 400 KB (Amazon
//! DynamoDB Developer Guide, "Item size"), and a state or a plan may be larger. It is then kept as a document in the
//! artifacts bucket, under the digest of its content, and the item has the digest.
//!
//! Only Windlass reads the content. People see only its masked form, which is in the item: [`Noticed::shown`] of a
//! state, [`Stage::what`] of a plan. Nothing of the content stands there.
//!
//! [`Noticed::shown`]: super::Noticed::shown
//! [`Stage::what`]: super::Stage::what

use crate::config::Configured;
use crate::ports::{Clock, Listed, ObjectHead, ObjectId, PutOptions, Replaces, Result, S3Api};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// The largest document that is read, in bytes. A list of a million files fits.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The bytes of an object that are read at a time, to be hashed.
const PIECE: u64 = 8 * 1024 * 1024;

/// The milliseconds for which a document is never deleted. By then, whoever kept it has recorded its digest.
const UNRECORDED_MS: u64 = 60 * 60 * 1000;

/// The bytes of a document that are hashed at a time: JSON is written word by word.
const SUMMED: usize = 16 * 1024;

/// A document that is written down and not kept yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentToKeep {
    /// The digest of its content, by which an item names it.
    pub digest: Digest,
    /// Its content, as JSON.
    bytes: Bytes,
}

impl DocumentToKeep {
    /// Writes a document down.
    pub fn of(content: &impl Serialize) -> Result<Self> {
        let bytes = to_json(content)?;
        Ok(Self { digest: Digest::of(&bytes), bytes })
    }
}

/// The documents of one component in one environment of an application.
#[derive(Debug)]
pub struct KeptDocuments<'a, P> {
    home: &'a P,
    folder: String,
}

impl<'a, P: S3Api + Clock + Configured> KeptDocuments<'a, P> {
    /// The documents of a component. `home` are the ports at the deployer's own place. `of_kind` is the kind's folder
    /// below `windlass/`, such as `sites`: the roles of the kind's functions may read and write this folder and no
    /// other kind's. `owner` is the component's folder below that ([`PrepareInput::home`](super::PrepareInput::home)).
    pub fn of(home: &'a P, of_kind: &str, owner: &str) -> Self {
        let folder = format!("windlass/{of_kind}/{owner}/kept/");
        Self { home, folder }
    }

    /// Keeps a document. If one of that name is there already, it is the same, because the name is the digest of the
    /// content.
    pub async fn keep(&self, document: &DocumentToKeep) -> Result<()> {
        let options = PutOptions {
            content_type: Some("application/json".into()),
            replaces: Replaces::Nothing,
            sha256: Some(document.digest.clone()),
            ..PutOptions::default()
        };
        let object = self.object(&document.digest);
        let put = self.home.put(&object.bucket, &object.key, document.bytes.clone(), &options);
        match put.await {
            Err(fault) if fault.name != FaultName::Conflict => Err(fault),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Returns whether such a document is kept.
    pub async fn has(&self, digest: &Digest) -> Result<bool> {
        Ok(self.home.head(&self.object(digest)).await?.is_some())
    }

    /// Reads a document. Faults: `NotFound` if it no longer exists, `Refused` if it is larger than 512 MiB or its
    /// content is another one.
    pub async fn read<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T> {
        let object = self.object(digest);
        let key = &object.key;
        let read = self.home.get(&object, LARGEST).await;
        let bytes = read.map_err(|fault| match fault.name {
            FaultName::NotFound => {
                Fault::new(FaultName::NotFound, format!("the document {key} is not in the artifacts bucket any more"))
            }
            _ => fault,
        })?;
        if Digest::of(&bytes) != *digest {
            return Err(Fault::new(
                FaultName::Refused,
                format!("the document {key} of the artifacts bucket has another content than was kept"),
            ));
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| Fault::internal(format!("the document {key} cannot be read: {error}")))
    }

    /// Deletes the documents that none of `needed` names. Before it deletes what a page of the listing has, it asks
    /// `may` whether this invocation may still act and has time.
    pub async fn prune<E: From<Fault>>(
        &self,
        needed: &BTreeSet<Digest>,
        mut may: impl AsyncFnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        let bucket = &self.home.config().artifacts_bucket;
        let mut after = None;
        loop {
            let page = self.home.list(bucket, &self.folder, after).await?;
            let now = self.home.now();
            let old = |it: &Listed| now.ms_since(it.modified) >= UNRECORDED_MS;
            let needless: Vec<String> = page
                .objects
                .into_iter()
                .filter(old)
                .map(|it| it.key)
                .filter(|key| !self.is_named(key, needed))
                .collect();
            if !needless.is_empty() {
                may().await?;
                // A page has at most as many keys as one call deletes (Amazon S3 API Reference).
                self.home.delete_all(bucket, &needless).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    fn is_named(&self, key: &str, needed: &BTreeSet<Digest>) -> bool {
        let name = key.strip_prefix(&self.folder);
        let digest = name.and_then(|name| Digest::parse(name.strip_suffix(".json")?).ok());
        digest.is_some_and(|digest| needed.contains(&digest))
    }

    fn object(&self, digest: &Digest) -> ObjectId {
        self.home.artifact(&format!("{}{digest}.json", self.folder), None)
    }
}

/// A document's content, as it is kept.
pub fn to_json(content: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(content).map(Bytes::from).map_err(|error| unwritten(&error))
}

/// The digest of a document's content, without writing it down.
pub fn digest_of(content: &impl Serialize) -> Result<Digest> {
    let mut sum = BufWriter::with_capacity(SUMMED, Summing(Sha256::new()));
    serde_json::to_writer(&mut sum, content).map_err(|error| unwritten(&error))?;
    let sum = sum.into_inner();
    let sum = sum.map_err(|error| Fault::internal(format!("it is not summed up: {error}")))?;
    Ok(Digest::from_bytes(&sum.0.finalize()))
}

/// The metadata that holds the SHA-256 of an object: S3 knows none of the whole of what comes in parts.
pub const SHA256: &str = "windlass-sha256";

/// Returns the SHA-256 of an object if S3 knows it: as the checksum, or as the metadata that Windlass writes, which
/// copies keep.
pub fn known_sum(head: &ObjectHead) -> Option<Digest> {
    let noted = head.metadata.get(SHA256).and_then(|noted| Digest::parse(noted).ok());
    head.sha256.clone().or(noted)
}

/// The SHA-256 of an object of so many bytes that was uploaded without it. It is read in pieces.
pub async fn sum_of(ports: &impl S3Api, object: &ObjectId, bytes: u64) -> Result<Digest> {
    let (mut sum, mut at) = (Sha256::new(), 0);
    while at < bytes {
        let piece = ports.get_range(object, at, PIECE.min(bytes - at)).await?;
        if piece.is_empty() {
            return Err(Fault::internal(format!("S3 answered no bytes of {} at {at}", object.key)));
        }
        sum.update(&piece);
        at += piece.len() as u64;
    }
    Ok(Digest::from_bytes(&sum.finalize()))
}

fn unwritten(error: &serde_json::Error) -> Fault {
    Fault::internal(format!("a document cannot be written: {error}"))
}

/// Hashes everything that is written to it.
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

/// Reads an object of the artifacts bucket that has at most so many bytes. The fault is `Refused` where they are not
/// those that were pinned.
pub async fn read_pinned(
    home: &(impl S3Api + Configured),
    key: &str,
    version_id: &str,
    sha256: &Digest,
    most: u64,
) -> Result<Bytes> {
    let bytes = home.get(&home.artifact(key, Some(version_id)), most).await?;
    let found = Digest::of(&bytes);
    if found == *sha256 {
        return Ok(bytes);
    }
    Err(Fault::new(
        FaultName::Refused,
        format!("the artifact {key} has the SHA-256 {found} and not the pinned {sha256}"),
    ))
}
