//! A site for a check, whatever its files are: the plan, what is wrong with an archive by its own bytes, and the
//! permissions that a release needs (Service Authorization Reference, Amazon S3 and Amazon CloudFront).

use super::target::no_permission;
use crate::kinds::archive::{directory, select, without_keys_in};
use crate::kinds::needs::{DeployerRole, Needed};
use crate::kinds::site::calls::SitePorts;
use crate::kinds::site::prefix::state as prefix;
use crate::kinds::site::prepare::lacks_root;
use crate::kinds::site::prepare::scene::{Serving, no_distribution};
use crate::kinds::site::rules::SiteRules;
use crate::kinds::site::target::{Target, room};
use crate::kinds::{PrepareInput, Prepared, Stage, to_value};
use crate::ports::{CloudFrontApi, ObjectId, Result};
use crate::trouble::Trouble;
use serde_json::Value;
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The waves of a release whose files nobody knows yet.
pub(super) async fn check_plan(
    ports: &impl SitePorts,
    input: &PrepareInput<'_>,
    target: Target,
    serving: Option<Serving>,
    warnings: Vec<Finding>,
) -> Result<Prepared, Trouble> {
    if let Some(finding) = unreadable(ports, input, &target).await? {
        return Err(finding.into());
    }
    let site = &target.site;
    let there = format!("s3://{}/{}", site.bucket, site.prefix);
    let mut stages = vec![Stage::new(Value::Null, format!("files to {there}"))];
    let target = match (site.mode, serving) {
        (SiteMode::InPlace, _) => to_value(&target)?,
        (SiteMode::Prefix, None) => return Err(no_distribution(input)),
        (SiteMode::Prefix, Some(serving)) => {
            if site.is_tried {
                let ahead = Stage::new(Value::Null, format!("files published in {there}"));
                stages.insert(0, Stage { ahead: true, ..ahead });
            }
            to_value(&prefix::Target { site: target, distribution: serving.id, origin: serving.origin.id })?
        }
    };
    Ok(Prepared {
        // A check does not know which files a release changes, so it does not name what somebody else changed.
        names_out_of_band_changes: true,
        target,
        stages,
        warnings,
        ..Prepared::default()
    })
}

/// Returns a finding if the site's files may not be listed, or if the tags that an undo copies may not be read.
async fn unreadable(ports: &impl SitePorts, input: &PrepareInput<'_>, target: &Target) -> Result<Option<Finding>> {
    let site = &target.site;
    let (path, bucket) = (input.path("bucket"), &site.bucket);
    let denied = |what: &str, fault| Some(no_permission(&path, what, &fault));
    let listed = match ports.list(bucket, &site.prefix, None).await {
        Ok(listed) => listed,
        Err(fault) if fault.name == FaultName::AccessDenied => {
            return Ok(denied(&format!("objects of bucket {bucket}"), fault));
        }
        Err(fault) => return Err(fault),
    };
    let first = listed.objects.first();
    let Some(first) = first.filter(|_| site.mode == SiteMode::InPlace) else { return Ok(None) };
    let object = ObjectId { bucket: bucket.clone(), key: first.key.clone(), version_id: None };
    match ports.object_tags(&object).await {
        Err(fault) if fault.name == FaultName::AccessDenied => {
            Ok(denied(&format!("tags of s3://{bucket}/{}", first.key), fault))
        }
        Err(fault) if fault.name != FaultName::NotFound => Err(fault),
        _ => Ok(None),
    }
}

/// Returns what is wrong with the archive, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`]. Only AWS knows the default root object of a distribution, so that is not checked.
pub fn check_artifact(component: &ComponentName, site: &StaticSite, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let entries = match directory(named, bytes) {
        Ok(entries) => entries,
        Err(finding) => return vec![finding],
    };
    // A declaration with a pattern that is none is refused when it is uploaded.
    let Ok(SiteRules { folder, .. }) = SiteRules::new(site) else { return vec![] };
    let whole = bytes.len() as u64;
    let selected = select(named, entries, whole, room(site), &folder);
    let selected = selected.and_then(|it| without_keys_in(named, bytes, it, &folder));
    let entries = match selected {
        Ok(selection) => selection.entries,
        Err(findings) => return findings,
    };
    let is_known = site.root.is_some() || site.distribution.is_none();
    let declared = format!("components.{component}.root");
    is_known.then(|| lacks_root(&declared, site, None, (named, &entries))).flatten().into_iter().collect()
}

/// The calls of a release; see [`crate::kinds::needs`].
pub async fn needs(
    there: &impl CloudFrontApi,
    _: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    site: &StaticSite,
) -> Result<Vec<Needed>> {
    let mut needs: Vec<Needed> = objects(by, site).into_iter().collect();
    if let Some(id) = &site.distribution {
        let found = there.distribution(id).await?;
        let tags = there.distribution_tags(&found.arn).await?;
        needs.push(Needed::on("distribution", found.arn, actions(site)).tagged(&tags));
        needs.extend(web_acl(site, found.web_acl));
    }
    Ok(needs)
}

/// Pure: the call on the web ACL, which CloudFront makes with the rights of whoever switches the distribution (Amazon
/// CloudFront API Reference, UpdateDistribution, `InvalidWebACLId`). The id of one of AWS WAF Classic is no ARN, of
/// which IAM could be asked.
fn web_acl(site: &StaticSite, acl: Option<String>) -> Option<Needed> {
    let acl = acl.filter(|acl| site.mode == SiteMode::Prefix && acl.starts_with("arn:"))?;
    Some(Needed::on("distribution", acl, &["wafv2:GetWebACL"]))
}

/// Pure: the calls on objects. Only a site in place writes over the live files.
fn objects(by: &DeployerRole<'_>, site: &StaticSite) -> Option<Needed> {
    let key = format!("{}index.html", site.prefix);
    let writes = ["s3:PutObject", "s3:DeleteObject"];
    let is_in_place = site.mode == SiteMode::InPlace;
    is_in_place.then(|| Needed::on("bucket", by.object(&site.bucket, &key), &writes))
}

/// Pure: the calls on the distribution. With a prefix the distribution is switched. In both modes its cache is
/// invalidated.
fn actions(site: &StaticSite) -> &'static [&'static str] {
    match site.mode {
        SiteMode::InPlace => &["cloudfront:CreateInvalidation"],
        SiteMode::Prefix => &["cloudfront:UpdateDistribution", "cloudfront:CreateInvalidation"],
    }
}
