//! Selects the entries of an archive that are published, by the rules for the files of a folder.

use super::check::{Limits, check, shorten};
use super::entry::{Entry, NEW_VERSION, bad_archive};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::folder::{FolderRules, Sorting};

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
/// a path may have. What is refused is not selected; [`Selection::accepted`] tells of it.
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
    let refused = sorting.refusals(archive, rules).into_iter();
    let refused = refused.map(|finding| Finding {
        remedy: format!("{}; {NEW_VERSION}", finding.remedy.trim_end_matches('.')),
        ..finding
    });
    shorten(archive, refused.collect())
}

fn nothing_left(archive: &str, files: &str) -> Finding {
    Finding {
        remedy: format!("take patterns out of `exclude` of the component, or pack its files; {NEW_VERSION}"),
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
        format!("pack it without them, as a folder is packed that the command line releases; {NEW_VERSION}"),
    ))
}
