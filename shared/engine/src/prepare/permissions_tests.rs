use super::*;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::place::{Place, TargetRole};

fn said(decision: &str) -> Evaluation {
    Evaluation { action: "lambda:UpdateAlias".to_owned(), decision: decision.to_owned(), ..Evaluation::default() }
}

#[test]
fn only_what_iam_allows_is_allowed() {
    let by_organization = Evaluation { by_organization: Some(false), ..said("implicitDeny") };
    let by_boundary = Evaluation { by_boundary: Some(false), ..said("implicitDeny") };
    let unknown =
        Evaluation { missing: vec!["aws:SourceVpc".to_owned()], by_organization: Some(false), ..said("explicitDeny") };
    let allowed_by_the_organization =
        Evaluation { by_organization: Some(true), by_boundary: Some(true), ..said("allowed") };
    let table = [
        (vec![said("allowed")], None),
        (vec![allowed_by_the_organization], None),
        (vec![said("implicitDeny")], Some(Why::NotAllowed)),
        (vec![said("explicitDeny")], Some(Why::Denied)),
        (vec![said("whatever comes")], Some(Why::NotAllowed)),
        (vec![by_organization], Some(Why::Organization)),
        (vec![by_boundary], Some(Why::Boundary)),
        (vec![unknown], Some(Why::Unknown(vec!["aws:SourceVpc".to_owned()]))),
        (vec![], Some(Why::Unsaid)),
    ];
    for (said, expected) in table {
        assert_eq!(why("lambda:UpdateAlias", &said), expected, "{said:?}");
    }
}

#[test]
fn the_patch_is_of_whose_role_it_is() {
    let table = [
        (true, "function", "`{\"Action\":[\"lambda:UpdateAlias\"],\"Effect\":\"Allow\",\"Resource\":\"arn:one\"}`"),
        (false, "function", "`windlass:app`"),
        (false, "bucket", "`SiteBucketArns`"),
    ];
    for (is_own, member, expected) in table {
        let by = DeployerRole { role: "arn:aws:iam::111111111111:role/any", is_own, region: "eu-west-1" };
        let needed = Needed::on(member, "arn:one".to_owned(), &["lambda:UpdateAlias"]);
        let (reason, remedy) = told(&by, &needed, &Why::NotAllowed, &["lambda:UpdateAlias"]);
        assert!(reason.contains("`lambda:UpdateAlias` on arn:one"), "{reason}");
        assert!(remedy.contains(expected), "{remedy}");
    }
}

#[test]
fn the_tags_count_as_right_where_they_are_told_of_and_as_they_are_elsewhere() {
    let role = TargetRole {
        arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
        external_id: "shop/prod".into(),
        session_name: "0123456789abcdef".into(),
    };
    for (role, expected) in [(None, "shop"), (Some(role), "other")] {
        let place = Place { region: None, role };
        let input = PrepareInput {
            deployment: &DeploymentId("0123456789abcdef".into()),
            app: &AppName::new("shop").unwrap(),
            environment: &EnvironmentName::new("prod").unwrap(),
            component: &ComponentName::new("api").unwrap(),
            home: None,
            artifact: None,
            goal_state: None,
            is_check: true,
            running: None,
            oldest: None,
            again: false,
            image_of: None,
            inputs: &Inputs::new(),
            withdrawals: Withdrawals::default(),
            place: &place,
        };
        let by = DeployerRole {
            role: "arn:aws:iam::111111111111:role/any",
            is_own: place.role.is_some(),
            region: "eu-west-1",
        };
        let tags = [(APP_TAG.to_owned(), "other".to_owned())].into();
        let needed = Needed::on("function", "arn:one".to_owned(), &["lambda:UpdateAlias"]);
        let asked = simulation(&input, &by, &needed.tagged(&tags));
        assert_eq!(asked.context["aws:ResourceTag/windlass:app"], expected);
        let others = asked.context.contains_key("aws:ResourceTag/windlass:environment");
        assert_eq!(others, !by.is_own);
        assert_eq!(asked.context["aws:RequestedRegion"], "eu-west-1");
    }
}
