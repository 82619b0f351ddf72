use super::entry::Entry;
use super::reading::Reading;
use super::window::{WIDTH, Window};
use crate::kinds::site::trouble::Trouble;
use crate::ports::{Answered, ObjectId, Objects};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Entries that lie closer together than this are fetched together: so much arrives in the time that
/// another request takes.
const GAP: u64 = 1024 * 1024;

/// Reads entries of an archive, in the order in which they lie there.
pub struct Unpacker<'a, P> {
    window: Window<'a, P>,
    archive: String,
    /// Where each entry ends at the latest, by where it begins.
    ends: BTreeMap<u64, u64>,
    /// How far to fetch, by where an entry begins: close wanted entries together.
    reach: BTreeMap<u64, u64>,
}

impl<'a, P: Objects> Unpacker<'a, P> {
    /// A reader for an archive of `size` bytes with these entries, of which `wanted` will be read.
    pub fn new(
        objects: &'a P,
        archive: ObjectId,
        size: u64,
        entries: &[Entry],
        wanted: &[Entry],
    ) -> Self {
        let mut offsets: Vec<u64> = entries.iter().map(|entry| entry.offset).collect();
        offsets.sort_unstable();
        let nexts = offsets.iter().skip(1).copied().chain([size]);
        let ends: BTreeMap<u64, u64> = offsets.iter().copied().zip(nexts).collect();
        let reach = reach(&ends, wanted);
        Self {
            archive: archive.key.clone(),
            window: Window::new(objects, archive),
            ends,
            reach,
        }
    }

    /// Unpacks a whole entry. An entry whose bytes are not what the directory declares is a finding.
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

    /// Where an entry ends at the latest, and how far to fetch.
    pub(super) fn bounds(&self, entry: &Entry) -> (u64, u64) {
        let end = self.ends.get(&entry.offset).copied();
        let end = end.unwrap_or(entry.offset);
        let reach = self.reach.get(&entry.offset).copied();
        (end, reach.unwrap_or(end))
    }

    /// Packed bytes from `offset` on, at least one.
    pub(super) async fn packed(&mut self, offset: u64, until: u64) -> Answered<&[u8]> {
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

pub(super) fn to_library(entry: &Entry) -> rc_zip::parse::Entry {
    use rc_zip::chrono::DateTime;
    use rc_zip::parse::{HostSystem, Method, Mode, Version};
    rc_zip::parse::Entry {
        name: entry.name.clone(),
        method: match entry.coding {
            super::Coding::Stored => Method::Store,
            _ => Method::Deflate,
        },
        comment: String::new(),
        modified: DateTime::UNIX_EPOCH,
        created: None,
        accessed: None,
        header_offset: entry.offset,
        reader_version: Version {
            host_system: HostSystem::MsDos,
            version: 20,
        },
        flags: 0,
        uid: None,
        gid: None,
        crc32: entry.crc32,
        compressed_size: entry.packed,
        uncompressed_size: entry.bytes,
        mode: Mode(0),
    }
}
