//! Writing an object under a condition: put, copy, delete, and uploads in parts, for objects that do not fit in memory.
//! The client for that says how often and for how long it sends a call.

use super::read::{self, named};
use crate::error::OrFault;
use crate::{Aws, limits};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::collections::HashMap;
use std::time::Duration;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    CopySource, ObjectId, PutOptions, PutToSign, Replaces, Result, SignedPut, Upload, UploadPart, WrittenObject,
};

pub(super) async fn put(
    writer: &Writer<'_>,
    bucket: &str,
    key: &str,
    bytes: Bytes,
    options: &PutOptions,
) -> Result<WrittenObject> {
    let (if_match, if_none_match) = conditions(&options.replaces);
    let sha256 = options.sha256.clone();
    let sha256 = sha256.unwrap_or_else(|| Digest::of(&bytes));
    let request = writer.s3.put_object().bucket(bucket).key(key);
    let sent = request
        .checksum_sha256(STANDARD.encode(sha256.to_bytes()))
        .content_length(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .body(ByteStream::from(bytes))
        .set_content_type(options.content_type.clone())
        .set_cache_control(options.cache_control.clone())
        .set_content_encoding(options.content_encoding.clone())
        .set_metadata(metadata(options))
        .set_if_match(if_match)
        .set_if_none_match(if_none_match)
        .customize()
        .config_override(writer.config())
        .send()
        .await;
    let made = sent.or_fault("PutObject", &format!("s3://{bucket}/{key}"))?;
    Ok(WrittenObject { etag: made.e_tag.unwrap_or_default(), version_id: made.version_id })
}

/// Signs a put: its checksum and its length are among the signed headers.
pub(super) async fn presign(s3: &Client, bucket: &str, key: &str, put: &PutToSign) -> Result<SignedPut> {
    let what = format!("s3://{bucket}/{key}");
    let valid = PresigningConfig::expires_in(Duration::from_secs(put.valid_s))
        .map_err(|error| Fault::internal(format!("signing a put of {what}: {error}")))?;
    let request = s3.put_object().bucket(bucket).key(key);
    let signed = request
        .checksum_sha256(encoded_digest(&put.sha256))
        .content_length(i64::try_from(put.bytes).unwrap_or(i64::MAX))
        .presigned(valid)
        .await;
    let signed = signed.or_fault("PutObject", &what)?;
    let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(SignedPut { url: signed.uri().to_owned(), headers })
}

pub(super) async fn copy(
    writer: &Writer<'_>,
    from: &CopySource,
    bucket: &str,
    key: &str,
    replaces: &Replaces,
) -> Result<WrittenObject> {
    let (if_match, if_none_match) = conditions(replaces);
    let request = writer.s3.copy_object().bucket(bucket).key(key);
    let sent = request
        .copy_source(copy_source(&from.object))
        .set_copy_source_if_match(from.etag.clone())
        .set_if_match(if_match)
        .set_if_none_match(if_none_match)
        .customize()
        .config_override(writer.config())
        .send()
        .await;
    let what = format!("{} to s3://{bucket}/{key}", named(&from.object));
    let made = sent.or_fault("CopyObject", &what)?;
    Ok(WrittenObject {
        etag: made.copy_object_result.and_then(|made| made.e_tag).unwrap_or_default(),
        version_id: made.version_id,
    })
}

pub(super) async fn delete(writer: &Writer<'_>, bucket: &str, key: &str, replaces: &Replaces) -> Result<()> {
    let if_match = match replaces {
        Replaces::Anything => None,
        Replaces::ETag(etag) => Some(etag.clone()),
        // There is nothing to delete, or it must not be deleted.
        Replaces::Nothing => return must_be_absent(writer.s3, bucket, key).await,
    };
    let request = writer.s3.delete_object().bucket(bucket).key(key);
    let sent = request.set_if_match(if_match).customize().config_override(writer.config()).send().await;
    sent.or_fault("DeleteObject", &format!("s3://{bucket}/{key}")).map(drop)
}

async fn must_be_absent(s3: &Client, bucket: &str, key: &str) -> Result<()> {
    let object = ObjectId { bucket: bucket.to_owned(), key: key.to_owned(), version_id: None };
    match read::head(s3, &object).await? {
        None => Ok(()),
        Some(_) => Err(Fault::new(
            FaultName::Conflict,
            format!("DeleteObject {}: it was to be absent, and is there", named(&object)),
        )),
    }
}

/// Returns the user's metadata.
pub(super) fn metadata(options: &PutOptions) -> Option<HashMap<String, String>> {
    let metadata: HashMap<String, String> = options.metadata.clone().into_iter().collect();
    (!metadata.is_empty()).then_some(metadata)
}

/// Returns the values of `If-Match` and `If-None-Match`.
pub(super) fn conditions(replaces: &Replaces) -> (Option<String>, Option<String>) {
    match replaces {
        Replaces::Anything => (None, None),
        Replaces::Nothing => (None, Some("*".to_owned())),
        Replaces::ETag(etag) => (Some(etag.clone()), None),
    }
}

/// Returns the header `x-amz-copy-source`. It is a URL's path: the key must be encoded, its slashes stay.
fn copy_source(from: &ObjectId) -> String {
    let key: Vec<String> = from.key.split('/').map(encoded).collect();
    let source = format!("{}/{}", from.bucket, key.join("/"));
    match &from.version_id {
        Some(version) => format!("{source}?versionId={}", encoded(version)),
        None => source,
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

pub(super) async fn create(s3: &Client, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
    let request = s3.create_multipart_upload().bucket(bucket).key(key);
    let sent = request
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .set_content_type(options.content_type.clone())
        .set_cache_control(options.cache_control.clone())
        .set_content_encoding(options.content_encoding.clone())
        .set_metadata(metadata(options))
        .send()
        .await;
    let begun = sent.or_fault("CreateMultipartUpload", &format!("s3://{bucket}/{key}"))?;
    Ok(Upload { bucket: bucket.to_owned(), key: key.to_owned(), id: begun.upload_id.unwrap_or_default() })
}

pub(super) async fn part(s3: &Client, upload: &Upload, number: u16, bytes: Bytes) -> Result<UploadPart> {
    let sha256 = Digest::of(&bytes);
    let request = s3.upload_part().bucket(&upload.bucket).key(&upload.key);
    let sent = request
        .upload_id(&upload.id)
        .part_number(number.into())
        .checksum_sha256(encoded_digest(&sha256))
        .content_length(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .body(ByteStream::from(bytes))
        .send()
        .await;
    let made = sent.or_fault("UploadPart", &format!("{number} of {}", named_upload(upload)))?;
    Ok(UploadPart { number, etag: made.e_tag.unwrap_or_default(), sha256 })
}

pub(super) async fn complete(
    writer: &Writer<'_>,
    upload: &Upload,
    parts: &[UploadPart],
    replaces: &Replaces,
) -> Result<WrittenObject> {
    let (if_match, if_none_match) = conditions(replaces);
    let parts = parts.iter().map(|part| {
        CompletedPart::builder()
            .part_number(part.number.into())
            .e_tag(&part.etag)
            .checksum_sha256(encoded_digest(&part.sha256))
            .build()
    });
    let all = CompletedMultipartUpload::builder().set_parts(Some(parts.collect()));
    let request = writer.s3.complete_multipart_upload().bucket(&upload.bucket).key(&upload.key);
    let sent = request
        .upload_id(&upload.id)
        .multipart_upload(all.build())
        .set_if_match(if_match)
        .set_if_none_match(if_none_match)
        .customize()
        .config_override(writer.config())
        .send()
        .await;
    let made = sent.or_fault("CompleteMultipartUpload", &named_upload(upload))?;
    Ok(WrittenObject { etag: made.e_tag.unwrap_or_default(), version_id: made.version_id })
}

pub(super) async fn abort(s3: &Client, upload: &Upload) -> Result<()> {
    let sent = s3.abort_multipart_upload().bucket(&upload.bucket).key(&upload.key).upload_id(&upload.id).send().await;
    sent.or_fault("AbortMultipartUpload", &named_upload(upload)).map(drop)
}

fn encoded_digest(sha256: &Digest) -> String {
    STANDARD.encode(sha256.to_bytes())
}

fn named_upload(upload: &Upload) -> String {
    format!("s3://{}/{}", upload.bucket, upload.key)
}

/// The writer of objects.
pub(super) struct Writer<'a> {
    /// The client; for targets the one that writes many objects.
    pub(super) s3: &'a Client,
    once: Option<Duration>,
}

impl<'a> Writer<'a> {
    /// Returns the writer of these ports.
    pub(super) fn of(aws: &'a Aws) -> Self {
        let s3 = if aws.on_targets { aws.clients.s3_in_bulk() } else { aws.clients.s3() };
        Self { s3, once: aws.once }
    }

    /// Returns the settings that differ from the client's own for one call.
    pub(super) fn config(&self) -> Builder {
        match self.once {
            None => Builder::new(),
            Some(limit) => {
                Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching_within(limit))
            }
        }
    }
}
