//! Pinning: from the request of any route to the environment that it goes to, and to a release whose bytes can never be
//! others. Each way in pins a request once, and hands it over pinned; `Admit` verifies that against the declaration in
//! force and the ledger, and reads neither an object nor an image for it. What comes to `Admit` as a person wrote it is
//! pinned there, by the same function.

mod artifact;
mod declaration;
mod owners;
mod record;
mod recorded;
mod source;

use crate::ledger::Stored;
use crate::ports::Result;
use crate::trouble::{self, Checked};
use declaration::KnownDeclaration;
pub use declaration::{declaration_in_force, named_environment, no_declaration};
pub use recorded::release as recorded_release;
pub use source::Ports;
use source::Source;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::document::git::Git;
use windlass_domain::document::git_rule::tag_version_differs;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::is_same_repository;
use windlass_domain::release::manifest::ArtifactRef;
use windlass_domain::release::request::Request;
use windlass_domain::release::{Release, too_large};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{ComponentName, EnvironmentName};

/// A request to deploy, pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Pinned {
    /// The release.
    pub release: Release,
    /// The declaration, resolved for the environment.
    pub resolved: Resolved,
    /// True if a person named the environment; false if a rule sent an arrival there.
    pub by_person: bool,
    /// The semantic version by which it is ordered, if the environment's rule is a tag rule.
    pub order_version: Option<semver::Version>,
    /// The release to record under its version text, if anything is new.
    pub to_record: Option<Stored<RecordedRelease>>,
    /// The version of the declaration that the release names, if it names one.
    pub names: Option<semver::Version>,
}

impl Pinned {
    /// Returns the request as the way in hands it over.
    pub fn handed_over(&self, request: &Request) -> Request {
        request.with_pinned(self.resolved.environment.clone(), self.names.clone(), self.release.clone())
    }
}

/// Pins a request to deploy, or verifies what its way in has pinned; or tells everything that is wrong with it.
pub async fn pin(ports: &impl Ports, request: &Request) -> Checked<Pinned> {
    let in_force = declaration_in_force(ports, &request.app).await?;
    let part = match source::read(ports, request, &in_force.declaration).await {
        Ok(source) => return Box::pin(pin_source(ports, request, in_force, source)).await,
        Err(unread) => unread.partial()?,
    };
    let found = match part.rest() {
        Some(source) => {
            let pinned = pin_source(ports, request, in_force, source.clone());
            trouble::findings(Box::pin(pinned).await)?
        }
        None => named(request, &in_force.declaration).err().unwrap_or_default(),
    };
    Err(part.and(found).findings().into())
}

/// Everything that is wrong with a request of which only a part can be read. A fault hides nothing of that.
pub async fn findings(ports: &impl Ports, part: PartialDocument<Request>) -> Vec<Finding> {
    let found = match part.rest() {
        None => Ok(Vec::new()),
        Some(rest) if rest.action == ActionName::Deploy => trouble::findings(pin(ports, rest).await),
        Some(rest) => trouble::findings(named_environment(ports, rest).await),
    };
    let found = found.unwrap_or_else(|fault| {
        tracing::warn!(%fault, "what can be read of a request could not be looked at");
        Vec::new()
    });
    part.and(found).findings()
}

/// Checks that the environment that a request names is declared.
fn named(request: &Request, declaration: &Declaration) -> Result<(), Vec<Finding>> {
    let environment = request.environment.as_ref();
    environment.map_or(Ok(()), |name| declaration.resolve(name).map(|_| ()))
}

async fn pin_source(
    ports: &impl Ports,
    request: &Request,
    in_force: KnownDeclaration,
    mut source: Source,
) -> Checked<Pinned> {
    let (declared, mut findings) = declared(ports, request, in_force, source.declaration.as_ref()).await?;
    let declaration = &declared.declaration;
    let environment = environment(request, &source, declaration).map_err(|finding| vec![finding]);
    let resolved = match environment.and_then(|name| declaration.resolve(&name)) {
        Ok(resolved) => resolved,
        Err(nowhere) => {
            findings.extend(nowhere);
            findings.extend(declaration.misfits(&source.named));
            return Err(findings.into());
        }
    };
    let not_of_its_tag = not_of_its_tag(request, &source, &resolved);
    let handed_over = request.pinned.as_deref();
    findings.extend(handed_over.and_then(|pinned| pinned.elsewhere(&resolved.environment)));
    let by_person = is_by_person(request, &source, declaration, &resolved.environment);
    if let Some(push) = &request.image_push {
        let named = std::mem::take(&mut source.named).into_iter();
        let here = named.filter_map(|(name, image)| {
            let image = of_push(&resolved, &name, &push.repository, image)?;
            Some((name, image))
        });
        source.named = here.collect();
    }
    let names = source.declaration.clone();
    let (mut release, misfits) = artifact::pin_all(ports, request, source, declaration, &resolved).await?;
    findings.extend(misfits);
    findings.extend(not_of_its_tag.filter(|_| !release.is_marked_by_its_tag()));
    // What its way in has pinned, what is recorded and what was pushed has its name already.
    let is_named = handed_over.is_some() || request.version.is_some() || release.image_push;
    let known = if is_named {
        record::known(ports, declaration, &release).await?
    } else {
        record::name(ports, declaration, &mut release, &resolved.environment).await?
    };
    match handed_over {
        // What differs follows from what is wrong already.
        Some(_) if !findings.is_empty() => {}
        Some(pinned) => findings.extend(pinned.differences(&release)),
        None => findings.extend(too_large(&release)),
    }
    let order_version = order_version(&resolved, &release);
    let to_record = match record::record(known, request, &release, &resolved) {
        Ok(to_record) if findings.is_empty() => to_record,
        reused => {
            findings.extend(reused.err().into_iter().flatten());
            findings.extend(not_accepted(request, &resolved));
            return Err(findings.into());
        }
    };
    Ok(Pinned { release, resolved, by_person, order_version, to_record, names })
}

