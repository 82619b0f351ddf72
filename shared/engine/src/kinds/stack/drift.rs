//! The findings of CloudFormation's last drift detection, whoever has asked for it. Windlass asks for none: a detection
//! takes minutes, and reads every resource of the stack.

use crate::ports::{CloudFormationApi, DriftedResource, Result, Stack};
use windlass_domain::text::time::Time;

/// The properties that components own, such as the code of a function, by the type of the resource
/// (`owned_fields.rs`). `*` is any element of a list.
const OWNED: [(&str, &str); 5] = [
    ("AWS::CloudFront::Distribution", "/DistributionConfig/Origins/*/OriginPath"),
    ("AWS::ECS::Service", "/TaskDefinition"),
    ("AWS::Lambda::Alias", "/FunctionVersion"),
    ("AWS::Lambda::Alias", "/RoutingConfig"),
    ("AWS::Lambda::Function", "/Code"),
];

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

/// Reads what was found; `None` if nobody has asked for it yet, or AWS could not say.
pub(super) async fn detected(at: &impl CloudFormationApi, stack: &Stack) -> Result<Option<Detected>> {
    let Some((found, Some(when))) = &stack.drift else { return Ok(None) };
    let said = DETECTED.iter().find(|(word, _)| word == found).and_then(|(_, has_drifted)| *has_drifted);
    let Some(has_drifted) = said else { return Ok(None) };
    let mut detected = Detected { at: *when, ..Detected::default() };
    if has_drifted {
        at.drifted(&stack.id).await?.into_iter().for_each(|resource| detected.take(resource));
    }
    Ok(Some(detected))
}

impl Detected {
    fn take(&mut self, resource: DriftedResource) {
        if !OF_A_RESOURCE.iter().any(|(word, is_changed)| *is_changed && resource.status == *word) {
            return;
        }
        let is_owned = !resource.places.is_empty() && resource.places.iter().all(|it| is_owned(&resource.kind, it));
        let list = if is_owned { &mut self.perhaps } else { &mut self.changed };
        list.push(resource.logical);
    }
}

/// Returns whether components own a property of a type of resource, or what it is a part of.
fn is_owned(kind: &str, place: &str) -> bool {
    let is_in = |field: &str| {
        let mut parts = place.split('/');
        field.split('/').all(|one| parts.next().is_some_and(|part| one == "*" || one == part))
    };
    OWNED.iter().any(|(of, field)| *of == kind && is_in(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_of_which_components_have_changed_only_their_own_is_listed_beside_others() {
        let origin = ["/DistributionConfig/Origins/0/OriginPath", "/DistributionConfig/Origins/0/DomainName"];
        // Whether it is listed as changed, or only beside these; `None` if it is not listed.
        let table: [(&str, &[&str], &str, Option<bool>); 11] = [
            ("AWS::Lambda::Function", &["/Code/S3Key"], "MODIFIED", Some(false)),
            ("AWS::Lambda::Function", &["/Code/S3Key", "/Timeout"], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &["/CodeSigningConfigArn"], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &[], "MODIFIED", Some(true)),
            ("AWS::Lambda::Function", &[], "DELETED", Some(true)),
            ("AWS::Lambda::Alias", &["/FunctionVersion", "/RoutingConfig"], "MODIFIED", Some(false)),
            ("AWS::CloudFront::Distribution", &origin[..1], "MODIFIED", Some(false)),
            ("AWS::CloudFront::Distribution", &origin, "MODIFIED", Some(true)),
            ("AWS::IAM::Role", &["/Code"], "MODIFIED", Some(true)),
            ("AWS::SQS::Queue", &[], "IN_SYNC", None),
            ("Custom::Any", &[], "NOT_CHECKED", None),
        ];
        for (kind, places, status, expected) in table {
            let places = places.iter().map(|place| (*place).to_owned()).collect();
            let mut detected = Detected::default();
            detected.take(DriftedResource { logical: "It".into(), kind: kind.into(), status: status.into(), places });
            let lists = (detected.changed.len(), detected.perhaps.len());
            let expected = expected.map_or((0, 0), |is_changed| if is_changed { (1, 0) } else { (0, 1) });
            assert_eq!(lists, expected, "{kind} {status}");
        }
    }
}
