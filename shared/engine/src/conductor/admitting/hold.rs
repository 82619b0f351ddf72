//! `hold` and `release_hold`: hold the automatic deployments of an environment, or let them go on.

use crate::conductor::environment::holds::set_hold;
use crate::conductor::ports::Ports;
use crate::conductor::telling::completed_action::once;
use crate::ledger::{self, ExecutionRecord, put_state};
use crate::payload::{Answer, EndTransition, ExecutionRef};
use crate::pin;
use crate::trouble::Checked;
use windlass_domain::environment::Hold;
use windlass_domain::identity::{DeploymentId, EnvironmentId};
use windlass_domain::request::{ActionName, Request};

/// Sets or releases the hold. A hold that is set stays, and keeps what is said for a reason now beside its own.
pub async fn hold(ports: &impl Ports, execution: &ExecutionRef, request: &Request) -> Checked<Answer<EndTransition>> {
    once(ports, execution, "setting the hold", async || {
        let env = pin::named_environment(ports, request).await?;
        let of = EnvironmentId::new(&request.app, &env);
        let key = ledger::state(of);
        let mut state = ledger::load_or_default(ports, &key).await?;
        let cause = if request.action == ActionName::Hold {
            let hold = set_hold(ports, &mut state.value, request);
            let told = hold.in_words();
            format!("Automatic deployments into {}/{env} are held {told}.", request.app)
        } else {
            // Somebody who lets them go on has looked: what is restored is counted anew.
            state.value.restored.clear();
            released(of, state.value.hold.take().as_ref())
        };
        let done = ExecutionRecord::of(&DeploymentId("none".into()), cause);
        let state = put_state(&state, of)?;
        Ok((done, vec![state]))
    })
    .await
}

fn released(of: EnvironmentId<'_>, hold: Option<&Hold>) -> String {
    let EnvironmentId { app, environment: env } = of;
    let Some(hold) = hold else {
        return format!("Nothing was released: there is no hold on deployments into {app}/{env}.");
    };
    format!(
        "The hold on deployments into {app}/{env} is released; they were held {}. A release that was refused meanwhile \
         comes no more by itself: release or deploy it again.",
        hold.in_words()
    )
}
