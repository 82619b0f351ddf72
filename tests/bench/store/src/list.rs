//! Listings of a bucket, a page at a time.

use crate::contents::{Bucket, Version};
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsOutput, ListObjectsV2Output, Object,
    ObjectVersion,
};
use std::ops::Bound;

const PAGE: usize = 1000;

fn from<'a>(
    bucket: &'a Bucket,
    prefix: &'a str,
    after: Option<&str>,
) -> impl Iterator<Item = (&'a String, &'a Vec<Version>)> {
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.to_owned()),
        _ => Bound::Included(prefix.to_owned()),
    };
    let range = bucket.objects.range((start, Bound::Unbounded));
    range.take_while(move |(key, _)| key.starts_with(prefix))
}

/// The request for a page.
pub struct ListRequest<'a> {
    pub prefix: &'a str,
    pub delimiter: Option<&'a str>,
    pub after: Option<&'a str>,
    pub most: usize,
}

/// Returns a page of the current objects. The key, or the common prefix, is the token: the next page goes on behind it.
pub fn objects(bucket: &Bucket, asked: &ListRequest<'_>) -> ListObjectsV2Output {
    let (mut contents, mut common) = (Vec::new(), Vec::<String>::new());
    let (mut last, mut more) = (None, false);
    for (key, versions) in from(bucket, asked.prefix, asked.after) {
        let Some(version) = versions.last().filter(|version| !version.deleted) else {
            continue;
        };
        let folder = folder_of(key, asked);
        let listed = folder.is_some()
            && (common.last().map(String::as_str) == folder || asked.after == folder);
        if listed {
            continue;
        }
        if contents.len() + common.len() >= asked.most.min(PAGE) {
            more = true;
            break;
        }
        last = Some(folder.unwrap_or(key).to_owned());
        match folder {
            Some(folder) => common.push(folder.to_owned()),
            None => contents.push(object(key, version)),
        }
    }
    ListObjectsV2Output {
        is_truncated: Some(more),
        next_continuation_token: last.filter(|_| more),
        key_count: i32::try_from(contents.len() + common.len()).ok(),
        contents: Some(contents),
        common_prefixes: Some(
            common
                .into_iter()
                .map(|prefix| CommonPrefix {
                    prefix: Some(prefix),
                })
                .collect(),
        ),
        ..ListObjectsV2Output::default()
    }
}

/// Returns the common prefix that stands for a key, if the request has a delimiter.
fn folder_of<'k>(key: &'k str, asked: &ListRequest<'_>) -> Option<&'k str> {
    let delimiter = asked.delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let place = key[asked.prefix.len()..].find(delimiter)?;
    Some(&key[..asked.prefix.len() + place + delimiter.len()])
}

fn object(key: &str, version: &Version) -> Object {
    Object {
        key: Some(key.to_owned()),
        e_tag: version.etag(),
        size: version.size(),
        last_modified: Some(version.modified.clone()),
        ..Object::default()
    }
}

/// Returns a page of all versions and delete markers, newest first within a key. A page never ends in the middle of a
/// key's versions.
pub fn versions(bucket: &Bucket, prefix: &str, after: Option<&str>) -> ListObjectVersionsOutput {
    let mut page = ListObjectVersionsOutput::default();
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let mut last = None;
    for (key, of_key) in from(bucket, prefix, after) {
        if versions.len() + markers.len() >= PAGE {
            page.next_key_marker = last;
            break;
        }
        for (age, version) in of_key.iter().rev().enumerate() {
            let id = Some(version.id.clone().unwrap_or_else(|| "null".to_owned()));
            if version.deleted {
                markers.push(DeleteMarkerEntry {
                    key: Some(key.clone()),
                    version_id: id,
                    is_latest: Some(age == 0),
                    last_modified: Some(version.modified.clone()),
                    ..DeleteMarkerEntry::default()
                });
            } else {
                versions.push(ObjectVersion {
                    key: Some(key.clone()),
                    version_id: id,
                    is_latest: Some(age == 0),
                    e_tag: version.etag(),
                    size: version.size(),
                    last_modified: Some(version.modified.clone()),
                    ..ObjectVersion::default()
                });
            }
        }
        last = Some(key.clone());
    }
    page.is_truncated = Some(page.next_key_marker.is_some());
    page.versions = Some(versions);
    page.delete_markers = Some(markers);
    page
}
