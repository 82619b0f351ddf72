//! Acting from a page: the form, its plan, what was begun, and its outcome.

use super::acts::{self, BegunWork, OfferedAct, PageAction, TypedCommand};
use super::deployment;
use super::guard::random;
use super::http::{Fields, HttpAnswer};
use super::parts::{self, mark, times, typed};
use super::server::{Server, app_name, nothing, status_of};
use crate::ground::failure::Failure;
use crate::ground::quoting::in_shell;
use crate::ground::terminal::Tone;
use crate::talk::windlass::RouteName;
use crate::verbs::operator::{execution_outcome, is_not_known_yet};
use crate::view::approval;
use maud::{Markup, html};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::PlanAnswer;
use windlass_domain::text::name::{AppName, EnvironmentName};

impl Server {
    pub(super) async fn form(&self, act: &str, fields: &Fields) -> Result<HttpAnswer, Failure> {
        let act = acts::named(act).ok_or_else(nothing)?;
        if act.verb == "approve" {
            return self.approval(act, fields).await;
        }
        let body = html! {
            (head(act, fields))
            @if !act.is_planned { (self.would(act, fields).await) h2 { "Do it" } }
            (self.asked(act, fields, false))
        };
        Ok(self.page(200, act.title, None, &body))
    }

    /// Shows the plan of a deployment that waits for people, and the form that approves it by its hash.
    async fn approval(&self, act: &OfferedAct, fields: &Fields) -> Result<HttpAnswer, Failure> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let (app, id) = (app_name(value("app"))?, value("deployment"));
        let plan: PlanAnswer = self.windlass.read(RouteName::Plan, &[app.as_str(), id], &[]).await?;
        let standing = self.record(app.as_str(), id).await?.as_ref().and_then(approval::of_record);
        let seen = plan.planned.drawn.as_ref().map(|drawn| {
            let mut seen = fields.clone();
            seen.insert("hash".to_owned(), drawn.hash.to_string());
            seen
        });
        let body = html! {
            (head(act, fields))
            @match standing {
                Some(standing) => p { (mark(Tone::Still, "it waits for people")) " " (times(&standing)) },
                None => p { (mark(Tone::Noted, "it does not wait for people, so that this is refused")) },
            }
            (deployment::shown_plan(&plan.planned))
            @match &seen {
                Some(seen) => { h2 { "Do it" } (self.asked(act, seen, true)) },
                None => p { (mark(Tone::Moving, "its plan is drawn")) },
            }
        };
        Ok(self.page(200, act.title, seen.is_none().then_some(2), &body))
    }

    pub(super) async fn plan(&self, act: &str, fields: &Fields) -> Result<HttpAnswer, Failure> {
        let act = acts::named(act).filter(|act| act.is_planned).ok_or_else(nothing)?;
        let words = act.plan_words(fields);
        let drawn = match TypedCommand::read(&words) {
            Ok(TypedCommand::Plan(plan)) => plan.drawn(&self.windlass).await,
            Ok(_) => Err(nothing()),
            Err(mistake) => Err(mistake),
        };
        match drawn {
            Err(refused) => Ok(self.failed(&refused, Some((act, fields, &words)))),
            Ok((_, plan)) => {
                let body = html! {
                    (head(act, fields))
                    (typed(&self.typed(&words)))
                    (deployment::shown_plan(&plan))
                    h2 { "Do it" }
                    (self.asked(act, fields, true))
                };
                Ok(self.page(200, act.title, None, &body))
            }
        }
    }

    pub(super) async fn act(&self, act: &str, fields: &Fields) -> Result<HttpAnswer, Failure> {
        let act = acts::named(act).ok_or_else(nothing)?;
        let words = act.words(fields);
        let once = fields.get("once").cloned().unwrap_or_default();
        // A form that is sent twice, by a double click or a reload, must not act twice.
        let known = self.once.borrow().get(&once).copied();
        match known {
            Some(Some(number)) => return Ok(self.see_did(number)),
            Some(None) => return Ok(HttpAnswer::line(409, "it is being handed in: look at the board")),
            None => {}
        }
        self.once.borrow_mut().insert(once.clone(), None);
        let begun = async { TypedCommand::read(&words)?.begin(&self.windlass).await }.await;
        match begun {
            Err(refused) => {
                self.once.borrow_mut().remove(&once);
                Ok(self.failed(&refused, Some((act, fields, &words))))
            }
            Ok(begun) => {
                let number = self.remember(fields, &words, begun)?;
                self.once.borrow_mut().insert(once, Some(number));
                Ok(self.see_did(number))
            }
        }
    }

    /// Returns whether a deployment was started from these pages.
    pub(super) fn has_begun(&self, id: &str) -> bool {
        let did = self.did.borrow();
        let mut began = did.iter().map(|did| &did.begun);
        began.any(|begun| matches!(begun, BegunWork::Deployment(known) if known == id))
    }

    /// Returns the command that reaches the same installation wherever it is typed.
    fn typed(&self, words: &[String]) -> String {
        in_shell(&[words, &self.endpoint.typed()].concat())
    }

    fn remember(&self, fields: &Fields, words: &[String], begun: BegunWork) -> Result<usize, Failure> {
        let name = |name: &str| fields.get(name).map_or("", String::as_str);
        let mut did = self.did.borrow_mut();
        did.push(PageAction {
            app: app_name(name("app"))?,
            environment: EnvironmentName::new(name("environment")).ok(),
            typed: self.typed(words),
            begun,
        });
        Ok(did.len() - 1)
    }

    /// Sends the browser to the page of an act by GET, so that looking again does nothing again.
    fn see_did(&self, number: usize) -> HttpAnswer {
        HttpAnswer::see(self.stand.below(&format!("did/{number}")))
    }

    fn asked(&self, act: &OfferedAct, fields: &Fields, planned: bool) -> Markup {
        match random() {
            Ok(once) => act.form(&self.stand, (&self.guard.token, &once), fields, planned),
            Err(failure) => parts::failure(&failure),
        }
    }

    pub(super) async fn did(&self, number: &str) -> Result<HttpAnswer, Failure> {
        let number: Option<usize> = number.parse().ok();
        let did = number.and_then(|number| self.did.borrow().get(number).cloned()).ok_or_else(nothing)?;
        let (outcome, is_over) = match &did.begun {
            BegunWork::Deployment(id) => (self.became(&did.app, id.as_str()), true),
            BegunWork::Execution(execution) => self.execution_outcome(&did, execution).await?,
        };
        let body = html! {
            h1 { "Handed in" }
            (typed(&did.typed))
            (outcome)
            @if let Some(environment) = &did.environment {
                p.acts { a.button href=(self.stand.environment(EnvironmentId::new(&did.app, environment))) { (did.app) " " (environment) } }
            }
        };
        Ok(self.page(200, "Handed in", (!is_over).then_some(2), &body))
    }

    fn became(&self, app: &AppName, id: &str) -> Markup {
        status(Tone::Moving, "it is deployment", &html! { a href=[self.stand.deployment(app, id)] { (id) } })
    }

    /// Shows the outcome of an execution, and returns whether it is known.
    async fn execution_outcome(&self, did: &PageAction, execution: &str) -> Result<(Markup, bool), Failure> {
        let came = match execution_outcome(&self.windlass, &did.app, execution).await {
            Err(failure) if failure.passes || is_not_known_yet(&failure) => {
                return Ok((status(Tone::Moving, "started; nothing came of it yet", &html! {}), false));
            }
            came => came?,
        };
        let ended = came.execution.filter(|known| known.status != "RUNNING");
        let outcome = if let Some(id) = &came.deployment {
            self.became(&did.app, id.as_str())
        } else if let Some(refusal) = came.refusal {
            parts::failure(&Failure::rejected("it was rejected:", refusal.findings))
        } else if let Some(done) = came.done {
            status(Tone::Good, "done", &html! { (parts::prose(&done.cause)) })
        } else if let Some(ended) = ended {
            let why = ended.cause.or(ended.error).unwrap_or_default();
            status(Tone::Bad, "its execution ended", &html! { (ended.status) " " (why) })
        } else {
            return Ok((status(Tone::Moving, "under way", &deployment::execution(execution)), false));
        };
        Ok((outcome, true))
    }

    pub(super) fn failed(&self, failure: &Failure, act: Option<(&OfferedAct, &Fields, &[String])>) -> HttpAnswer {
        let body = html! {
            @if let Some((act, fields, words)) = act {
                (head(act, fields))
                (parts::failure(failure))
                (typed(&self.typed(words)))
                (self.asked(act, fields, false))
            } @else {
                h1 { "Not shown" }
                (parts::failure(failure))
            }
        };
        self.page(status_of(failure, act.is_none()), "Not done", None, &body)
    }
}

/// Shows the act, its environment, and its effect.
fn head(act: &OfferedAct, fields: &Fields) -> Markup {
    let value = |name: &str| fields.get(name).map_or("", String::as_str);
    html! { h1 { (act.title) ": " (value("app")) " " (value("environment")) } p { (act.does) } }
}

/// Shows how far it is, as a browser announces it.
fn status(tone: Tone, words: &str, more: &Markup) -> Markup {
    html! { p role="status" { (mark(tone, words)) " " (more) } }
}
