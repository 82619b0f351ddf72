//! Checks whether the roles that change the targets are allowed to. A check asks IAM, which simulates the calls of a
//! release by the roles' policies (AWS Identity and Access Management User Guide, "Testing IAM policies with the IAM
//! policy simulator").
//!
//! Nobody but AWS decides a call, and it looks at more than IAM's simulation does: AWS may refuse a call that is
//! allowed here. If it is not known whether a call is allowed, that is reported. It is a finding if somebody can mend
//! it, else a warning, because only a call decides some conditions.

// Only a check simulates IAM: the simulation may be wrong in both ways, and must stop no release. What is refused,
// or may not be asked, is a finding; what nobody can mend is a warning. To evaluate policies ourselves would be
// IAM's language in our code.

use super::scene::Ports;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG, PrepareInput, needs_of};
use crate::ports::{Evaluation, IamApi, Result, Simulation};
use serde_json::json;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// The outcome of asking.
#[derive(Debug, Default)]
pub struct PermissionFindings {
    /// The calls that the role may not make although a release makes them, and those that could not be asked about for
    /// want of a right.
    pub findings: Vec<Finding>,
    /// The calls of which it is not known whether the role may make them.
    pub warnings: Vec<Finding>,
}

/// Asks what the role of a component may do of what a release of it does.
pub async fn check(ports: &impl Ports, input: &PrepareInput<'_>, spec: &Spec) -> Result<PermissionFindings> {
    let (config, place) = (ports.config(), input.place);
    let own = place.role.as_ref().map(|role| role.arn.as_str());
    let home = config.deployers.get(spec.kind().as_str());
    let Some(role) = own.or(home.map(String::as_str)) else {
        return Ok(PermissionFindings { findings: vec![unknown_role(input)], warnings: vec![] });
    };
    let by = DeployerRole { role, is_own: own.is_some(), region: place.region.as_deref().unwrap_or(&config.region) };
    let there = &ports.at(place);
    let needs = match needs_of(there, input, &by, spec).await {
        Ok(needs) => needs,
        // If something cannot be read, that was reported when the component was prepared.
        Err(fault) if matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied) => {
            return Ok(PermissionFindings::default());
        }
        Err(fault) => return Err(fault),
    };
    let mut found = PermissionFindings::default();
    for needed in needs {
        found.take_role(there, input, &needed).await?;
        let other = needed.by.as_deref().map(|role| DeployerRole { role, ..by });
        let by = other.as_ref().unwrap_or(&by);
        match there.simulate(&simulation(input, by, &needed)).await {
            Ok(said) => found.take(input, by, &needed, &said),
            // Whether that role is there was asked before.
            Err(fault) if other.is_some() && matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied) => {}
            // If it may not ask about one call, it may not ask about the others.
            Err(fault) => {
                let finding = not_asked(input, by, &needed, &fault);
                if fault.name == FaultName::AccessDenied {
                    found.findings.push(finding);
                } else {
                    found.warnings.push(finding);
                }
                break;
            }
        }
    }
    Ok(found)
}

/// Returns the simulation to ask for. Windlass's own roles may change what has the right tags. Whether a target has
/// them is reported elsewhere, so the simulation assumes that it has. Pure.
fn simulation(input: &PrepareInput<'_>, by: &DeployerRole<'_>, needed: &Needed) -> Simulation {
    let right = [(APP_TAG, input.app.as_str()), (ENVIRONMENT_TAG, input.environment.as_str())];
    let right = right.map(|(tag, value)| (tag.to_owned(), value.to_owned()));
    let needed = if input.needs_tags() { needed.clone().tagged(&right.into()) } else { needed.clone() };
    let needed = needed.with("aws:RequestedRegion", by.region);
    let actions = needed.actions.iter();
    Simulation {
        role: by.role.to_owned(),
        actions: actions.map(|action| (*action).to_owned()).collect(),
        resource: needed.resource,
        context: needed.context,
    }
}

/// The reason why an action is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Organization,
    Boundary,
    Denied,
    NotAllowed,
    /// These condition keys decide, and nobody gave their values.
    Unknown(Vec<String>),
    /// IAM has said nothing about it.
    Unsaid,
}

