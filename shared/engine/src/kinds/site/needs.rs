//! The permissions that a release of a site needs for the role that switches it (Service Authorization Reference,
//! Amazon S3 and Amazon CloudFront).

use crate::kinds::PrepareInput;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{CloudFrontApi, Result};
use windlass_domain::kinds::site::{SiteMode, StaticSite};

/// The calls of a release; see [`crate::kinds::needs`].
pub async fn needs(
    there: &impl CloudFrontApi,
    _: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    site: &StaticSite,
) -> Result<Vec<Needed>> {
    let mut needs: Vec<Needed> = objects(by, site).into_iter().collect();
    if let Some(id) = &site.distribution {
        let arn = there.distribution(id).await?.arn;
        let tags = there.distribution_tags(&arn).await?;
        needs.push(Needed::on("distribution", arn, actions(site)).tagged(&tags));
    }
    Ok(needs)
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
