//! The permissions that a release of a stack needs (Service Authorization Reference, AWS CloudFormation).

use super::empty_place;
use super::find::role_of;
use super::state::standing;
use crate::config::Configured;
use crate::kinds::PrepareInput;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{CloudFormationApi, Result, Stack};
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::kinds::stack::template::{read, transforms};

/// The beginning of the name of a transform that AWS itself carries out.
const OF_AWS: &str = "AWS::";

/// The calls of a release; see [`crate::kinds::needs`]. A stack that is not there yet has the tags that it will get.
/// Which transforms it will have is known to nobody then: a check brings no template.
pub async fn needs(
    there: &(impl CloudFormationApi + Configured),
    _: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let stack = if_there(there.stack(&spec.stack).await)?;
    let template = match stack.as_ref().filter(|stack| is_made(stack)) {
        Some(stack) => read(&there.template(&stack.id, None).await?).unwrap_or_default(),
        None => Value::Null,
    };
    let place = empty_place::role(there.config(), by.is_own.then_some(by.role));
    let mut needed = of_stack(by, spec, stack.as_ref(), place);
    needed.extend(transforms(&template).into_iter().flat_map(|name| to_expand(by, spec, name)));
    Ok(needed)
}

fn is_made(stack: &Stack) -> bool {
    standing(&stack.status).is_made()
}

/// Returns the calls but for those of transforms. Only a stack that is to be made has an empty place first. Pure.
fn of_stack(by: &DeployerRole<'_>, spec: &Spec, stack: Option<&Stack>, place: Option<String>) -> Vec<Needed> {
    let mut needed = of(by, spec, &stack.map(|stack| stack.tags.clone()).unwrap_or_default());
    let place = place.filter(|_| !stack.is_some_and(is_made));
    needed.extend(place.into_iter().flat_map(|role| to_let_go(by, spec, &role)));
    needed
}

/// Returns the calls by which the empty place of a change set is deleted. Pure.
fn to_let_go(by: &DeployerRole<'_>, spec: &Spec, role: &str) -> [Needed; 2] {
    let stack = by.arn("cloudformation", &format!("stack/{}/1", spec.stack));
    [
        Needed::on("stack", stack, &["cloudformation:DeleteStack"]).with("cloudformation:RoleArn", role),
        Needed::on("stack", role.to_owned(), &["iam:PassRole"])
            .with("iam:PassedToService", "cloudformation.amazonaws.com"),
    ]
}

/// Returns the calls by which a template with a transform of AWS becomes a change set: one of the role that makes it,
/// and one of the role that CloudFormation acts with (AWS CloudFormation User Guide, "Control CloudFormation access
/// with AWS Identity and Access Management"). A macro of the account is no such resource. Pure.
fn to_expand(by: &DeployerRole<'_>, spec: &Spec, transform: &str) -> Vec<Needed> {
    let Some(name) = transform.strip_prefix(OF_AWS) else {
        return vec![];
    };
    let resource = format!("arn:{}:cloudformation:{}:aws:transform/{name}", by.partition(), by.region);
    let call = |member| Needed::on(member, resource.clone(), &["cloudformation:CreateChangeSet"]);
    vec![call("stack"), call("role").by(&role_of(by, &spec.role))]
}

/// Returns the other calls. Pure. The id behind a stack's name is known to nobody before it is made.
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
    fn a_transform_of_aws_is_asked_for_of_both_roles() {
        let by = DeployerRole { role: "arn:aws:iam::222222222222:role/windlass", is_own: true, region: "eu-west-1" };
        let spec: Spec = serde_json::from_value(json!({"stack": "shop", "role": "a", "within_s": 60})).unwrap();
        let needed = to_expand(&by, &spec, "AWS::Serverless-2016-10-31");
        let transform = "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31";
        assert!(needed.iter().all(|one| one.resource == transform), "{needed:?}");
        let roles: Vec<Option<&str>> = needed.iter().map(|one| one.by.as_deref()).collect();
        assert_eq!(roles, [None, Some("arn:aws:iam::222222222222:role/a")]);
        assert_eq!(to_expand(&by, &spec, "MyMacro"), []);
    }

    #[test]
    fn an_empty_place_is_deleted_with_a_role_of_its_own() {
        let by = DeployerRole { role: "arn:aws:iam::222222222222:role/windlass", is_own: true, region: "eu-west-1" };
        let spec: Spec = serde_json::from_value(json!({"stack": "shop", "role": "a", "within_s": 60})).unwrap();
        let [deletes, passes] = to_let_go(&by, &spec, "arn:aws:iam::222222222222:role/windlass-place");
        assert_eq!(deletes.context["cloudformation:RoleArn"], passes.resource);
        assert_eq!(passes.context["iam:PassedToService"], "cloudformation.amazonaws.com");
    }

    #[test]
    fn only_a_stack_that_is_to_be_made_has_an_empty_place() {
        let by = DeployerRole { role: "arn:aws:iam::222222222222:role/windlass", is_own: true, region: "eu-west-1" };
        let spec: Spec = serde_json::from_value(json!({"stack": "shop", "role": "a", "within_s": 60})).unwrap();
        let place = "arn:aws:iam::222222222222:role/windlass-place";
        for (status, has_place) in [(None, true), (Some("REVIEW_IN_PROGRESS"), true), (Some("UPDATE_COMPLETE"), false)]
        {
            let stack = status.map(|status| Stack { status: status.into(), ..Stack::default() });
            let needed = of_stack(&by, &spec, stack.as_ref(), Some(place.into()));
            assert_eq!(needed.iter().any(|one| one.resource == place), has_place, "{status:?}");
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
