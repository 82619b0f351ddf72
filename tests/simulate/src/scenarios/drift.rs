//! Targets that somebody changes between deployments: the hourly look finds them, reports it once, and reports when
//! it is gone.

use super::gates::GATES;
use super::people::{as_made, person_at_api};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet};
use windlass_world::World;

/// A topic that asks for drift is notified of it. The bake is longer than an hour, so that a look comes due meanwhile.
const LOOKED_AT: &str = gated!(
    api!(), jobs!();
    prod: prod!(lines: "notify:", r#"  - {topic: "arn:aws:sns:eu-west-1:111111111111:shop", of: [drift]}"#);
    bake: "70m"
);

const BOTH: &[&str] = &["api", "jobs"];

/// A person moves an alias, and moves it back.
pub(super) const DRIFTED: Scenario = Scenario {
    name: "drifted",
    declaration: LOOKED_AT,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", BOTH))],
    acts: &[
        next(Deed::Drift("a person moves the alias of api", person_at_api)),
        quiet(Deed::Mend("it is moved back", moves_back)),
    ],
    ends: &["1.0.0 Succeeded"],
    ..GATES
};

/// A difference that was reported already is not reported again with a later one.
pub(super) const DRIFTED_BOTH: Scenario = Scenario {
    name: "drifted_both",
    acts: &[
        next(Deed::Drift("a person moves the alias of api", person_at_api)),
        quiet(Deed::Drift("a person moves the alias of jobs", person_at_jobs)),
    ],
    ..DRIFTED
};

/// A deployment goes over the change. While it works no look is made.
pub(super) const DRIFTED_OVER: Scenario = Scenario {
    name: "drifted_over",
    acts: &[next(Deed::Drift("a person moves the alias of api", person_at_api)), quiet(Deed::Deploy("1.1.0", BOTH))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..DRIFTED
};

fn person_at_jobs(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-jobs") {
        let version = function.publish_by_hand("by hand");
        if let Some(alias) = function.aliases.get_mut("live") {
            alias.version = version;
            alias.revision += 1;
        }
    }
}

/// Moves the alias to the newest version that Windlass has made, which is the recorded one.
fn moves_back(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api") {
        let ours = function.versions.iter().rev();
        let mut ours = ours.filter(|(_, version)| version.description.starts_with("windlass "));
        let newest = ours.next().map(|(number, _)| number.to_string());
        if let (Some(newest), Some(alias)) = (newest, function.aliases.get_mut("live")) {
            alias.version = newest;
            alias.weights.clear();
            alias.revision += 1;
        }
    }
}
