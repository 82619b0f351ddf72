//! Checks the names, the packing and the permissions in the zip of a function, by its directory.
//!
//! A row refuses a zip only where the format or Lambda's own pages rule it out, or where calls were seen to fail.
//! Everything else is a warning: nobody outside of AWS knows how Lambda unpacks it. A link by itself is neither: Lambda
//! keeps it (github.com/pnpm/pnpm/issues/6259). The format is PKWARE's APPNOTE.TXT.

use crate::kinds::archive::{Coding, Entry, bad_archive, overlaps};
use std::collections::BTreeSet;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};

/// The place in which Lambda unpacks a zip (AWS Lambda Developer Guide, "Working with Lambda environment variables",
/// `LAMBDA_TASK_ROOT`).
pub(super) const ROOT: &str = "/var/task/";

/// The findings on the zip of a function.
#[derive(Debug, Default)]
pub(super) struct FileFindings {
    /// The findings on what cannot run, or may not be in it.
    pub refused: Vec<Finding>,
    /// The warnings, which stop nothing.
    pub warnings: Vec<Finding>,
}

impl FileFindings {
    /// Adds a finding, which stops the release only if it is sure.
    pub(super) fn add(&mut self, is_sure: bool, finding: Finding) {
        let list = if is_sure { &mut self.refused } else { &mut self.warnings };
        list.push(finding);
    }

    /// Adds the findings of another look.
    pub(super) fn extend(&mut self, other: Self) {
        self.refused.extend(other.refused);
        self.warnings.extend(other.warnings);
    }
}

/// One thing that can be wrong with a file of a zip.
struct Row {
    /// Returns whether a file has it.
    has: fn(&Entry) -> bool,
    /// True if no release with such a file goes.
    is_sure: bool,
    reason: &'static str,
    remedy: &'static str,
}

const PLAIN: &str = "build the archive again, with plain files and relative paths";

/// All that can be wrong with one file.
const ROWS: [Row; 9] = [
    // "All slashes MUST be forward slashes" (APPNOTE 4.4.17.1). Lambda keeps the backslash in the file's name, and the
    // runtime finds no module in the folder (github.com/aws/aws-cli/issues/8501).
    Row {
        has: |file| file.name.contains('\\'),
        is_sure: true,
        reason: "its name has a backslash, which Lambda takes for a letter: the file lies in no folder",
        remedy: "pack the files by a program that writes `/` between folders; a folder that is released as it is is packed so",
    },
    // "The path stored MUST NOT contain a drive or device letter, or a leading slash" (APPNOTE 4.4.17.1).
    // Programs that unpack leave the slash out.
    Row {
        has: |file| file.name.starts_with('/') || file.name.get(1..3) == Some(":/"),
        is_sure: false,
        reason: "its name is an absolute path, which Lambda may not unpack where you want it",
        remedy: PLAIN,
    },
    Row {
        has: |file| file.name.split('/').any(|part| part == ".."),
        is_sure: false,
        reason: "its name leads out of the package (`..`), where Lambda may not unpack it",
        remedy: PLAIN,
    },
    Row {
        has: |file| has_odd_name(&file.name),
        is_sure: false,
        reason: "its name has an empty part, `.`, control characters or bytes that are not UTF-8: Lambda may read it \
                 otherwise",
        remedy: PLAIN,
    },
    // No file system of Linux has longer names (`NAME_MAX` in limits.h). Info-ZIP's unzip cuts them.
    Row {
        has: |file| file.name.split('/').any(|part| part.len() > 255),
        is_sure: false,
        reason: "a part of its name has more than 255 bytes, which no file of Linux may have: Lambda may cut it",
        remedy: "give the file or the folder a shorter name",
    },
    // UpdateFunctionCode takes no password (AWS Lambda API Reference). Bits 0, 6 and 13 are APPNOTE 4.4.4.
    Row {
        has: |file| file.encrypted,
        is_sure: true,
        reason: "it is encrypted, and Lambda takes no password",
        remedy: "pack the files without a password; a customer's key of the function encrypts what Lambda keeps",
    },
    // APPNOTE 4.4.5 lists the methods. Lambda's pages name none.
    Row {
        has: |file| matches!(file.coding, Coding::Other(_)),
        is_sure: false,
        reason: "it is packed by a rare method, which Lambda may not unpack",
        remedy: "pack the files with deflate, as programs do by default",
    },
    Row {
        has: |file| file.coding == Coding::Stored && !file.encrypted && file.packed != file.bytes,
        is_sure: false,
        reason: "it is not packed, and its two sizes differ: the archive may be damaged",
        remedy: "build the archive again",
    },
    Row {
        has: |file| file.special.is_some() && !file.is_link(),
        is_sure: false,
        reason: "it is a device, a pipe or a socket, and no file",
        remedy: PLAIN,
    },
];

