//! Prepares a site: finds everything that can be in its way, before anything changes.

mod bucket;
pub(super) mod check_plan;
mod distribution;
mod edges;
mod forms;
pub(super) mod missing_files;
pub(super) mod same_names;
pub(super) mod scene;
pub(super) mod target;

use super::addresses::Addresses;
use super::lists::Lists;
use super::rules::{Build, SiteRules};
use super::served_site::visitors;
use super::target::{Target, release_of, room};
use super::withdraw::{coming_back, config_coming_back};
use super::{in_place, prefix};
use crate::kinds::archive::{Archive, Entry, read_directory, select, without_keys};
use crate::kinds::site::calls::SitePorts;
use crate::kinds::site::prepare::scene::{RecordedSite, no_distribution};
use crate::kinds::{PrepareInput, Prepared, from_value};
use crate::ports::Result;
use crate::trouble::Trouble;
use bucket::{claim_back, claims};
pub(super) use distribution::lacks_root;
use missing_files::{Looked, MissingFiles};
use scene::{SiteScene, WantedSite};
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};

/// Observes a site, checks what its deployment needs, and plans it.
pub async fn prepare(ports: &impl SitePorts, input: &PrepareInput<'_>, site: &StaticSite) -> Result<Prepared> {
    let mut claimed = vec![];
    let prepared = match plan(ports, input, site, &mut claimed).await {
        Ok(prepared) => prepared,
        Err(trouble) => Prepared::refused(trouble.findings()?),
    };
    Ok(Prepared { claims: claimed, ..prepared })
}

async fn plan(
    ports: &impl SitePorts,
    input: &PrepareInput<'_>,
    site: &StaticSite,
    claimed: &mut Vec<Claim>,
) -> Result<Prepared, Trouble> {
    let home = ports.at(&Place::default());
    let checked = target::check(ports, input, site).await?;
    let serving = checked.serving;
    *claimed = claims(site, serving.as_ref());
    let rules = SiteRules::new(site).map_err(|fault| bad_pattern(input, &fault))?;
    let mut target = Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        home: input.home.map(str::to_owned),
        site: site.clone(),
        visitors: visitors(site, serving.as_ref()),
        withdraws: vec![],
        archive: None,
    };
    let mut warnings = checked.warnings;
    if input.is_check {
        return check_plan::check_plan(ports, input, target, serving, warnings).await;
    }
    let (mut missing, mut build) = (MissingFiles::default(), Build::default());
    let wanted = if let Some(state) = input.goal_state {
        let state: RecordedSite = from_value("state to go back to", state)?;
        if let RecordedSite::Prefix(goal) = &state {
            claimed.extend(claim_back(site, goal));
        }
        WantedSite::Recorded(state)
    } else {
        let found = check_archive(&home, input, site, &rules).await?;
        let archive = (found.archive.key.as_str(), found.entries.as_slice());
        if let Some(finding) = lacks_root(&input.path("root"), site, serving.as_ref(), archive) {
            return Err(finding.into());
        }
        let release = release_of(&target, &found.archive);
        let object = (found.archive.object(&home.config().artifacts_bucket), found.archive.bytes);
        if site.mode == SiteMode::InPlace {
            build = Build::read(&home, object.clone(), &found.entries, &rules).await?;
        }
        if let Some(addresses) = Addresses::of(site, serving.as_ref()) {
            let config = site.config.as_ref().map(|config| config.path.as_str());
            let looked = Looked::new(addresses, &rules, &found.entries, config);
            missing = MissingFiles::find(&home, object, &found.entries, &looked, input.path("elsewhere")).await?;
            warnings.extend(missing.warning());
        }
        missing.alike = forms::alike(&found.archive.key, &found.entries);
        target.archive = Some(found.archive);
        warnings.extend(found.warnings);
        if let Some(serving) = &serving {
            let path = input.path("distribution");
            warnings.extend(distribution::warnings(serving, &found.entries, &path));
        }
        WantedSite::Release(release, found.entries)
    };
    let running = input.running.map(|it| &it.state["goal"]);
    let running = running.map(|goal| from_value::<RecordedSite>("state that runs", goal));
    let running = running.transpose()?;
    let scene = SiteScene { at: ports, lists: Lists::of(&home, &target), input, rules, build, warnings, target };
    if let Some(pattern) = input.withdrawals.asked {
        return match (site.mode, serving) {
            (SiteMode::InPlace, _) => {
                in_place::withdraw(scene, running.and_then(RecordedSite::in_place), pattern).await
            }
            (SiteMode::Prefix, Some(serving)) => {
                let running = running.and_then(RecordedSite::prefix);
                prefix::withdraw(scene, serving, running, pattern).await
            }
            (SiteMode::Prefix, None) => Err(no_distribution(input)),
        };
    }
    match (site.mode, serving) {
        (SiteMode::InPlace, _) => {
            let wanted = wanted.in_mode(RecordedSite::in_place)?;
            in_place::prepare(scene, wanted, running.and_then(RecordedSite::in_place), &missing).await
        }
        (SiteMode::Prefix, Some(serving)) => {
            let wanted = wanted.in_mode(RecordedSite::prefix)?;
            prefix::prepare(scene, serving, wanted, running.and_then(RecordedSite::prefix), &missing).await
        }
        (SiteMode::Prefix, None) => Err(no_distribution(input)),
    }
}

