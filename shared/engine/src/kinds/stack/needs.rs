//! The permissions that a release of a stack needs (Service Authorization Reference, AWS CloudFormation).

use super::find::role_of;
use crate::kinds::PrepareInput;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{CloudFormationApi, Result};
use crate::trouble::if_there;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::stack::Stack as Spec;

/// The calls of a release; see [`crate::kinds::needs`]. A stack that is not there yet has the tags that it will get.
pub async fn needs(
    there: &impl CloudFormationApi,
    _: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let stack = if_there(there.stack(&spec.stack).await)?;
    Ok(of(by, spec, &stack.map(|stack| stack.tags).unwrap_or_default()))
}

/// Returns the calls. Pure. The id behind a stack's name is known to nobody before it is made.
fn of(by: &DeployerRole<'_>, spec: &Spec, tags: &BTreeMap<String, String>) -> Vec<Needed> {
    let stack = by.arn("cloudformation", &format!("stack/{}/1", spec.stack));
    let sets = ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DeleteChangeSet"];
    let ways_back =
        ["cloudformation:CancelUpdateStack", "cloudformation:ContinueUpdateRollback", "cloudformation:DeleteStack"];
    let role = role_of(by, &spec.role);
    vec![
        Needed::on("stack", stack.clone(), &sets)
            .tagged(tags)
            .with("cloudformation:ChangeSetName", "windlass-0123456789abcdef-infra")
            .with("cloudformation:RoleArn", &role),
        Needed::on("stack", stack, &ways_back).tagged(tags).with("cloudformation:RoleArn", &role),
        Needed::on("role", role, &["iam:PassRole"]).with("iam:PassedToService", "cloudformation.amazonaws.com"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_role_is_passed_to_cloudformation_alone() {
        let by =
            DeployerRole { role: "arn:aws:iam::222222222222:role/windlass-target", is_own: true, region: "eu-west-1" };
        for named in ["shop-stack", "arn:aws:iam::222222222222:role/shop-stack"] {
            let spec: Spec = serde_json::from_value(json!({"stack": "shop", "role": named, "within_s": 60})).unwrap();
            let needed = of(&by, &spec, &BTreeMap::new());
            let resources: Vec<&str> = needed.iter().map(|one| one.resource.as_str()).collect();
            let stack = "arn:aws:cloudformation:eu-west-1:222222222222:stack/shop/1";
            assert_eq!(resources, [stack, stack, "arn:aws:iam::222222222222:role/shop-stack"]);
            assert_eq!(needed[2].context["iam:PassedToService"], "cloudformation.amazonaws.com");
        }
    }

    #[test]
    fn the_tags_of_the_stack_decide_its_calls_and_not_the_role_s() {
        let by = DeployerRole { role: "arn:aws:iam::222222222222:role/windlass", is_own: false, region: "eu-west-1" };
        let spec: Spec = serde_json::from_value(json!({"stack": "shop", "role": "a", "within_s": 60})).unwrap();
        let tags = [("windlass:app".to_owned(), "shop".to_owned())].into();
        let tagged = |one: &Needed| one.context.contains_key("aws:ResourceTag/windlass:app");
        assert_eq!(of(&by, &spec, &tags).iter().map(tagged).collect::<Vec<_>>(), [true, true, false]);
    }
}
