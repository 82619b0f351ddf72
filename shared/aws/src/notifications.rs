use crate::Aws;
use crate::error::OrFault;
use windlass_engine::ports::{Answered, Notifications};

impl Notifications for Aws {
    async fn notify(&self, subject: &str, message: &str) -> Answered<()> {
        let topic = self.settings().topic()?;
        let request = self.clients.sns().publish().topic_arn(topic);
        let sent = request.subject(subject).message(message).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }
}
