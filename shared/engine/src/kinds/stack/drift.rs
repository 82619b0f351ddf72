//! The findings of CloudFormation's last drift detection, whoever has asked for it. Windlass asks for none: a detection
//! takes minutes, and reads every resource of the stack.

use crate::ports::{CloudFormationApi, Result, Stack, StackResource};
use windlass_domain::text::time::Time;

/// The types of which components own fields, such as the code of a function. The list of resources does not say which
/// fields of one have changed.
const OWNED: [&str; 4] =
    ["AWS::CloudFront::Distribution", "AWS::ECS::Service", "AWS::Lambda::Alias", "AWS::Lambda::Function"];

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
    /// The resources that somebody has changed or deleted, by their names in the template.
    pub changed: Vec<String>,
    /// Those that may have been changed by the components that own fields of them.
    pub perhaps: Vec<String>,
}

/// Reads what was found; `None` if nobody has asked for it yet, or AWS could not say.
pub(super) async fn detected(at: &impl CloudFormationApi, stack: &Stack) -> Result<Option<Detected>> {
    let Some((found, Some(when))) = &stack.drift else { return Ok(None) };
    let said = DETECTED.iter().find(|(word, _)| word == found).and_then(|(_, has_drifted)| *has_drifted);
    let Some(has_drifted) = said else { return Ok(None) };
    let mut detected = Detected { at: *when, ..Detected::default() };
    if has_drifted {
        at.stack_resources(&stack.id).await?.into_iter().for_each(|resource| detected.take(resource));
    }
    Ok(Some(detected))
}

impl Detected {
    fn take(&mut self, resource: StackResource) {
        if !OF_A_RESOURCE.iter().any(|(word, is_changed)| *is_changed && resource.drift.as_deref() == Some(*word)) {
            return;
        }
        let is_owned = OWNED.contains(&resource.kind.as_str());
        let list = if is_owned { &mut self.perhaps } else { &mut self.changed };
        list.push(resource.logical);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_components_may_have_changed_is_listed_beside_what_others_have() {
        let mut detected = Detected::default();
        for (logical, kind, drift) in [
            ("Api", "AWS::Lambda::Function", "MODIFIED"),
            ("Role", "AWS::IAM::Role", "MODIFIED"),
            ("Topic", "AWS::SNS::Topic", "DELETED"),
            ("Queue", "AWS::SQS::Queue", "IN_SYNC"),
            ("Custom", "Custom::Any", "NOT_CHECKED"),
        ] {
            let texts = [logical, "physical", kind, "UPDATE_COMPLETE"].map(str::to_owned);
            let [logical, physical, kind, status] = texts;
            detected.take(StackResource { logical, physical, kind, status, drift: Some(drift.into()) });
        }
        assert_eq!(detected.changed, ["Role", "Topic"]);
        assert_eq!(detected.perhaps, ["Api"]);
    }
}
