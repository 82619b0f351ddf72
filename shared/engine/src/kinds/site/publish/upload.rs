use super::{Publisher, in_the_way};
use crate::kinds::site::SitePorts;
use crate::kinds::site::files::File;
use crate::kinds::site::handled::Handled;
use crate::kinds::site::in_place::{file_of, put_options};
use crate::kinds::site::rules::content_type;
use crate::kinds::site::state::State;
use crate::kinds::site::trouble::Trouble;
use crate::ports::{Answered, ObjectId, Replaces, Written};
use bytes::Bytes;
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;

impl<P: SitePorts> Publisher<'_, P> {
    /// Handles one file: what it is becomes known, and it is written where that is additive.
    pub(super) async fn handle(
        &self,
        path: &str,
        bytes: Bytes,
        crc32: Option<u32>,
    ) -> Result<Handled, Trouble> {
        let file = File {
            sha256: Digest::of(&bytes),
            bytes: bytes.len() as u64,
            content_type: content_type(path),
            cache_control: self.known.rules.cache_control(path).to_owned(),
            crc32,
        };
        if self.is_additive(path) {
            let written = self.upload(path, &file, bytes).await?;
            return Ok(Handled::written(path, file, written));
        }
        Ok(Handled::read(path, file))
    }

    /// In a folder of its own everything is; in place, what was not there and is no document.
    pub(super) fn is_additive(&self, path: &str) -> bool {
        match self.known.forward.0 {
            State::Prefix(_) => true,
            State::InPlace(_) => {
                let new = self.known.before.1.want(path).is_none();
                new && self.known.rules.outlives(path)
            }
        }
    }

    async fn upload(&self, path: &str, file: &File, bytes: Bytes) -> Result<Written, Trouble> {
        let object = self.object(&self.folder(), path);
        let mut options = put_options(file, self.deployment);
        options.replaces = Replaces::Nothing;
        let put = self.at.put(&object.bucket, &object.key, bytes, &options);
        match put.await {
            Ok(written) => Ok(written),
            Err(fault) if fault.name == FaultName::Conflict => {
                let there = self.found(&object, file).await?;
                there.ok_or_else(|| in_the_way(self.target, &object.key))
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// The object that is there, if it is this file.
    pub(super) async fn found(&self, object: &ObjectId, file: &File) -> Answered<Option<Written>> {
        let found = self.at.head(object).await?;
        let same = found.filter(|head| file_of(head).as_ref() == Some(file));
        Ok(same.map(|head| Written {
            etag: head.etag,
            version_id: head.version_id,
        }))
    }
}
