//! Shows a text to a person in the words of the way in that this person uses.
//!
//! A remedy, and the cause of an ending, name the next step as a value ([`crate::text::next_step`]). A person at the
//! console pastes an input of the release machine, and everybody else has a command or a call of the API.

use crate::release::action::ActionName;
use crate::release::request::Request;
use crate::text::finding::Finding;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::{Input, NextStep, Wish};
use crate::text::prose::{Part, Prose};
use serde_json::{Map, Value, json};
use std::fmt;
use std::str::FromStr;

/// A way in that has words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// Inputs of the release machine, to be pasted into the console.
    Console,
    /// Commands of `windlass`, to be pasted into a shell.
    CommandLine,
    /// Calls of the HTTP API.
    Http,
}

impl WayIn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Console, Self::CommandLine, Self::Http];

    /// Returns a text in the words of this way: each step in it is an input, a command or a call. An input that no
    /// command or call does the same as stays what it is.
    pub fn words(self, text: &Prose) -> String {
        let part = |part: &Part| match (self, part) {
            (_, Part::Words(words)) => words.clone(),
            (Self::CommandLine, Part::Step(NextStep::Call(call))) => format!("`{}`", call.command()),
            (Self::CommandLine, Part::Step(NextStep::With(wish))) => format!("`{}`", wish.option()),
            (_, Part::Step(NextStep::Start(input))) => self.input(input),
            (_, Part::Step(step)) => Prose::from(step.clone()).written(),
        };
        text.parts().iter().map(part).collect()
    }

    /// Returns a finding whose texts have the words of this way.
    pub fn finding(self, finding: Finding) -> Finding {
        let words = |text: &Prose| self.words(text).into();
        Finding { reason: words(&finding.reason), remedy: words(&finding.remedy), ..finding }
    }

    fn input(self, input: &Input) -> String {
        let request = serde_json::from_value(Value::Object(input.0.clone())).ok();
        request.and_then(|request| self.say(&request)).unwrap_or_else(|| input.to_string())
    }

    fn say(self, request: &Request) -> Option<String> {
        let Some(environment) = &request.environment else {
            let said = match self {
                Self::Console => None,
                Self::CommandLine => command_of_whole(request),
                Self::Http => call_of_whole(request),
            };
            return said.map(|said| format!("`{said}`"));
        };
        match self {
            Self::Console => None,
            Self::CommandLine => command(request, environment).map(|said| format!("`{said}`")),
            Self::Http => {
                let key = if request.action == ActionName::Deploy { KEYED } else { "" };
                call(request, environment).map(|said| format!("`{said}`{key}"))
            }
        }
    }
}

/// As the query of the API writes it.
impl fmt::Display for WayIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::CommandLine => "command_line",
            Self::Http => "http",
        })
    }
}

impl FromStr for WayIn {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|way| way.to_string() == text).ok_or(())
    }
}

/// The words that make a call a person's request. A call without them is an arrival, and no arrival brings again what a
/// person stopped or took back.
const KEYED: &str = " with a new header `Idempotency-Key`";

fn wished(request: &Request) -> impl Iterator<Item = Wish> {
    let wished = [request.again, request.allow_older, request.accept_red, request.through_hold, request.preempt];
    Wish::ALL.into_iter().zip(wished).filter(|(_, wished)| *wished).map(|(wish, _)| wish)
}

fn command(request: &Request, environment: &EnvironmentName) -> Option<String> {
    if request.action == ActionName::Restore {
        return None;
    }
    let app = &request.app;
    let verb = match request.action {
        ActionName::Check => "doctor".to_owned(),
        action => action.to_string().replace('_', "-"),
    };
    let mut words = vec![format!("windlass {verb} {app} {environment}")];
    match request.action {
        ActionName::Deploy => words.push(request.version.clone()?),
        ActionName::Rollback => {
            words.extend(request.snapshot.map(|number| format!("--snapshot {number}")));
            let across = request.across.iter();
            words.extend(across.map(|name| format!("--across {name}")));
        }
        ActionName::Recover | ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            let id = request.deployment.iter();
            words.extend(id.map(|id| format!("--deployment {id}")));
            let span = request.pause_for.iter();
            words.extend(span.map(|span| format!("--for {span}")));
        }
        ActionName::Withdraw => {
            words.push(request.component.as_ref()?.to_string());
            words.push(quoted(request.pattern.as_ref()?));
        }
        ActionName::Remove => {
            let component = request.component.iter();
            words.extend(component.map(|name| format!("--component {name}")));
        }
        ActionName::Rename | ActionName::HandOver => {
            let component = request.component.iter();
            words.extend(component.map(|name| format!("--component {name}")));
            let app = request.to_app.iter();
            words.extend(app.map(|name| format!("--to-app {name}")));
            let there = request.to_environment.iter();
            words.extend(there.map(|name| format!("--to-environment {name}")));
            let name = request.to_component.iter();
            words.extend(name.map(|name| format!("--to-component {name}")));
        }
        ActionName::Drill
        | ActionName::Restore
        | ActionName::Accept
        | ActionName::Hold
        | ActionName::ReleaseHold
        | ActionName::Check => {}
    }
    words.extend(wished(request).map(Wish::option));
    let reason = request.reason.iter();
    words.extend(reason.map(|reason| format!("--reason {}", quoted(reason))));
    Some(words.join(" "))
}

