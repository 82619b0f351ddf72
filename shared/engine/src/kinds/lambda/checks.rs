//! Finds what is in the way of a function's change: its own state, a former version that is gone, or no room for one
//! more package of code.
//!
//! Lambda keeps the code of every version, and refuses to publish one if the quota of the account and region is used up
//! (AWS Lambda Developer Guide, "Lambda quotas", "Function and layer storage"; AWS Lambda API Reference,
//! PublishVersion, `CodeStorageExceededException`).

// Lambda's room for code is read before the release: Lambda itself refuses when other components have changed. It is
// the one quota that a deployment uses up by itself.

use super::alias::AliasState;
use super::fitness::Fitness;
use crate::kinds::PrepareInput;
use crate::kinds::lambda::state::Observed;
use crate::ports::{AssumeRole, CodeRoom, EcrApi, Function, LambdaApi, Result};
use crate::trouble::{Checked, if_there};
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::release::artifact::{Artifact, is_same_repository};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// The finding that the alias is not there.
pub fn alias_missing(input: &PrepareInput<'_>, spec: &Lambda) -> Finding {
    let function = &spec.function;
    let alias = spec.alias.as_deref().unwrap_or_default();
    Finding::new(
        FindingName::TargetMissing,
        input.path("alias"),
        format!("The function {function} has no alias {alias}."),
        prose!(
            "Make it on a published version: {}.",
            run!("aws lambda create-alias --function-name {function} --name {alias} --function-version <number>")
        ),
    )
}

/// Finds a function, or its alias, in a state in which it must not be changed. Callers of a function without an alias
/// get a release at once, so that `$LATEST` must be invocable before. A way back may try: nothing else is left. An
/// alias that points to `$LATEST` can have no weights, and what callers got by it could not be restored.
pub fn not_ready(input: &PrepareInput<'_>, spec: &Lambda, is: &Observed) -> Option<Finding> {
    let function = &spec.function;
    let state = is.latest.state.as_str();
    let is_in_the_way = match Fitness::of(state) {
        Fitness::Broken(_) => true,
        Fitness::NotInvoked(_) => is.alias.is_none() && input.goal_state.is_none(),
        Fitness::Ready | Fitness::Soon => false,
    };
    if is_in_the_way {
        return Some(
            Finding::new(
                FindingName::TargetNotReady,
                input.path("function"),
                format!("The function {function} is in the state {state}: {}.", is.latest.reason),
                "Mend it with the tool that made it.",
            )
            .seen(state, "Active"),
        );
    }
    let alias = is.alias.as_ref()?;
    (alias.traffic.version == "$LATEST").then(|| {
        Finding::new(
            FindingName::TargetNotReady,
            input.path("alias"),
            format!("Alias {} of {function} points to $LATEST, which cannot be restored.", alias.name),
            prose!(
                "Publish a version ({}) and point the alias to it ({}).",
                run!("aws lambda publish-version --function-name {function}"),
                run!(
                    "aws lambda update-alias --function-name {function} --name {} --function-version <number>",
                    alias.name
                )
            ),
        )
    })
}

/// Finds what is asked for and needs something that the function does not have.
pub fn not_supported(input: &PrepareInput<'_>, spec: &Lambda, package: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if spec.alias.is_none() && !spec.rollout.steps.is_empty() {
        findings.push(Finding::not_supported(
            input.path("rollout"),
            format!("The function {} has no alias, so that its callers cannot be shifted in steps.", spec.function),
            "Add an alias, or leave `rollout` out.",
        ));
    }
    let brought = match input.artifact {
        Some(Artifact::Object { .. }) => "Zip",
        Some(Artifact::Image { .. }) => "Image",
        Some(Artifact::Images { .. }) => "Images of a service",
        None => return findings,
    };
    if brought != package {
        findings.push(Finding::not_supported(
            input.path("function"),
            format!(
                "The release brings the package type {brought}, and the function {} takes {package}.",
                spec.function
            ),
            "Lambda cannot change a function's package type: make a new function, or release the other type.",
        ));
    }
    findings
}

/// Finds a replica. It belongs to Lambda@Edge, which makes it anew from the main function (AWS Lambda API Reference,
/// FunctionConfiguration, `MasterArn`).
pub fn replica(input: &PrepareInput<'_>, spec: &Lambda, function: &Function) -> Option<Finding> {
    let main = function.replica_of.as_ref()?;
    Some(Finding::not_supported(
        input.path("function"),
        format!("The function {} is a replica that Lambda@Edge made of {main}.", spec.function),
        "Deploy the main function, and associate its new version with the distribution by your infrastructure code.",
    ))
}

