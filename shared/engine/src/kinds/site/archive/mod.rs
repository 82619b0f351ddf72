//! A site's zip: its directory is checked before anything is written, its entries are read by
//! ranges, with bounded memory.
//!
//! A single top-level folder is not stripped: the archive's paths are the site's paths. The
//! format is PKWARE's APPNOTE.TXT; `rc-zip` reads it, and what it declares is judged here.

mod check;
mod read;

use super::{Trouble, bad_archive};
use crate::ports::{ObjectId, Objects};
pub use check::{Limits, check};
use rc_zip::fsm::{ArchiveFsm, FsmResult};
use rc_zip::parse::{Archive, Method, Mode};
pub use read::{Reading, Unpacker};

/// How an entry's bytes are packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// Not packed.
    Stored,
    /// Packed with deflate.
    Deflated,
    /// Packed in a way that is not supported, by name.
    Other(String),
}

/// What the central directory declares of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which is its path in the site.
    pub name: String,
    /// Where its local header begins.
    pub offset: u64,
    /// Its packed size.
    pub packed: u64,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32.
    pub crc32: u32,
    /// How it is packed.
    pub coding: Coding,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether it is a folder, which a site does not need.
    pub folder: bool,
    /// What it is if neither file nor folder, such as `a symbolic link`.
    pub special: Option<&'static str>,
}

impl Entry {
    /// The first byte behind it at the earliest: the local header has 30 bytes and the name again,
    /// perhaps more.
    pub fn least_end(&self) -> u64 {
        let name = self.name.len() as u64;
        self.offset
            .saturating_add(30)
            .saturating_add(name)
            .saturating_add(self.packed)
    }
}

/// The largest central directory that is read, in bytes: room for 200,000 names of 280 characters.
const LONGEST_DIRECTORY: u64 = 64 * 1024 * 1024;

/// How much is fetched at once.
const PIECE: u64 = 1024 * 1024;

/// Reads the central directory of an archive of `size` bytes, unchecked.
pub async fn read_directory<P: Objects>(
    objects: &P,
    archive: &ObjectId,
    size: u64,
) -> Result<Vec<Entry>, Trouble> {
    let broken = |reason: String| bad_archive(&archive.key, "the archive", reason);
    if size < 22 {
        let reason = format!("it has {size} bytes, which is no zip archive");
        return Err(broken(reason).into());
    }
    let mut machine = ArchiveFsm::new(size);
    let mut piece = (0_u64, bytes::Bytes::new());
    let mut fetched = 0_u64;
    loop {
        if let Some(offset) = machine.wants_read() {
            let inside = offset >= piece.0 && offset < piece.0 + piece.1.len() as u64;
            if !inside {
                if offset >= size || fetched > LONGEST_DIRECTORY {
                    let reason = "its directory is cut off, or larger than 64 MiB".to_owned();
                    return Err(broken(reason).into());
                }
                piece = (offset, objects.get_range(archive, offset, PIECE).await?);
                fetched += piece.1.len() as u64;
            }
            let from = usize::try_from(offset - piece.0).unwrap_or(usize::MAX);
            let available = piece.1.get(from..).unwrap_or_default();
            let space = machine.space();
            let count = space.len().min(available.len());
            if count == 0 {
                return Err(broken("its directory cannot be read".to_owned()).into());
            }
            space[..count].copy_from_slice(&available[..count]);
            machine.fill(count);
        }
        machine = match machine.process().map_err(|it| broken(it.to_string()))? {
            FsmResult::Continue(machine) => machine,
            FsmResult::Done(read) => return Ok(entries(&read)),
        };
    }
}

fn entries(archive: &Archive) -> Vec<Entry> {
    archive.entries().map(entry).collect()
}

fn entry(found: &rc_zip::parse::Entry) -> Entry {
    // Bits 0 and 6: encrypted; bit 13: the directory's values are masked (APPNOTE 4.4.4).
    const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    Entry {
        name: found.name.clone(),
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
    }
}

fn special(mode: Mode) -> Option<&'static str> {
    let kinds = [
        (Mode::SYMLINK, "a symbolic link"),
        (Mode::DEVICE, "a device"),
        (Mode::NAMED_PIPE, "a pipe"),
        (Mode::SOCKET, "a socket"),
    ];
    kinds
        .into_iter()
        .find(|(kind, _)| mode.has(*kind))
        .map(|(_, name)| name)
}
