//! Gates of every sort: all of them healthy, and each of them not.

use super::basics::FUNCTION;
use super::declarations::{EVERY_GATE, INVOKED, SITE, SITE_SHOWN_AHEAD};
use super::people::{as_made, has_no_data, is_quiet_again, person_at_distribution, person_at_web, rings};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Span;
use windlass_engine::ports::{AssumeRole, Invoked};
use windlass_world::World;
use windlass_world::lambda::Package;

pub(super) const GATES: Scenario = Scenario {
    name: "gates",
    declaration: EVERY_GATE,
    scene: is_healthy,
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in(
            "Bake",
            Deed::Change("the alarm has no data for a moment", |world| {
                has_no_data(world);
                is_quiet_again(world);
            }),
        ),
    ],
    ..FUNCTION
};

pub(super) const IS_UNDONE: &[&str] = &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"];

pub(super) const ANSWERS_WRONGLY: Scenario = Scenario {
    name: "answers_wrongly",
    acts: &[next(Deed::Ail("the new version answers wrongly", answers_wrongly)), next(Deed::Deploy("1.1.0", &["api"]))],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const ERRS: Scenario = Scenario {
    name: "errs",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the function errs", errs))],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const IS_SILENT: Scenario = Scenario {
    name: "is_silent",
    acts: &[next(Deed::Ail("the metric has no points", has_no_points)), next(Deed::Deploy("1.1.0", &["api"]))],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const IS_DOWN: Scenario = Scenario {
    name: "is_down",
    acts: &[next(Deed::Deploy("1.1.0", &["api"])), when_in("Bake", Deed::Ail("the page is down", is_down))],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const IS_MUTE: Scenario = Scenario {
    name: "is_mute",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in(
            "Bake",
            Deed::Ail("the socket answers wrongly", |world| {
                world.listen(SOCKET, "no table");
            }),
        ),
    ],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const FLICKERS: Scenario = Scenario {
    name: "flickers",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings for a moment", |world| {
                rings(world);
                is_quiet_again(world);
            }),
        ),
    ],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const RINGS_ELSEWHERE: Scenario = Scenario {
    name: "rings_elsewhere",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Ail("the alarm of the distribution rings", rings_in_virginia)),
    ],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const ERRS_IN_ITS_LOG: Scenario = Scenario {
    name: "errs_in_its_log",
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in("Bake", Deed::Ail("the function writes errors", |world| writes(world, "ERROR"))),
    ],
    ends: IS_UNDONE,
    ..GATES
};

pub(super) const LOGS_NOTHING: Scenario = Scenario {
    name: "logs_nothing",
    acts: &[next(Deed::Ail("nothing is logged", writes_nothing)), next(Deed::Deploy("1.1.0", &["api"]))],
    ends: IS_UNDONE,
    ..GATES
};

/// The file that the page names is answered with another type than browsers run.
pub(super) const BREAKS_ITS_PAGE: Scenario = Scenario {
    name: "breaks_its_page",
    declaration: SITE,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["web"]))],
    acts: &[next(Deed::Ail("the new script is no script", script_is_text)), next(Deed::Deploy("1.1.0", &["web"]))],
    out_of_band: person_at_web,
    ends: IS_UNDONE,
    ..GATES
};

/// The folder of the release is shown nowhere, although it is to be looked at before the switch.
pub(super) const SHOWS_NO_FOLDER: Scenario = Scenario {
    name: "shows_no_folder",
    declaration: SITE_SHOWN_AHEAD,
    scene: is_shown,
    before: &[quiet(Deed::Deploy("1.0.0", &["web"]))],
    acts: &[next(Deed::Ail("the folder is shown nowhere", is_shown_nowhere)), next(Deed::Deploy("1.1.0", &["web"]))],
    out_of_band: person_at_distribution,
    ends: IS_UNDONE,
    ..GATES
};

