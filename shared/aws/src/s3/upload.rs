//! Uploads in parts, for objects that do not fit in memory.

use super::write::{conditions, metadata};
use super::writer::Writer;
use crate::error::OrFault;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use windlass_domain::digest::Digest;
use windlass_engine::ports::{Part, PutOptions, Replaces, Result, Upload, Written};

pub(super) async fn create(s3: &Client, bucket: &str, key: &str, options: &PutOptions) -> Result<Upload> {
    let request = s3.create_multipart_upload().bucket(bucket).key(key);
    let sent = request
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .set_content_type(options.content_type.clone())
        .set_cache_control(options.cache_control.clone())
        .set_metadata(metadata(options))
        .send()
        .await;
    let begun = sent.or_fault("CreateMultipartUpload", &format!("s3://{bucket}/{key}"))?;
    Ok(Upload { bucket: bucket.to_owned(), key: key.to_owned(), id: begun.upload_id.unwrap_or_default() })
}

pub(super) async fn part(s3: &Client, upload: &Upload, number: u16, bytes: Bytes) -> Result<Part> {
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
    Ok(Part { number, etag: made.e_tag.unwrap_or_default(), sha256 })
}

pub(super) async fn complete(
    writer: &Writer<'_>,
    upload: &Upload,
    parts: &[Part],
    replaces: &Replaces,
) -> Result<Written> {
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
    Ok(Written { etag: made.e_tag.unwrap_or_default(), version_id: made.version_id })
}

pub(super) async fn abort(s3: &Client, upload: &Upload) -> Result<()> {
    let request = s3.abort_multipart_upload().bucket(&upload.bucket).key(&upload.key);
    let sent = request.upload_id(&upload.id).send().await;
    sent.or_fault("AbortMultipartUpload", &named_upload(upload)).map(drop)
}

fn encoded_digest(sha256: &Digest) -> String {
    STANDARD.encode(sha256.to_bytes())
}

fn named_upload(upload: &Upload) -> String {
    format!("s3://{}/{}", upload.bucket, upload.key)
}
