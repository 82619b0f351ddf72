//! A declaration without mistakes, and what it says: its names, its rules and its environments.

use super::document::Document;
use crate::declaration::drill_schedule::Schedule;
use crate::declaration::heal::Heal;
use crate::declaration::topic::Notify;
use crate::document::git_rule::{GitRef, GitRule, the_one};
use crate::document::shape::unknown_name;
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use std::iter;

/// A declaration without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub(super) document: Document,
    pub(super) digest: Digest,
    /// Its environments in the order in which people wrote them.
    pub(super) order: Vec<EnvironmentName>,
}

impl Declaration {
    /// Returns the application's name.
    pub fn app(&self) -> &AppName {
        &self.document.app
    }

    /// Returns the declaration's version.
    pub fn version(&self) -> &semver::Version {
        &self.document.version
    }

    /// Returns the name that the application had, if the declaration gives one.
    pub fn formerly(&self) -> Option<&AppName> {
        self.document.formerly.as_ref()
    }

    /// Returns the digest of its content: comments, order of fields and layout do not count.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns the names of its environments in the order in which people wrote them.
    pub fn environments(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.order.iter()
    }

    /// Returns the topics that get the messages of an environment; without one, those of the application as a whole.
    pub fn notify(&self, environment: Option<&EnvironmentName>) -> &[Notify] {
        let environment = environment.and_then(|name| self.document.environments.get(name));
        environment.and_then(|environment| environment.notify.as_deref()).unwrap_or(&self.document.notify)
    }

    /// Returns the lists of topics that it has, each with its place.
    pub fn topics(&self) -> impl Iterator<Item = (String, &[Notify])> {
        let document = &self.document;
        let of_environments = document.environments.iter().map(|(name, environment)| {
            let own = environment.notify.as_deref().unwrap_or_default();
            (format!("environments.{name}.notify"), own)
        });
        iter::once(("notify".to_owned(), document.notify.as_slice())).chain(of_environments)
    }

    /// Returns the schedule of the drills of an environment.
    pub fn drills(&self, environment: &EnvironmentName) -> Option<&Schedule> {
        self.document.environments.get(environment)?.drill.as_ref()
    }

    /// Returns the names of its components.
    pub fn components(&self) -> impl Iterator<Item = &ComponentName> {
        self.document.components.keys()
    }

    /// Returns the rule for each component that somebody else changes in an environment. Nothing is deployed into an
    /// environment that is not declared any more, so nothing is restored there.
    pub fn heal(&self, environment: &EnvironmentName) -> impl Iterator<Item = (ComponentName, Heal)> {
        let is_declared = self.document.environments.contains_key(environment);
        self.document.components.iter().map(move |(name, component)| {
            let heal = match component.common.heal {
                Heal::Restore if !is_declared => Heal::Report,
                heal => heal,
            };
            (name.clone(), heal)
        })
    }

    /// Returns the document as people wrote it.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns the environment that a full Git ref goes to; `None` if it matches no rule.
    ///
    /// # Errors
    /// `AmbiguousRef` if it matches the rules of several.
    pub fn environment_for(&self, reference: &str) -> Result<Option<EnvironmentName>, Finding> {
        let git_ref = GitRef::of(reference);
        let matching = self.rules().filter(|(_, rule)| rule.matches(git_ref));
        the_one(matching.map(|(name, _)| name), "git.ref", reference)
    }

    /// Returns the environment that an image tag goes to; `None` if it matches no rule. See
    /// [`GitRule::matches_image_tag`].
    ///
    /// # Errors
    /// `AmbiguousRef` if it matches the rules of several.
    pub fn environment_for_image_tag(&self, tag: &str) -> Result<Option<EnvironmentName>, Finding> {
        let matching = self.rules().filter(|(_, rule)| rule.matches_image_tag(tag));
        the_one(matching.map(|(name, _)| name), "image_push.tag", tag)
    }

    /// Returns the member of a component that names its repositories.
    pub fn repository_at(&self, component: &ComponentName) -> &'static str {
        let component = self.document.components.get(component);
        component.map_or("repository", |component| component.as_written().repository_at())
    }

    /// Makes the finding that an artifact lies below the prefix of no environment, with the place that is meant: before
    /// there were prefixes, the component stood where the environment stands now.
    pub fn no_such_prefix(&self, key: &str, environment: &EnvironmentName) -> Finding {
        let app = self.app();
        let is_component = self.components().any(|it| it.as_str() == environment.as_str());
        let component = if is_component { environment.as_str() } else { "<component>" };
        let reason = format!("`{environment}` is no environment of `{app}`, so nothing came of this upload.");
        let otherwise = format!("Upload it below `artifacts/{app}/<environment>/{component}/`.");
        unknown_name(key, reason, environment.as_str(), self.environments(), otherwise)
    }

    /// Makes the finding that a ref or a tag matches no environment's rule, with the rules.
    pub fn no_rule(&self, path: &str, seen: &str) -> Finding {
        let rules = self.rules().map(|(name, rule)| format!("`{name}` {rule}"));
        let rules: Vec<String> = rules.collect();
        let known = match rules.as_slice() {
            [] => "No environment has a rule (`deploy`)".to_owned(),
            rules => format!("The rules: {}", rules.join("; ")),
        };
        // A push of an image has a tag, and no ref.
        let meant = if path.ends_with("ref") { self.guess_git_ref(seen) } else { String::new() };
        Finding::new(
            FindingName::NoEnvironment,
            path,
            format!("`{}` matches no environment's rule.", repeated(seen)),
            format!(
                "{meant}{known}. Write a ref or a tag that one of them matches, mend `deploy` of the environment \
                 that is meant, or name the environment in the request."
            ),
        )
        .resting_on(["environment"])
    }

    /// Says what to write in place of a ref that matches no environment's rule. The text ends with a space, or is
    /// empty.
    pub fn guess_git_ref(&self, seen: &str) -> String {
        let rules: Vec<GitRule> = self.rules().map(|(_, rule)| rule).collect();
        crate::document::git::guess_git_ref(seen, &rules)
    }

    /// Returns the environments with a rule, and their rules.
    pub fn rules(&self) -> impl Iterator<Item = (&EnvironmentName, GitRule)> {
        self.document
            .environments
            .iter()
            .filter_map(|(name, environment)| Some((name, environment.deploy.as_ref()?.rule())))
    }

    /// Makes the finding that there is no such environment.
    pub(super) fn unknown_environment(&self, environment: &EnvironmentName) -> Finding {
        let reason = format!("`{environment}` is not an environment of `{}`.", self.document.app);
        unknown_name("environment", reason, environment.as_str(), self.environments(), "")
    }
}
