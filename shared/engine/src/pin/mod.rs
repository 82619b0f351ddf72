//! Pinning: from the raw request of any route to a release whose bytes can never be others, and the
//! environment it goes to. Used by `Admit`, and by the routes that name a deployment before it
//! starts, so that all of them come to the same id.

mod artifact;
mod declaration;
mod metadata;
mod record;
mod source;
mod unknown;

pub use declaration::{declaration_in_force, named_environment, no_declaration};
pub use source::named as recorded_release;

use crate::config::Configured;
use crate::ports::{Answered, Ledger, Objects, Registry};
use crate::store::Stored;
use declaration::Found;
use source::Source;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::git::Git;
use windlass_domain::git_rule::tag_version_differs;
use windlass_domain::image::is_same_repository;
use windlass_domain::name::{ComponentName, EnvironmentName};
use windlass_domain::release::{RecordedRelease, Release};
use windlass_domain::request::Request;

/// What pinning needs.
pub trait Ports: Ledger + Objects + Registry + Configured {}
impl<P: Ledger + Objects + Registry + Configured> Ports for P {}

/// A request to deploy, pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Pinned {
    /// The release.
    pub release: Release,
    /// The declaration, resolved for the environment.
    pub resolved: Resolved,
    /// Whether a person named the environment, in contrast to an arrival that a rule sent there.
    pub by_person: bool,
    /// The semantic version by which it is ordered, where the environment's rule is a tag rule.
    pub order_version: Option<semver::Version>,
    /// What to record of the version text, if anything is new.
    pub to_record: Option<Stored<RecordedRelease>>,
}

/// Pins a request to deploy, or tells everything that is wrong with it.
pub async fn pin<P: Ports>(ports: &P, request: &Request) -> Answered<Result<Pinned, Vec<Finding>>> {
    let in_force = match declaration::declaration_in_force(ports, &request.app).await? {
        Ok(declared) => declared,
        Err(findings) => return Ok(Err(findings)),
    };
    let mut source = match source::read(ports, request, &in_force.declaration).await? {
        Ok(source) => source,
        Err(findings) => return Ok(Err(findings)),
    };
    let declared = match declared(ports, request, in_force, source.declaration.as_ref()).await? {
        Ok(declared) => declared,
        Err(findings) => return Ok(Err(findings)),
    };
    let declaration = &declared.declaration;
    let environment = environment(request, &source, declaration).map_err(|finding| vec![finding]);
    let resolved = match environment.and_then(|name| declaration.resolve(&name)) {
        Ok(resolved) => resolved,
        Err(mut findings) => {
            findings.extend(declaration.misfits(&source.named));
            return Ok(Err(findings));
        }
    };
    if let Some(finding) = not_of_its_tag(request, &source, &resolved) {
        let mut findings = vec![finding];
        findings.extend(declaration.misfits(&source.named));
        return Ok(Err(findings));
    }
    let by_person = is_by_person(request, &source, declaration, &resolved.environment);
    if let Some(push) = &request.image_push {
        let named = &mut source.named;
        named.retain(|name, _| lives_in(&resolved, name, &push.repository));
    }
    let release = match artifact::pin_all(ports, request, source, declaration, &resolved).await? {
        Ok(release) => release,
        Err(findings) => return Ok(Err(findings)),
    };
    let order_version = order_version(&resolved, &release);
    let to_record = match record::record(ports, &release).await? {
        Ok(to_record) => to_record,
        Err(findings) => return Ok(Err(findings)),
    };
    Ok(Ok(Pinned {
        release,
        resolved,
        by_person,
        order_version,
        to_record,
    }))
}

/// Whether a person chose where it goes. Every path of the API names the environment; a manifest that its own Git ref
/// sends there as well is what arrives.
fn is_by_person(
    request: &Request,
    source: &Source,
    declaration: &Declaration,
    environment: &EnvironmentName,
) -> bool {
    let is_sent_there = |git: &Git| {
        let chosen = declaration.environment_for(&git.reference);
        chosen.is_ok_and(|chosen| chosen.as_ref() == Some(environment))
    };
    let is_recorded = request.version.is_some();
    request.names_environment() && (is_recorded || !source.git.as_ref().is_some_and(is_sent_there))
}

/// The declaration that a release names, where it may be had; the one in force where it names none.
async fn declared<P: Ports>(
    ports: &P,
    request: &Request,
    in_force: Found,
    version: Option<&semver::Version>,
) -> Answered<Result<Found, Vec<Finding>>> {
    let Some(version) = version.filter(|version| **version != in_force.version) else {
        return Ok(Ok(in_force));
    };
    let pinned = declaration::pinned(ports, &request.app, version).await?;
    if pinned.is_ok() && !(request.names_environment() && request.allow_older) {
        return Ok(Err(vec![not_in_force(version, &in_force.version)]));
    }
    Ok(pinned)
}

/// Whoever may upload a release may not choose the rules, gates and targets of a time that is over: who
/// may change a declaration is somebody else (`docs/integrate/ci.md`).
fn not_in_force(pinned: &semver::Version, in_force: &semver::Version) -> Finding {
    Finding::new(
        FindingName::Older,
        "declaration",
        format!("version {pinned} of the declaration is not in force; {in_force} is."),
        "Leave `declaration` out for the one in force, or name the environment and ask with `allow_older` and a reason.",
    )
}

/// Rule 6: where the environment's rule is a tag rule, the tag is the version.
fn not_of_its_tag(request: &Request, source: &Source, resolved: &Resolved) -> Option<Finding> {
    let git = source.git.as_ref().filter(|_| resolved.tag_rule)?;
    let upload = request.artifact_object.as_ref();
    let path = upload.map_or_else(
        || "version".to_owned(),
        |upload| format!("{}: metadata.version", upload.object.key),
    );
    tag_version_differs(&source.version, &git.reference, &path)
}

/// Whether a component lives in this repository here: it may live in another one elsewhere.
fn lives_in(resolved: &Resolved, name: &ComponentName, repository: &str) -> bool {
    let declared = resolved.repository(name);
    declared.is_some_and(|declared| is_same_repository(declared, repository))
}

fn environment(
    request: &Request,
    source: &Source,
    declaration: &Declaration,
) -> Result<EnvironmentName, Finding> {
    if let Some(environment) = &request.environment {
        return Ok(environment.clone());
    }
    let (path, text, chosen) = match (&source.image_tag, &source.git) {
        (Some(tag), _) => (
            "image_push.tag",
            tag,
            declaration.environment_for_image_tag(tag)?,
        ),
        (None, Some(git)) => (
            "git.ref",
            &git.reference,
            declaration.environment_for(&git.reference)?,
        ),
        (None, None) => {
            return Err(Finding::new(
                FindingName::NoEnvironment,
                "git.ref",
                "the release names neither a Git ref nor an environment.",
                "Write `git.ref` into the manifest, or name the environment in the request.",
            ));
        }
    };
    chosen.ok_or_else(|| declaration.no_rule(path, text))
}

/// In an environment with a tag rule releases are ordered by semantic version; a person may bring
/// in one without.
fn order_version(resolved: &Resolved, release: &Release) -> Option<semver::Version> {
    if !resolved.tag_rule {
        return None;
    }
    let tag = release
        .git
        .as_ref()
        .and_then(|git| git.reference.strip_prefix("refs/tags/"))
        .unwrap_or(&release.version);
    let text = tag.strip_prefix('v').unwrap_or(tag);
    semver::Version::parse(text).ok()
}
