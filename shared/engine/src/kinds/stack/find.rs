//! Finds the stack, and what is in the way of changing it before anything of a template is read.

use super::change_set;
use super::empty_place;
use super::parameters;
use super::state::{Standing, standing};
use super::wording::way_out;
use crate::config::{Config, Configured};
use crate::kinds::PrepareInput;
use crate::kinds::needs::DeployerRole;
use crate::ports::{Clock, CloudFormationApi, DynamoDbApi, Result, S3Api, Stack};
use crate::trouble::if_there;
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::partition::Partition;

/// The region and the account of a stack, which its ARNs have.
pub(super) struct StackPlace<'a> {
    region: &'a str,
    account: &'a str,
}

impl<'a> StackPlace<'a> {
    /// The place of an environment's targets.
    pub(super) fn of(config: &'a Config, input: &PrepareInput<'a>) -> Self {
        let role = input.place.role.as_ref();
        let account = role.and_then(|role| role.arn.split(':').nth(4));
        Self {
            region: input.place.region.as_deref().unwrap_or(&config.region),
            account: account.unwrap_or(&config.account),
        }
    }

    fn partition(&self) -> &'static str {
        Partition::of(self.region).name
    }

    /// Returns the claim on a stack. Its id would be another one once it was deleted and made again.
    pub(super) fn claim(&self, stack: &str) -> Claim {
        let (partition, region, account) = (self.partition(), self.region, self.account);
        Claim::whole(format!("arn:{partition}:cloudformation:{region}:{account}:stack/{stack}"))
    }

    /// Returns the ARN of a role that is declared by name or ARN.
    pub(super) fn role(&self, named: &str) -> String {
        if named.starts_with("arn:") {
            return named.to_owned();
        }
        format!("arn:{}:iam::{}:role/{named}", self.partition(), self.account)
    }

    /// Finds that a template was made for another account or region.
    pub(super) fn misses(
        &self,
        input: &PrepareInput<'_>,
        (account, region): (Option<&str>, Option<&str>),
    ) -> Vec<Finding> {
        let all = [("account", account, self.account), ("region", region, self.region)];
        let other = all.into_iter().filter_map(|(what, made_for, is)| {
            let made_for = made_for.filter(|made_for| *made_for != is && !is.is_empty())?;
            let reason = format!("The template was made for the {what} {made_for}, and the environment is in {is}.");
            let remedy = "Build it for that environment, or for none: a CDK stack without `env`.";
            Some(Finding::bad_value(input.path("stack"), reason, remedy).seen(made_for, is))
        });
        other.collect()
    }
}

/// The role that CloudFormation acts with, of a check.
pub(super) fn role_of(by: &DeployerRole<'_>, named: &str) -> String {
    StackPlace { region: by.region, account: by.account() }.role(named)
}

/// Looks for the stack, and for what is in the way of changing it. There is none if it is to be made.
pub(super) async fn find(
    home: &(impl DynamoDbApi + Configured),
    at: &(impl CloudFormationApi + Clock),
    input: &PrepareInput<'_>,
    spec: &Spec,
) -> Result<(Option<Stack>, Vec<Finding>)> {
    let stack = if_there(at.stack(&spec.stack).await)?;
    // A check makes nothing, and takes nothing away.
    let only_looks = input.is_check || input.is_trial;
    // The place of another plan may be going: the change set is made once it has gone.
    let waits = !only_looks && input.running.is_none();
    let stack = stack.filter(|stack| match standing(&stack.status) {
        Standing::Gone => false,
        Standing::Deleting => !waits,
        _ => true,
    });
    let Some(stack) = stack else { return Ok((None, missing(input, spec).into_iter().collect())) };
    let standing = standing(&stack.status);
    let mut findings: Vec<Finding> =
        nested(input, &stack).into_iter().chain(parameters::shown(input, &stack.parameters, false)).collect();
    // The place of a change set has no tags before that is executed.
    if standing != Standing::Review {
        let what = format!("stack {}", stack.name);
        findings.extend(input.check_tags("stack", (&what, Some(&stack.id)), &stack.tags));
    }
    let left = change_set::clear((home, at), &stack.id, input.deployment, only_looks).await?;
    let is_free = match standing {
        Standing::Still => true,
        // A plan of ours takes no stack for itself: it is being drawn, or nobody knows any more whose it was.
        Standing::Review => left.iter().all(|name| change_set::is_ours(name)),
        _ => false,
    };
    if standing == Standing::Review && left.is_empty() && !only_looks {
        let through = input.place.role.as_ref().map(|role| role.arn.as_str());
        let role = empty_place::role(home.config(), through);
        empty_place::take_away(at, (&stack.id, None), role).await?;
    }
    if !is_free {
        findings.push(busy(input, &stack, standing));
    }
    Ok((Some(stack).filter(|_| standing != Standing::Review), findings))
}

