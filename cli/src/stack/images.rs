//! Images that a stack's template names, which must be in Amazon ECR before it is released.

use windlass_aws::Aws;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};
use windlass_engine::ports::{EcrApi, Image};

/// An image that a template names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackImage {
    /// The file that lists it, as findings call it.
    pub given: String,
    /// The name of its repository.
    pub repository: String,
    /// Its tag.
    pub tag: String,
    /// The region of its repository; `None` for the caller's own.
    pub region: Option<String>,
    /// The path of the file that lists it.
    pub list: String,
}

/// Looks for images in ECR. Returns a finding for each that is not there, and what could not be looked at. An
/// environment that is reached by a role (`is_elsewhere`) may be in another account, which the caller does not see.
pub async fn look(images: &[StackImage], is_elsewhere: bool) -> (Vec<Finding>, Vec<String>) {
    let (mut findings, mut unseen) = (Vec::new(), Vec::new());
    for image in images {
        if is_elsewhere {
            unseen.push(not_seen(image, "its account is reached by a role"));
            continue;
        }
        match seen(image).await {
            Ok(there) => findings.extend(missing(image, there.as_ref())),
            Err(fault) => unseen.push(not_seen(image, &fault.message)),
        }
    }
    (findings, unseen)
}

async fn seen(image: &StackImage) -> Result<Option<Image>, Fault> {
    Aws::for_people(image.region.as_deref()).await?.image(&image.repository, &image.tag).await
}

fn not_seen(image: &StackImage, why: &str) -> String {
    format!("whether the image {}:{} is in Amazon ECR ({why})", image.repository, image.tag)
}

fn missing(image: &StackImage, there: Option<&Image>) -> Option<Finding> {
    let StackImage { given, repository, tag, list, .. } = image;
    there.is_none().then(|| {
        Finding::new(
            FindingName::ArtifactMissing,
            given,
            format!("The image `{repository}:{tag}`, which the template names, is not in Amazon ECR."),
            prose!("Push it first: {}.", run!("npx cdk-assets publish --path {list}")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::digest::Digest;

    #[test]
    fn an_image_that_is_not_there_is_found() {
        let image = StackImage {
            given: "infra=cdk.out: shop.assets.json".into(),
            repository: "cdk-assets".into(),
            tag: "0123".into(),
            region: None,
            list: "cdk.out/shop.assets.json".into(),
        };
        let there = Image {
            repository_uri: "111111111111.dkr.ecr.eu-west-1.amazonaws.com/cdk-assets".into(),
            digest: Digest::of(b"image"),
            tags: vec!["0123".into()],
            media_type: String::new(),
            platforms: vec![],
        };
        assert_eq!(missing(&image, Some(&there)), None);
        let found = missing(&image, None).unwrap();
        assert_eq!((found.name, found.path), (FindingName::ArtifactMissing, image.given));
    }
}
