use super::Answered;

/// Amazon SNS, for people.
pub trait Notifications {
    /// Publishes a message; the subject is ASCII of at most 100 characters (Amazon SNS API
    /// Reference, Publish).
    async fn notify(&self, subject: &str, message: &str) -> Answered<()>;
}
