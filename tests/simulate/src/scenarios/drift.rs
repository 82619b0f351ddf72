//! Targets that somebody changes between deployments, and a way back that is lost: the hourly look finds them, reports
//! it once, and reports when it is gone.

use super::basics::SERVICE;
use super::gates::GATES;
use super::people::{as_made, image_expires, person_at_api};
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

/// The image expires that a rollback needs. The check of the next day finds it gone as well, which is not reported once
/// more, and that of the day after finds it again. The first look is made before, so that each check is asked for and
/// read within an hour.
pub(super) const WAY_BACK_LOST: Scenario = Scenario {
    name: "way_back_lost",
    before: &[
        quiet(Deed::Deploy("1.0.0", &["agent"])),
        quiet(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Mend("an hour passes", as_made)),
    ],
    acts: &[
        next(Deed::Lose("a day passes, and the image of 1.0.0 expires", image_expires_later)),
        quiet(Deed::Change("a day passes", day_passes)),
        quiet(Deed::Regain("a day passes, and somebody pushes the image again", image_is_pushed_again)),
    ],
    ..SERVICE
};

/// Lets a day pass, after which the way back is looked for again.
fn day_passes(world: &World) {
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(24 * 3_600);
}

fn image_expires_later(world: &World) {
    day_passes(world);
    image_expires(world);
}

fn image_is_pushed_again(world: &World) {
    day_passes(world);
    world.ecr().push("shop/agent", "1.0.0");
}

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
