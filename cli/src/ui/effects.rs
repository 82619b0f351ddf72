//! The effect of an act without a plan, by what is recorded now, which is shown beside the act's form: for `accept`,
//! what would be recorded of each component.

use crate::ground::failure::Failure;
use crate::ground::terminal::Tone;
use crate::talk::windlass::RouteName;
use crate::ui::acts::Act;
use crate::ui::http::Fields;
use crate::ui::parts::{mark, times};
use crate::ui::server::{Server, app_name, environment_name};
use crate::ui::undoing::{cancelled, nothing, recovered};
use crate::view::provenance::short;
use crate::view::status;
use maud::{Markup, html};
use std::collections::BTreeSet;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::{ACCEPTED, HeldState, Hold, Running};
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::name::ComponentName;

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
    /// It is not recorded as running: the look at the moment of accepting shows its state.
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
        @if is_refused { p { (mark(Tone::Bad, "refused")) " As long as what is there cannot be seen nothing is accepted, and the environment stays locked." } }
        @else if is_as_recorded { p { "Everything is as recorded: the present snapshot stays." } }
        @else { p { "A snapshot " b { (ACCEPTED) } " is made of it, which no gate has judged." } }
        p { "Then the environment is unlocked" @if !environment.situation.waiting.is_empty() { ", and who waits has a turn" } "." }
    }
}

const TITLES: [&str; 4] = ["Component", "There now", "Recorded", "Becomes the truth"];

fn truth(truth: &AcceptedState) -> Markup {
    match truth {
        AcceptedState::AsRecorded => html! { (mark(Tone::Good, "stays as recorded")) },
        AcceptedState::Runs(seen) => html! { (mark(Tone::Noted, seen)) },
        AcceptedState::Nothing => html! { (mark(Tone::Noted, "that nothing runs")) },
        AcceptedState::Refused(why) => html! { (mark(Tone::Bad, "nobody knows")) " " (times(why)) },
        AcceptedState::Looked => html! { (mark(Tone::Still, "what the look shows")) },
    }
}

/// Returns the components of the deployment: something is recorded of those alone.
fn rows<'a>(record: &'a Record, environment: &'a Environment) -> Vec<Row<'a>> {
    let mut known = BTreeSet::new();
    record.steps.iter().filter(|step| known.insert(&step.component)).map(|step| row(step, environment)).collect()
}

fn row<'a>(step: &'a Step, environment: &'a Environment) -> Row<'a> {
    let name = &step.component;
    let running = environment.running.get(name);
    let beside = environment.observed.as_ref().and_then(|observed| observed.get(name)).filter(|_| running.is_some());
    let row = |seen, recorded, truth| Row { name, seen, recorded, truth };
    match beside {
        Some(compared) => row(
            compared.both.seen.as_deref(),
            compared.both.recorded.as_deref().or(running.map(Running::version)),
            of(compared, step),
        ),
        None => row(step.shown.as_deref(), running.map(Running::version), AcceptedState::Looked),
    }
}

fn of(compared: &Compared, step: &Step) -> AcceptedState {
    match (compared.drift, &compared.both.seen) {
        (Drift::None, _) => AcceptedState::AsRecorded,
        (Drift::Changed, Some(seen)) => AcceptedState::Runs(seen.clone()),
        (Drift::Changed, None) => AcceptedState::Nothing,
        // A component that the deployment has not touched, or has seen back, is as well known as it was before.
        (Drift::Unknown, _) if !step.status.may_have_changed() => AcceptedState::AsRecorded,
        (Drift::Unknown, _) => {
            let why = compared.both.reason.clone();
            AcceptedState::Refused(why.unwrap_or_else(|| "it could not be looked at".to_owned()))
        }
    }
}

impl Server {
    /// Shows what an act would do. Where that could not be read, the reason stands in its place: the act can be done
    /// all the same.
    pub(super) async fn would(&self, act: &Act, fields: &Fields) -> Markup {
        let effect = self.read_would(act, fields).await;
        html! {
            h2 { "What this would do" }
            div.would { @match effect {
                Ok(effect) => (effect),
                Err(why) => p { (mark(Tone::Still, "not known")) " " (times(&why.message)) },
            } }
        }
    }

