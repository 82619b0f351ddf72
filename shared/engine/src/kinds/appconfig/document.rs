//! The document that is brought: an object in the artifacts bucket. Nothing of it is ever told.

use super::state::Document;
use crate::config::Configured;
use crate::kinds::PrepareInput;
use crate::ports::{Answered, ObjectId, Objects};
use bytes::Bytes;
use serde_json::Value;
use windlass_domain::artifact::Artifact;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};

/// The largest document that is read, in bytes. AppConfig takes 2 MB of feature flags and free form by default, and
/// more where AWS was asked for it (AWS General Reference, "AWS AppConfig endpoints and quotas"): it says no itself.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The document's bytes. The fault is `Refused` where they are not the pinned ones, or more than are read.
pub(super) async fn read<P: Objects + Configured>(
    home: &P,
    document: &Document,
) -> Answered<Bytes> {
    let object = ObjectId {
        bucket: home.config().artifacts_bucket.clone(),
        key: document.key.clone(),
        version_id: Some(document.version_id.clone()),
    };
    let bytes = home.get(&object, LARGEST).await?;
    let found = Digest::of(&bytes);
    if found == document.sha256 {
        return Ok(bytes);
    }
    Err(Fault::new(
        FaultName::Refused,
        format!(
            "the artifact {} has the SHA-256 {found} and not the pinned {}",
            document.key, document.sha256
        ),
    ))
}

/// The document that a release brings, or what is wrong with it.
pub(super) async fn wanted<P: Objects + Configured>(
    home: &P,
    input: &PrepareInput<'_>,
    is_flags: bool,
) -> Answered<Result<Document, Finding>> {
    let Some(Artifact::Object {
        key,
        version_id,
        sha256,
        ..
    }) = input.artifact
    else {
        return Ok(Err(wrong(
            input,
            FindingName::BadValue,
            "A configuration comes as an object in the artifacts bucket.".into(),
            "Upload the document, and name it with `key` in the manifest.",
        )));
    };
    let document = Document {
        key: key.clone(),
        version_id: version_id.clone(),
        sha256: sha256.clone(),
    };
    let bytes = match read(home, &document).await {
        Ok(bytes) => bytes,
        Err(fault) if fault.name == FaultName::Refused => {
            return Ok(Err(wrong(
                input,
                FindingName::BadValue,
                format!("{}.", fault.message),
                "Upload a document of at most 2 MB, and release it under a new version.",
            )));
        }
        Err(fault) => return Err(fault),
    };
    let objection = if is_flags { flags(&bytes) } else { None };
    Ok(match objection {
        Some(reason) => Err(wrong(
            input,
            FindingName::BadValue,
            format!("The artifact {key} is no document of feature flags: {reason}."),
            "Write it as AWS AppConfig User Guide, \"Understanding the type reference for AWS.AppConfig.FeatureFlags\", says: an object with `version`, `flags` and `values`.",
        )),
        None => Ok(document),
    })
}

/// The reason for which AppConfig would say no at first sight. Its own schema, and the constraints of the flags, it checks itself.
fn flags(bytes: &[u8]) -> Option<&'static str> {
    // The parser's own words may repeat what stands there.
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else {
        return Some("it is not JSON");
    };
    match &document {
        Value::Object(members) if members.contains_key("flags") => None,
        Value::Object(_) => Some("it has no member `flags`"),
        _ => Some("it is no object"),
    }
}

fn wrong(input: &PrepareInput<'_>, name: FindingName, reason: String, remedy: &str) -> Finding {
    Finding::new(
        name,
        format!("components.{}", input.component),
        reason,
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::flags;

    #[test]
    fn what_is_no_document_of_feature_flags_is_told_without_its_content() {
        let table = [
            ("{\"version\":\"1\",\"flags\":{},\"values\":{}}", None),
            ("{\"flags\":{}}", None),
            ("{\"values\":{}}", Some("it has no member `flags`")),
            ("[\"flags\"]", Some("it is no object")),
            ("{\"flags\": s3cret", Some("it is not JSON")),
            ("", Some("it is not JSON")),
        ];
        for (text, wanted) in table {
            assert_eq!(flags(text.as_bytes()), wanted, "{text}");
        }
    }
}
