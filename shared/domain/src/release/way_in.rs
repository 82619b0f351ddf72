//! Shows a text to a person in the words of the way in that this person uses.
//!
//! A remedy, and the cause of an ending, name the next step as a value ([`crate::text::next_step`]). A person at the
//! console pastes an input of the release machine, and everybody else has a command or a call of the API.

use crate::release::action::ActionName;
use crate::release::api_routes::{ApiRoute, RouteName, WISHES};
use crate::release::request::Request;
use crate::text::next_step::{Input, NextStep};
use crate::text::prose::{Prose, ProsePart};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// A way in that has words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
        let part = |part: &ProsePart| match (self, part) {
            (Self::CommandLine, ProsePart::Step(NextStep::Call(call))) => format!("`{}`", call.command()),
            (Self::CommandLine, ProsePart::Step(NextStep::With(wish))) => format!("`{}`", wish.option()),
            (_, ProsePart::Step(NextStep::Start(input))) => self.input(input),
            (_, part) => part.written(),
        };
        text.parts().iter().map(part).collect()
    }

    /// Puts each text for people of an answer into the words of this way. The steps that the texts of an object name
    /// stand beside them as data, in `next_steps`.
    pub fn answer(self, answer: &mut Value) {
        self.walk(answer, &mut Vec::new());
    }

    fn walk(self, value: &mut Value, steps: &mut Vec<Value>) {
        if let Some(prose) = prose(value) {
            *value = self.words(&prose).into();
            steps.extend(prose.steps().map(|step| json!(step)));
            return;
        }
        match value {
            Value::Array(all) => all.iter_mut().for_each(|one| self.walk(one, steps)),
            Value::Object(members) => {
                let way = if is_refused_input(members) { Self::Console } else { self };
                let mut own = Vec::new();
                members.values_mut().for_each(|member| way.walk(member, &mut own));
                // A text that was read in words has its steps beside it already.
                if !own.is_empty()
                    && let Value::Array(named) = members.entry(NEXT_STEPS).or_insert_with(|| json!([]))
                {
                    named.append(&mut own);
                }
            }
            _ => {}
        }
    }

    fn input(self, input: &Input) -> String {
        let request = serde_json::from_value(Value::Object(input.0.clone())).ok();
        request.and_then(|request| self.say(&request)).unwrap_or_else(|| input.to_string())
    }

    fn say(self, request: &Request) -> Option<String> {
        let Value::Object(said) = serde_json::to_value(request).ok()? else { return None };
        let route = ApiRoute::named(route_of(request, &said)?)?;
        let is_keyed = self == Self::Http && request.action == ActionName::Deploy;
        let said = match self {
            Self::Console => None,
            Self::CommandLine => command(request, route, &said),
            Self::Http => call(request, route, said),
        }?;
        Some(format!("`{said}`{}", if is_keyed { KEYED } else { "" }))
    }
}

/// The member that has the next steps as data, beside the texts that name them.
pub const NEXT_STEPS: &str = "next_steps";

/// Reads a value as a text for people with its steps; `None` if it is no such text.
fn prose(value: &Value) -> Option<Prose> {
    let members = value.as_object()?;
    (members.len() == 1 && members.contains_key("$prose")).then(|| Prose::deserialize(value).ok()).flatten()
}

/// Returns whether these are the findings on an input that somebody wrote at the console. They speak of the members of
/// that input, whoever reads them.
fn is_refused_input(members: &Map<String, Value>) -> bool {
    let route = members.get("requester").and_then(|it| it.get("route"));
    members.contains_key("findings") && route.and_then(Value::as_str) == Some("console")
}

crate::text::name::displayed!(WayIn, Serialize::serialize);

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

fn option(member: &str) -> String {
    format!("--{}", member.replace('_', "-"))
}

/// Returns the name of the route by which a request is asked for.
fn route_of(request: &Request, said: &Map<String, Value>) -> Option<RouteName> {
    let stays = |(to, own): &(&str, &str)| said.get(*to).is_none_or(|to| said.get(*own) == Some(to));
    Some(match request.action {
        action if request.is_of_the_application() => RouteName::ActOnApp(action),
        _ if request.environment.is_none() => return None,
        ActionName::Deploy => RouteName::StartRecorded,
        ActionName::Check => RouteName::DrawPlan,
        action if action.moves() && SIDES.iter().all(stays) => RouteName::Act(ActionName::Rename),
        action if action.moves() => RouteName::Act(ActionName::HandOver),
        action => RouteName::Act(action),
    })
}

/// The members that name the new owner, each with the one that names the former, which is meant where it is absent.
const SIDES: [(&str, &str); 2] = [("to_app", "app"), ("to_environment", "environment")];

/// Returns the members that a request must have to be said in words.
fn needed(action: ActionName) -> &'static [&'static str] {
    match action {
        ActionName::Deploy => &["version"],
        ActionName::Withdraw => &["component", "pattern"],
        _ => &[],
    }
}

/// The members that are options of a command, in the order in which they stand there.
const OPTIONS: &str = "snapshot across deployment hash for component to_app to_environment to_component confirm";

fn command(request: &Request, route: &ApiRoute, said: &Map<String, Value>) -> Option<String> {
    let verb = match request.action {
        ActionName::Check => "doctor".to_owned(),
        action => action.to_string().replace('_', "-"),
    };
    let mut words = vec![format!("windlass {verb} {}", request.app)];
    words.extend(request.environment.iter().map(ToString::to_string));
    let needed = needed(request.action);
    for name in needed {
        let text = said.get(*name)?.as_str()?;
        words.push(if *name == "pattern" { quoted(text) } else { text.to_owned() });
    }
    let is_of_a_move = |name: &str| request.action.moves() && SIDES.iter().any(|(to, _)| *to == name);
    let options = OPTIONS.split(' ').filter(|name| route.body.contains(name) || is_of_a_move(name));
    for name in options.filter(|name| !needed.contains(name)).chain(WISHES.iter().copied()) {
        let option = option(name);
        match said.get(name) {
            Some(Value::Bool(true)) => words.push(option),
            Some(Value::Array(all)) => {
                words.extend(all.iter().filter_map(Value::as_str).map(|one| format!("{option} {one}")));
            }
            Some(Value::String(text)) => words.push(format!("{option} {text}")),
            Some(Value::Number(number)) => words.push(format!("{option} {number}")),
            _ => {}
        }
    }
    words.extend(request.reason.iter().map(|reason| format!("--reason {}", quoted(reason))));
    Some(words.join(" "))
}

/// Returns a text as a word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn call(request: &Request, route: &ApiRoute, mut said: Map<String, Value>) -> Option<String> {
    for (to, own) in SIDES {
        let own = said.get(own).cloned();
        said.entry(to).or_insert(own.unwrap_or_default());
    }
    let (method, path) = (route.method, route.path(&said)?);
    if method == "DELETE" {
        // A DELETE has no body.
        let reason = request.reason.as_deref().unwrap_or("…");
        let reason = reason.replace(char::is_whitespace, "+");
        return Some(format!("{method} {path}?reason={reason}"));
    }
    let needed = needed(request.action);
    let is_taken = |name: &str| needed.contains(&name) || route.body.contains(&name);
    said.retain(|name, value| is_taken(name) && *value != false);
    let is_whole = needed.iter().all(|name| said.contains_key(*name));
    is_whole.then(|| format!("{method} {path} {}", Value::Object(said)))
}

#[cfg(test)]
#[path = "way_in_tests.rs"]
mod tests;
