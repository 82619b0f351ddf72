//! Archives of sites.

use super::refusals::refused;
use crate::mutate::{bytes, word};
use crate::{Outcome, Try};
use fastrand::Rng;
use std::io::{Cursor, Write as _};
use windlass_engine::kinds::archive::{Entry, Limits, Unpacker, check, read_directory};
use windlass_engine::kinds::site::Trouble;
use windlass_engine::ports::ObjectId;
use windlass_world::World;
use windlass_world::run::run;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const BUCKET: &str = "artifacts";
/// The number of bytes that are unpacked at once.
const PIECE: usize = 1024 * 1024;

const KEY: &str = "artifacts/shop/prod/web/1.zip";

pub fn ready() -> Box<Try> {
    let world = World::default();
    world.s3().bucket(BUCKET, false);
    Box::new(move |rng, shown| {
        let made = made(rng).map_err(|error| error.to_string())?;
        *shown = bytes(rng, &[made]);
        world.s3().upload(BUCKET, KEY, shown.clone());
        match run(unpacked(&world, shown.len() as u64)) {
            Ok(outcome) => Ok(outcome),
            Err(Trouble::Findings(findings)) => refused(&findings),
            Err(Trouble::Fault(fault)) => Err(fault.to_string()),
        }
    })
}

/// Reads the whole archive, as publishing does: first the directory, then each entry.
async fn unpacked(world: &World, size: u64) -> Result<Outcome, Trouble> {
    let archive = ObjectId { bucket: BUCKET.into(), key: KEY.into(), version_id: None };
    let entries = read_directory(world, &archive, size).await?;
    let findings = check(KEY, &entries, size, 900, &Limits::default());
    if !findings.is_empty() {
        return Err(Trouble::Findings(findings));
    }
    let files: Vec<Entry> = entries.iter().filter(|entry| !entry.folder).cloned().collect();
    let mut unpacker = Unpacker::new(world, archive, size, &entries, &files);
    for file in &files {
        let mut reading = unpacker.open(file);
        while !reading.next(PIECE).await?.is_empty() {}
    }
    Ok(Outcome::Taken)
}

fn made(rng: &mut Rng) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..rng.u8(0..6) {
        let packed = if rng.bool() { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(packed);
        let name = format!("{}{number}", word(rng));
        if rng.u8(0..20) == 0 {
            writer.add_symlink(&name, "../../etc/passwd", options)?;
            continue;
        }
        writer.start_file(&name, options)?;
        let content = word(rng).repeat(rng.usize(0..3000));
        writer.write_all(content.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}