/// Returns the finding that the environment does not take releases from this source; `None` if it does.
pub fn not_accepted(request: &Request, resolved: &Resolved) -> Option<Finding> {
    resolved.not_accepted(request.asked_by().route)
}

/// Returns whether a person chose the environment. Every path of the API names the environment; but a manifest that its
/// own Git ref would send there as well counts as an arrival.
fn is_by_person(request: &Request, source: &Source, declaration: &Declaration, environment: &EnvironmentName) -> bool {
    let is_sent_there = |git: &Git| {
        let chosen = declaration.environment_for(&git.reference);
        chosen.is_ok_and(|chosen| chosen.as_ref() == Some(environment))
    };
    let is_recorded = request.version.is_some();
    request.names_environment() && (is_recorded || !source.git.as_ref().is_some_and(is_sent_there))
}

/// The declaration that a release names. Where it names none, or one that may not be had, with why, the one in force:
/// that is what it will go by once it names no other.
async fn declared(
    ports: &impl Ports,
    request: &Request,
    in_force: KnownDeclaration,
    version: Option<&semver::Version>,
) -> Result<(KnownDeclaration, Vec<Finding>)> {
    let Some(version) = version.filter(|version| **version != in_force.version) else {
        return Ok((in_force, vec![]));
    };
    Ok(match declaration::pinned(ports, &request.app, version).await {
        Err(trouble) => (in_force, trouble.findings()?),
        Ok(pinned) if request.names_environment() && request.allow_older => (pinned, vec![]),
        Ok(_) => {
            let finding = not_in_force(version, &in_force.version);
            (in_force, vec![finding])
        }
    })
}

/// Returns the finding that a release names an older declaration. Whoever may upload a release may not choose the
/// rules, gates and targets of a former time: it is somebody else who may change a declaration
/// (`docs/integrate/ci.md`).
fn not_in_force(pinned: &semver::Version, in_force: &semver::Version) -> Finding {
    Finding::new(
        FindingName::Older,
        "declaration",
        format!("version {pinned} of the declaration is not in force; {in_force} is."),
        "Leave `declaration` out for the one in force, or name the environment and ask with `allow_older` and a reason.",
    )
}

/// Returns the finding that the version differs from the Git tag. In an environment with a tag rule the tag is the
/// version (rule 6).
fn not_of_its_tag(request: &Request, source: &Source, resolved: &Resolved) -> Option<Finding> {
    let git = source.git.as_ref().filter(|_| resolved.tag_rule)?;
    let path = request.metadata_path("version").unwrap_or_else(|| "version".to_owned());
    tag_version_differs(&source.version, &git.reference, &path)
}

/// Returns the pushed image as a component takes it here. If the component has several containers, it is the image of
/// each one whose repository this is. `None` if this is the repository of none: elsewhere it may be.
fn of_push(resolved: &Resolved, name: &ComponentName, repository: &str, pushed: ArtifactRef) -> Option<ArtifactRef> {
    let declared = resolved.repositories(name);
    let is_one = declared.len() == 1;
    let own = declared.into_iter();
    let own = own.filter(|(_, declared)| is_same_repository(declared, repository));
    let own: Vec<&str> = own.map(|(container, _)| container).collect();
    if own.is_empty() || is_one {
        return (!own.is_empty()).then_some(pushed);
    }
    let image = pushed.image?;
    let images = own.into_iter().map(|container| (container.to_owned(), image.clone()));
    Some(ArtifactRef { images: Some(images.collect()), ..ArtifactRef::default() })
}

fn environment(request: &Request, source: &Source, declaration: &Declaration) -> Result<EnvironmentName, Finding> {
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
            ));
        }
        (None, None) => {
            return Err(Finding::new(
                FindingName::NoEnvironment,
                "git.ref",
                "the release names neither a Git ref nor an environment.",
                "Write `git.ref` into the manifest, or name the environment in the request.",
            ));
        }
    };
    let chosen = chosen.ok_or_else(|| declaration.no_rule(path, text))?;
    let path = request.metadata_path("git-ref").unwrap_or_else(|| path.to_owned());
    let elsewhere = request.sent_elsewhere(&path, text, &chosen);
    elsewhere.map_or(Ok(chosen), Err)
}

/// Returns the semantic version by which a release is ordered in an environment with a tag rule. `None` in any other
/// environment, and for a release without one, which a person may bring in.
fn order_version(resolved: &Resolved, release: &Release) -> Option<semver::Version> {
    if !resolved.tag_rule {
        return None;
    }
    let tag = release.git.as_ref().and_then(|git| git.reference.strip_prefix("refs/tags/")).unwrap_or(&release.version);
    let text = tag.strip_prefix('v').unwrap_or(tag);
    semver::Version::parse(text).ok()
}
