//! Inputs of the release machine as text. A remedy or a message tells a person to start one next.

use crate::identity::EnvironmentId;
use crate::name::AppName;
use crate::request::ActionName;
use serde_json::{Map, Value};

/// The beginning of every input.
pub(crate) const BEGINS: &str = r#"{"action":""#;

/// Returns the input of an action, to be pasted into the console. `members` stand in it as they are. The person writes
/// a reason in place of `…`.
pub fn input(action: ActionName, of: EnvironmentId<'_>, members: &[(&str, Value)]) -> String {
    let EnvironmentId { app, environment } = of;
    let environment = ("environment", environment.as_str().into());
    let members: Vec<(&str, Value)> = std::iter::once(environment).chain(members.iter().cloned()).collect();
    of_application(action, app, &members)
}

/// Returns the input of an action on a whole application.
pub fn of_application(action: ActionName, app: &AppName, members: &[(&str, Value)]) -> String {
    let mut rest = Map::from_iter([("app".to_owned(), app.as_str().into())]);
    let members = members.iter();
    rest.extend(members.map(|(name, value)| ((*name).to_owned(), value.clone())));
    // The action comes first: an input is found in a text by that ([`crate::way_in`]).
    let rest = Value::Object(rest).to_string();
    format!("{BEGINS}{action}\",{}", &rest[1..])
}

/// Returns the input of an operator's action.
pub fn operators(action: ActionName, of: EnvironmentId<'_>) -> String {
    input(action, of, &[("reason", "…".into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::EnvironmentName;
    use crate::request::Request;

    #[test]
    fn what_is_told_can_be_started() {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let table = [
            operators(ActionName::Rollback, EnvironmentId::new(&app, &prod)),
            operators(ActionName::ReleaseHold, EnvironmentId::new(&app, &prod)),
            operators(ActionName::Recover, EnvironmentId::new(&app, &prod)),
            operators(ActionName::Accept, EnvironmentId::new(&app, &prod)),
            input(ActionName::Deploy, EnvironmentId::new(&app, &prod), &[("version", "1.4.0".into())]),
        ];
        for text in table {
            let request = Request::parse(&serde_json::from_str(&text).unwrap());
            assert!(request.is_ok(), "{text}: {request:?}");
        }
        assert_eq!(
            operators(ActionName::ReleaseHold, EnvironmentId::new(&app, &prod)),
            r#"{"action":"release_hold","app":"shop","environment":"prod","reason":"…"}"#
        );
    }
}