/// Returns what is wrong with the bucket of the files that templates name. A release brings some, or none: so only a
/// check asks.
pub(super) async fn bucket(at: &impl S3Api, input: &PrepareInput<'_>, spec: &Spec) -> Result<Option<Finding>> {
    let Some(bucket) = &spec.assets else { return Ok(None) };
    let fault = match at.list(bucket, "windlass/", None).await {
        Err(fault) if matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied) => fault,
        listed => return listed.map(|_| None),
    };
    let path = input.path("assets");
    if fault.name == FaultName::NotFound {
        let reason = format!("There is no bucket `{bucket}` for the files that templates name.");
        let remedy = "Make it with your infrastructure code, as `cdk bootstrap` does, or mend the name.";
        return Ok(Some(Finding::new(FindingName::TargetMissing, path, reason, remedy)));
    }
    let reason = format!("whether the bucket `{bucket}` is there. {}.", fault.message.trim_end_matches(['.', ' ']));
    let remedy = "Deploy Windlass's stack again with the bucket's ARN under `AssetBucketArns`; or give the environment a role of its own (`role_arn`).";
    Ok(Some(Finding::new(FindingName::NoPermission, path, reason, remedy).not_checked()))
}

/// The warning that nobody can look at a stack yet: a release makes it.
pub(super) fn to_be_made(input: &PrepareInput<'_>, spec: &Spec) -> Finding {
    Finding::new(
        FindingName::NotLookedAt,
        input.path("stack"),
        format!(
            "CloudFormation has no stack `{}` yet: a release makes it, with all that is in it. What its template needs beside that, such as the right on the transform of SAM, IAM cannot be asked before.",
            spec.stack
        ),
        "Nothing: the plan of a release shows what it makes.",
    )
}

/// The finding for a stack that ran here and is gone.
fn missing(input: &PrepareInput<'_>, spec: &Spec) -> Option<Finding> {
    input.running.is_some().then(|| {
        let reason = format!("CloudFormation has no stack `{}` here, and the component has run.", spec.stack);
        let remedy =
            "Mend the name. If somebody deleted the stack, let go of the component (`remove`) before it is made anew.";
        Finding::new(FindingName::TargetMissing, input.path("stack"), reason, remedy)
    })
}

fn nested(input: &PrepareInput<'_>, stack: &Stack) -> Option<Finding> {
    let parent = stack.parent.as_ref()?;
    let reason = format!("The stack {} is nested in {parent}, which changes it.", stack.name);
    Some(Finding::not_supported(input.path("stack"), reason, "Name the outermost stack."))
}

fn busy(input: &PrepareInput<'_>, stack: &Stack, standing: Standing) -> Finding {
    let reason = stack.reason.trim_end_matches(['.', ' ']);
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let reason = format!("The stack {} is {}{why}.", stack.name, stack.status);
    let remedy = way_out(standing, &stack.name);
    Finding::new(FindingName::StackBusy, input.path("stack"), reason, remedy).seen(&stack.status, "")
}