/// Returns whether a name has something that programs read in several ways.
fn has_odd_name(name: &str) -> bool {
    let is_absolute = name.starts_with('/');
    let has_empty = !is_absolute && name.split('/').any(|part| part.is_empty() || part == ".");
    has_empty || name.chars().any(char::is_control) || name.contains('\u{fffd}')
}

/// Checks a zip of `size` bytes by its files alone, whatever function takes it.
pub(super) fn check_entries(archive: &str, entries: &[Entry], size: u64) -> FileFindings {
    let mut findings = FileFindings::default();
    let files = || entries.iter().filter(|entry| !entry.folder);
    for row in &ROWS {
        if let Some(finding) = finding_on(archive, (row.reason, row.remedy), files().filter(|file| (row.has)(file))) {
            findings.add(row.is_sure, finding);
        }
    }
    // A jar has the same text of a license several times, and runs.
    let mut names = BTreeSet::new();
    let again = files().filter(|file| !names.insert(file.name.as_str()));
    let words = ("the archive names it more than once, and Lambda may take either", "build the archive again");
    findings.warnings.extend(finding_on(archive, words, again));
    // Info-ZIP's unzip leaves out what lies below such a file ("exists but is not directory").
    let folders: BTreeSet<&str> = entries.iter().flat_map(|entry| folders_of(&entry.name)).collect();
    let both = files().filter(|file| folders.contains(file.name.as_str()));
    let words =
        ("the archive names it as a file and as a folder, and Lambda may unpack only one", "build the archive again");
    findings.warnings.extend(finding_on(archive, words, both));
    let lies_over = overlaps(entries, size).next();
    findings.warnings.extend(lies_over.map(|(name, reason)| bad_archive(archive, name, reason)));
    let words = (
        "its permissions shut Lambda out, which needs 644 for a file and 755 for a folder or a program",
        "pack it with permissions by which everybody reads it (`chmod -R a+rX`)",
    );
    findings.warnings.extend(finding_on(archive, words, entries.iter().filter(|entry| is_shut(entry))));
    findings
}

/// Returns the folders in which an entry lies, and its own path if it is a folder.
pub(super) fn folders_of(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(move |(at, _)| name.split_at(at).0)
}

/// Returns whether Lambda may not read it: "In Linux permissions octal notation, Lambda needs 644 permissions for
/// non-executable files (rw-r--r--) and 755 permissions (rwxr-xr-x) for directories and executable files" (AWS Lambda
/// Developer Guide, "Deploying Lambda functions", "Deployment package file permissions"). A file that no code reads
/// does no harm, so that only the handler's is refused.
fn is_shut(entry: &Entry) -> bool {
    let needed = if entry.folder { 0o005 } else { 0o004 };
    !entry.allows(needed)
}

