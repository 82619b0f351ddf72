use crate::kinds::site::files::Object;
use crate::kinds::site::target::Target;
use crate::kinds::site::{Site, SitePorts};
use crate::ports::{Answered, ObjectHead, ObjectId, Objects};

/// How much of two objects is compared at a time, in bytes.
const PIECE: u64 = 8 * 1024 * 1024;

/// The largest object that is compared byte by byte: what is larger takes longer than an invocation
/// may.
const COMPARED: u64 = 256 * 1024 * 1024;

impl<P: SitePorts> Site<P> {
    /// Whether what is at a path is a copy of a recorded object of somebody else. S3 gives a copy
    /// another ETag where the bucket is encrypted with a key of KMS or the object was uploaded in
    /// parts, so only checksums or the bytes themselves tell. It is asked where the answer to a copy
    /// was lost.
    pub(in crate::kinds::site) async fn is_copy(
        &self,
        target: &Target,
        path: &str,
        is: &ObjectHead,
        recorded: &Object,
    ) -> Answered<bool> {
        if recorded.file.is_some() || recorded.version_id.is_none() || recorded.bytes != is.bytes {
            return Ok(false);
        }
        let was = target.object(path, recorded.version_id.clone());
        let Some(head) = self.at.head(&was).await? else {
            return Ok(false);
        };
        if !same_headers(&head, is) {
            return Ok(false);
        }
        match (&head.sha256, &is.sha256) {
            (Some(was), Some(is)) => Ok(was == is),
            _ if is.bytes > COMPARED => Ok(false),
            _ => {
                same_bytes(
                    &self.at,
                    &was,
                    &target.object(path, is.version_id.clone()),
                    is.bytes,
                )
                .await
            }
        }
    }
}

fn same_headers(a: &ObjectHead, b: &ObjectHead) -> bool {
    a.content_type == b.content_type
        && a.cache_control == b.cache_control
        && a.metadata == b.metadata
}

async fn same_bytes(
    objects: &impl Objects,
    a: &ObjectId,
    b: &ObjectId,
    bytes: u64,
) -> Answered<bool> {
    let mut from = 0;
    while from < bytes {
        let (one, other) = futures::join!(
            objects.get_range(a, from, PIECE),
            objects.get_range(b, from, PIECE),
        );
        let (one, other) = (one?, other?);
        if one != other || one.is_empty() {
            return Ok(false);
        }
        from += one.len() as u64;
    }
    Ok(true)
}
