use crate::happening::Event;
use crate::outcome::Outcome;
use crate::unowned::SECRET;
use serde_json::Value;
use windlass_world::s3::Bucket;

/// "Secrets never appear in an input, a ledger item, a log line or an event" (rule 10): a secret that
/// is planted in a target, or in a document that a team uploads as an artifact, is found nowhere else.
///
/// Safety: secrets: A planted secret is found nowhere else.
pub fn no_secret(outcome: &Outcome<'_>) -> Result<(), String> {
    for happening in &outcome.happened {
        if let Event::Leaked(what) = &happening.what {
            return Err(format!("{what} shows it"));
        }
    }
    let world = outcome.world;
    for (key, item) in &world.dynamodb().items {
        if item.body.values().any(has_secret) {
            return Err(format!("the ledger's item {} {} shows it", key.pk, key.sk));
        }
    }
    for (name, detail) in &world.eventbridge().put {
        if has_secret(detail) {
            return Err(format!("the event {name} shows it"));
        }
    }
    for (subject, message) in &world.sns().published {
        if subject.contains(SECRET) || message.contains(SECRET) {
            return Err(format!("the notification {subject} shows it"));
        }
    }
    for (topic, subject, message) in &world.sns().to_topics {
        if subject.contains(SECRET) || message.contains(SECRET) {
            return Err(format!("the notification {subject} shows it to {topic}"));
        }
    }
    for (arn, execution) in &world.stepfunctions().executions {
        let cause = execution.cause.as_ref();
        if cause.is_some_and(|cause| cause.contains(SECRET)) || has_secret(&execution.input) {
            return Err(format!("the execution {arn} shows it"));
        }
    }
    let objects = world.s3();
    let kept = objects.buckets.get("artifacts").map(Bucket::texts);
    for (key, text) in kept.unwrap_or_default() {
        let is_theirs = key.starts_with("artifacts/");
        if !is_theirs && text.contains(SECRET) {
            return Err(format!("the object {key} shows it"));
        }
    }
    Ok(())
}

/// Returns whether the secret is in any text of a value.
pub(crate) fn has_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(SECRET),
        Value::Array(items) => items.iter().any(has_secret),
        Value::Object(members) => {
            let mut members = members.iter();
            members.any(|(name, value)| name.contains(SECRET) || has_secret(value))
        }
        _ => false,
    }
}
