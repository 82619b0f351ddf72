//! Prepares a call: is the function ours, and must it be called at all?

use super::state::Target;
use super::{Call, CallPorts, wording};
use crate::kinds::needs::{DeployerRole, Needed, beside};
use crate::kinds::task::both::{irreversible, last, not_taken_back};
use crate::kinds::task::log::Log;
use crate::kinds::task::state::{Goal, Work, family};
use crate::kinds::{Kind as _, LookContext, PrepareInput, Prepared, Recorded, Stage, to_value};
use crate::ports::{Function, Result};
use serde_json::Value;
use windlass_domain::declaration::kinds::task::{FunctionCall, GRACE_S, LIVES_S, Task as Spec};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
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
    let (function, findings) = match find(there, call).await {
        Ok(function) => function,
        Err(fault) if fault.name == FaultName::NotFound => {
            return Ok(Prepared::refused(vec![missing(input, call)]));
        }
        Err(fault) => return Err(fault),
    };
    let what = format!("function {}", call.name);
    let mut wrong = Vec::new();
    wrong.extend(input.check_tags("function.name", (&what, Some(&function.arn)), &findings));
    let family = family(EnvironmentId::new(input.app, input.environment), input.component);
    let claims = vec![Claim::whole(beside(&function.arn, "lambda", &format!("task/{family}")))];
    if !wrong.is_empty() {
        return Ok(Prepared { claims, ..Prepared::refused(wrong) });
    }
    let Some(target) = target(input, spec, call, &function)? else {
        return Err(Fault::internal("a call without what it is called with"));
    };
    let kind = Call::new(there, &Place::default(), input.deployment.clone());
    let seen = kind.observe(&target, &LookContext::default()).await?;
    let before = Recorded::of::<Call<P>>(&target, &seen)?;
    let unchanged = match input.artifact {
        None if !input.is_check => Some(format!("is not called, because the release has nothing for {}", call.of)),
        _ => unchanged(input, &target),
    };
    let (mut stages, mut warnings) = (vec![], vec![]);
    if unchanged.is_none() {
        let goal = to_value(&Goal::Run(target.work.clone()))?;
        stages.push(Stage::new(goal, will_call(&target)));
        warnings.extend(not_taken_back(input, spec));
        warnings.extend(irreversible(input, spec));
        warnings.extend(may_outlast(input, spec, &function));
    }
    Ok(Prepared {
        target: to_value(&target)?,
        claims,
        before: to_value(&before)?,
        stages,
        unchanged,
        irreversible: spec.irreversible && input.artifact.is_some(),
        warnings,
        ..Prepared::default()
    })
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

fn missing(input: &PrepareInput<'_>, call: &FunctionCall) -> Finding {
    let what = match &call.alias {
        Some(alias) => format!("function `{}` with the alias `{alias}`", call.name),
        None => format!("function `{}`", call.name),
    };
    Finding::new(
        FindingName::TargetMissing,
        input.path("function.name"),
        format!("There is no {what}."),
        "Create it with your infrastructure code first, or mend its name.",
    )
}

fn target(input: &PrepareInput<'_>, spec: &Spec, call: &FunctionCall, function: &Function) -> Result<Option<Target>> {
    let last = last(input)?;
    let recorded = last.as_ref().map(|last| last.sha256.clone());
    let digest = input.artifact.map(windlass_domain::release::artifact::Artifact::digest).or(recorded);
    let sha256 = digest.unwrap_or_else(|| windlass_domain::text::digest::Digest::of(b""));
    let qualifier = call.alias.clone().unwrap_or_else(|| "$LATEST".to_owned());
    let payload = Value::Object(call.payload.clone()).to_string();
    Ok(Some(Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        call: call.clone(),
        work: Work { sha256, command: vec![call.name.clone(), qualifier, payload] },
        undo: spec.undo.clone(),
        irreversible: spec.irreversible,
        log: Some(Log::page_of(function)),
        show_log: spec.show_log,
        limit_s: spec.limit.as_s(),
        last,
    }))
}

/// Returns why it is not called: the same has succeeded last, and nobody has asked for it again.
fn unchanged(input: &PrepareInput<'_>, target: &Target) -> Option<String> {
    let is_same = target.last.as_ref() == Some(&target.work);
    (is_same && !input.again && !input.is_check).then(|| {
        format!(
            "is not called: {} has succeeded here already with sha256:{}",
            wording::function(target),
            target.work.sha256.short()
        )
    })
}

fn will_call(target: &Target) -> String {
    format!("call {} once with sha256:{}", wording::function(target), target.work.sha256.short())
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
    match find(there, call).await {
        Ok((function, tags)) => {
            let needed = Needed::on("function", function.arn, &["lambda:InvokeFunction"]);
            Ok(vec![needed.tagged(&tags)])
        }
        Err(fault) if fault.name == FaultName::NotFound => Ok(vec![]),
        Err(fault) => Err(fault),
    }
}
