//! A site as its visitors get it: its address, and what is known of the files there.

use super::rules::SiteRules;
use super::target::{Target, folder_of};
use crate::kinds::from_value;
use crate::kinds::site::prepare::scene::{RecordedSite, Serving};
use crate::ports::Result;
use serde_json::Value;
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::Fault;

/// Pure: the address under which visitors reach a site, with a slash at its end. In place, the path of the origin may
/// lead to the site's folder or to one above it.
pub(super) fn visitors(site: &StaticSite, serving: Option<&Serving>) -> Option<String> {
    if let Some(url) = &site.url {
        return Some(format!("{}/", url.trim_end_matches('/')));
    }
    let found = serving?;
    let folder = folder_in_addresses(site, found).unwrap_or_default();
    Some(format!("https://{}/{folder}", found.distribution.domain))
}

/// Pure: the folder of a site in the addresses of the distribution that serves it, empty or with a slash at its end;
/// `None` if the path of the origin leads past the site's folder.
pub(super) fn folder_in_addresses<'s>(site: &'s StaticSite, serving: &Serving) -> Option<&'s str> {
    match site.mode {
        SiteMode::InPlace => site.prefix.strip_prefix(&folder_of(&serving.origin.path)),
        SiteMode::Prefix => Some(""),
    }
}

/// The knowledge by which a site is looked at as visitors get it.
#[derive(Debug, Default)]
pub struct Visited {
    /// The address under which visitors reach it, with a slash at its end.
    pub visitors: String,
    /// The folder of the bucket, with a slash at its end, if visitors do not get the release yet.
    pub folder: Option<String>,
    /// The file with which `/` is answered, if the declaration names it.
    pub root: Option<String>,
    /// The rules by which the files got their headers, if the release is deployed from its archive.
    pub rules: Option<SiteRules>,
}

impl Visited {
    /// Returns the site before anything has changed, by its target. Returns `None` if there is no target or no address
    /// is known.
    pub fn before(target: Option<&Value>) -> Result<Option<Self>> {
        let target = target.filter(|target| !target.is_null());
        let target: Option<Target> = target.map(|it| from_value("target", it)).transpose()?;
        let visitors = target.and_then(|target| target.visitors);
        Ok(visitors.map(|visitors| Self { visitors, ..Self::default() }))
    }

    /// Returns the site as a step has changed it. `ahead` is true if it is only published.
    pub fn released(step: Option<&Step>, ahead: bool) -> Result<Self> {
        let unknown = |what: &str| Fault::internal(format!("no {what} of the site is recorded"));
        let step = step.ok_or_else(|| unknown("step"))?;
        let target: Target = from_value("target", &step.target)?;
        let goal = step.goals.values().last().ok_or_else(|| unknown("goal"))?;
        let folder = match from_value("goal", goal)? {
            RecordedSite::Prefix(goal) if ahead => Some(folder_of(&goal.origin_path)),
            RecordedSite::Prefix(_) | RecordedSite::InPlace(_) => None,
        };
        // In a rollback the files have the headers of their own time.
        let rules = target.archive.map(|_| SiteRules::new(&target.site));
        let root = target.site.root;
        Ok(Self {
            visitors: target.visitors.ok_or_else(|| unknown("address"))?,
            folder,
            root: root.filter(|root| root != StaticSite::NO_ROOT),
            rules: rules.transpose()?,
        })
    }
}
