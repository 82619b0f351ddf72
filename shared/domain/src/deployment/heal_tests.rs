#![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

use crate::declaration::heal::Heal;
use crate::deployment::heal::*;
use crate::deployment::hourly_look::{ChangedBy, LoggedCall, Watched};
use crate::environment::drift::{BothStates, Drift, Field};
use crate::environment::{HeldState, Hold, LockHolder};
use crate::release::action::ActionName;
use crate::release::identity::EnvironmentId;
use crate::text::digest::Digest;
use crate::text::name::{AppName, EnvironmentName};
use serde_json::json;

const HOUR_MS: u64 = 60 * 60 * 1000;
const NOW: Time = Time(100 * HOUR_MS);

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

fn place() -> (AppName, EnvironmentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap())
}

/// An environment in which `api` has drifted and is to be restored.
struct Scene {
    look: HourlyLook,
    lock: Lock,
    state: EnvironmentState,
    rev: u64,
    other: Option<DeploymentId>,
}

fn drifted(who: &str) -> Difference {
    Difference {
        mark: Digest::of(b"41 and 40"),
        both: BothStates {
            recorded: Some("41 at 100 %".into()),
            seen: Some("40 at 100 %".into()),
            reason: None,
            fields: vec![Field { name: "version".into(), recorded: Some("41".into()), seen: Some("40".into()) }],
        },
        not_before: Time(98 * HOUR_MS),
        seen_at: NOW,
        who: Some(ChangedBy::Named(LoggedCall {
            by: who.into(),
            event: "UpdateAlias20150331".into(),
            at: Time(99 * HOUR_MS),
        })),
        told: false,
    }
}

fn scene() -> Scene {
    let (app, environment) = place();
    let mut look = HourlyLook::new(EnvironmentId::new(&app, &environment), Time(0));
    look.looked = Some(NOW);
    look.token = 7;
    look.state = 3;
    let watched = Watched {
        at: NOW,
        drift: Drift::Changed,
        unknown: None,
        seen: None,
        difference: Some(drifted("arn:aws:iam::1:role/terraform")),
        calls: 2,
        known: Some(NOW),
        heal: Heal::Restore,
    };
    look.components.insert(name("api"), watched);
    Scene { look, lock: Lock { token: 7, ..Lock::default() }, state: EnvironmentState::default(), rev: 3, other: None }
}

impl Scene {
    fn api(&mut self) -> &mut Watched {
        self.look.components.values_mut().next().unwrap()
    }

    fn held(&mut self, state: HeldState) {
        self.lock.held = Some(LockHolder {
            deployment: id("other"),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: NOW,
            state,
            looked: false,
        });
    }

    fn restored(&mut self, hours_ago: u64, deployment: &str, refused: bool) {
        self.state.restored.push(Restored {
            deployment: id(deployment),
            at: Time(NOW.0 - hours_ago * HOUR_MS),
            components: [name("api")].into(),
            refused,
        });
    }

    fn turn(&self) -> String {
        let standing = HealFacts {
            look: Some(&self.look),
            lock: &self.lock,
            state: &self.state,
            rev: self.rev,
            other: self.other.as_ref(),
        };
        match turn(&standing, NOW) {
            HealDecision::Restore(names, _) => {
                let names: Vec<&str> = names.iter().map(ComponentName::as_str).collect();
                format!("restore {}", names.join(", "))
            }
            HealDecision::Hold(_) => "hold".to_owned(),
            HealDecision::Nothing(why) => format!("nothing: {why}"),
        }
    }
}

