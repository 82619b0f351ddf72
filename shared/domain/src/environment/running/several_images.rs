//! The record of a service that takes several images: each image has names of its own. Pure.

use super::{BEFORE_WINDLASS, FOUND, GivenVersion, Running, VersionNames};
use crate::release::artifact::Artifact;
use serde_json::Value;
use std::collections::BTreeMap;

impl Running {
    /// Makes the record that a deployment leaves of a component. The component runs `whole`; the deployment's `release`
    /// brings all or some of that. Bytes that were there get the name that the release gives, or keep theirs, and keep
    /// by whom they came.
    pub fn left(
        whole: Artifact,
        release: &Artifact,
        given: &GivenVersion,
        former: Option<&Self>,
        state: Value,
    ) -> Self {
        let images = whole.containers().into_iter().flatten();
        let brings = release.containers();
        let names = images.map(|(name, image)| {
            let is_named = brings.is_none_or(|brings| brings.contains_key(name));
            let known = former.and_then(|former| former.names_of_image(name, image));
            let names = match known.cloned() {
                Some(mut known) => {
                    if is_named {
                        known.rename(given.clone());
                    }
                    known
                }
                None if is_named => VersionNames::of(given.clone()),
                None => VersionNames::of(GivenVersion {
                    version: found_as(former, name).to_owned(),
                    git: None,
                    ..given.clone()
                }),
            };
            (name.clone(), names)
        });
        let names: BTreeMap<String, VersionNames> = names.collect();
        let left = Self::new(Some(whole), given.clone(), state);
        left.named_by(names).known_like(former)
    }

    /// Makes the record that a deployment leaves of a component that it took back to this. The deployment gives it
    /// again the names that it had then. Images that ran all the time keep by whom they came.
    #[must_use]
    pub fn again(&self, given: &GivenVersion, former: Option<&Self>, state: Value) -> Self {
        let called = |names: &VersionNames| given.called(&names.now);
        let images = self.artifact.as_ref().and_then(Artifact::containers);
        let names = self.names_by_container().into_iter().map(|(name, then)| {
            let image = images.and_then(|images| images.get(&name));
            let known = image.zip(former);
            let known = known.and_then(|(image, former)| former.names_of_image(&name, image));
            let names = match known.cloned() {
                Some(mut known) => {
                    known.rename(called(&then));
                    known
                }
                None => VersionNames::of(called(&then)),
            };
            (name, names)
        });
        let names: BTreeMap<String, VersionNames> = names.collect();
        let again = Self::new(self.artifact.clone(), called(&self.names), state);
        again.named_by(names).known_like(former)
    }

    /// Gives the same bytes the names that `then` has for them, now.
    pub fn rename_as(&mut self, then: &Self, given: &GivenVersion) {
        let rename = |of: &mut Self, container: Option<&str>| {
            of.rename(container, given.called(&then.names_of(container).now));
        };
        let names = then.names_by_container();
        if names.is_empty() {
            rename(self, None);
        }
        for name in names.keys() {
            rename(self, Some(name));
        }
    }
}

