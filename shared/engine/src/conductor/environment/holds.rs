//! The hold of an environment: how it is set, and what an ending tells of it.

use crate::conductor::ports::Ports;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Hold};
use windlass_domain::input::operators;
use windlass_domain::request::{ActionName, Request};

/// Sets the hold that a request asks for, beside one that is there.
pub fn set_hold<'a>(ports: &impl Ports, state: &'a mut EnvironmentState, request: &Request) -> &'a Hold {
    let new = new_hold(ports, request);
    let hold = state.hold.get_or_insert_with(|| new.clone());
    hold.join(&new);
    hold
}

/// Returns the line, for the ending of a rollback, that automatic deployments are held. A person has to know it,
/// because only a person lets them go on. `None` if the deployment is no rollback, or nothing is held now.
pub fn told_of_hold(record: &Deployment, state: &EnvironmentState) -> Option<String> {
    let hold = state.hold.as_ref();
    let hold = hold.filter(|_| record.action == ActionName::Rollback)?;
    Some(format!(
        "automatic deployments are held {}; start {} to let them go on",
        hold.in_words(),
        operators(ActionName::ReleaseHold, record.environment_id())
    ))
}

fn new_hold(ports: &impl Ports, request: &Request) -> Hold {
    Hold {
        since: ports.now(),
        reason: request.reason.clone().unwrap_or_else(|| "no reason given".into()),
        by: request
            .requester
            .as_ref()
            .and_then(|requester| requester.principal.clone())
            .unwrap_or_else(|| "an operator".into()),
    }
}
