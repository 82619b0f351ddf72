//! A service whose traffic ECS shifts while gates watch: deployed, undone, rolled back, and taken back by ECS itself.

use super::basics::SERVICE;
use super::declarations::{
    SERVICE_AND_FUNCTION, SERVICE_AND_FUNCTION_PROBED, SERVICE_BLUE_GREEN, SERVICE_CANARY, SERVICE_COMPARED,
};
use super::gates::{is_down, is_up};
use super::people::{
    is_shifted_and_watched, is_shifted_at_once, is_shifted_in_two_parts, rings, service_rings, tasks_crash,
};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::text::time::Span;
use windlass_engine::ports::OnFailure;
use windlass_world::World;

pub(super) const BLUE_GREEN: Scenario =
    Scenario { name: "blue_green", declaration: SERVICE_BLUE_GREEN, scene: is_shifted_at_once, ..SERVICE };

/// A gate fails while ECS bakes.
pub(super) const BLUE_GREEN_UNDONE: Scenario = Scenario {
    name: "blue_green_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..BLUE_GREEN
};

/// An alarm of the service's own rings, which no gate looks at, and ECS goes back by itself.
pub(super) const BLUE_GREEN_TAKEN_BACK: Scenario = Scenario {
    name: "blue_green_taken_back",
    scene: is_shifted_and_watched,
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in("Bake", Deed::Change("an alarm of the service's own rings", service_rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    // ECS does not look at its alarms any more after its deployment is over.
    may: &["1.1.0 Succeeded"],
    ..BLUE_GREEN
};

/// The new tasks do not keep running, and ECS goes back before they get traffic.
pub(super) const BLUE_GREEN_CRASHES: Scenario = Scenario {
    name: "blue_green_crashes",
    acts: &[next(Deed::Ail("the tasks of the release crash", tasks_crash)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..BLUE_GREEN
};

/// After the clean-up the former revision is deployed anew.
pub(super) const BLUE_GREEN_ROLLBACK: Scenario = Scenario {
    name: "blue_green_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..BLUE_GREEN
};

pub(super) const SHIFTED: &[&str] = &["agent", "api"];

/// The traffic is shifted in two parts. A function comes after it, while ECS still keeps the former tasks.
pub(super) const SERVICE_CANARY_THEN_FUNCTION: Scenario = Scenario {
    name: "service_canary",
    declaration: SERVICE_CANARY,
    scene: is_shifted_in_two_parts,
    before: &[quiet(Deed::Deploy("1.0.0", SHIFTED))],
    acts: &[next(Deed::Deploy("1.1.0", SHIFTED))],
    ..BLUE_GREEN
};

/// An operator goes back while ECS shifts: the running release is undone first.
pub(super) const SERVICE_CANARY_PREEMPTED: Scenario = Scenario {
    name: "service_canary_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", SHIFTED)), quiet(Deed::Deploy("1.1.0", SHIFTED))],
    acts: &[next(Deed::Deploy("1.2.0", SHIFTED)), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (TargetNotReady)"],
    steady: false,
    ..SERVICE_CANARY_THEN_FUNCTION
};

/// A service and a function in two parts each, at the same time. Two looks at the service divide the wave of the first
/// parts.
pub(super) const BOTH_IN_PARTS: Scenario = Scenario {
    name: "both_in_parts",
    declaration: SERVICE_AND_FUNCTION,
    scene: is_shifted_slowly,
    ..SERVICE_CANARY_THEN_FUNCTION
};

/// A gate fails while the service is only looked at.
pub(super) const BOTH_IN_PARTS_UNDONE: Scenario = Scenario {
    name: "both_in_parts_undone",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the first part is there", |_| ())),
        after(SECOND_LOOK_S, Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..BOTH_IN_PARTS
};

/// A page is down for three minutes while the service is only looked at, and is up again before the second part. No
/// history shows it then.
pub(super) const BOTH_IN_PARTS_DOWN: Scenario = Scenario {
    name: "both_in_parts_down",
    declaration: SERVICE_AND_FUNCTION_PROBED,
    scene: |world| {
        is_shifted_slowly(world);
        is_up(world);
    },
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the first part is there", |_| ())),
        after(SECOND_LOOK_S, Deed::Ail("the page is down", is_down)),
        after(180, Deed::Change("the page is up again", is_up)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    may: &["1.1.0 Succeeded"],
    ..BOTH_IN_PARTS
};

/// An alarm of the service's own rings after the first look, and ECS goes back by itself. The function goes back, too.
pub(super) const BOTH_IN_PARTS_TAKEN_BACK: Scenario = Scenario {
    name: "both_in_parts_taken_back",
    scene: |world| {
        is_shifted_slowly(world);
        world.ecs().service_mut("shop", "agent").service.alarms = OnFailure::RollsBack;
    },
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the first part is there", |_| ())),
        after(SECOND_LOOK_S, Deed::Change("an alarm of the service's own rings", service_rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    may: &["1.1.0 Succeeded"],
    ..BOTH_IN_PARTS
};

/// The seconds from the first part until the second look is under way.
const SECOND_LOOK_S: u64 = 400;

/// Lets ECS shift the traffic in two parts, the first for twelve minutes, so that it is looked at twice.
fn is_shifted_slowly(world: &World) {
    is_shifted_in_two_parts(world);
    let mut services = world.ecs();
    services.service_mut("shop", "agent").service.shifting.step_min = 12;
}

/// Former and new tasks fail alike while both get callers, which no threshold would distinguish from a bad release.
pub(super) const SERVICE_FAILS_AS_BEFORE: Scenario = Scenario {
    name: "service_fails_as_before",
    declaration: SERVICE_COMPARED,
    scene: is_called_in_two_parts,
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in(
            "Bake",
            Deed::Change("former and new tasks fail", |world| {
                for revision in REVISIONS {
                    emit_calls(world, revision, "HTTPCode_Target_5XX_Count", CALLS / 10.0);
                }
            }),
        ),
    ],
    ..BLUE_GREEN
};

/// The new tasks fail more often than the former ones while both get callers.
pub(super) const SERVICE_FAILS_MORE: Scenario = Scenario {
    name: "service_fails_more",
    declaration: SERVICE_COMPARED,
    scene: is_called_in_two_parts,
    acts: &[
        next(Deed::Ail("new tasks fail", |world| {
            for revision in &REVISIONS[FORMER..] {
                emit_calls(world, *revision, "HTTPCode_Target_5XX_Count", CALLS / 10.0);
            }
        })),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..BLUE_GREEN
};

/// The revisions that there may be, and the number of those that are there before the release.
const REVISIONS: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
const FORMER: usize = 2;

/// The calls that each revision gets a minute.
const CALLS: f64 = 1000.0;

fn is_called_in_two_parts(world: &World) {
    is_shifted_in_two_parts(world);
    for revision in REVISIONS {
        emit_calls(world, revision, "RequestCount", CALLS);
        emit_calls(world, revision, "HTTPCode_Target_5XX_Count", 0.0);
    }
}

/// Counts calls of a revision's target group, as the load balancer does.
fn emit_calls(world: &World, revision: usize, metric: &str, value: f64) {
    let group = format!("targetgroup/agent-{revision}/1");
    let dimensions = [("LoadBalancer", "app/shop/1"), ("TargetGroup", group.as_str())];
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let metric = MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: "AWS/ApplicationELB".into(),
            metric: metric.into(),
            dimensions: dimensions.into(),
            statistic: "Sum".into(),
        }),
        region: None,
        period: Span::seconds(60),
        at_most: None,
        at_least: None,
    };
    world.emit(&metric, Some(value));
}
