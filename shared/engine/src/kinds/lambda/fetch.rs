//! Checks whether Lambda can fetch what it fetches by itself: an image from its repository, and a zip that is too large
//! to be sent inline from the artifacts bucket.

// Lambda fetches large code itself, and would refuse in the middle of a deployment or of an undo; so region and
// rights are tried by `Prepare`.

use super::change::INLINE;
use crate::config::Configured;
use crate::kinds::PrepareInput;
use crate::ports::{Function, Result, S3Api};
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::resolved::TargetRole;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// Checks that Lambda will get what this deployment, or its undo, lets it fetch.
pub async fn check(
    there: &(impl S3Api + Configured),
    input: &PrepareInput<'_>,
    spec: &Lambda,
    function: &Function,
) -> Result<Option<Finding>> {
    let home = &there.config().region;
    if let Some(finding) = out_of_reach(input, spec, function, home) {
        return Ok(Some(finding));
    }
    match &input.place.role {
        Some(role) if release_is_large(input) || undo_is_large(spec, function) => {
            not_readable(there, input, role).await
        }
        _ => Ok(None),
    }
}

fn release_is_large(input: &PrepareInput<'_>) -> bool {
    matches!(input.artifact, Some(Artifact::Object { bytes, .. }) if *bytes > INLINE)
}

/// Returns whether an undo needs the bucket. Without an alias it puts the present code back, by way of the bucket if
/// the code is large.
fn undo_is_large(spec: &Lambda, function: &Function) -> bool {
    spec.alias.is_none() && function.package == "Zip" && function.code_bytes > INLINE
}

/// Finds bytes in another region. Lambda takes a zip only from a bucket in the function's own region (AWS Lambda API
/// Reference, UpdateFunctionCode, `S3Bucket`), and an image only from a repository there (AWS Lambda Developer Guide,
/// "Create a Lambda function using a container image").
fn out_of_reach(input: &PrepareInput<'_>, spec: &Lambda, function: &Function, home: &str) -> Option<Finding> {
    let region = function.arn.split(':').nth(3).unwrap_or_default();
    let (reason, remedy) = match input.artifact {
        Some(Artifact::Object { bytes, .. }) if *bytes > INLINE && region != home => (
            format!(
                "The zip has {}, and Lambda takes one of more than {INLINE} only from a bucket in the function's region {region}; the artifacts bucket is in {home}.",
                count(*bytes, "byte")
            ),
            "Make the zip smaller, for example by layers, or install Windlass in the function's region.",
        ),
        Some(Artifact::Image { repository, .. })
            if registry_region(repository).is_some_and(|found| found != region) =>
        {
            (
                format!(
                    "Lambda takes an image only from a repository in the function's region {region}, and that is not where {repository} is."
                ),
                "Install Windlass in the function's region, and push the image to a repository there.",
            )
        }
        _ if undo_is_large(spec, function) && region != home => (
            format!(
                "The function has no alias, so that an undo puts its present code back; that has {}, and Lambda takes more than {INLINE} only from a bucket in the function's region {region}; the artifacts bucket is in {home}.",
                count(function.code_bytes, "byte")
            ),
            "Add an alias, so that an undo needs no code, or install Windlass in the function's region.",
        ),
        _ => return None,
    };
    Some(Finding::not_supported(input.path("function"), reason, remedy))
}

/// Returns the region of a repository by its URI, `<account>.dkr.ecr.<region>.amazonaws.com/<name>` (Amazon ECR User
/// Guide, "Amazon ECR private registry").
fn registry_region(repository: &str) -> Option<&str> {
    let (host, _) = repository.split_once('/')?;
    let mut words = host.split('.').skip(1);
    (words.next()? == "dkr" && words.next()?.starts_with("ecr")).then_some(())?;
    words.next()
}

/// Lambda reads the bucket with the rights of whoever updates the function (AWS Lambda Developer
/// Guide, "Deploying Lambda functions as .zip file archives"): the role in the function's account,
/// which the bucket's policy must let in. A look at the release's own object with that role shows it.
async fn not_readable(
    there: &(impl S3Api + Configured),
    input: &PrepareInput<'_>,
    role: &TargetRole,
) -> Result<Option<Finding>> {
    let Some(Artifact::Object { key, version_id, .. }) = input.artifact else { return Ok(None) };
    let object = there.artifact(key, Some(version_id));
    match there.head(&object).await {
        Err(fault) if fault.name == FaultName::AccessDenied => Ok(Some(closed(input, role, &object.bucket))),
        Err(fault) => Err(fault),
        Ok(_) => Ok(None),
    }
}

