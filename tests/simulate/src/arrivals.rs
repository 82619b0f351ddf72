//! Arrivals in the artifacts bucket and in the registry, and what becomes of them. The stage looks for what is new,
//! whoever wrote it, and sends the event: of events that a scenario names, what writes without being named would have
//! none.

use crate::due_later::LOOK_S;
use crate::scenario::Scenario;
use serde::Deserialize as _;
use serde_json::{Value, json};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::key::{FINDINGS_SUFFIX, Upload, upload};
use windlass_domain::release::request::{ImagePush, ObjectRef, Route};
use windlass_domain::text::time::Time;
use windlass_machine::arrivals::{image_pushed, object_created};
use windlass_world::World;

/// The artifacts bucket.
pub(crate) const BUCKET: &str = "artifacts";

/// The time that an event may take before the schedule looks for its arrival, in seconds
/// (`docs/decisions/routes/0180-looking-for-uploads-and-pushes-without-an-event.md`).
pub(crate) const GRACE_S: u64 = 600;

/// Something that arrived.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrival {
    /// An object of the artifacts bucket.
    Object(ObjectRef),
    /// An image.
    Image(ImagePush),
}

/// The arrivals that events have announced so far.
#[derive(Debug, Clone, Copy)]
pub struct Announced {
    pub(crate) writes: u64,
    pub(crate) images: usize,
}

impl Announced {
    /// Counts everything that is there as announced.
    pub fn all(world: &World) -> Self {
        Self { writes: world.s3().writes, images: world.ecr().images.len() }
    }
}

impl Arrival {
    pub(crate) fn event(&self, at: Time) -> Value {
        match self {
            Self::Object(object) => object_created(BUCKET, object, at),
            Self::Image(push) => image_pushed(push, at),
        }
    }

    /// Returns whether something is to come of it: it is a manifest, a declaration, or an image whose tag chooses an
    /// environment. Artifacts wait for their manifest.
    pub(crate) fn matters(&self, scenario: &Scenario) -> bool {
        match self {
            Self::Object(object) => matches!(upload(&object.key), Some(Upload::Manifest(..) | Upload::Declaration(_))),
            Self::Image(push) => {
                let declared = Declaration::parse(scenario.declaration);
                declared.is_ok_and(|declared| !matches!(declared.environment_for_image_tag(&push.tag), Ok(None)))
            }
        }
    }

    /// Returns the deployments that it became.
    pub fn deployments(&self, world: &World) -> Vec<Deployment> {
        let ledger = world.dynamodb();
        let items = ledger.items.values();
        let records = items.filter(|item| item.key.sk == "record");
        let records = records.filter_map(|item| Deployment::deserialize(&item.body).ok());
        records.filter(|record| self.became(record)).collect()
    }

    /// Returns whether an equal upload has a deployment already. That deployment waited or ran when this one arrived,
    /// or was accepted since.
    pub fn is_anothers(&self, world: &World, arrived: Time) -> bool {
        let Self::Object(object) = self else {
            return false;
        };
        let own = bytes_of(world, object);
        let is_equal = |other: &ObjectRef| other != object && other.key == object.key && bytes_of(world, other) == own;
        let ledger = world.dynamodb();
        let items = ledger.items.values();
        let records = items.filter(|item| item.key.sk == "record");
        let mut records = records.filter_map(|item| Deployment::deserialize(&item.body).ok());
        records.any(|record| {
            let ended = record.ending.as_ref();
            record.upload.as_ref().is_some_and(is_equal) && ended.is_none_or(|ended| ended.at >= arrived)
        })
    }

    /// Returns whether it is a declaration in force, or its findings are written, in the ledger and beside it.
    pub fn is_answered(&self, world: &World) -> bool {
        let Self::Object(object) = self else {
            return false;
        };
        let ledger = world.dynamodb();
        let mut items = ledger.items.values().filter(|item| item.key.pk == "app#shop");
        items.any(|item| {
            let is_in_force =
                Declared::deserialize(&item.body).is_ok_and(|declared| declared.object.as_ref() == Some(object));
            let is_refused = Refusal::deserialize(&item.body).is_ok_and(|refusal| refusal.about == object.key);
            is_in_force || (is_refused && has_findings(world, object))
        })
    }

    /// Returns whether the input of an execution asks for it.
    pub fn is_asked_for(&self, input: &Value) -> bool {
        match self {
            Self::Object(object) => input["manifest_object"] == json!(object),
            Self::Image(push) => input["image_push"] == json!(push),
        }
    }

    /// Returns whether this is the deployment that it became.
    pub fn became(&self, deployment: &Deployment) -> bool {
        match self {
            Self::Object(object) => deployment.upload.as_ref() == Some(object),
            Self::Image(push) => {
                let mut artifacts = deployment.release.components.values();
                deployment.release.image_push
                    && deployment.requester.route == Route::Ecr
                    && artifacts.any(|artifact| match artifact {
                        Artifact::Image { digest, .. } => *digest == push.digest,
                        Artifact::Images { containers } => containers.values().any(|image| image.digest == push.digest),
                        Artifact::Object { .. } => false,
                    })
            }
        }
    }
}

/// Returns the bytes of an upload.
fn bytes_of(world: &World, object: &ObjectRef) -> Option<Vec<u8>> {
    let objects = world.s3();
    let versions = objects.buckets.get(BUCKET)?.keys.get(&object.key)?;
    let mut versions = versions.iter();
    let version = versions.find(|version| version.id == object.version_id)?;
    Some(version.bytes.to_vec())
}

/// Returns whether findings on this version of an object lie beside it.
fn has_findings(world: &World, object: &ObjectRef) -> bool {
    let beside = format!("{}{FINDINGS_SUFFIX}", object.key);
    let objects = world.s3();
    let bucket = objects.buckets.get(BUCKET);
    let version = bucket.and_then(|bucket| bucket.current(&beside));
    let written = version.and_then(|version| serde_json::from_slice::<Value>(&version.bytes).ok());
    written.is_some_and(|written| {
        let is_about_it = written["version_id"] == json!(object.version_id);
        is_about_it && written["findings"].as_array().is_some_and(|all| !all.is_empty())
    })
}

/// Returns the time by which an arrival is served, with so many mishaps. The schedule finds it when its event had its
/// time, and each mishap costs no more than one turn of the schedule.
pub fn served_by(arrived: Time, mishaps: usize) -> Time {
    let turns = 1 + mishaps as u64;
    arrived.plus_s(GRACE_S + turns * LOOK_S)
}
