//! Calls of the HTTP API as text. A remedy or a message tells a person by one what to look at, or to stop.
//!
//! The release machine has no input for these, so a call is the datum. A person at the console can make it as well. For
//! the command line it becomes a command when the text leaves Windlass ([`crate::way_in`]).

use crate::identity::{DeploymentId, EnvironmentId};
use crate::name::AppName;

/// Returns the call that tells what runs in an environment.
pub fn environment(of: EnvironmentId<'_>) -> String {
    let EnvironmentId { app, environment } = of;
    format!("`GET /apps/{app}/environments/{environment}`")
}

/// Returns the call that compares the targets of an environment with what is recorded.
pub fn observed(of: EnvironmentId<'_>) -> String {
    let EnvironmentId { app, environment } = of;
    format!("`GET /apps/{app}/environments/{environment}?observe=true`")
}

/// Returns the call that lists the snapshots that a rollback can go back to.
pub fn snapshots(of: EnvironmentId<'_>) -> String {
    let EnvironmentId { app, environment } = of;
    format!("`GET /apps/{app}/environments/{environment}/snapshots`")
}

/// Returns the call that lists the deployments of an environment, the newest first.
pub fn history(of: EnvironmentId<'_>) -> String {
    let EnvironmentId { app, environment } = of;
    format!("`GET /apps/{app}/deployments?environment={environment}`")
}

/// Returns the call that tells the figures of an application in the last day.
pub fn figures_of_a_day(app: &AppName) -> String {
    format!("`GET /apps/{app}/stats?days=1`")
}

/// Returns the call that stops a deployment and undoes what it changed.
pub fn cancel(of: EnvironmentId<'_>, id: &DeploymentId) -> String {
    let EnvironmentId { app, environment } = of;
    format!(r#"`POST /apps/{app}/environments/{environment}/deployments/{id}/cancel {{"reason":"…"}}`"#)
}

/// Returns a text in which each of these calls is replaced by the command that does the same.
pub(crate) fn as_commands(text: &str) -> String {
    let between = text.split('`');
    let parts: Vec<String> = between.map(|part| command(part).unwrap_or_else(|| part.to_owned())).collect();
    parts.join("`")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::EnvironmentName;
    use crate::way_in::WayIn;

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
                assert_eq!(way.tell(&text), text);
            }
            assert_eq!(WayIn::CommandLine.tell(&text), format!("It's `so`: `{command}`, or `{command}`."));
        }
    }

    #[test]
    fn what_is_no_such_call_stays() {
        for text in
            ["`GET /apps/shop/environments/prod?observe=false`", "`GET /apps/shop/refusals`", "GET /apps", "`GET", "``"]
        {
            assert_eq!(WayIn::CommandLine.tell(text), text);
        }
    }
}
