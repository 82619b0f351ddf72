//! Unpacks an entry of an archive whose bytes are all in memory. What reads an archive by ranges hands its entries to
//! the library in the same way.

use crate::kinds::archive::directory::{Coding, Entry};
use rc_zip::fsm::{EntryFsm, FsmResult};

/// Returns an entry as the library takes it.
pub(super) fn to_library(entry: &Entry) -> rc_zip::parse::Entry {
    use rc_zip::chrono::DateTime;
    use rc_zip::parse::{HostSystem, Method, Mode, Version};
    rc_zip::parse::Entry {
        name: entry.name.clone(),
        method: match entry.coding {
            Coding::Stored => Method::Store,
            _ => Method::Deflate,
        },
        comment: String::new(),
        modified: DateTime::UNIX_EPOCH,
        created: None,
        accessed: None,
        header_offset: entry.offset,
        reader_version: Version { host_system: HostSystem::MsDos, version: 20 },
        flags: 0,
        uid: None,
        gid: None,
        crc32: entry.crc32,
        compressed_size: entry.packed,
        uncompressed_size: entry.bytes,
        mode: Mode(0),
    }
}

/// Unpacks an entry of an archive in memory: `most` of its bytes, and fewer where they cannot be unpacked.
pub fn unpacked(entry: &Entry, archive: &[u8], most: usize) -> Vec<u8> {
    let mut begin = vec![0; most];
    let offset = usize::try_from(entry.offset).unwrap_or(usize::MAX);
    let mut packed = archive.get(offset..).unwrap_or_default();
    let is_known = matches!(entry.coding, Coding::Stored | Coding::Deflated);
    let mut machine = is_known.then(|| EntryFsm::new(Some(to_library(entry)), None));
    let mut done = 0;
    while let Some(mut one) = machine.take().filter(|_| done < begin.len()) {
        let mut fed = 0;
        if one.wants_read() {
            let space = one.space();
            fed = space.len().min(packed.len());
            space[..fed].copy_from_slice(&packed[..fed]);
            one.fill(fed);
            packed = &packed[fed..];
        }
        if let Ok(FsmResult::Continue((next, outcome))) = one.process(&mut begin[done..]) {
            done += outcome.bytes_written;
            let has_moved = fed + outcome.bytes_read + outcome.bytes_written > 0;
            machine = has_moved.then_some(next);
        }
    }
    begin.truncate(done);
    begin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_unpacked_has_no_bytes() {
        let strange = Entry { coding: Coding::Other("Lzma".into()), ..Entry::plain("a") };
        let beyond = Entry { offset: 900, ..Entry::plain("a") };
        for entry in [strange, beyond] {
            assert_eq!(unpacked(&entry, b"no archive at all", 10), Vec::<u8>::new(), "{entry:?}");
        }
    }
}
