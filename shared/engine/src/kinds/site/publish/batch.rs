use super::{Brought, Fence, Published, Publisher};
use crate::kinds::site::SitePorts;
use crate::kinds::site::archive::{Entry, Unpacker};
use crate::kinds::site::handled::Handled;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::trouble::Trouble;
use crate::ports::Answered;
use bytes::Bytes;
use futures::future::join;

/// How many files a batch has at most.
const BATCH_FILES: usize = 512;
/// How many bytes a batch has at most. One batch is uploaded while the next is read, so twice as
/// much is in memory.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// A file that was read.
struct Read {
    path: String,
    crc32: u32,
    bytes: Bytes,
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Reads entries, batch by batch, and handles each.
    pub(super) async fn bring_small(
        &self,
        unpacker: &mut Unpacker<'_, P>,
        left: &[Entry],
        brought: &mut Brought,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let mut batches = batches(left).into_iter();
        let mut next = read(unpacker, batches.next()).await?;
        while !next.is_empty() {
            if !fence.has_time() {
                return Ok(Published::Some);
            }
            let batch = std::mem::take(&mut next);
            // Unpacking goes on while the ledger and S3 answer.
            let handled = async {
                self.pass(fence).await?;
                self.handle_all(&batch).await
            };
            let (done, following) = join(handled, read(unpacker, batches.next())).await;
            let done = done?;
            for file in done.iter().filter_map(|one| one.file.as_ref()) {
                self.tally.borrow_mut().done(file);
            }
            brought.take(done);
            next = following?;
        }
        Ok(Published::All)
    }

    /// What is strange about one file stops the others as little as what is wrong with it.
    async fn handle_one(&self, read: &Read) -> Answered<Result<Handled, Trouble>> {
        let bytes = read.bytes.clone();
        match self.handle(&read.path, bytes, Some(read.crc32)).await {
            Err(Trouble::Fault(fault)) => Err(fault),
            told => Ok(told),
        }
    }

    /// Handles a batch and notes it, also where one of it fails.
    async fn handle_all(&self, batch: &[Read]) -> Result<Vec<Handled>, Trouble> {
        let mut strange = None;
        let (answers, fault) = many::all(self.at, &self.pace, Patience::Long, batch, |read| {
            self.handle_one(read)
        })
        .await;
        let mut done = Vec::with_capacity(answers.len());
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
) -> Result<Vec<Read>, Trouble> {
    let batch = batch.unwrap_or_default();
    let mut files = Vec::with_capacity(batch.len());
    for entry in batch {
        files.push(Read {
            path: entry.name.clone(),
            crc32: entry.crc32,
            bytes: unpacker.unpack(entry).await?,
        });
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
