//! Sorts of gates: what a gate of any sort says of itself, and how the gates of one list are resolved.

use crate::declaration::kinds::AsWritten;
use crate::declaration::name_text::{Given, NameText};
use crate::declaration::output::Output;
use crate::declaration::scope::Scope;
use crate::declaration::unwritten::UNWRITTEN;
use crate::text::finding::FindingName;
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::Span;
use serde::Serialize;

/// A gate of some sort, with every value final.
pub trait Sort {
    /// Returns the source that its measurements name, such as `alarm`.
    fn sort(&self) -> &'static str;
    /// Returns its name for people, such as an alarm's name.
    fn name(&self) -> String;
    /// Returns its threshold in words, such as `at most 5`.
    fn threshold(&self) -> String;
    /// Returns its threshold as a number, if it is one.
    fn limit(&self) -> Option<f64> {
        None
    }
    /// Returns the time for which a wave must be watched before the gate answers; no time if it answers at once.
    fn period(&self) -> Span {
        Span::ZERO
    }
    /// Returns its texts that may have outputs of components in them.
    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![]
    }
}

/// A [`Sort`] of gate that is resolved from what people write.
pub(crate) trait ResolveGate: Sort + PartialEq + Sized {
    /// The gate as people write it.
    type Written: Clone;
    /// Returns the gates of a component whose declaration says nothing of this sort.
    fn usual(_component: &dyn AsWritten) -> Vec<Self::Written> {
        vec![]
    }
    /// Resolves the gate in the environment, and notes in the scope what is wrong with it.
    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, written: &Self::Written) -> Self;
}

/// The place in which a gate is declared.
pub(crate) struct At<'a> {
    /// Its path in the declaration.
    pub(crate) path: String,
    /// The component that it is declared of.
    pub(crate) component: Option<(&'a ComponentName, &'a dyn AsWritten)>,
}

impl At<'_> {
    /// Returns the paths of members of the component that it is declared of.
    pub(crate) fn members<'m>(&'m self, names: &'m [&'m str]) -> impl Iterator<Item = String> + 'm {
        let component = self.component.map(|(component, _)| component);
        component.into_iter().flat_map(|of| names.iter().map(move |name| format!("components.{of}.{name}")))
    }
}

/// A gate with its place in the declaration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeclaredGate<G> {
    /// Its path in the declaration, such as `gates.alarms[0]`.
    pub path: String,
    /// The component from whose wave on it decides; in every wave if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentName>,
    /// The gate.
    #[serde(flatten)]
    pub gate: G,
}

impl<G: Sort> DeclaredGate<G> {
    pub(super) fn any(&self) -> (Option<&ComponentName>, &dyn Sort) {
        (self.component.as_ref(), &self.gate)
    }

    /// Returns the outputs of components that the gate takes.
    pub fn takes(&self) -> Vec<Output>
    where
        G: Clone,
    {
        let mut gate = self.gate.clone();
        gate.names_mut().iter().flat_map(NameText::outputs).collect()
    }

    /// Fills what is given into its texts; see [`NameText::fill`].
    pub(super) fn fill(&mut self, given: &Given, origin: Option<&str>) {
        for name in self.gate.names_mut() {
            // What would be wrong stays as it is, and is unknown when it is measured.
            let _ = name.fill(&self.path, given, origin);
        }
    }
}

/// Returns the region as the name of a gate ends with it; empty where the gate has none.
pub(super) fn in_region(region: Option<&String>) -> String {
    region.map_or_else(String::new, |region| format!(" ({region})"))
}

/// Resolves the gates of one list, of the whole release or of a component. A repeated gate adds nothing.
pub(super) fn each<'w, G: ResolveGate>(
    scope: &mut Scope<'_>,
    of: Option<(&ComponentName, &dyn AsWritten)>,
    listed: impl Iterator<Item = (String, &'w G::Written)>,
) -> Vec<DeclaredGate<G>>
where
    G::Written: 'w,
{
    let mut gates: Vec<DeclaredGate<G>> = Vec::new();
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
        gates.push(DeclaredGate { path: at.path, component: of.map(|(name, _)| name.clone()), gate });
    }
    gates
}

/// Notes a name that people would not see as it is: plans and records show it within their own lines, and a measurement
/// is known again by it.
fn one_line(scope: &mut Scope<'_>, path: &str, gate: &impl Sort) {
    let name = gate.name();
    if name.contains(foreign::is_hidden) {
        scope.bad_value(
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
