//! What to do next, in the words of the way in that is used.
//!
//! A remedy, and the cause of an ending, name what comes next as the input of the release machine
//! ([`crate::input`]), or as a call of the API where the machine has no such input ([`crate::call`]): that is the
//! datum. Who reads it at the console pastes it; for everybody else it is put into their own words where the text
//! leaves Windlass.

use crate::call;
use crate::input::BEGINS;
use crate::name::EnvironmentName;
use crate::request::{ActionName, Request};
use serde_json::{Map, Value, json};
use std::fmt;
use std::str::FromStr;

/// A way in that has words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Inputs of the release machine, to be pasted into the console.
    Console,
    /// Commands of `windlass`, to be pasted into a shell.
    CommandLine,
    /// Calls of the HTTP API.
    Http,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Console, Self::CommandLine, Self::Http];

    /// A text in the words of this way: each input in it becomes a command or a call, where there is one that
    /// does the same.
    pub fn tell(self, text: &str) -> String {
        if self == Self::Console {
            return text.to_owned();
        }
        let mut told = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(BEGINS) {
            let (before, from) = rest.split_at(at);
            told.push_str(&self.tell_rest(before));
            let (input, length) = input_at(from);
            let said = input.as_ref().and_then(|request| self.say(request));
            match said {
                Some(said) => told.push_str(&said),
                None => told.push_str(&from[..length]),
            }
            rest = &from[length..];
        }
        told + &self.tell_rest(rest)
    }

    /// Calls of the API, and members of a request that a text names as wishes: the command line has commands and
    /// options for them.
    fn tell_rest(self, text: &str) -> String {
        if self != Self::CommandLine {
            return text.to_owned();
        }
        WISHES.iter().fold(call::as_commands(text), |text, wish| {
            text.replace(&format!("`{wish}`"), &format!("`{}`", option(wish)))
        })
    }

    fn say(self, request: &Request) -> Option<String> {
        let environment = request.environment.as_ref()?;
        match self {
            Self::Console => None,
            Self::CommandLine => command(request, environment).map(|said| format!("`{said}`")),
            Self::Http => {
                let key = if request.action == ActionName::Deploy {
                    KEYED
                } else {
                    ""
                };
                call(request, environment).map(|said| format!("`{said}`{key}"))
            }
        }
    }
}

/// As the query of the API writes it.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::CommandLine => "command_line",
            Self::Http => "http",
        })
    }
}

impl FromStr for Way {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|way| way.to_string() == text).ok_or(())
    }
}

/// What makes a call that deploys a person's request: without it, it is an arrival, and what a person stopped or took
/// back is not brought again by an arrival.
const KEYED: &str = " with a new header `Idempotency-Key`";

/// The members of a deployment that each need a reason.
const WISHES: [&str; 5] = [
    "again",
    "allow_older",
    "accept_red",
    "through_hold",
    "preempt",
];

fn option(member: &str) -> String {
    format!("--{}", member.replace('_', "-"))
}

/// The input at the beginning of a text, and its length in bytes. What is no whole input is passed over.
fn input_at(text: &str) -> (Option<Request>, usize) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => (serde_json::from_value(value).ok(), values.byte_offset()),
        _ => (None, BEGINS.len()),
    }
}

fn wished(request: &Request) -> impl Iterator<Item = &'static str> {
    let wished = [
        request.again,
        request.allow_older,
        request.accept_red,
        request.through_hold,
        request.preempt,
    ];
    let named = WISHES.into_iter().zip(wished);
    named.filter(|(_, wished)| *wished).map(|(name, _)| name)
}

fn command(request: &Request, environment: &EnvironmentName) -> Option<String> {
    let app = &request.app;
    let verb = match request.action {
        ActionName::Check => "doctor".to_owned(),
        action => action.to_string().replace('_', "-"),
    };
    let mut words = vec![format!("windlass {verb} {app} {environment}")];
    match request.action {
        ActionName::Deploy => words.push(request.version.clone()?),
        ActionName::Rollback => {
            words.extend(
                request
                    .snapshot
                    .map(|number| format!("--snapshot {number}")),
            );
            let across = request.across.iter();
            words.extend(across.map(|name| format!("--across {name}")));
        }
        ActionName::Recover | ActionName::Pause | ActionName::Continue | ActionName::SkipBake => {
            let id = request.deployment.iter();
            words.extend(id.map(|id| format!("--deployment {id}")));
            let span = request.pause_for.iter();
            words.extend(span.map(|span| format!("--for {span}")));
        }
        ActionName::Remove => {
            let component = request.component.iter();
            words.extend(component.map(|name| format!("--component {name}")));
        }
        ActionName::Accept | ActionName::Hold | ActionName::ReleaseHold | ActionName::Check => {}
    }
    words.extend(wished(request).map(option));
    let reason = request.reason.iter();
    words.extend(reason.map(|reason| format!("--reason {}", quoted(reason))));
    Some(words.join(" "))
}

