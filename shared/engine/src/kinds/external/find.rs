//! Finds the versions that are called, as they are when a release is planned, and which permissions a release of them
//! needs (Service Authorization Reference, AWS Lambda).

use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::{APP_TAG, ENVIRONMENT_TAG, PrepareInput};
use crate::ports::{Function, LambdaApi, PinnedFunction, Result};
use crate::trouble::{Checked, collected, found, if_there};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::external::{External as Spec, FunctionAlias};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// The tag without which no function of Windlass's calls a user's function as a component.
const EXTERNAL_TAG: &str = "windlass:external";

/// The tag's value by which IAM lets nobody but the deployer call a function.
const CHANGE: &str = "change";

/// The longest timeout of a function, in seconds: a call of it, and a look before it, fit into one invocation of the
/// deployer.
const LONGEST_S: u64 = 30;

/// A function that is there, and ours.
#[derive(Debug)]
pub(super) struct FoundFunction {
    /// Its published version.
    pub pinned: PinnedFunction,
    arn: String,
    tags: BTreeMap<String, String>,
}

/// Finds the function, and the one that only looks, or reports all that is wrong with both.
pub(super) async fn find(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
) -> Checked<(FoundFunction, Option<FoundFunction>)> {
    let mut findings = Vec::new();
    let function =
        collected(one(there, input, ("function", &spec.function, spec.look.is_some())).await, &mut findings)?;
    let look = match &spec.look {
        Some(look) => collected(one(there, input, ("look", look, false)).await, &mut findings)?,
        None => None,
    };
    match function {
        Some(function) if findings.is_empty() => Ok((function, look)),
        _ => Err(findings.into()),
    }
}

/// `is_spared` says that another function looks for this one.
async fn one(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    (member, called, is_spared): (&str, &FunctionAlias, bool),
) -> Checked<FoundFunction> {
    let FunctionAlias { name, alias } = called;
    let path = input.path(member);
    let missing = || {
        Finding::new(
            FindingName::TargetMissing,
            path.as_str(),
            format!("There is no function `{name}` with the alias `{alias}` here."),
            "Make it with your infrastructure code, with an alias on a published version; or mend the names.",
        )
    };
    let version = if_there(there.alias(name, alias).await)?.ok_or_else(missing)?.version;
    if version.parse::<u64>().is_err() {
        let reason = format!("The alias `{alias}` of function {name} points to {version}, which anybody may change.");
        return Err(Finding::not_supported(path, reason, "Publish a version, and let the alias point at that.").into());
    }
    let function = if_there(there.function(name, Some(&version)).await)?.ok_or_else(missing)?;
    let arn = function.arn.strip_suffix(&format!(":{version}")).unwrap_or(&function.arn).to_owned();
    let tags = there.function_tags(&arn).await?;
    let mut wrong = Vec::new();
    wrong.extend(input.check_tags(member, (&format!("function {name}"), Some(&arn)), &tags));
    wrong.extend(untagged(input, &path, (name, &arn, is_spared), &tags));
    wrong.extend(too_long(&path, name, &function));
    if !wrong.is_empty() {
        return Err(wrong.into());
    }
    let pinned = PinnedFunction { name: name.clone(), version, timeout_s: function.timeout_s };
    Ok(FoundFunction { pinned, arn, tags })
}

/// Returns a finding if the tag is missing by which a function is known to be one that is called so, or lets others call
/// it than those who have to.
fn untagged(
    input: &PrepareInput<'_>,
    path: &str,
    (name, arn, is_spared): (&str, &str, bool),
    tags: &BTreeMap<String, String>,
) -> Option<Finding> {
    let reason = match tags.get(EXTERNAL_TAG) {
        _ if !input.needs_tags() => return None,
        Some(tag) if (tag == CHANGE) == is_spared => return None,
        None => format!("Function {name} has no tag `{EXTERNAL_TAG}`: Windlass calls none without it."),
        Some(_) if is_spared => format!("Others than the deployer may call {name}, although `look` names another one."),
        Some(_) => format!("Nobody but the deployer may call {name}, by its tag `{EXTERNAL_TAG}`, and it has to look."),
    };
    let (app, environment, tag) = (input.app, input.environment, if is_spared { CHANGE } else { "look" });
    let remedy = prose!(
        "Tag it with your infrastructure code, or so: {}.",
        run!(
            "aws lambda tag-resource --resource {arn} --tags {APP_TAG}={app},{ENVIRONMENT_TAG}={environment},{EXTERNAL_TAG}={tag}"
        )
    );
    Some(Finding::new(FindingName::TargetNotOurs, path, reason, remedy))
}

/// Returns a finding if a call may go on for longer than it is waited for.
fn too_long(path: &str, name: &str, function: &Function) -> Option<Finding> {
    (function.timeout_s > LONGEST_S).then(|| {
        Finding::not_supported(
            path,
            format!("Function {name} may run for {} s, and a call is waited for {LONGEST_S} s.", function.timeout_s),
            format!("Give it a timeout of at most {LONGEST_S} s: what takes longer it begins, and looks show its end."),
        )
        .seen(function.timeout_s, LONGEST_S)
    })
}

/// The calls of a release; see [`crate::kinds::needs`]. `prepare` reports what is not there.
pub async fn needs(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    _: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let Some((function, look)) = found(find(there, input, spec).await)? else {
        return Ok(vec![]);
    };
    let both = [("function", Some(function)), ("look", look)];
    let needed = both.into_iter().filter_map(|(member, found)| {
        let FoundFunction { arn, tags, .. } = found?;
        Some(Needed::on(member, arn, &["lambda:InvokeFunction"]).tagged(&tags))
    });
    Ok(needed.collect())
}
