//! Functions, services and distributions that live in an account, and which of them is a component's, by tags or by
//! name. Pure.
//!
//! A tag goes before a name: what carries the tags of another application or environment is not offered, and is refused
//! as an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use windlass_domain::declaration::installation;
use windlass_domain::text::partition::Partition;

/// An account, as far as it was seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account {
    /// Functions, by name.
    pub functions: Vec<LiveResource>,
    /// Services, as `cluster/service`.
    pub services: Vec<LiveResource>,
    /// Distributions, by id; the bucket is that of an origin.
    pub distributions: Vec<InitDistribution>,
    /// The buckets whose tags name an application, by name.
    pub buckets: BTreeMap<String, TagOwner>,
    /// The services that were looked at closer, by `cluster/service`; `None` for one that could not be.
    pub closer: BTreeMap<String, Option<ServiceDetail>>,
    /// The name of the stack of the installation that is used.
    pub stack: String,
    /// The functions and buckets that belong to an installation of Windlass, by name. They are in no other list.
    pub of_installations: BTreeMap<String, String>,
    /// Everything that was not looked at, and why.
    pub unseen: Vec<String>,
}

/// A service, looked at closer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ServiceDetail {
    /// Its containers, each with its image.
    pub containers: Vec<(String, String)>,
    /// The application load balancers before it, each with a target group, as their metrics name them.
    pub balancers: Vec<(String, String)>,
}

/// A function or a service that lives there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LiveResource {
    /// Its name.
    pub name: String,
    /// The owner that its tags name.
    pub belongs: Option<TagOwner>,
}

/// The owner of a target, as its tags name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOwner {
    /// The application.
    pub app: String,
    /// The environment; `None` where the tag of the application is there alone.
    pub environment: Option<String>,
}

/// A distribution.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct InitDistribution {
    /// Its id.
    pub id: String,
    /// Host names, the comment and the bucket, in one text.
    pub about: String,
    /// The bucket of its first origin that is one.
    pub bucket: Option<String>,
    /// The host name of the team's own that it answers to.
    pub host: Option<String>,
    /// The owner that its tags name.
    pub belongs: Option<TagOwner>,
}

/// The component whose target is looked for.
#[derive(Debug, Clone, Copy)]
pub struct SoughtTarget<'a> {
    /// The application.
    pub app: &'a str,
    /// The component.
    pub component: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// All environments: a target with the name of another environment is not this one's.
    pub environments: &'a [String],
}

/// A candidate: its name, a text about it, and the owner that its tags name.
type TargetCandidate<'a> = (&'a str, &'a str, Option<&'a TagOwner>);

impl TagOwner {
    /// Returns whether the tags leave it to an application's environment: neither of them names another one.
    pub fn may_be(&self, app: &str, environment: &str) -> bool {
        let other = self.environment.as_deref();
        self.app == app && other.is_none_or(|other| other == environment)
    }
}

impl fmt::Display for TagOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.environment {
            Some(environment) => write!(f, "{}/{environment}", self.app),
            None => f.write_str(&self.app),
        }
    }
}

impl Account {
    /// Returns the owner of a target, by the member of a declaration that names it: a service as `cluster/service`.
    pub fn owner(&self, member: &str, name: &str) -> Option<&TagOwner> {
        let all = match member {
            "function" => &self.functions,
            "service" => &self.services,
            "distribution" => return self.distributions.iter().find(|it| it.id == name)?.belongs.as_ref(),
            "bucket" => return self.buckets.get(name),
            _ => return None,
        };
        all.iter().find(|it| it.name == name)?.belongs.as_ref()
    }

    /// Returns the installation of Windlass that a target belongs to, by its tags, or by its name where these were not
    /// seen.
    pub fn installation(&self, member: &str, name: &str) -> Option<&str> {
        let can_be = ["function", "bucket"].contains(&member);
        let tagged = self.of_installations.get(name).map(String::as_str);
        tagged.or_else(|| installation::by_name(&self.stack, name)).filter(|_| can_be)
    }

    /// Returns the only container of a service that was looked at closer.
    pub fn container(&self, service: &str) -> Option<String> {
        match self.closer.get(service)?.as_ref()?.containers.as_slice() {
            [(name, _)] => Some(name.clone()),
            _ => None,
        }
    }

    /// Returns the repository in Amazon ECR of a container's image, in this account and region.
    pub fn repository(&self, service: &str, container: &str, (account, region): (&str, &str)) -> Option<String> {
        let (_, image) = self.closer.get(service)?.as_ref()?.containers.iter().find(|(name, _)| name == container)?;
        let (host, path) = image.split_once('/')?;
        let name = path.split(['@', ':']).next().unwrap_or_default();
        (host == registry(account, region)).then(|| name.to_owned())
    }

