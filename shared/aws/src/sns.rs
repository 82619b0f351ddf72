use crate::Aws;
use crate::error::OrFault;
use aws_sdk_sns::config::{Config, Region};
use windlass_domain::notify::region_of;
use windlass_engine::ports::{Result, SnsApi};

impl SnsApi for Aws {
    async fn notify(&self, subject: &str, message: &str) -> Result<()> {
        let topic = self.settings().topic()?;
        let request = self.clients.sns().publish().topic_arn(topic);
        let sent = request.subject(subject).message(message).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }

    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()> {
        let request = self.clients.sns().publish().topic_arn(topic);
        let request = request.subject(subject).message(message).customize();
        // A topic is written to in its own region.
        let region = region_of(topic).map(|region| Region::new(region.to_owned()));
        let mut place = Config::builder();
        place.set_region(region);
        let sent = request.config_override(place).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }
}
