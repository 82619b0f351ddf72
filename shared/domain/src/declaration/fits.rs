//! Whether a manifest fits the declaration that it is deployed under.

use super::Declaration;
use super::component::Component;
use super::resolved::Base;
use crate::finding::{Finding, FindingName};
use crate::manifest::{ArtifactRef, Manifest};
use crate::name::ComponentName;
use crate::shape::{nearest, suggest};

impl Declaration {
    /// What a manifest names that this declaration does not know, and artifacts of a sort that the
    /// component's kind cannot take.
    pub fn manifest_findings(&self, manifest: &Manifest) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, artifact) in &manifest.components {
            match self.document.components.get(name) {
                None => findings.push(self.unknown_component(name)),
                Some(component) => findings.extend(misfit(name, component, artifact)),
            }
        }
        findings
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
        Component::Lambda(_) => (true, true, "A function takes a zip or an image."),
        Component::Ecs(service) => (
            service.base == Base::Artifact,
            true,
            "An ECS service takes an image: write `image`.",
        ),
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
        format!("`{field}` is not what the kind of `{name}` takes."),
        what,
    ))
}
