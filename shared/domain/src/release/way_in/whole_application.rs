//! Requests about a whole application, in the words of a way in.

use crate::release::action::ActionName;
use crate::release::request::Request;
use crate::release::way_in::quoted;
use crate::text::name::AppName;
use serde_json::{Map, Value, json};

/// Returns the command.
pub fn command(request: &Request) -> Option<String> {
    let (verb, to) = asked(request)?;
    let mut words = vec![format!("windlass {verb} {}", request.app)];
    words.extend(to.map(|to| format!("--to-app {to}")));
    let confirm = request.confirm.iter();
    words.extend(confirm.map(|name| format!("--confirm {name}")));
    let reason = request.reason.iter();
    words.extend(reason.map(|reason| format!("--reason {}", quoted(reason))));
    Some(words.join(" "))
}

/// Returns the call.
pub fn call(request: &Request) -> Option<String> {
    let app = &request.app;
    let path = match asked(request)? {
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

/// Returns the verb, and the application that is to have it.
fn asked(request: &Request) -> Option<(ActionName, Option<&str>)> {
    let is_whole = request.is_of_the_application();
    let to = request.to_app.as_ref().map(AppName::as_str);
    is_whole.then_some((request.action, to))
}
