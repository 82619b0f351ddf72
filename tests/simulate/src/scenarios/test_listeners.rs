//! A service whose test listener is asked before any caller gets a release.

use super::pauses::PAUSED;
use super::people::is_shifted_at_once_with_pauses;
use crate::deed::Deed;
use crate::scenario::{Scenario, next};
use windlass_world::World;

/// The service waits with the test traffic, which its listener routes by a header.
const SERVICE_TESTED: &str = gated!(agent!(lines:
    "rollout: blue_green",
    "pause: [POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT]",
    "gates:",
    r#"  probes: [{url: "https://test.shop.example/health", headers: {x-shop-test: new}, before_traffic: true}]"#));

const TEST: &str = "https://test.shop.example/health";

pub(super) const TESTED: Scenario =
    Scenario { name: "tested", declaration: SERVICE_TESTED, scene: has_a_test_listener, ..PAUSED };

/// The new tasks answer wrongly, and no caller has got them.
pub(super) const TESTED_UNDONE: Scenario = Scenario {
    name: "tested_undone",
    acts: &[
        next(Deed::Ail("the new tasks answer wrongly", |world| {
            world.serve(TEST, 500, "broken", 9);
        })),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..TESTED
};

fn has_a_test_listener(world: &World) {
    is_shifted_at_once_with_pauses(world);
    world.serve(TEST, 200, "fine", 9);
    let rule = ("x-shop-test".to_owned(), "new".to_owned());
    world.probe().rules.insert(TEST.to_owned(), rule);
}
