//! Whether a release fits the declaration that it is deployed under.

use super::Declaration;
use super::component::Component;
use super::resolved::Base;
use crate::finding::{Finding, FindingName};
use crate::manifest::ArtifactRef;
use crate::name::ComponentName;
use crate::shape::{nearest, suggest};
use std::collections::BTreeMap;

impl Declaration {
    /// What a release names that this declaration does not know, and artifacts of a sort that the
    /// component's kind cannot take.
    pub fn misfits(&self, components: &BTreeMap<ComponentName, ArtifactRef>) -> Vec<Finding> {
        let components = components.iter();
        components
            .filter_map(|(name, artifact)| self.misfit(name, artifact))
            .collect()
    }

    /// The same of one component.
    pub fn misfit(&self, name: &ComponentName, artifact: &ArtifactRef) -> Option<Finding> {
        match self.document.components.get(name) {
            None => Some(self.unknown_component(name)),
            Some(component) => misfit(name, component, artifact),
        }
    }

    fn unknown_component(&self, name: &ComponentName) -> Finding {
        let known: Vec<String> = self.components().map(ToString::to_string).collect();
        Finding::new(
            FindingName::UnknownName,
            format!("components.{name}"),
            format!(
                "`{name}` is not a component of `{}` {}.",
                self.app(),
                self.version()
            ),
            suggest(nearest(name.as_str(), &known), &known),
        )
    }
}

fn misfit(name: &ComponentName, component: &Component, artifact: &ArtifactRef) -> Option<Finding> {
    let (takes_key, takes_image, what) = match component {
        Component::StaticSite(_) => (true, false, "A static site takes a zip: write `key`."),
        Component::Lambda(function) => (
            function.repository.is_none(),
            true,
            "A function with a `repository` takes an image: write `image`.",
        ),
        Component::Ecs(service) if service.base == Base::Artifact => (
            true,
            false,
            "An ECS service with `base: artifact` takes a task definition: write `key`.",
        ),
        Component::Ecs(_) => (false, true, "An ECS service takes an image: write `image`."),
    };
    let wrong = (
        artifact.key.is_some() && !takes_key,
        artifact.image.is_some() && !takes_image,
    );
    let field = match wrong {
        (true, _) => "key",
        (_, true) => "image",
        _ => return None,
    };
    Some(Finding::new(
        FindingName::BadValue,
        format!("components.{name}.{field}"),
        format!("`{field}` is not what `{name}` takes."),
        what,
    ))
}
