//! Looks for private keys in an archive, by what its files begin with.

use super::entry::Entry;
use super::selection::{Selection, refusals};
use super::{Coding, Unpacker, to_library};
use crate::ports::{Clock, ObjectId, Result, S3Api};
use crate::trouble::Trouble;
use rc_zip::fsm::{EntryFsm, FsmResult};
use windlass_domain::finding::Finding;
use windlass_domain::folder::{Fate, FolderRules, LOOKED_AT, Sorting};

/// The time for which `Prepare` looks into files, in milliseconds. What it does not come to is looked at before it is
/// uploaded.
const LOOKS_MS: u64 = 10_000;

/// Looks into the selected files of an archive in S3 that are small enough to be keys. A file whose bytes are broken is
/// found when it is published.
///
/// # Errors
/// A finding for each private key, and for everything else that is refused.
pub async fn without_keys(
    ports: &(impl S3Api + Clock),
    (object, size): (ObjectId, u64),
    mut selection: Selection,
    rules: &FolderRules,
) -> Result<Selection, Trouble> {
    let archive = object.key.clone();
    let mut small: Vec<Entry> = selection.entries.iter().filter(|one| is_small(one)).cloned().collect();
    small.sort_by_key(|entry| entry.offset);
    let mut unpacker = Unpacker::new(ports, object, size, &selection.entries, &small);
    let (began, mut keys) = (ports.now(), Sorting::default());
    for entry in &small {
        if ports.now().ms_since(began) > LOOKS_MS {
            break;
        }
        match unpacker.unpack(entry).await {
            Ok(bytes) => note(entry, &bytes, &mut keys, &mut selection.sorting, rules),
            Err(Trouble::Findings(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let keys = refusals(&archive, &keys, rules);
    selection.accepted(keys).map_err(Trouble::Findings)
}

/// Looks into the selected files of an archive in memory, whatever their size.
///
/// # Errors
/// As [`without_keys`].
pub fn without_keys_in(
    archive: &str,
    bytes: &[u8],
    mut selection: Selection,
    rules: &FolderRules,
) -> Result<Selection, Vec<Finding>> {
    let mut keys = Sorting::default();
    for entry in selection.entries.iter().filter(|entry| !entry.folder) {
        let begin = begin_of(entry, bytes);
        note(entry, &begin, &mut keys, &mut selection.sorting, rules);
    }
    let keys = refusals(archive, &keys, rules);
    selection.accepted(keys)
}

fn is_small(entry: &Entry) -> bool {
    !entry.folder && (1..=LOOKED_AT as u64).contains(&entry.bytes)
}

fn note(entry: &Entry, bytes: &[u8], keys: &mut Sorting, sorting: &mut Sorting, rules: &FolderRules) {
    match rules.fate_by_content(&entry.name, bytes) {
        Fate::Published(pattern) => sorting.publish(pattern),
        Fate::Goes => {}
        fate => keys.add(fate),
    }
}

/// Returns the first bytes of an entry; fewer where they cannot be unpacked, which others find.
fn begin_of(entry: &Entry, archive: &[u8]) -> Vec<u8> {
    let mut begin = vec![0; LOOKED_AT];
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
