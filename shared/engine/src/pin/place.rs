//! Chooses the environment that a release goes to, and resolves the declaration for it.

use super::source::UnpinnedRelease;
use std::sync::Arc;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::document::git::Git;
use windlass_domain::environment::PromotedFrom;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::EnvironmentName;

/// The environment that a release goes to, with what is wrong so far.
pub struct Placed {
    /// The declaration that the release goes by.
    pub declaration: Arc<Declaration>,
    /// The declaration, resolved for the environment.
    pub resolved: ResolvedEnvironment,
    /// True if a person named the environment; false if a rule sent an arrival there.
    pub by_person: bool,
    /// The version of the declaration that the release names, if it names one.
    pub names: Option<semver::Version>,
    /// The snapshot of another environment that the release is promoted from, if it is.
    pub promoted_from: Option<PromotedFrom>,
    /// Each stage adds to these: whoever asks gets everything that is wrong at once.
    pub findings: Vec<Finding>,
}

/// Places a release. `findings` is what is wrong so far.
///
/// # Errors
/// Everything that is wrong, if it goes nowhere. Its components are held to all environments then.
pub fn place(
    request: &Request,
    source: &UnpinnedRelease,
    declaration: Arc<Declaration>,
    mut findings: Vec<Finding>,
) -> Result<Placed, Vec<Finding>> {
    let environment = environment(request, source, &declaration).map_err(|finding| vec![finding]);
    let resolved = match environment.and_then(|name| declaration.resolve(&name)) {
        Ok(resolved) => resolved,
        Err(nowhere) => {
            findings.extend(nowhere);
            findings.extend(declaration.misfits(&source.named));
            return Err(findings);
        }
    };
    let handed_over = request.pinned.as_deref();
    findings.extend(handed_over.and_then(|pinned| pinned.elsewhere(&resolved.environment)));
    let by_person = is_by_person(request, source, &declaration, &resolved.environment);
    let (names, promoted_from) = (source.declaration.clone(), source.promoted_from.clone());
    Ok(Placed { declaration, resolved, by_person, names, promoted_from, findings })
}

/// Chooses the environment: the one that the request names, or else the one whose rule matches the tag or the Git ref.
fn environment(
    request: &Request,
    source: &UnpinnedRelease,
    declaration: &Declaration,
) -> Result<EnvironmentName, Finding> {
    if let Some(environment) = &request.environment {
        return Ok(environment.clone());
    }
    let (path, text, chosen) = match (&source.image_tag, &source.git) {
        (Some(tag), _) => ("image_push.tag", tag, declaration.environment_for_image_tag(tag)?),
        (None, Some(git)) => ("git.ref", &git.reference, declaration.environment_for(&git.reference)?),
        (None, None) if request.artifact_object.is_some() => {
            return Err(Finding::new(
                FindingName::NoEnvironment,
                request.metadata_path("git-ref").unwrap_or_default(),
                "the artifact is a release of its own, but its metadata names no Git ref, which says where it goes.",
                "Upload it with the metadata `version`, `git-ref` and `git-commit`.",
            )
            .resting_on(["environment"]));
        }
        (None, None) => {
            return Err(Finding::new(
                FindingName::NoEnvironment,
                "git.ref",
                "the release names neither a Git ref nor an environment.",
                "Write `git.ref` into the manifest, or name the environment in the request.",
            )
            .resting_on(["environment"]));
        }
    };
    let chosen = chosen.ok_or_else(|| declaration.no_rule(path, text))?;
    let path = request.metadata_path("git-ref").unwrap_or_else(|| path.to_owned());
    let elsewhere = request.sent_elsewhere(&path, text, &chosen);
    elsewhere.map_or(Ok(chosen), Err)
}

/// Returns whether a person chose the environment. Every path of the API names the environment; but a manifest that its
/// own Git ref would send there as well counts as an arrival.
fn is_by_person(
    request: &Request,
    source: &UnpinnedRelease,
    declaration: &Declaration,
    environment: &EnvironmentName,
) -> bool {
    let is_sent_there = |git: &Git| {
        let chosen = declaration.environment_for(&git.reference);
        chosen.is_ok_and(|chosen| chosen.as_ref() == Some(environment))
    };
    let is_recorded = request.version.is_some() || request.from.is_some();
    request.names_environment() && (is_recorded || !source.git.as_ref().is_some_and(is_sent_there))
}
