use crate::ports::{Answered, ObjectId, Objects};
use bytes::Bytes;
use windlass_domain::fault::Fault;

/// How much is fetched at once, in bytes.
pub(super) const WIDTH: u64 = 8 * 1024 * 1024;

/// A piece of an object that moves along while it is read.
pub(super) struct Window<'a, P> {
    objects: &'a P,
    object: ObjectId,
    start: u64,
    bytes: Bytes,
}

impl<'a, P: Objects> Window<'a, P> {
    pub(super) fn new(objects: &'a P, object: ObjectId) -> Self {
        Self {
            objects,
            object,
            start: 0,
            bytes: Bytes::new(),
        }
    }

    /// The bytes from `offset` on, at least one: from what is here, or fetched up to `until`.
    pub(super) async fn at(&mut self, offset: u64, until: u64) -> Answered<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || offset >= end {
            let length = until.saturating_sub(offset).clamp(1, WIDTH);
            self.bytes = self.objects.get_range(&self.object, offset, length).await?;
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        match self.bytes.get(from..) {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(Fault::internal(format!(
                "S3 answered no bytes of {} at {offset}",
                self.object.key
            ))),
        }
    }
}
