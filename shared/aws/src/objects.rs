use crate::Aws;
use crate::error::{OrFault, code, fault};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, ChecksumMode, ChecksumType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, HashMap};
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Answered, Listed, Listing, ObjectHead, ObjectId, Objects, PutOptions, Replaces, Written,
};

/// How large an object may be of which a server that ignores `Range` sends everything.
const WHOLE_INSTEAD_OF_RANGE: u64 = 256 * 1024 * 1024;

impl Objects for Aws {
    async fn head(&self, object: &ObjectId) -> Answered<Option<ObjectHead>> {
        let request = self.clients.s3().head_object().bucket(&object.bucket);
        let sent = request
            .key(&object.key)
            .set_version_id(object.version_id.clone())
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await;
        let told = match sent {
            Ok(told) => told,
            // HEAD has no body to tell more by: 404 for an object or version that is not there,
            // 405 for a delete marker asked for by its version (Amazon S3 API Reference,
            // HeadObject).
            Err(error) if matches!(status(&error), Some(404 | 405)) => return Ok(None),
            Err(error) => return Err(fault(&error, "HeadObject", &named(object))),
        };
        let whole = told.checksum_type != Some(ChecksumType::Composite);
        let metadata = told.metadata.unwrap_or_default().into_iter();
        Ok(Some(ObjectHead {
            bytes: size(told.content_length),
            etag: told.e_tag.unwrap_or_default(),
            version_id: told.version_id,
            sha256: told
                .checksum_sha256
                .filter(|_| whole)
                .and_then(|sum| digest_of(&sum)),
            metadata: metadata
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
            content_type: told.content_type,
            cache_control: told.cache_control,
        }))
    }

    async fn get(&self, object: &ObjectId, limit: u64) -> Answered<Bytes> {
        let answer = self.get_object(object, None).await?;
        if size(answer.content_length) > limit {
            return Err(too_large(object, limit));
        }
        read(answer.body, object, limit).await
    }

    async fn get_range(&self, object: &ObjectId, start: u64, length: u64) -> Answered<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let range = format!("bytes={start}-{}", start.saturating_add(length - 1));
        let answer = self.get_object(object, Some(range)).await?;
        match answer.content_range.clone() {
            Some(told) if told.starts_with(&format!("bytes {start}-")) => {
                read(answer.body, object, length).await
            }
            Some(told) => Err(Fault::new(
                FaultName::Refused,
                format!(
                    "GetObject {}: asked from byte {start}, answered {told}",
                    named(object)
                ),
            )),
            None => cut(answer, object, start, length).await,
        }
    }

    async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Bytes,
        options: &PutOptions,
    ) -> Answered<Written> {
        let (if_match, if_none_match) = conditions(&options.replaces);
        let metadata: HashMap<String, String> = options.metadata.clone().into_iter().collect();
        let request = self.clients.s3().put_object().bucket(bucket).key(key);
        let sent = request
            .checksum_sha256(STANDARD.encode(Digest::of(&bytes).to_bytes()))
            .content_length(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
            .body(ByteStream::from(bytes))
            .set_content_type(options.content_type.clone())
            .set_cache_control(options.cache_control.clone())
            .set_metadata((!metadata.is_empty()).then_some(metadata))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        let made = sent.or_fault("PutObject", &format!("s3://{bucket}/{key}"))?;
        Ok(Written {
            etag: made.e_tag.unwrap_or_default(),
            version_id: made.version_id,
        })
    }

    async fn copy(
        &self,
        from: &ObjectId,
        bucket: &str,
        key: &str,
        replaces: &Replaces,
    ) -> Answered<Written> {
        let (if_match, if_none_match) = conditions(replaces);
        let request = self.clients.s3().copy_object().bucket(bucket).key(key);
        let sent = request
            .copy_source(copy_source(from))
            .set_if_match(if_match)
            .set_if_none_match(if_none_match)
            .send()
            .await;
        let what = format!("{} to s3://{bucket}/{key}", named(from));
        let made = sent.or_fault("CopyObject", &what)?;
        Ok(Written {
            etag: made
                .copy_object_result
                .and_then(|made| made.e_tag)
                .unwrap_or_default(),
            version_id: made.version_id,
        })
    }

    async fn delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Answered<()> {
        let if_match = match replaces {
            Replaces::Anything => None,
            Replaces::ETag(etag) => Some(etag.clone()),
            // Nothing is there to be deleted, or it must not be.
            Replaces::Nothing => return self.must_be_absent(bucket, key).await,
        };
        let request = self.clients.s3().delete_object().bucket(bucket).key(key);
        let sent = request.set_if_match(if_match).send().await;
        sent.or_fault("DeleteObject", &format!("s3://{bucket}/{key}"))
            .map(drop)
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<String>) -> Answered<Listing> {
        let request = self.clients.s3().list_objects_v2().bucket(bucket);
        let sent = request
            .prefix(prefix)
            .set_continuation_token(after)
            .send()
            .await;
        let told = sent.or_fault("ListObjectsV2", &format!("s3://{bucket}/{prefix}"))?;
        let objects = told
            .contents
            .unwrap_or_default()
            .into_iter()
            .map(|object| Listed {
                key: object.key.unwrap_or_default(),
                etag: object.e_tag.unwrap_or_default(),
                bytes: size(object.size),
                version_id: None,
                latest: true,
                deleted: false,
            });
        Ok(Listing {
            objects: objects.collect(),
            next: told.next_continuation_token,
        })
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<String>,
    ) -> Answered<Listing> {
        let (key, version) = after.as_deref().map(marker).unzip();
        let request = self.clients.s3().list_object_versions().bucket(bucket);
        let sent = request
            .prefix(prefix)
            .set_key_marker(key)
            .set_version_id_marker(version.flatten())
            .send()
            .await;
        sent.or_fault("ListObjectVersions", &format!("s3://{bucket}/{prefix}"))
            .map(versions_of)
    }

    async fn keeps_versions(&self, bucket: &str) -> Answered<bool> {
        let request = self.clients.s3().get_bucket_versioning().bucket(bucket);
        let told = request
            .send()
            .await
            .or_fault("GetBucketVersioning", bucket)?;
        Ok(told.status == Some(BucketVersioningStatus::Enabled))
    }

    async fn bucket_tags(&self, bucket: &str) -> Answered<BTreeMap<String, String>> {
        let request = self.clients.s3().get_bucket_tagging().bucket(bucket);
        match request.send().await {
            Ok(told) => Ok(told
                .tag_set
                .into_iter()
                .map(|tag| (tag.key, tag.value))
                .collect()),
            // A bucket without tags is an error to S3.
            Err(error) if code(&error) == Some("NoSuchTagSet") => Ok(BTreeMap::new()),
            Err(error) => Err(fault(&error, "GetBucketTagging", bucket)),
        }
    }
}

