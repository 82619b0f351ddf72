//! The execution that works for a deployment, and why none does any more.

use crate::conductor::ports::Ports;
use crate::ports::{Execution, Result};
use crate::recovery::Owner;
use windlass_domain::cancellation;
use windlass_domain::deployment::Why;
use windlass_domain::foreign;
use windlass_domain::request::{Request, Route};
use windlass_domain::time::Time;

/// Returns whether Windlass itself asked. It starts a recovery when it was told, or has seen, that an execution has
/// ended.
pub(super) fn is_automatic(request: &Request) -> bool {
    let requester = request.requester.as_ref();
    requester.is_some_and(|requester| requester.route == Route::Windlass)
}

pub(super) async fn owner(ports: &impl Ports, request: &Request, arn: &str, since: Time) -> Result<Owner> {
    if is_automatic(request) { Owner::of_ended(ports, arn, since).await } else { Owner::of(ports, arn, since).await }
}

/// Returns whether a person stopped the execution. Windlass itself stops only an execution that it has taken over from,
/// whose deployment is being undone already.
pub(super) fn was_stopped(owner: Option<&Execution>) -> bool {
    owner.is_some_and(|owner| owner.status == "ABORTED")
}

/// Returns why an owner is gone, as Step Functions tells it.
pub fn why_stopped(owner: Option<&Execution>) -> Why {
    let Some(owner) = owner else {
        return Why {
            name: "ExecutionLost".into(),
            text: "The execution is not known to Step Functions any more.".into(),
        };
    };
    let name = match (&owner.error, owner.status.as_str()) {
        (Some(error), _) if !error.is_empty() => error.clone(),
        (_, "TIMED_OUT") => "ExecutionTimedOut".into(),
        (_, "ABORTED") => "ExecutionStopped".into(),
        _ => "ExecutionDied".into(),
    };
    let cause = owner.cause.as_deref().map(cancellation::told);
    let text = cause.filter(|cause| !cause.is_empty()).map_or_else(
        || format!("The execution {} ended {} in the middle.", owner.arn, owner.status),
        |cause| foreign::line(cause).into_owned(),
    );
    let name = foreign::line(&name).into_owned();
    Why { name, text }
}
