//! A service as it is seen, and changes to that for the tests.

use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::ecs::Strategy;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::kinds::ecs::{
    Ecs, Goal, Images, OwnImage, PinnedBase, Seen, SentUpdate, StoppedTasks, Target, Update,
};
use windlass_engine::kinds::{Kind, Next};
use windlass_engine::ports::{Clock, ServiceDeployment};
use windlass_world::World;

pub fn listed(id: &str, status: &str, td: &str, rollout: &str, running: u32) -> ServiceDeployment {
    ServiceDeployment {
        id: id.into(),
        status: status.into(),
        task_definition: format!("arn/{td}"),
        rollout: rollout.into(),
        reason: String::new(),
        desired: 2,
        running,
        pending: 0,
        failed: 0,
    }
}

/// Returns an image by its digest.
pub fn own(digest: &str) -> OwnImage {
    OwnImage { image: format!("repo@sha256:{digest}"), digests: [format!("sha256:{digest}")].into() }
}

pub fn agent(digest: &str) -> Images {
    [("agent".to_owned(), own(digest))].into()
}

pub fn unknown(is: &mut Seen, container: &str) {
    is.unknown_digests.insert(container.into(), 1);
}

/// Returns a service that is steady with two tasks of `t:1`.
pub fn steady() -> Seen {
    Seen {
        task_definition: "arn/t:1".into(),
        images: agent("a"),
        registered: None,
        desired: 2,
        breaker: true,
        rolls_back: true,
        deployments: vec![listed("e1", "PRIMARY", "t:1", "COMPLETED", 2)],
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
    }
}

/// Returns the goal to run what the steady service runs.
pub fn wanted() -> Goal {
    Ecs::<World>::back(&steady())
}

pub fn target() -> Target {
    Target {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        cluster: "c".into(),
        service: "s".into(),
        containers: ["agent".to_owned()].into(),
        family: "t".into(),
        base: PinnedBase::Registered("arn/t:1".into()),
        strategy: Strategy::Rolling,
        bakes_s: 0,
        pauses: BTreeSet::new(),
        steady_within_s: 300,
        codedeploy: None,
    }
}

pub fn primary(is: &mut Seen) -> &mut ServiceDeployment {
    &mut is.deployments[0]
}

/// Lets the service be set to `t:2` after `t:1` has failed.
pub fn gone_back(is: &mut Seen, rollout: &str) {
    is.task_definition = "arn/t:2".into();
    is.deployments = vec![listed("e3", "PRIMARY", "t:2", rollout, 2), listed("e2", "ACTIVE", "t:1", "FAILED", 0)];
}

pub fn sent(is: &mut Seen, from: &str) {
    is.sent = Some(SentUpdate {
        update: Update { from: format!("arn/{from}"), to: "arn/t:1".into() },
        at: World::default().now(),
        completed: BTreeSet::new(),
    });
}

/// Does the same, but the rollout of another task definition was complete then.
pub fn sent_while_complete(is: &mut Seen, from: &str, complete: &str) {
    sent(is, from);
    let sent = is.sent.as_mut().unwrap();
    sent.completed = [format!("arn/{complete}")].into();
}

pub fn failures(is: &mut Seen, tasks: u32) {
    let reasons = vec!["EssentialContainerExited: it ended".to_owned()];
    let trouble = StoppedTasks { tasks, reasons, last: Some(Time(2_000)) };
    is.troubles.insert("arn/t:1".into(), trouble);
}

pub fn word(is: &Seen, wanted: &Goal) -> String {
    match Ecs::<World>::next(&target(), is, wanted) {
        Next::Done => "done".into(),
        Next::Do(change) => Ecs::<World>::facts(&change, is).what,
        Next::Wait(_) => "wait".into(),
        Next::WaitForHours => "wait for hours".into(),
        Next::Failed(finding) | Next::Theirs(finding) | Next::TakenBack(finding) => {
            format!("failed: {}", finding.name)
        }
    }
}

pub type Case = (&'static str, fn(&mut Seen));

pub fn table(cases: &[Case], wanted: &Goal) -> String {
    let line = |(name, change): &Case| {
        let mut is = steady();
        change(&mut is);
        format!("{name}: {}", word(&is, wanted))
    };
    let lines: Vec<String> = cases.iter().map(line).collect();
    lines.join("\n")
}