/// An operator wants what a rollback goes back to, whatever is measured (rule 8).
pub(super) const RED_ROLLBACK: Scenario = Scenario {
    name: "red_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["api"])), quiet(Deed::Deploy("1.1.0", &["api"]))],
    acts: &[
        next(Deed::Change("every gate is red", |world| {
            rings(world);
            errs(world);
            is_down(world);
            world.listen(SOCKET, "no table");
            writes(world, "ERROR");
            answers(world, "1.0.0", json!({"status": "no table"}));
        })),
        next(Deed::Operate("rollback")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..GATES
};

/// The version that a rollback goes to is idle. It is invoked, and waited for, before callers get it.
pub(super) const IDLE: Scenario = Scenario {
    name: "idle",
    declaration: INVOKED,
    acts: &[
        next(Deed::Change("Lambda makes the version before inactive", is_inactive)),
        next(Deed::Operate("rollback")),
    ],
    ..RED_ROLLBACK
};

const CDN_ALARM: &str = "shop-cdn-5xx";

const PAGE: &str = "https://shop.example/health";

const SOCKET: &str = "wss://shop.example/socket";

fn is_healthy(world: &World) {
    for version in ["1.0.0", "1.1.0"] {
        answers(world, version, json!({"status": "fine"}));
    }
    world.emit(&errors(), Some(0.0));
    is_up(world);
    world.listen(SOCKET, "pong");
    writes(world, "fine");
    in_virginia(world).set_alarm(CDN_ALARM, "OK", &[0.0]);
}

/// Returns the world as it is seen in the region of CloudFront's alarms.
fn in_virginia(world: &World) -> World {
    world.at(&world.place().in_region(Some("us-east-1")))
}

fn rings_in_virginia(world: &World) {
    in_virginia(world).set_alarm(CDN_ALARM, "ALARM", &[9.0]);
}

fn answers_wrongly(world: &World) {
    answers(world, "1.1.0", json!({"status": "no table"}));
}

fn errs(world: &World) {
    world.emit(&errors(), Some(9.0));
}

fn has_no_points(world: &World) {
    world.emit(&errors(), None);
}

const LOG: &str = "/aws/lambda/shop-api";

fn writes(world: &World, text: &str) {
    world.speak(LOG, Some(text));
}

fn writes_nothing(world: &World) {
    world.speak(LOG, None);
}

fn script_is_text(world: &World) {
    let digest = Digest::of(b"1.1.0");
    let digits = &digest.as_str()[..8];
    let script = format!("https://e1.cloudfront.net/assets/app-{digits}.js");
    world.serve(&script, 200, "shop", 12);
}

/// Lets a second distribution show the whole bucket.
fn is_shown(world: &World) {
    as_made(world);
    world.cloudfront().distribution("E2", "shop-web").root.clear();
}

fn is_shown_nowhere(world: &World) {
    world.cloudfront().distribution("E2", "shop-web").domain = "gone.example".into();
}

pub(super) fn is_up(world: &World) {
    world.serve(PAGE, 200, "fine", 12);
}

pub(super) fn is_down(world: &World) {
    world.serve(PAGE, 503, "soon", 12);
}

/// Lets the code of a release of `api` answer with this payload.
fn answers(world: &World, version: &str, payload: Value) {
    let code = Package::Zip(format!("api {version}").into());
    let answer = Invoked { error: None, payload, ms: 5 };
    let mut functions = world.lambda();
    functions.answers.insert(code.code_sha256(), answer);
}

/// Makes the version of 1.0.0 inactive: the first one is what was found. Lambda needs a while to make it active again.
fn is_inactive(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut("shop-api") {
        function.idle.insert(2);
        function.slow_version = 30;
    }
}

/// Returns the metric of the gate.
fn errors() -> MetricGate {
    MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: "AWS/Lambda".into(),
            metric: "Errors".into(),
            dimensions: BTreeMap::from([("FunctionName".into(), "shop-api".into())]),
            statistic: "Sum".into(),
        }),
        region: None,
        period: Span::seconds(60),
        at_most: Some(5.0),
        at_least: None,
    }
}
