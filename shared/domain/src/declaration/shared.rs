//! Components that take the artifact of another one: several functions of one zip, or a task with the image of a
//! service. Pure.

use super::Declaration;
use super::resolved::ResolvedEnvironment;
use crate::declaration::kinds::{Component, ImageOf, Shares};
use crate::document::shape::{join, unknown_name};
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use std::mem::discriminant;

impl Declaration {
    /// Returns the components that take another one's artifact, each with that one.
    pub fn shared_artifacts(&self) -> impl Iterator<Item = (&ComponentName, &ComponentName)> {
        let components = self.document.components.iter();
        components.filter_map(|(name, component)| Some((name, component.as_written().artifact_of()?)))
    }
}

/// Returns everything that is wrong with taking another one's artifact.
pub(super) fn findings(declaration: &Declaration) -> Vec<Finding> {
    let components = &declaration.document.components;
    let each = declaration.shared_artifacts().filter_map(|(name, of)| {
        let taker = components.get(name)?;
        let (reason, remedy) = wrong(declaration, taker, name, of)?;
        let path = format!("components.{name}.{}", member(taker));
        Some(Finding::bad_value(path, reason, remedy))
    });
    let unknown = declaration.shared_artifacts().filter_map(|(name, of)| {
        let taker = components.get(name)?;
        (!components.contains_key(of)).then(|| {
            let path = format!("components.{name}.{}", member(taker));
            let reason = format!("`{of}` is not a component of this declaration.");
            unknown_name(path, reason, of.as_str(), components.keys(), "").resting_on([format!("components.{of}")])
        })
    });
    unknown.chain(each).collect()
}

/// Returns the member that names the other component.
fn member(taker: &Component) -> &'static str {
    match taker.as_written().shares() {
        Shares::Zip => "artifact",
        Shares::Image => "image",
        Shares::Release => "function.of",
    }
}

/// Returns everything that is wrong in an environment with the containers whose images are taken.
pub(super) fn containers(resolved: &ResolvedEnvironment) -> Vec<Finding> {
    resolved
        .components
        .iter()
        .filter_map(|(name, component)| {
            let taken = component.spec.as_kind().image_of()?;
            // A service without a container is wrong itself.
            let known = resolved.containers(taken.component).filter(|known| !known.is_empty())?;
            let known: Vec<String> = known.keys().cloned().collect();
            wrong_container(name, &taken, &known)
        })
        .collect()
}

/// Checks the container of an image that is taken from a service with images in these containers.
fn wrong_container(name: &ComponentName, taken: &ImageOf<'_>, known: &[String]) -> Option<Finding> {
    let path = join(&format!("components.{name}"), taken.container_at);
    let of = taken.component;
    match taken.container {
        None if known.len() > 1 => Some(Finding::missing_field(
            path,
            format!("`{of}` takes images in {}, and none of them is named.", known.join(" and ")),
            format!("Write the one whose image it runs, such as `{}`.", known[0]),
        )),
        Some(container) if !container.is_empty() && !known.iter().any(|one| one == container) => Some(
            unknown_name(
                path,
                format!("`{container}` is no container of `{of}` that takes an image of a release."),
                container,
                known,
                "",
            )
            .resting_on([format!("components.{of}.container"), format!("components.{of}.containers")]),
        ),
        _ => None,
    }
}

/// Returns the finding if this component cannot take that one's artifact, with what to write instead.
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
    let is_other = discriminant(&taker.own) != discriminant(&giver.own);
    let (on_artifact, taker, giver) = (taker.common.on_artifact, taker.as_written(), giver.as_written());
    if let Some(from) = giver.artifact_of() {
        let reason = format!("`{of}` has no artifact of its own: it takes that of `{from}`.");
        return Some((reason, format!("Write `{from}`.")));
    }
    if taker.shares() == Shares::Image {
        let has_images = giver.takes().images;
        return (!has_images).then(|| {
            let reason = format!("A release brings `{of}` no image of a container.");
            let remedy = "Write a component of the kind `ecs` that takes images.";
            (reason, remedy.to_owned())
        });
    }
    if taker.shares() == Shares::Release {
        return None;
    }
    if is_other || !giver.takes().key {
        let reason = format!("`{of}` is not of the same kind, or takes no zip.");
        let remedy = "Write a component of the same kind that takes a zip, or remove it.";
        return Some((reason, remedy.to_owned()));
    }
    if !taker.takes().key || on_artifact {
        let reason = format!("`{name}` takes the artifact of `{of}`, and none of its own.");
        let remedy = "Remove `repository` and `on_artifact`, or `artifact`.";
        return Some((reason, remedy.to_owned()));
    }
    None
}
