//! The parts that the deployments of CodeDeploy have in common: members of their documents, events, and steps.

use serde_json::Value;
use windlass_engine::ports::{LifecycleEvent, Routing};

/// An event that has not begun.
pub(crate) fn pending(name: &str) -> LifecycleEvent {
    LifecycleEvent { name: name.to_owned(), status: "Pending".into(), ..LifecycleEvent::default() }
}

/// Returns the percentage of callers that have been moved so many minutes after the first ones.
pub(crate) fn percent(routing: &Routing, passed_min: u64) -> u64 {
    match *routing {
        Routing::Canary(percent, minutes) if passed_min < minutes => percent,
        Routing::Linear(percent, minutes) => (percent * (1 + passed_min / minutes.max(1))).min(100),
        _ => 100,
    }
}

pub(crate) fn text(of: &Value, name: &str) -> String {
    let members = of.as_object().into_iter().flatten();
    let mut found = members.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let found = found.next().and_then(|(_, value)| value.as_str());
    found.unwrap_or_default().to_owned()
}

pub(crate) fn member<'a>(of: &'a Value, name: &str) -> &'a Value {
    let members = of.as_object().into_iter().flatten();
    let mut found = members.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map_or(&Value::Null, |(_, value)| value)
}
