//! Gives a pinned release the name under which it is recorded, compares it with what its way in has pinned and with
//! what is recorded, and finds what is to be recorded.

use super::place::Placed;
use crate::access::promotion;
use crate::ledger::{self, Stored};
use crate::ports::{Clock, DynamoDbApi, Result};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::access::{Allowed, Asked, Rules};
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::document::git_rule::GitRule;
use windlass_domain::document::tag_version::{tag_version_differs, version_to_order_by};
use windlass_domain::environment::PromotedFrom;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::request::Request;
use windlass_domain::release::{Release, too_large};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{ComponentName, EnvironmentName};

/// A request to deploy, pinned.
#[derive(Debug, Clone, PartialEq)]
pub struct Pinned {
    /// The release.
    pub release: Release,
    /// The declaration, resolved for the environment.
    pub resolved: ResolvedEnvironment,
    /// The digest of the recorded release of which this is one component.
    pub part_of: Option<Digest>,
    /// True if a person named the environment; false if a rule sent an arrival there.
    pub by_person: bool,
    /// The semantic version by which it is ordered, if the environment's rule is a tag rule.
    pub order_version: Option<semver::Version>,
    /// The release to record under its version text, if anything is new.
    pub to_record: Option<Stored<RecordedRelease>>,
    /// The version of the declaration that the release names, if it names one.
    pub names: Option<semver::Version>,
    /// The tag rule of the environment, if it does not take this version.
    pub passes_by: Option<GitRule>,
    /// The snapshot of another environment that the release is promoted from.
    pub promoted_from: Option<PromotedFrom>,
    /// The snapshot of the environment before by which a rule admits it.
    pub verified_by: Option<PromotedFrom>,
    /// The answer of the rules to the one who asks: it goes on, or is only recorded; or the findings why it may not.
    pub allowed: Result<Allowed, Vec<Finding>>,
}

impl Pinned {
    /// Returns the request as the way in hands it over.
    pub fn handed_over(&self, request: &Request) -> Request {
        request.with_pinned(self.resolved.environment.clone(), self.names.clone(), self.release.clone())
    }
}

/// The release that is recorded under a name, if one is.
type Known = Option<Stored<RecordedRelease>>;

/// Names a release, compares it with what its way in has pinned, and finds what is to be recorded under its name.
///
/// # Errors
/// Everything that is wrong with the request, by all stages.
pub async fn record(
    ports: &(impl DynamoDbApi + Clock),
    request: &Request,
    rules: &Rules,
    placed: Placed,
    mut release: Release,
) -> Checked<Pinned> {
    let Placed { declaration, resolved, by_person, names, promoted_from, mut findings } = placed;
    findings.extend(not_of_its_tag(request, &release, &resolved));
    let handed_over = request.pinned.as_deref();
    // What its way in has pinned, what is recorded and what was pushed has its name already.
    let is_recorded = request.version.is_some() || request.from.is_some();
    let is_named = handed_over.is_some() || is_recorded || release.image_push;
    let known = if is_named {
        known(ports, &declaration, &release).await?
    } else {
        name(ports, &declaration, &mut release, &resolved.environment).await?
    };
    let whole = known.as_ref().filter(|_| request.component.is_some());
    let part_of = whole.map(|whole| whole.value.release.digest());
    match handed_over {
        // What differs follows from what is wrong already.
        Some(_) if !findings.is_empty() => {}
        Some(pinned) => findings.extend(pinned.differences(&release)),
        None => findings.extend(too_large(&release)),
    }
    let mut reused = Vec::new();
    let mut to_record = added(known.clone(), request, &release, &resolved, &mut reused);
    if let Some(mut known) = known.filter(|_| !reused.is_empty())
        && !known.value.is_elsewhere(&resolved.environment)
        && is_given_back(ports, &known.value).await?
    {
        reused.clear();
        known.value = RecordedRelease::new(release.clone(), resolved.environment.clone(), request.asked_by());
        to_record = Some(known);
    }
    findings.extend(reused);
    let by = request.asked_by();
    let asked =
        Asked { version: Some(&release.version), ..Asked::once_planned(request, &by, resolved.environment_id()) };
    let allowed = rules.decide(&asked, Some(&resolved));
    let mut verified_by = None;
    if allowed == Ok(Allowed::Goes) {
        match promotion::verified(ports, rules, resolved.environment_id(), &release.components).await? {
            Ok(verified) => verified_by = verified,
            Err(finding) => findings.push(finding),
        }
    }
    if !findings.is_empty() {
        findings.extend(allowed.err().unwrap_or_default());
        return Err(findings.into());
    }
    let order_version = order_version(&resolved, &release);
    let passes_by = declaration.tag_rule_passed_by(&release.version, &resolved.environment);
    Ok(Pinned {
        release,
        resolved,
        part_of,
        by_person,
        order_version,
        to_record,
        names,
        passes_by,
        promoted_from,
        verified_by,
        allowed,
    })
}

