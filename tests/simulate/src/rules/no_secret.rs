use crate::outcome::Outcome;
use crate::unowned::SECRET;
use windlass_world::objects::Bucket;

/// "Secrets never appear in an input, a ledger item, a log line or an event" (rule 10): a secret that
/// is planted in a target is found nowhere else.
pub fn no_secret(outcome: &Outcome<'_>) -> Result<(), String> {
    let world = outcome.world;
    for (key, item) in &world.ledger().items {
        if item
            .body
            .values()
            .any(|value| value.to_string().contains(SECRET))
        {
            return Err(format!("the ledger's item {} {} tells it", key.pk, key.sk));
        }
    }
    for (name, detail) in &world.events().put {
        if detail.to_string().contains(SECRET) {
            return Err(format!("the event {name} tells it"));
        }
    }
    for (subject, message) in &world.notifications().published {
        if subject.contains(SECRET) || message.contains(SECRET) {
            return Err(format!("the notification {subject} tells it"));
        }
    }
    for (arn, execution) in &world.executions().executions {
        if execution
            .cause
            .as_ref()
            .is_some_and(|cause| cause.contains(SECRET))
        {
            return Err(format!("the cause of {arn} tells it"));
        }
    }
    let objects = world.objects();
    let kept = objects.buckets.get("artifacts").map(Bucket::texts);
    for (key, text) in kept.unwrap_or_default() {
        if text.contains(SECRET) {
            return Err(format!("the object {key} tells it"));
        }
    }
    Ok(())
}
