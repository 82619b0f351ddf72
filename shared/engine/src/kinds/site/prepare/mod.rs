//! A site's part of `Prepare`: everything that can be in its way is found before anything changes.

pub(super) mod bucket;
mod claims;
mod distribution;
pub(super) mod left;
pub(super) mod mixed;
pub(super) mod target;

use super::archive::{Entry, Limits, check as check_entries, read_directory};
use super::lists::Lists;
use super::rules::Rules;
use super::state::{State, read};
use super::target::{Archive, Target, release_of, visitors};
use super::{SitePorts, Trouble, in_place, prefix};
use crate::kinds::{PrepareInput, Prepared};
use crate::ports::{Answered, Distribution};
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::place::Place;
use windlass_domain::tenancy::Claim;

/// What is asked for.
pub(in crate::kinds::site) enum Wanted {
    /// The files of an archive: the release, and what the archive's directory declares.
    Release(Digest, Vec<Entry>),
    /// A recorded state.
    Recorded(State),
}

/// What is known so far.
pub(in crate::kinds::site) struct Scene<'a, P> {
    /// The ports at the target's place.
    pub(in crate::kinds::site) at: &'a P,
    /// The lists in the artifacts bucket.
    pub(in crate::kinds::site) lists: Lists<'a, P>,
    pub(in crate::kinds::site) input: &'a PrepareInput<'a>,
    pub(in crate::kinds::site) target: Target,
    pub(in crate::kinds::site) rules: Rules,
    pub(in crate::kinds::site) distribution: Option<Distribution>,
    pub(in crate::kinds::site) warnings: Vec<Finding>,
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
        let found = check_archive(&home, input, site).await?;
        let serving = (checked.distribution.as_ref(), target.origin.as_ref());
        let archive = (found.archive.key.as_str(), found.entries.as_slice());
        if let Some(finding) = distribution::lacks_root(input, site, serving, archive) {
            return Err(finding.into());
        }
        let release = release_of(&target, &found.archive);
        target.archive = Some(found.archive);
        warnings.extend(found.warning);
        if let (Some(distribution), Some(origin)) = (&checked.distribution, &target.origin) {
            let path = input.path("distribution");
            warnings.extend(distribution::judge(
                distribution,
                origin,
                &found.entries,
                &path,
            ));
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
        SiteMode::InPlace => in_place::prepare(scene, wanted).await,
        SiteMode::Prefix => prefix::prepare(scene, wanted).await,
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
pub(in crate::kinds::site) fn other_mode() -> Trouble {
    prefix::other_mode().into()
}

/// The longest key in S3, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// What was found of the archive.
pub(in crate::kinds::site) struct Found {
    pub archive: Archive,
    /// What its directory declares.
    pub entries: Vec<Entry>,
    pub warning: Option<Finding>,
}

/// Checks what the archive's directory declares. That its bytes are there and are the pinned ones is
/// checked for every kind before.
async fn check_archive<P: SitePorts>(
    home: &P,
    input: &PrepareInput<'_>,
    site: &StaticSite,
) -> Result<Found, Trouble> {
    let archive = pinned(input)?;
    let object = archive.object(&home.config().artifacts_bucket);
    let entries = read_directory(home, &object, archive.bytes).await?;
    let room = room(site);
    let findings = check_entries(
        &archive.key,
        &entries,
        archive.bytes,
        room,
        &Limits::default(),
    );
    if !findings.is_empty() {
        return Err(Trouble::Findings(findings));
    }
    Ok(Found {
        warning: top_folder(&archive.key, &entries),
        entries,
        archive,
    })
}

/// How many bytes a path may have: the folder comes before it.
pub(in crate::kinds::site) fn room(site: &StaticSite) -> usize {
    let release = match site.mode {
        SiteMode::InPlace => 0,
        SiteMode::Prefix => 13,
    };
    LONGEST_KEY.saturating_sub(site.prefix.len() + release)
}

fn pinned(input: &PrepareInput<'_>) -> Result<Archive, Finding> {
    match input.artifact {
        Some(Artifact::Object {
            key,
            version_id,
            sha256,
            bytes,
        }) => Ok(Archive {
            key: key.clone(),
            version_id: version_id.clone(),
            sha256: sha256.clone(),
            bytes: *bytes,
        }),
        _ => Err(Finding::new(
            FindingName::BadValue,
            format!("components.{}", input.component),
            "a static site is deployed from a zip archive",
            "name the archive's key in the manifest: {\"key\": \"artifacts/…/site.zip\"}",
        )),
    }
}

/// A whole site in one folder is usually a mistake in how it was packed.
fn top_folder(archive: &str, entries: &[Entry]) -> Option<Finding> {
    let mut tops = entries
        .iter()
        .filter(|entry| !entry.folder)
        .map(|entry| entry.name.split_once('/').map(|(top, _)| top));
    let first = tops.next()??;
    tops.all(|top| top == Some(first)).then(|| {
        Finding::new(
            FindingName::BadArchive,
            archive,
            format!("all its files are in one folder, `{first}/`, which becomes part of their addresses"),
            "if that is not meant, pack the folder's content and not the folder: `cd dist && zip -r ../site.zip .`",
        )
    })
}