    async fn read_would(&self, act: &Act, fields: &Fields) -> Result<Markup, Failure> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let (app, name) = (app_name(value("app"))?, environment_name(value("environment"))?);
        let of = [app.as_str(), name.as_str()];
        let here: Environment = self.windlass.read(RouteName::Environment, &of, &[]).await?;
        let held = here.situation.lock.held.as_ref();
        let holder = || held.map(|held| held.deployment.0.clone());
        let named = |field: &str| fields.get(field).cloned();
        let id = match act.verb {
            "cancel" => named("id").or_else(holder),
            "recover" => named("deployment").or_else(holder),
            "accept" => here.situation.lock.stuck().map(|stuck| stuck.deployment.0.clone()),
            _ => None,
        };
        let record = match &id {
            Some(id) => self.record(app.as_str(), id).await?,
            None => None,
        };
        Ok(match (act.verb, &record) {
            ("hold", _) => hold(&here),
            ("release-hold", _) => released(&here),
            ("cancel", Some(record)) => html! { (cancelled(record, held)) (next(&here)) },
            ("recover", Some(record)) => html! { (recovered(record, held)) (next(&here)) },
            // Accepting looks at the targets itself, and only their present state shows what it would record.
            ("accept", Some(record)) => {
                accepted(record, &self.windlass.read(RouteName::Environment, &of, &[("observe", "true")]).await?)
            }
            (_, _) if id.is_some() => nothing("It is not recorded yet, and has changed nothing."),
            ("accept", None) => nothing("It does not need an operator, so that this is refused."),
            (_, _) => nothing("Nobody holds the lock."),
        })
    }
}

/// Shows which deployment has a turn afterwards.
fn next(here: &Environment) -> Markup {
    html! { @if !here.situation.waiting.is_empty() {
        p { "Then the next of those that wait has its turn: "
            @for (number, waits) in here.situation.waiting.iter().enumerate() { @if number > 0 { "; " } (times(&status::deployment(here, &waits.deployment))) } "." }
    } }
}

fn hold(here: &Environment) -> Markup {
    html! {
        @if let Some(hold) = &here.situation.hold { p { "Deployments are held already, " (in_words(hold)) ". Your reason is kept beside that one." } }
        (under_way(here, "it goes on, and a hold does not stop it"))
        @for waits in &here.situation.waiting {
            @let goes = waits.operator || here.situation.deployments.get(&waits.deployment).is_some_and(|asked| asked.action == ActionName::Rollback);
            p { (mark(Tone::Still, "waits")) " " (times(&status::deployment(here, &waits.deployment))) ": "
                @if goes { "an operator asked for it, and it goes all the same." }
                @else { "it would be refused at its turn, unless it was let through a hold." } }
        }
        p { "A release that arrives would be refused, and comes no more by itself. A rollback goes, and so does what is let through the hold with a reason." }
    }
}

fn released(here: &Environment) -> Markup {
    let Some(hold) = &here.situation.hold else {
        return nothing("There is no hold.");
    };
    html! {
        p { "The hold ends: it was set " (in_words(hold)) "." }
        (under_way(here, "it goes on"))
        @for waits in &here.situation.waiting { p { (mark(Tone::Still, "waits")) " " (times(&status::deployment(here, &waits.deployment))) ": it has its turn when the lock is free." } }
        p { "A release that arrives would go again. One that was refused meanwhile comes no more by itself: release or deploy it again." }
    }
}

fn under_way(here: &Environment, becomes: &str) -> Markup {
    let Some(held) = &here.situation.lock.held else {
        return html! { p { "Nothing is under way" @if here.situation.waiting.is_empty() { ", and nothing waits" } "." } };
    };
    let (tone, what, becomes) = match held.state {
        HeldState::Running => (Tone::Moving, "under way", becomes),
        HeldState::Recovering => (Tone::Moving, "being recovered", becomes),
        HeldState::NeedsOperator => (Tone::Bad, "needs an operator", "it stays locked"),
    };
    html! { p { (mark(tone, what)) " " (times(&status::deployment(here, &held.deployment))) ": " (becomes) "." } }
}

fn in_words(hold: &Hold) -> Markup {
    times(&hold.in_words_of(short))
}

#[cfg(test)]
#[path = "effects_tests.rs"]
mod act_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::windlass;
    use serde_json::{Value, json};

    fn state(observed: &Value, status: &str) -> AcceptedState {
        let mut all: Value = serde_json::from_str(include_str!("../../tests/browser/answers.json")).unwrap();
        let mut answer = all["moves"][3].take();
        answer["steps"][1]["status"] = status.into();
        let record = crate::view::record::read(&answer).unwrap().unwrap();
        let mut here = all["/apps/shop/environments/prod"].take();
        if observed["api"].is_null() {
            here["running"].as_object_mut().unwrap().remove("api");
        }
        here["observed"] = observed.clone();
        let environment = windlass::read(&here).unwrap();
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
            assert_eq!(state(&observed, status), wanted, "{observed} {status}");
        }
    }
}
