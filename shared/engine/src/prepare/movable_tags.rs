//! Warns where the tags of an image repository may be moved. A release pins its image when it is accepted: until then a
//! tag means what whoever may push there puts under it.

use super::scene::{Ports, WantedComponent};
use crate::ports::Result;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::image::repository_name;

/// The beginning of what ECR answers of a repository whose tags stay where they are, some exceptions aside (Amazon ECR
/// API Reference, Repository, `imageTagMutability`).
const IMMUTABLE: &str = "IMMUTABLE";

/// Returns a warning for each repository of the component whose tags may be moved. What may not be read, or is not
/// there, warns of nothing here: a release of an image says so.
pub async fn warnings(ports: &impl Ports, wanted: &WantedComponent<'_>) -> Result<Vec<Finding>> {
    let mut warnings = Vec::new();
    for repository in wanted.component.spec.repositories() {
        let name = repository_name(repository);
        match ports.tag_mutability(name).await {
            Ok(Some(told)) if !told.starts_with(IMMUTABLE) => {
                warnings.push(warning(wanted, name));
            }
            Ok(_) => {}
            Err(fault) if fault.name == FaultName::AccessDenied => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(warnings)
}

fn warning(wanted: &WantedComponent<'_>, repository: &str) -> Finding {
    Finding::new(
        FindingName::MayMove,
        format!("components.{}", wanted.name),
        format!(
            "A tag of repository {repository} may be moved, so that whoever may push there chooses what a release of the tag is until that has pinned it."
        ),
        format!(
            "Release `{repository}@sha256:…`, the digest that the push returned; or keep the tags where they are: `aws ecr put-image-tag-mutability --repository-name {repository} --image-tag-mutability {IMMUTABLE}`."
        ),
    )
}
