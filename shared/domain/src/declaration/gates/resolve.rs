//! Resolves gates: every value becomes final.

use super::{GatedComponent, Gates as Written, ResolvedGates, Slowest, WrittenGates};
use crate::declaration::scope::Scope;
use crate::text::time::Span;

/// Resolves the gates of the environment, and those of its components. Each member that it writes itself, in `own`,
/// replaces the global one, in `common`.
pub(crate) fn gates(
    scope: &mut Scope<'_>,
    own: Option<&Written>,
    common: &Written,
    components: &[GatedComponent<'_>],
) -> ResolvedGates {
    let written = WrittenGates { own, common, own_path: format!("environments.{}.gates", scope.name) };
    let unknown = written.member("unknown", |gates| gates.unknown.as_ref());
    let pause = written.member("pause", |gates| gates.pause.as_ref());
    let mut gates = ResolvedGates {
        pause: pause.map(|(_, rule)| *rule).unwrap_or_default(),
        unknown: unknown.map(|(_, rule)| rule.clone()).unwrap_or_default(),
        ..ResolvedGates::default()
    };
    gates.resolve(scope, &written, components);
    let slowest = gates.slowest();
    gates.bake = bake(scope, &written, slowest.as_ref());
    gates.between_waves = between_waves(scope, &written, slowest.as_ref());
    gates
}

/// Returns the time for which the last wave is watched.
fn bake(scope: &mut Scope<'_>, written: &WrittenGates<'_>, slowest: Option<&Slowest>) -> Span {
    let (path, bake) = match written.member("bake", |gates| gates.bake.as_ref()) {
        Some((path, bake)) => (path, *bake),
        None => ("gates.bake".to_owned(), Span::ZERO),
    };
    if let Some(slowest) = slowest {
        slowest.check(scope, &path, bake);
    }
    bake
}

/// Returns the time for which each earlier wave is watched: at least until the slowest gate answers.
fn between_waves(scope: &mut Scope<'_>, written: &WrittenGates<'_>, slowest: Option<&Slowest>) -> Span {
    let between = written.member("between_waves", |gates| gates.between_waves.as_ref());
    let Some((path, between)) = between else { return slowest.map_or(Span::ZERO, |slowest| slowest.period) };
    if let Some(slowest) = slowest {
        slowest.check(scope, &path, *between);
    }
    *between
}
