//! Reads the central directory of a zip, entry by entry: by ranges from S3, or from an archive in memory. The
//! directory's values are not checked here.

use crate::ports::{ObjectId, S3Api};
use crate::trouble::Trouble;
use bytes::Bytes;
use rc_zip::fsm::{ArchiveFsm, FsmResult};
use rc_zip::parse::{Archive, Method, Mode};
use windlass_domain::text::count::count;
use windlass_domain::text::finding::{Finding, FindingName};

/// The largest central directory that is read, in bytes. It has room for 200,000 names of 280 characters.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The number of bytes that one call fetches.
const PIECE: u64 = 1024 * 1024;

/// Reads the central directory of an archive of `size` bytes, unchecked.
pub async fn read_directory(objects: &impl S3Api, archive: &ObjectId, size: u64) -> Result<Vec<Entry>, Trouble> {
    let mut reading = Reading::begin(&archive.key, size)?;
    let mut piece = (0_u64, Bytes::new());
    let mut fetched = 0_u64;
    loop {
        if let Some(offset) = reading.wants() {
            let inside = offset >= piece.0 && offset < piece.0 + piece.1.len() as u64;
            if !inside {
                if offset >= size || fetched > LONGEST {
                    return Err(reading.cut_off().into());
                }
                piece = (offset, objects.get_range(archive, offset, PIECE).await?);
                fetched += piece.1.len() as u64;
            }
            let from = usize::try_from(offset - piece.0).unwrap_or(usize::MAX);
            reading.feed(piece.1.get(from..).unwrap_or_default())?;
        }
        if let Some(entries) = reading.turn()? {
            return Ok(entries);
        }
    }
}

/// Reads the central directory, unchecked, of an archive that is in memory. Findings call it `archive`.
///
/// # Errors
/// A finding if it is no zip archive.
pub fn directory(archive: &str, bytes: &[u8]) -> Result<Vec<Entry>, Finding> {
    let mut reading = Reading::begin(archive, bytes.len() as u64)?;
    let mut fed = 0_u64;
    loop {
        if let Some(offset) = reading.wants() {
            let from = usize::try_from(offset).unwrap_or(usize::MAX);
            let available = bytes.get(from..).unwrap_or_default();
            if available.is_empty() || fed > LONGEST {
                return Err(reading.cut_off());
            }
            fed += reading.feed(available)?;
        }
        if let Some(entries) = reading.turn()? {
            return Ok(entries);
        }
    }
}

/// A directory that is being read.
struct Reading<'a> {
    archive: &'a str,
    /// `None` once the directory was read to its end, or could not be read.
    machine: Option<ArchiveFsm>,
}

impl<'a> Reading<'a> {
    fn begin(archive: &'a str, size: u64) -> Result<Self, Finding> {
        if size < 22 {
            let reason = format!("it has {}, which is no zip archive", count(size, "byte"));
            return Err(bad_archive(archive, "the archive", reason));
        }
        Ok(Self { archive, machine: Some(ArchiveFsm::new(size)) })
    }

    /// The offset of the bytes that it needs next, if it needs any.
    fn wants(&self) -> Option<u64> {
        self.machine.as_ref()?.wants_read()
    }

    /// Gives it bytes, and returns how many it took.
    fn feed(&mut self, available: &[u8]) -> Result<u64, Finding> {
        let Some(machine) = &mut self.machine else { return Ok(0) };
        let space = machine.space();
        let count = space.len().min(available.len());
        if count == 0 {
            return Err(self.broken("its directory cannot be read".to_owned()));
        }
        space[..count].copy_from_slice(&available[..count]);
        machine.fill(count);
        Ok(count as u64)
    }

    /// Goes on, and returns the entries at the end of the directory.
    fn turn(&mut self) -> Result<Option<Vec<Entry>>, Finding> {
        let Some(machine) = self.machine.take() else { return Err(self.cut_off()) };
        let turned = machine.process();
        let no_zip = |_| self.broken("it is no zip archive, or it is broken".to_owned());
        match turned.map_err(no_zip)? {
            FsmResult::Continue(machine) => {
                self.machine = Some(machine);
                Ok(None)
            }
            FsmResult::Done(read) => Ok(Some(entries(&read))),
        }
    }

    fn cut_off(&self) -> Finding {
        self.broken("its directory is cut off, or larger than 64 MiB".to_owned())
    }

    fn broken(&self, reason: String) -> Finding {
        bad_archive(self.archive, "the archive", reason)
    }
}

fn entries(archive: &Archive) -> Vec<Entry> {
    // `./` by itself is the folder that was packed.
    archive.entries().map(entry).filter(|entry| !(entry.folder && entry.name.is_empty())).collect()
}

fn entry(found: &rc_zip::parse::Entry) -> Entry {
    // Bits 0 and 6: encrypted; bit 13: the directory's values are masked (APPNOTE 4.4.4).
    const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    Entry {
        name: found.name.trim_start_matches("./").to_owned(),
        offset: found.header_offset,
        packed: found.compressed_size,
        bytes: found.uncompressed_size,
        crc32: found.crc32,
        coding: match found.method {
            Method::Store => Coding::Stored,
            Method::Deflate => Coding::Deflated,
            other => Coding::Other(format!("{other:?}")),
        },
        encrypted: found.flags & ENCRYPTED != 0,
        folder: found.mode.has(Mode::DIR),
        special: special(found.mode),
        permissions: permissions(found.mode),
        stays: false,
    }
}

