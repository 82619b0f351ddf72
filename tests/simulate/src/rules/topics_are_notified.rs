use crate::outcome::Outcome;
use crate::schedule::What;
use serde::Deserialize as _;
use serde_json::Value;
use windlass_domain::declaration::Declaration;
use windlass_domain::deployment::event_name::EventName;
use windlass_domain::shown::event::{Detail, Event};
use windlass_domain::shown::notify::messages;

/// "An event may come twice, and none is lost" (`docs/EVENTS.md`): each event that was sent goes to the topics that
/// the declaration names for it, too. If a topic cannot be notified, the installation's own topic is, instead. An event
/// that cannot be sent for longer than the stream is tried again is in the queue of unsent events.
///
/// Safety: reporting: Topics that a declaration names are notified of each event that it names them for.
pub fn topics_are_notified(outcome: &Outcome<'_>) -> Result<(), String> {
    let met: Vec<What> = outcome.schedule.mishaps.iter().map(|one| one.what).collect();
    if met.contains(&What::ThrottledLong) || met.contains(&What::DeniedLong) {
        return Ok(());
    }
    if !outcome.scenario.declaration.contains("notify:") {
        return Ok(());
    }
    let declaration = Declaration::parse(outcome.scenario.declaration);
    let declaration = declaration.map_err(|findings| format!("{findings:?}"))?;
    let notifications = outcome.world.sns();
    for (name, detail) in &outcome.world.eventbridge().put {
        for (topic, message) in messages(&declaration, &read(name, detail)?) {
            let sent = (topic.clone(), message.subject.clone(), message.message);
            let mut published = notifications.published.iter();
            let may_fail = notifications.missing.contains(&topic) || met.contains(&What::Denied);
            let is_excused = may_fail && published.any(|(_, text)| text.contains(&topic) && text.contains(&sent.1));
            if !is_excused && !notifications.to_topics.contains(&sent) {
                return Err(format!("{topic} never got {}", message.subject));
            }
        }
    }
    Ok(())
}

fn read(name: &str, detail: &Value) -> Result<Event, String> {
    let name = EventName::deserialize(&Value::from(name)).map_err(|why| why.to_string())?;
    let detail = Detail::deserialize(detail).map_err(|why| why.to_string())?;
    Ok(Event { name, detail })
}
