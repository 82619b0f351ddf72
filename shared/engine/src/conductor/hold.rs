//! `hold` and `release_hold`: hold the automatic deployments of an environment, or let them go on.

use super::commit::{TRIES, commit, contended, pause};
use super::done;
use super::ending::put_state;
use super::{Ports, refuse};
use crate::payload::{Answer, Ask};
use crate::pin;
use crate::ports::Answered;
use crate::store::Done;
use crate::store::{self};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Hold};
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::input::operators;
use windlass_domain::request::{ActionName, Request};

/// Sets or releases the hold. A hold that is set stays, and keeps what is said for a reason now beside its own.
pub async fn hold(ports: &impl Ports, ask: &Ask, request: &Request) -> Answered<Answer> {
    for tried in 0..TRIES {
        if let Some(answer) = done::before(ports, ask).await? {
            return Ok(answer);
        }
        let env = match pin::named_environment(ports, request).await? {
            Ok(env) => env,
            Err(findings) => return refuse::refuse(ports, ask, request, findings).await,
        };
        let key = store::state(EnvironmentId::new(&request.app, &env));
        let mut state = store::load_or_default(ports, &key).await?;
        let cause = if request.action == ActionName::Hold {
            let hold = set_hold(ports, &mut state.value, request);
            let told = hold.in_words();
            format!(
                "Automatic deployments into {}/{env} are held {told}.",
                request.app
            )
        } else {
            // Somebody who lets them go on has looked: what is restored is counted anew.
            state.value.restored.clear();
            released(
                EnvironmentId::new(&request.app, &env),
                state.value.hold.take().as_ref(),
            )
        };
        let done = Done::of(&DeploymentId("none".into()), cause);
        if commit(
            ports,
            vec![
                put_state(&state, EnvironmentId::new(&request.app, &env))?,
                done.put(ask)?,
            ],
        )
        .await?
        {
            return Ok(done.answer());
        }
        pause(ports, tried).await;
    }
    Err(contended("setting the hold"))
}

fn released(of: EnvironmentId<'_>, hold: Option<&Hold>) -> String {
    let EnvironmentId {
        app,
        environment: env,
    } = of;
    let Some(hold) = hold else {
        return format!("Nothing was released: there is no hold on deployments into {app}/{env}.");
    };
    format!(
        "The hold on deployments into {app}/{env} is released; they were held {}. A release that was refused meanwhile \
         comes no more by itself: release or deploy it again.",
        hold.in_words()
    )
}

/// Sets the hold that a request asks for, beside one that is there.
pub fn set_hold<'a>(
    ports: &impl Ports,
    state: &'a mut EnvironmentState,
    request: &Request,
) -> &'a Hold {
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
