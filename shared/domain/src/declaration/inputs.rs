//! The outputs that components take from others: as the engine asks for them, how they are filled into names, and the
//! check that they are given, and before the components change. Pure.

use super::resolved::{ResolvedComponent, ResolvedEnvironment};
use crate::declaration::kinds::Spec;
use crate::declaration::name_text::Given;
use crate::declaration::output::Output;
use crate::document::shape::{join, unknown_name};
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use std::collections::BTreeSet;

impl Spec {
    /// Returns the outputs that stand in its names, each with the member.
    pub fn outputs_in_names(&self) -> Vec<(String, Output)> {
        let mut own = self.clone();
        let names = own.as_kind_mut().names_mut().into_iter();
        let outputs = names.map(|name| {
            let member = name.member().to_owned();
            name.outputs().into_iter().map(move |output| (member.clone(), output))
        });
        outputs.flatten().collect()
    }

    /// Returns the component with what is given in the places of the outputs in its names, and what is wrong with them
    /// then. `path` is that of the component, and `origin` the endpoint of a local cloud, which addresses may name.
    pub fn filled(&self, path: &str, given: &Given, origin: Option<&str>) -> (Self, Vec<Finding>) {
        let mut filled = self.clone();
        let names = filled.as_kind_mut().names_mut().into_iter();
        let findings = names.filter_map(|name| name.fill(path, given, origin)).collect();
        (filled, findings)
    }
}

impl ResolvedEnvironment {
    /// Returns the outputs that a component takes from others, each with the member that takes it: those that its kind
    /// lists, and those in its names. Whoever runs the image of a service takes what the names of that take.
    pub fn takes(&self, component: &ResolvedComponent) -> Vec<(String, Output)> {
        listed(component).chain(self.takes_in_names(component)).collect()
    }

    /// Returns those of them that stand in names.
    pub fn takes_in_names(&self, component: &ResolvedComponent) -> Vec<(String, Output)> {
        component.spec.outputs_in_names().into_iter().chain(self.with_the_image(component)).collect()
    }

    /// Returns the outputs in the names of the service whose image a component runs.
    fn with_the_image(&self, component: &ResolvedComponent) -> impl Iterator<Item = (String, Output)> {
        let owner = component.spec.as_kind().image_of().and_then(|image| self.components.get(image.component));
        let names = owner.into_iter().flat_map(|owner| owner.spec.outputs_in_names());
        names.map(|(_, output)| ("image".to_owned(), output))
    }
}

/// Returns the outputs that the kind of a component lists.
fn listed(component: &ResolvedComponent) -> impl Iterator<Item = (String, Output)> {
    let listed = component.spec.as_kind().takes_from().into_iter();
    listed.flat_map(|it| it.outputs.into_iter().map(move |output| (it.member.to_owned(), output.clone())))
}

/// Returns everything that is wrong with the outputs that are taken in an environment. `taken` are those in texts, each
/// with the path of its text.
pub(super) fn findings(resolved: &ResolvedEnvironment, taken: &[(String, Output)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &resolved.components {
        let path = format!("components.{name}");
        let own = listed(component).chain(resolved.with_the_image(component));
        let own = own.map(|(member, output)| (join(&path, &member), output));
        let named = taken.iter().filter(|(at, _)| taker(at) == Some(name.as_str())).cloned();
        let before = before(resolved, name);
        for (at, output) in own.chain(named) {
            let found = unknown(resolved, &at, &output);
            let is_late = || !before.contains(&output.component);
            findings.extend(found.or_else(|| is_late().then(|| not_after(name, &output))));
        }
    }
    let of_gates = taken.iter().filter(|(at, _)| taker(at).is_none());
    findings.extend(of_gates.filter_map(|(at, output)| unknown(resolved, at, output)));
    findings
}

/// Returns the component in a name of which an output stands; `None` if it stands in a gate, of a component or of all.
fn taker(at: &str) -> Option<&str> {
    let (component, member) = at.strip_prefix("components.")?.split_once('.')?;
    (!member.starts_with("gates.")).then_some(component)
}

/// Returns the components that have changed before one.
pub fn before<'r>(resolved: &'r ResolvedEnvironment, name: &ComponentName) -> BTreeSet<&'r ComponentName> {
    let mut before = BTreeSet::new();
    let mut left: Vec<&ComponentName> = vec![name];
    while let Some(next) = left.pop() {
        let component = resolved.components.get(next);
        for earlier in component.into_iter().flat_map(|it| &it.after) {
            if before.insert(earlier) {
                left.push(earlier);
            }
        }
    }
    before
}

fn unknown(resolved: &ResolvedEnvironment, path: &str, output: &Output) -> Option<Finding> {
    let Output { component, name } = output;
    let Some(giver) = resolved.components.get(component) else {
        let reason = format!("`{output}`: `{component}` is not a component of this declaration.");
        let finding = unknown_name(path, reason, component.as_str(), resolved.components.keys(), "");
        return Some(finding.resting_on([format!("components.{component}")]));
    };
    let known = giver.spec.as_kind().gives();
    if known.contains(&name.as_str()) {
        return None;
    }
    let kind = giver.spec.kind();
    let nothing = format!("Remove it: `{component}` gives nothing to others.");
    let otherwise = if known.is_empty() { nothing } else { String::new() };
    let known = known.iter().map(|one| format!("{component}.{one}"));
    let reason = format!("`{output}`: the `{kind}` `{component}` gives no `{name}`.");
    Some(unknown_name(path, reason, &output.to_string(), known, otherwise))
}

fn not_after(name: &ComponentName, output: &Output) -> Finding {
    let earlier = &output.component;
    Finding::bad_value(
        format!("components.{name}.after"),
        format!("`{name}` takes `{output}`, and does not change after `{earlier}`."),
        format!("Add `{earlier}` to `after` of `{name}`."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_gate_is_no_name_of_a_component() {
        for (at, wanted) in [
            ("components.web.bucket", Some("web")),
            ("components.gates.bucket", Some("gates")),
            ("components.my-gates.config.values.gates.prod", Some("my-gates")),
            ("components.web.gates.probes[0].url", None),
            ("components.gates.gates.probes[0].url.prod", None),
            ("gates.probes[0].url", None),
            ("environments.prod.gates.probes[0].url", None),
        ] {
            assert_eq!(taker(at), wanted, "{at}");
        }
    }
}
