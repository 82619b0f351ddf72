//! A site's part of `Prepare`: everything that can be in its way is found before anything changes.

mod archive;
mod in_place;
mod left;
mod lifecycle;
mod mixed;
mod prefix;
mod root;
mod serving;
mod tags;
mod target;
mod versions;

pub(in crate::kinds::site) use archive::room;

use super::SitePorts;
use super::archive::Entry;
use super::lists::Lists;
use super::load::read;
use super::release::release_of;
use super::rules::Rules;
use super::state::State;
use super::target::Target;
use super::trouble::Trouble;
use crate::kinds::{Folder, PrepareInput, Prepared};
use crate::ports::{Answered, Distribution};
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::place::Place;

/// What is asked for.
enum Wanted {
    /// The files of an archive: the release, and what the archive's directory declares.
    Release(Digest, Vec<Entry>),
    /// A recorded state.
    Recorded(State),
}

/// What is known so far.
struct Scene<'a, P> {
    /// The ports at the target's place.
    at: &'a P,
    /// The lists in the artifacts bucket.
    lists: Lists<'a, P>,
    input: &'a PrepareInput<'a>,
    target: Target,
    rules: Rules,
    distribution: Option<Distribution>,
    warnings: Vec<Finding>,
}

/// Observes a site, checks what its deployment needs, and plans it.
pub async fn prepare<P: SitePorts>(
    ports: &P,
    input: &PrepareInput<'_>,
    site: &StaticSite,
) -> Answered<Prepared> {
    match plan(ports, input, site).await {
        Ok(prepared) => Ok(prepared),
        Err(Trouble::Findings(findings)) => Ok(Prepared::refused(findings)),
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}

async fn plan<P: SitePorts>(
    ports: &P,
    input: &PrepareInput<'_>,
    site: &StaticSite,
) -> Result<Prepared, Trouble> {
    let home = ports.at(&Place::default());
    let checked = target::check(ports, input, site).await?;
    let rules = Rules::new(site).map_err(|fault| bad_pattern(input, &fault))?;
    let mut target = Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        site: site.clone(),
        origin: checked.origin,
        archive: None,
    };
    let mut warnings = checked.warnings;
    let wanted = if let Some(state) = input.goal_state {
        Wanted::Recorded(read("state to go back to", state)?)
    } else {
        let found = archive::check(&home, input, site).await?;
        let serving = (checked.distribution.as_ref(), target.origin.as_ref());
        let archive = (found.archive.key.as_str(), found.entries.as_slice());
        if let Some(finding) = root::missing(input, site, serving, archive) {
            return Err(finding.into());
        }
        let release = release_of(&target, &found.archive);
        target.archive = Some(found.archive);
        warnings.extend(found.warning);
        if let (Some(distribution), Some(origin)) = (&checked.distribution, &target.origin) {
            let path = input.path("distribution");
            warnings.extend(serving::judge(distribution, origin, &found.entries, &path));
        }
        Wanted::Release(release, found.entries)
    };
    let scene = Scene {
        at: ports,
        lists: Lists::of(&home, &target),
        input,
        rules,
        distribution: checked.distribution,
        warnings,
        target,
    };
    match site.mode {
        SiteMode::InPlace => in_place::plan(scene, wanted).await,
        SiteMode::Prefix => prefix::plan(scene, wanted).await,
    }
}

impl<P> Scene<'_, P> {
    /// Where the site is. In place it is not known which of several origins serves it.
    fn folder(&self) -> Folder {
        let site = &self.target.site;
        let switches = site.mode == SiteMode::Prefix;
        Folder {
            bucket: site.bucket.clone(),
            prefix: site.prefix.clone(),
            distribution: self.distribution.as_ref().map(|found| found.arn.clone()),
            origin: if switches {
                self.target.origin.clone()
            } else {
                site.origin.clone()
            },
            switches,
        }
    }
}

fn bad_pattern(input: &PrepareInput<'_>, fault: &Fault) -> Trouble {
    Finding::new(
        FindingName::BadValue,
        input.path("cache"),
        format!("a pattern is no glob: {}", fault.message),
        "write a glob such as `assets/**` or `*.woff2`",
    )
    .into()
}

/// A recorded state of the other mode cannot be reached.
fn other_mode() -> Trouble {
    super::prefix::other_mode().into()
}
