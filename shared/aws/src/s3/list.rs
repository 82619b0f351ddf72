//! Listing a bucket's objects and their versions, a page at a time.

use crate::clock::time_of;
use crate::counts::size;
use crate::error::OrFault;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_smithy_types::DateTime;
use windlass_domain::time::Time;
use windlass_engine::ports::{Listed, Listing, Result};

pub(super) async fn objects(s3: &Client, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
    let request = s3.list_objects_v2().bucket(bucket);
    let sent = request.prefix(prefix).set_start_after(after).send().await;
    let told = sent.or_fault("ListObjectsV2", &format!("s3://{bucket}/{prefix}"))?;
    let more = told.is_truncated == Some(true);
    let objects: Vec<Listed> = told
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

fn versions_of(told: ListObjectVersionsOutput) -> Listing {
    let objects = told.versions.unwrap_or_default().into_iter().map(|version| Listed {
        key: version.key.unwrap_or_default(),
        etag: version.e_tag.unwrap_or_default(),
        bytes: size(version.size),
        modified: time(version.last_modified),
        version_id: version.version_id,
        latest: version.is_latest.unwrap_or(false),
        deleted: false,
    });
    let markers = told.delete_markers.unwrap_or_default().into_iter().map(|marker| Listed {
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
    let next = told.next_key_marker.filter(|_| told.is_truncated == Some(true));
    Listing { objects, next: next.map(|key| format!("{}\n{key}", told.next_version_id_marker.unwrap_or_default())) }
}

/// Returns a time that S3 always gives.
fn time(at: Option<DateTime>) -> Time {
    at.as_ref().map(time_of).unwrap_or_default()
}
