//! Which version of a Lambda function a step brings.

use crate::ports::{Function, Functions};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::Lambda;
use windlass_domain::digest::Digest;

/// Finds the newest published version with the artifact's bytes; `$LATEST` for a function without
/// an alias, which is live at once. The error is a sentence.
pub async fn version<P: Functions>(
    there: &P,
    spec: &Lambda,
    artifact: Option<&Artifact>,
) -> Result<String, String> {
    if spec.alias.is_none() {
        return Ok("$LATEST".to_owned());
    }
    let Some(artifact) = artifact else {
        return Err("it is not known which bytes the version has".to_owned());
    };
    let versions = there.versions(&spec.function).await;
    let versions = versions.map_err(|fault| fault.to_string())?;
    let found = versions
        .iter()
        .rev()
        .find(|version| runs(version, artifact.digest()));
    found
        .map(|version| version.version.clone())
        .ok_or_else(|| format!("no published version has the bytes {artifact}"))
}

/// Lambda writes the SHA-256 of a zip in base64, and that of an image as its digest's digits.
fn runs(version: &Function, digest: &Digest) -> bool {
    let zip = BASE64_STANDARD.encode(digest.to_bytes());
    version.code_sha256 == zip || version.code_sha256 == digest.as_str()
}
