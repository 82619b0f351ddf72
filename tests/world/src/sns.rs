//! SNS in memory.

use crate::World;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::Declaration;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Clock, Result, SnsApi};

/// The largest message, in bytes (Amazon SNS API Reference, Publish).
const LARGEST: usize = 256 * 1024;

/// The notifications.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The messages that were published, as (subject, message), oldest first.
    pub published: Vec<(String, String)>,
    /// The messages that were published to topics that declarations may name, as (ARN, subject, message), oldest first.
    pub to_topics: Vec<(String, String, String)>,
    /// Topics that are not there.
    pub missing: BTreeSet<String>,
    /// The tag `windlass:app` of each topic that has it.
    pub owners: BTreeMap<String, String>,
    /// The time that a publication to such a topic takes, in milliseconds.
    pub takes_ms: u64,
}

impl State {
    /// Tags each topic that a declaration names as its application's, as a team does before it declares them.
    pub fn mark(&mut self, declaration: &Declaration) {
        let app = declaration.app().to_string();
        let named = declaration.topics().flat_map(|(_, topics)| topics);
        for notify in named {
            self.owners.insert(notify.topic.clone(), app.clone());
        }
    }
}

impl SnsApi for World {
    async fn notify(&self, subject: &str, message: &str) -> Result<()> {
        let call = self.call("sns.notify").await?;
        check(subject, message)?;
        let published = (subject.to_owned(), message.to_owned());
        self.sns().published.push(published);
        call.answer(()).await
    }

    async fn topic_tags(&self, topic: &str) -> Result<BTreeMap<String, String>> {
        let call = self.call("sns.topic_tags").await?;
        if self.sns().missing.contains(topic) {
            let text = format!("ListTagsForResource {topic} 404 ResourceNotFound: Resource does not exist");
            return Err(Fault::new(FaultName::NotFound, text));
        }
        let owner = self.sns().owners.get(topic).cloned();
        let tags = owner.map(|app| ("windlass:app".to_owned(), app));
        call.answer(tags.into_iter().collect()).await
    }

    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()> {
        let call = self.call("sns.notify_topic").await?;
        let takes_ms = self.sns().takes_ms;
        if takes_ms > 0 {
            self.sleep_ms(takes_ms).await;
        }
        check(subject, message)?;
        if self.sns().missing.contains(topic) {
            let text = format!("Publish {topic} 404 NotFound: Topic does not exist");
            return Err(Fault::new(FaultName::NotFound, text));
        }
        let sent = (topic.to_owned(), subject.to_owned(), message.to_owned());
        self.sns().to_topics.push(sent);
        call.answer(()).await
    }
}

/// Refuses a subject or a message that SNS would refuse (Amazon SNS API Reference, Publish).
fn check(subject: &str, message: &str) -> Result<()> {
    let is_subject = subject.is_ascii() && (1..100).contains(&subject.len());
    if is_subject && (1..=LARGEST).contains(&message.len()) {
        return Ok(());
    }
    let text = "Publish 400 InvalidParameter: Invalid parameter: Subject or Message";
    Err(Fault::new(FaultName::Refused, text))
}