/// Returns a text as a word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn call(request: &Request, environment: &EnvironmentName) -> Option<String> {
    let mut body = Map::new();
    if let Some(reason) = &request.reason {
        body.insert("reason".into(), json!(reason));
    }
    let app = &request.app;
    let here = format!("/apps/{app}/environments/{environment}");
    let (method, path) = match request.action {
        ActionName::Deploy => {
            body.insert("version".into(), json!(request.version.as_ref()?));
            body.extend(wished(request).map(|wish| (wish.to_string(), Value::Bool(true))));
            ("POST", format!("{here}/starts"))
        }
        ActionName::Rollback => {
            let number = request.snapshot.iter();
            body.extend(number.map(|number| ("snapshot".to_owned(), json!(number))));
            if !request.across.is_empty() {
                body.insert("across".into(), json!(request.across));
            }
            ("POST", format!("{here}/rollbacks"))
        }
        ActionName::Drill => ("POST", format!("{here}/drills")),
        ActionName::Withdraw => {
            body.insert("component".into(), json!(request.component.as_ref()?));
            body.insert("pattern".into(), json!(request.pattern.as_ref()?));
            ("POST", format!("{here}/withdrawals"))
        }
        ActionName::Restore => return None,
        ActionName::Recover | ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            let id = request.deployment.iter();
            body.extend(id.map(|id| ("deployment".to_owned(), json!(id))));
            let span = request.pause_for.iter();
            body.extend(span.map(|span| ("for".to_owned(), json!(span))));
            let segment = request.action.to_string().replace('_', "-");
            ("POST", format!("{here}/{segment}"))
        }
        ActionName::Remove => {
            let component = request.component.iter();
            body.extend(component.map(|name| ("component".to_owned(), json!(name))));
            ("POST", format!("{here}/remove"))
        }
        ActionName::Rename | ActionName::HandOver => {
            let moving = request.moving()?;
            let component = request.component.iter();
            body.extend(component.map(|name| ("component".to_owned(), json!(name))));
            let name = request.to_component.iter();
            body.extend(name.map(|name| ("to_component".to_owned(), json!(name))));
            let to = moving.to;
            let path = if moving.is_within() {
                format!("{here}/rename")
            } else {
                format!("/hand-overs/{app}/{environment}/{to}")
            };
            ("POST", path)
        }
        ActionName::Accept => ("POST", format!("{here}/accept")),
        ActionName::Hold => ("PUT", format!("{here}/hold")),
        ActionName::Check => {
            body.insert("action".into(), json!(request.action));
            ("POST", format!("{here}/plans"))
        }
        // A DELETE has no body.
        ActionName::ReleaseHold => {
            let reason = request.reason.as_deref().unwrap_or("…");
            let reason = reason.replace(char::is_whitespace, "+");
            return Some(format!("DELETE {here}/hold?reason={reason}"));
        }
    };
    Some(format!("{method} {path} {}", Value::Object(body)))
}

/// Returns the command for a request about a whole application.
fn command_of_whole(request: &Request) -> Option<String> {
    let (verb, to) = asked_of_whole(request)?;
    let mut words = vec![format!("windlass {verb} {}", request.app)];
    words.extend(to.map(|to| format!("--to-app {to}")));
    let confirm = request.confirm.iter();
    words.extend(confirm.map(|name| format!("--confirm {name}")));
    let reason = request.reason.iter();
    words.extend(reason.map(|reason| format!("--reason {}", quoted(reason))));
    Some(words.join(" "))
}

/// Returns the call for a request about a whole application.
fn call_of_whole(request: &Request) -> Option<String> {
    let app = &request.app;
    let path = match asked_of_whole(request)? {
        (_, Some(to)) => format!("/renames/{app}/{to}"),
        (verb, None) => format!("/apps/{app}/{verb}"),
    };
    let mut body = Map::new();
    let confirm = request.confirm.iter();
    body.extend(confirm.map(|name| ("confirm".to_owned(), json!(name))));
    let reason = request.reason.iter();
    body.extend(reason.map(|reason| ("reason".to_owned(), json!(reason))));
    Some(format!("POST {path} {}", Value::Object(body)))
}

/// Returns the verb of a request about a whole application, and the application that is to have it.
fn asked_of_whole(request: &Request) -> Option<(ActionName, Option<&str>)> {
    let is_whole = request.is_of_the_application();
    let to = request.to_app.as_ref().map(AppName::as_str);
    is_whole.then_some((request.action, to))
}

#[cfg(test)]
#[path = "way_in_tests.rs"]
mod tests;
