use crate::outcome::Outcome;
use windlass_world::pausing::{Answered, Pausing};
use windlass_world::rollout::LiveService;

/// "A red one goes back with no caller having got anything": if the declaration asks a test listener, a deployment that
/// Windlass lets go on from the test traffic has answered there. A deployment back to what ran before is judged by no
/// gate.
///
/// Safety: unknown: What goes on from the test traffic has answered at the declared test listener first.
pub fn test_listener_first(outcome: &Outcome<'_>) -> Result<(), String> {
    if !outcome.scenario.declaration.contains("before_traffic: true") {
        return Ok(());
    }
    let services = outcome.world.ecs();
    for live in services.services.values() {
        let went_on = live.pauses.iter().filter(|one| went_on(one));
        let mut untested = went_on.filter(|one| !passed(outcome, live, one));
        if let Some(one) = untested.next() {
            return Err(format!("{} went on untested at {}", one.rollout, one.at));
        }
    }
    Ok(())
}

fn went_on(one: &Answered) -> bool {
    one.stage == "POST_TEST_TRAFFIC_SHIFT" && one.by == Pausing::Called { goes_on: true }
}

/// Returns whether the test listener answered as declared since the deployment began, or the deployment goes back.
fn passed(outcome: &Outcome<'_>, live: &LiveService, one: &Answered) -> bool {
    let mut newest_first = live.rollouts.iter();
    let Some(own) = newest_first.find(|listed| listed.arn == one.rollout) else {
        return true;
    };
    let goes_back = newest_first.any(|older| older.task_definition == own.task_definition);
    let probe = outcome.world.probe();
    let mut passed = probe.passed.iter();
    goes_back || passed.any(|(at, _)| (own.created..=one.at).contains(at))
}
