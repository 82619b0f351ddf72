//! An entry of a site's archive, as the central directory declares it, and the finding on one.

use windlass_domain::finding::{Finding, FindingName};

/// The method by which an entry's bytes are packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// Not packed.
    Stored,
    /// Packed with deflate.
    Deflated,
    /// Packed by a method that is not supported, with its name.
    Other(String),
}

/// An entry, as the central directory declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which is its path in the site.
    pub name: String,
    /// The offset at which its local header begins.
    pub offset: u64,
    /// Its packed size.
    pub packed: u64,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32.
    pub crc32: u32,
    /// The method by which it is packed.
    pub coding: Coding,
    /// True if it is encrypted.
    pub encrypted: bool,
    /// True if it is a folder. A site needs no folders.
    pub folder: bool,
    /// The name of another kind of entry, neither file nor folder, such as `a symbolic link`.
    pub special: Option<&'static str>,
    /// True if it is not published, by the rules for the files of a folder. The directory does not declare that.
    pub stays: bool,
}

impl Entry {
    /// The earliest offset at which the entry can end. The local header has 30 bytes and the name again, perhaps more.
    pub fn least_end(&self) -> u64 {
        let name = self.name.len() as u64;
        self.offset.saturating_add(30).saturating_add(name).saturating_add(self.packed)
    }
}

/// The end of a remedy for bytes of a release. The version is free until the release is recorded, and not any more
/// then.
pub const NEW_VERSION: &str =
    "a release that is recorded keeps its version and its bytes, so release the new ones under a new version";

/// Takes [`NEW_VERSION`] out of the remedy for bytes that are in no release yet: their version is free.
pub fn unreleased(finding: Finding) -> Finding {
    let remedy = finding.remedy.replace(&format!("; {NEW_VERSION}"), "");
    Finding { remedy, ..finding }
}

/// A finding on an entry of an archive.
pub fn bad_archive(archive: &str, entry: &str, reason: String) -> Finding {
    Finding::new(
        FindingName::BadArchive,
        format!("{archive}: {entry}"),
        reason,
        format!("build the archive again, with plain files and relative paths; {NEW_VERSION}"),
    )
}
