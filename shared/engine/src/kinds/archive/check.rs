use crate::kinds::archive::directory::{Coding, Entry, bad_archive};
use std::collections::BTreeMap;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::Finding;

/// The limits of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of files and folders.
    pub entries: usize,
    /// The bytes of one file. An undo copies files, and S3 copies at most 5 GB in one call (Amazon S3 API Reference,
    /// CopyObject).
    pub file: u64,
    /// The bytes of all files.
    pub total: u64,
    /// The most by which a file of more than [`Limits::harmless`] bytes may grow when it is unpacked, as a ratio.
    pub ratio: u64,
    /// The bytes up to which the ratio of a file does not matter.
    pub harmless: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 200_000,
            file: 5_000_000_000,
            total: 16 * 1024 * 1024 * 1024,
            ratio: 200,
            harmless: 8 * 1024 * 1024,
        }
    }
}

/// The most findings that are listed one by one. A record in the ledger is limited.
const LISTED: usize = 50;

/// Checks what an archive's directory declares, and returns everything that is wrong with it. `room` is the number of
/// bytes that a path may have: a key in S3 has at most 1024 (Amazon S3 User Guide, "Naming objects").
pub fn check(archive: &str, entries: &[Entry], size: u64, room: usize, limits: &Limits) -> Vec<Finding> {
    let found = |name: &str, reason: String| bad_archive(archive, name, reason);
    let mut findings = Vec::new();
    for entry in entries {
        let reasons = [name_fault(&entry.name, room), kind_fault(entry), size_fault(entry, limits)];
        findings.extend(reasons.into_iter().flatten().map(|reason| found(&entry.name, reason)));
    }
    findings.extend(duplicates(entries).map(|(name, times)| {
        let reason = format!("the archive names it {}", count(times, "time"));
        found(name, reason)
    }));
    findings.extend(overlaps(entries, size).map(|(name, reason)| found(name, reason)));
    findings.extend(whole_fault(entries, limits).map(|reason| found("the archive", reason)));
    shorten(archive, findings)
}

pub(super) fn shorten(archive: &str, mut findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() > LISTED {
        let more = findings.len() - LISTED;
        findings.truncate(LISTED);
        let reason = format!("{} {} refused", count(more, "more entry"), agree(more, "is", "are"));
        findings.push(bad_archive(archive, "the archive", reason));
    }
    findings
}

fn name_fault(name: &str, room: usize) -> Option<String> {
    let path = name.strip_suffix('/').unwrap_or(name);
    let drive = path.as_bytes().get(1) == Some(&b':');
    let reason = if path.is_empty() {
        "its name is empty"
    } else if path.contains('\\') {
        "its name has a backslash: some programs would read it as a path"
    } else if path.starts_with('/') || drive {
        "its name is an absolute path"
    } else if path.split('/').any(|part| part == "..") {
        "its name leads out of the folder (`..`)"
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        "its name has an empty part or `.`"
    } else if path.chars().any(char::is_control) || path.contains('\u{fffd}') {
        "its name has control characters or is not UTF-8"
    } else if path.len() > room {
        return Some(format!("its name is longer than {}", count(room, "byte")));
    } else {
        return None;
    };
    Some(reason.to_owned())
}

fn kind_fault(entry: &Entry) -> Option<String> {
    // Nobody unpacks it.
    if entry.stays {
        return None;
    }
    if let Some(special) = entry.special {
        return Some(format!("it is {special} and not a file"));
    }
    if entry.encrypted {
        return Some("it is encrypted".to_owned());
    }
    match &entry.coding {
        Coding::Other(name) => Some(format!("it is packed with {name}: use deflate or store")),
        Coding::Stored if entry.packed != entry.bytes => Some(format!(
            "it is stored, but {} {} declared as {}",
            count(entry.packed, "byte"),
            agree(entry.packed, "is", "are"),
            entry.bytes
        )),
        Coding::Stored | Coding::Deflated => None,
    }
}

fn size_fault(entry: &Entry, limits: &Limits) -> Option<String> {
    if entry.folder {
        return (entry.bytes > 0).then(|| "it is a folder with content".to_owned());
    }
    if entry.bytes > limits.file {
        return Some(format!("it has {}, more than the {} of one file", count(entry.bytes, "byte"), limits.file));
    }
    let most = entry.packed.saturating_mul(limits.ratio);
    (entry.bytes > limits.harmless && entry.bytes > most).then(|| {
        format!(
            "{} would become {}, more than {} as many",
            count(entry.packed, "byte"),
            entry.bytes,
            count(limits.ratio, "time")
        )
    })
}

fn duplicates(entries: &[Entry]) -> impl Iterator<Item = (&str, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries {
        let path = entry.name.strip_suffix('/').unwrap_or(&entry.name);
        *counts.entry(path).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1)
}

