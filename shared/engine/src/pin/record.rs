use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result};
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::release::Release;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::request::Request;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{ComponentName, EnvironmentName};

/// What is recorded under the name of a release, if anything is.
pub type Known = Option<Stored<RecordedRelease>>;

/// Gives a release the name under which it is recorded, and returns what is recorded under it. If that is another
/// environment's and not the same, the digits of its bytes follow.
pub async fn name(
    ports: &impl DynamoDbApi,
    declaration: &Declaration,
    release: &mut Release,
    environment: &EnvironmentName,
) -> Result<Known> {
    let plain = declaration.version_name(release, environment);
    let marked = release.marked();
    release.version.clone_from(&plain);
    let known = known(ports, declaration, release).await?;
    let Some(record) = known.as_ref().filter(|known| known.value.is_elsewhere(environment)) else {
        return Ok(known);
    };
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
pub async fn known(ports: &impl DynamoDbApi, declaration: &Declaration, release: &Release) -> Result<Known> {
    let mut known: Known = ledger::load(ports, &ledger::release(&release.app, &release.version)).await?;
    if let Some(recorded) = &mut known {
        let own = recorded.value.environment.take();
        let is_declared = |own: &EnvironmentName| declaration.environments().any(|it| it == own);
        recorded.value.environment = own.filter(is_declared);
    }
    Ok(known)
}

/// Rule 5: a version text never means other bytes. What is new is to be recorded; components that
/// were recorded under this version before are kept, and containers of them, because a manifest may name only some, and
/// an image push brings only its own.
pub fn record(
    known: Known,
    request: &Request,
    release: &Release,
    resolved: &Resolved,
) -> Result<Option<Stored<RecordedRelease>>, Vec<Finding>> {
    let Some(mut known) = known else {
        let key = ledger::release(&release.app, &release.version);
        let recorded = RecordedRelease {
            release: release.clone(),
            environment: Some(resolved.environment.clone()),
            by: Some(request.asked_by()),
        };
        return Ok(Some(Stored::new(key, recorded)));
    };
    let mut findings = Vec::new();
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
    let own = &mut known.value.environment;
    own.get_or_insert_with(|| resolved.environment.clone());
    if findings.is_empty() { Ok(is_new.then_some(known)) } else { Err(findings) }
}

/// The finding that another environment has this version. It stands for a push and for what comes at the same time: any
/// other release has the digits of its bytes in its name.
fn of_others(recorded: &RecordedRelease) -> Finding {
    let version = &recorded.release.version;
    let environment = recorded.environment.as_ref().map_or("-", |own| own.as_str());
    Finding::new(
        FindingName::VersionReused,
        "version",
        format!(
            "version {version} was recorded by a release into `{environment}`, with other bytes or without some of these."
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
