//! Prepares a site: finds everything that can be in its way, before anything changes.

mod bucket;
mod distribution;
mod once_more;
pub(super) mod target;

use super::archive::{Entry, Limits, check as check_entries, read_directory};
use super::lists::{File, Lists};
use super::rules::{Role, Rules};
use super::target::{Archive, Target, release_of, visitors};
use super::{SitePorts, State, Trouble, in_place, prefix};
use crate::kinds::{PrepareInput, Prepared, from_value};
use crate::ports::Answered;
use bucket::{claim_back, claims};
pub(super) use distribution::lacks_root;
use windlass_domain::artifact::Artifact;
use windlass_domain::count::agree;
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::site::{SiteMode, StaticSite};
use windlass_domain::place::Place;
use windlass_domain::tenancy::Claim;

/// The state that is asked for.
pub(in crate::kinds::site) enum Wanted<G> {
    /// The files of an archive: the release, and the entries that the archive's directory declares.
    Release(Digest, Vec<Entry>),
    /// A recorded state.
    Recorded(G),
}

impl Wanted<State> {
    /// Returns the same in the declared mode. A state that was recorded in the other mode cannot be reached.
    fn in_mode<G>(self, of: impl Fn(State) -> Option<G>) -> Result<Wanted<G>, Trouble> {
        match self {
            Self::Release(release, entries) => Ok(Wanted::Release(release, entries)),
            Self::Recorded(state) => of(state).map(Wanted::Recorded).ok_or_else(|| {
                Finding::new(
                    FindingName::NotSupported,
                    "mode",
                    "the recorded state belongs to the other mode of a site",
                    "deploy a release instead of going back: a rollback cannot change the mode",
                )
                .into()
            }),
        }
    }
}

/// Everything that is known so far.
pub(in crate::kinds::site) struct Scene<'a, P> {
    /// The ports at the target's place.
    pub(in crate::kinds::site) at: &'a P,
    /// The lists in the artifacts bucket.
    pub(in crate::kinds::site) lists: Lists<'a, P>,
    pub(in crate::kinds::site) input: &'a PrepareInput<'a>,
    pub(in crate::kinds::site) target: Target,
    pub(in crate::kinds::site) rules: Rules,
    pub(in crate::kinds::site) warnings: Vec<Finding>,
}

