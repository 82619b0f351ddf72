//! Deleting many objects with one call.

use crate::error::OrFault;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, Error, ObjectIdentifier};
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::Result;

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
    let told = sent.await.or_fault("DeleteObjects", &format!("s3://{bucket}"))?;
    let failed = told.errors.unwrap_or_default();
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