    /// Returns the only load balancer before a service with the only target group, by the names that their metrics
    /// have.
    pub fn balancer(&self, service: &str) -> Option<&(String, String)> {
        match self.closer.get(service)?.as_ref()?.balancers.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Returns the environments in which targets of an application are: those that their tags name, and those of these
    /// names of which a target has one beside words of the application and its components alone: `shop-load-test` is no
    /// environment `test`.
    pub fn environments(&self, app: &str, components: &[&str], known: &[String]) -> BTreeSet<String> {
        let buckets = self.distributions.iter().filter_map(|it| {
            let bucket = it.bucket.as_deref()?;
            Some((bucket, it.belongs.as_ref().or_else(|| self.buckets.get(bucket))))
        });
        let others = self.functions.iter().chain(&self.services).map(|it| (it.name.as_str(), it.belongs.as_ref()));
        let targets: Vec<(&str, Option<&TagOwner>)> = others.chain(buckets).collect();
        let tagged = targets.iter().filter_map(|(_, belongs)| *belongs).chain(self.buckets.values());
        let tagged = tagged.chain(self.distributions.iter().filter_map(|it| it.belongs.as_ref()));
        let tagged = tagged.filter(|owner| owner.app == app).filter_map(|owner| owner.environment.clone());
        let ours: BTreeSet<String> = components.iter().chain([&app]).flat_map(|name| words(name)).collect();
        let is_one = |(name, belongs): &(&str, Option<&TagOwner>), environment: &String| {
            let has = words(name);
            let mut rest = has.iter().filter(|word| *word != environment);
            let is_ours = rest.all(|word| ours.contains(word) || COMMON_WORDS.contains(&word.as_str()));
            let mut sought =
                components.iter().map(|component| SoughtTarget { app, component, environment, environments: known });
            has.contains(environment) && is_ours && sought.any(|wanted| fits(name, *belongs, wanted).is_some())
        };
        let named = known.iter().filter(|environment| targets.iter().any(|target| is_one(target, environment)));
        tagged.chain(named.cloned()).collect()
    }

    /// Returns the function of a component in an environment, where only one can be it.
    pub fn function(&self, wanted: SoughtTarget<'_>) -> Option<String> {
        only(self.functions.iter().map(LiveResource::candidate), wanted)
    }

    /// Returns its service, as `cluster/service`.
    pub fn service(&self, wanted: SoughtTarget<'_>) -> Option<String> {
        only(self.services.iter().map(LiveResource::candidate), wanted)
    }

    /// Returns its distribution.
    pub fn distribution(&self, wanted: SoughtTarget<'_>) -> Option<&InitDistribution> {
        let all = self.distributions.iter().map(|it| (it.id.as_str(), it.about.as_str(), it.belongs.as_ref()));
        let id = only(all, wanted)?;
        self.distributions.iter().find(|it| it.id == id)
    }
}

/// Returns the host of an account's images in a region (Amazon ECR User Guide, "Amazon ECR private registries").
pub fn registry(account: &str, region: &str) -> String {
    format!("{account}.dkr.ecr.{region}.{}", Partition::of(region).suffix)
}

/// Returns whether a target may be offered: no tag of it names another application, or an environment of none of these.
pub fn is_free(belongs: Option<&TagOwner>, app: &str, environments: &[String]) -> bool {
    let mut environments = environments.iter();
    belongs.is_none_or(|owner| environments.any(|it| owner.may_be(app, it)))
}

impl LiveResource {
    fn candidate(&self) -> TargetCandidate<'_> {
        (&self.name, &self.name, self.belongs.as_ref())
    }
}

/// Words that are parts of many names: one of them alone does not say whose a target is.
const COMMON_WORDS: [&str; 22] = [
    "admin", "api", "app", "backend", "bot", "client", "cron", "docs", "frontend", "function", "gateway", "handler",
    "job", "jobs", "lambda", "main", "server", "service", "site", "web", "website", "worker",
];

/// Returns the candidate that fits best, unless another one fits as well. Tags go before names, and a name must have a
/// word of the component's or of the application's that is not one of [`COMMON_WORDS`], or words of both.
fn only<'a>(all: impl Iterator<Item = TargetCandidate<'a>>, wanted: SoughtTarget<'_>) -> Option<String> {
    let mut best: Vec<(usize, &str)> =
        all.filter_map(|(name, about, belongs)| Some((fits(about, belongs, wanted)?, name))).collect();
    best.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    match best.as_slice() {
        [(first, name), rest @ ..] if rest.first().is_none_or(|(second, _)| second < first) => Some((*name).to_owned()),
        _ => None,
    }
}

/// Returns how well a candidate fits; `None` where it cannot be it.
fn fits(about: &str, belongs: Option<&TagOwner>, wanted: SoughtTarget<'_>) -> Option<usize> {
    let has = words(about);
    let of = |text: &str| words(text).intersection(&has).count();
    let is_others = wanted.environments.iter().any(|other| other != wanted.environment && has.contains(other));
    let tagged = match belongs {
        Some(owner) if !owner.may_be(wanted.app, wanted.environment) => return None,
        Some(owner) if owner.environment.is_some() => 100,
        Some(_) | None => 0,
    };
    let named = 4 * of(wanted.component) + 2 * of(wanted.environment) + of(wanted.app);
    let is_ours = belongs.is_some() && of(wanted.component) + of(wanted.app) > 0;
    let is_named = is_ours || has_own_word(&has, wanted);
    (!is_others && (is_named || tagged > 0)).then_some(tagged + named)
}

