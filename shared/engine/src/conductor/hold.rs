//! `hold` and `release_hold`: automatic deployments of an environment are held, or go on.

use super::commit::{TRIES, commit, contended, pause};
use super::done::{self, Done};
use super::{Ports, refuse};
use crate::payload::{Answer, Ask};
use crate::pin;
use crate::ports::Answered;
use crate::store::{self, Stored};
use windlass_domain::environment::{EnvironmentState, Hold};
use windlass_domain::identity::DeploymentId;
use windlass_domain::request::{ActionName, Request};

/// Sets or releases the hold. A hold that is set stays as it is.
pub async fn hold<P: Ports>(ports: &P, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let env = match pin::named_environment(ports, request).await? {
            Ok(env) => env,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let key = store::state(&request.app, &env);
        let mut state: Stored<EnvironmentState> = store::load_or_default(ports, &key).await?;
        let cause = if request.action == ActionName::Hold {
            state
                .value
                .hold
                .get_or_insert_with(|| new_hold(ports, request));
            format!("Automatic deployments into {}/{env} are held.", request.app)
        } else {
            state.value.hold = None;
            format!(
                "Automatic deployments into {}/{env} are released.",
                request.app
            )
        };
        let done = Done {
            deployment: DeploymentId("none".into()),
            cause,
        };
        if commit(ports, vec![state.put()?, done.put(ask)?]).await? {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("setting the hold"))
}

/// The hold that a request sets.
pub fn new_hold<P: Ports>(ports: &P, request: &Request) -> Hold {
    Hold {
        since: ports.now(),
        reason: request
            .reason
            .clone()
            .unwrap_or_else(|| "no reason given".into()),
        by: request
            .requester
            .as_ref()
            .and_then(|requester| requester.principal.clone())
            .unwrap_or_else(|| "an operator".into()),
    }
}
