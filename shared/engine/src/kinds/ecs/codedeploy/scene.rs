//! Test scenes: a service in every way in which CodeDeploy may stand to it.

use super::state::{Seen, callers};
use crate::kinds::codedeploy::{DeploymentRequest, Followed, PlannedGroup, SentCalls};
use crate::kinds::ecs::{self, Registered, Seen as Service, Target};
use crate::ports::{Deployed, Lifecycle, LifecycleEvent, Share, TaskSet};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::appspec::{AppSpec, TaskSetShape};
use windlass_domain::declaration::kinds::ecs::Strategy;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_795_183_200_000);

pub(super) fn ago(seconds: u64) -> Time {
    Time(NOW.0 - seconds * 1000)
}

/// Returns so many sends of a call that was answered, the last one so many seconds ago.
pub(super) fn sends(times: u32, seconds: u64) -> SentCalls {
    SentCalls { times, last: ago(seconds), answered: true, is_open: false }
}

pub(super) fn target() -> Target {
    Target {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        cluster: "shop".into(),
        service: "agent".into(),
        containers: ["agent".to_owned()].into(),
        family: "agent".into(),
        base: ecs::PinnedBase::Registered("agent:1".into()),
        strategy: Strategy::Rolling,
        bakes_s: 0,
        pauses: BTreeSet::new(),
        steady_within_s: 300,
        codedeploy: Some(PlannedGroup {
            application: "shop".into(),
            group: "agent".into(),
            minutes: 10,
            ready_min: Some(30),
            ends_min: Some(60),
            continues: false,
            appspec: AppSpec::of_service(&TaskSetShape::default()),
        }),
    }
}

pub(super) fn images(image: &str) -> ecs::Images {
    let own = ecs::OwnImage { image: image.into(), digests: [format!("sha256:{image}")].into() };
    [("agent".to_owned(), own)].into()
}

/// Returns the image of a task definition.
fn image(of: &str) -> &'static str {
    if of == "agent:1" { "old" } else { "new" }
}

pub(super) fn deployed(id: &str, status: &str) -> Deployed {
    let is_over = ["Succeeded", "Failed", "Stopped"].contains(&status);
    Deployed {
        id: id.into(),
        status: status.into(),
        description: "Windlass deployment d: agent:2".into(),
        created: Some(ago(90)),
        completed: is_over.then(|| ago(60)),
        rolls_back: true,
        ..Deployed::default()
    }
}

fn set(id: &str, status: &str, task_definition: &str) -> TaskSet {
    TaskSet {
        id: id.into(),
        status: status.into(),
        task_definition: task_definition.into(),
        stability: "STEADY_STATE".into(),
        desired: 2,
        running: 2,
        ..TaskSet::default()
    }
}

/// Returns a look at the service. `ours` is the status of our deployment of `agent:2`: `-` if none was asked for, empty
/// if it cannot be seen. `percent` is the share of the callers that is moved; at 101 the new tasks get them for good.
pub(super) fn seen(ours: &str, percent: u64) -> Seen {
    let is_moved = percent > 100;
    let [blue, green] = if is_moved { ["ACTIVE", "PRIMARY"] } else { ["PRIMARY", "ACTIVE"] };
    let mut task_sets = vec![set("blue", blue, "agent:1")];
    if ours != "-" {
        task_sets.push(set("green", green, "agent:2"));
    }
    let event = |name: &str, is_done: bool| LifecycleEvent {
        name: name.into(),
        status: if is_done { "Succeeded" } else { "Pending" }.into(),
        ended: is_done.then(|| ago(30)),
        ..LifecycleEvent::default()
    };
    let share = |id: &str, percent: u64| Share { id: id.into(), percent: Some(percent.min(100)) };
    let followed = (!["-", ""].contains(&ours)).then(|| Followed {
        is: deployed("d-1", ours),
        is_own: true,
        rollback: None,
        lifecycle: Lifecycle {
            events: vec![event("AllowTraffic", is_moved), event("AfterAllowTraffic", is_moved)],
            task_sets: vec![share("blue", 100 - percent.min(100)), share("green", percent)],
        },
        keeps_former: true,
        stops: None,
        goes: None,
        ends: None,
    });
    let asked = (ours != "-").then(|| DeploymentRequest {
        from: "agent:1".into(),
        to: "agent:2".into(),
        at: ago(90),
        stop: None,
        after: None,
    });
    let runs = if is_moved { "agent:2" } else { "agent:1" };
    let callers = callers(runs, asked.as_ref(), followed.as_ref(), NOW);
    Seen {
        now: NOW,
        of: Service {
            images: images(image(&callers)),
            registered: Some(Registered {
                arn: "agent:2".into(),
                images: [("agent".to_owned(), "new".to_owned())].into(),
            }),
            desired: 2,
            breaker: false,
            rolls_back: false,
            deployments: vec![],
            unknown_digests: BTreeMap::new(),
            troubles: BTreeMap::new(),
            events: vec![],
            held: None,
            rolled_back: None,
            finished: None,
            followed: None,
            sent: None,
            overdue: false,
            waited_ms: 0,
            task_definition: callers,
        },
        task_sets,
        forward: asked.as_ref().map(|asked| asked.to.clone()),
        sent: asked.as_ref().map(|asked| asked.to.clone()),
        asked,
        followed,
        other: None,
        other_moves: false,
    }
}

/// Returns the same look, but the deployment is of an earlier release of Windlass.
pub(super) fn earlier(status: &str, percent: u64) -> Seen {
    let mut seen = seen(status, percent);
    (seen.asked, seen.forward, seen.sent) = (None, None, None);
    if let Some(followed) = &mut seen.followed {
        followed.is_own = false;
    }
    seen.of.registered =
        Some(Registered { arn: "agent:3".into(), images: [("agent".to_owned(), "newer".to_owned())].into() });
    seen
}
