//! SNS in memory.

use crate::World;
use windlass_engine::ports::{Answered, Notifications};

/// The notifications.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was published: (subject, message), oldest first.
    pub published: Vec<(String, String)>,
}

impl Notifications for World {
    async fn notify(&self, subject: &str, message: &str) -> Answered<()> {
        let call = self.call("notifications.notify").await?;
        self.notifications()
            .published
            .push((subject.to_owned(), message.to_owned()));
        call.answer(()).await
    }
}
