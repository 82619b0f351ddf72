use crate::arrivals::{Arrival, served_by};
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::{Counted, Mishap};
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;

/// "Nothing lost" and "one deployment per distinct request": an arrival that is to be released becomes one deployment,
/// its own or that of an equal upload, or is refused, and never becomes two. This happens within a stated time, whether
/// or not its event came. A declaration is in force, or is refused.
///
/// Safety: arrivals: What is uploaded or pushed is one deployment, or is refused, within a stated time, whether or not
/// its event comes.
pub fn arrivals_are_served(outcome: &Outcome<'_>) -> Result<(), String> {
    for (arrived, arrival) in outcome.arrivals() {
        match arrival.deployments(outcome.world).as_slice() {
            [] if arrival.is_answered(outcome.world) || is_stopped(outcome, arrival) => {}
            [] if arrival.is_anothers(outcome.world, arrived) => {}
            [] => return Err(format!("nothing came of {arrival:?} of {arrived}")),
            [one] => in_time(outcome, arrived, one)?,
            more => {
                let ids: Vec<&str> = more.iter().map(|record| record.id.as_str()).collect();
                return Err(format!("{arrival:?} became the deployments {ids:?}"));
            }
        }
    }
    Ok(())
}

/// Returns whether a person stopped it before it was a deployment. Then it does not come again by itself, even if the
/// execution was redriven since and ended otherwise.
fn is_stopped(outcome: &Outcome<'_>, arrival: &Arrival) -> bool {
    let executions = outcome.world.stepfunctions();
    let was_for = |arn: &String| {
        let execution = executions.executions.get(arn);
        execution.is_some_and(|execution| arrival.is_asked_for(&execution.input))
    };
    let mut happened = outcome.happened.iter();
    happened.any(|happening| match &happening.what {
        Event::Ended { arn, status } => status == "ABORTED" && was_for(arn),
        _ => false,
    })
}

fn in_time(outcome: &Outcome<'_>, arrived: Time, record: &Deployment) -> Result<(), String> {
    let mishaps = outcome.schedule.mishaps.as_slice();
    let is_stop = |mishap: &Mishap| mishap.what.counted() == Counted::Visits;
    // A person who stops an execution decides when it goes on.
    let by = served_by(arrived, mishaps.len());
    if record.accepted > by && !mishaps.iter().any(is_stop) {
        return Err(format!("{} arrived at {arrived} and was accepted at {}", record.release.version, record.accepted));
    }
    Ok(())
}
