//! The ports that a site needs, and how many calls over them a look takes.

use crate::config::Configured;
use crate::ports::{AssumeRole, Clock, CloudFrontApi, Probe, S3Api};
use windlass_domain::hourly_look::CALLS_A_LOOK;

/// The ports that a site needs.
pub trait SitePorts: S3Api + CloudFrontApi + Probe + Clock + AssumeRole + Configured {}
impl<P: S3Api + CloudFrontApi + Probe + Clock + AssumeRole + Configured> SitePorts for P {}

/// Returns the most calls that a look takes if it lists so many files. A page has a thousand files, and ranges that are
/// listed at once need not fill their pages.
pub(super) fn calls_to_list(files: usize) -> u32 {
    let pages = u32::try_from(files.div_ceil(500)).unwrap_or(u32::MAX);
    CALLS_A_LOOK.saturating_add(pages)
}
