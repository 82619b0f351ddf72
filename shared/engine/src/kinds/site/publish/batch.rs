use super::{Fence, Published, Publisher};
use crate::kinds::site::SitePorts;
use crate::kinds::site::archive::{Entry, Unpacker};
use crate::kinds::site::lists::{Handled, Lists};
use crate::kinds::site::many;
use crate::kinds::site::target::Archive;
use crate::kinds::site::trouble::Trouble;
use crate::ports::ObjectId;
use bytes::Bytes;
use futures::future::join;
use std::collections::BTreeMap;
use windlass_domain::step::Progress;

/// How many files a batch has at most.
const BATCH_FILES: usize = 512;
/// How many bytes a batch has at most, unless one file alone has more. One batch is uploaded while
/// the next is read, so twice as much is in memory.
const BATCH_BYTES: u64 = 32 * 1024 * 1024;

type Read = Vec<(String, Bytes)>;

impl<P: SitePorts> Publisher<'_, P> {
    /// Reads the entries that are not handled yet, batch by batch, and handles each.
    pub(super) async fn bring_entries(
        &self,
        archive: &Archive,
        object: ObjectId,
        entries: &[Entry],
        handled: &mut BTreeMap<String, Handled>,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let left: Vec<Entry> = entries
            .iter()
            .filter(|entry| self.is_file(entry) && !handled.contains_key(&entry.name))
            .cloned()
            .collect();
        let mut progress = self.progress(entries, handled);
        let mut unpacker = Unpacker::new(self.home, object, archive.bytes, entries, &left);
        let mut batches = batches(&left).into_iter();
        let mut next = read(&mut unpacker, batches.next()).await?;
        while !next.is_empty() {
            if !fence.has_time() {
                return Ok(Published::Some);
            }
            fence.pass(progress).await?;
            let batch = std::mem::take(&mut next);
            let (done, following) =
                join(self.handle_all(batch), read(&mut unpacker, batches.next())).await;
            for one in done? {
                progress.files_done += 1;
                progress.bytes_done += one.file.bytes;
                handled.insert(one.path.clone(), one);
            }
            next = following?;
        }
        fence.pass(progress).await?;
        Ok(Published::All)
    }

    /// The configuration file takes the place of an entry with its path.
    fn is_file(&self, entry: &Entry) -> bool {
        let config = self.target.site.config.as_ref();
        !entry.folder && config.is_none_or(|config| config.path != entry.name)
    }

    fn progress(&self, entries: &[Entry], handled: &BTreeMap<String, Handled>) -> Progress {
        let mut progress = Progress::default();
        for entry in entries.iter().filter(|entry| self.is_file(entry)) {
            progress.files_total += 1;
            progress.bytes_total += entry.bytes;
            if handled.contains_key(&entry.name) {
                progress.files_done += 1;
                progress.bytes_done += entry.bytes;
            }
        }
        progress
    }

    /// Handles a batch and notes it, also where one of it fails.
    async fn handle_all(&self, batch: Read) -> Result<Vec<Handled>, Trouble> {
        let mut strange = None;
        let calls = batch
            .into_iter()
            .map(|(path, bytes)| async move {
                match self.handle(&path, bytes).await {
                    Ok(done) => Ok(Ok(done)),
                    Err(Trouble::Fault(fault)) => Err(fault),
                    Err(findings) => Ok(Err(findings)),
                }
            })
            .collect();
        let (answers, fault) = many::all(calls).await;
        let mut done = Vec::new();
        for answer in answers {
            match answer {
                Ok(one) => done.push(one),
                Err(trouble) => strange = Some(trouble),
            }
        }
        let lists = Lists::of(self.home, self.target);
        let noted = lists.note_handled(self.deployment, &done).await;
        match (fault, strange) {
            (Some(fault), _) => Err(fault.into()),
            (None, Some(trouble)) => Err(trouble),
            (None, None) => noted.map(|()| done).map_err(Trouble::from),
        }
    }
}

async fn read<P: SitePorts>(
    unpacker: &mut Unpacker<'_, P>,
    batch: Option<&[Entry]>,
) -> Result<Read, Trouble> {
    let mut files = Vec::new();
    for entry in batch.unwrap_or_default() {
        files.push((entry.name.clone(), unpacker.unpack(entry).await?));
    }
    Ok(files)
}

fn batches(entries: &[Entry]) -> Vec<&[Entry]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0_u64);
    for (index, entry) in entries.iter().enumerate() {
        let full = index - start >= BATCH_FILES || bytes.saturating_add(entry.bytes) > BATCH_BYTES;
        if index > start && full {
            batches.push(&entries[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes = bytes.saturating_add(entry.bytes);
    }
    if start < entries.len() {
        batches.push(&entries[start..]);
    }
    batches
}
