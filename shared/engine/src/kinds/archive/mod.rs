//! A zip that a release brings. Its directory is checked before anything is written. Its entries are read by ranges,
//! with bounded memory.
//!
//! A single top-level folder is not stripped: the archive's paths are those of what it is unpacked into. The format is
//! PKWARE's APPNOTE.TXT. `rc-zip` reads it, and this module checks what it declares.

mod bounded;
mod check;
mod directory;
mod in_memory;
mod selection;

use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::Trouble;
pub use bounded::bounded;
use bytes::Bytes;
pub use check::{Limits, check, check_whole, overlaps};
pub use directory::{Coding, Entry, bad_archive, directory, read_directory};
use in_memory::to_library;
pub use in_memory::unpacked;
use rc_zip::fsm::{EntryFsm, FsmResult};
pub use selection::{Selection, not_taken_out, refusals, select, sort};
pub(super) use selection::{without_keys, without_keys_in};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::Fault;

/// A pinned archive in the artifacts bucket, as the target of a step keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Its key.
    pub key: String,
    /// Its version id.
    pub version_id: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

impl Archive {
    /// Returns the archive of a pinned artifact; `None` for an artifact of another sort.
    pub fn of(artifact: &Artifact) -> Option<Self> {
        let Artifact::Object { key, version_id, sha256, bytes } = artifact else { return None };
        Some(Self { key: key.clone(), version_id: version_id.clone(), sha256: sha256.clone(), bytes: *bytes })
    }

    /// Returns the archive as an object.
    pub fn object(&self, bucket: &str) -> ObjectId {
        ObjectId { bucket: bucket.to_owned(), key: self.key.clone(), version_id: Some(self.version_id.clone()) }
    }
}

/// Wanted entries with at most this many bytes between them are fetched together: in the time that another request
/// takes, as many bytes arrive.
const GAP: u64 = 1024 * 1024;

/// Reads entries of an archive, in the order in which they lie there.
pub struct Unpacker<'a, P> {
    window: ObjectWindow<'a, P>,
    archive: String,
    /// The offset at which each entry ends at the latest, by the offset at which it begins.
    ends: BTreeMap<u64, u64>,
    /// The offset up to which bytes are fetched, by the offset at which an entry begins: wanted entries that are close
    /// together are fetched together.
    reach: BTreeMap<u64, u64>,
}

impl<'a, P: S3Api> Unpacker<'a, P> {
    /// A reader for an archive of `size` bytes with these entries, of which `wanted` will be read.
    pub fn new(objects: &'a P, archive: ObjectId, size: u64, entries: &[Entry], wanted: &[Entry]) -> Self {
        let mut offsets: Vec<u64> = entries.iter().map(|entry| entry.offset).collect();
        offsets.sort_unstable();
        let nexts = offsets.iter().skip(1).copied().chain([size]);
        let ends: BTreeMap<u64, u64> = offsets.iter().copied().zip(nexts).collect();
        let reach = reach(&ends, wanted);
        Self { archive: archive.key.clone(), window: ObjectWindow::new(objects, archive), ends, reach }
    }

    /// Unpacks a whole entry. It is a finding if the entry's bytes are not what the directory declares.
    pub async fn unpack(&mut self, entry: &Entry) -> Result<Bytes, Trouble> {
        let declared = usize::try_from(entry.bytes).unwrap_or(usize::MAX);
        self.open(entry).next(declared.saturating_add(1)).await
    }

    /// Begins to unpack an entry that is too large to be held in memory.
    pub fn open<'u>(&'u mut self, entry: &'u Entry) -> Reading<'u, 'a, P> {
        Reading::new(self, entry)
    }

    /// The archive's name.
    pub(super) fn archive(&self) -> &str {
        &self.archive
    }

    /// Returns the offset at which an entry ends at the latest, and the offset up to which bytes are fetched.
    pub(super) fn bounds(&self, entry: &Entry) -> (u64, u64) {
        let end = self.ends.get(&entry.offset).copied();
        let end = end.unwrap_or(entry.offset);
        let reach = self.reach.get(&entry.offset).copied();
        (end, reach.unwrap_or(end))
    }

    /// Packed bytes from `offset` on, at least one.
    pub(super) async fn packed(&mut self, offset: u64, until: u64) -> Result<&[u8]> {
        self.window.at(offset, until).await
    }
}

fn reach(ends: &BTreeMap<u64, u64>, wanted: &[Entry]) -> BTreeMap<u64, u64> {
    let mut offsets: Vec<u64> = wanted.iter().map(|entry| entry.offset).collect();
    offsets.sort_unstable();
    let mut reach = BTreeMap::new();
    let mut next: Option<(u64, u64)> = None;
    for offset in offsets.into_iter().rev() {
        let end = ends.get(&offset).copied().unwrap_or(offset);
        let far = match next {
            Some((start, far)) if start.saturating_sub(end) <= GAP => far,
            _ => end,
        };
        let far = far.min(offset.saturating_add(WIDTH)).max(end);
        reach.insert(offset, far);
        next = Some((offset, far));
    }
    reach
}

