//! Says to a person what to do next, in the words of the way in that this person uses.
//!
//! A remedy, and the cause of an ending, name the next step as the input of the release machine
//! ([`crate::release::call`]), or as a call of the API if the machine has no such input ([`crate::release::call`]):
//! that is the datum. A person at the console pastes it. For everybody else it is put into their own words when the
//! text leaves Windlass.

use crate::release::action::ActionName;
use crate::release::call::{self, BEGINS};
use crate::release::request::Request;
use crate::text::name::{AppName, EnvironmentName};
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

    /// Puts a text into the words of this way: each input in it becomes a command or a call, if there is one that does
    /// the same.
    pub fn in_words(self, text: &str) -> String {
        if self == Self::Console {
            return text.to_owned();
        }
        let mut worded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(BEGINS) {
            let (before, from) = rest.split_at(at);
            worded.push_str(&self.rest_in_words(before));
            let (input, length) = input_at(from);
            let said = input.as_ref().and_then(|request| self.say(request));
            match said {
                Some(said) => worded.push_str(&said),
                None => worded.push_str(&from[..length]),
            }
            rest = &from[length..];
        }
        worded + &self.rest_in_words(rest)
    }

    /// Puts the calls of the API, and the members of a request that a text names as wishes, into the words of the
    /// command line, which has commands and options for them.
    fn rest_in_words(self, text: &str) -> String {
        if self != Self::CommandLine {
            return text.to_owned();
        }
        WISHES.iter().fold(call::as_commands(text), |text, wish| {
            text.replace(&format!("`{wish}`"), &format!("`{}`", option(wish)))
        })
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

/// The members of a deployment that each need a reason.
const WISHES: [&str; 5] = ["again", "allow_older", "accept_red", "through_hold", "preempt"];

fn option(member: &str) -> String {
    format!("--{}", member.replace('_', "-"))
}

/// Returns the input at the beginning of a text, and its length in bytes. Text that is no whole input is passed over.
fn input_at(text: &str) -> (Option<Request>, usize) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => (serde_json::from_value(value).ok(), values.byte_offset()),
        _ => (None, BEGINS.len()),
    }
}

fn wished(request: &Request) -> impl Iterator<Item = &'static str> {
    let wished = [request.again, request.allow_older, request.accept_red, request.through_hold, request.preempt];
    let named = WISHES.into_iter().zip(wished);
    named.filter(|(_, wished)| *wished).map(|(name, _)| name)
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
    words.extend(wished(request).map(option));
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
            body.extend(wished(request).map(|wish| (wish.to_owned(), Value::Bool(true))));
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
