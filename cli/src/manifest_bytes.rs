//! The bytes of a manifest's artifacts, looked at as `windlass release` looks at those that it uploads: from files, or
//! from the artifacts bucket.

use crate::artifact_check;
use crate::component::ComponentArgument;
use crate::failure::Failure;
use crate::files::LARGEST_ARTIFACT;
use crate::installation::InstallationPlace;
use crate::preflight;
use crate::release_contents::ReleaseContents;
use crate::upload::{self, Artifact};
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::manifest::{ArtifactRef, Manifest};
use windlass_domain::name::{AppName, ComponentName};

/// The bytes to look at.
pub struct ManifestBytes<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The components as they are declared, where that is known.
    pub declared: Option<&'a Resolved>,
    /// The files that are given for components.
    pub given: &'a [ComponentArgument],
    /// The artifacts bucket, for the other components.
    pub bucket: Option<&'a InstallationPlace>,
}

/// The outcome of a look.
#[derive(Debug, Default)]
pub struct LookedInto {
    /// The findings on the bytes.
    pub findings: Vec<Finding>,
    /// The parts that could not be looked at, with the reason.
    pub unseen: Vec<String>,
}

impl ManifestBytes<'_> {
    /// Looks at them.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub async fn look(&self) -> Result<LookedInto, Failure> {
        let mut contents = ReleaseContents::of(self.app, self.given, self.declared)?;
        let mut looked = LookedInto::default();
        looked.findings.extend(contents.findings(self.declared));
        let mut unread = self.manifest.clone();
        let named = std::mem::take(&mut unread.components);
        let is_given = |name: &ComponentName| contents.artifacts.iter().any(|one| one.component == *name);
        let (given, others): (Vec<_>, Vec<_>) = named.into_iter().partition(|(name, _)| is_given(name));
        looked.findings.extend(contents.artifacts.iter().filter_map(|artifact| {
            let named = given.iter().find(|(name, _)| *name == artifact.component);
            misnamed(artifact, named.map(|(_, named)| named))
        }));
        for (name, named) in others {
            match self.fetched(&name, &named).await {
                Some(Ok(artifact)) => contents.artifacts.push(artifact),
                Some(Err(why)) => looked.unseen.push(why),
                None => {
                    unread.components.insert(name, named);
                }
            }
        }
        looked.unseen.extend(preflight::unread(&unread));
        let misfits = artifact_check::misfits(self.app, &contents.artifacts, self.declared);
        looked.findings.extend(misfits);
        Ok(looked)
    }

    /// Reads the object of a component; the text is the reason why it cannot be read. `None` if it names none, or the
    /// bucket is not named.
    async fn fetched(&self, name: &ComponentName, named: &ArtifactRef) -> Option<Result<Artifact, String>> {
        let (bucket, key) = (self.bucket?, named.key.as_deref()?);
        let version = named.version_id.as_deref();
        let read = upload::read_version(bucket, key, version, LARGEST_ARTIFACT).await;
        let unread = |why: String| format!("the bytes of `{name}` ({why})");
        Some(match read {
            Ok(Some(bytes)) => Ok(Artifact {
                component: name.clone(),
                given: key.to_owned(),
                key: key.to_owned(),
                sha256: Digest::of(&bytes),
                bytes,
            }),
            Ok(None) => Err(unread(format!("there is no s3://{}/{key}", bucket.value))),
            Err(failure) => Err(unread(failure.message)),
        })
    }
}

/// The finding for a file that is not what the manifest names for its component.
fn misnamed(artifact: &Artifact, named: Option<&ArtifactRef>) -> Option<Finding> {
    let (name, given) = (&artifact.component, &artifact.given);
    let path = format!("components.{name}");
    let Some(named) = named else {
        return Some(Finding::new(
            FindingName::UnknownName,
            path,
            format!("`{given}` is given, and the manifest has no `{name}`."),
            "Name the component as the manifest does, or leave it out.",
        ));
    };
    let pinned = named.sha256.as_ref().filter(|pinned| **pinned != artifact.sha256)?;
    Some(Finding::new(
        FindingName::DigestMismatch,
        format!("{path}.sha256"),
        format!("`{given}` has the SHA-256 {}, and the manifest names {pinned}.", artifact.sha256),
        "Give the file that is uploaded, or write its SHA-256 into the manifest.",
    ))
}