/// Safety: restoring: A restoring goes only where something differs, and where nobody has the lock, waits or holds.
#[test]
fn it_goes_only_where_it_is_in_nobodys_way_and_something_differs() {
    type Change = fn(&mut Scene);
    let table: [(Change, &str); 16] = [
        (|_| {}, "restore api"),
        (|s| s.held(HeldState::Running), "nothing: deployment other is under way"),
        (|s| s.held(HeldState::Recovering), "nothing: deployment other is under way"),
        (|s| s.held(HeldState::NeedsOperator), "nothing: deployment other needs an operator"),
        (
            |s| {
                s.state.hold = Some(Hold {
                    since: Time(0),
                    reason: "freeze".into(),
                    by: "ann".into(),
                    allowed_by: None,
                    also: vec![],
                });
            },
            "nothing: automatic deployments are held since 1970-01-01T00:00:00Z by ann: \"freeze\"",
        ),
        (|s| s.other = Some(id("next")), "nothing: deployment next waits, or its drill is under way"),
        (|s| s.lock.token = 8, "nothing: what is recorded has changed since the last look"),
        (|s| s.rev = 4, "nothing: what is recorded has changed since the last look"),
        (|s| s.look.looked = None, "nothing: what is recorded has changed since the last look"),
        (|s| s.api().heal = Heal::Report, "nothing: the last look found nothing that is to be restored"),
        (|s| s.api().drift = Drift::Unknown, "nothing: the last look found nothing that is to be restored"),
        (
            |s| {
                s.api().drift = Drift::None;
                s.api().difference = None;
            },
            "nothing: the last look found nothing that is to be restored",
        ),
        // A target that is gone is made anew by whoever made it.
        (
            |s| s.api().difference.as_mut().unwrap().both.seen = None,
            "nothing: the last look found nothing that is to be restored",
        ),
        (|s| s.restored(0, "a", false), "nothing: it was tried within the last hour"),
        (|s| (1..4).for_each(|n| s.restored(n, &n.to_string(), false)), "hold"),
        (|s| (1..4).for_each(|n| s.restored(n, &n.to_string(), n == 2)), "nothing: it was tried 3 times within a day"),
    ];
    for (change, wanted) in table {
        let mut scene = scene();
        change(&mut scene);
        assert_eq!(scene.turn(), wanted);
    }
}

#[test]
fn only_the_last_day_counts_and_each_component_by_itself() {
    let mut scene = scene();
    scene.restored(25, "a", false);
    scene.restored(24, "b", false);
    scene.restored(23, "c", false);
    scene.restored(1, "d", false);
    assert_eq!(scene.turn(), "restore api");
    let web = name("web");
    scene.state.restored[3].components = [web.clone()].into();
    scene.restored(1, "e", false);
    assert_eq!(scene.turn(), "restore api");
    let api = scene.api().clone();
    scene.look.components.insert(web, api);
    assert_eq!(scene.turn(), "restore api, web");
    // One component that keeps drifting holds all.
    scene.restored(1, "f", false);
    assert_eq!(scene.turn(), "hold");
}

#[test]
fn a_restoring_is_noted_once_and_forgotten_after_a_day() {
    let one = |deployment: &str, at: u64| Restored {
        deployment: id(deployment),
        at: Time(at * HOUR_MS),
        components: BTreeSet::new(),
        refused: false,
    };
    let mut all = Vec::new();
    for (deployment, at) in [("a", 1), ("b", 2), ("b", 2), ("c", 26)] {
        one(deployment, at).note(&mut all);
    }
    assert_eq!(all, [one("c", 26)]);
    one("d", 30).note(&mut all);
    one("c", 31).note(&mut all);
    assert_eq!(all, [one("d", 30), one("c", 31)]);
}

#[test]
fn the_reasons_name_what_differs_who_changed_it_and_what_to_do() {
    let mut scene = scene();
    let reason = |scene: &Scene| {
        let standing =
            HealFacts { look: Some(&scene.look), lock: &scene.lock, state: &scene.state, rev: scene.rev, other: None };
        match turn(&standing, NOW) {
            HealDecision::Restore(_, why) | HealDecision::Hold(why) | HealDecision::Nothing(why) => why,
        }
    };
    let differs = "api is not as recorded: version: recorded 41, seen 40; it began between 1970-01-05T02:00:00Z and \
                   1970-01-05T04:00:00Z; CloudTrail names UpdateAlias20150331 by arn:aws:iam::1:role/terraform at \
                   1970-01-05T03:00:00Z";
    assert_eq!(reason(&scene), differs);
    for deployment in ["a", "b", "c"] {
        scene.restored(1, deployment, false);
    }
    let held = reason(&scene);
    assert_eq!(
        held,
        format!(
            "{differs}, though what is recorded was deployed 3 times within a day (deployments a, b, c). Something \
             sets it back, such as \
             infrastructure code at each of its runs: let that leave it alone, or declare `heal: report`"
        )
    );
}

#[test]
fn off_is_also_what_yaml_makes_of_it() {
    let read = |said: serde_json::Value| serde_json::from_value::<Heal>(said).ok();
    assert_eq!(read(json!("off")), Some(Heal::Off));
    assert_eq!(read(json!(false)), Some(Heal::Off));
    assert_eq!(read(json!("restore")), Some(Heal::Restore));
    assert_eq!(read(json!(true)), None);
    assert_eq!(serde_json::to_value(Heal::Off).ok(), Some(json!("off")));
}
