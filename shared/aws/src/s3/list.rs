//! A whole bucket: how it is set up, its objects and their versions a page at a time, and the deletion of many with one
//! call.

use crate::clock::{count, size, time_of};
use crate::error::OrFault;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, Error, ExpirationStatus, LifecycleRule as S3Rule, ObjectIdentifier,
};
use aws_smithy_types::DateTime;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{LifecycleRule, Listed, Listing, Result};

pub(super) async fn objects(s3: &Client, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
    let sent = s3.list_objects_v2().bucket(bucket).prefix(prefix).set_start_after(after).send().await;
    let answer = sent.or_fault("ListObjectsV2", &format!("s3://{bucket}/{prefix}"))?;
    let more = answer.is_truncated == Some(true);
    let objects: Vec<Listed> = answer
        .contents
        .unwrap_or_default()
        .into_iter()
        .map(|object| Listed {
            key: object.key.unwrap_or_default(),
            etag: object.e_tag.unwrap_or_default(),
            bytes: size(object.size),
            modified: time(object.last_modified),
            version_id: None,
            latest: true,
            deleted: false,
        })
        .collect();
    Ok(Listing { next: objects.last().filter(|_| more).map(|last| last.key.clone()), objects })
}

pub(super) async fn versions(s3: &Client, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
    let (key, version) = after.as_deref().map(marker).unzip();
    let request = s3.list_object_versions().bucket(bucket);
    let sent = request.prefix(prefix).set_key_marker(key).set_version_id_marker(version.flatten()).send().await;
    sent.or_fault("ListObjectVersions", &format!("s3://{bucket}/{prefix}")).map(versions_of)
}

/// Reads the markers of the next page: the key, and the version within it.
fn marker(after: &str) -> (String, Option<String>) {
    match after.split_once('\n') {
        Some((version, key)) => (key.to_owned(), Some(version.to_owned()).filter(|v| !v.is_empty())),
        None => (after.to_owned(), None),
    }
}

fn versions_of(answer: ListObjectVersionsOutput) -> Listing {
    let objects = answer.versions.unwrap_or_default().into_iter().map(|version| Listed {
        key: version.key.unwrap_or_default(),
        etag: version.e_tag.unwrap_or_default(),
        bytes: size(version.size),
        modified: time(version.last_modified),
        version_id: version.version_id,
        latest: version.is_latest.unwrap_or(false),
        deleted: false,
    });
    let markers = answer.delete_markers.unwrap_or_default().into_iter().map(|marker| Listed {
        key: marker.key.unwrap_or_default(),
        etag: String::new(),
        bytes: 0,
        modified: time(marker.last_modified),
        version_id: marker.version_id,
        latest: marker.is_latest.unwrap_or(false),
        deleted: true,
    });
    let mut objects: Vec<Listed> = objects.chain(markers).collect();
    // The sort is stable: within a key each of the two lists is newest first.
    objects.sort_by(|a, b| a.key.cmp(&b.key).then(b.latest.cmp(&a.latest)));
    let next = answer.next_key_marker.filter(|_| answer.is_truncated == Some(true));
    Listing { objects, next: next.map(|key| format!("{}\n{key}", answer.next_version_id_marker.unwrap_or_default())) }
}

/// Returns a time that S3 always gives.
fn time(at: Option<DateTime>) -> Time {
    at.as_ref().map(time_of).unwrap_or_default()
}

pub(super) async fn keeps_versions(s3: &Client, bucket: &str) -> Result<bool> {
    let answer = s3.get_bucket_versioning().bucket(bucket).send().await.or_fault("GetBucketVersioning", bucket)?;
    Ok(answer.status == Some(BucketVersioningStatus::Enabled))
}

pub(super) async fn tags(s3: &Client, bucket: &str) -> Result<BTreeMap<String, String>> {
    let sent = s3.get_bucket_tagging().bucket(bucket).send().await;
    // A bucket without tags is an error to S3.
    let tags = sent.or_none("GetBucketTagging", bucket, &["NoSuchTagSet"])?.map(|answer| answer.tag_set);
    Ok(tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect())
}

pub(super) async fn lifecycle(s3: &Client, bucket: &str) -> Result<Vec<LifecycleRule>> {
    let sent = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    // A bucket without rules is an error to S3.
    let answer = sent.or_none("GetBucketLifecycleConfiguration", bucket, &["NoSuchLifecycleConfiguration"])?;
    Ok(answer.and_then(|answer| answer.rules).unwrap_or_default().iter().map(rule).collect())
}

fn rule(given: &S3Rule) -> LifecycleRule {
    let filter = given.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let several = and.is_some_and(|and| !and.tags().is_empty());
    // Rules that were written before there were filters have a prefix of their own.
    #[expect(deprecated, reason = "such rules still hold")]
    let old = given.prefix.as_ref();
    let new = filter.and_then(|filter| filter.prefix.as_ref());
    let prefix = new.or(and.and_then(|and| and.prefix.as_ref())).or(old);
    let current = given.expiration.as_ref();
    let noncurrent = given.noncurrent_version_expiration.as_ref();
    let date = current.and_then(|it| it.date).map(|_| 0);
    LifecycleRule {
        id: given.id.clone().unwrap_or_default(),
        enabled: given.status == ExpirationStatus::Enabled,
        prefix: prefix.cloned().unwrap_or_default(),
        by_tag: several || filter.is_some_and(|filter| filter.tag.is_some()),
        current_days: current.and_then(|it| it.days).map(count).or(date),
        noncurrent_days: noncurrent.and_then(|it| it.noncurrent_days).map(count),
        noncurrent_kept: noncurrent.and_then(|it| it.newer_noncurrent_versions).map_or(0, count),
    }
}

pub(super) async fn delete_all(s3: &Client, bucket: &str, keys: &[String]) -> Result<()> {
    let objects = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
    let objects: Result<Vec<_>, _> = objects.collect();
    let delete = objects.and_then(|objects| {
        let delete = Delete::builder().set_objects(Some(objects));
        // With it AWS answers only the objects that could not be deleted.
        delete.quiet(true).build()
    });
    let delete = delete.map_err(|error| Fault::internal(format!("DeleteObjects: {error}")))?;
    let sent = s3.delete_objects().bucket(bucket).delete(delete).send();
    let failed = sent.await.or_fault("DeleteObjects", &format!("s3://{bucket}"))?.errors.unwrap_or_default();
    failed.first().map_or(Ok(()), |first| Err(refused(bucket, failed.len(), first)))
}

/// Returns the fault of objects that could not be deleted: the call succeeds nevertheless (Amazon S3 API Reference,
/// `DeleteObjects`).
fn refused(bucket: &str, count: usize, first: &Error) -> Fault {
    let code = first.code.as_deref().unwrap_or("no code");
    let name = match code {
        "AccessDenied" => FaultName::AccessDenied,
        "SlowDown" => FaultName::Throttled,
        "InternalError" => FaultName::Unavailable,
        _ => FaultName::Refused,
    };
    let key = first.key.as_deref().unwrap_or_default();
    let text = format!("DeleteObjects s3://{bucket}: {count} were not deleted, {key}: {code}");
    Fault::new(name, text)
}
