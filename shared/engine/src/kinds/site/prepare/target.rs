//! Checks that the bucket and the distribution are as a site needs them, and that an undo may copy back what a release
//! replaces. S3 copies an object's tags along, and asks for the right to read and to write them (Amazon S3 User Guide,
//! "Copying, moving, and renaming objects").

use super::bucket::{Problems, check_rules};
use super::distribution::{fails_over, others};
use super::edges;
use super::scene::SiteScene;
use crate::kinds::PrepareInput;
use crate::kinds::site::bucket_distributions::distributions_of;
use crate::kinds::site::calls::{self, SitePorts};
use crate::kinds::site::files::Objects;
use crate::kinds::site::prepare::scene::{Serving, is_of_bucket};
use crate::ports::{Distribution, Origin, Result};
use crate::trouble::{Trouble, collected};
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::partition::Partition;
use windlass_domain::{prose, run};

/// The result of the check of a target that can be deployed to.
pub(in crate::kinds::site) struct CheckedTarget {
    /// Problems that do not stop the deployment.
    pub warnings: Vec<Finding>,
    /// The distribution that serves it, if the declaration names one.
    pub serving: Option<Serving>,
}

/// Checks bucket and distribution, all of it at once.
pub(in crate::kinds::site) async fn check(
    ports: &impl SitePorts,
    input: &PrepareInput<'_>,
    site: &StaticSite,
) -> Result<CheckedTarget, Trouble> {
    let Problems { mut findings, mut warnings } = bucket(ports, input, site).await?;
    let mut serving = None;
    if let Some(id) = &site.distribution {
        serving = collected(distribution(ports, input, site, id).await, &mut findings)?;
    }
    let switched = serving.as_ref().filter(|_| site.mode == SiteMode::Prefix);
    warnings.extend(switched.and_then(|it| edges::warning(it, input)));
    if let Some(serving) = &serving {
        let found = distributions_of(ports, &site.bucket).await;
        warnings.extend(others(found, site, &serving.id, &input.path("distribution")));
    }
    if findings.is_empty() { Ok(CheckedTarget { warnings, serving }) } else { Err(Trouble::Findings(findings)) }
}

async fn bucket(ports: &impl SitePorts, input: &PrepareInput<'_>, site: &StaticSite) -> Result<Problems> {
    let path = input.path("bucket");
    let what = format!("bucket {}", site.bucket);
    let versioned = match or_finding(ports.keeps_versions(&site.bucket).await, &path, &what) {
        Ok(versioned) => versioned,
        Err(trouble) => return Ok(Problems { findings: trouble.findings()?, ..Problems::default() }),
    };
    let mut problems = match or_finding(ports.lifecycle(&site.bucket).await, &path, &what) {
        Ok(rules) => check_rules(&rules, site, &path),
        Err(trouble) => {
            let unread = trouble.findings()?.into_iter().map(unread).collect();
            let mut problems = Problems::default();
            // A release only warns of this. A check reports a finding, because it does not know.
            if input.is_check {
                problems.findings = unread;
            } else {
                problems.warnings = unread;
            }
            problems
        }
    };
    let findings = &mut problems.findings;
    if !versioned && site.mode == SiteMode::InPlace {
        findings.push(Finding::new(
            FindingName::TargetNotReady,
            &path,
            format!("the {what} keeps no versions, so what is overwritten could not be restored"),
            prose!(
                "Turn on versioning and let noncurrent versions live for at least 30 days: {}; or use mode `prefix`.",
                run!(
                    "aws s3api put-bucket-versioning --bucket {} --versioning-configuration Status=Enabled",
                    site.bucket
                )
            ),
        ));
    }
    // Also where a role decides what is reached: IAM does not see whether a bucket is an installation's.
    let region = input.place.region.as_deref().unwrap_or(&ports.config().region);
    let arn = format!("arn:{}:s3:::{}", Partition::of(region).name, site.bucket);
    let tags = or_finding(ports.bucket_tags(&site.bucket).await, &path, &what);
    if let Some(tags) = collected(tags, findings)? {
        findings.extend(input.check_tags("bucket", (&what, Some(&arn)), &tags));
    }
    Ok(problems)
}

/// Adds what is unknown: rules that may not be read may delete what an undo needs.
fn unread(mut finding: Finding) -> Finding {
    finding.reason.push("; whether its lifecycle rules delete what an undo or a rollback needs is not known");
    finding.remedy = "allow `s3:GetLifecycleConfiguration` on the bucket".into();
    finding
}

