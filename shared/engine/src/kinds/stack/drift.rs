//! The findings of CloudFormation's last drift detection, whoever has asked for it. Windlass asks for none: a detection
//! takes minutes, and reads every resource of the stack.

use crate::kinds::{AwsResource, owned_fields};
use crate::ports::{CloudFormationApi, DriftedResource, Result, Stack};
use windlass_domain::text::time::Time;

/// Each result of a detection, and whether something has drifted; `None` if it does not say (AWS CloudFormation API
/// Reference, StackDriftInformation).
pub(super) const DETECTED: [(&str, Option<bool>); 4] =
    [("DRIFTED", Some(true)), ("IN_SYNC", Some(false)), ("UNKNOWN", None), ("NOT_CHECKED", None)];

/// Each result for one resource, and whether somebody has changed or deleted it (the same,
/// StackResourceDriftInformation).
pub(super) const OF_A_RESOURCE: [(&str, bool); 6] = [
    ("MODIFIED", true),
    ("DELETED", true),
    ("IN_SYNC", false),
    ("UNKNOWN", false),
    ("NOT_CHECKED", false),
    ("UNSUPPORTED", false),
];

/// The result of a drift detection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// The time of it.
    pub at: Time,
    /// The resources that somebody has deleted, or changed in what no component owns, by their names in the template.
    pub changed: Vec<String>,
    /// Those of which nothing has changed but fields that components own.
    pub perhaps: Vec<String>,
}

/// Reads what was found, beside what components claim; `None` if nobody has asked for it yet, or AWS could not say.
pub(super) async fn detected(
    at: &impl CloudFormationApi,
    stack: &Stack,
    claimed: Option<&[String]>,
) -> Result<Option<Detected>> {
    let Some((found, Some(when))) = &stack.drift else { return Ok(None) };
    let said = DETECTED.iter().find(|(word, _)| word == found).and_then(|(_, has_drifted)| *has_drifted);
    let Some(has_drifted) = said else { return Ok(None) };
    let mut detected = Detected { at: *when, ..Detected::default() };
    if has_drifted {
        at.drifted(&stack.id).await?.into_iter().for_each(|resource| detected.take(resource, &stack.id, claimed));
    }
    Ok(Some(detected))
}

impl Detected {
    fn take(&mut self, resource: DriftedResource, stack: &str, claimed: Option<&[String]>) {
        if !OF_A_RESOURCE.iter().any(|(word, is_changed)| *is_changed && resource.status == *word) {
            return;
        }
        let DriftedResource { logical, physical, kind, places, .. } = resource;
        let it = AwsResource { kind, physical, beside: stack.to_owned() };
        let is_owned = !places.is_empty() && places.iter().all(|place| owned_fields::is_owned(&it, place, claimed));
        let list = if is_owned { &mut self.perhaps } else { &mut self.changed };
        list.push(logical);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_of_which_components_have_changed_only_their_own_is_listed_beside_others() {
        let (stack, place) = ("arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1", "eu-west-1:111111111111");
        let origin = ["/DistributionConfig/Origins/0/OriginPath", "/DistributionConfig/Origins/0/DomainName"];
        // Whether it is listed as changed, or only beside these if its component claims it; `None` if it is not listed.
        let table: [(&str, &[&str], &str, Option<bool>); 12] = [
            ("AWS::Lambda::Function", &["/Code/S3Key"], "MODIFIED", Some(false)),
            ("AWS::Lambda::Function", &["/Code/S3Key", "/Timeout"], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &["/CodeSigningConfigArn"], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &[], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &[], "DELETED", Some(true)),
            ("AWS::Lambda::Alias", &["/FunctionVersion", "/RoutingConfig"], "MODIFIED", Some(false)),
            ("AWS::ECS::Service", &["/TaskDefinition"], "MODIFIED", Some(false)),
            ("AWS::CloudFront::Distribution", &origin[..1], "MODIFIED", Some(false)),
            ("AWS::CloudFront::Distribution", &origin, "MODIFIED", Some(true)),
            ("AWS::IAM::Role", &["/Code"], "MODIFIED", Some(true)),
            ("AWS::SQS::Queue", &[], "IN_SYNC", None),
            ("Custom::Any", &[], "NOT_CHECKED", None),
        ];
        // The name of a resource in its service by its type, and the claim on it.
        let function = format!("arn:aws:lambda:{place}:function:api");
        let service = format!("arn:aws:ecs:{place}:service/shop/api");
        let named = |kind: &str| match kind {
            "AWS::Lambda::Alias" => (format!("{function}:live"), function.clone()),
            "AWS::ECS::Service" => (service.clone(), service.clone()),
            "AWS::CloudFront::Distribution" => {
                ("E1".into(), "arn:aws:cloudfront::111111111111:distribution/E1#web".into())
            }
            _ => ("api".into(), function.clone()),
        };
        for (kind, places, status, expected) in table {
            let (physical, claim) = named(kind);
            let of_others = [format!("{}-2", claim.replace("E1", "E2")), "s3://api/".to_owned()];
            for (claimed, by_owner) in [(None, true), (Some(&[claim][..]), true), (Some(&of_others[..]), false)] {
                let places = places.iter().map(|place| (*place).to_owned()).collect();
                let mut detected = Detected::default();
                let (kind, physical, status) = (kind.to_owned(), physical.clone(), status.to_owned());
                let drifted = DriftedResource { logical: "It".into(), physical, kind, status, places };
                detected.take(drifted.clone(), stack, claimed);
                let lists = (detected.changed.len(), detected.perhaps.len());
                let is_changed = expected.map(|is_changed| is_changed || !by_owner);
                let expected = is_changed.map_or((0, 0), |is_changed| if is_changed { (1, 0) } else { (0, 1) });
                assert_eq!(lists, expected, "{drifted:?} {claimed:?}");
            }
        }
    }
}
