//! The application that is to be declared, from which the files are written, with the deployment preferences that go
//! out of a template of AWS SAM: the steps in which callers are moved, and the alarms.

use super::pieces::requests::TrialRequest;
use super::pieces::{Piece, PieceSort, stacks};
use crate::init::environments::pattern;
use crate::init::import::Imported;
use crate::init::import::sam::import;
use crate::init::repository::Repository;
use crate::init::text::DeclaredText;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::LARGEST;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::document::possible_ref::no_version;
use windlass_domain::document::syntax;

/// The application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitApplication {
    /// Its name.
    pub app: String,
    /// Its environments, in the order in which a release goes through them.
    pub environments: Vec<InitEnvironment>,
    /// Its components, in the order in which they are changed.
    pub components: Vec<InitComponent>,
    /// The region of Windlass and of the targets.
    pub region: String,
    /// `owner/name` on GitHub; `None` where another CI releases.
    pub github: Option<String>,
    /// The numbers of the repository's owner and of the repository on GitHub; `None` where they are not known.
    pub github_ids: Option<(String, String)>,
    /// The environment on GitHub in which the job of each environment runs; `None` where the jobs run in none.
    pub github_environment: Option<DeclaredText>,
    /// The installation's stack.
    pub stack: String,
    /// The account of the installation.
    pub account: String,
    /// The address of the installation's API, if it is known.
    pub endpoint: Option<String>,
    /// The action of Windlass that the workflow uses, as `owner/name@ref`; `None` for a workflow without it.
    pub action: Option<String>,
    /// The settings of a deployer before Windlass that are carried over.
    pub carried: DeploymentPreference,
    /// True if infrastructure code makes task definitions of its own.
    pub is_coded: bool,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitEnvironment {
    /// Its name.
    pub name: String,
    /// Its rule from Git.
    pub rule: Rule,
}

/// A rule from Git to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Branches, as globs.
    Branches(Vec<String>),
    /// A tag: `stable`, `release-candidate`, or a glob.
    Tag(String),
    /// Only by name.
    None,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitComponent {
    /// Its name.
    pub name: String,
    /// The piece that it is made of.
    pub piece: Piece,
    /// The target that it lives in.
    pub target: InitTarget,
}

/// The target of a component. Of all kinds these are the ones that a repository and an account show by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitTarget {
    /// A bucket, and a distribution before it.
    Site {
        /// The bucket.
        bucket: DeclaredText,
        /// The distribution's id; `None` where there is none.
        distribution: Option<DeclaredText>,
        /// The address under which visitors reach it; `None` where that is the distribution's own.
        url: Option<DeclaredText>,
    },
    /// A function.
    Function {
        /// Its name.
        function: DeclaredText,
        /// The alias that callers name.
        alias: String,
        /// The repository of its image.
        repository: Option<String>,
        /// The request with which a new version is tried before callers get it; else why none is known that changes
        /// nothing.
        request: Result<TrialRequest, String>,
    },
    /// A service.
    Service {
        /// The cluster.
        cluster: DeclaredText,
        /// Its name.
        service: DeclaredText,
        /// The container that a release changes.
        container: String,
        /// The repository of its image.
        repository: String,
        /// The load balancer before it.
        balancer: Option<Balancer>,
    },
}

/// A load balancer with a target group, by the names that their metrics have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balancer {
    /// The load balancer.
    pub load_balancer: DeclaredText,
    /// The target group.
    pub target_group: DeclaredText,
}

