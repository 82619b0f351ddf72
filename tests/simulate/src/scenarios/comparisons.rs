//! Gates that compare the versions of a function: both fail alike, the new one fails more often, and nobody calls it.

use super::declarations::COMPARED;
use super::gates::{GATES, IS_UNDONE};
use super::people::person_at_weights;
use crate::deed::Deed;
use crate::scenario::{Scenario, next, when_in};
use windlass_domain::declaration::gates::{Measured, MetricGate, MetricSeries};
use windlass_domain::text::time::Span;
use windlass_world::World;

/// Both versions fail alike, which no threshold would distinguish from a bad release.
pub(super) const FAILS_AS_BEFORE: Scenario = Scenario {
    name: "fails_as_before",
    declaration: COMPARED,
    scene: is_called,
    out_of_band: person_at_weights,
    acts: &[
        next(Deed::Deploy("1.1.0", &["api"])),
        when_in(
            "Bake",
            Deed::Change("both versions fail", |world| {
                for version in VERSIONS {
                    emit_calls(world, version, "Errors", Some(CALLS / 10.0));
                }
            }),
        ),
    ],
    ..GATES
};

/// The new version fails more often than the former one.
pub(super) const FAILS_MORE: Scenario = Scenario {
    name: "fails_more",
    declaration: COMPARED,
    scene: is_called,
    out_of_band: person_at_weights,
    acts: &[
        next(Deed::Ail("new versions fail", |world| {
            for version in &VERSIONS[FORMER..] {
                emit_calls(world, version, "Errors", Some(CALLS / 10.0));
            }
        })),
        next(Deed::Deploy("1.1.0", &["api"])),
    ],
    ends: IS_UNDONE,
    ..GATES
};

/// Nobody calls the new version, so that nothing can be compared.
pub(super) const IS_NOT_CALLED: Scenario = Scenario {
    name: "is_not_called",
    declaration: COMPARED,
    scene: is_called,
    out_of_band: person_at_weights,
    acts: &[
        next(Deed::Ail("nobody calls new versions", |world| {
            for version in &VERSIONS[FORMER..] {
                emit_calls(world, version, "Invocations", None);
            }
        })),
        next(Deed::Deploy("1.1.0", &["api"])),
    ],
    ends: IS_UNDONE,
    ..GATES
};

/// The versions that may be published, and the number of those that are there before the release.
const VERSIONS: [&str; 9] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const FORMER: usize = 2;

/// The calls that each version gets a minute.
const CALLS: f64 = 1000.0;

fn is_called(world: &World) {
    for version in VERSIONS {
        emit_calls(world, version, "Invocations", Some(CALLS));
        emit_calls(world, version, "Errors", Some(0.0));
    }
    world.emit(&of_alias("Invocations"), Some(2.0 * CALLS));
}

fn emit_calls(world: &World, version: &str, metric: &str, value: Option<f64>) {
    let MetricGate { of, .. } = of_alias(metric);
    let Measured::Metric(series) = of else { return };
    let of = Measured::Metric(series.with("ExecutedVersion", version));
    world.emit(&MetricGate { of, ..of_alias(metric) }, value);
}

/// Returns a metric that Lambda has of the alias.
fn of_alias(metric: &str) -> MetricGate {
    let dimensions = [("FunctionName", "shop-api"), ("Resource", "shop-api:live")];
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
    MetricGate {
        of: Measured::Metric(MetricSeries {
            namespace: "AWS/Lambda".into(),
            metric: metric.into(),
            dimensions: dimensions.into(),
            statistic: "Sum".into(),
        }),
        region: None,
        period: Span::seconds(60),
        at_most: None,
        at_least: None,
    }
}
