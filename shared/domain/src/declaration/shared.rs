//! Components that take the artifact of another one: several functions of one zip. Pure.

use super::Declaration;
use crate::finding::{Finding, FindingName};
use crate::kinds::Component;
use crate::name::ComponentName;
use crate::shape::{nearest, suggest};
use std::mem::discriminant;

impl Declaration {
    /// The components that take another one's artifact, each with that one.
    pub fn shared_artifacts(&self) -> impl Iterator<Item = (&ComponentName, &ComponentName)> {
        let components = self.document.components.iter();
        components.filter_map(|(name, component)| Some((name, component.artifact_of()?)))
    }
}

/// Everything that is wrong with taking another one's artifact.
pub(super) fn findings(declaration: &Declaration) -> Vec<Finding> {
    let components = &declaration.document.components;
    let each = declaration.shared_artifacts().filter_map(|(name, of)| {
        let taker = components.get(name)?;
        let (reason, remedy) = wrong(declaration, taker, name, of)?;
        let path = format!("components.{name}.artifact");
        Some(Finding::new(FindingName::BadValue, path, reason, remedy))
    });
    let unknown = declaration.shared_artifacts().filter_map(|(name, of)| {
        let known: Vec<String> = components.keys().map(ToString::to_string).collect();
        (!components.contains_key(of)).then(|| {
            Finding::new(
                FindingName::UnknownName,
                format!("components.{name}.artifact"),
                format!("`{of}` is not a component of this declaration."),
                suggest(nearest(of.as_str(), &known), &known),
            )
        })
    });
    unknown.chain(each).collect()
}

/// The reason for which this one cannot take that one's, and what to write instead.
fn wrong(
    declaration: &Declaration,
    taker: &Component,
    name: &ComponentName,
    of: &ComponentName,
) -> Option<(String, String)> {
    let giver = declaration.document.components.get(of)?;
    if name == of {
        let reason = format!("`{name}` takes its own artifact.");
        return Some((reason, "Remove it, or write another component.".to_owned()));
    }
    if let Some(from) = giver.artifact_of() {
        let reason = format!("`{of}` has no artifact of its own: it takes that of `{from}`.");
        return Some((reason, format!("Write `{from}`.")));
    }
    if discriminant(taker) != discriminant(giver) || !giver.takes().key {
        let reason = format!("`{of}` is not of the same kind, or takes no zip.");
        let remedy = "Write a component of the same kind that takes a zip, or remove it.";
        return Some((reason, remedy.to_owned()));
    }
    if !taker.takes().key || taker.on_artifact() {
        let reason = format!("`{name}` takes the artifact of `{of}`, and none of its own.");
        let remedy = "Remove `repository` and `on_artifact`, or `artifact`.";
        return Some((reason, remedy.to_owned()));
    }
    None
}