/// Warns where a code signing configuration lets Lambda refuse code that is not signed (AWS Lambda Developer Guide,
/// "Using code signing to verify code integrity with Lambda"); also, in a check, where it may not be read. Lambda alone
/// decides whether an archive is signed as it must be. No image is signed so, and a rollback brings no code.
pub(super) async fn signed(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    spec: &Lambda,
    package: &str,
) -> Result<Option<Finding>> {
    if input.goal_state.is_some() || package != "Zip" {
        return Ok(None);
    }
    let function = &spec.function;
    match there.takes_only_signed(function).await {
        Ok(only) => Ok(only.then(|| {
            Finding::new(
                FindingName::TargetNotReady,
                input.path("function"),
                format!(
                    "Lambda refuses code for {function} that is not signed by one whom its code signing configuration names."
                ),
                "Sign the archive with AWS Signer before it is released, or let the configuration only warn.",
            )
        })),
        Err(fault) if fault.name.is_transient() => Err(fault),
        // A warning refuses nothing. Not every partition of AWS has code signing, and not every role may look.
        Err(fault) => {
            Ok(unread(input, "whether Lambda takes only signed code", "lambda:GetFunctionCodeSigningConfig", &fault))
        }
    }
}

/// Warns, in a check, of what a role that is older than the call may not read. A release finds out as it did before.
fn unread(input: &PrepareInput<'_>, what: &str, action: &str, fault: &Fault) -> Option<Finding> {
    let is_shown = input.is_check && fault.name == FaultName::AccessDenied;
    is_shown.then(|| {
        Finding::new(
            FindingName::NoPermission,
            input.path("function"),
            format!("{what}. {}.", fault.message.trim_end_matches('.')),
            prose!("Allow `{}` to the role that reaches the function.", action),
        )
        .not_checked()
    })
}

/// Finds a reserved concurrency of 0, which lets nothing run (AWS Lambda Developer Guide, "Configuring reserved
/// concurrency"). It is a finding if the release could not be judged by its declared invocations, else a warning.
pub fn throttled(input: &PrepareInput<'_>, spec: &Lambda, function: &Function) -> (Option<Finding>, Option<Finding>) {
    if function.reserved != Some(0) {
        return (None, None);
    }
    let name = &spec.function;
    if !spec.is_tried {
        let warning = Finding::new(
            FindingName::TargetNotReady,
            input.path("function"),
            format!("The function {name} has a reserved concurrency of 0, so that nothing runs the release."),
            "Raise the reserved concurrency to see whether the release works.",
        );
        return (None, Some(warning));
    }
    let finding = Finding::new(
        FindingName::GateNotMeasurable,
        input.path("gates.invocations"),
        format!("The function {name} has a reserved concurrency of 0, so that Lambda refuses to invoke it."),
        "Raise the reserved concurrency, or leave `invocations` out.",
    );
    (Some(finding), None)
}

/// Returns the warning that Lambda keeps all callers of the alias at a former version.
pub(super) fn concurrency_not_there(input: &PrepareInput<'_>, alias: &AliasState) -> Finding {
    let name = &alias.name;
    let (why, remedy) = match alias.lacks_concurrency() {
        Some(reason) => (
            format!(
                "it cannot allocate the alias's provisioned concurrency ({reason}). An undo gives callers that version"
            ),
            "Mend what Lambda reports before the release, or take the provisioned concurrency away.",
        ),
        None => (
            "it still allocates the alias's provisioned concurrency. An undo gives callers the alias's version"
                .to_owned(),
            "Wait until the provisioned concurrency is `READY`, then deploy.",
        ),
    };
    let former = alias.kept_at.as_deref().unwrap_or_default();
    let reason = format!("Lambda sends all callers of alias {name} to version {former}, because {why}.");
    Finding::new(FindingName::TargetNotReady, input.path("alias"), reason, remedy)
}

/// Warns of provisioned concurrency on the version that the alias serves: it belongs to that version, and the alias
/// leaves it (AWS Lambda Developer Guide, "Configuring provisioned concurrency for a function").
pub(super) async fn concurrency_left_behind(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    spec: &Lambda,
    is: &Observed,
) -> Result<Option<Finding>> {
    // Who goes back leaves nothing that the versions before did not.
    let alias = is.alias.as_ref().filter(|alias| alias.provisioned.is_none() && input.goal_state.is_none());
    let Some(alias) = alias else { return Ok(None) };
    let (function, version) = (&spec.function, &alias.traffic.version);
    let on_version = match there.provisioned(function, version).await {
        // A warning refuses nothing, also where a role may not look.
        Err(fault) if fault.name == FaultName::AccessDenied => None,
        seen => seen?,
    };
    if on_version.is_none() {
        return Ok(None);
    }
    Ok(Some(Finding::new(
        FindingName::TargetNotReady,
        input.path("alias"),
        format!(
            "Provisioned concurrency is configured on version {version} of {function}, and not on alias {}: the callers of the next version do not have it.",
            alias.name
        ),
        prose!(
            "Configure it on the alias ({}), and delete it on the version.",
            run!(
                "aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier {} --provisioned-concurrent-executions <number>",
                alias.name
            )
        ),
    )))
}