/// Returns whether the words of a candidate say that it is the component's: by a word of the component's or of the
/// application's that is no common one, or by a word of each.
fn has_own_word(has: &BTreeSet<String>, wanted: SoughtTarget<'_>) -> bool {
    let (of_component, of_app) = (words(wanted.component), words(wanted.app));
    let named: BTreeSet<&String> = of_component.union(&of_app).collect();
    let mut found = named.into_iter().filter(|word| has.contains(*word));
    let is_uncommon = found.any(|word| !COMMON_WORDS.contains(&word.as_str()));
    is_uncommon || (!of_component.is_disjoint(has) && !of_app.is_disjoint(has) && of_component != of_app)
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Returns the values of all environments; `None` where one of them has none.
pub fn each(environments: &[String], one: impl Fn(&str) -> Option<String>) -> Option<BTreeMap<String, String>> {
    environments.iter().map(|name| one(name).map(|value| (name.clone(), value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(functions: Functions<'_>) -> Account {
        let functions = functions.iter().map(|(name, belongs)| LiveResource {
            name: (*name).to_owned(),
            belongs: belongs.map(|(app, environment)| TagOwner {
                app: app.to_owned(),
                environment: (!environment.is_empty()).then(|| environment.to_owned()),
            }),
        });
        Account { functions: functions.collect(), ..Account::default() }
    }

    #[test]
    fn environments_are_those_that_targets_are_tagged_with_or_named_after() {
        let known = ["dev", "test", "staging", "prod"].map(str::to_owned);
        let table: [(Functions<'_>, &[&str]); 9] = [
            (&[("shop-api-dev", None), ("shop-api-prod", None)], &["dev", "prod"]),
            (&[("shop-prod", None), ("shop-worker-staging", None)], &["prod", "staging"]),
            (&[("x1", Some(("shop", "lab"))), ("shop-api-prod", None)], &["lab", "prod"]),
            (&[("shop-api-prod", Some(("other", "prod")))], &[]),
            (&[("shop-api-prod", Some(("shop", "blue")))], &["blue"]),
            // None of these is surely the application's own, or an environment's.
            (&[("shop-load-test", None)], &[]),
            (&[("api-prod", None)], &[]),
            (&[("billing-prod", None)], &[]),
            (&[("shop-api", None)], &[]),
        ];
        for (functions, wanted) in table {
            let found = account(functions).environments("shop", &["api"], &known);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted, "{functions:?}");
        }
        let distribution = InitDistribution { bucket: Some("shop-web-dev".to_owned()), ..InitDistribution::default() };
        let account = Account {
            services: vec![LiveResource { name: "shop-prod/agent".into(), belongs: None }],
            distributions: vec![distribution],
            ..Account::default()
        };
        let found = account.environments("shop", &["agent", "web"], &known);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["dev", "prod"]);
    }

    /// Functions with the application and environment of their tags.
    type Functions<'a> = &'a [(&'a str, Option<(&'a str, &'a str)>)];

    #[test]
    fn a_function_is_found_by_tags_then_by_name_and_never_by_chance() {
        let environments = ["dev".to_owned(), "prod".to_owned()];
        let wanted = SoughtTarget { app: "shop", component: "api", environment: "prod", environments: &environments };
        let table: [(Functions<'_>, Option<&str>); 15] = [
            (&[("shop-api-prod", None), ("shop-api-dev", None), ("shop-jobs-prod", None)], Some("shop-api-prod")),
            (&[("x1", Some(("shop", "prod"))), ("shop-api-prod", None)], Some("x1")),
            (&[("shop-api-prod", Some(("other", "prod")))], None),
            (&[("shop-api-prod", Some(("other", "")))], None),
            (&[("shop-api-prod", Some(("shop", "")))], Some("shop-api-prod")),
            (&[("shop-api-prod-a", None), ("shop-api-prod-b", None)], None),
            (&[("billing-prod", None)], None),
            (&[("windlass-api", None)], None),
            (&[("api", None)], None),
            (&[("api-prod", None)], None),
            (&[("api", Some(("shop", "prod")))], Some("api")),
            (&[("api", Some(("shop", "")))], Some("api")),
            (&[("shop-stack-ApiFunction-1x", None), ("other", None)], Some("shop-stack-ApiFunction-1x")),
            (&[("shop-api-dev", None)], None),
            (&[], None),
        ];
        for (functions, found) in table {
            assert_eq!(account(functions).function(wanted).as_deref(), found, "{functions:?}");
        }
    }
}