/// Returns the finding that the version differs from the Git tag. In an environment with a tag rule the tag is the
/// version (rule 6); a release may also have the digits of its bytes behind that.
fn not_of_its_tag(request: &Request, release: &Release, resolved: &ResolvedEnvironment) -> Option<Finding> {
    let prefix = &resolved.tag_prefix;
    let git = release.git.as_ref().filter(|_| resolved.tag_rule && !release.is_marked_by_its_tag(prefix))?;
    let path = request.metadata_path("version").unwrap_or_else(|| "version".to_owned());
    tag_version_differs(&release.version, &git.reference, prefix, &path)
}

/// Gives a release the name under which it is recorded, and returns what is recorded under it. If that is another
/// environment's and not the same, the digits of its bytes follow.
async fn name(
    ports: &impl DynamoDbApi,
    declaration: &Declaration,
    release: &mut Release,
    environment: &EnvironmentName,
) -> Result<Known> {
    let plain = declaration.version_name(release, environment);
    let marked = release.marked();
    release.version.clone_from(&plain);
    let known = known(ports, declaration, release).await?;
    let Some(record) = known.as_ref().filter(|known| known.value.is_elsewhere(environment)) else { return Ok(known) };
    // What had the digits once keeps them: another name would be another release, which no veto knows.
    let is_of_others = record.value.is_of_others(release, environment);
    release.version = marked;
    let own = self::known(ports, declaration, release).await?;
    if is_of_others || own.is_some() {
        return Ok(own);
    }
    release.version = plain;
    Ok(known)
}

/// Returns what is recorded under the name of a release. An environment that is not declared any more, such as one that
/// was renamed, keeps no version to itself.
async fn known(ports: &impl DynamoDbApi, declaration: &Declaration, release: &Release) -> Result<Known> {
    let mut known: Known = ledger::load(ports, &ledger::release(&release.app, &release.version)).await?;
    if let Some(recorded) = &mut known {
        let own = recorded.value.environment.take();
        let is_declared = |own: &EnvironmentName| declaration.environments().any(|it| it == own);
        recorded.value.environment = own.filter(is_declared);
    }
    Ok(known)
}

/// Returns whether a version may have other bytes: each deployment under it gave it back. None of these can go on any
/// more, and a new one is noted in the record on the condition that nobody wrote it meanwhile.
pub async fn is_given_back(ports: &impl DynamoDbApi, recorded: &RecordedRelease) -> Result<bool> {
    let mut gave_back = BTreeSet::new();
    for id in recorded.tried.iter().flatten() {
        let record = ledger::load(ports, &ledger::deployment(id)).await?;
        gave_back.extend(record.filter(|record| record.value.gave_its_version_back()).map(|record| record.value.id));
    }
    Ok(recorded.is_given_back(|id| gave_back.contains(id)))
}

