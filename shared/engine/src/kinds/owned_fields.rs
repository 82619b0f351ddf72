//! The fields that components own of resources which another component makes and changes, such as the code of a
//! function: a table by the types of CloudFormation, of no kind. Pure.
//!
//! The claims in the ledger show who owns what. A change of what others own is refused. Any other change of their
//! targets may put what they own back to what the maker has written down, so that it is noted.

use crate::kinds::{AwsResource, TouchedResource};
use std::collections::BTreeSet;
use windlass_domain::declaration::tenancy::{HeldClaim, Owner};
use windlass_domain::text::finding::{Finding, FindingName};

/// The fields that components own of their targets, by the type of the target.
struct OwnedFields {
    /// The type.
    kind: &'static str,
    /// The text that each claim on such a target has in it; `None` if the type is only a part of a target.
    mark: Option<&'static str>,
    /// The fields. `[]` stands for the part of the target that is claimed.
    fields: &'static [&'static str],
    /// Returns whether a claim on this resource is one of the target.
    is_target: fn(&AwsResource, &str) -> bool,
}

const OWNED: [OwnedFields; 6] = [
    OwnedFields {
        kind: "AWS::Lambda::Function",
        mark: Some(":function:"),
        fields: &["Code"],
        is_target: |it, claimed| {
            claimed.ends_with(&format!(":function:{}", it.physical)) && place(claimed) == place(&it.beside)
        },
    },
    OwnedFields {
        kind: "AWS::Lambda::Alias",
        mark: None,
        fields: &["FunctionVersion", "RoutingConfig"],
        is_target: |it, claimed| it.physical.rsplit_once(':').is_some_and(|(function, _)| function == claimed),
    },
    OwnedFields {
        kind: "AWS::ECS::Service",
        mark: Some(":service/"),
        fields: &["TaskDefinition"],
        is_target: |it, claimed| it.physical == claimed,
    },
    OwnedFields {
        kind: "AWS::CloudFront::Distribution",
        mark: Some(":distribution/"),
        fields: &["DistributionConfig.Origins[].OriginPath"],
        is_target: |it, claimed| part(claimed).0.ends_with(&format!(":distribution/{}", it.physical)),
    },
    OwnedFields {
        kind: "AWS::S3::Bucket",
        mark: Some("s3://"),
        fields: &[],
        is_target: |it, claimed| claimed == format!("s3://{}/", it.physical),
    },
    OwnedFields {
        kind: "AWS::AppConfig::ConfigurationProfile",
        mark: Some("appconfig:"),
        fields: &[],
        is_target: |it, claimed| claimed.starts_with("appconfig:") && claimed.ends_with(&format!("/{}", it.physical)),
    },
];

/// Returns region and account of an ARN.
fn place(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(3);
    Some((parts.next()?, parts.next()?))
}

/// Returns what is claimed, and the part of it.
pub fn part(claimed: &str) -> (&str, &str) {
    claimed.split_once('#').unwrap_or((claimed, ""))
}

impl OwnedFields {
    /// Returns whether a resource is none of what an owner has, although its claim is on what the resource is a part
    /// of: other parts are the owner's, or none. Nobody knows that of an owner whose own parts are not known.
    fn is_beside(&self, it: &AwsResource, own_parts: Option<&BTreeSet<String>>) -> bool {
        let name = it.physical.rsplit(':').next();
        self.mark.is_none() && own_parts.is_some_and(|own| name.is_none_or(|name| !own.contains(name)))
    }

