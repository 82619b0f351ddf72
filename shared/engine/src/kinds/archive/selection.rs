//! Selects the entries of an archive that are published, by the rules for the files of a folder, and looks for private
//! keys among them.

use super::check::{Limits, check, shorten};
use crate::kinds::archive::Unpacker;
use crate::kinds::archive::directory::{Entry, bad_archive};
use crate::kinds::archive::in_memory::unpacked;
use crate::ports::{Clock, ObjectId, Result, S3Api};
use crate::trouble::Trouble;
use windlass_domain::declaration::folder::{Fate, FolderRules, LOOKED_AT, Sorting};
use windlass_domain::text::finding::{Finding, FindingName};

/// The entries that are published.
#[derive(Debug)]
pub struct Selection {
    /// These entries. Whoever reads them needs no others.
    pub entries: Vec<Entry>,
    /// All files of the archive by their fate.
    pub sorting: Sorting,
    /// The findings on files that are refused.
    refused: Vec<Finding>,
}

impl Selection {
    /// Returns the selection if nothing of the archive is refused, by its name or by what `also` says.
    ///
    /// # Errors
    /// The findings on everything that is refused.
    pub fn accepted(self, also: Vec<Finding>) -> Result<Self, Vec<Finding>> {
        let refused: Vec<Finding> = self.refused.iter().cloned().chain(also).collect();
        if refused.is_empty() { Ok(self) } else { Err(refused) }
    }
}

/// Checks what an archive's directory declares, and selects what is published of it. `room` is the number of bytes that
/// a path may have. What is refused is not selected; [`Selection::accepted`] reports it.
///
/// # Errors
/// Everything that is wrong with the archive, also that nothing is left to be published.
pub fn select(
    archive: &str,
    mut entries: Vec<Entry>,
    size: u64,
    room: usize,
    rules: &FolderRules,
) -> Result<Selection, Vec<Finding>> {
    let sorting = sort(&mut entries, rules);
    let mut findings = check(archive, &entries, size, room, &Limits::default());
    if let (true, Some(files)) = (sorting.is_all_left_out(), sorting.left_out_in_words()) {
        findings.push(nothing_left(archive, &files));
    }
    let refused = refusals(archive, &sorting, rules);
    if !findings.is_empty() {
        findings.extend(refused);
        return Err(findings);
    }
    entries.retain(|entry| !entry.stays);
    Ok(Selection { entries, sorting, refused })
}

/// Marks the files that are not published, and returns all by their fate.
pub fn sort(entries: &mut [Entry], rules: &FolderRules) -> Sorting {
    let mut sorting = Sorting::default();
    for entry in entries.iter_mut().filter(|entry| !entry.folder) {
        let fate = rules.fate(&entry.name);
        entry.stays = !fate.goes();
        sorting.add(fate);
    }
    sorting
}

/// Returns a finding for each file that is refused.
pub fn refusals(archive: &str, sorting: &Sorting, rules: &FolderRules) -> Vec<Finding> {
    shorten(archive, sorting.refusals(archive, rules))
}

fn nothing_left(archive: &str, files: &str) -> Finding {
    Finding {
        remedy: "take patterns out of `exclude` of the component, or pack its files".into(),
        ..bad_archive(archive, "the archive", format!("nothing of it is published, because all is left out: {files}"))
    }
}

/// The finding for an archive that is taken whole, with files that `exclude` names; `None` without such.
pub fn not_taken_out(archive: &str, sorting: &Sorting) -> Option<Finding> {
    let files = sorting.left_out_in_words()?;
    Some(Finding::new(
        FindingName::BadArchive,
        archive,
        format!("`exclude` of the component leaves out {files}, and Lambda takes the archive whole, with them"),
        "pack it without them, as a folder is packed that the command line releases",
    ))
}

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
        // Fewer where they cannot be unpacked, which others find.
        let begin = unpacked(entry, bytes, LOOKED_AT);
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
