//! Archives as build tools write them, and as nobody should.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Makes an archive with these files, packed with deflate.
pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let files = files.iter().map(|(name, text)| (*name, text.as_bytes()));
    write(files, packed)
}

/// Makes an archive with these files, not packed.
pub fn stored(files: &[(&str, &[u8])]) -> Vec<u8> {
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    write(files.iter().map(|(name, bytes)| (*name, *bytes)), plain)
}

fn write<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>, options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Makes an archive with a symbolic link.
pub fn with_link() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_symlink("link", "/etc/passwd", options).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Returns the archive with every `from` replaced by `to` of the same length: in local headers, in the directory and in
/// stored content. No checksum is made new.
pub fn replaced(mut archive: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while at + from.len() <= archive.len() {
        if archive[at..].starts_with(from) {
            archive[at..at + to.len()].copy_from_slice(to);
        }
        at += 1;
    }
    archive
}

/// Returns the offsets in which the directory's records begin.
pub fn directory_records(archive: &[u8]) -> Vec<usize> {
    let starts = 0..archive.len().saturating_sub(4);
    starts.filter(|at| archive[*at..].starts_with(b"PK\x01\x02")).collect()
}
