//! Next steps as text: calls of the HTTP API, inputs of the release machine, and links to pages of AWS's console. A
//! remedy or a message names by one what to look at, to start or to stop.
//!
//! Where the release machine has no input for a step, a call is the datum. A person at the console can make it as well.
//! For the command line it becomes a command when the text leaves Windlass ([`crate::release::way_in`]).

use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::name::AppName;
use serde_json::{Map, Value};

/// Returns the call that shows what runs in an environment.
pub fn environment(of: EnvironmentId<'_>) -> String {
    format!("`GET /apps/{}/environments/{}`", of.app(), of.environment())
}

/// Returns the call that compares the targets of an environment with what is recorded.
pub fn observed(of: EnvironmentId<'_>) -> String {
    format!("`GET /apps/{}/environments/{}?observe=true`", of.app(), of.environment())
}

/// Returns the call that lists the snapshots that a rollback can go back to.
pub fn snapshots(of: EnvironmentId<'_>) -> String {
    format!("`GET /apps/{}/environments/{}/snapshots`", of.app(), of.environment())
}

/// Returns the call that lists the deployments of an environment, the newest first.
pub fn history(of: EnvironmentId<'_>) -> String {
    format!("`GET /apps/{}/deployments?environment={}`", of.app(), of.environment())
}

/// Returns the call that shows the figures of an application in the last day.
pub fn figures_of_a_day(app: &AppName) -> String {
    format!("`GET /apps/{app}/stats?days=1`")
}

/// Returns the call that stops a deployment and undoes what it changed.
pub fn cancel(of: EnvironmentId<'_>, id: &DeploymentId) -> String {
    format!(r#"`POST /apps/{}/environments/{}/deployments/{id}/cancel {{"reason":"…"}}`"#, of.app(), of.environment())
}

/// Returns a text in which each of these calls is replaced by the command that does the same.
pub(crate) fn as_commands(text: &str) -> String {
    text.split('`').map(|part| command(part).unwrap_or_else(|| part.to_owned())).collect::<Vec<_>>().join("`")
}

fn command(call: &str) -> Option<String> {
    let (method, rest) = call.split_once(' ')?;
    let address = rest.split_once(' ').map_or(rest, |(address, _)| address);
    let segments: Vec<&str> = address.strip_prefix("/apps/")?.split('/').collect();
    match (method, segments.as_slice()) {
        ("GET", [app, "environments", last]) => match last.split_once('?') {
            None => Some(format!("windlass status {app} {last}")),
            Some((environment, "observe=true")) => Some(format!("windlass status {app} {environment} --observe")),
            Some(_) => None,
        },
        ("GET", [app, "environments", environment, "snapshots"]) => {
            Some(format!("windlass snapshots {app} {environment}"))
        }
        ("GET", [app, "stats?days=1"]) => Some(format!("windlass stats {app} --days 1")),
        ("GET", [app, last]) => {
            let environment = last.strip_prefix("deployments?environment=")?;
            Some(format!("windlass history {app} {environment}"))
        }
        ("POST", [app, "environments", _, "deployments", id, "cancel"]) => {
            Some(format!("windlass cancel {app} {id} --reason '…'"))
        }
        _ => None,
    }
}

/// The beginning of every input.
pub(crate) const BEGINS: &str = r#"{"action":""#;

/// Returns the input of an action, to be pasted into the console. `members` stand in it as they are. The person writes
/// a reason in place of `…`.
pub fn input(action: ActionName, of: EnvironmentId<'_>, members: &[(&str, Value)]) -> String {
    let environment = ("environment", of.environment().as_str().into());
    let members: Vec<(&str, Value)> = std::iter::once(environment).chain(members.iter().cloned()).collect();
    of_application(action, of.app(), &members)
}

/// Returns the input of an action on a whole application.
pub fn of_application(action: ActionName, app: &AppName, members: &[(&str, Value)]) -> String {
    let mut rest = Map::from_iter([("app".to_owned(), app.as_str().into())]);
    rest.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    // The action comes first: an input is found in a text by that ([`crate::release::way_in`]).
    let rest = Value::Object(rest).to_string();
    format!("{BEGINS}{action}\",{}", &rest[1..])
}

/// Returns the input of an operator's action.
pub fn operators(action: ActionName, of: EnvironmentId<'_>) -> String {
    input(action, of, &[("reason", "…".into())])
}

/// Returns the console's host in a partition of AWS.
pub fn host(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// Returns the page of an execution of Step Functions by its ARN; `None` for a text that is no plain ARN.
pub fn execution(arn: &str) -> Option<String> {
    let mut parts = arn.split(':');
    let (partition, region) = (parts.nth(1)?, parts.nth(1)?);
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":-_.".contains(c));
    if !plain(arn) || !plain(region) {
        return None;
    }
    Some(format!("https://{}/states/home?region={region}#/v2/executions/details/{arn}", host(partition)))
}

#[cfg(test)]
mod tests_of_console {
    use super::*;

    #[test]
    fn an_execution_has_a_page_where_its_arn_is_one() {
        let arn =
            |partition: &str| format!("arn:{partition}:states:eu-west-1:111111111111:execution:windlass-release:r-1");
        for (partition, host) in [
            ("aws", "console.aws.amazon.com"),
            ("aws-cn", "console.amazonaws.cn"),
            ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ] {
            let arn = arn(partition);
            let page = format!("https://{host}/states/home?region=eu-west-1#/v2/executions/details/{arn}");
            assert_eq!(execution(&arn), Some(page));
        }
        for odd in ["", "r-1", "arn:aws:states", "arn:aws:states:eu west:1:x", "arn:aws:states:\"><b>:1:x"] {
            assert_eq!(execution(odd), None, "{odd}");
        }
    }
}

#[cfg(test)]
mod tests_of_input {
    use super::*;
    use crate::release::request::Request;
    use crate::text::name::EnvironmentName;

    #[test]
    fn what_is_named_can_be_started() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::way_in::WayIn;
    use crate::text::name::EnvironmentName;

    #[test]
    fn each_call_is_a_command_for_the_command_line_alone() {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let id = DeploymentId("0123456789abcdef".into());
        let table = [
            (environment(EnvironmentId::new(&app, &prod)), "windlass status shop prod"),
            (observed(EnvironmentId::new(&app, &prod)), "windlass status shop prod --observe"),
            (snapshots(EnvironmentId::new(&app, &prod)), "windlass snapshots shop prod"),
            (history(EnvironmentId::new(&app, &prod)), "windlass history shop prod"),
            (figures_of_a_day(&app), "windlass stats shop --days 1"),
            (cancel(EnvironmentId::new(&app, &prod), &id), "windlass cancel shop 0123456789abcdef --reason '…'"),
        ];
        for (call, command) in table {
            let text = format!("It's `so`: {call}, or {call}.");
            for way in [WayIn::Console, WayIn::Http] {
                assert_eq!(way.in_words(&text), text);
            }
            assert_eq!(WayIn::CommandLine.in_words(&text), format!("It's `so`: `{command}`, or `{command}`."));
        }
    }

    #[test]
    fn what_is_no_such_call_stays() {
        for text in
            ["`GET /apps/shop/environments/prod?observe=false`", "`GET /apps/shop/refusals`", "GET /apps", "`GET", "``"]
        {
            assert_eq!(WayIn::CommandLine.in_words(text), text);
        }
    }
}
