//! Reading an object: its head, all of it, a range of it.

use crate::clock::size;
use crate::error::{OrFault, fault};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ChecksumType};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{ObjectHead, ObjectId, Result};

/// The largest object, in bytes, of which everything is read where a server ignores `Range`.
const WHOLE_INSTEAD_OF_RANGE: u64 = 256 * 1024 * 1024;

pub(super) async fn head(s3: &Client, object: &ObjectId) -> Result<Option<ObjectHead>> {
    let request = s3.head_object().bucket(&object.bucket);
    let sent = request
        .key(&object.key)
        .set_version_id(object.version_id.clone())
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await;
    let answer = match sent {
        Ok(answer) => answer,
        // HEAD has no body that could say more: 404 for an object or version that is not there,
        // 405 for a delete marker asked for by its version (Amazon S3 API Reference,
        // HeadObject).
        Err(error) if matches!(status(&error), Some(404 | 405)) => return Ok(None),
        Err(error) => return Err(fault(&error, "HeadObject", &named(object))),
    };
    let whole = answer.checksum_type != Some(ChecksumType::Composite);
    let metadata = answer.metadata.unwrap_or_default().into_iter();
    Ok(Some(ObjectHead {
        bytes: size(answer.content_length),
        etag: answer.e_tag.unwrap_or_default(),
        version_id: answer.version_id,
        sha256: answer.checksum_sha256.filter(|_| whole).and_then(|sum| digest_of(&sum)),
        metadata: metadata.map(|(name, value)| (name.to_lowercase(), value)).collect(),
        content_type: answer.content_type,
        cache_control: answer.cache_control,
        content_encoding: answer.content_encoding,
    }))
}

pub(super) async fn tags(s3: &Client, object: &ObjectId) -> Result<BTreeMap<String, String>> {
    let request = s3.get_object_tagging().bucket(&object.bucket);
    let sent = request.key(&object.key).set_version_id(object.version_id.clone()).send().await;
    Ok(sent.or_fault("GetObjectTagging", &named(object))?.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

pub(super) async fn get(s3: &Client, object: &ObjectId, limit: u64) -> Result<Bytes> {
    let answer = get_object(s3, object, None).await?;
    if size(answer.content_length) > limit {
        return Err(too_large(object, limit));
    }
    let bytes = size(answer.content_length);
    read(answer.body, object, bytes, limit).await
}

pub(super) async fn get_range(s3: &Client, object: &ObjectId, start: u64, length: u64) -> Result<Bytes> {
    if length == 0 {
        return Ok(Bytes::new());
    }
    let range = format!("bytes={start}-{}", start.saturating_add(length - 1));
    let answer = get_object(s3, object, Some(range)).await?;
    match answer.content_range.clone() {
        Some(answered) if answered.starts_with(&format!("bytes {start}-")) => {
            let bytes = size(answer.content_length);
            read(answer.body, object, bytes, length).await
        }
        Some(answered) => Err(Fault::new(
            FaultName::Refused,
            format!("GetObject {}: asked from byte {start}, answered {answered}", named(object)),
        )),
        None => cut(answer, object, start, length).await,
    }
}

async fn get_object(s3: &Client, object: &ObjectId, range: Option<String>) -> Result<GetObjectOutput> {
    let request = s3.get_object().bucket(&object.bucket);
    let sent = request.key(&object.key).set_version_id(object.version_id.clone()).set_range(range).send().await;
    match sent {
        Ok(answer) => Ok(answer),
        Err(error) if status(&error) == Some(405) => Err(Fault::new(
            FaultName::NotFound,
            format!("GetObject {}: that version is a delete marker", named(object)),
        )),
        Err(error) => Err(fault(&error, "GetObject", &named(object))),
    }
}

fn digest_of(base64: &str) -> Option<Digest> {
    let raw = STANDARD.decode(base64).ok()?;
    (raw.len() == 32).then(|| Digest::from_bytes(&raw))
}

/// Reads a body of `expected` bytes, at most `limit`.
async fn read(mut body: ByteStream, object: &ObjectId, expected: u64, limit: u64) -> Result<Bytes> {
    let room = usize::try_from(expected.min(limit)).unwrap_or_default();
    let mut bytes = BytesMut::with_capacity(room);
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(&part.map_err(|error| broken(object, &error))?);
        if bytes.len() as u64 > limit {
            return Err(too_large(object, limit));
        }
    }
    Ok(bytes.freeze())
}

/// Cuts the wanted part out of an answer that ignored `Range`, as some S3 servers do when a version is asked for as
/// well. Only the part is kept in memory.
async fn cut(answer: GetObjectOutput, object: &ObjectId, start: u64, length: u64) -> Result<Bytes> {
    if size(answer.content_length) > WHOLE_INSTEAD_OF_RANGE {
        return Err(too_large(object, WHOLE_INSTEAD_OF_RANGE));
    }
    let end = start.saturating_add(length);
    let mut body = answer.body;
    let (mut bytes, mut at) = (BytesMut::new(), 0_u64);
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| broken(object, &error))?;
        let size = part.len() as u64;
        let from = start.saturating_sub(at).min(size);
        let to = end.saturating_sub(at).min(size);
        bytes.extend_from_slice(&part[within(from)..within(to)]);
        at += size;
        if at >= end {
            break;
        }
    }
    Ok(bytes.freeze())
}

/// Returns a place within a part that is in memory.
fn within(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

fn broken(object: &ObjectId, error: &dyn std::error::Error) -> Fault {
    Fault::new(FaultName::Unavailable, format!("GetObject {}: the answer broke off: {error}", named(object)))
}

fn too_large(object: &ObjectId, limit: u64) -> Fault {
    Fault::new(FaultName::Refused, format!("GetObject {}: it is larger than {}", named(object), count(limit, "byte")))
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

/// Returns an object as faults name it.
pub(super) fn named(object: &ObjectId) -> String {
    match &object.version_id {
        Some(version) => format!("s3://{}/{} version {version}", object.bucket, object.key),
        None => format!("s3://{}/{}", object.bucket, object.key),
    }
}
