use crate::arrivals::{Arrival, served_by};
use crate::outcome::Outcome;
use crate::schedule::{Counted, Mishap};
use std::rc::Rc;
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::time::Time;

/// "Nothing lost" and "one deployment per distinct request": whatever was uploaded or pushed to be
/// released is one deployment, or is refused, within a stated time, whether or not its event came;
/// and never two.
pub fn arrivals_are_served(outcome: &Outcome<'_>) -> Result<(), String> {
    for (arrived, arrival) in outcome.arrivals() {
        let records = outcome.records();
        let became: Vec<&Rc<Deployment>> = records
            .iter()
            .filter(|record| arrival.became(record))
            .collect();
        match became.as_slice() {
            [] if is_refused(outcome, arrival) || is_stopped(outcome, arrival) => {}
            [] => return Err(format!("{arrival:?} of {arrived} became no deployment")),
            [one] => in_time(outcome, arrived, one)?,
            more => {
                let ids: Vec<&str> = more.iter().map(|record| record.id.as_str()).collect();
                return Err(format!("{arrival:?} became the deployments {ids:?}"));
            }
        }
    }
    Ok(())
}

fn is_refused(outcome: &Outcome<'_>, arrival: &Arrival) -> bool {
    let refusals: Vec<Rc<Refusal>> = outcome.all("app#shop", "refusal#");
    match arrival {
        Arrival::Object(object) => refusals.iter().any(|refusal| refusal.about == object.key),
        Arrival::Image(_) => false,
    }
}

/// Whether a person stopped it before it was a deployment: it does not come again by itself.
fn is_stopped(outcome: &Outcome<'_>, arrival: &Arrival) -> bool {
    let executions = outcome.world.executions();
    let mut executions = executions.executions.values();
    executions
        .any(|execution| execution.status == "ABORTED" && arrival.is_asked_for(&execution.input))
}

fn in_time(outcome: &Outcome<'_>, arrived: Time, record: &Deployment) -> Result<(), String> {
    let mishaps = outcome.schedule.mishaps.as_slice();
    let is_stop = |mishap: &Mishap| mishap.what.counted() == Counted::Visits;
    // Who stops an execution decides when it goes on.
    let by = served_by(arrived, mishaps.len());
    if record.accepted > by && !mishaps.iter().any(is_stop) {
        return Err(format!(
            "{} arrived at {arrived} and was accepted at {}",
            record.release.version, record.accepted
        ));
    }
    Ok(())
}
