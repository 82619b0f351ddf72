//! A service with two images of ours, each with its own releases.

use super::basics::SERVICE;
use super::people::{person_at_worker, rings, worker_crashes};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, next, quiet, when_in};
use windlass_machine::shop_world::add_worker;

/// The service alone, with two images of ours.
const TWO_IMAGES: &str = gated!(agent_with_worker!());

/// The same service. The upload of this declaration puts the repositories in the application's name.
const TWO_IMAGES_SINCE: &str = gated!(agent_with_worker!(); version: "1.1.0");

const BOTH: &[&str] = &["agent/agent", "agent/worker"];

const LIVE: &[Act] = &[quiet(Deed::Deploy("1.0.0", BOTH))];

/// Each image alone: while one of them is brought, both are asked for, each by itself.
pub(super) const ONE_OF_TWO: Scenario = Scenario {
    name: "one_of_two",
    declaration: TWO_IMAGES,
    scene: add_worker,
    before: LIVE,
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent/worker"])),
        when_in("Bake", Deed::Arrive("1.2.0", &["agent/agent"])),
        next(Deed::Arrive("1.3.0", &["agent/worker"])),
    ],
    out_of_band: person_at_worker,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Succeeded", "1.3.0 Succeeded"],
    steady: false,
    ..SERVICE
};

/// The first release names one image, and the other stays as it was found. Then both are released at once, and rolled
/// back.
pub(super) const BOTH_AND_BACK: Scenario = Scenario {
    name: "both_and_back",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent/agent"])), quiet(Deed::Deploy("1.1.0", BOTH))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    steady: true,
    ..ONE_OF_TWO
};

/// An operator goes back while one of them is brought.
pub(super) const ONE_OF_TWO_PREEMPTED: Scenario = Scenario {
    name: "one_of_two_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", BOTH)), quiet(Deed::Deploy("1.1.0", &["agent/agent"]))],
    acts: &[next(Deed::Deploy("1.2.0", &["agent/worker"])), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (Held)", "1.0.0 Succeeded"],
    ..ONE_OF_TWO
};

/// Each image is pushed by itself, the second while the first is under way.
pub(super) const ONE_OF_TWO_PUSHED: Scenario = Scenario {
    name: "one_of_two_pushed",
    before: &[quiet(Deed::Put("apps/shop/app.yaml", TWO_IMAGES_SINCE)), quiet(Deed::Deploy("1.0.0", BOTH))],
    acts: &[next(Deed::PushTo("shop/worker", "main-42")), when_in("Bake", Deed::PushTo("shop/agent", "main-43"))],
    ends: &["1.0.0 Succeeded", "main-42+9365bc35c8a2 Succeeded", "main-43+0d7c5552b0af Succeeded"],
    steady: true,
    ..ONE_OF_TWO
};

/// The declaration has one image at first, and two later.
pub(super) const TWO_SINCE: Scenario = Scenario {
    name: "two_since",
    scene: add_worker,
    before: &[
        quiet(Deed::Deploy("1.0.0", &["agent"])),
        quiet(Deed::Deploy("1.0.1", &["agent"])),
        quiet(Deed::Put("apps/shop/app.yaml", TWO_IMAGES_SINCE)),
    ],
    acts: &[next(Deed::Deploy("1.1.0", &["agent/worker"])), quiet(Deed::Operate("rollback"))],
    out_of_band: person_at_worker,
    ends: &["1.0.0 Succeeded", "1.0.1 Succeeded", "1.1.0 Succeeded", "1.0.1 Succeeded"],
    // If the release failed there is nothing to take back of it.
    may: &["1.0.0 Succeeded"],
    ..SERVICE
};

/// One of the containers crashes, or is not healthy: what both ran comes back.
pub(super) const ONE_OF_TWO_UNDONE: Scenario = Scenario {
    name: "one_of_two_undone",
    acts: &[
        next(Deed::Ail("the worker of the release crashes", worker_crashes)),
        next(Deed::Deploy("1.1.0", &["agent/worker"])),
        quiet(Deed::Deploy("1.2.0", &["agent/agent"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)", "1.2.0 RolledBack (GateFailed)"],
    steady: true,
    ..ONE_OF_TWO
};