/// Returns one finding on all entries that have the same; `None` without any.
pub(super) fn finding_on<'e>(
    archive: &str,
    (reason, remedy): (&str, &str),
    mut found: impl Iterator<Item = &'e Entry>,
) -> Option<Finding> {
    let first = found.next()?;
    let more = found.count();
    let also = match more {
        0 => String::new(),
        _ => format!("; so {} {}", agree(more, "is", "are"), count(more, "more entry")),
    };
    let path = format!("{archive}: {}", first.name);
    Some(Finding::new(FindingName::BadArchive, path, format!("{reason}{also}"), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        let permissions = if name.ends_with('/') { 0o755 } else { 0o644 };
        Entry { permissions: Some(permissions), ..Entry::plain(name) }
    }

    fn with(permissions: u32, name: &str) -> Entry {
        Entry { permissions: Some(permissions), ..entry(name) }
    }

    /// The names of the entries that are refused, and of those that are warned of.
    fn checked(entries: &[Entry]) -> (Vec<String>, Vec<String>) {
        let names = |findings: Vec<Finding>| -> Vec<String> {
            findings.into_iter().map(|one| one.path.replace("api.zip: ", "")).collect()
        };
        let mut entries = entries.to_vec();
        for (number, entry) in (0_u64..).zip(&mut entries) {
            entry.offset = number * 1000;
        }
        let checked = check_entries("api.zip", &entries, 1_000_000);
        (names(checked.refused), names(checked.warnings))
    }

    #[test]
    fn what_cannot_run_is_refused_and_what_nobody_knows_is_a_warning() {
        let packed = Entry { coding: Coding::Other("Zstd".into()), ..entry("a.py") };
        let longer = Entry { bytes: 9, ..entry("a.py") };
        let deflated = Entry { coding: Coding::Deflated, ..longer.clone() };
        let special = |kind| Entry { special: Some(kind), ..entry("a.py") };
        let unknown = Entry { permissions: None, ..entry("a.py") };
        // An entry, and whether it is refused, and whether it is warned of.
        let table = [
            (entry("lib\\helper.py"), true, false),
            (entry("/index.py"), false, true),
            (entry("C:/index.py"), false, true),
            (Entry { encrypted: true, ..longer.clone() }, true, false),
            (entry("../a.py"), false, true),
            (entry("lib/../../a.py"), false, true),
            (entry("lib//a.py"), false, true),
            (entry("lib/./a.py"), false, true),
            (entry("a\u{7}.py"), false, true),
            (entry("a\u{fffd}.py"), false, true),
            (entry(&format!("lib/{}/a.py", "ü".repeat(128))), false, true),
            (entry(&"a".repeat(256)), false, true),
            (entry("index.py/a"), false, true),
            (entry("index.py/"), false, true),
            (packed, false, true),
            (longer, false, true),
            (special("a device"), false, true),
            (special("a pipe"), false, true),
            (special("a socket"), false, true),
            (with(0o600, "a.py"), false, true),
            (with(0o640, "a.py"), false, true),
            (with(0o700, "lib/"), false, true),
            (with(0o744, "lib/"), false, true),
            // What runs.
            (deflated, false, false),
            (special("a symbolic link"), false, false),
            (unknown, false, false),
            (with(0o444, "a.py"), false, false),
            (with(0o755, "a.py"), false, false),
            (entry("lib/"), false, false),
            (entry("a:b.py"), false, false),
            (entry(&"a".repeat(255)), false, false),
            (entry("index.pyc/a"), false, false),
            (entry("..a/b..c/.d"), false, false),
            (entry("ä b/ñ.py"), false, false),
        ];
        for (one, is_refused, is_warned) in table {
            let (refused, warned) = checked(&[entry("index.py"), one.clone()]);
            assert_eq!((refused.len(), warned.len()), (usize::from(is_refused), usize::from(is_warned)), "{one:?}");
        }
    }

    #[test]
    fn one_finding_stands_for_all_that_have_the_same() {
        let (refused, warned) = checked(&[entry("a\\b"), entry("c\\d"), with(0o600, "e"), with(0o600, "f")]);
        assert_eq!((refused, warned), (vec!["a\\b".to_owned()], vec!["e".to_owned()]));
    }

    #[test]
    fn files_of_one_name_and_bytes_that_overlap_are_warnings() {
        assert_eq!(checked(&[entry("a"), entry("a"), entry("b/"), entry("b/")]), (vec![], vec!["a".to_owned()]));
        let over = [entry("a"), Entry { offset: 20, ..entry("b") }];
        let checked = check_entries("api.zip", &over, 1000);
        assert_eq!((checked.refused.len(), checked.warnings.len()), (0, 1));
    }
}