    /// Returns the first field of the target that changes, with the claimed part in its place. A place that has the
    /// field in it is one of which nothing more is known, such as a property in a nested stack.
    fn changed(&self, it: &TouchedResource, claimed: &str) -> Option<String> {
        let part = format!("[{}]", part(claimed).1);
        let mut fields = self.fields.iter().map(|field| field.replace("[]", &part));
        let is_in = |one: &str, other: &str| {
            let rest = one.strip_prefix(other);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        fields.find(|field| it.changed.iter().any(|place| is_in(place, field) || is_in(field, place)))
    }
}

/// Returns whether a claim is on one of these resources. A claim on what none of them could be, such as runs of a task,
/// is on no target that somebody makes.
pub fn is_of(claimed: &str, made: &[AwsResource]) -> bool {
    let mut types = OWNED.iter().filter(|owned| owned.mark.is_some_and(|mark| claimed.contains(mark))).peekable();
    let is_made = |owned: &OwnedFields| {
        made.iter().any(|resource| resource.kind == owned.kind && (owned.is_target)(resource, claimed))
    };
    types.peek().is_none() || types.any(is_made)
}

/// Returns whether components may own a property of a resource, or what it is a part of, by the resources that they
/// claim; by its type alone if these are not known. A place is one of a drift detection, such as `/Code/S3Key`. It has
/// the index of an element of a list, so that each element counts as the claimed one, and each alias of a function
/// whose function is claimed.
pub fn is_owned(it: &AwsResource, place: &str, claimed: Option<&[String]>) -> bool {
    let Some(owned) = OWNED.iter().find(|owned| owned.kind == it.kind) else { return false };
    let is_in = |field: &&str| {
        let mut parts = place.split('/').skip(1);
        let field = field.replace("[]", ".*");
        field.split('.').all(|one| parts.next().is_some_and(|part| one == "*" || one == part))
    };
    let is_claimed = |claimed: &[String]| claimed.iter().any(|one| (owned.is_target)(it, one));
    owned.fields.iter().any(is_in) && claimed.is_none_or(is_claimed)
}

/// The effect of a change on what other components have.
#[derive(Debug, Default, PartialEq)]
pub struct OthersTouched {
    /// The findings on what they own, and on targets that they would lose.
    pub findings: Vec<Finding>,
    /// Their claims on resources of which something else changes.
    pub touched: Vec<HeldClaim>,
}

/// Returns what a component touches of what others own, by their claims. `own_parts` returns the parts of its target
/// that are an owner's own ([`windlass_domain::declaration::kinds::ResolvedKind::own_part`]), where they are known;
/// empty if none is.
pub fn others_touched<'o>(
    by: &Owner,
    touches: &[TouchedResource],
    held: &[HeldClaim],
    own_parts: impl Fn(&Owner) -> Option<&'o BTreeSet<String>>,
) -> OthersTouched {
    let mut others = OthersTouched::default();
    for it in touches {
        let Some(owned) = OWNED.iter().find(|owned| owned.kind == it.resource.kind) else { continue };
        for held in held.iter().filter(|held| held.owner != *by) {
            let claimed = held.claim.resource.as_str();
            if !(owned.is_target)(&it.resource, claimed) || owned.is_beside(&it.resource, own_parts(&held.owner)) {
                continue;
            }
            let field = owned.changed(it, claimed).filter(|_| !it.is_lost);
            if it.is_lost || field.is_some() {
                let finding = refused(by, it, field.as_deref(), &held.owner);
                // A component may have several claims on one resource.
                if !others.findings.contains(&finding) {
                    others.findings.push(finding);
                }
            } else if !others.touched.contains(held) {
                others.touched.push(held.clone());
            }
        }
    }
    others
}

/// Returns how a component calls another one.
fn called(owner: &Owner, by: &Owner) -> String {
    let component = &owner.component;
    if owner.environment_id() == by.environment_id() {
        return component.to_string();
    }
    format!("{component} of {}", owner.environment_id())
}