/// Returns the reason why an action is not allowed; `None` if it is. If the decision depends on a condition key that
/// nobody could give, it is unknown, whatever was decided without it. Pure.
fn why(action: &str, said: &[Evaluation]) -> Option<Why> {
    let Some(said) = said.iter().find(|one| one.action == action) else { return Some(Why::Unsaid) };
    match said.decision.as_str() {
        "allowed" => None,
        _ if !said.missing.is_empty() => Some(Why::Unknown(said.missing.clone())),
        _ if said.by_organization == Some(false) => Some(Why::Organization),
        _ if said.by_boundary == Some(false) => Some(Why::Boundary),
        "explicitDeny" => Some(Why::Denied),
        _ => Some(Why::NotAllowed),
    }
}

impl PermissionFindings {
    /// Asks IAM whether the role is there that a component declares for AWS to act with. What it may do itself is not
    /// asked about: its owner decides that.
    async fn take_role(&mut self, there: &impl IamApi, input: &PrepareInput<'_>, needed: &Needed) -> Result<()> {
        if needed.member != "role" || !needed.actions.contains(&"iam:PassRole") {
            return Ok(());
        }
        let (path, role) = (input.path(needed.member), needed.resource.clone());
        let actions = vec!["sts:GetCallerIdentity".to_owned()];
        let asked = Simulation { role, actions, resource: "*".to_owned(), context: [].into() };
        let role = &asked.role;
        match there.simulate(&asked).await {
            Ok(_) => {}
            Err(fault) if fault.name == FaultName::NotFound => {
                let remedy = "Make it with your infrastructure code, or mend the name.";
                let reason = format!("There is no role {role}.");
                self.findings.push(Finding::new(FindingName::TargetMissing, path, reason, remedy));
            }
            Err(fault) if fault.name == FaultName::AccessDenied => {
                let reason = format!("whether there is a role {role}. {}.", fault.message.trim_end_matches('.'));
                let remedy =
                    "Let the role that is named ask it (`iam:SimulatePrincipalPolicy`), or look in IAM yourself.";
                self.warnings.push(Finding::new(FindingName::NoPermission, path, reason, remedy).not_checked());
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Takes in what IAM said: one finding for each reason, with all actions that have it.
    fn take(&mut self, input: &PrepareInput<'_>, by: &DeployerRole<'_>, needed: &Needed, said: &[Evaluation]) {
        let found = needed.actions.iter().filter_map(|action| Some((why(action, said)?, *action)));
        let mut found: Vec<(Why, &str)> = found.collect();
        found.sort();
        for same in found.chunk_by(|(one, _), (other, _)| one == other) {
            let actions: Vec<&str> = same.iter().map(|(_, action)| *action).collect();
            let why = same.first().map_or(&Why::Unsaid, |(why, _)| why);
            let (reason, remedy) = in_words(by, needed, why, &actions);
            let path = input.path(needed.member);
            let finding = Finding::new(FindingName::NoPermission, path, reason, remedy);
            if matches!(why, Why::Unknown(_) | Why::Unsaid) {
                self.warnings.push(finding.not_checked());
            } else {
                self.findings.push(finding);
            }
        }
    }
}

/// Returns the reason as a text, and what mends it.
fn in_words(by: &DeployerRole<'_>, needed: &Needed, why: &Why, actions: &[&str]) -> (String, String) {
    let (role, resource) = (by.role, &needed.resource);
    let calls = format!("`{}` on {resource}", actions.join("`, `"));
    let denied = |who: &str| format!("The role {role} may not call {calls}: {who}.");
    match why {
        Why::Organization => (
            denied("IAM's simulation says that the service control policies of the organization do not allow it"),
            "Let these policies allow it to this role; whoever administers the organization has them.".to_owned(),
        ),
        Why::Boundary => (
            denied("its permissions boundary does not allow it"),
            format!("Let the permissions boundary of {role} allow it."),
        ),
        Why::Denied => (
            denied("a statement of its policies denies it"),
            format!("Take that statement out of the policies of {role}, or leave this resource out of it."),
        ),
        Why::NotAllowed => (denied("no statement of its policies allows it"), remedy(by, needed, actions)),
        Why::Unknown(keys) => (
            format!(
                "whether the role {role} may call {calls}. A condition on `{}` decides it, which is known with the call alone.",
                keys.join("`, `")
            ),
            format!(
                "Let a statement of {role} allow it without this condition; or make a release, and read what AWS says."
            ),
        ),
        Why::Unsaid => {
            (format!("whether the role {role} may call {calls}. IAM has said nothing of it."), "Ask again.".to_owned())
        }
    }
}

/// Returns what mends it: for a role of the environment's own the statement to add, for Windlass's own role what its
/// stack needs.
fn remedy(by: &DeployerRole<'_>, needed: &Needed, actions: &[&str]) -> String {
    let resource = &needed.resource;
    if by.is_own || needed.by.is_some() {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": resource});
        let whole = if needed.by.is_some() { "" } else { "; examples/target-role.yaml has all that it needs" };
        return format!("Add the statement `{statement}` to the role{whole}.");
    }
    if needed.member == "bucket" {
        return "Deploy Windlass's stack again with the bucket's ARN under `SiteBucketArns`; or give the environment a role of its own (`role_arn`).".to_owned();
    }
    "Deploy Windlass's stack again: its template lets the role change what has the tags `windlass:app` and `windlass:environment`; or give the environment a role of its own (`role_arn`).".to_owned()
}

/// Returns the finding that IAM could not be asked.
fn not_asked(input: &PrepareInput<'_>, by: &DeployerRole<'_>, needed: &Needed, fault: &Fault) -> Finding {
    let (role, message) = (by.role, fault.message.trim_end_matches('.'));
    let (name, remedy) = match fault.name {
        FaultName::AccessDenied if by.is_own => {
            let action = "iam:SimulatePrincipalPolicy";
            let statement = json!({"Effect": "Allow", "Action": action, "Resource": role});
            let remedy = format!("Add the statement `{statement}` to the role, as examples/target-role.yaml has it.");
            (FindingName::NoPermission, remedy)
        }
        FaultName::AccessDenied => (
            FindingName::NoPermission,
            "Deploy Windlass's stack again: its template lets the planner ask (`iam:SimulatePrincipalPolicy`)."
                .to_owned(),
        ),
        _ => (
            FindingName::CouldNotPrepare,
            "Ask again. Where Windlass is in a VPC, its planner needs a way to IAM (docs/integrate/README.md)."
                .to_owned(),
        ),
    };
    let reason = format!("whether the role {role} may make the calls of a release. {message}.");
    Finding::new(name, input.path(needed.member), reason, remedy).not_checked()
}

fn unknown_role(input: &PrepareInput<'_>) -> Finding {
    Finding::new(
        FindingName::NoPermission,
        format!("components.{}", input.component),
        "whether a release may make its calls. The planner does not know which role makes them.",
        "Deploy Windlass's stack again, whose template names it (`WINDLASS_DEPLOYERS`).",
    )
    .not_checked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::prepared::tests::asked_of;
    use windlass_domain::declaration::resolved::{Place, TargetRole};

    fn said(decision: &str) -> Evaluation {
        Evaluation { action: "lambda:UpdateAlias".to_owned(), decision: decision.to_owned(), ..Evaluation::default() }
    }

    #[test]
    fn only_what_iam_allows_is_allowed() {
        let by_organization = Evaluation { by_organization: Some(false), ..said("implicitDeny") };
        let by_boundary = Evaluation { by_boundary: Some(false), ..said("implicitDeny") };
        let unknown = Evaluation {
            missing: vec!["aws:SourceVpc".to_owned()],
            by_organization: Some(false),
            ..said("explicitDeny")
        };
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
            let (reason, remedy) = in_words(&by, &needed, &Why::NotAllowed, &["lambda:UpdateAlias"]);
            assert!(reason.contains("`lambda:UpdateAlias` on arn:one"), "{reason}");
            assert!(remedy.contains(expected), "{remedy}");
        }
    }

    #[test]
    fn the_tags_count_as_right_where_they_are_reported_and_as_they_are_elsewhere() {
        let role = TargetRole {
            arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
            external_id: "shop/prod".into(),
            session_name: "0123456789abcdef".into(),
        };
        for (role, expected) in [(None, "shop"), (Some(role), "other")] {
            let place = Place { region: None, role };
            let input = PrepareInput { is_check: true, ..asked_of("api", &place) };
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
}