async fn distribution(
    ports: &impl SitePorts,
    input: &PrepareInput<'_>,
    site: &StaticSite,
    id: &str,
) -> Result<Serving, Trouble> {
    let path = input.path("distribution");
    let what = format!("distribution {id}");
    let found = or_finding(ports.distribution(id).await, &path, &what)?;
    let mut findings = Vec::new();
    if input.needs_tags() {
        let tags = or_finding(ports.distribution_tags(&found.arn).await, &path, &what);
        if let Some(tags) = collected(tags, &mut findings)? {
            findings.extend(input.check_tags("distribution", (&what, Some(&found.arn)), &tags));
        }
    }
    match origin(input, site, &found) {
        Ok(origin) => {
            // A rollback goes to what was served so.
            let is_switched = site.mode == SiteMode::Prefix && input.goal_state.is_none();
            let path = input.path("origin");
            findings.extend(fails_over(&found, &origin, &path).filter(|_| is_switched));
            if findings.is_empty() {
                return Ok(Serving { id: id.to_owned(), distribution: found, origin });
            }
        }
        Err(finding) => findings.push(finding),
    }
    Err(findings.into())
}

/// Returns the origin that is the bucket. In place, any of several will do.
fn origin(input: &PrepareInput<'_>, site: &StaticSite, found: &Distribution) -> Result<Origin, Finding> {
    let origins = found.origins.iter();
    let named = site.origin.as_deref();
    let of_bucket: Vec<&Origin> = origins
        .filter(|origin| is_of_bucket(&origin.domain, &site.bucket))
        .filter(|origin| named.is_none_or(|named| named == origin.id))
        .collect();
    let path = input.path("origin");
    match of_bucket.as_slice() {
        [one] => Ok((*one).clone()),
        [first, ..] if site.mode == SiteMode::InPlace => Ok((*first).clone()),
        many @ [_, ..] => {
            let many: Vec<&str> = many.iter().map(|it| it.id.as_str()).collect();
            Err(Finding::missing_field(
                path,
                format!("several origins are the bucket: {}", many.join(", ")),
                "say with `origin` which one is to be switched",
            ))
        }
        [] => {
            let all: Vec<String> =
                found.origins.iter().map(|origin| format!("{} ({})", origin.id, origin.domain)).collect();
            let wanted = named.map_or(String::new(), |named| format!(" `{named}`"));
            Err(Finding::new(
                FindingName::UnknownName,
                path,
                format!("no origin{wanted} is the bucket {}; there are {}", site.bucket, all.join(", ")),
                "name the distribution that serves this bucket, and its origin by its id",
            ))
        }
    }
}

/// Turns a missing target and a missing permission into a finding.
fn or_finding<T>(answer: Result<T>, path: &str, what: &str) -> Result<T, Trouble> {
    answer.map_err(|fault| match fault.name {
        FaultName::NotFound => Finding::new(
            FindingName::TargetMissing,
            path,
            format!("there is no {what}"),
            "create it with your infrastructure code first, or mend the name",
        )
        .into(),
        FaultName::AccessDenied => no_permission(path, what, &fault).into(),
        _ => fault.into(),
    })
}

pub(super) fn no_permission(path: &str, what: &str, fault: &Fault) -> Finding {
    Finding::new(
        FindingName::NoPermission,
        path,
        format!("AWS refuses to show the {what}: {}", fault.message),
        "let the role of Windlass, or the role that is assumed for this environment, read it",
    )
}

/// The number of objects whose tags are asked for, about. Whoever tags the objects of a bucket tags most of them.
const ASKED: usize = 32;

/// Returns a finding if the tags of objects that a release replaces may not be read. Objects that somebody else wrote
/// are asked for first.
pub(in crate::kinds::site) async fn unreadable(
    scene: &SiteScene<'_, impl SitePorts>,
    before: &Objects,
    replaced: &[String],
) -> Result<Option<Finding>> {
    let there = replaced.iter().filter_map(|path| Some((path, before.get(path)?)));
    let mut asked: Vec<_> = there.collect();
    asked.sort_by_key(|(path, object)| (object.file.is_some(), *path));
    let every = asked.len().div_ceil(ASKED).max(1);
    let asked: Vec<_> = asked.into_iter().step_by(every).collect();
    let answers = calls::every(scene.at, &asked, |(path, object)| async move {
        let version = scene.target.object(path, object.version_id.clone());
        match scene.at.object_tags(&version).await {
            // The object is gone since; another check shows what is there now.
            Err(fault) if fault.name == FaultName::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    })
    .await;
    match answers {
        Err(fault) if fault.name == FaultName::AccessDenied => Ok(Some(Finding::new(
            FindingName::NoPermission,
            scene.input.path("bucket"),
            format!(
                "an undo copies back what this release replaces, with its tags, and may not read them: {}",
                fault.message
            ),
            "allow `s3:GetObjectTagging`, `s3:GetObjectVersionTagging` and `s3:PutObjectTagging` on the objects of the bucket, to the roles of Windlass or to the role that is assumed for this environment",
        ))),
        Err(fault) => Err(fault),
        Ok(_) => Ok(None),
    }
}
