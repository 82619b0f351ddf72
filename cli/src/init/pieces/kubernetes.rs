//! Folders that are deployed to Kubernetes: Windlass has no kind for them, and says so.

use super::piece::Pieces;
use crate::init::repository::{Repository, folder_of};
use std::collections::BTreeSet;

/// Notes charts, kustomizations and manifests of workloads, once for each folder.
pub fn kubernetes(repository: &Repository, found: &mut Pieces) {
    let is_known = |path: &str, text: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        let is_manifest = text.contains("\napiVersion:") || text.starts_with("apiVersion:");
        let is_workload = ["kind: Deployment", "kind: StatefulSet", "kind: Rollout", "kind: Application"];
        matches!(file, "Chart.yaml" | "kustomization.yaml")
            || is_manifest && is_workload.iter().any(|kind| text.contains(kind))
    };
    let files = repository.ending(".yaml").chain(repository.ending(".yml"));
    let folders: BTreeSet<&str> =
        files.filter(|(path, text)| is_known(path, text)).map(|(path, _)| folder_of(path)).collect();
    found.notes.extend(folders.into_iter().map(|folder| {
        let folder = if folder.is_empty() { "." } else { folder };
        format!("`{folder}` is deployed to Kubernetes, for which Windlass has no kind of component")
    }));
}