/// Makes the finding on a field that another component owns, or on the whole target of that one.
fn refused(by: &Owner, it: &TouchedResource, field: Option<&str>, owner: &Owner) -> Finding {
    let is_here = owner.environment_id() == by.environment_id();
    let (logical, owner) = (&it.logical, called(owner, by));
    // A declaration decides on its own environments alone; elsewhere a claim stays until it is let go of.
    let there = if is_here { "" } else { " there, and let go of it (`remove`)" };
    let (reason, remedy) = match field {
        Some(of) => (
            format!("The release changes, or may change, `{of}` of `{logical}`, which the component `{owner}` owns."),
            format!("Take that out of the change of the template, or `{owner}` out of the declaration{there}."),
        ),
        None => (
            format!("The release removes or replaces `{logical}`, which is the target of the component `{owner}`."),
            format!("Leave it in the template as it is, or take `{owner}` out of the declaration{there}."),
        ),
    };
    Finding::new(FindingName::OwnedElsewhere, &it.path, reason, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::tenancy::Claim;
    use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1";
    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api";
    const SERVICE: &str = "arn:aws:ecs:eu-west-1:111111111111:service/shop/agent";
    const ORIGIN: &str = "arn:aws:cloudfront::111111111111:distribution/E1#web";

    fn owner(component: &str, environment: &str) -> Owner {
        Owner {
            app: AppName::new("shop").unwrap(),
            environment: EnvironmentName::new(environment).unwrap(),
            component: ComponentName::new(component).unwrap(),
        }
    }

    fn resource(kind: &str, physical: &str) -> AwsResource {
        AwsResource { kind: format!("AWS::{kind}"), physical: physical.into(), beside: STACK.into() }
    }

    fn touched(kind: &str, physical: &str, changed: &[&str]) -> TouchedResource {
        TouchedResource {
            path: "components.infra.stack.It".into(),
            logical: "It".into(),
            resource: resource(kind, physical),
            is_lost: false,
            changed: changed.iter().map(|place| (*place).to_owned()).collect(),
        }
    }

    /// Returns the findings in words on one resource by one claim, and how many claims are touched.
    fn effect(it: TouchedResource, resource: &str, of: Owner) -> (Vec<String>, usize) {
        let held = [HeldClaim { owner: of, claim: Claim::whole(resource), made_by: None }];
        let others = others_touched(&owner("infra", "prod"), &[it], &held, |_| None);
        (others.findings.iter().map(Finding::written).collect(), others.touched.len())
    }

    #[test]
    fn what_others_own_is_refused_and_the_rest_of_their_targets_is_noted() {
        type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a str, bool, usize);
        let origin = |id: &str, field: &str| format!("DistributionConfig.Origins[{id}].{field}");
        let (path, domain) = (origin("web", "OriginPath"), origin("web", "DomainName"));
        let (path, domain) = (path.as_str(), domain.as_str());
        let (alias, elsewhere) = (format!("{FUNCTION}:live"), FUNCTION.replace("eu-west-1", "eu-west-2"));
        let (alias, elsewhere) = (alias.as_str(), elsewhere.as_str());
        let other_origin = ORIGIN.replace("#web", "#api");
        let other_origin = other_origin.as_str();
        // The resource with what changes of it, the claim, whether it is refused, and how many claims are touched.
        let table: [Row<'_>; 19] = [
            ("Lambda::Function", "shop-api", &["Code.S3Key"], FUNCTION, true, 0),
            ("Lambda::Function", "shop-api", &["Code"], FUNCTION, true, 0),
            ("Lambda::Function", "shop-api", &["CodeSigningConfigArn", "Timeout"], FUNCTION, false, 1),
            ("Lambda::Function", "shop-api", &[], FUNCTION, false, 1),
            ("Lambda::Function", "api", &["Code"], FUNCTION, false, 0),
            ("Lambda::Function", "shop-api", &["Code"], elsewhere, false, 0),
            ("Lambda::Alias", alias, &["FunctionVersion.Fn::GetAtt[0]"], FUNCTION, true, 0),
            ("Lambda::Alias", alias, &["RoutingConfig"], FUNCTION, true, 0),
            ("Lambda::Alias", alias, &["Description"], FUNCTION, false, 1),
            ("ECS::Service", SERVICE, &["TaskDefinition"], SERVICE, true, 0),
            ("ECS::Service", SERVICE, &["DesiredCount"], SERVICE, false, 1),
            ("CloudFront::Distribution", "E1", &[path], ORIGIN, true, 0),
            ("CloudFront::Distribution", "E1", &[domain], ORIGIN, false, 1),
            ("CloudFront::Distribution", "E1", &[path], other_origin, false, 1),
            ("CloudFront::Distribution", "E1", &["DistributionConfig"], ORIGIN, true, 0),
            ("CloudFront::Distribution", "E1", &["DistributionConfig.Aliases[0]"], ORIGIN, false, 1),
            ("CloudFront::Distribution", "E1", &["Tags"], ORIGIN, false, 1),
            ("S3::Bucket", "shop-web", &["VersioningConfiguration"], "s3://shop-web/", false, 1),
            ("SQS::Queue", "shop-api", &["Code"], FUNCTION, false, 0),
        ];
        for (kind, physical, changed, resource, is_refused, count) in table {
            let (findings, noted) = effect(touched(kind, physical, changed), resource, owner("api", "prod"));
            assert_eq!((!findings.is_empty(), noted), (is_refused, count), "{kind} {changed:?} {resource}");
            let own = effect(touched(kind, physical, changed), resource, owner("infra", "prod"));
            assert_eq!(own, (vec![], 0), "{kind}");
        }
    }

    #[test]
    fn an_alias_that_is_not_the_declared_one_is_nobody_s() {
        let it = touched("Lambda::Alias", &format!("{FUNCTION}:live"), &["FunctionVersion"]);
        let code = touched("Lambda::Function", "shop-api", &["Code"]);
        let held = [HeldClaim { owner: owner("api", "prod"), claim: Claim::whole(FUNCTION), made_by: None }];
        let parts = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        // The third one has declared another alias since, and has not brought that yet.
        for (own, is_refused) in [
            (None, true),
            (Some(parts(&["live"])), true),
            (Some(parts(&["beta", "live"])), true),
            (Some(parts(&["beta"])), false),
            (Some(parts(&[])), false),
        ] {
            let refused = |it: &TouchedResource| {
                let others = others_touched(&owner("infra", "prod"), std::slice::from_ref(it), &held, |_| own.as_ref());
                assert_eq!(others.touched, []);
                !others.findings.is_empty()
            };
            assert_eq!((refused(&it), refused(&code)), (is_refused, true), "{own:?}");
        }
    }

    #[test]
    fn a_target_of_another_component_is_not_taken_away() {
        for (kind, physical, resource) in [
            ("Lambda::Function", "shop-api", FUNCTION),
            ("ECS::Service", SERVICE, SERVICE),
            ("CloudFront::Distribution", "E1", ORIGIN),
            ("S3::Bucket", "shop-web", "s3://shop-web/"),
        ] {
            let gone = TouchedResource { is_lost: true, ..touched(kind, physical, &[]) };
            let (findings, noted) = effect(gone, resource, owner("api", "dev"));
            assert_eq!((findings.len(), noted), (1, 0), "{kind}");
            assert!(findings[0].starts_with("OwnedElsewhere"), "{findings:?}");
            assert!(findings[0].contains("`api of shop/dev`"), "{findings:?}");
        }
    }

    /// Whose it is decides nothing: what is claimed elsewhere is as much somebody's, and is named with its environment.
    #[test]
    fn what_is_claimed_by_another_environment_or_application_is_left_to_it() {
        let other_app = Owner { app: AppName::new("chat").unwrap(), ..owner("api", "prod") };
        for (of, named) in [(owner("api", "dev"), "`api of shop/dev`"), (other_app, "`api of chat/prod`")] {
            let (findings, noted) = effect(touched("Lambda::Function", "shop-api", &["Code"]), FUNCTION, of.clone());
            assert_eq!((findings.len(), noted), (1, 0), "{named}");
            assert!(findings[0].starts_with("OwnedElsewhere") && findings[0].contains(named), "{findings:?}");
            assert!(findings[0].contains("`remove`"), "{findings:?}");
            let beside = effect(touched("Lambda::Function", "shop-api", &["Timeout"]), FUNCTION, of);
            assert_eq!(beside, (vec![], 1), "{named}");
        }
    }

    #[test]
    fn a_target_is_made_by_whom_it_is_a_resource_of() {
        let alias = format!("{FUNCTION}:live");
        let made = [
            resource("Lambda::Function", "shop-api"),
            resource("CloudFront::Distribution", "E1"),
            resource("S3::Bucket", "shop-web"),
            resource("AppConfig::ConfigurationProfile", "flags12"),
        ];
        for (claimed, is_made) in [
            (FUNCTION, true),
            (ORIGIN, true),
            ("s3://shop-web/", true),
            ("appconfig:shop123/prod123/flags12", true),
            ("arn:aws:ecs:eu-west-1:111111111111:task/migrate", true),
            (SERVICE, false),
            ("s3://shop-web-2/", false),
            ("appconfig:shop123/prod123/others1", false),
            ("arn:aws:lambda:eu-west-1:111111111111:function:my-shop-api", false),
            ("arn:aws:lambda:eu-west-1:222222222222:function:shop-api", false),
        ] {
            assert_eq!(is_of(claimed, &made), is_made, "{claimed}");
        }
        // Who makes an alias has not made the function.
        assert!(!is_of(FUNCTION, &[resource("Lambda::Alias", &alias)]));
    }
}
