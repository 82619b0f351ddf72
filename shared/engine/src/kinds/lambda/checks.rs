//! Pure: what is in the way of a function's change.

use super::change::INLINE;
use super::state::Observed;
use crate::kinds::PrepareInput;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::Lambda;
use windlass_domain::finding::{Finding, FindingName};

/// The alias is not there.
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

/// The function, or its alias, is in a state in which it must not be changed.
pub fn not_ready(input: &PrepareInput<'_>, spec: &Lambda, is: &Observed) -> Option<Finding> {
    let function = &spec.function;
    if is.latest.state == "Failed" {
        return Some(Finding::new(
            FindingName::TargetNotReady,
            input.path("function"),
            format!(
                "The function {function} is in the state Failed: {}.",
                is.latest.reason
            ),
            "Mend it with the tool that made it.",
        ));
    }
    let alias = is.alias.as_ref()?;
    (alias.traffic.version == "$LATEST").then(|| {
        Finding::new(
            FindingName::TargetNotReady,
            input.path("alias"),
            format!(
                "Alias {} of {function} points to $LATEST, which cannot be restored.",
                alias.name
            ),
            format!(
                "Publish a version (`aws lambda publish-version --function-name {function}`) and \
                 point the alias to it (`aws lambda update-alias --function-name {function} --name \
                 {} --function-version <number>`).",
                alias.name
            ),
        )
    })
}

/// What is asked for needs something that the function does not have.
pub fn not_supported(input: &PrepareInput<'_>, spec: &Lambda, package: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if spec.alias.is_none() && !spec.rollout.steps.is_empty() {
        findings.push(Finding::new(
            FindingName::NotSupported,
            input.path("rollout"),
            format!(
                "The function {} has no alias, so that its callers cannot be shifted in steps.",
                spec.function
            ),
            "Add an alias, or leave `rollout` out.",
        ));
    }
    let brought = match input.artifact {
        Some(Artifact::Object { .. }) => "Zip",
        Some(Artifact::Image { .. }) => "Image",
        None => return findings,
    };
    if brought != package {
        findings.push(Finding::new(
            FindingName::NotSupported,
            input.path("function"),
            format!("The release brings the package type {brought}, and the function {} takes {package}.", spec.function),
            "Lambda cannot change a function's package type: make a new function, or release the other type.",
        ));
    }
    findings
}

/// A zip that is too large to be sent inline is fetched by Lambda itself, which takes it only from
/// a bucket in the function's own region (AWS Lambda API Reference, UpdateFunctionCode,
/// `S3Bucket`).
pub fn out_of_reach(input: &PrepareInput<'_>, arn: &str, home: &str) -> Option<Finding> {
    let Some(Artifact::Object { bytes, .. }) = input.artifact else {
        return None;
    };
    let region = arn.split(':').nth(3).unwrap_or_default();
    (*bytes > INLINE && region != home).then(|| {
        Finding::new(
            FindingName::NotSupported,
            input.path("function"),
            format!(
                "The zip has {bytes} bytes, and Lambda takes one of more than {INLINE} only from a bucket in the function's region {region}; the artifacts bucket is in {home}."
            ),
            "Make the zip smaller, release an image, or install Windlass in the function's region.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::resolved::{Rollout, Spec};
    use windlass_domain::digest::Digest;
    use windlass_domain::identity::DeploymentId;
    use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
    use windlass_domain::place::Place;

    fn finds(bytes: u64, region: &str) -> bool {
        let artifact = Artifact::Object {
            key: "artifacts/shop/api/1.zip".into(),
            version_id: "1".into(),
            sha256: Digest::of(b"zip"),
            bytes,
        };
        let spec = Spec::Lambda(Lambda {
            function: "shop-api".into(),
            alias: None,
            rollout: Rollout::default(),
            invocations: vec![],
        });
        let input = PrepareInput {
            deployment: &DeploymentId("0123456789abcdef".into()),
            app: &AppName::new("shop").unwrap(),
            environment: &EnvironmentName::new("prod").unwrap(),
            component: &ComponentName::new("api").unwrap(),
            spec: &spec,
            artifact: Some(&artifact),
            goal_state: None,
            running: None,
            place: &Place::default(),
        };
        let arn = format!("arn:aws:lambda:{region}:111111111111:function:shop-api");
        out_of_reach(&input, &arn, "eu-west-1").is_some()
    }

    #[test]
    fn a_large_zip_must_be_in_the_functions_region() {
        assert!(!finds(INLINE, "us-east-1"));
        assert!(!finds(INLINE + 1, "eu-west-1"));
        assert!(finds(INLINE + 1, "us-east-1"));
    }
}
