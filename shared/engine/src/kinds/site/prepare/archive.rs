use crate::kinds::PrepareInput;
use crate::kinds::site::SitePorts;
use crate::kinds::site::archive::{Entry, Limits, check as check_entries, read_directory};
use crate::kinds::site::target::Archive;
use crate::kinds::site::trouble::Trouble;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::finding::{Finding, FindingName};

/// The longest key in S3, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// What was found of the archive.
pub(super) struct Found {
    pub archive: Archive,
    /// What its directory declares.
    pub entries: Vec<Entry>,
    pub warning: Option<Finding>,
}

/// Checks what the archive's directory declares. That its bytes are there and are the pinned ones is
/// checked for every kind before.
pub(super) async fn check<P: SitePorts>(
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
