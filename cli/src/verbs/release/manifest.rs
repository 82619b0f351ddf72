//! The manifest of a release: the objects that it names, and the check of it before anything is sent.

use crate::ground::failure::Failure;
use windlass_domain::document::git::guess_git_ref;
use windlass_domain::prose;
use windlass_domain::release::key::{artifacts_of, plans_of};
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// Returns an artifact's key in the bucket: of a release into an environment, or of what is only planned. The digest
/// stands in it, so that an artifact that is there already is not sent again, whatever version it is part of.
pub fn artifact_key(
    app: &AppName,
    environment: Option<&EnvironmentName>,
    component: &ComponentName,
    sha256: &Digest,
) -> String {
    let folder = match environment {
        Some(environment) => artifacts_of(app, environment, component),
        None => plans_of(app, component),
    };
    format!("{folder}{sha256}.zip")
}

/// Returns an object as a manifest names it, pinned by its digest, and by its version where it is known.
pub fn object(key: String, sha256: Digest, version_id: Option<String>) -> ArtifactRef {
    ArtifactRef {
        key: Some(key),
        version_id: version_id.filter(|id| id != "null"),
        sha256: Some(sha256),
        ..ArtifactRef::default()
    }
}

/// Checks a manifest as Windlass will, and returns it as Windlass reads it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn checked(app: &AppName, manifest: &Manifest) -> Result<Manifest, Failure> {
    let document = serde_json::to_value(manifest)
        .map_err(|error| Failure::broken(format!("the manifest cannot be written: {error}")))?;
    Manifest::from_value(app, &document).map_err(|part| {
        let reference = manifest.git.as_ref().map(|git| git.reference.as_str());
        let with_option = |finding| by_option(finding, reference.unwrap_or_default());
        let findings = part.findings().into_iter().map(with_option).collect();
        Failure::rejected("the release is not valid, and nothing was uploaded:", findings)
    })
}

/// The members of a manifest that the command line has other names for, each with the argument or option that gives it.
const GIVEN: [(&str, &str); 6] = [
    ("version", "the argument VERSION"),
    ("git.ref", "`--git-ref`, else what the CI or Git names"),
    ("git.commit", "`--git-commit`, else what the CI or Git names"),
    ("git.time", "`--git-time`, else the commit's time in the repository"),
    ("sequence", "`--sequence`"),
    ("declaration", "`--declaration`"),
];

/// Adds to a finding the argument or option that it is about, and the ref that was probably meant.
fn by_option(finding: Finding, reference: &str) -> Finding {
    let given = GIVEN.iter().find(|(member, _)| finding.path == *member);
    let meant = match finding.path.as_str() {
        "git.ref" => guess_git_ref(reference, &[]),
        _ => String::new(),
    };
    let remedy = match (given, meant.as_str()) {
        (None, _) => return finding,
        (Some((_, given)), "") => prose!("{} It is {}.", finding.remedy, given),
        (Some((_, given)), meant) => format!("{meant}It is {given}.").into(),
    };
    Finding { remedy, ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::exit::Exit;
    use std::collections::BTreeMap;
    use windlass_domain::document::git::Git;
    use windlass_domain::release::key::{Upload, manifest_key, upload};
    use windlass_domain::release::misplaced_upload::misplaced_upload;

    fn manifest(version: &str, components: BTreeMap<ComponentName, ArtifactRef>) -> Manifest {
        Manifest {
            version: version.into(),
            git: Some(Git {
                reference: "refs/heads/main".into(),
                commit: Some("9f2c111".into()),
                time: None,
                dirty: false,
            }),
            sequence: Some(7),
            declaration: None,
            components,
        }
    }

    fn shop() -> AppName {
        AppName::new("shop").unwrap()
    }

    fn prod() -> EnvironmentName {
        EnvironmentName::new("prod").unwrap()
    }

    fn components() -> BTreeMap<ComponentName, ArtifactRef> {
        let web = ComponentName::new("web").unwrap();
        let sha256 = Digest::of(b"site");
        let key = artifact_key(&shop(), Some(&prod()), &web, &sha256);
        let agent = ComponentName::new("agent").unwrap();
        BTreeMap::from([
            (web, object(key, sha256, Some("v1".into()))),
            (agent, ArtifactRef { image: Some("shop/agent:1.4.0".into()), ..ArtifactRef::default() }),
        ])
    }

    #[test]
    fn a_release_becomes_a_manifest_that_windlass_accepts() {
        let manifest = checked(&shop(), &manifest("1.4.0", components())).unwrap();
        insta::assert_json_snapshot!(manifest);
    }

    #[test]
    fn what_windlass_would_refuse_is_refused_before_anything_is_sent() {
        let mut wrong = components();
        for artifact in wrong.values_mut() {
            artifact.image = Some("not an image".into());
        }
        let failure = checked(&shop(), &manifest("1.4.0", wrong)).unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected);
        assert_eq!(failure.findings.len(), 2, "{failure:?}");
        let failure = checked(&shop(), &manifest("../1", components())).unwrap_err();
        let remedy = &failure.findings[0].remedy;
        assert!(remedy.written().ends_with("It is the argument VERSION."), "{remedy:?}");
        let mut wrong = manifest("1.4.0", components());
        wrong.git = Some(Git { reference: "main".into(), commit: Some("HEAD".into()), time: None, dirty: false });
        let failure = checked(&shop(), &wrong).unwrap_err();
        for (finding, option) in failure.findings.iter().zip(["commit", "ref"]) {
            let option = format!("`--git-{option}`");
            assert!(finding.remedy.written().contains(&option), "{finding:?}");
        }
        assert_eq!(failure.findings.len(), 2);
        assert!(checked(&shop(), &manifest("1.4.0", BTreeMap::new())).is_err());
    }

    #[test]
    fn keys_are_those_that_windlass_listens_to() {
        let web = ComponentName::new("web").unwrap();
        let sha256 = Digest::of(b"site");
        let key = artifact_key(&shop(), Some(&prod()), &web, &sha256);
        let artifact = Upload::Artifact(shop(), prod(), web.clone());
        assert_eq!(upload(&key), Some(artifact));
        let key = manifest_key(&shop(), &prod(), "1.4.0");
        assert_eq!(upload(&key), Some(Upload::Manifest(shop(), prod())));
        let planned = artifact_key(&shop(), None, &web, &sha256);
        assert_eq!((upload(&planned), misplaced_upload(&planned)), (None, None));
    }

    #[test]
    fn a_bucket_without_versions_pins_by_digest_alone() {
        assert_eq!(object("k".into(), Digest::of(b"x"), Some("null".into())).version_id, None);
    }
}