/// The name of an entry that is a link.
const LINK: &str = "a symbolic link";

fn special(mode: Mode) -> Option<&'static str> {
    let kinds =
        [(Mode::SYMLINK, LINK), (Mode::DEVICE, "a device"), (Mode::NAMED_PIPE, "a pipe"), (Mode::SOCKET, "a socket")];
    kinds.into_iter().find(|(kind, _)| mode.has(*kind)).map(|(_, name)| name)
}

/// Returns the permissions that Unix would have recorded. 666 and 222 are what the reader makes of the attributes of
/// MS-DOS, which know no programs and shut nobody out; 0 are attributes that nobody has set.
fn permissions(mode: Mode) -> Option<u32> {
    let bits = mode.0 & 0o777;
    (!matches!(bits, 0 | 0o222 | 0o666)).then_some(bits)
}

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
    /// Its name, which is its path in the site or in the package. A leading `./`, which bsdtar and others write, is
    /// left out: both name the same file.
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
    /// The permissions that the packer recorded, as Unix has them, such as `0o644`; `None` if nobody can say them
    /// (APPNOTE 4.4.2 and 4.4.15: the attributes mean what the system means by them that packed).
    pub permissions: Option<u32>,
    /// True if it is not published, by the rules for the files of a folder. The directory does not declare that.
    pub stays: bool,
}

impl Entry {
    /// Returns a file of seven bytes, or a folder, with no permissions recorded.
    #[cfg(test)]
    pub(crate) fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            offset: 0,
            packed: 7,
            bytes: 7,
            crc32: 1,
            coding: Coding::Stored,
            encrypted: false,
            folder: name.ends_with('/'),
            special: None,
            permissions: None,
            stays: false,
        }
    }

    /// Returns whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.special == Some(LINK)
    }

    /// Returns whether everybody has these permissions on it, as far as they are recorded.
    pub fn allows(&self, needed: u32) -> bool {
        self.permissions.is_none_or(|bits| bits & needed == needed)
    }

    /// The earliest offset at which the entry can end. The local header has 30 bytes and the name again, perhaps more.
    pub fn least_end(&self) -> u64 {
        let name = self.name.len() as u64;
        self.offset.saturating_add(30).saturating_add(name).saturating_add(self.packed)
    }
}

/// A finding on an entry of an archive.
pub fn bad_archive(archive: &str, entry: &str, reason: String) -> Finding {
    Finding::new(
        FindingName::BadArchive,
        format!("{archive}: {entry}"),
        reason,
        "build the archive again, with plain files and relative paths",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rc_zip::parse::{MsdosMode, UnixMode};
    use std::io::{Cursor, Write};

    fn zipped(files: usize) -> Vec<u8> {
        named((0..files).map(|file| format!("{file}.txt")))
    }

    fn named(names: impl IntoIterator<Item = String>) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(name, options).unwrap();
            archive.write_all(b"text").unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn permissions_are_those_of_unix_alone() {
        let table: [(Mode, Option<u32>); 7] = [
            (UnixMode(0o100_644).into(), Some(0o644)),
            (UnixMode(0o100_755).into(), Some(0o755)),
            (UnixMode(0o100_600).into(), Some(0o600)),
            (UnixMode(0o040_700).into(), Some(0o700)),
            (UnixMode(0).into(), None),
            (MsdosMode(0).into(), None),
            (MsdosMode::READ_ONLY.into(), None),
        ];
        for (mode, expected) in table {
            assert_eq!(permissions(mode), expected, "{mode}");
        }
    }

    #[test]
    fn a_leading_dot_is_no_part_of_a_name() {
        let table = [
            ("./index.html", "index.html"),
            ("././a/b.js", "a/b.js"),
            ("a/./b.js", "a/./b.js"),
            // What is refused stays what it is.
            ("./../x", "../x"),
            (".//x", "/x"),
            ("..a", "..a"),
            (".env", ".env"),
        ];
        for (written, expected) in table {
            let read = directory("web.zip", &named([written.to_owned()])).unwrap();
            assert_eq!(read.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), [expected], "{written}");
        }
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.add_directory("./", zip::write::SimpleFileOptions::default()).unwrap();
        let only_the_folder = archive.finish().unwrap().into_inner();
        assert_eq!(directory("web.zip", &only_the_folder), Ok(vec![]));
    }

    #[test]
    fn an_archive_in_memory_is_read_and_anything_else_is_refused() {
        for files in [0, 1, 3000] {
            let read = directory("web.zip", &zipped(files)).map(|entries| entries.len());
            assert_eq!(read, Ok(files));
        }
        let whole = zipped(3000);
        let cut = &whole[..whole.len() - 100];
        let nothing = vec![0; 70_000];
        for bytes in [&b""[..], b"<html>\n", &[7; 100], &nothing, cut] {
            let finding = directory("web=hacked.html", bytes).unwrap_err();
            assert_eq!(finding.path, "web=hacked.html: the archive", "{finding:?}");
        }
    }
}
