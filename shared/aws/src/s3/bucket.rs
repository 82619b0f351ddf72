//! Reads of a whole bucket.

use crate::counts::count;
use crate::error::{OrFault, code, fault};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, ExpirationStatus, LifecycleRule as Told};
use std::collections::BTreeMap;
use windlass_engine::ports::{LifecycleRule, Result};

pub(super) async fn keeps_versions(s3: &Client, bucket: &str) -> Result<bool> {
    let request = s3.get_bucket_versioning().bucket(bucket);
    let told = request.send().await.or_fault("GetBucketVersioning", bucket)?;
    Ok(told.status == Some(BucketVersioningStatus::Enabled))
}

pub(super) async fn tags(s3: &Client, bucket: &str) -> Result<BTreeMap<String, String>> {
    let request = s3.get_bucket_tagging().bucket(bucket);
    match request.send().await {
        Ok(told) => Ok(told.tag_set.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        // A bucket without tags is an error to S3.
        Err(error) if code(&error) == Some("NoSuchTagSet") => Ok(BTreeMap::new()),
        Err(error) => Err(fault(&error, "GetBucketTagging", bucket)),
    }
}

pub(super) async fn lifecycle(s3: &Client, bucket: &str) -> Result<Vec<LifecycleRule>> {
    let request = s3.get_bucket_lifecycle_configuration().bucket(bucket);
    match request.send().await {
        Ok(told) => Ok(told.rules.unwrap_or_default().iter().map(rule).collect()),
        // A bucket without rules is an error to S3.
        Err(error) if code(&error) == Some("NoSuchLifecycleConfiguration") => Ok(Vec::new()),
        Err(error) => Err(fault(&error, "GetBucketLifecycleConfiguration", bucket)),
    }
}

fn rule(told: &Told) -> LifecycleRule {
    let filter = told.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let several = and.is_some_and(|and| !and.tags().is_empty());
    // Rules that were written before there were filters have a prefix of their own.
    #[expect(deprecated, reason = "such rules still hold")]
    let old = told.prefix.as_ref();
    let new = filter.and_then(|filter| filter.prefix.as_ref());
    let prefix = new.or(and.and_then(|and| and.prefix.as_ref())).or(old);
    let current = told.expiration.as_ref();
    let noncurrent = told.noncurrent_version_expiration.as_ref();
    let date = current.and_then(|it| it.date).map(|_| 0);
    LifecycleRule {
        id: told.id.clone().unwrap_or_default(),
        enabled: told.status == ExpirationStatus::Enabled,
        prefix: prefix.cloned().unwrap_or_default(),
        by_tag: several || filter.is_some_and(|filter| filter.tag.is_some()),
        current_days: current.and_then(|it| it.days).map(count).or(date),
        noncurrent_days: noncurrent.and_then(|it| it.noncurrent_days).map(count),
        noncurrent_kept: noncurrent.and_then(|it| it.newer_noncurrent_versions).map_or(0, count),
    }
}