/// Returns the entries whose bytes lie over others, each with the words for what it overlaps. `size` is that of the
/// archive.
pub fn overlaps(entries: &[Entry], size: u64) -> impl Iterator<Item = (&str, String)> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.offset);
    let nexts: Vec<(u64, String)> = sorted
        .iter()
        .skip(1)
        .map(|next| (next.offset, format!("`{}`", next.name)))
        .chain([(size, "the end of the archive".to_owned())])
        .collect();
    sorted.into_iter().zip(nexts).filter_map(|(entry, next)| {
        let overlaps = entry.least_end() > next.0;
        overlaps.then(|| (entry.name.as_str(), format!("its bytes overlap {}", next.1)))
    })
}

/// Checks only the sizes, for an archive that somebody else unpacks.
pub fn check_whole(archive: &str, entries: &[Entry], limits: &Limits) -> Option<Finding> {
    whole_fault(entries, limits).map(|reason| bad_archive(archive, "the archive", reason))
}

fn whole_fault(entries: &[Entry], limits: &Limits) -> Option<String> {
    let total = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
    if entries.iter().all(|entry| entry.folder) {
        Some("it has no files".to_owned())
    } else if entries.len() > limits.entries {
        Some(format!("it has {}, more than {}", count(entries.len(), "entry"), limits.entries))
    } else if total > limits.total {
        Some(format!("its files have {}, more than {}", count(total, "byte"), limits.total))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, offset: u64) -> Entry {
        Entry { offset, packed: 10, bytes: 10, ..Entry::plain(name) }
    }

    fn reasons(entries: &[Entry], size: u64) -> Vec<String> {
        let limits = Limits { entries: 4, file: 1000, total: 3000, ratio: 20, harmless: 100 };
        check("web.zip", entries, size, 20, &limits)
            .into_iter()
            .map(|finding| format!("{} {}", finding.path, finding.reason.written()))
            .collect()
    }

    #[test]
    fn names_that_could_leave_the_site_are_refused() {
        let table = [
            ("", "its name is empty"),
            ("a\\b", "its name has a backslash: some programs would read it as a path"),
            ("/etc/passwd", "its name is an absolute path"),
            ("C:/x", "its name is an absolute path"),
            ("../x", "its name leads out of the folder (`..`)"),
            ("a/../../x", "its name leads out of the folder (`..`)"),
            ("a//b", "its name has an empty part or `.`"),
            ("./a", "its name has an empty part or `.`"),
            ("a\nb", "its name has control characters or is not UTF-8"),
            ("a\u{fffd}", "its name has control characters or is not UTF-8"),
            ("a-name-that-is-too-long", "its name is longer than 20 bytes"),
        ];
        for (name, reason) in table {
            // A finding is one visible line.
            let said = format!(": {name} {reason}").replace('\n', "⏎").replace(":  ", ": ");
            let found = reasons(&[entry(name, 0)], 1000);
            assert_eq!(found, [format!("web.zip{said}")], "{name:?}");
        }
        for name in ["index.html", "a/b/c.js", "..a", "a..b", ".well-known/x", "ä.html"] {
            assert_eq!(reasons(&[entry(name, 0)], 1000), [""; 0], "{name}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let link = Entry { special: Some("a symbolic link"), ..entry("link", 0) };
        let secret = Entry { encrypted: true, ..entry("secret", 100) };
        let bomb = Entry { packed: 4, bytes: 900, coding: Coding::Deflated, ..entry("bomb", 200) };
        let large = Entry { packed: 500, bytes: 1001, coding: Coding::Deflated, ..entry("large", 300) };
        let squeezed = Entry { coding: Coding::Other("Lzma".into()), ..entry("squeezed", 900) };
        assert_eq!(
            reasons(&[link, secret, bomb, large, squeezed], 2000),
            [
                "web.zip: link it is a symbolic link and not a file",
                "web.zip: secret it is encrypted",
                "web.zip: bomb 4 bytes would become 900, more than 20 times as many",
                "web.zip: large it has 1001 bytes, more than the 1000 of one file",
                "web.zip: squeezed it is packed with Lzma: use deflate or store",
                "web.zip: the archive it has 5 entries, more than 4",
            ]
        );
    }

    #[test]
    fn duplicates_and_overlaps_are_refused() {
        assert_eq!(
            reasons(&[entry("a", 0), entry("a", 100), entry("b", 110)], 1000),
            ["web.zip: a the archive names it 2 times", "web.zip: a its bytes overlap `b`"]
        );
        assert_eq!(reasons(&[entry("a", 0)], 40), ["web.zip: a its bytes overlap the end of the archive"]);
        let liar = Entry { bytes: 5, ..entry("a", 0) };
        assert_eq!(reasons(&[liar], 100), ["web.zip: a it is stored, but 10 bytes are declared as 5"]);
    }

    #[test]
    fn an_archive_without_files_is_refused() {
        let folder = Entry { packed: 0, bytes: 0, ..entry("a/", 0) };
        assert_eq!(reasons(&[folder], 100), ["web.zip: the archive it has no files"]);
    }

    #[test]
    fn a_great_many_findings_are_shortened() {
        let entries: Vec<Entry> = (0..80).map(|i| entry("../x", i * 100)).collect();
        let found = reasons(&entries, 10_000);
        assert_eq!(found.len(), LISTED + 1);
        assert_eq!(found[LISTED], "web.zip: the archive 32 more entries are refused");
    }
}