fn bad_pattern(input: &PrepareInput<'_>, fault: &Fault) -> Trouble {
    Finding::bad_value(
        input.path("cache"),
        format!("a pattern is no glob: {}", fault.message),
        "write a glob such as `assets/**` or `*.woff2`",
    )
    .into()
}

/// The archive, as it was found.
pub(in crate::kinds::site) struct FoundArchive {
    pub archive: Archive,
    /// The entries that its directory declares and that are published.
    pub entries: Vec<Entry>,
    pub warnings: Vec<Finding>,
}

/// Checks what the archive's directory declares, and what of it may be published. That its bytes are there and are the
/// pinned ones is checked for every kind before.
async fn check_archive(
    home: &impl SitePorts,
    input: &PrepareInput<'_>,
    site: &StaticSite,
    rules: &SiteRules,
) -> Result<FoundArchive, Trouble> {
    let archive = pinned(input)?;
    let object = archive.object(&home.config().artifacts_bucket);
    let entries = read_directory(home, &object, archive.bytes).await?;
    let folder = &rules.folder;
    let selection = select(&archive.key, entries, archive.bytes, room(site), folder).map_err(Trouble::Findings)?;
    let selection = without_keys(home, (object.clone(), archive.bytes), selection, folder).await?;
    let entries = &selection.entries;
    let coming_back = coming_back(home, (object, archive.bytes), entries, input.withdrawals).await?;
    if let Some(finding) = coming_back.or_else(|| config_coming_back(site, input.withdrawals)) {
        return Err(finding.into());
    }
    let mut warnings = selection.sorting.warnings(&archive.key, folder);
    warnings.extend(top_folder(&archive.key, &selection.entries));
    Ok(FoundArchive { warnings, entries: selection.entries, archive })
}

fn pinned(input: &PrepareInput<'_>) -> Result<Archive, Finding> {
    input.artifact.and_then(Archive::of).ok_or_else(|| {
        Finding::bad_value(
            format!("components.{}", input.component),
            "a static site is deployed from a zip archive",
            "name the archive's key in the manifest: {\"key\": \"artifacts/…/site.zip\"}",
        )
    })
}

/// Warns if the whole site is in one folder. That is usually a mistake in how it was packed.
fn top_folder(archive: &str, entries: &[Entry]) -> Option<Finding> {
    let mut tops =
        entries.iter().filter(|entry| !entry.folder).map(|entry| entry.name.split_once('/').map(|(top, _)| top));
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