impl Aws {
    async fn get_object(
        &self,
        object: &ObjectId,
        range: Option<String>,
    ) -> Answered<GetObjectOutput> {
        let request = self.clients.s3().get_object().bucket(&object.bucket);
        let sent = request
            .key(&object.key)
            .set_version_id(object.version_id.clone())
            .set_range(range)
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(answer),
            Err(error) if status(&error) == Some(405) => Err(Fault::new(
                FaultName::NotFound,
                format!(
                    "GetObject {}: that version is a delete marker",
                    named(object)
                ),
            )),
            Err(error) => Err(fault(&error, "GetObject", &named(object))),
        }
    }

    async fn must_be_absent(&self, bucket: &str, key: &str) -> Answered<()> {
        let object = ObjectId {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: None,
        };
        match self.head(&object).await? {
            None => Ok(()),
            Some(_) => Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "DeleteObject {}: it was to be absent, and is there",
                    named(&object)
                ),
            )),
        }
    }
}

fn status<E>(
    error: &aws_sdk_s3::error::SdkError<
        E,
        aws_smithy_runtime_api::client::orchestrator::HttpResponse,
    >,
) -> Option<u16> {
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

fn digest_of(base64: &str) -> Option<Digest> {
    let raw = STANDARD.decode(base64).ok()?;
    (raw.len() == 32).then(|| Digest::from_bytes(&raw))
}

/// `If-Match` and `If-None-Match`.
fn conditions(replaces: &Replaces) -> (Option<String>, Option<String>) {
    match replaces {
        Replaces::Anything => (None, None),
        Replaces::Nothing => (None, Some("*".to_owned())),
        Replaces::ETag(etag) => (Some(etag.clone()), None),
    }
}

/// The header `x-amz-copy-source` is a URL's path: the key must be encoded, its slashes stay.
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
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

async fn read(mut body: ByteStream, object: &ObjectId, limit: u64) -> Answered<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(part) = body.next().await {
        bytes.extend_from_slice(&part.map_err(|error| broken(object, &error))?);
        if bytes.len() as u64 > limit {
            return Err(too_large(object, limit));
        }
    }
    Ok(bytes.freeze())
}

/// The wanted part of an answer that ignored `Range`, as some S3 servers do when a version is asked
/// for as well. Only the part is kept in memory.
async fn cut(
    answer: GetObjectOutput,
    object: &ObjectId,
    start: u64,
    length: u64,
) -> Answered<Bytes> {
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

/// A place within a part that is in memory.
fn within(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

fn broken(object: &ObjectId, error: &dyn std::error::Error) -> Fault {
    Fault::new(
        FaultName::Unavailable,
        format!("GetObject {}: the answer broke off: {error}", named(object)),
    )
}

fn too_large(object: &ObjectId, limit: u64) -> Fault {
    Fault::new(
        FaultName::Refused,
        format!(
            "GetObject {}: it is larger than {limit} bytes",
            named(object)
        ),
    )
}

/// The markers of the next page: the key, and the version within it.
fn marker(after: &str) -> (String, Option<String>) {
    match after.split_once('\n') {
        Some((version, key)) => (
            key.to_owned(),
            Some(version.to_owned()).filter(|v| !v.is_empty()),
        ),
        None => (after.to_owned(), None),
    }
}

fn versions_of(told: ListObjectVersionsOutput) -> Listing {
    let objects = told
        .versions
        .unwrap_or_default()
        .into_iter()
        .map(|version| Listed {
            key: version.key.unwrap_or_default(),
            etag: version.e_tag.unwrap_or_default(),
            bytes: size(version.size),
            version_id: version.version_id,
            latest: version.is_latest.unwrap_or(false),
            deleted: false,
        });
    let markers = told
        .delete_markers
        .unwrap_or_default()
        .into_iter()
        .map(|marker| Listed {
            key: marker.key.unwrap_or_default(),
            etag: String::new(),
            bytes: 0,
            version_id: marker.version_id,
            latest: marker.is_latest.unwrap_or(false),
            deleted: true,
        });
    let mut objects: Vec<Listed> = objects.chain(markers).collect();
    // Stable: within a key each of the two lists is newest first.
    objects.sort_by(|a, b| a.key.cmp(&b.key).then(b.latest.cmp(&a.latest)));
    let next = told
        .next_key_marker
        .filter(|_| told.is_truncated == Some(true));
    Listing {
        objects,
        next: next.map(|key| format!("{}\n{key}", told.next_version_id_marker.unwrap_or_default())),
    }
}
