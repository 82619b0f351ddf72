use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::release::{RecordedRelease, Release};

/// Rule 5: a version text never means other bytes. What is new is to be recorded; components that
/// were recorded under this version before are kept, because a manifest may name only some, and an
/// image push brings only its own.
pub async fn record<P: Ledger>(
    ports: &P,
    release: &Release,
) -> Answered<Result<Option<Stored<RecordedRelease>>, Vec<Finding>>> {
    let key = store::release(&release.app, &release.version);
    let known: Option<Stored<RecordedRelease>> = store::load(ports, &key).await?;
    let Some(mut known) = known else {
        let recorded = RecordedRelease {
            release: release.clone(),
        };
        return Ok(Ok(Some(Stored::new(key, recorded))));
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
        match components.get(name) {
            Some(former) if former.digest() == artifact.digest() => {}
            Some(former) => findings.push(Finding::new(
                FindingName::VersionReused,
                format!("components.{name}"),
                format!(
                    "version {} was recorded with the bytes {} and now has {}.",
                    release.version,
                    former.digest().short(),
                    artifact.digest().short()
                ),
                "Give the new bytes a new version.",
            )),
            None => {
                components.insert(name.clone(), artifact.clone());
                is_new = true;
            }
        }
    }
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    Ok(Ok(is_new.then_some(known)))
}