fn closed(input: &PrepareInput<'_>, role: &TargetRole, bucket: &str) -> Finding {
    let account = role.arn.split(':').nth(4).unwrap_or_default();
    Finding::new(
        FindingName::NoPermission,
        input.path("function"),
        format!(
            "Lambda fetches code of more than {INLINE} bytes from the bucket {bucket} with the rights of {}, which may not read it.",
            role.arn
        ),
        format!(
            "Add the account {account} to the parameter `TargetAccounts` of Windlass's stack, and let the role read `artifacts/{}/*` and `windlass/restore/*` there (`examples/target-role.yaml` does).",
            input.app
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::prepared::tests::asked_of;
    use windlass_domain::declaration::kinds::rollout::Rollout;
    use windlass_domain::declaration::resolved::Place;
    use windlass_domain::text::digest::Digest;

    fn zip(bytes: u64) -> Artifact {
        Artifact::Object {
            key: "artifacts/shop/prod/api/1.zip".into(),
            version_id: "1".into(),
            sha256: Digest::of(b"zip"),
            bytes,
        }
    }

    fn image(repository: &str) -> Artifact {
        Artifact::Image { repository: repository.into(), digest: Digest::of(b"image") }
    }

    fn function(region: &str, code_bytes: u64) -> Function {
        Function {
            arn: format!("arn:aws:lambda:{region}:111111111111:function:shop-api"),
            code_bytes,
            package: "Zip".into(),
            ..Function::default()
        }
    }

    fn refusal(artifact: &Artifact, function: &Function, alias: Option<&str>) -> String {
        let lambda = Lambda {
            function: "shop-api".into(),
            alias: alias.map(str::to_owned),
            repository: None,
            rollout: Rollout::default(),
            codedeploy: None,
            is_tried: false,
            files: windlass_domain::declaration::folder::FolderPatterns::default(),
        };
        let place = Place::default();
        let input = PrepareInput { artifact: Some(artifact), ..asked_of("api", &place) };
        out_of_reach(&input, &lambda, function, "eu-west-1").map_or(String::new(), |finding| finding.written())
    }

    #[test]
    fn a_large_zip_must_be_in_the_functions_region() {
        let refusal = |bytes, region| refusal(&zip(bytes), &function(region, 0), Some("live"));
        assert_eq!(refusal(INLINE, "us-east-1"), "");
        assert_eq!(refusal(INLINE + 1, "eu-west-1"), "");
        insta::assert_snapshot!(refusal(INLINE + 1, "us-east-1"), @"NotSupported: components.api.function: The zip has 52428801 bytes, and Lambda takes one of more than 52428800 only from a bucket in the function's region us-east-1; the artifacts bucket is in eu-west-1. Remedy: Make the zip smaller, for example by layers, or install Windlass in the function's region.");
    }

    #[test]
    fn an_image_must_be_in_the_functions_region() {
        let there = "111111111111.dkr.ecr.us-east-1.amazonaws.com/shop/api";
        let refusal = |repository, region| refusal(&image(repository), &function(region, 0), None);
        assert_eq!(refusal(there, "us-east-1"), "");
        assert_eq!(refusal("localhost:4566/shop/api", "us-east-1"), "");
        insta::assert_snapshot!(refusal(there, "eu-west-1"), @"NotSupported: components.api.function: Lambda takes an image only from a repository in the function's region eu-west-1, and that is not where 111111111111.dkr.ecr.us-east-1.amazonaws.com/shop/api is. Remedy: Install Windlass in the function's region, and push the image to a repository there.");
    }

    #[test]
    fn what_an_undo_puts_back_must_be_in_the_functions_region() {
        let refusal = |bytes, region, alias| refusal(&zip(1), &function(region, bytes), alias);
        assert_eq!(refusal(INLINE, "us-east-1", None), "");
        assert_eq!(refusal(INLINE + 1, "eu-west-1", None), "");
        assert_eq!(refusal(INLINE + 1, "us-east-1", Some("live")), "");
        insta::assert_snapshot!(refusal(INLINE + 1, "us-east-1", None), @"NotSupported: components.api.function: The function has no alias, so that an undo puts its present code back; that has 52428801 bytes, and Lambda takes more than 52428800 only from a bucket in the function's region us-east-1; the artifacts bucket is in eu-west-1. Remedy: Add an alias, so that an undo needs no code, or install Windlass in the function's region.");
    }
}
