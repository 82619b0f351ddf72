//! Resolves gates: every value becomes final.

use super::{At, Declared, Gates as Written, Owner, Resolve, Resolved, Slowest, Sort};
use crate::declaration::kinds::AsWritten;
use crate::declaration::scope::Scope;
use crate::declaration::unwritten::UNWRITTEN;
use crate::document::shape::join;
use crate::text::finding::FindingName;
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::Span;

/// Resolves the gates of the environment, and those of its components. Each member that it writes itself, in `own`,
/// replaces the global one, in `common`.
pub(crate) fn gates(
    scope: &mut Scope<'_>,
    own: Option<&Written>,
    common: &Written,
    components: &[Owner<'_>],
) -> Resolved {
    let written = WrittenGates { own, common, own_path: format!("environments.{}.gates", scope.name) };
    let unknown = written.member("unknown", |gates| gates.unknown.as_ref());
    let pause = written.member("pause", |gates| gates.pause.as_ref());
    let mut gates = Resolved {
        pause: pause.map(|(_, rule)| *rule).unwrap_or_default(),
        unknown: unknown.map(|(_, rule)| rule.clone()).unwrap_or_default(),
        ..Resolved::default()
    };
    gates.resolve(scope, &written, components);
    let slowest = gates.slowest();
    gates.bake = bake(scope, &written, slowest.as_ref());
    gates.between_waves = between_waves(scope, &written, slowest.as_ref());
    gates
}

/// Resolves the gates of one list, of the whole release or of a component. A repeated gate adds nothing.
pub(super) fn each<'w, G: Resolve>(
    scope: &mut Scope<'_>,
    of: Option<(&ComponentName, &dyn AsWritten)>,
    listed: impl Iterator<Item = (String, &'w G::Written)>,
) -> Vec<Declared<G>>
where
    G::Written: 'w,
{
    let mut gates: Vec<Declared<G>> = Vec::new();
    for (path, written) in listed {
        let at = At { path, component: of };
        let before = scope.findings.len();
        let gate = G::resolve(scope, &at, written);
        one_line(scope, &at.path, &gate);
        let is_well = before == scope.findings.len() && !gate.name().contains(UNWRITTEN);
        if is_well && gates.iter().any(|other| other.gate == gate) {
            let reason = format!("The {} `{}` is declared twice.", gate.sort(), gate.name());
            scope.find(FindingName::Duplicate, &at.path, reason, "Remove one of them.");
        }
        gates.push(Declared { path: at.path, component: of.map(|(name, _)| name.clone()), gate });
    }
    gates
}

/// Notes a name that people would not see as it is: plans and records show it within their own lines, and a measurement
/// is known again by it.
fn one_line(scope: &mut Scope<'_>, path: &str, gate: &impl Sort) {
    let name = gate.name();
    if name.contains(foreign::is_hidden) {
        scope.find(
            FindingName::BadValue,
            path,
            format!("The {} `{name}` has characters that are not shown, or several lines.", gate.sort()),
            "Write what it is called by in one line, with characters that are shown.",
        );
    }
}

/// Returns the members of a component's list, each with its path.
pub(super) fn listed<'w, T>(
    component: &ComponentName,
    field: &str,
    items: &'w [T],
) -> impl Iterator<Item = (String, &'w T)> {
    let path = format!("components.{component}.gates.{field}");
    let items = items.iter().enumerate();
    items.map(move |(i, item)| (format!("{path}[{i}]"), item))
}

/// The gates that an environment writes itself, and those that all share.
pub(super) struct WrittenGates<'w> {
    own: Option<&'w Written>,
    common: &'w Written,
    own_path: String,
}

impl<'w> WrittenGates<'w> {
    /// Returns the environment's own member, if it has one, or else the global one, with its path.
    fn member<T>(&self, field: &str, of: impl Fn(&'w Written) -> Option<&'w T>) -> Option<(String, &'w T)> {
        if let Some(value) = self.own.and_then(&of) {
            return Some((join(&self.own_path, field), value));
        }
        of(self.common).map(|value| (join("gates", field), value))
    }

    /// Returns the members of a list, each with its path.
    pub(super) fn list<T: 'w>(
        &self,
        field: &str,
        of: impl Fn(&'w Written) -> Option<&'w Vec<T>>,
    ) -> impl Iterator<Item = (String, &'w T)> {
        let list = self.member(field, of);
        list.into_iter().flat_map(|(path, items)| {
            let items = items.iter().enumerate();
            items.map(move |(i, item)| (format!("{path}[{i}]"), item))
        })
    }
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
    let Some((path, between)) = between else {
        return slowest.map_or(Span::ZERO, |slowest| slowest.period);
    };
    if let Some(slowest) = slowest {
        slowest.check(scope, &path, *between);
    }
    *between
}
