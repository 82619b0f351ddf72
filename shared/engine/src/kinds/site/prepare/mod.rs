//! A site's part of `Prepare`: everything that can be in its way is found before anything changes.

mod archive;
mod claims;
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
use super::target::{Target, visitors};
use super::trouble::Trouble;
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{Answered, Distribution};
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::place::Place;
use windlass_domain::tenancy::Claim;

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
    let mut claims = vec![];
    let prepared = match plan(ports, input, site, &mut claims).await {
        Ok(prepared) => prepared,
        Err(Trouble::Findings(findings)) => Prepared::refused(findings),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    Ok(Prepared { claims, ..prepared })
}

async fn plan<P: SitePorts>(
    ports: &P,
    input: &PrepareInput<'_>,
    site: &StaticSite,
    claims: &mut Vec<Claim>,
) -> Result<Prepared, Trouble> {
    let home = ports.at(&Place::default());
    let checked = target::check(ports, input, site).await?;
    let serving = checked.distribution.as_ref();
    *claims = claims::of(site, serving, checked.origin.as_deref());
    let rules = Rules::new(site).map_err(|fault| bad_pattern(input, &fault))?;
    let mut target = Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        site: site.clone(),
        visitors: visitors(site, checked.distribution.as_ref(), checked.origin.as_ref()),
        origin: checked.origin,
        archive: None,
    };
    let mut warnings = checked.warnings;
    let wanted = if let Some(state) = input.goal_state {
        let state = read("state to go back to", state)?;
        claims.extend(claims::back(site, &state));
        Wanted::Recorded(state)
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
