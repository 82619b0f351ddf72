use super::Result;
use std::collections::BTreeMap;

/// Amazon SNS, for people.
pub trait SnsApi {
    /// Publishes a message; the subject is ASCII of at most 100 characters (Amazon SNS API
    /// Reference, Publish).
    async fn notify(&self, subject: &str, message: &str) -> Result<()>;

    /// Returns the tags of a topic, read in the region of its ARN. If the topic does not exist, or Windlass may not read
    /// its tags, the fault is `NotFound` or `AccessDenied`.
    async fn topic_tags(&self, topic: &str) -> Result<BTreeMap<String, String>>;

    /// Publishes a message to a topic that a declaration names, in the region of its ARN. If the topic does not exist,
    /// or Windlass may not write to it, the fault is `NotFound` or `AccessDenied`.
    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()>;
}
