//! Templates are kept as documents, and CloudFormation gets one in its call or by an address.

use crate::config::Configured;
use crate::kinds::KeptDocuments;
use crate::ports::{Clock, ObjectId, PutOptions, Result, S3Api, TemplateFrom};
use bytes::Bytes;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::partition::Partition;

/// The most bytes of a template that is sent in the call itself (AWS CloudFormation User Guide, "Understand
/// CloudFormation quotas").
const IN_A_CALL: usize = 51_200;

/// The folder of all stacks below `windlass/`.
const STACKS: &str = "stacks";

/// The folder below that of the templates that are only sent, which no application has as its name. The rules of the
/// bucket delete them after some days.
const SENT: &str = "_sent";

/// Returns the templates that are kept of a component, each under the digest of its text.
pub(super) fn kept<'a, P: S3Api + Clock + Configured>(home: &'a P, owner: &str) -> KeptDocuments<'a, P> {
    KeptDocuments::of(home, STACKS, owner)
}

/// Returns a template in the form in which CloudFormation takes it. One that is too large for a call is put into the
/// artifacts bucket first, from which CloudFormation reads it with the caller's rights.
pub(super) async fn of_text(home: &(impl S3Api + Configured), owner: &str, text: String) -> Result<TemplateFrom> {
    if text.len() <= IN_A_CALL {
        return Ok(TemplateFrom::Body(text));
    }
    let sha256 = Digest::of(text.as_bytes());
    let object = home.artifact(&format!("windlass/{STACKS}/{SENT}/{owner}/{sha256}.template"), None);
    // What is there already is the same, and its days begin anew.
    let options = PutOptions { sha256: Some(sha256), ..PutOptions::default() };
    home.put(&object.bucket, &object.key, Bytes::from(text), &options).await?;
    Ok(TemplateFrom::Url(url(&home.config().region, &object)))
}

/// Returns the address of an object in a bucket of this region, as CloudFormation takes it (Amazon S3 User Guide,
/// "Methods for accessing a bucket").
fn url(region: &str, object: &ObjectId) -> String {
    let suffix = Partition::of(region).suffix;
    format!("https://s3.{region}.{suffix}/{}/{}", object.bucket, object.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_an_address_in_its_partition() {
        let object = ObjectId { bucket: "artifacts".into(), key: "a/b.template".into(), version_id: None };
        for (region, expected) in [
            ("eu-west-1", "https://s3.eu-west-1.amazonaws.com/artifacts/a/b.template"),
            ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/artifacts/a/b.template"),
        ] {
            assert_eq!(url(region, &object), expected);
        }
    }
}
