//! Whether a release fits the declaration that it is deployed under.

use super::Declaration;
use super::resolved::Resolved;
use crate::finding::{Finding, FindingName};
use crate::image::{is_same_repository, split_image};
use crate::kinds::Component;
use crate::manifest::{ArtifactRef, key_finding};
use crate::name::ComponentName;
use crate::shape::{nearest, suggest};
use std::collections::{BTreeMap, BTreeSet};

impl Declaration {
    /// What a release names that this declaration does not know, artifacts of a sort that the
    /// component's kind cannot take, another component's artifacts, and images of another repository than the component's in any
    /// environment.
    pub fn misfits(&self, components: &BTreeMap<ComponentName, ArtifactRef>) -> Vec<Finding> {
        let mut declared: BTreeMap<ComponentName, BTreeSet<String>> = BTreeMap::new();
        let environments = self.environments();
        for here in environments.filter_map(|name| self.resolve(name).ok()) {
            for name in components.keys() {
                let repository = here.repository(name).map(str::to_owned);
                declared.entry(name.clone()).or_default().extend(repository);
            }
        }
        let fits = |(name, artifact)| {
            let none = BTreeSet::new();
            self.misfit(name, artifact, declared.get(name).unwrap_or(&none))
        };
        components.iter().filter_map(fits).collect()
    }

    /// The same of one component in the environment that it goes to.
    pub fn misfit_here(
        &self,
        name: &ComponentName,
        artifact: &ArtifactRef,
        here: &Resolved,
    ) -> Option<Finding> {
        let declared = here.repository(name).map(str::to_owned);
        self.misfit(name, artifact, &declared.into_iter().collect())
    }

    fn misfit(
        &self,
        name: &ComponentName,
        artifact: &ArtifactRef,
        declared: &BTreeSet<String>,
    ) -> Option<Finding> {
        let Some(component) = self.document.components.get(name) else {
            return Some(self.unknown_component(name));
        };
        if let Some(of) = component.artifact_of() {
            return Some(taken(name, of));
        }
        let of_another_sort = misfit(name, component, artifact);
        of_another_sort
            .or_else(|| self.elsewhere(name, artifact.key.as_deref()?))
            .or_else(|| foreign(name, artifact.image.as_deref()?, declared))
    }

    fn elsewhere(&self, name: &ComponentName, key: &str) -> Option<Finding> {
        key_finding(self.app(), name, key, &format!("components.{name}.key"))
    }

    /// That it has no component of this name, and which one may be meant.
    pub fn unknown_component(&self, name: &ComponentName) -> Finding {
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

/// That it comes with another one.
fn taken(name: &ComponentName, of: &ComponentName) -> Finding {
    Finding::new(
        FindingName::BadValue,
        format!("components.{name}"),
        format!("`{name}` takes the artifact of `{of}`, as declared."),
        format!("Leave `{name}` out: it changes with each release of `{of}`."),
    )
}

fn misfit(name: &ComponentName, component: &Component, artifact: &ArtifactRef) -> Option<Finding> {
    let takes = component.takes();
    let wrong = (
        artifact.key.is_some() && !takes.key,
        artifact.image.is_some() && !takes.image,
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
        takes.instead,
    ))
}

/// An image of another repository may be another application's, which Windlass's own role can read.
fn foreign(name: &ComponentName, image: &str, declared: &BTreeSet<String>) -> Option<Finding> {
    if declared.is_empty() {
        return Some(Finding::new(
            FindingName::MissingField,
            format!("components.{name}.repository"),
            format!(
                "The image `{image}` cannot be told from another application's, because `{name}` declares no `repository`."
            ),
            "Write the repository that its images are pushed to as `repository` into the declaration.",
        ));
    }
    let (repository, _) = split_image(image);
    let mut known = declared.iter();
    if known.any(|declared| is_same_repository(repository, declared)) {
        return None;
    }
    let declared: Vec<String> = declared.iter().map(|known| format!("`{known}`")).collect();
    let declared = declared.join(" or ");
    Some(Finding::new(
        FindingName::BadValue,
        format!("components.{name}.image"),
        format!("The image `{image}` is not of the repository that `{name}` declares, {declared}."),
        format!(
            "Push it to {declared} and write that image, or declare the repository that it is in."
        ),
    ))
}
