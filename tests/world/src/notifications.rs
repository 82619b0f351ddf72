//! SNS in memory.

use crate::World;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{Answered, Notifications};

/// The largest message, in bytes (Amazon SNS API Reference, Publish).
const LARGEST: usize = 256 * 1024;

/// The notifications.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was published: (subject, message), oldest first.
    pub published: Vec<(String, String)>,
}

impl Notifications for World {
    async fn notify(&self, subject: &str, message: &str) -> Answered<()> {
        let call = self.call("notifications.notify").await?;
        let is_subject = subject.is_ascii() && (1..100).contains(&subject.len());
        if !is_subject || !(1..=LARGEST).contains(&message.len()) {
            let text = "Publish 400 InvalidParameter: Invalid parameter: Subject or Message";
            return Err(Fault::new(FaultName::Refused, text));
        }
        self.notifications()
            .published
            .push((subject.to_owned(), message.to_owned()));
        call.answer(()).await
    }
}
