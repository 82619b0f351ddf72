//! Plans a site for a check: what a release needs of the bucket and the distribution, whatever its files are.

use super::serving::{Serving, no_distribution};
use super::target::no_permission;
use crate::kinds::site::ports::SitePorts;
use crate::kinds::site::prefix::state as prefix;
use crate::kinds::site::target::Target;
use crate::kinds::{PrepareInput, Prepared, Stage, to_value};
use crate::ports::{ObjectId, Result};
use crate::trouble::Trouble;
use serde_json::Value;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::Finding;
use windlass_domain::kinds::site::SiteMode;

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
        // A check does not know which files a release changes, so it does not tell what somebody else changed.
        tells_out_of_band_changes: true,
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
    let Some(first) = first.filter(|_| site.mode == SiteMode::InPlace) else {
        return Ok(None);
    };
    let object = ObjectId { bucket: bucket.clone(), key: first.key.clone(), version_id: None };
    match ports.object_tags(&object).await {
        Err(fault) if fault.name == FaultName::AccessDenied => {
            Ok(denied(&format!("tags of s3://{bucket}/{}", first.key), fault))
        }
        Err(fault) if fault.name != FaultName::NotFound => Err(fault),
        _ => Ok(None),
    }
}
