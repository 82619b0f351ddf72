//! Checks whether what a rollback goes back to is still there.

use super::state::Observed;
use crate::kinds::PrepareInput;
use crate::ports::{AssumeRole, EcrApi, LambdaApi, Result};
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::image::is_same_repository;
use windlass_domain::kinds::lambda::Lambda;
use windlass_domain::place::Place;

/// Tells that a recorded version is no longer there, or is another one by its number.
pub(super) async fn version_gone(
    there: &(impl LambdaApi + EcrApi + AssumeRole),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    version: &str,
    was: &Observed,
) -> Result<Option<Finding>> {
    let found = match there.function(&spec.function, Some(version)).await {
        Err(fault) if fault.name == FaultName::NotFound => {
            return Ok(Some(gone(input, spec, &format!("version {version}"))));
        }
        found => found?,
    };
    let mut recorded = was.versions.iter();
    let recorded = recorded.find(|recorded| recorded.version == version);
    if recorded.is_some_and(|was| was.code_sha256 != found.code_sha256) {
        let what = format!("code of version {version} that ran then");
        return Ok(Some(gone(input, spec, &what)));
    }
    image_gone(there, input, spec, found.image.as_deref()).await
}

/// Lambda cannot start an image for ever whose repository has it no longer (AWS Lambda API
/// Reference, FunctionConfiguration, `StateReasonCode`: `ImageDeleted`). Only the declared
/// repository is looked into: nothing is known of another one's permissions.
pub(super) async fn image_gone(
    there: &(impl EcrApi + AssumeRole),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    image: Option<&str>,
) -> Result<Option<Finding>> {
    let declared = spec.repository.as_deref();
    let (Some((repository, digest)), Some(declared)) = (image.and_then(|image| image.split_once('@')), declared) else {
        return Ok(None);
    };
    if !is_same_repository(repository, declared) {
        return Ok(None);
    }
    let home = there.at(&Place::default());
    let found = home.image(repository, digest).await?;
    let what = format!("image {digest} that ran then");
    Ok(found.is_none().then(|| gone(input, spec, &what)))
}

/// Makes the finding that something is gone.
pub(super) fn gone(input: &PrepareInput<'_>, spec: &Lambda, what: &str) -> Finding {
    Finding::new(
        FindingName::ArtifactMissing,
        input.path("function"),
        format!("The {what} of {} is no longer there.", spec.function),
        "Roll back to another snapshot, or deploy the wanted release again.",
    )
}
