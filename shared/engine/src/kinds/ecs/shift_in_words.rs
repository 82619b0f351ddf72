//! Sentences about a service whose traffic ECS shifts: one function for each story.

use super::stage::sentence;
use super::state::{Pausing, Seen, Target};
use super::{hook, pause};
use crate::kinds::ecs::wording::{failed, held, reasons, service, short};
use crate::ports::ServiceRollout;
use windlass_domain::prose;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::next_step::Redeploy;

/// Says what ECS does now, for somebody who waits.
pub(super) fn waits_for(target: &Target, rollout: &ServiceRollout) -> String {
    let bakes = match rollout.stage.as_str() {
        "PRODUCTION_TRAFFIC_SHIFT" | "POST_PRODUCTION_TRAFFIC_SHIFT" | "BAKE_TIME" => {
            format!("; its strategy bakes for {} s in all", target.bakes_s)
        }
        _ => String::new(),
    };
    format!(
        "the deployment of {} by {}: {}{bakes}{}",
        short(&rollout.task_definition),
        service(target),
        sentence(rollout),
        paused(target, rollout)
    )
}

/// Says what the answer to a pause does, such as `let the deployment of agent:2 go on from POST_TEST_TRAFFIC_SHIFT`.
pub(super) fn answer(pausing: &Pausing) -> String {
    let way = if pausing.goes_on { "on" } else { "back" };
    let at = pausing.at.as_str();
    let traffic = pausing.tenths.filter(|tenths| *tenths > 0);
    let traffic = traffic.map_or_else(String::new, |tenths| format!(", {}", percent(tenths)));
    format!("let the deployment of {} go {way} from {at}{traffic}", short(&pausing.of))
}

/// Formats tenths of a percent, such as `12.5 %`.
pub(super) fn percent(tenths: u32) -> String {
    match tenths % 10 {
        0 => format!("{} %", tenths / 10),
        rest => format!("{}.{rest} %", tenths / 10),
    }
}

/// Says that ECS has paused a deployment for Windlass, as the end of a sentence; empty if it has not.
pub(super) fn paused(target: &Target, rollout: &ServiceRollout) -> String {
    let own = pause::own(rollout, &target.pauses);
    own.map_or_else(String::new, |(_, waits)| format!("; paused for Windlass{}", hook::until(waits)))
}

/// Says which reason ECS gives; empty if it gives none.
fn because(rollout: &ServiceRollout) -> String {
    match rollout.reason.trim_end_matches('.') {
        "" => String::new(),
        reason => format!(" ECS says: {reason}."),
    }
}

/// The finding that the deployment did not succeed: ECS went back by itself, or somebody stopped it there.
pub(super) fn taken_back(target: &Target, seen: &Seen, rollout: &ServiceRollout) -> Finding {
    let trouble = seen.troubles.get(&rollout.task_definition);
    failed(
        target,
        format!(
            "the deployment of {} did not succeed: {}.{} {} The service is set to {} now",
            short(&rollout.task_definition),
            sentence(rollout),
            because(rollout),
            reasons(trouble),
            short(&seen.task_definition)
        ),
        prose!(
            "look at the service deployment in the console of Amazon ECS, at the alarms and hooks of the service's deployment configuration, and at the container's logs; then {}",
            Redeploy::Fixed
        ),
    )
}

/// The finding that the deployment took too long.
pub(super) fn not_there(target: &Target, seen: &Seen, rollout: &ServiceRollout) -> Finding {
    let trouble = seen.troubles.get(&rollout.task_definition);
    let after_s = target.steady_within_s + target.bakes_s;
    let remedy = match &seen.held {
        Some(held) => prose!(
            "{}, or recover where this was an undo, and {} in time",
            Redeploy::Again,
            &held.remedy
        ),
        None => "look at the service's events and the container's logs; give `steady_within` more time if the service only starts slowly".into(),
    };
    failed(
        target,
        format!(
            "the deployment of {} is not where it must be after {after_s} s: {}.{} {}{}",
            short(&rollout.task_definition),
            sentence(rollout),
            because(rollout),
            reasons(trouble),
            held(seen)
        ),
        &remedy,
    )
}

/// The finding that the deployment is over, and that other tasks run than must.
pub(super) fn not_settled(target: &Target, seen: &Seen) -> Finding {
    let listed = seen.deployments.iter().map(|d| {
        format!(
            "{} of {} of {} {}, {} {}",
            d.running,
            count(d.desired, "task"),
            short(&d.task_definition),
            agree(d.running, "runs", "run"),
            d.pending,
            agree(d.pending, "waits", "wait")
        )
    });
    let listed: Vec<String> = listed.collect();
    failed(
        target,
        format!(
            "the deployment is over and the service is set to {}, but it is not steady: {}",
            short(&seen.task_definition),
            listed.join("; ")
        ),
        "look at the service's events and the container's logs",
    )
}

/// The finding that ECS lists no deployment of what was sent.
pub(super) fn unlisted(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!(
            "the service is set to {} but ECS lists no service deployment of it after {} s",
            short(&seen.task_definition),
            target.steady_within_s + target.bakes_s
        ),
        "look at the service's deployments in the console of Amazon ECS",
    )
}
