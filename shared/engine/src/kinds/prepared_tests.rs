//! Tests the tags by which a target is ours.

use super::*;
use windlass_domain::declaration::installation::INSTALLATION_TAG;
use windlass_domain::declaration::resolved::TargetRole;

/// Returns what a kind is asked about a component without artifact and former state. The names are never given back.
pub(crate) fn asked_of<'a>(component: &str, place: &'a Place) -> PrepareInput<'a> {
    static LOSES: BTreeSet<String> = BTreeSet::new();
    static INPUTS: Inputs = Inputs::new();
    PrepareInput {
        deployment: Box::leak(Box::new(DeploymentId("0123456789abcdef".into()))),
        app: Box::leak(Box::new(AppName::new("shop").unwrap())),
        environment: Box::leak(Box::new(EnvironmentName::new("prod").unwrap())),
        component: Box::leak(Box::new(ComponentName::new(component).unwrap())),
        home: None,
        artifact: None,
        goal_state: None,
        is_check: false,
        is_plan: false,
        is_trial: false,
        may_lose: &LOSES,
        takes_losses: true,
        running: None,
        oldest: None,
        again: false,
        image_of: None,
        inputs: &INPUTS,
        withdrawals: Withdrawals::default(),
        place,
    }
}

fn finding(place: &Place, tags: &[(&str, &str)]) -> Option<Finding> {
    let input = asked_of("api", place);
    let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let arn = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";
    input.check_tags("function", ("function shop-api-prod", Some(arn)), &tags)
}

#[test]
fn tags_must_name_application_and_environment() {
    let here = Place::default();
    assert_eq!(finding(&here, &[(APP_TAG, "shop"), (ENVIRONMENT_TAG, "prod")]), None);
    let found = finding(&here, &[(APP_TAG, "other")]).unwrap();
    assert_eq!(found.name, FindingName::TargetNotOurs);
    assert_eq!(found.path, "components.api.function");
    assert_eq!(
        found.reason.written(),
        "The tags of the function shop-api-prod do not make it ours: `windlass:app` is `other` and not `shop`; `windlass:environment` is missing."
    );
}

#[test]
fn only_where_tags_are_missing_the_remedy_is_to_write_them() {
    let untagged = "Tag the function shop-api-prod with `windlass:app`: `shop` and `windlass:environment`: `prod`, or give the environment a role of its own (`role_arn`), which then decides what is reached. This tags it: `aws resourcegroupstaggingapi tag-resources --tags windlass:app=shop,windlass:environment=prod --resource-arn-list arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod`.";
    let of_another = "Name a target of `shop` in `prod` instead: the function shop-api-prod is another one's. Before you take it over, its owner has to let go of it or hand it over (docs/let-go.md).";
    let (ours, theirs) = ((APP_TAG, "shop"), (APP_TAG, "other"));
    for (tags, remedy) in [
        (&[][..], untagged),
        (&[ours], untagged),
        (&[(ENVIRONMENT_TAG, "prod")], untagged),
        (&[theirs], of_another),
        (&[theirs, (ENVIRONMENT_TAG, "prod")], of_another),
        (&[ours, (ENVIRONMENT_TAG, "dev")], of_another),
        (&[(ENVIRONMENT_TAG, "dev")], of_another),
        (&[(APP_TAG, "")], of_another),
    ] {
        assert_eq!(finding(&Place::default(), tags).unwrap().remedy.written(), remedy, "{tags:?}");
    }
}

/// Safety: tenancy: A resource of an installation of Windlass is nobody's target, whatever other tags it carries.
#[test]
fn what_belongs_to_an_installation_is_no_target_with_the_right_tags() {
    let tags = [(APP_TAG, "shop"), (ENVIRONMENT_TAG, "prod"), (INSTALLATION_TAG, "other")];
    let found = finding(&Place::default(), &tags).unwrap();
    assert_eq!(found.name, FindingName::PartOfWindlass);
    assert_eq!(found.path, "components.api.function");
}

#[test]
fn an_assumed_role_stands_for_the_tags() {
    let elsewhere = Place {
        region: None,
        role: Some(TargetRole {
            arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
            external_id: "shop/prod".into(),
            session_name: "0123456789abcdef".into(),
        }),
    };
    assert_eq!(finding(&elsewhere, &[]), None);
    let tags = [(INSTALLATION_TAG, "windlass")];
    assert_eq!(finding(&elsewhere, &tags).unwrap().name, FindingName::PartOfWindlass);
}