/// Reads a recorded version. A finding is that it is no longer there, or is another one by its number.
pub(super) async fn former_version(
    there: &(impl LambdaApi + EcrApi + AssumeRole),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    version: &str,
    was: &Observed,
) -> Checked<Function> {
    let Some(found) = if_there(there.function(&spec.function, Some(version)).await)? else {
        return Err(gone(input, spec, &format!("version {version}")).into());
    };
    let mut recorded = was.versions.iter();
    let recorded = recorded.find(|recorded| recorded.version == version);
    if recorded.is_some_and(|was| was.code_sha256 != found.code_sha256) {
        let what = format!("code of version {version} that ran then");
        return Err(gone(input, spec, &what).into());
    }
    match image_gone(there, input, spec, found.image.as_deref()).await? {
        Some(gone) => Err(gone.into()),
        None => Ok(found),
    }
}

/// Warns of an idle version that gets callers without an invocation before.
pub(super) fn idle(input: &PrepareInput<'_>, spec: &Lambda, version: &str) -> Finding {
    let function = &spec.function;
    let reason = format!(
        "Version {version} of {function} is inactive, because nothing invoked it for long: its first callers get errors until Lambda has made it active."
    );
    let remedy = prose!(
        "Invoke it once ({}) and wait until it is `Active`; or declare `invocations`, which do that before callers get it.",
        run!("aws lambda invoke --function-name {function} --qualifier {version} answer.json")
    );
    Finding::new(FindingName::TargetNotReady, input.path("function"), reason, remedy).seen("Inactive", "Active")
}

/// Lambda cannot start an image for ever whose repository has it no longer (AWS Lambda API
/// Reference, FunctionConfiguration, `StateReasonCode`: `ImageDeleted`). Only the declared
/// repository is looked into: nothing is known of another one's permissions.
pub(super) async fn image_gone(
    there: &(impl EcrApi + AssumeRole),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    image: Option<&str>,
) -> Result<Option<Finding>> {
    let declared = spec.repository.as_deref();
    let (Some((repository, digest)), Some(declared)) = (image.and_then(|image| image.split_once('@')), declared) else {
        return Ok(None);
    };
    if !is_same_repository(repository, declared) {
        return Ok(None);
    }
    let home = there.at(&Place::default());
    let found = home.image(repository, digest).await?;
    let what = format!("image {digest} that ran then");
    Ok(found.is_none().then(|| gone(input, spec, &what)))
}

/// Makes the finding that something is gone.
pub(super) fn gone(input: &PrepareInput<'_>, spec: &Lambda, what: &str) -> Finding {
    Finding::new(
        FindingName::ArtifactMissing,
        input.path("function"),
        format!("The {what} of {} is no longer there.", spec.function),
        input.to_another_snapshot(),
    )
}

/// The used share of the room from which on a warning says that little is left, in percent.
const WARN_FROM: u64 = 90;

/// A finding where there is no room, and a warning where little is left; also, of a check, where it may not be read.
/// `present` is the size of the code that is there now.
pub(super) async fn check(
    there: &impl LambdaApi,
    input: &PrepareInput<'_>,
    present: u64,
) -> Result<(Option<Finding>, Option<Finding>)> {
    let Some(needed) = needed(input, present) else { return Ok((None, None)) };
    match there.code_room().await {
        Ok(room) => Ok(room_left(input, room, needed)),
        Err(fault) if fault.name == FaultName::AccessDenied => {
            Ok((None, unread(input, "whether there is room for more code", "lambda:GetAccountSettings", &fault)))
        }
        Err(fault) => Err(fault),
    }
}

/// Returns the bytes of the package that is published. `None` if none is published, or if it is an image, which is kept
/// elsewhere.
fn needed(input: &PrepareInput<'_>, present: u64) -> Option<u64> {
    match input.artifact {
        Some(Artifact::Object { bytes, .. }) => Some(*bytes),
        Some(_) => None,
        None => (input.is_check && present > 0).then_some(present),
    }
}

fn room_left(input: &PrepareInput<'_>, room: CodeRoom, needed: u64) -> (Option<Finding>, Option<Finding>) {
    let CodeRoom { used, total } = room;
    let after = used.saturating_add(needed);
    let is_full = after > total;
    if !is_full && after < total / 100 * WARN_FROM {
        return (None, None);
    }
    let is = if is_full { "so that Lambda takes none of this function" } else { "so that Lambda soon takes no more" };
    let finding = Finding::new(
        FindingName::TargetNotReady,
        input.path("function"),
        format!(
            "The code of all functions and layers in this account and region has {} MB, and with this one {} MB, of {} \
             MB, {is}.",
            used >> 20,
            after >> 20,
            total >> 20
        ),
        "Delete versions and functions that nobody uses, or ask for more of the quota `Function and layer storage` of AWS \
         Lambda in the console of Service Quotas.",
    );
    if is_full { (Some(finding), None) } else { (None, Some(finding)) }
}
