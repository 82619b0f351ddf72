use super::Answered;

/// Amazon SNS, for people.
pub trait Notifications {
    /// Publishes a message; the subject is ASCII of at most 100 characters (Amazon SNS API
    /// Reference, Publish).
    async fn notify(&self, subject: &str, message: &str) -> Answered<()>;

    /// The same to a topic that a declaration names, in the region of its ARN. A topic that is not there, or that
    /// Windlass may not write to, is `NotFound` or `AccessDenied`.
    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Answered<()>;
}
