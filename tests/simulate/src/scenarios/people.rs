//! What people and the world do to targets and gates.

use windlass_domain::fault::{Fault, FaultName};
use windlass_machine::shop::ALARM;
use windlass_world::World;

pub(super) fn rings(world: &World) {
    world.set_alarm(ALARM, "ALARM", &[9.0]);
}

pub(super) fn has_no_data(world: &World) {
    world.set_alarm(ALARM, "INSUFFICIENT_DATA", &[]);
}

pub(super) fn is_quiet_again(world: &World) {
    world.set_alarm(ALARM, "OK", &[0.0]);
}

pub(super) fn as_made(_: &World) {}

pub(super) fn without_alias(world: &World) {
    for function in world.functions().functions.values_mut() {
        function.aliases.clear();
    }
}

pub(super) fn may_not_shift(world: &World) {
    let fault = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    world
        .mishaps()
        .refused
        .insert("functions.update_alias", fault);
}

pub(super) fn may_shift_again(world: &World) {
    world.mishaps().refused.clear();
}

/// A person publishes code of their own and puts the alias on it.
pub(super) fn person_at_api(world: &World) {
    let mut functions = world.functions();
    if let Some(function) = functions.functions.get_mut("shop-api") {
        let version = function.publish_by_hand("by hand");
        if let Some(alias) = function.aliases.get_mut("live") {
            alias.version = version;
            alias.weights.clear();
            alias.revision += 1;
        }
    }
}

/// A person overwrites a document.
pub(super) fn person_at_web(world: &World) {
    let page = "<title>Mended by hand</title>";
    world.objects().upload("shop-web", "index.html", page);
}

/// A person points the distribution elsewhere.
pub(super) fn person_at_distribution(world: &World) {
    let mut cdn = world.cdn();
    if let Some(distribution) = cdn.distributions.get_mut("E1") {
        distribution.changes += 1;
        for origin in &mut distribution.origins {
            origin.path = "/by-hand".into();
        }
    }
}
