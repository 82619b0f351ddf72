//! A version has a record, and a name under which that is. A version that a tag rule takes belongs to the
//! environment of that rule, and each other one to the environment that recorded it first. So what another environment
//! tries out under it neither stands in the way of the release itself nor becomes a part of it (rule 5). Pure.

use crate::declaration::Declaration;
use crate::document::git_rule::{GitRef, GitRule, version_of_tag};
use crate::document::tag_version::version_behind;
use crate::release::artifact::Artifact;
use crate::release::identity::DeploymentId;
use crate::release::request::Requester;
use crate::release::{DIGITS, Release, digits};
use crate::text::name::{ComponentName, EnvironmentName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The record of a version text. It ensures that the version can never mean other bytes (rule 5), and that a person can
/// start any recorded release (promotion).
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedRelease {
    /// The release with every component that was ever recorded under this version.
    pub release: Release,
    /// The environment whose releases are recorded under it. What goes elsewhere may have the same bytes, and adds
    /// nothing: whoever may release into one environment gives nothing to the releases of another. Absent if an older
    /// Windlass recorded it.
    pub environment: Option<EnvironmentName>,
    /// The requester who recorded it first: whoever promotes it trusts them. Absent if an older Windlass recorded it.
    pub by: Option<Requester>,
    /// The others whose releases have added to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added_by: Vec<Requester>,
    /// The deployments under it, all of them, as long as each may have given it back. Absent where the version
    /// is taken for good: there were too many, or an older Windlass recorded it.
    pub tried: Option<Vec<DeploymentId>>,
}

/// The most deployments of one version that are kept to know whether it was given back; with one more it is taken.
const MOST_TRIED: usize = 20;

impl Declaration {
    /// Returns the name under which a release into an environment is recorded: its version, without a `v` where a tag
    /// rule takes it. If the release goes elsewhere, the first digits of its bytes' digest follow:
    /// `8.0.0+3f9a1c225566`. The release's Git ref does not count, because whoever releases writes it.
    pub fn version_name(&self, release: &Release, environment: &EnvironmentName) -> String {
        self.own_version(&release.version, environment).unwrap_or_else(|| release.marked())
    }

    /// Returns the name of a version that a release into this environment may have for itself; `None` if the digits of
    /// its bytes follow.
    pub fn own_version(&self, version: &str, environment: &EnvironmentName) -> Option<String> {
        let Some(own) = version_of_tag(version) else { return Some(version.to_owned()) };
        let takers: Vec<_> = self.rules().filter(|(_, rule)| takes(rule, &own)).collect();
        if takers.is_empty() {
            return Some(version.to_owned());
        }
        takers.iter().any(|(taker, _)| *taker == environment).then(|| own.to_string())
    }

    /// Returns the tag rule of an environment that does not take a version, such as `tag: stable` and a release
    /// candidate: the release goes there only because somebody named the environment.
    pub fn tag_rule_passed_by(&self, version: &str, environment: &EnvironmentName) -> Option<GitRule> {
        let (_, rule) = self.rules().find(|(name, _)| *name == environment)?;
        let is_taken = version_of_tag(version).is_some_and(|version| takes(&rule, &version));
        (matches!(rule, GitRule::Tag(_)) && !is_taken).then_some(rule)
    }
}

/// Returns whether a rule takes the tag of a version, with or without a leading `v`, behind its prefix.
fn takes(rule: &GitRule, version: &semver::Version) -> bool {
    let GitRule::Tag(rule) = rule else { return false };
    rule.takes(&version.to_string()) || rule.takes(&format!("v{version}"))
}

impl RecordedRelease {
    /// Returns the record of a version that nobody has, of which no deployment is noted yet.
    pub fn new(release: Release, environment: EnvironmentName, by: Requester) -> Self {
        Self { release, environment: Some(environment), by: Some(by), added_by: Vec::new(), tried: Some(Vec::new()) }
    }

    /// Notes somebody whose release has added to it.
    pub fn add_by(&mut self, by: Requester) {
        if self.by.as_ref() != Some(&by) && !self.added_by.contains(&by) {
            self.added_by.push(by);
        }
    }

    /// Returns all whose releases have brought what it has.
    pub fn brought_by(self) -> impl Iterator<Item = Requester> {
        self.by.into_iter().chain(self.added_by)
    }

    /// Notes a deployment under it. Each one is noted in the write by which it is recorded itself, so that of two that
    /// come at once one has to look again.
    pub fn note(&mut self, deployment: &DeploymentId) {
        let tried = self.tried.take().filter(|tried| tried.len() < MOST_TRIED);
        self.tried = tried.map(|tried| tried.into_iter().chain([deployment.clone()]).collect());
    }

    /// Returns whether each further deployment has to be noted.
    pub fn is_open(&self) -> bool {
        self.tried.as_ref().is_some_and(|tried| !tried.is_empty())
    }

    /// Returns whether other bytes may come under it: all of its deployments have given it back.
    pub fn is_given_back(&self, gave_back: impl Fn(&DeploymentId) -> bool) -> bool {
        self.tried.as_ref().is_some_and(|tried| !tried.is_empty() && tried.iter().all(gave_back))
    }

    /// Returns whether it is the record of another environment than this one.
    pub fn is_elsewhere(&self, environment: &EnvironmentName) -> bool {
        self.environment.as_ref().is_some_and(|own| own != environment)
    }

    /// Returns whether it is the record of other environments, and of other bytes than a release into this one has, or
    /// not of all of them.
    pub fn is_of_others(&self, release: &Release, environment: &EnvironmentName) -> bool {
        let has = |(name, artifact): (&ComponentName, &Artifact)| {
            let known = self.release.components.get(name);
            known.is_some_and(|known| known.has(artifact))
        };
        self.is_elsewhere(environment) && !release.components.iter().all(has)
    }
}

impl Release {
    /// Returns whether its name is this version with the digits of its bytes.
    pub fn is_marked(&self, version: &str) -> bool {
        self.version == marked(version, self)
    }

    /// Returns whether its name is the version of its own tag, which has this prefix, with the digits of its bytes: it
    /// was recorded by a release into an environment that has no such tag rule.
    pub fn is_marked_by_its_tag(&self, prefix: &str) -> bool {
        let tag = self.git.as_ref().map(|git| GitRef::of(&git.reference));
        let of_tag = tag.and_then(|tag| match tag {
            GitRef::Tag(tag) => version_behind(prefix, tag),
            _ => None,
        });
        of_tag.is_some_and(|version| self.is_marked(&version.to_string()))
    }

    /// Returns its version with the first digits of its bytes' digest.
    pub fn marked(&self) -> String {
        marked(&plain(&self.version), self)
    }

    /// Returns whether its name is one that a release of this version may have, whatever bytes of it are at hand.
    pub fn may_be_of(&self, version: &str) -> bool {
        let plain = plain(version);
        let rest = self.version.strip_prefix(&plain);
        let digits = rest.and_then(|rest| rest.strip_prefix(['+', '.']));
        let is_marked =
            digits.is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        self.version == version || rest == Some("") || is_marked
    }
}

/// Returns a version without a `v`, where it is a semantic version.
pub fn plain(version: &str) -> String {
    version_of_tag(version).map_or_else(|| version.to_owned(), |it| it.to_string())
}

fn marked(version: &str, release: &Release) -> String {
    // Semantic Versioning 2.0.0, 10: build metadata is separated by dots.
    let then = if version.contains('+') { '.' } else { '+' };
    format!("{version}{then}{}", digits(&release.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::git::Git;
    use crate::release::request::Route;
    use crate::text::digest::Digest;
    use crate::text::name::AppName;

    const DECLARATION: &str = "
app: shop
version: 1.0.0
environments:
  dev: {deploy: {branch: main}}
  try: {}
  staging: {deploy: {tag: release-candidate}}
  prod: {deploy: {tag: stable}}
components:
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

    fn release(version: &str, reference: Option<&str>, bytes: &[u8]) -> Release {
        let image = Artifact::Image { repository: "shop/agent".into(), digest: Digest::of(bytes) };
        let git = |reference: &str| Git { reference: reference.into(), commit: None, time: None, dirty: false };
        Release {
            app: AppName::new("shop").unwrap(),
            version: version.into(),
            git: reference.map(git),
            sequence: None,
            components: [(ComponentName::new("agent").unwrap(), image)].into(),
            image_push: false,
        }
    }

    fn named(version: &str, reference: Option<&str>, environment: &str) -> String {
        let declaration = Declaration::parse(DECLARATION).unwrap();
        let environment = EnvironmentName::new(environment).unwrap();
        let release = release(version, reference, b"bytes");
        declaration.version_name(&release, &environment).replace(digits(&release.bytes()), "DIGITS")
    }

    #[test]
    fn a_version_that_a_tag_rule_takes_is_of_that_environment_whatever_ref_a_release_names() {
        let main = Some("refs/heads/main");
        for (version, reference, environment, name) in [
            ("8.0.0", None, "prod", "8.0.0"),
            ("8.0.0", Some("refs/tags/v8.0.0"), "prod", "8.0.0"),
            ("v8.0.0", Some("refs/tags/v8.0.0"), "prod", "8.0.0"),
            ("8.0.0", Some("refs/tags/v8.0.0"), "dev", "8.0.0+DIGITS"),
            ("8.0.0", main, "dev", "8.0.0+DIGITS"),
            ("v8.0.0", main, "dev", "8.0.0+DIGITS"),
            ("8.0.0", None, "try", "8.0.0+DIGITS"),
            ("8.0.0", Some("refs/tags/v8.0.1"), "dev", "8.0.0+DIGITS"),
            ("8.0.0", None, "staging", "8.0.0+DIGITS"),
            ("8.0.0+4711", main, "dev", "8.0.0+4711.DIGITS"),
            ("8.0.0-rc.1", None, "staging", "8.0.0-rc.1"),
            ("v8.0.0-rc.1", None, "staging", "8.0.0-rc.1"),
            ("8.0.0-rc.1", main, "dev", "8.0.0-rc.1+DIGITS"),
            ("main-12", main, "dev", "main-12"),
            ("v1", main, "dev", "v1"),
        ] {
            assert_eq!(named(version, reference, environment), name, "{version} {reference:?} {environment}");
        }
    }

    #[test]
    fn a_version_that_the_rule_of_its_environment_does_not_take_passes_that_by() {
        let declaration = Declaration::parse(DECLARATION).unwrap();
        for (version, environment, passes_by) in [
            ("8.0.0-rc.1", "prod", true),
            ("blue", "prod", true),
            ("8.0.0", "prod", false),
            ("v8.0.0", "prod", false),
            ("8.0.0", "staging", true),
            ("8.0.0-rc.1", "staging", false),
            ("8.0.0-rc.1", "dev", false),
            ("8.0.0-rc.1", "try", false),
        ] {
            let environment = EnvironmentName::new(environment).unwrap();
            let rule = declaration.tag_rule_passed_by(version, &environment);
            assert_eq!(rule.is_some(), passes_by, "{version} {environment}");
        }
    }

    #[test]
    fn a_version_is_what_follows_the_prefix_of_a_tag_rule() {
        let text = DECLARATION.replace("tag: stable", "tag: {prefix: shop-v, is: stable}");
        let declaration = Declaration::parse(&text).unwrap();
        let [dev, prod] = ["dev", "prod"].map(|name| EnvironmentName::new(name).unwrap());
        let release = release("8.0.0", Some("refs/tags/shop-v8.0.0"), b"bytes");
        assert_eq!(declaration.version_name(&release, &prod), "8.0.0");
        assert_eq!(declaration.tag_rule_passed_by("8.0.0", &prod), None);
        let marked = Release { version: declaration.version_name(&release, &dev), ..release };
        assert!(marked.version.starts_with("8.0.0+"), "{}", marked.version);
        assert!(marked.is_marked_by_its_tag("shop-v") && !marked.is_marked_by_its_tag("web-v"));
        assert_eq!(declaration.environment_for("refs/tags/shop-v8.0.0"), Ok(Some(prod.clone())));
        assert_eq!(declaration.resolve(&prod).unwrap().tag_prefix, "shop-v");
    }

    #[test]
    fn a_version_that_no_tag_rule_takes_is_its_own_name() {
        let text =
            DECLARATION.replace("tag: stable", "branch: stable").replace("tag: release-candidate", "tag: 'v1.*'");
        let declaration = Declaration::parse(&text).unwrap();
        let dev = EnvironmentName::new("dev").unwrap();
        for (version, name) in [("8.0.0", "8.0.0"), ("v8.0.0", "v8.0.0")] {
            assert_eq!(declaration.version_name(&release(version, None, b"bytes"), &dev), name);
        }
        // The glob is of the tag, which may begin with `v`.
        let name = declaration.version_name(&release("1.0.0", None, b"bytes"), &dev);
        assert!(release("1.0.0", None, b"bytes").bytes().as_str().starts_with(&name["1.0.0+".len()..]), "{name}");
    }

    #[test]
    fn other_bytes_have_another_name_and_a_marked_one_is_known_by_its_bytes() {
        let declaration = Declaration::parse(DECLARATION).unwrap();
        let dev = EnvironmentName::new("dev").unwrap();
        let [one, other] = [b"one", b"two"].map(|bytes: &[u8; 3]| release("8.0.0", None, bytes));
        let names = [&one, &other].map(|it| declaration.version_name(it, &dev));
        assert_ne!(names[0], names[1]);
        let recorded = Release { version: names[0].clone(), ..one };
        assert!(recorded.is_marked("8.0.0") && !recorded.is_marked("8.0.1"));
        assert!(!Release { version: names[0].clone(), ..other }.is_marked("8.0.0"));
    }

    #[test]
    fn a_version_is_given_back_by_all_of_its_deployments_or_not_at_all() {
        let dev = EnvironmentName::new("dev").unwrap();
        let by = Requester::new(Route::Api, None);
        // Those that are noted, and those of them that have given it back.
        for (noted, gave_back, is_given_back) in [
            (0, 0, false),
            (1, 1, true),
            (1, 0, false),
            (3, 3, true),
            (3, 2, false),
            (MOST_TRIED, MOST_TRIED, true),
            (MOST_TRIED + 1, MOST_TRIED + 1, false),
            (MOST_TRIED + 9, MOST_TRIED + 9, false),
        ] {
            let ids: Vec<DeploymentId> = (0..noted).map(|at| DeploymentId(at.to_string())).collect();
            let mut recorded = RecordedRelease::new(release("1.0.0", None, b"one"), dev.clone(), by.clone());
            for id in &ids {
                recorded.note(id);
            }
            let has_given_back = |id: &DeploymentId| ids[..gave_back].contains(id);
            assert_eq!(recorded.is_given_back(has_given_back), is_given_back, "{noted} {gave_back}");
            assert_eq!(recorded.is_open(), (1..=MOST_TRIED).contains(&noted), "{noted}");
        }
        // An older Windlass has noted none: a further deployment is not the only one.
        let mut old = RecordedRelease { tried: None, ..RecordedRelease::new(release("1", None, b"one"), dev, by) };
        old.note(&DeploymentId("1".into()));
        assert!(!old.is_given_back(|_| true) && !old.is_open());
    }

    #[test]
    fn a_record_of_another_environment_is_shared_by_the_same_bytes_alone() {
        let [dev, prod] = ["dev", "prod"].map(|name| EnvironmentName::new(name).unwrap());
        let by = Requester::new(Route::Api, None);
        let recorded = RecordedRelease::new(release("1.0.0", None, b"one"), dev.clone(), by);
        let mut more = release("1.0.0", None, b"one");
        let web = ComponentName::new("web").unwrap();
        more.components.insert(web, more.components.values().next().unwrap().clone());
        for (release, environment, is_of_others) in [
            (&recorded.release, &prod, false),
            (&release("1.0.0", None, b"two"), &prod, true),
            (&more, &prod, true),
            (&more, &dev, false),
        ] {
            assert_eq!(recorded.is_of_others(release, environment), is_of_others, "{release:?} {environment}");
        }
    }
}