/// A text as a word of a POSIX shell.
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
            ("POST", format!("{here}/releases"))
        }
        ActionName::Rollback => {
            let number = request.snapshot.iter();
            body.extend(number.map(|number| ("snapshot".to_owned(), json!(number))));
            if !request.across.is_empty() {
                body.insert("across".into(), json!(request.across));
            }
            ("POST", format!("{here}/rollbacks"))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{input, operators};
    use crate::name::AppName;

    fn told(way: Way, action: ActionName, members: &[(&str, Value)]) -> String {
        let (app, prod) = (
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
        );
        way.tell(&input(action, &app, &prod, members))
    }

    /// An action with its members, as a command and as a call.
    type Row<'a> = (ActionName, &'a [(&'a str, Value)], &'a str, &'a str);

    #[test]
    fn each_input_is_a_command_and_a_call() {
        use ActionName::{
            Accept, Check, Continue, Deploy, Hold, Pause, Recover, ReleaseHold, Remove, Rollback,
            SkipBake,
        };
        let because = ("reason", json!("it's down"));
        let table: [Row; 14] = [
            (
                Deploy,
                &[("version", json!("1.4.0"))],
                "windlass deploy shop prod 1.4.0",
                r#"POST /apps/shop/environments/prod/releases {"version":"1.4.0"}"#,
            ),
            (
                Deploy,
                &[
                    ("version", json!("1.4.0")),
                    ("again", json!(true)),
                    ("through_hold", json!(true)),
                    because.clone(),
                ],
                r"windlass deploy shop prod 1.4.0 --again --through-hold --reason 'it'\''s down'",
                r#"POST /apps/shop/environments/prod/releases {"again":true,"reason":"it's down","through_hold":true,"version":"1.4.0"}"#,
            ),
            (
                Rollback,
                &[("snapshot", json!(3)), ("reason", json!("…"))],
                "windlass rollback shop prod --snapshot 3 --reason '…'",
                r#"POST /apps/shop/environments/prod/rollbacks {"reason":"…","snapshot":3}"#,
            ),
            (
                Rollback,
                &[("across", json!(["a", "b"])), ("reason", json!("…"))],
                "windlass rollback shop prod --across a --across b --reason '…'",
                r#"POST /apps/shop/environments/prod/rollbacks {"across":["a","b"],"reason":"…"}"#,
            ),
            (
                Recover,
                &[("reason", json!("…"))],
                "windlass recover shop prod --reason '…'",
                r#"POST /apps/shop/environments/prod/recover {"reason":"…"}"#,
            ),
            (
                Recover,
                &[
                    ("deployment", json!("0123456789abcdef")),
                    ("reason", json!("…")),
                ],
                "windlass recover shop prod --deployment 0123456789abcdef --reason '…'",
                r#"POST /apps/shop/environments/prod/recover {"deployment":"0123456789abcdef","reason":"…"}"#,
            ),
            (
                Accept,
                &[("reason", json!("…"))],
                "windlass accept shop prod --reason '…'",
                r#"POST /apps/shop/environments/prod/accept {"reason":"…"}"#,
            ),
            (
                Hold,
                &[("reason", json!("…"))],
                "windlass hold shop prod --reason '…'",
                r#"PUT /apps/shop/environments/prod/hold {"reason":"…"}"#,
            ),
            (
                ReleaseHold,
                &[("reason", json!("…"))],
                "windlass release-hold shop prod --reason '…'",
                "DELETE /apps/shop/environments/prod/hold?reason=…",
            ),
            (
                Pause,
                &[("for", json!("2h")), ("reason", json!("…"))],
                "windlass pause shop prod --for 2h --reason '…'",
                r#"POST /apps/shop/environments/prod/pause {"for":"2h","reason":"…"}"#,
            ),
            (
                Continue,
                &[
                    ("deployment", json!("0123456789abcdef")),
                    ("reason", json!("…")),
                ],
                "windlass continue shop prod --deployment 0123456789abcdef --reason '…'",
                r#"POST /apps/shop/environments/prod/continue {"deployment":"0123456789abcdef","reason":"…"}"#,
            ),
            (
                SkipBake,
                &[("reason", json!("…"))],
                "windlass skip-bake shop prod --reason '…'",
                r#"POST /apps/shop/environments/prod/skip-bake {"reason":"…"}"#,
            ),
            (
                Remove,
                &[("component", json!("web")), ("reason", json!("…"))],
                "windlass remove shop prod --component web --reason '…'",
                r#"POST /apps/shop/environments/prod/remove {"component":"web","reason":"…"}"#,
            ),
            (
                Check,
                &[],
                "windlass doctor shop prod",
                r#"POST /apps/shop/environments/prod/plans {"action":"check"}"#,
            ),
        ];
        for (action, members, command, call) in table {
            assert_eq!(
                told(Way::CommandLine, action, members),
                format!("`{command}`")
            );
            let key = match action {
                Deploy => " with a new header `Idempotency-Key`",
                _ => "",
            };
            assert_eq!(told(Way::Http, action, members), format!("`{call}`{key}"));
            let input = told(Way::Console, action, members);
            assert!(serde_json::from_str::<Request>(&input).is_ok(), "{input}");
        }
    }

    #[test]
    fn the_text_around_stays_and_what_is_no_input_too() {
        let (app, prod) = (
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
        );
        let back = operators(ActionName::Rollback, &app, &prod);
        let text = format!("Start {back} — or {back}; `again` and `again_and_again`.");
        let command = "`windlass rollback shop prod --reason '…'`";
        assert_eq!(
            Way::CommandLine.tell(&text),
            format!("Start {command} — or {command}; `--again` and `again_and_again`.")
        );
        for text in [
            r#"Start {"action":"rollback","app":"shop","environment":"pr"#,
            r#"Start {"action":"dance","app":"shop"}."#,
            r#"{"action":"deploy","app":"shop","environment":"prod"} says not what"#,
            r#"{"action":"deploy","app":"shop","version":"1"} says not where"#,
            "",
        ] {
            assert_eq!(Way::CommandLine.tell(text), text);
            assert_eq!(Way::Http.tell(text), text);
        }
    }

    #[test]
    fn a_way_is_read_as_it_is_written() {
        for way in Way::ALL {
            assert_eq!(way.to_string().parse(), Ok(way));
        }
        assert_eq!("smoke".parse::<Way>(), Err(()));
    }
}
