//! Pure: finds what is in the way of a function's change.

use super::state::Observed;
use crate::kinds::PrepareInput;
use crate::ports::Function;
use windlass_domain::artifact::Artifact;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::lambda::Lambda;

/// Tells that the alias is not there.
pub fn alias_missing(input: &PrepareInput<'_>, spec: &Lambda) -> Finding {
    let function = &spec.function;
    let alias = spec.alias.as_deref().unwrap_or_default();
    Finding::new(
        FindingName::TargetMissing,
        input.path("alias"),
        format!("The function {function} has no alias {alias}."),
        format!(
            "Make it on a published version: `aws lambda create-alias --function-name {function} --name {alias} --function-version <number>`."
        ),
    )
}

/// Finds a function, or its alias, in a state in which it must not be changed.
pub fn not_ready(input: &PrepareInput<'_>, spec: &Lambda, is: &Observed) -> Option<Finding> {
    let function = &spec.function;
    let state = is.latest.state.as_str();
    if matches!(state, "Failed" | "Deleting") {
        return Some(Finding::new(
            FindingName::TargetNotReady,
            input.path("function"),
            format!("The function {function} is in the state {state}: {}.", is.latest.reason),
            "Mend it with the tool that made it.",
        ));
    }
    let alias = is.alias.as_ref()?;
    (alias.traffic.version == "$LATEST").then(|| {
        Finding::new(
            FindingName::TargetNotReady,
            input.path("alias"),
            format!("Alias {} of {function} points to $LATEST, which cannot be restored.", alias.name),
            format!(
                "Publish a version (`aws lambda publish-version --function-name {function}`) and \
                 point the alias to it (`aws lambda update-alias --function-name {function} --name \
                 {} --function-version <number>`).",
                alias.name
            ),
        )
    })
}

/// Finds what is asked for and needs something that the function does not have.
pub fn not_supported(input: &PrepareInput<'_>, spec: &Lambda, package: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if spec.alias.is_none() && !spec.rollout.steps.is_empty() {
        findings.push(Finding::new(
            FindingName::NotSupported,
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
        findings.push(Finding::new(
            FindingName::NotSupported,
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
    Some(Finding::new(
        FindingName::NotSupported,
        input.path("function"),
        format!("The function {} is a replica that Lambda@Edge made of {main}.", spec.function),
        "Deploy the main function, and associate its new version with the distribution by your infrastructure code.",
    ))
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
