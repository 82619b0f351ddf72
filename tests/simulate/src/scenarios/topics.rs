//! Topics that a declaration names are notified, even after mishaps.

use super::gates::{GATES, IS_UNDONE};
use super::people::rings;
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};
use windlass_world::World;

/// Two topics, one in each form. The second is notified of more.
const TOPICS: &str = gated!(
    api!();
    prod: prod!(lines: "notify:",
        "  - {topic: \"arn:aws:sns:eu-west-1:111111111111:shop\"}",
        "  - {topic: \"arn:aws:sns:eu-west-1:111111111111:shop-all\", of: [start, success, failure, wheel], \
            form: text}");
    bake: "5m"
);

/// A release, and a person who steers it.
pub(super) const NOTIFIED: Scenario = Scenario {
    name: "notified",
    declaration: TOPICS,
    before: &[quiet(Deed::Deploy("1.0.0", &["api"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Operate("skip_bake"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..GATES
};

/// A release that is undone.
pub(super) const NOTIFIED_OF_AN_UNDO: Scenario = Scenario {
    name: "notified_of_an_undo",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: IS_UNDONE,
    ..NOTIFIED
};

/// One topic is not there. The other is notified all the same, and the installation's own topic is notified of that.
pub(super) const NOTIFIED_WHERE_IT_CAN: Scenario = Scenario {
    name: "notified_where_it_can",
    acts: &[
        next(Deed::Change("a topic is deleted", |world: &World| {
            let topic = "arn:aws:sns:eu-west-1:111111111111:shop";
            world.sns().missing.insert(topic.to_owned());
        })),
        next(Deed::Deploy("1.1.0", &["api"])),
    ],
    ..NOTIFIED
};
