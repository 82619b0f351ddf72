//! Plans a service for a check: what any release needs of the target, whatever its images are.

use super::images::OwnImage;
use super::state::PinnedBase;
use super::wanted::{Wanted, base, forward, lacking};
use super::{document, foreign};
use crate::kinds::PrepareInput;
use crate::ports::{EcsApi, TaskDefinition};
use crate::trouble::Checked;
use std::collections::BTreeSet;
use windlass_domain::kinds::ecs::Ecs as Spec;

/// The images that are there, as if a release brought them into the declared base.
pub(super) async fn check_plan(
    ports: &impl EcsApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
    current: &TaskDefinition,
) -> Checked<Wanted> {
    let base = base(ports, spec, current).await?;
    if let Some(finding) = foreign::newest(input, &base, current) {
        return Err(finding.into());
    }
    let findings = lacking(input, spec, &base, current);
    if !findings.is_empty() {
        return Err(findings.into());
    }
    let images = spec.containers.keys().map(|container| {
        let image = document::image(&current.document, container);
        let own = OwnImage { image: image.unwrap_or_default().to_owned(), digests: BTreeSet::new() };
        (container.clone(), own)
    });
    Ok(Wanted {
        goal: forward(images.collect()),
        family: base.family,
        base: PinnedBase::Registered(base.arn),
        kept: BTreeSet::new(),
        artifact: None,
        unchanged: None,
    })
}