/// Returns what is to be recorded, if anything is new. A version text never means other bytes (rule 5): components that
/// have other ones are added to the findings. Components that were recorded under this version before are kept, and
/// containers of them, because a manifest may name only some, and an image push brings only its own.
fn added(
    known: Known,
    request: &Request,
    release: &Release,
    resolved: &ResolvedEnvironment,
    findings: &mut Vec<Finding>,
) -> Option<Stored<RecordedRelease>> {
    let Some(mut known) = known else {
        let key = ledger::release(&release.app, &release.version);
        let recorded = RecordedRelease::new(release.clone(), resolved.environment.clone(), request.asked_by());
        return Some(Stored::new(key, recorded));
    };
    if known.value.is_of_others(release, &resolved.environment) {
        findings.push(of_others(&known.value));
    }
    let is_elsewhere = known.value.is_elsewhere(&resolved.environment);
    let recorded = &mut known.value.release;
    let mut is_new = false;
    if recorded.image_push && !release.image_push && !is_elsewhere {
        // A manifest says where in Git it comes from, which no push does.
        let components = std::mem::take(&mut recorded.components);
        *recorded = Release { components, ..release.clone() };
        is_new = true;
    }
    let components = &mut recorded.components;
    for (name, artifact) in &release.components {
        let Some(former) = components.get_mut(name) else {
            components.insert(name.clone(), artifact.clone());
            is_new = true;
            continue;
        };
        if let Some(containers) = resolved.containers(name) {
            // It may have had one image then, and has several now.
            *former = former.clone().fitted(containers);
        }
        let reused = reused(&release.version, name, former, artifact);
        is_new |= reused.is_empty() && !former.has(artifact);
        if reused.is_empty() {
            former.take(artifact);
        }
        findings.extend(reused);
    }
    if is_new {
        known.value.add_by(request.asked_by());
    }
    let own = &mut known.value.environment;
    own.get_or_insert_with(|| resolved.environment.clone());
    (is_new || known.value.is_open()).then_some(known)
}

/// Makes the finding that another environment has this version. It stands for a push and for what comes at the same
/// time: any other release has the digits of its bytes in its name.
fn of_others(recorded: &RecordedRelease) -> Finding {
    let version = &recorded.release.version;
    let environment = recorded.environment.as_ref().map_or("-", |own| own.as_str());
    Finding::new(
        FindingName::VersionReused,
        "version",
        format!(
            "version {version} was recorded by a release into `{environment}`, with other bytes or without some of \
             these."
        ),
        "Give these bytes a version of their own.",
    )
}

/// Returns a finding for each container that both name with other bytes than those that were recorded.
fn reused(version: &str, name: &ComponentName, former: &Artifact, artifact: &Artifact) -> Vec<Finding> {
    let finding = |path: String, [former, now]: [&Digest; 2]| {
        Finding::new(
            FindingName::VersionReused,
            path,
            format!("version {version} was recorded with the bytes {} and now has {}.", former.short(), now.short()),
            "Give the new bytes a new version.",
        )
        .seen(now.short(), former.short())
    };
    let path = format!("components.{name}");
    match (former.containers(), artifact.containers()) {
        (Some(former), Some(containers)) => {
            let others = containers.iter().filter_map(|(container, image)| {
                let known = former.get(container)?;
                let path = format!("{path}.images.{container}");
                let digests = [&known.digest, &image.digest];
                (known.digest != image.digest).then(|| finding(path, digests))
            });
            others.collect()
        }
        _ if former.digest() == artifact.digest() => vec![],
        _ => vec![finding(path, [&former.digest(), &artifact.digest()])],
    }
}

/// Returns the semantic version by which a release is ordered in an environment with a tag rule. `None` in any other
/// environment, and for a release without one, which a person may bring in.
fn order_version(resolved: &ResolvedEnvironment, release: &Release) -> Option<semver::Version> {
    let reference = release.git.as_ref().map(|git| git.reference.as_str());
    resolved.tag_rule.then(|| version_to_order_by(&release.version, reference, &resolved.tag_prefix)).flatten()
}