/// An entry that is being unpacked, piece by piece.
pub struct Reading<'u, 'a, P> {
    unpacker: &'u mut Unpacker<'a, P>,
    entry: &'u Entry,
    /// `None` once the entry was read to its end and found to be what the directory declares.
    machine: Option<EntryFsm>,
    /// The offset of the next packed byte.
    offset: u64,
    /// The offset at which the entry ends at the latest.
    end: u64,
    /// The offset up to which bytes are fetched.
    reach: u64,
    /// The number of bytes that were unpacked.
    unpacked: u64,
}

impl<'u, 'a, P: S3Api> Reading<'u, 'a, P> {
    /// Begins to read an entry.
    pub(super) fn new(unpacker: &'u mut Unpacker<'a, P>, entry: &'u Entry) -> Self {
        let (end, reach) = unpacker.bounds(entry);
        Self {
            machine: Some(EntryFsm::new(Some(to_library(entry)), None)),
            unpacker,
            entry,
            offset: entry.offset,
            end,
            reach,
            unpacked: 0,
        }
    }

    /// Returns the next bytes: `most` of them unless the entry ends before, and none after its end. If the entry's
    /// bytes are not what the directory declares, a finding says so at the entry's end at the latest.
    pub async fn next(&mut self, most: usize) -> Result<Bytes, Trouble> {
        let mut out = vec![0_u8; most];
        let mut done = 0;
        while done < out.len() {
            let Some(mut machine) = self.machine.take() else { break };
            let fed = self.feed(&mut machine).await?;
            let turn = machine.process(&mut out[done..]);
            match turn.map_err(|error| self.broken(different(&error)))? {
                FsmResult::Done(_) => break,
                FsmResult::Continue((machine, outcome)) => {
                    self.machine = Some(machine);
                    done += outcome.bytes_written;
                    self.unpacked += outcome.bytes_written as u64;
                    self.check(fed || outcome.bytes_read + outcome.bytes_written > 0)?;
                }
            }
        }
        out.truncate(done);
        Ok(Bytes::from(out))
    }

    /// Hands on the bytes that are left, so many at a time.
    pub async fn each(mut self, at_a_time: usize, mut take: impl FnMut(&[u8])) -> Result<(), Trouble> {
        loop {
            let piece = self.next(at_a_time).await?;
            if piece.is_empty() {
                return Ok(());
            }
            take(&piece);
        }
    }

    /// Gives the machine packed bytes if it wants some and there are any. Returns whether it did.
    async fn feed(&mut self, machine: &mut EntryFsm) -> Result<bool, Trouble> {
        if !machine.wants_read() || self.offset >= self.end {
            return Ok(false);
        }
        let reach = self.reach.max(self.end);
        let available = self.unpacker.packed(self.offset, reach).await?;
        let inside = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let space = machine.space();
        let count = space.len().min(available.len()).min(inside);
        space[..count].copy_from_slice(&available[..count]);
        machine.fill(count);
        self.offset += count as u64;
        Ok(count > 0)
    }

    fn check(&self, moved: bool) -> Result<(), Trouble> {
        let declared = self.entry.bytes;
        if self.unpacked > declared {
            let reason = format!("it is larger than the {} declared", count(declared, "byte"));
            return Err(self.broken(reason));
        }
        if !moved {
            return Err(self.broken("its bytes end too early".to_owned()));
        }
        Ok(())
    }

    fn broken(&self, reason: String) -> Trouble {
        bad_archive(self.unpacker.archive(), &self.entry.name, reason).into()
    }
}

fn different(error: &rc_zip::Error) -> String {
    format!("its bytes are not what the directory declares: {error}")
}

/// The most bytes that one call fetches.
pub(super) const WIDTH: u64 = 8 * 1024 * 1024;

/// A piece of an object that moves along while it is read.
pub(super) struct ObjectWindow<'a, P> {
    objects: &'a P,
    object: ObjectId,
    start: u64,
    bytes: Bytes,
}

impl<'a, P: S3Api> ObjectWindow<'a, P> {
    pub(super) fn new(objects: &'a P, object: ObjectId) -> Self {
        Self { objects, object, start: 0, bytes: Bytes::new() }
    }

    /// Returns the bytes from `offset` on, at least one. If they are not here yet, it fetches up to `until`.
    pub(super) async fn at(&mut self, offset: u64, until: u64) -> Result<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || offset >= end {
            let length = until.saturating_sub(offset).clamp(1, WIDTH);
            self.bytes = self.objects.get_range(&self.object, offset, length).await?;
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        match self.bytes.get(from..) {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(Fault::internal(format!("S3 answered no bytes of {} at {offset}", self.object.key))),
        }
    }
}
