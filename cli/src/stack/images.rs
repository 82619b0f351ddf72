//! Images that a stack's template names, which must be in Amazon ECR before it is released.

use windlass_aws::Aws;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};
use windlass_engine::ports::{AssumeRole as _, EcrApi as _, Image};

/// An image that a template names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackImage {
    /// The file that lists it, as findings call it.
    pub given: String,
    /// The name of its repository. What is not known of its place stands in it as in the template ([`filled`]).
    pub repository: String,
    /// Its tag.
    pub tag: String,
    /// The account of its repository; `None` for the caller's own.
    pub account: Option<String>,
    /// The region of its repository; `None` for the caller's own.
    pub region: Option<String>,
    /// The path of the file that lists it.
    pub list: String,
}

/// Returns a name with account, region and partition in their places, as far as they are known.
pub fn filled(name: &str, known: [Option<&str>; 3]) -> String {
    let places = ["${AWS::AccountId}", "${AWS::Region}", "${AWS::Partition}"].into_iter().zip(known);
    let known = places.filter_map(|(place, known)| Some((place, known?)));
    known.fold(name.to_owned(), |name, (place, known)| name.replace(place, known))
}

/// Looks for images in ECR. Returns a finding for each that is not there, and what could not be looked at: the caller
/// does not see another account.
pub async fn look(images: &[StackImage]) -> (Vec<Finding>, Vec<String>) {
    let (mut findings, mut unseen) = (Vec::new(), Vec::new());
    for image in images {
        match found(image).await {
            Ok(finding) => findings.extend(finding),
            Err(Fault { message, .. }) => {
                let StackImage { repository, tag, .. } = image;
                unseen.push(format!("whether the image {repository}:{tag} is in Amazon ECR ({message})"));
            }
        }
    }
    (findings, unseen)
}

async fn found(image: &StackImage) -> Result<Option<Finding>, Fault> {
    let place = Place { region: image.region.clone(), role: None };
    let there = Aws::for_people(image.region.as_deref()).await?.at(&place);
    let [partition, region, account] = there.caller().await?;
    if let Some(other) = image.account.as_ref().filter(|other| **other != account) {
        let message = format!("it is in the account {other}, and you are in {account}");
        return Err(Fault::new(FaultName::AccessDenied, message));
    }
    let own = [Some(account.as_str()), Some(region.as_str()), Some(partition.as_str())];
    let (repository, tag) = (filled(&image.repository, own), filled(&image.tag, own));
    let image = StackImage { repository, tag, ..image.clone() };
    Ok(missing(&image, there.image(&image.repository, &image.tag).await?.as_ref()))
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
            account: None,
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

    #[test]
    fn what_is_known_of_a_place_stands_in_a_name() {
        let name = "cdk-${AWS::AccountId}-${AWS::Region}-${Other}";
        let table = [
            ([None; 3], name),
            ([Some("1"), None, None], "cdk-1-${AWS::Region}-${Other}"),
            ([Some("1"), Some("eu-west-1"), Some("aws")], "cdk-1-eu-west-1-${Other}"),
        ];
        for (known, wanted) in table {
            assert_eq!(filled(name, known), wanted);
        }
    }
}
