//! Tells the topics that a declaration names.

use super::Ports;
use crate::kinds::APP_TAG;
use crate::ledger;
use crate::ports::{Result, SnsApi};
use windlass_domain::event::{Event, Notification};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::name::AppName;
use windlass_domain::notify::{self, MessageKind};

/// Tells the topics of the declaration that is in force now, whichever a deployment was planned by: who is told is about
/// people, and not about a release. A topic that cannot be told holds up no other and no event: the installation's own is
/// told of it.
pub(super) async fn tell_topics(ports: &impl Ports, event: &Event) -> Result<()> {
    if MessageKind::of(event).is_none() {
        return Ok(());
    }
    let key = ledger::declaration_in_force(&event.detail.app);
    let declared = ledger::load(ports, &key).await?;
    let Some(declared) = declared else {
        return Ok(());
    };
    let declaration = ledger::read_declaration(&declared.value).map_err(|findings| {
        Fault::internal(format!(
            "the declaration {} in the ledger cannot be read any more: {findings:?}",
            declared.value.version
        ))
    })?;
    for (topic, message) in notify::messages(&declaration, event) {
        send(ports, &event.detail.app, &topic, &message).await?;
    }
    Ok(())
}

/// Tells a topic of the application. Where it cannot be told for itself, the installation's own is told so.
pub(super) async fn send(ports: &impl SnsApi, app: &AppName, topic: &str, message: &Notification) -> Result<()> {
    match sent(ports, app, topic, message).await {
        Err(fault) if is_of_the_topic(&fault) => {
            tracing::warn!(topic, %fault, "a topic could not be told");
            let told = notify::not_told(topic, &message.subject, &fault.message);
            ports.notify(&told.subject, &told.message).await
        }
        sent => sent,
    }
}

/// The tag is compared each time: it may have changed since the declaration came, and a policy of IAM sees that there is
/// one but cannot compare it with the name of an application.
async fn sent(ports: &impl SnsApi, app: &AppName, topic: &str, message: &Notification) -> Result<()> {
    let tags = ports.topic_tags(topic).await?;
    if tags.get(APP_TAG).map(String::as_str) != Some(app.as_str()) {
        let why = format!("its tag `{APP_TAG}` does not name `{app}`");
        return Err(Fault::new(FaultName::AccessDenied, why));
    }
    ports.notify_topic(topic, &message.subject, &message.message).await
}

/// Returns whether the fault is the topic's own, so that asking again would not help.
fn is_of_the_topic(fault: &Fault) -> bool {
    matches!(fault.name, FaultName::NotFound | FaultName::AccessDenied | FaultName::Refused)
}
