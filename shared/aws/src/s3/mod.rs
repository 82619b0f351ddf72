//! Objects in S3.

mod list;
mod read;
mod write;

use crate::Aws;
use crate::s3::write::Writer;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use windlass_engine::ports::{
    CopySource, LifecycleRule, Listing, ObjectHead, ObjectId, PutOptions, PutToSign, Replaces, Result, S3Api,
    SignedPut, Upload, UploadPart, WrittenObject,
};

impl S3Api for Aws {
    fn sent_once(&self, within_ms: u64) -> Self {
        Self { once: Some(Duration::from_millis(within_ms)), ..self.clone() }
    }

    async fn head(&self, object: &ObjectId) -> Result<Option<ObjectHead>> {
        read::head(self.clients.s3(), object).await
    }

    async fn get(&self, object: &ObjectId, limit: u64) -> Result<Bytes> {
        read::get(self.clients.s3(), object, limit).await
    }

    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Result<Bytes> {
        read::get_range(self.clients.s3(), object, start, length).await
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Bytes, options: &PutOptions) -> Result<WrittenObject> {
        write::put(&Writer::of(self), bucket, key, bytes, options).await
    }

    async fn presign_put(&self, bucket: &str, key: &str, put: &PutToSign) -> Result<SignedPut> {
        write::presign(self.clients.s3_of_addresses(), bucket, key, put).await
    }

    async fn create_upload(&self, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
        crate::s3::write::create(self.clients.s3(), bucket, key, options).await
    }

    async fn upload_part(&self, upload: &Upload, number: u16, bytes: Bytes) -> Result<UploadPart> {
        crate::s3::write::part(Writer::of(self).s3, upload, number, bytes).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[UploadPart],
        replaces: &Replaces,
    ) -> Result<WrittenObject> {
        crate::s3::write::complete(&Writer::of(self), upload, parts, replaces).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        crate::s3::write::abort(self.clients.s3(), upload).await
    }

    async fn object_tags(&self, object: &ObjectId) -> Result<BTreeMap<String, String>> {
        read::tags(self.clients.s3(), object).await
    }

    async fn copy(&self, from: &CopySource, bucket: &str, key: &str, replaces: &Replaces) -> Result<WrittenObject> {
        write::copy(&Writer::of(self), from, bucket, key, replaces).await
    }

    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Result<()> {
        write::delete(&Writer::of(self), bucket, key, replaces).await
    }

    async fn delete_all(&self, bucket: &str, keys: &[String]) -> Result<()> {
        crate::s3::list::delete_all(Writer::of(self).s3, bucket, keys).await
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        list::objects(self.clients.s3(), bucket, prefix, after).await
    }

    async fn list_versions(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        list::versions(self.clients.s3(), bucket, prefix, after).await
    }

    async fn keeps_versions(&self, bucket: &str) -> Result<bool> {
        crate::s3::list::keeps_versions(self.clients.s3(), bucket).await
    }

    async fn lifecycle(&self, bucket: &str) -> Result<Vec<LifecycleRule>> {
        crate::s3::list::lifecycle(self.clients.s3(), bucket).await
    }

    async fn bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        crate::s3::list::tags(self.clients.s3(), bucket).await
    }
}
