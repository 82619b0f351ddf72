//! The events that `intake` gets: those of S3, of ECR and of the schedule, as EventBridge brings them.

use serde_json::{Value, json};
use windlass_domain::release::request::{ImagePush, ObjectRef};
use windlass_domain::text::time::Time;

const ACCOUNT: &str = "111111111111";
const REGION: &str = "eu-west-1";

/// Returns the event that an object was created (Amazon S3 User Guide, "EventBridge event message structure").
pub fn object_created(bucket: &str, object: &ObjectRef, at: Time) -> Value {
    json!({
        "version": "0",
        "id": format!("{} {:?} {at}", object.key, object.version_id),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT, "region": REGION,
        "time": at.to_string(),
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {
                "key": object.key, "version-id": object.version_id, "sequencer": object.version_id
            },
            "requester": ACCOUNT,
            "reason": "PutObject"
        }
    })
}

/// Returns the event that an image was pushed (Amazon ECR User Guide, "Amazon ECR events and EventBridge").
pub fn image_pushed(push: &ImagePush, at: Time) -> Value {
    json!({
        "version": "0",
        "id": format!("{push:?} {at}"),
        "detail-type": "ECR Image Action",
        "source": "aws.ecr",
        "account": ACCOUNT, "region": REGION,
        "time": at.to_string(),
        "detail": {
            "action-type": "PUSH",
            "result": "SUCCESS",
            "repository-name": push.repository,
            "image-tag": push.tag,
            "image-digest": format!("sha256:{}", push.digest)
        }
    })
}

/// Returns the event of the schedule (Amazon EventBridge User Guide, "Creating a rule that runs on a schedule").
pub fn scheduled(at: Time) -> Value {
    json!({
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT, "region": REGION,
        "time": at.to_string(),
        "detail": {}
    })
}
