//! The effect of an act without a plan, by what is recorded now. It is shown beside the act's form.

use super::accepting::accepted;
use super::acts::Act;
use super::http::Fields;
use super::parts::{Sort, mark, times};
use super::server::{Server, app_name, environment_name};
use super::undoing::{cancelled, recovered};
use crate::failure::Failure;
use crate::provenance::short;
use crate::status::Environment;
use maud::{Markup, html};
use windlass_domain::environment::{HeldState, Hold};
use windlass_domain::foreign::Foreign;
use windlass_domain::request::ActionName;

impl Server {
    /// Shows what an act would do. Where that could not be read, the reason stands in its place: the act can be done
    /// all the same.
    pub(super) async fn would(&self, act: &Act, fields: &Fields) -> Markup {
        let told = self.read_would(act, fields).await;
        html! {
            h2 { "What this would do" }
            div.would { @match told {
                Ok(told) => (told),
                Err(why) => p { (mark(Sort::Still, "not known")) " " (times(&why.message)) },
            } }
        }
    }

    async fn read_would(&self, act: &Act, fields: &Fields) -> Result<Markup, Failure> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let (app, name) = (app_name(value("app"))?, environment_name(value("environment"))?);
        let path = ["apps", app.as_str(), "environments", name.as_str()];
        let here = Environment::read(&self.windlass.get(&path, &[]).await?)?;
        let held = here.lock.held.as_ref();
        let holder = || held.map(|held| held.deployment.0.clone());
        let named = |field: &str| fields.get(field).cloned();
        let id = match act.verb {
            "cancel" => named("id").or_else(holder),
            "recover" => named("deployment").or_else(holder),
            "accept" => here.lock.stuck().map(|stuck| stuck.deployment.0.clone()),
            _ => None,
        };
        let record = match &id {
            Some(id) => self.record(app.as_str(), id).await?.1,
            None => None,
        };
        Ok(match (act.verb, &record) {
            ("hold", _) => hold(&here),
            ("release-hold", _) => released(&here),
            ("cancel", Some(record)) => html! { (cancelled(record, held)) (next(&here)) },
            ("recover", Some(record)) => html! { (recovered(record, held)) (next(&here)) },
            // Accepting looks at the targets itself, and only their present state tells what it would record.
            ("accept", Some(record)) => {
                let seen = self.windlass.get(&path, &[("observe", "true")]).await?;
                accepted(record, &Environment::read(&seen)?)
            }
            (_, _) if id.is_some() => nothing("It is not recorded yet, and has changed nothing."),
            ("accept", None) => nothing("It does not need an operator, so that this is refused."),
            (_, _) => nothing("Nobody holds the lock."),
        })
    }
}

fn nothing(why: &str) -> Markup {
    html! { p { (mark(Sort::Noted, "nothing")) " " (why) } }
}

/// Shows which deployment has a turn afterwards.
fn next(here: &Environment) -> Markup {
    html! { @if !here.waiting.is_empty() {
        p { "Then the next of those that wait has its turn: "
            @for (number, waits) in here.waiting.iter().enumerate() { @if number > 0 { "; " } (times(&here.deployment(&waits.deployment))) } "." }
    } }
}

fn hold(here: &Environment) -> Markup {
    html! {
        @if let Some(hold) = &here.hold { p { "Deployments are held already, " (in_words(hold)) ". Your reason is kept beside that one." } }
        (under_way(here, "it goes on, and a hold does not stop it"))
        @for waits in &here.waiting {
            @let goes = waits.operator || here.deployments.get(&waits.deployment.0).is_some_and(|asked| asked.action == ActionName::Rollback);
            p { (mark(Sort::Still, "waits")) " " (times(&here.deployment(&waits.deployment))) ": "
                @if goes { "an operator asked for it, and it goes all the same." }
                @else { "it would be refused at its turn, unless it was let through a hold." } }
        }
        p { "A release that arrives would be refused, and comes no more by itself. A rollback goes, and so does what is let through the hold with a reason." }
    }
}

fn released(here: &Environment) -> Markup {
    let Some(hold) = &here.hold else {
        return nothing("There is no hold.");
    };
    html! {
        p { "The hold ends: it was set " (in_words(hold)) "." }
        (under_way(here, "it goes on"))
        @for waits in &here.waiting { p { (mark(Sort::Still, "waits")) " " (times(&here.deployment(&waits.deployment))) ": it has its turn when the lock is free." } }
        p { "A release that arrives would go again. One that was refused meanwhile comes no more by itself: release or deploy it again." }
    }
}

fn under_way(here: &Environment, becomes: &str) -> Markup {
    let Some(held) = &here.lock.held else {
        return html! { p { "Nothing is under way" @if here.waiting.is_empty() { ", and nothing waits" } "." } };
    };
    let (sort, what, becomes) = match held.state {
        HeldState::Running => (Sort::Moving, "under way", becomes),
        HeldState::Recovering => (Sort::Moving, "being recovered", becomes),
        HeldState::NeedsOperator => (Sort::Bad, "needs an operator", "it stays locked"),
    };
    html! { p { (mark(sort, what)) " " (times(&here.deployment(&held.deployment))) ": " (becomes) "." } }
}

fn in_words(hold: &Hold) -> Markup {
    let (since, by, reason) = (hold.since, short(&hold.by), Foreign(&hold.reason));
    times(&format!("since {since} by {by}: {reason}"))
}

#[cfg(test)]
#[path = "act_effects_tests.rs"]
mod tests;
