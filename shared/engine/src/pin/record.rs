use crate::ledger::{self, Stored};
use crate::ports::DynamoDbApi;
use crate::trouble::Checked;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;
use windlass_domain::release::Release;
use windlass_domain::request::Request;
use windlass_domain::version_name::RecordedRelease;

/// Rule 5: a version text never means other bytes. What is new is to be recorded; components that
/// were recorded under this version before are kept, and containers of them, because a manifest may name only some, and
/// an image push brings only its own.
pub async fn record(
    ports: &impl DynamoDbApi,
    request: &Request,
    release: &Release,
    resolved: &Resolved,
) -> Checked<Option<Stored<RecordedRelease>>> {
    let key = ledger::release(&release.app, &release.version);
    let known = ledger::load(ports, &key).await?;
    let Some(mut known) = known else {
        let recorded = RecordedRelease {
            release: release.clone(),
            by: Some(request.asked_by()),
        };
        return Ok(Some(Stored::new(key, recorded)));
    };
    let recorded = &mut known.value.release;
    let mut findings = Vec::new();
    let mut is_new = false;
    if recorded.image_push && !release.image_push {
        // A manifest says where in Git it comes from, which no push does.
        let components = std::mem::take(&mut recorded.components);
        *recorded = Release {
            components,
            ..release.clone()
        };
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
    if !findings.is_empty() {
        return Err(findings.into());
    }
    Ok(is_new.then_some(known))
}

/// Returns a finding for each container that both name with other bytes than those that were recorded.
fn reused(
    version: &str,
    name: &ComponentName,
    former: &Artifact,
    artifact: &Artifact,
) -> Vec<Finding> {
    let finding = |path: String, [former, now]: [&Digest; 2]| {
        Finding::new(
            FindingName::VersionReused,
            path,
            format!(
                "version {version} was recorded with the bytes {} and now has {}.",
                former.short(),
                now.short()
            ),
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
