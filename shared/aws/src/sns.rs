use crate::Aws;
use crate::error::OrFault;
use aws_sdk_sns::config::{Builder, Config, Region};
use std::collections::BTreeMap;
use windlass_domain::notify::region_of;
use windlass_engine::ports::{Result, SnsApi};

impl SnsApi for Aws {
    async fn notify(&self, subject: &str, message: &str) -> Result<()> {
        let topic = self.settings().topic()?;
        let request = self.clients.sns().publish().topic_arn(topic);
        let sent = request.subject(subject).message(message).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }

    async fn topic_tags(&self, topic: &str) -> Result<BTreeMap<String, String>> {
        let request = self.clients.sns().list_tags_for_resource();
        let request = request.resource_arn(topic).customize();
        let listed = request.config_override(place_of(topic)).send().await;
        let tags = listed.or_fault("ListTagsForResource", topic)?.tags;
        let tags = tags.unwrap_or_default().into_iter();
        Ok(tags.map(|tag| (tag.key, tag.value)).collect())
    }

    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()> {
        let request = self.clients.sns().publish().topic_arn(topic);
        let request = request.subject(subject).message(message).customize();
        let sent = request.config_override(place_of(topic)).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }
}

/// A topic answers in its own region.
fn place_of(topic: &str) -> Builder {
    let region = region_of(topic).map(|region| Region::new(region.to_owned()));
    let mut place = Config::builder();
    place.set_region(region);
    place
}