impl Rule {
    /// Reads `branch:main`, `branch:main,hotfix/*`, `tag:stable` or `none`.
    ///
    /// # Errors
    /// If it is no rule.
    pub fn read(text: &str) -> Result<Self, String> {
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_./*+".contains(c);
        let value = |text: &str| {
            let text = text.trim();
            (!text.is_empty() && text.chars().all(letters)).then(|| text.to_owned())
        };
        match text.split_once(':') {
            Some(("branch", names)) => {
                names.split(',').map(value).collect::<Option<Vec<String>>>().map(Self::Branches)
            }
            Some(("tag", tag)) => match value(tag) {
                // Neither of the two words, nor a glob that the tag of a version can match: `1.4.0` or `v1.4.0-rc.1`.
                Some(tag) if !["stable", "release-candidate"].contains(&tag.as_str()) && no_version(&tag) => {
                    return Err(of_no_version(&tag));
                }
                tag => tag.map(Self::Tag),
            },
            None if text == "none" => Some(Self::None),
            _ => None,
        }
        .ok_or_else(|| format!("`{text}` is no rule: write `branch:main`, `tag:stable`, `tag:release-candidate`, `tag:` with a glob, or `none`"))
    }
}

/// Says that no tag of a version is this one, and what to write where something stands before the version.
fn of_no_version(tag: &str) -> String {
    let before = tag.strip_suffix('*').filter(|before| !before.is_empty() && !before.contains('*'));
    let prefix = before.unwrap_or("shop-v");
    format!(
        "no version's tag is `{tag}`: a tag is released as the version that it names, such as `v1.4.0`. Write \
         `tag:stable`, `tag:release-candidate`, a glob of versions such as `tag:v*-rc*`, or `branch:…`. Where \
         something stands before the version, write `tag:stable` here, and then `tag: {{prefix: {prefix}, is: \
         stable}}` in app.yaml"
    )
}

impl InitTarget {
    /// The kind of a site.
    pub const SITE: KindName = KindName::StaticSite;

    /// The kind of a function.
    pub const FUNCTION: KindName = KindName::Lambda;

    /// The kind of a service.
    pub const SERVICE: KindName = KindName::Ecs;

    /// Returns the kind of the component.
    pub const fn kind(&self) -> KindName {
        match self {
            Self::Site { .. } => Self::SITE,
            Self::Function { .. } => Self::FUNCTION,
            Self::Service { .. } => Self::SERVICE,
        }
    }
}

impl InitComponent {
    /// Returns the repository of its image, where it is one.
    pub fn repository(&self) -> Option<&str> {
        match &self.target {
            InitTarget::Function { repository, .. } => repository.as_deref(),
            InitTarget::Service { repository, .. } => Some(repository),
            InitTarget::Site { .. } => None,
        }
    }

    /// Returns the floor on which it stands: a component that serves others is changed before them.
    pub fn floor(&self) -> u8 {
        match self.target {
            InitTarget::Service { .. } => 0,
            InitTarget::Function { .. } => 1,
            InitTarget::Site { .. } => 2,
        }
    }
}

impl InitApplication {
    /// Returns the address of the API, or an expression of the variable on GitHub that has it.
    pub fn address(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("${{ vars.WINDLASS_ENDPOINT }}")
    }

    /// Returns whether a component is an image, whose push needs a role.
    pub fn has_images(&self) -> bool {
        self.components.iter().any(|it| it.repository().is_some())
    }

    /// Returns whether pull requests are planned: by the action, for components that are files. An image would have to
    /// be pushed first, which may be a release.
    pub fn plans_pull_requests(&self) -> bool {
        self.action.is_some() && self.components.iter().any(|it| it.repository().is_none())
    }

    /// Returns whether an environment is declared with `start: manual`. No Git ref reaches it. And the application has
    /// no image, which would have to be kept from going live by itself.
    pub fn is_manual(&self, environment: &InitEnvironment) -> bool {
        environment.rule == Rule::None && !self.has_images()
    }

    /// Returns whether a workflow of GitHub's can release: a Git ref reaches an environment.
    pub fn has_workflow(&self) -> bool {
        let mut rules = self.environments.iter().map(|it| &it.rule);
        self.github.is_some() && rules.any(|rule| *rule != Rule::None)
    }

    /// Returns the environment on GitHub in which the job of an environment runs, where it runs in one.
    pub fn github_environment(&self, environment: &str) -> Option<String> {
        if environment.is_empty() {
            return None;
        }
        let named = self.github_environment.as_ref()?.at(&self.app, environment);
        (named != "none").then_some(named)
    }

    /// Returns an expression of the environment's name in infrastructure code: of a variable that keeps it, else the
    /// name of the only one.
    pub fn environment_expression(
        &self,
        variables: &[&str],
        written: impl Fn(&str) -> String,
        literal: impl Fn(&str) -> String,
    ) -> Option<String> {
        let usual = ["environment", "env", "stage", "environmentname", "stagename", "envname"];
        let is_usual = |name: &&&str| usual.contains(&name.to_ascii_lowercase().replace('_', "").as_str());
        if let Some(variable) = variables.iter().find(is_usual) {
            return Some(written(variable));
        }
        match self.environments.as_slice() {
            [only] => Some(literal(&only.name)),
            _ => None,
        }
    }

    /// Returns the components that are changed before this one.
    pub fn before(&self, component: &InitComponent) -> Vec<&str> {
        let below = self.components.iter().map(InitComponent::floor).filter(|floor| *floor < component.floor()).max();
        self.components.iter().filter(|other| Some(other.floor()) == below).map(|other| other.name.as_str()).collect()
    }
}

/// The members that are carried over into the declaration, with notes on the others.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeploymentPreference {
    /// The steps in which callers are moved, by the component's name, as `rollout` of a declaration.
    pub rollouts: BTreeMap<String, Value>,
    /// Names of alarms that undo a release.
    pub alarms: Vec<String>,
    /// The components whose failed calls are counted beside alarms, because one of their own watches a version that no
    /// release makes.
    pub counted: BTreeSet<String>,
    /// Notes for a person, one sentence each.
    pub notes: Vec<String>,
}

/// Reads the preferences of the functions of SAM among the components.
pub fn preferences_of(components: &[InitComponent], repository: &Repository) -> DeploymentPreference {
    let mut carried = DeploymentPreference::default();
    let declared = syntax::yaml("the declaration", &repository.declared, LARGEST);
    let declared = declared.unwrap_or_default();
    for component in components.iter().filter(|it| it.piece.sort == PieceSort::Sam) {
        let piece = &component.piece;
        let id = stacks::id(piece);
        if let Some(imported) = stacks::alone(repository.text(&piece.file), id).and_then(|text| import(&text).ok()) {
            carried.take(&component.name, id, imported);
        }
        carried.keep(&component.name, &declared);
    }
    carried
}

impl DeploymentPreference {
    /// Keeps what an earlier run has carried over, because its patch takes that out of the template.
    fn keep(&mut self, component: &str, declared: &Value) {
        let rollout = &declared["components"][component]["rollout"];
        if rollout.is_object() && !self.rollouts.contains_key(component) {
            self.rollouts.insert(component.to_owned(), rollout.clone());
        }
        if declared["components"][component]["gates"]["metrics"].is_array() {
            self.counted.insert(component.to_owned());
        }
        if self.alarms.is_empty() {
            let alarms = declared["gates"]["alarms"].as_array().into_iter().flatten();
            self.alarms = alarms.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        }
    }

    fn take(&mut self, component: &str, id: &str, imported: Imported) {
        let written = imported.components.values().next();
        if let Some(rollout) = written.and_then(|written| written.get("rollout")) {
            self.rollouts.insert(component.to_owned(), rollout.clone());
        }
        if written.is_some_and(|written| written.get("gates").is_some()) {
            self.counted.insert(component.to_owned());
        }
        for alarm in imported.alarms {
            match pattern(&alarm.replace('{', "${")) {
                Some(name) if self.alarms.contains(&name) => {}
                Some(name) => self.alarms.push(name),
                None => self.notes.push(format!(
                    "`{id}`: only CloudFormation knows the name of the alarm `{alarm}` of its deployment preference: write the name into `gates.alarms`"
                )),
            }
        }
        // Its other notes are about names and variables, which `init` asks for.
        self.notes.extend(imported.of_preferences);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_branches_a_tag_or_none() {
        assert_eq!(Rule::read("branch:main, fix/**"), Ok(Rule::Branches(vec!["main".into(), "fix/**".into()])));
        assert_eq!(Rule::read("tag:v*.*.0-rc*"), Ok(Rule::Tag("v*.*.0-rc*".into())));
        assert_eq!(Rule::read("none"), Ok(Rule::None));
        for good in ["*", "v*", "1.*", "v1.4.0", "v*-blue", "stable"] {
            assert_eq!(Rule::read(&format!("tag:{good}")), Ok(Rule::Tag(good.into())));
        }
        for bad in [
            "",
            "main",
            "branch:",
            "branch:$(id)",
            "tag: ",
            "branch:a,,b",
            "push:main",
            "tag:latest",
            "tag:release-*",
            "tag:prod/*",
            "tag:v1.4",
            "tag:v*/x",
            "tag:version-*",
        ] {
            assert!(Rule::read(bad).is_err(), "{bad}");
        }
        // What app.yaml has in its place, which is no rule of `init`.
        for (bad, named) in [("release-*", "release-"), ("prod/*", "prod/"), ("latest", "shop-v"), ("x*y*", "shop-v")] {
            let said = Rule::read(&format!("tag:{bad}")).unwrap_err();
            assert!(said.contains(&format!("`tag: {{prefix: {named}, is: stable}}`")), "{said}");
        }
    }
}
