//! Whether an undo may copy back what a release replaces: S3 copies an object's tags along, and asks for the
//! right to read and to write them (Amazon S3 User Guide, "Copying, moving, and renaming objects").

use super::Scene;
use crate::kinds::site::SitePorts;
use crate::kinds::site::files::Objects;
use crate::kinds::site::many::{self, Patience};
use crate::ports::Answered;
use std::cell::Cell;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};

/// How many objects are asked about: who tags the objects of a bucket tags most of them.
const ASKED: usize = 32;

/// What is wrong where the tags of what a release replaces may not be read. Those that somebody else wrote
/// are asked about first.
pub(super) async fn unreadable<P: SitePorts>(
    scene: &Scene<'_, P>,
    before: &Objects,
    replaced: &[String],
) -> Answered<Option<Finding>> {
    let there = replaced
        .iter()
        .filter_map(|path| Some((path, before.get(path)?)));
    let mut asked: Vec<_> = there.collect();
    asked.sort_by_key(|(path, object)| (object.file.is_some(), *path));
    let every = asked.len().div_ceil(ASKED).max(1);
    let asked: Vec<_> = asked.into_iter().step_by(every).collect();
    let pace = Cell::default();
    let (_, fault) = many::all(
        scene.at,
        &pace,
        Patience::Long,
        &asked,
        |(path, object)| async move {
            let version = scene.target.object(path, object.version_id.clone());
            match scene.at.object_tags(&version).await {
                // It is gone since: what is there now is told otherwise.
                Err(fault) if fault.name == FaultName::NotFound => Ok(()),
                answer => answer.map(drop),
            }
        },
    )
    .await;
    match fault {
        Some(fault) if fault.name == FaultName::AccessDenied => Ok(Some(Finding::new(
            FindingName::NoPermission,
            scene.input.path("bucket"),
            format!(
                "an undo copies back what this release replaces, with its tags, and may not read them: {}",
                fault.message
            ),
            "allow `s3:GetObjectTagging`, `s3:GetObjectVersionTagging` and `s3:PutObjectTagging` on the objects of the bucket, to the roles of Windlass or to the role that is assumed for this environment",
        ))),
        Some(fault) => Err(fault),
        None => Ok(None),
    }
}