/// Returns the version of an image that a release kept and that is not the recorded one.
fn found_as(former: Option<&Running>, container: &str) -> &'static str {
    let images = former.and_then(|former| former.artifact.as_ref()?.containers());
    match images {
        Some(images) if images.contains_key(container) => FOUND,
        _ => BEFORE_WINDLASS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::artifact::Image;
    use crate::release::identity::DeploymentId;
    use crate::text::digest::Digest;
    use crate::text::time::Time;

    fn images(of: &str) -> Artifact {
        let one = |text: &str| {
            let (name, bytes) = text.split_once('=').unwrap();
            let image = Image { repository: format!("shop/{name}"), digest: Digest::of(bytes.as_bytes()) };
            (name.to_owned(), image)
        };
        Artifact::Images { containers: of.split(' ').map(one).collect() }
    }

    fn given(version: &str, at: u64) -> GivenVersion {
        GivenVersion {
            version: version.into(),
            deployment: DeploymentId(format!("by-{at}")),
            since: Time(at),
            git: None,
            released_by: None,
        }
    }

    /// Says the version, and by whom name and bytes of each container came.
    fn in_words(running: &Running) -> String {
        let names = running.containers.iter().map(|(name, names)| {
            let VersionNames { now, brought } = names;
            format!("{name} {} {}", now.deployment, brought.deployment)
        });
        let names: Vec<String> = names.collect();
        format!("{}; {}", running.version(), names.join(", "))
    }

    fn left(whole: &str, named: &str, version: &str, at: u64, former: Option<&Running>) -> Running {
        let (whole, named) = (images(whole), images(named));
        Running::left(whole, &named, &given(version, at), former, Value::Null)
    }

    #[test]
    fn a_release_of_one_container_names_that_one_and_the_other_keeps_its_name() {
        let first = left("web=1 worker=0", "web=1", "1.0.0", 1, None);
        assert_eq!(in_words(&first), "web 1.0.0, worker before-windlass; web by-1 by-1, worker by-1 by-1");
        let both = left("web=2 worker=2", "web=2 worker=2", "2.0.0", 2, Some(&first));
        assert_eq!(in_words(&both), "2.0.0; web by-2 by-2, worker by-2 by-2");
        let web = left("web=3 worker=2", "web=3", "3.0.0", 3, Some(&both));
        assert_eq!(in_words(&web), "web 3.0.0, worker 2.0.0; web by-3 by-3, worker by-2 by-2");
        assert_eq!(web.names.now.deployment.0, "by-3");
        // Named with the bytes that run.
        let named = left("web=4 worker=2", "web=4 worker=2", "4.0.0", 4, Some(&web));
        assert_eq!(in_words(&named), "4.0.0; web by-4 by-4, worker by-4 by-2");
        let by = |running: &Running| running.given_by().into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(by(&web), ["by-2", "by-3"].map(|id| DeploymentId(id.into())));
        assert_eq!(by(&named), ["by-2", "by-4"].map(|id| DeploymentId(id.into())));
        // An image that somebody else brought is no release's.
        let foreign = left("web=5 worker=x", "web=5", "5.0.0", 5, Some(&named));
        assert_eq!(in_words(&foreign), "web 5.0.0, worker found; web by-5 by-5, worker by-5 by-5");
    }

    #[test]
    fn one_image_that_ran_before_there_were_two_keeps_its_name() {
        let Some(Image { repository, digest }) = images("web=1").containers().and_then(|all| all.get("web").cloned())
        else {
            panic!("an image");
        };
        let single = Artifact::Image { repository, digest };
        let single = Running::new(Some(single), given("1.0.0", 1), Value::Null);
        let two = left("web=1 worker=2", "worker=2", "main+2", 2, Some(&single));
        assert_eq!(in_words(&two), "web 1.0.0, worker main+2; web by-1 by-1, worker by-2 by-2");
    }

    #[test]
    fn what_goes_back_comes_from_where_it_came_then() {
        let from = |commit: &str, given: GivenVersion| GivenVersion {
            git: serde_json::from_value(serde_json::json!({"ref": "refs/heads/main", "commit": commit})).unwrap(),
            ..given
        };
        let commit = |running: &Running| Some(running.names.now.git.clone()?.commit.unwrap());
        let whole = images("web=1 worker=1");
        let first = from("aaaaaaa", given("1.0.0", 1));
        let then = Running::left(whole.clone(), &whole, &first, None, Value::Null);
        let (whole, web) = (images("web=2 worker=1"), images("web=2"));
        let second = from("bbbbbbb", given("2.0.0", 2));
        let now = Running::left(whole, &web, &second, Some(&then), Value::Null);
        assert_eq!(commit(&then).as_deref(), Some("aaaaaaa"));
        assert_eq!(commit(&now), None, "its containers come from two commits");
        let rollback = given("1.0.0", 3);
        let back = then.again(&rollback, Some(&now), Value::Null);
        assert_eq!(commit(&back).as_deref(), Some("aaaaaaa"));
        let mut renamed = now.clone();
        renamed.rename_as(&then, &rollback);
        assert_eq!(commit(&renamed).as_deref(), Some("aaaaaaa"));
    }

    #[test]
    fn what_goes_back_has_the_names_that_it_had() {
        let then = left("web=1 worker=1", "web=1 worker=1", "1.0.0", 1, None);
        let now = left("web=2 worker=1", "web=2", "2.0.0", 2, Some(&then));
        let back = then.again(&given("rollback", 3), Some(&now), Value::Null);
        assert_eq!(in_words(&back), "1.0.0; web by-3 by-3, worker by-1 by-1");
        assert_eq!(back.artifact, then.artifact);
        // In place already, by another name of one container.
        let mut renamed = then.clone();
        assert!(renamed.rename(Some("web"), given("1.0.1", 4)));
        assert!(!renamed.rename(Some("web"), given("1.0.1", 5)));
        assert_eq!(in_words(&renamed), "web 1.0.1, worker 1.0.0; web by-4 by-1, worker by-1 by-1");
        renamed.rename_as(&then, &given("rollback", 6));
        assert_eq!(in_words(&renamed), "1.0.0; web by-6 by-1, worker by-1 by-1");
    }
}
