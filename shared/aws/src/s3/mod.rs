//! Objects in S3.

mod bucket;
mod delete;
mod list;
mod read;
mod upload;
mod write;

use crate::{Aws, limits};
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use windlass_engine::ports::{
    CopySource, LifecycleRule, Listing, ObjectHead, ObjectId, Part, PutOptions, Replaces, Result,
    S3Api, Upload, Written,
};

impl S3Api for Aws {
    fn sent_once(&self, within_ms: u64) -> Self {
        Self {
            once: Some(Duration::from_millis(within_ms)),
            ..self.clone()
        }
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

    async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        options: &PutOptions,
    ) -> Result<Written> {
        write::put(&self.writer(), bucket, key, bytes, options).await
    }

    async fn create_upload(&self, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
        upload::create(self.clients.s3(), bucket, key, options).await
    }

    async fn upload_part(&self, upload: &Upload, number: u16, bytes: Bytes) -> Result<Part> {
        upload::part(self.writer().s3, upload, number, bytes).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        parts: &[Part],
        replaces: &Replaces,
    ) -> Result<Written> {
        upload::complete(&self.writer(), upload, parts, replaces).await
    }

    async fn abort_upload(&self, upload: &Upload) -> Result<()> {
        upload::abort(self.clients.s3(), upload).await
    }

    async fn object_tags(&self, object: &ObjectId) -> Result<BTreeMap<String, String>> {
        read::tags(self.clients.s3(), object).await
    }

    async fn copy(
        &self,
        from: &CopySource,
        bucket: &str,
        key: &str,
        replaces: &Replaces,
    ) -> Result<Written> {
        write::copy(&self.writer(), from, bucket, key, replaces).await
    }

    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Result<()> {
        write::delete(&self.writer(), bucket, key, replaces).await
    }

    async fn delete_all(&self, bucket: &str, keys: &[String]) -> Result<()> {
        delete::all(self.writer().s3, bucket, keys).await
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        list::objects(self.clients.s3(), bucket, prefix, after).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<String>,
    ) -> Result<Listing> {
        list::versions(self.clients.s3(), bucket, prefix, after).await
    }

    async fn keeps_versions(&self, bucket: &str) -> Result<bool> {
        bucket::keeps_versions(self.clients.s3(), bucket).await
    }

    async fn lifecycle(&self, bucket: &str) -> Result<Vec<LifecycleRule>> {
        bucket::lifecycle(self.clients.s3(), bucket).await
    }

    async fn bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        bucket::tags(self.clients.s3(), bucket).await
    }
}

/// The writer of objects.
struct Writer<'a> {
    s3: &'a aws_sdk_s3::Client,
    once: Option<Duration>,
}

impl Writer<'_> {
    /// Returns the settings that differ from the client's own for one call.
    fn config(&self) -> Builder {
        match self.once {
            None => Builder::new(),
            Some(limit) => Builder::new()
                .retry_config(limits::one_attempt())
                .timeout_config(limits::switching_within(limit)),
        }
    }
}

impl Aws {
    fn writer(&self) -> Writer<'_> {
        let s3 = if self.on_targets {
            self.clients.s3_in_bulk()
        } else {
            self.clients.s3()
        };
        Writer {
            s3,
            once: self.once,
        }
    }
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

fn named(object: &ObjectId) -> String {
    match &object.version_id {
        Some(version) => format!("s3://{}/{} version {version}", object.bucket, object.key),
        None => format!("s3://{}/{}", object.bucket, object.key),
    }
}

fn size(length: Option<i64>) -> u64 {
    length
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or(0)
}
