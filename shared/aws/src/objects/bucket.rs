//! What is true of a whole bucket.

use crate::error::{OrFault, code, fault};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::BucketVersioningStatus;
use std::collections::BTreeMap;
use windlass_engine::ports::Answered;

pub(super) async fn keeps_versions(s3: &Client, bucket: &str) -> Answered<bool> {
    let request = s3.get_bucket_versioning().bucket(bucket);
    let told = request
        .send()
        .await
        .or_fault("GetBucketVersioning", bucket)?;
    Ok(told.status == Some(BucketVersioningStatus::Enabled))
}

pub(super) async fn tags(s3: &Client, bucket: &str) -> Answered<BTreeMap<String, String>> {
    let request = s3.get_bucket_tagging().bucket(bucket);
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
