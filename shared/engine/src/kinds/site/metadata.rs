//! The metadata with which a file of a site is written, and by which it is known again.

use super::files::File;
use crate::ports::{ObjectHead, PutOptions};
use windlass_domain::digest::Digest;
use windlass_domain::identity::DeploymentId;

/// The metadata that holds the SHA-256 of an object's bytes.
const SHA256: &str = "windlass-sha256";
/// The metadata that names the deployment that wrote an object.
pub const DEPLOYMENT: &str = "windlass-deployment";

/// Returns the options with which a file is written.
pub fn put_options(file: &File, deployment: &DeploymentId) -> PutOptions {
    PutOptions {
        content_type: Some(file.content_type.clone()),
        cache_control: Some(file.cache_control.clone()),
        metadata: [(SHA256.to_owned(), file.sha256.to_string()), (DEPLOYMENT.to_owned(), deployment.to_string())]
            .into(),
        sha256: Some(file.sha256.clone()),
        ..PutOptions::default()
    }
}

/// Returns the content of an object, if S3 knows its SHA-256: as the checksum, or as the metadata that Windlass writes,
/// which copies keep.
pub fn file_of(head: &ObjectHead) -> Option<File> {
    let noted = head.metadata.get(SHA256).and_then(|it| Digest::parse(it).ok());
    Some(File {
        sha256: head.sha256.clone().or(noted)?,
        bytes: head.bytes,
        content_type: head.content_type.clone()?,
        cache_control: head.cache_control.clone()?,
        crc32: None,
    })
}
