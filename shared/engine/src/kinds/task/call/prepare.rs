//! Prepares a call: is the function ours, and must it be called at all?

use super::state::{ByCall, Target};
use super::{CallKind, CallPorts, wording};
use crate::kinds::needs::{DeployerRole, Needed, beside};
use crate::kinds::task::both::{PlanWords, last, missing, planned};
use crate::kinds::task::log::Log;
use crate::kinds::task::once::{RunWork, family};
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{Function, Result};
use crate::trouble::if_there;
use serde_json::Value;
use windlass_domain::declaration::kinds::task::{FunctionCall, GRACE_S, LIVES_S, Task as Spec};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::{Finding, FindingName};

/// The longest timeout of a function whose end is known, in seconds. `run-task`, which calls it, lives for as long as
/// Lambda lets any function run. It needs some of that for itself, and two minutes where Lambda throttles the call
/// first.
pub(super) const LONGEST_TIMEOUT_S: u64 = LIVES_S - GRACE_S;

/// Plans one call; see [`crate::kinds::PrepareInput`].
pub async fn prepare<P: CallPorts>(
    there: &P,
    input: &PrepareInput<'_>,
    spec: &Spec,
    call: &FunctionCall,
) -> Result<Prepared> {
    let Some((function, tags)) = if_there(find(there, call).await)? else {
        return Ok(Prepared::refused(vec![missing(input, "function.name", &in_words(call))]));
    };
    let what = format!("function {}", call.name);
    let mut wrong = Vec::new();
    wrong.extend(input.check_tags("function.name", (&what, Some(&function.arn)), &tags));
    let family = family(EnvironmentId::new(input.app, input.environment), input.component);
    let claims = vec![Claim::whole(beside(&function.arn, "lambda", &format!("task/{family}")))];
    if !wrong.is_empty() {
        return Ok(Prepared { claims, ..Prepared::refused(wrong) });
    }
    let target = target(input, spec, call, &function)?;
    let kind = CallKind::new(there, &Place::default(), input.deployment.clone());
    let not_brought = input.artifact.is_none();
    let not_brought = not_brought.then(|| format!("is not called, because the release has nothing for {}", call.of));
    let function_words = wording::function(&target);
    let what = format!("call {function_words} once with sha256:{}", target.work.sha256.short());
    let words = PlanWords { not_brought, same: format!("is not called: {function_words}"), what };
    planned(&kind, (input, spec), &target, claims, (words, may_outlast(input, spec, &function))).await
}

type Tags = std::collections::BTreeMap<String, String>;

async fn find(there: &impl CallPorts, call: &FunctionCall) -> Result<(Function, Tags)> {
    let function = there.function(&call.name, None).await?;
    if let Some(alias) = &call.alias {
        there.alias(&call.name, alias).await?;
    }
    let tags = there.function_tags(&function.arn).await?;
    Ok((function, tags))
}

/// The function, as it is declared.
fn in_words(call: &FunctionCall) -> String {
    match &call.alias {
        Some(alias) => format!("function `{}` with the alias `{alias}`", call.name),
        None => format!("function `{}`", call.name),
    }
}

fn target(input: &PrepareInput<'_>, spec: &Spec, call: &FunctionCall, function: &Function) -> Result<Target> {
    let last = last(input)?;
    let recorded = last.as_ref().map(|last| last.sha256.clone());
    let digest = input.artifact.map(windlass_domain::release::artifact::Artifact::digest).or(recorded);
    let sha256 = digest.unwrap_or_else(|| windlass_domain::text::digest::Digest::of(b""));
    let qualifier = call.alias.clone().unwrap_or_else(|| "$LATEST".to_owned());
    let payload = Value::Object(call.payload.clone()).to_string();
    let work = RunWork { sha256, command: vec![call.name.clone(), qualifier, payload] };
    let how = ByCall { call: call.clone(), log: Some(Log::page_of(function)) };
    Ok(Target::new(input, spec, work, last, how))
}

/// Warns of a function that may outlast its caller. Nobody knows what it does then, so Lambda itself must end it
/// before.
fn may_outlast(input: &PrepareInput<'_>, spec: &Spec, function: &Function) -> Option<Finding> {
    let limit_s = spec.limit.as_s().min(LONGEST_TIMEOUT_S);
    (function.timeout_s > limit_s).then(|| {
        Finding::new(
            FindingName::MayOutlast,
            input.path("limit"),
            format!(
                "The function may run for {} s, and only the first {limit_s} s are surely waited for: what it does after that may never be known.",
                function.timeout_s
            ),
            format!("Give the function a timeout of at most {limit_s} s, so that it is Lambda that ends it."),
        )
    })
}

/// The calls that a release makes with the environment's own role. Without such a role `run-task` makes them with a
/// role that is not the asked one; the function's tags show whether that one may.
pub async fn needs(there: &impl CallPorts, by: &DeployerRole<'_>, call: &FunctionCall) -> Result<Vec<Needed>> {
    if !by.is_own {
        return Ok(vec![]);
    }
    let found = if_there(find(there, call).await)?;
    let needed = |(function, tags): (Function, Tags)| {
        Needed::on("function", function.arn, &["lambda:InvokeFunction"]).tagged(&tags)
    };
    Ok(found.map(needed).into_iter().collect())
}
