//! Checks the outputs that components take from others: these must be given, and before the components change. Pure.

use super::resolved::Resolved;
use crate::declaration::output::Output;
use crate::document::shape::{join, unknown_name};
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use std::collections::BTreeSet;

/// Returns everything that is wrong with the outputs that the components of an environment take.
pub(super) fn findings(resolved: &Resolved) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &resolved.components {
        let Some(taken) = component.spec.as_kind().takes_from() else {
            continue;
        };
        let path = format!("components.{name}");
        let before = before(resolved, name);
        for output in taken.outputs {
            let at = join(&path, taken.member);
            let found = unknown(resolved, &at, output);
            let is_late = || !before.contains(&output.component);
            findings.extend(found.or_else(|| is_late().then(|| not_after(name, output))));
        }
    }
    findings
}

/// Returns the components that have changed before one.
fn before<'r>(resolved: &'r Resolved, name: &ComponentName) -> BTreeSet<&'r ComponentName> {
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

fn unknown(resolved: &Resolved, path: &str, output: &Output) -> Option<Finding> {
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
    let nothing = format!("Remove it: a `{kind}` gives nothing to others.");
    let otherwise = if known.is_empty() { nothing } else { String::new() };
    let known = known.iter().map(|one| format!("{component}.{one}"));
    let reason = format!("`{output}`: a `{kind}` such as `{component}` gives no `{name}`.");
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