/// Observes a site, checks what its deployment needs, and plans it.
pub async fn prepare(
    ports: &impl SitePorts,
    input: &PrepareInput<'_>,
    site: &StaticSite,
) -> Answered<Prepared> {
    let mut claimed = vec![];
    let prepared = match plan(ports, input, site, &mut claimed).await {
        Ok(prepared) => prepared,
        Err(Trouble::Findings(findings)) => Prepared::refused(findings),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    Ok(Prepared {
        claims: claimed,
        ..prepared
    })
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
    let rules = Rules::new(site).map_err(|fault| bad_pattern(input, &fault))?;
    let mut target = Target {
        app: input.app.clone(),
        environment: input.environment.clone(),
        component: input.component.clone(),
        home: input.home.map(str::to_owned),
        site: site.clone(),
        visitors: visitors(site, serving.as_ref()),
        archive: None,
    };
    let mut warnings = checked.warnings;
    if input.is_check {
        return once_more::once_more(ports, input, target, serving, warnings).await;
    }
    let wanted = if let Some(state) = input.goal_state {
        let state: State = from_value("state to go back to", state)?;
        if let State::Prefix(goal) = &state {
            claimed.extend(claim_back(site, goal));
        }
        Wanted::Recorded(state)
    } else {
        let found = check_archive(&home, input, site).await?;
        let archive = (found.archive.key.as_str(), found.entries.as_slice());
        if let Some(finding) = lacks_root(&input.path("root"), site, serving.as_ref(), archive) {
            return Err(finding.into());
        }
        let release = release_of(&target, &found.archive);
        target.archive = Some(found.archive);
        warnings.extend(found.warning);
        if let Some(serving) = &serving {
            let path = input.path("distribution");
            warnings.extend(distribution::judge(serving, &found.entries, &path));
        }
        Wanted::Release(release, found.entries)
    };
    let running = input.running.map(|it| &it.state["goal"]);
    let running = running.map(|goal| from_value::<State>("state that runs", goal));
    let running = running.transpose()?;
    let scene = Scene {
        at: ports,
        lists: Lists::of(&home, &target),
        input,
        rules,
        warnings,
        target,
    };
    match (site.mode, serving) {
        (SiteMode::InPlace, _) => {
            let wanted = wanted.in_mode(State::in_place)?;
            in_place::prepare(scene, wanted, running.and_then(State::in_place)).await
        }
        (SiteMode::Prefix, Some(serving)) => {
            let wanted = wanted.in_mode(State::prefix)?;
            prefix::prepare(scene, serving, wanted, running.and_then(State::prefix)).await
        }
        (SiteMode::Prefix, None) => Err(no_distribution(input)),
    }
}

fn no_distribution(input: &PrepareInput<'_>) -> Trouble {
    Finding::new(
        FindingName::MissingField,
        input.path("distribution"),
        "with mode `prefix` a release goes live by the distribution's origin path, but there is no distribution",
        "name the distribution, or use mode `in_place`",
    )
    .into()
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

/// The longest key in S3, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// The archive, as it was found.
pub(in crate::kinds::site) struct Found {
    pub archive: Archive,
    /// The entries that its directory declares.
    pub entries: Vec<Entry>,
    pub warning: Option<Finding>,
}

/// Checks what the archive's directory declares. That its bytes are there and are the pinned ones is
/// checked for every kind before.
async fn check_archive(
    home: &impl SitePorts,
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

/// Returns how many bytes a path may have. The folder comes before it.
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

/// Warns if the whole site is in one folder. That is usually a mistake in how it was packed.
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

/// The extensions of files that pages run. In other files visitors hardly notice the content of another release.
const RUN: [&str; 6] = ["js", "mjs", "cjs", "css", "wasm", "json"];

/// The file that was there under the name of an entry before.
pub(in crate::kinds::site) enum Former<'a> {
    Nothing,
    /// A file of somebody else, whose content is in no list.
    Unknown,
    Ours(&'a File),
}

/// Pure: a warning if scripts and styles keep their names although their content changes. Pages that were opened before
/// then get the new ones. `path` is where the declaration names the site.
pub(in crate::kinds::site) fn same_names<'f>(
    entries: &[Entry],
    former: impl Fn(&str) -> Former<'f>,
    rules: &Rules,
    path: &str,
) -> Option<Finding> {
    let is_run = |name: &str| {
        let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
        rules.outlives(name) && RUN.contains(&extension.to_ascii_lowercase().as_str())
    };
    let changes = |entry: &&Entry| match former(&entry.name) {
        Former::Nothing => false,
        // A hash in the name says that the content is the same.
        Former::Unknown => rules.role(&entry.name) != Role::Hashed,
        Former::Ours(file) => match file.crc32 {
            Some(crc32) => (crc32, file.bytes) != (entry.crc32, entry.bytes),
            None => file.bytes != entry.bytes || rules.role(&entry.name) != Role::Hashed,
        },
    };
    let files = entries
        .iter()
        .filter(|entry| !entry.folder && is_run(&entry.name));
    let same: Vec<&str> = files
        .filter(changes)
        .map(|entry| entry.name.as_str())
        .collect();
    let first = same
        .iter()
        .take(3)
        .copied()
        .collect::<Vec<_>>()
        .join("`, `");
    (!same.is_empty()).then(|| {
        Finding::new(
            FindingName::MixedReleases,
            path,
            format!(
                "{} {}: `{first}`. Pages that were opened before the switch, and those that are opened while it is under way, get files of both releases",
                same.len(),
                agree(
                    same.len(),
                    "script or style has new content under the name that it had",
                    "scripts and styles have new content under the names that they had"
                )
            ),
            "let the bundler write a hash of the content into these names (esbuild: `--entry-names=[name]-[hash]`; webpack: `output.filename: \"[name].[contenthash].js\"`; Rollup: `entryFileNames: \"[name]-[hash].js\"`)",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::archive::Coding;
    use std::cell::Cell;

    fn rules() -> Rules {
        let site = serde_json::json!({
            "bucket": "b", "prefix": "", "mode": "in_place", "cache": [], "hashed": [],
        });
        Rules::new(&serde_json::from_value(site).unwrap()).unwrap()
    }

    fn entry(name: &str) -> Entry {
        Entry {
            name: name.into(),
            offset: 0,
            packed: 7,
            bytes: 7,
            crc32: 2,
            coding: Coding::Stored,
            encrypted: false,
            folder: false,
            special: None,
        }
    }

    fn file(crc32: Option<u32>, bytes: u64) -> File {
        File {
            sha256: Digest::of(b"x"),
            bytes,
            content_type: String::new(),
            cache_control: String::new(),
            crc32,
        }
    }

    #[test]
    fn what_changes_under_its_name_is_told() {
        let (same, other) = (file(Some(2), 7), file(Some(1), 7));
        let (longer, untold) = (file(Some(2), 8), file(None, 7));
        let table = [
            ("app.js", Former::Nothing, false),
            ("app.js", Former::Ours(&same), false),
            ("app.js", Former::Ours(&other), true),
            ("app.js", Former::Ours(&longer), true),
            ("app.js", Former::Ours(&untold), true),
            ("app.js", Former::Unknown, true),
            ("chunk-ABCD1234.js", Former::Unknown, false),
            ("chunk-ABCD1234.js", Former::Ours(&untold), false),
            // The same name with other content is no hash of it.
            ("chunk-ABCD1234.js", Former::Ours(&other), true),
            ("index.html", Former::Ours(&other), false),
            ("sw.js", Former::Ours(&other), false),
            ("logo.svg", Former::Ours(&other), false),
            ("STYLE.CSS", Former::Ours(&other), true),
        ];
        for (name, former, told) in table {
            let former = Cell::new(Some(former));
            let before = |_: &str| former.take().unwrap_or(Former::Nothing);
            let found = same_names(&[entry(name)], before, &rules(), "components.web");
            assert_eq!(found.is_some(), told, "{name}");
        }
    }
}
