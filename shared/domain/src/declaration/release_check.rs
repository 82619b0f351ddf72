//! Checks whether a release fits the declaration that it is deployed under.

// An image has to be of the declared repository: Windlass's roles read every repository of the account, so one
// application could deploy the image of another. A promotion, a rollback and an undo are not looked at again: what
// ran before is never refused.

use super::Declaration;
use super::resolved::ResolvedEnvironment;
use crate::declaration::kinds::Component;
use crate::document::shape::unknown_name;
use crate::release::artifact::{is_same_repository, split_image};
use crate::release::key::ArtifactPlace;
use crate::release::manifest::ArtifactRef;
use crate::release::may_lose::ResourceOf;
use crate::text::finding::Finding;
use crate::text::name::{ComponentName, EnvironmentName};
use std::collections::{BTreeMap, BTreeSet};

impl Declaration {
    /// Returns the findings about a release that does not fit: names that this declaration does not know, artifacts of
    /// a sort that the component's kind cannot take, another component's artifacts, and images of another repository
    /// than the component's in any environment.
    pub fn misfits(&self, components: &BTreeMap<ComponentName, ArtifactRef>) -> Vec<Finding> {
        let mut declared: BTreeMap<ComponentName, Repositories> = BTreeMap::new();
        let environments = self.environments();
        for here in environments.filter_map(|name| self.resolve(name).ok()) {
            for name in components.keys() {
                add(declared.entry(name.clone()).or_default(), &here, name);
            }
        }
        let none = Repositories::new();
        let fits = |(name, artifact)| {
            let place = self.place(None, name, true);
            self.misfit(place, artifact, declared.get(name).unwrap_or(&none))
        };
        components.iter().flat_map(fits).collect()
    }

    /// Returns the finding about one component in the environment that it goes to, or would go to where it is only
    /// planned.
    pub fn misfit_here(
        &self,
        name: &ComponentName,
        artifact: &ArtifactRef,
        here: &ResolvedEnvironment,
        planned: bool,
    ) -> Vec<Finding> {
        let mut declared = Repositories::new();
        add(&mut declared, here, name);
        let place = self.place(Some(&here.environment), name, planned);
        self.misfit(place, artifact, &declared)
    }

    fn place<'a>(
        &'a self,
        environment: Option<&'a EnvironmentName>,
        component: &'a ComponentName,
        planned: bool,
    ) -> ArtifactPlace<'a> {
        ArtifactPlace { app: self.app(), environment, component, planned }
    }

    fn misfit(&self, place: ArtifactPlace<'_>, artifact: &ArtifactRef, declared: &Repositories) -> Vec<Finding> {
        let name = place.component;
        let Some(component) = self.document.components.get(name) else { return vec![self.unknown_component(name)] };
        if let Some(of) = component.as_written().artifact_of() {
            return vec![taken(name, of)];
        }
        let of_another_sort = misfit(name, component, artifact);
        let one = of_another_sort
            .or_else(|| {
                let path = format!("components.{name}.key");
                place.finding(artifact.key.as_deref()?, &path)
            })
            .or_else(|| {
                let known = declared.values().flatten().cloned().collect();
                foreign(name, "image", artifact.image.as_deref()?, &known)
            });
        if let Some(finding) = one {
            return vec![finding];
        }
        artifact
            .images
            .iter()
            .flatten()
            .filter_map(|(container, image)| {
                let path = format!("images.{container}");
                match declared.get(container) {
                    Some(known) => foreign(name, &path, image, known),
                    None => Some(unknown_container(name, container, declared)),
                }
            })
            .collect()
    }

    /// Makes the finding that it has no component of this name, with the one that may be meant.
    pub fn unknown_component(&self, name: &ComponentName) -> Finding {
        let reason = format!("`{name}` is not a component of `{}` {}.", self.app(), self.version());
        unknown_name(format!("components.{name}"), reason, name.as_str(), self.components(), "")
    }
}

impl ResolvedEnvironment {
    /// Returns the findings about resources whose data may be lost: each is of a component that holds data, and that
    /// is changed.
    pub fn misplaced_losses(
        &self,
        may_lose: &BTreeSet<ResourceOf>,
        is_changed: impl Fn(&ComponentName) -> bool,
    ) -> Vec<Finding> {
        let finding = |resource: &ResourceOf| {
            let name = &resource.component;
            let Some(component) = self.components.get(name) else {
                let reason = format!("`{resource}`: `{name}` is not a component of `{}` {}.", self.app, self.version);
                return Some(unknown_name("may_lose", reason, name.as_str(), self.components.keys(), ""));
            };
            let kind = component.spec.kind();
            let (why, remedy) = match (component.spec.as_kind().holds_data(), is_changed(name)) {
                (true, true) => return None,
                (false, _) => (format!("a `{kind}` such as `{name}` loses no data."), "Remove it."),
                (true, false) => (
                    format!("nothing of `{name}` is changed, so that nothing is lost there."),
                    "Remove it; or ask for that component as well.",
                ),
            };
            Some(Finding::bad_value("may_lose", format!("`{resource}`: {why}"), remedy))
        };
        may_lose.iter().filter_map(finding).collect()
    }
}

/// Makes the finding that it comes with another component.
fn taken(name: &ComponentName, of: &ComponentName) -> Finding {
    Finding::bad_value(
        format!("components.{name}"),
        format!("`{name}` takes the artifact of `{of}`, as declared."),
        format!("Leave `{name}` out: it changes with each release of `{of}`."),
    )
}

fn misfit(name: &ComponentName, component: &Component, artifact: &ArtifactRef) -> Option<Finding> {
    let takes = component.as_written().takes();
    let wrong = (
        artifact.key.is_some() && !takes.key,
        artifact.image.is_some() && !takes.image,
        artifact.images.is_some() && !takes.images,
    );
    let field = match wrong {
        (true, ..) => "key",
        (_, true, _) => "image",
        (.., true) => "images",
        _ => return None,
    };
    Some(Finding::bad_value(
        format!("components.{name}.{field}"),
        format!("`{field}` is not what `{name}` takes."),
        takes.instead,
    ))
}

/// The repositories of a component's images by container, in one environment or in all of them.
type Repositories = BTreeMap<String, BTreeSet<String>>;

fn add(declared: &mut Repositories, here: &ResolvedEnvironment, name: &ComponentName) {
    for (container, repository) in here.repositories(name) {
        declared.entry(container.to_owned()).or_default().insert(repository.to_owned());
    }
}

/// Makes the finding about a container that takes no image of a release.
fn unknown_container(name: &ComponentName, container: &str, declared: &Repositories) -> Finding {
    let path = format!("components.{name}.images.{container}");
    let reason = format!("`{container}` is no container of `{name}` that takes an image of a release.");
    let otherwise = if declared.is_empty() { "Leave it out: the component takes no image." } else { "" };
    unknown_name(path, reason, container, declared.keys(), otherwise)
}

/// Refuses an image of another repository: it may be another application's, and Windlass's own role can read it.
fn foreign(name: &ComponentName, member: &str, image: &str, declared: &BTreeSet<String>) -> Option<Finding> {
    if declared.is_empty() {
        return Some(Finding::missing_field(
            format!("components.{name}.repository"),
            format!(
                "The image `{image}` cannot be distinguished from another application's, because `{name}` declares no \
                 `repository`."
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
    Some(Finding::bad_value(
        format!("components.{name}.{member}"),
        format!("The image `{image}` is not of the repository that `{name}` declares, {declared}."),
        format!("Push it to {declared} and write that image, or declare the repository that it is in."),
    ))
}
