//! The page of `accept` shows, component by component, what would be recorded.

use super::parts::{Sort, mark, times};
use crate::record::Record;
use crate::status::Environment;
use maud::{Markup, html};
use std::collections::BTreeSet;
use windlass_domain::drift::{Compared, Drift};
use windlass_domain::environment::{ACCEPTED, Running};
use windlass_domain::name::ComponentName;
use windlass_domain::step::Step;

/// The state of a component that accepting records.
#[derive(Debug, PartialEq, Eq)]
enum AcceptedState {
    /// The record stays as it is.
    AsRecorded,
    /// This runs.
    Runs(String),
    /// Nothing runs.
    Nothing,
    /// Nobody knows, so nothing is accepted.
    Refused(String),
    /// It is not recorded as running: the look at the moment of accepting tells.
    Looked,
}

/// A component: its observed state, its record, and the state that accepting records.
#[derive(Debug)]
struct Row<'a> {
    name: &'a ComponentName,
    seen: Option<&'a str>,
    recorded: Option<&'a str>,
    truth: AcceptedState,
}

/// Shows what accepting would record; the environment's targets were looked at.
pub fn accepted(record: &Record, environment: &Environment) -> Markup {
    let rows = rows(record, environment);
    let is_as_recorded = rows.iter().all(|row| row.truth == AcceptedState::AsRecorded);
    let is_refused = rows.iter().any(|row| matches!(row.truth, AcceptedState::Refused(_)));
    html! {
        p { "All of it is looked at once more, some seconds after you ask, and what is seen then is recorded. By what is there now:" }
        div.wide { table.accepted {
            thead { tr { @for title in TITLES { th scope="col" { (title) } } } }
            tbody { @for row in &rows { tr {
                th scope="row" { (row.name) }
                td data-name=(TITLES[1]) { (row.seen.unwrap_or("–")) }
                td data-name=(TITLES[2]) { (row.recorded.unwrap_or("–")) }
                td data-name=(TITLES[3]) { (truth(&row.truth)) }
            } } }
        } }
        @if is_refused { p { (mark(Sort::Bad, "refused")) " As long as what is there cannot be seen nothing is accepted, and the environment stays locked." } }
        @else if is_as_recorded { p { "Everything is as recorded: the present snapshot stays." } }
        @else { p { "A snapshot " b { (ACCEPTED) } " is made of it, which no gate has judged." } }
        p { "Then the environment is unlocked" @if !environment.waiting.is_empty() { ", and who waits has a turn" } "." }
    }
}

const TITLES: [&str; 4] = ["Component", "There now", "Recorded", "Becomes the truth"];

fn truth(truth: &AcceptedState) -> Markup {
    match truth {
        AcceptedState::AsRecorded => html! { (mark(Sort::Good, "stays as recorded")) },
        AcceptedState::Runs(seen) => html! { (mark(Sort::Noted, seen)) },
        AcceptedState::Nothing => html! { (mark(Sort::Noted, "that nothing runs")) },
        AcceptedState::Refused(why) => html! { (mark(Sort::Bad, "nobody knows")) " " (times(why)) },
        AcceptedState::Looked => html! { (mark(Sort::Still, "what the look shows")) },
    }
}

/// Returns the components of the deployment: something is recorded of those alone.
fn rows<'a>(record: &'a Record, environment: &'a Environment) -> Vec<Row<'a>> {
    let mut known = BTreeSet::new();
    let steps = record.steps.iter();
    let steps = steps.filter(|step| known.insert(&step.component));
    steps.map(|step| row(step, environment)).collect()
}

fn row<'a>(step: &'a Step, environment: &'a Environment) -> Row<'a> {
    let name = &step.component;
    let running = environment.running.get(name);
    let beside = environment.observed.get(name).filter(|_| running.is_some());
    let row = |seen, recorded, truth| Row { name, seen, recorded, truth };
    match beside {
        Some(compared) => row(
            compared.seen.as_deref(),
            compared.recorded.as_deref().or(running.map(Running::version)),
            of(compared, step),
        ),
        None => row(step.shown.as_deref(), running.map(Running::version), AcceptedState::Looked),
    }
}

fn of(compared: &Compared, step: &Step) -> AcceptedState {
    match (compared.drift, &compared.seen) {
        (Drift::None, _) => AcceptedState::AsRecorded,
        (Drift::Changed, Some(seen)) => AcceptedState::Runs(seen.clone()),
        (Drift::Changed, None) => AcceptedState::Nothing,
        // A component that the deployment has not touched, or has seen back, is as well known as it was before.
        (Drift::Unknown, _) if !step.status.may_have_changed() => AcceptedState::AsRecorded,
        (Drift::Unknown, _) => {
            let why = compared.reason.clone();
            AcceptedState::Refused(why.unwrap_or_else(|| "it could not be looked at".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(observed: &Value, status: &str) -> AcceptedState {
        let mut all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
        let mut answer = all["moves"][3].take();
        answer["steps"][1]["status"] = status.into();
        let record = Record::read(&answer).unwrap().unwrap();
        let mut here = all["/apps/shop/environments/prod"].take();
        if observed["api"].is_null() {
            here["running"].as_object_mut().unwrap().remove("api");
        }
        here["observed"] = observed.clone();
        let environment = Environment::read(&here).unwrap();
        let rows = rows(&record, &environment);
        assert_eq!(rows.len(), 3);
        let mut api = rows.into_iter().filter(|row| row.name.as_str() == "api");
        api.next().unwrap().truth
    }

    #[test]
    fn what_is_seen_becomes_the_truth_and_what_is_not_seen_is_refused() {
        let unknown = json!({"api": {"drift": "unknown", "reason": "GetAlias is denied"}});
        let changed = json!({"api": {"drift": "changed", "recorded": "41", "seen": "40 at 100 %"}});
        let table = [
            (json!({"api": {"drift": "none", "seen": "41 at 100 %"}}), "changed", AcceptedState::AsRecorded),
            (changed, "undo_failed", AcceptedState::Runs("40 at 100 %".into())),
            (json!({"api": {"drift": "changed", "reason": "gone"}}), "changed", AcceptedState::Nothing),
            (unknown.clone(), "undo_failed", AcceptedState::Refused("GetAlias is denied".into())),
            (unknown, "undone", AcceptedState::AsRecorded),
            (json!({}), "undo_failed", AcceptedState::Looked),
        ];
        for (observed, status, wanted) in table {
            assert_eq!(told(&observed, status), wanted, "{observed} {status}");
        }
    }
}
