use super::Result;

/// Amazon SNS, for people.
pub trait SnsApi {
    /// Publishes a message; the subject is ASCII of at most 100 characters (Amazon SNS API
    /// Reference, Publish).
    async fn notify(&self, subject: &str, message: &str) -> Result<()>;

    /// Publishes a message to a topic that a declaration names, in the region of its ARN. If the topic does not exist,
    /// or Windlass may not write to it, the fault is `NotFound` or `AccessDenied`.
    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()>;
}
