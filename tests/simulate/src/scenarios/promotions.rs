//! What `staging` has verified goes on into `prod`: by hand, by itself, and not at all.

use super::basics::FUNCTION;
use super::people::{as_made, hours_pass};
use crate::access::{Verified, WhoMay};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet};
use serde::Deserialize as _;
use windlass_domain::environment::{Snapshot, Veto};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::{Item, Key};
use windlass_world::World;

/// One function in two environments.
const TWO_ENVIRONMENTS: &str = "
app: shop
version: 1.0.0
environments:
  staging: {sources: [api, console]}
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: {staging: shop-api-staging, prod: shop-api}, alias: live}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A person promotes what has been live for half an hour.
const BY_HAND: WhoMay = WhoMay {
    version: 1,
    read: None,
    release: &["console"],
    record: &[],
    roll_back: None,
    operate: None,
    approve: None,
    from: Some(Verified { live_min: 30, by_itself: false }),
};

/// It goes on by itself then.
const BY_ITSELF: WhoMay = WhoMay { from: Some(Verified { live_min: 30, by_itself: true }), ..BY_HAND };

/// Makes the function of `staging`.
fn has_staging(world: &World) {
    let mut functions = world.lambda();
    let function = functions.make("shop-api-staging", b"as found");
    function.tags.insert("windlass:environment".to_owned(), "staging".to_owned());
    function.publish_as("live", "as found");
}

/// The same, and the file is in force from the beginning on: what succeeds there is due.
fn goes_on_by_itself(world: &World) {
    has_staging(world);
    BY_ITSELF.put(world);
}

/// Vetoes in `staging` the release that runs there, as where it was undone when it was brought once more.
#[expect(clippy::expect_used, reason = "the names are written here")]
fn is_vetoed(world: &World) {
    let (app, staging) = (AppName::new("shop").expect("a name"), EnvironmentName::new("staging").expect("a name"));
    let mut known = world.dynamodb();
    let items = known.items.values().filter(|item| item.key.pk == "env#shop/staging");
    let snapshots = items.filter(|item| item.key.sk.starts_with("snapshot#"));
    let newest = snapshots.filter_map(|item| Snapshot::deserialize(&item.body).ok()).max_by_key(|one| one.number);
    let Some((release, snapshot)) = newest.and_then(|snapshot| Some((snapshot.release.clone()?, snapshot))) else {
        return;
    };
    let key = ledger::veto(EnvironmentId::new(&app, &staging), &release);
    let veto = Veto {
        version: snapshot.version,
        by: [snapshot.deployment.clone()].into(),
        deployment: snapshot.deployment,
        since: snapshot.made,
        cause: "it was undone when it was brought once more".into(),
        release,
    };
    let key = Key::from(key);
    if let Ok(body) = ledger::to_body(&veto) {
        let item = Item { key: key.clone(), rev: 1, body, index: None, expires: None };
        known.items.insert(key, item.into());
    }
}

/// The next release is in `staging`, and the former one in `prod`.
const IN_STAGING: &[Act] =
    &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::DeployInto("staging", "1.1.0", &["api"]))];

/// Other bytes than those that ran there are refused, and are no deployment.
pub(super) const PROMOTED: Scenario = Scenario {
    name: "promoted",
    declaration: TWO_ENVIRONMENTS,
    scene: has_staging,
    access: Some(&BY_HAND),
    before: IN_STAGING,
    acts: &[
        next(Deed::Change("two hours pass", hours_pass)),
        next(Deed::Promote),
        quiet(Deed::Deploy("1.2.0", &["api"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.1.0 Succeeded"],
    ..FUNCTION
};

/// It has not been live for long enough.
pub(super) const NOT_VERIFIED: Scenario = Scenario {
    name: "not_verified",
    acts: &[next(Deed::Promote), quiet(Deed::Deploy("1.2.0", &["api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    ..PROMOTED
};

/// Lets time pass until so many milliseconds before what `staging` runs has been live for its half an hour.
fn is_due_in(world: &World, ms: u64) {
    let made = {
        let ledger = world.dynamodb();
        let there = ledger.items.values().filter(|item| item.key.pk == "env#shop/staging");
        let snapshots = there.filter(|item| item.key.sk.starts_with("snapshot#"));
        snapshots.filter_map(|item| item.body.get("made")?.as_u64()).max()
    };
    let mut clock = world.clock();
    clock.now = clock.now.max(Time(made.unwrap_or_default() + 30 * 60_000 - ms));
}

/// It is asked for at the edge of that time, a moment too early and a moment late. Whose clock is wrong by 0.9 s
/// decides otherwise at each of them. What is refused is no deployment.
pub(super) const PROMOTED_AT_LAST: Scenario = Scenario {
    name: "promoted_at_last",
    acts: &[
        next(Deed::Change("its time is over in half a second", |world| is_due_in(world, 500))),
        next(Deed::Promote),
        next(Deed::Promote),
    ],
    // Where the first one is let in, the second one finds it there.
    may: &["1.1.0 NothingToDo (AlreadyThere)"],
    steady: false,
    ..PROMOTED
};

/// The schedule finds it due, and starts it once.
pub(super) const PROMOTED_BY_ITSELF: Scenario = Scenario {
    name: "promoted_by_itself",
    scene: goes_on_by_itself,
    access: Some(&BY_ITSELF),
    before: &[quiet(Deed::DeployInto("staging", "1.1.0", &["api"]))],
    acts: &[
        next(Deed::Change("two hours pass", hours_pass)),
        after(9_000, Deed::Change("another half an hour is over", as_made)),
    ],
    ends: &["1.1.0 Succeeded", "1.1.0 Succeeded"],
    ..PROMOTED
};

/// The schedule comes at the edge of that time, a moment too early. Whose clock is ahead starts it, and whoever admits
/// it may find that it was not live for long enough: then it is started once more a quarter of an hour later.
pub(super) const PROMOTED_BY_ITSELF_EARLY: Scenario = Scenario {
    name: "promoted_by_itself_early",
    acts: &[next(Deed::Change("its time is over in a second", |world| is_due_in(world, 900)))],
    steady: false,
    ..PROMOTED_BY_ITSELF
};

/// The schedule comes as that time is over. Whose clock is behind leaves it, or finds it too early.
pub(super) const PROMOTED_BY_ITSELF_AT_LAST: Scenario = Scenario {
    name: "promoted_by_itself_at_last",
    acts: &[next(Deed::Change("its time is over", |world| is_due_in(world, 0)))],
    ..PROMOTED_BY_ITSELF_EARLY
};

/// Deployments are held when it is due. It goes on when they are not.
pub(super) const PROMOTED_AFTER_A_HOLD: Scenario = Scenario {
    name: "promoted_after_a_hold",
    acts: &[
        next(Deed::Operate("hold")),
        after(60, Deed::Change("two hours pass", hours_pass)),
        after(700, Deed::Operate("release_hold")),
        after(1_800, Deed::Change("another half an hour is over", as_made)),
    ],
    // The hold may come when it has begun, and before its turn.
    may: &["1.1.0 Rejected (Held)"],
    steady: false,
    ..PROMOTED_BY_ITSELF
};

/// Its release is vetoed in `staging` when it is due.
pub(super) const PROMOTION_VETOED: Scenario = Scenario {
    name: "promotion_vetoed",
    acts: &[
        next(Deed::Change("the release is vetoed in staging", is_vetoed)),
        next(Deed::Change("two hours pass", hours_pass)),
        after(1_800, Deed::Promote),
    ],
    ends: &["1.1.0 Succeeded"],
    ..PROMOTED_BY_ITSELF
};
