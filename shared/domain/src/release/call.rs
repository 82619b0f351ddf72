//! The next steps that remedies and messages name ([`crate::text::next_step`]): what to look at, to start or to stop;
//! and links to pages of AWS's console.

use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::may_lose::ResourceOf;
use crate::text::name::{AppName, ComponentName};
use crate::text::next_step::{Call, CallPlace, DeploymentPlace, Input, NextStep};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Returns the step that shows what runs in an environment.
pub fn environment(of: EnvironmentId<'_>) -> NextStep {
    NextStep::Call(Call::Environment(at(of)))
}

/// Returns the step that compares the targets of an environment with what is recorded.
pub fn observed(of: EnvironmentId<'_>) -> NextStep {
    NextStep::Call(Call::Observe(at(of)))
}

/// Returns the step that lists the snapshots that a rollback can go back to.
pub fn snapshots(of: EnvironmentId<'_>) -> NextStep {
    NextStep::Call(Call::Snapshots(at(of)))
}

/// Returns the step that lists the deployments of an environment, the newest first.
pub fn history(of: EnvironmentId<'_>) -> NextStep {
    NextStep::Call(Call::History(at(of)))
}

/// Returns the step that shows the figures of an application in the last day.
pub fn figures_of_a_day(app: &AppName) -> NextStep {
    NextStep::Call(Call::FiguresOfADay(app.clone()))
}

/// Returns the step that stops a deployment and undoes what it changed.
pub fn cancel(of: EnvironmentId<'_>, id: &DeploymentId) -> NextStep {
    NextStep::Call(Call::Cancel(place(of, id)))
}

/// Returns the step that shows a deployment until it ends.
pub fn watch(of: EnvironmentId<'_>, id: &DeploymentId) -> NextStep {
    NextStep::Call(Call::Deployment(place(of, id)))
}

fn place(of: EnvironmentId<'_>, id: &DeploymentId) -> DeploymentPlace {
    DeploymentPlace { at: at(of), deployment: id.to_string() }
}

fn at(of: EnvironmentId<'_>) -> CallPlace {
    CallPlace { app: of.app().clone(), environment: of.environment().clone() }
}

/// Returns the step that starts an action. `members` stand in its input as they are. The person writes a reason in
/// place of `…`.
pub fn input(action: ActionName, of: EnvironmentId<'_>, members: &[(&str, Value)]) -> NextStep {
    let environment = ("environment", of.environment().as_str().into());
    let members: Vec<(&str, Value)> = std::iter::once(environment).chain(members.iter().cloned()).collect();
    of_application(action, of.app(), &members)
}

/// Returns the step that starts an action on a whole application.
pub fn of_application(action: ActionName, app: &AppName, members: &[(&str, Value)]) -> NextStep {
    let first = [("action", action.to_string().into()), ("app", app.as_str().into())];
    let members = first.iter().chain(members);
    NextStep::Start(Input(members.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()))
}

/// Returns the step that starts an operator's action.
pub fn operators(action: ActionName, of: EnvironmentId<'_>) -> NextStep {
    input(action, of, &[("reason", "…".into())])
}

/// Returns the step that deploys a version, or one component of it, with those of the wishes that are true, and with
/// the resources whose data may be lost.
pub fn deploy(
    of: EnvironmentId<'_>,
    (wishes, may_lose): (&[(&str, bool)], &BTreeSet<ResourceOf>),
    (version, component): (&str, Option<&ComponentName>),
) -> NextStep {
    let named = wishes.iter().filter(|(_, is_wish)| *is_wish);
    let mut members: Vec<(&str, Value)> = named.map(|(name, _)| (*name, true.into())).collect();
    members.extend((!may_lose.is_empty()).then(|| ("may_lose", json!(may_lose))));
    if !members.is_empty() {
        members.push(("reason", "…".into()));
    }
    members.push(("version", version.into()));
    members.extend(component.map(|component| ("component", json!(component))));
    input(ActionName::Deploy, of, &members)
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
    use crate::text::prose::Prose;

    #[test]
    fn what_is_named_can_be_started() {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let of = EnvironmentId::new(&app, &prod);
        let table = [
            operators(ActionName::Rollback, of),
            operators(ActionName::ReleaseHold, of),
            operators(ActionName::Recover, of),
            operators(ActionName::Accept, of),
            input(ActionName::Deploy, of, &[("version", "1.4.0".into())]),
        ];
        for step in table {
            let text = Prose::from(step).written();
            let request = Request::parse(&serde_json::from_str(&text).unwrap());
            assert!(request.is_ok(), "{text}: {request:?}");
        }
        assert_eq!(
            Prose::from(operators(ActionName::ReleaseHold, of)).written(),
            r#"{"action":"release_hold","app":"shop","environment":"prod","reason":"…"}"#
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prose;
    use crate::release::api_routes::ApiRoute;
    use crate::release::way_in::WayIn;
    use crate::text::name::EnvironmentName;

    #[test]
    fn each_call_is_a_command_for_the_command_line_alone() {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let of = EnvironmentId::new(&app, &prod);
        let id = DeploymentId("0123456789abcdef".into());
        let table = [
            (environment(of), "GET /apps/shop/environments/prod", "windlass status shop prod"),
            (observed(of), "GET /apps/shop/environments/prod?observe=true", "windlass status shop prod --observe"),
            (snapshots(of), "GET /apps/shop/environments/prod/snapshots", "windlass snapshots shop prod"),
            (history(of), "GET /apps/shop/deployments?environment=prod", "windlass history shop prod"),
            (figures_of_a_day(&app), "GET /apps/shop/stats?days=1", "windlass stats shop --days 1"),
            (watch(of, &id), "GET /apps/shop/deployments/0123456789abcdef", "windlass watch shop 0123456789abcdef"),
            (
                cancel(of, &id),
                r#"POST /apps/shop/environments/prod/deployments/0123456789abcdef/cancel {"reason":"…"}"#,
                "windlass cancel shop 0123456789abcdef --reason '…'",
            ),
        ];
        for (step, call, command) in table {
            let text = prose!("It's `so`: {}.", step);
            for way in [WayIn::Console, WayIn::Http] {
                assert_eq!(way.words(&text), format!("It's `so`: `{call}`."));
            }
            assert_eq!(WayIn::CommandLine.words(&text), format!("It's `so`: `{command}`."));
            let (method, address) = call.split_once(' ').unwrap();
            let path = address.split([' ', '?']).next().unwrap();
            assert!(ApiRoute::of(method, path).is_some(), "{call}");
        }
    }
}
