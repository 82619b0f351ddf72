//! Tenancy: a resource, or a declared folder of it, belongs to one component of one environment. Pure.

use crate::finding::{Finding, FindingName};
use crate::name::{AppName, ComponentName, EnvironmentName};
use serde::{Deserialize, Serialize};
use std::fmt;

const REMEDY: &str = "Give each component of each environment a target of its own; of one bucket, folders none of which is in another. What its owner has given up for good is freed by hand: docs/runbooks/free-a-target.md.";

/// A resource that a component changes, or that its callers need as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The resource, by a name that no other one has in any account and region, such as an ARN or `s3://shop-web/`.
    pub resource: String,
    /// The folder of it: all of it if empty, else ending in a slash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Whether the component only needs that nobody else changes it: several may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// Who a target belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
}

/// A claim that the ledger keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// What is claimed.
    #[serde(flatten)]
    pub claim: Claim,
}

/// All claims of one resource: one ledger item, so that of two that come at the same moment one has to look again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// In the order in which they were made.
    pub held: Vec<Held>,
}

/// Whether one folder is the other, or in it.
pub fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

impl Claim {
    /// The whole of a resource.
    pub fn whole(resource: impl Into<String>) -> Self {
        Self::folder(resource, "")
    }

    /// A folder of a resource.
    pub fn folder(resource: impl Into<String>, folder: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            folder: folder.into(),
            shared: false,
        }
    }

    /// The same where the component does not change it.
    #[must_use]
    pub fn shared(self) -> Self {
        Self {
            shared: true,
            ..self
        }
    }

    /// Whether two components cannot have both: one of them would change what is the other's.
    pub fn clashes(&self, other: &Self) -> bool {
        let is_in = |one: &Self, other: &Self| one.folder.starts_with(&other.folder);
        let clash = match (self.shared, other.shared) {
            (false, false) => overlap(&self.folder, &other.folder),
            (true, false) => is_in(self, other),
            (false, true) => is_in(other, self),
            (true, true) => false,
        };
        self.resource == other.resource && clash
    }

    /// What a component that claimed `then` has left where it claims `now`: of what it changed.
    pub fn left<'a>(then: &'a [Self], now: &[Self]) -> Vec<&'a Self> {
        let is_same = |one: &Self, other: &Self| {
            (&one.resource, &one.folder) == (&other.resource, &other.folder)
        };
        let changed = then.iter().filter(|claim| !claim.shared);
        let left = changed.filter(|claim| !now.iter().any(|it| is_same(it, claim)));
        left.collect()
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.resource, self.folder)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (app, environment) = (&self.app, &self.environment);
        write!(f, "component {} of {app}/{environment}", self.component)
    }
}

impl Claims {
    /// Takes a claim in, and answers whether it is new; or what is wrong with it. It stays its component's, whatever
    /// that deploys later. `is_gone` says which components the environment has no more: their claims are in no
    /// neighbour's way, and the same one changes hands.
    ///
    /// # Errors
    /// Somebody else has what it clashes with.
    pub fn take(
        &mut self,
        by: &Owner,
        claim: &Claim,
        is_gone: impl Fn(&Owner) -> bool,
    ) -> Result<bool, Finding> {
        let ours = Held {
            owner: by.clone(),
            claim: claim.clone(),
        };
        if self.held.contains(&ours) {
            return Ok(false);
        }
        let mut others = self.held.iter().filter(|held| held.owner != *by);
        let clash = others.find(|held| held.claim.clashes(claim) && !is_gone(&held.owner));
        if let Some(held) = clash {
            return Err(not_ours(&ours, held));
        }
        self.held.retain(|held| {
            let may_go = held.owner == *by || (is_gone(&held.owner) && held.claim.clashes(claim));
            held.claim.folder != claim.folder || !may_go
        });
        self.held.push(ours);
        Ok(true)
    }
}

/// That a component is deployed elsewhere from now on than where it runs.
pub fn left_behind(component: &ComponentName, version: &str, left: &[&Claim]) -> Finding {
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    let left = left.join(" and ");
    Finding::new(
        FindingName::NoLongerDeclared,
        format!("components.{component}"),
        format!(
            "`{component}` runs {version} at {left}, where it is no longer declared: what is there stays as it is, and stays `{component}`'s."
        ),
        "Declare it there again if that was not meant, also for a rollback to a release from there. Else remove it with your infrastructure code when nobody needs it, and free it as docs/runbooks/free-a-target.md says where somebody else is to have it.",
    )
}

fn not_ours(ours: &Held, theirs: &Held) -> Finding {
    let (our, their) = (&ours.claim, &theirs.claim);
    let (have, has) = (
        if our.shared { "use" } else { "have" },
        if their.shared { "uses" } else { "has" },
    );
    let (by, owner) = (&ours.owner, &theirs.owner);
    let why = match our.folder.len().cmp(&their.folder.len()) {
        std::cmp::Ordering::Less => format!("{their}, which the {owner} {has}, is in it"),
        std::cmp::Ordering::Equal => format!("the {owner} {has} it"),
        std::cmp::Ordering::Greater => format!("it is in {their}, which the {owner} {has}"),
    };
    Finding::new(
        FindingName::TargetNotOurs,
        format!("components.{}", by.component),
        format!("The {by} cannot {have} {our}: {why}."),
        REMEDY,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `web/docs/`, with an asterisk in front where it is shared.
    fn claim(text: &str) -> Claim {
        let (bucket, folder) = text.trim_start_matches('*').split_once('/').unwrap();
        let claim = Claim::folder(format!("s3://{bucket}/"), folder);
        if text.starts_with('*') {
            claim.shared()
        } else {
            claim
        }
    }

    fn owner(text: &str) -> Owner {
        let [app, environment, component] = text.split('/').collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        Owner {
            app: AppName::new(app).unwrap(),
            environment: EnvironmentName::new(environment).unwrap(),
            component: ComponentName::new(component).unwrap(),
        }
    }

    #[test]
    fn which_claims_clash() {
        let table = [
            ("web/", "web/", true),
            ("web/", "web/docs/", true),
            ("web/a/", "web/a/b/c/", true),
            ("web/a/", "web/ab/", false),
            ("web/a/b/", "web/b/", false),
            ("web/", "web-dev/", false),
            // What nobody changes may be used by many.
            ("*web/", "*web/", false),
            ("*web/a/", "*web/", false),
            ("*web/a/", "web/a/", true),
            ("*web/a/", "web/", true),
            // What is used may hold what somebody else changes.
            ("*web/", "web/a/", false),
        ];
        for (one, other, clash) in table {
            let (a, b) = (claim(one), claim(other));
            assert_eq!(a.clashes(&b), clash, "{one} and {other}");
            assert_eq!(b.clashes(&a), clash, "{other} and {one}");
        }
    }

    #[test]
    fn what_a_component_has_left() {
        let table = [
            ("web/a/", "web/a/", ""),
            ("web/a/", "web/b/", "s3://web/a/"),
            ("web/a/", "docs/a/", "s3://web/a/"),
            ("web/a/", "web/", "s3://web/a/"),
            ("web/a/ arn/", "web/a/", "s3://arn/"),
            ("web/a/ arn/", "web/a/ *arn/", ""),
            ("web/a/ *arn/", "web/a/", ""),
            ("", "web/a/", ""),
        ];
        let all = |text: &str| text.split_whitespace().map(claim).collect::<Vec<_>>();
        for (then, now, left) in table {
            let (then, now) = (all(then), all(now));
            let told: Vec<String> = Claim::left(&then, &now)
                .into_iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(told.join(" "), left, "{then:?} {now:?}");
        }
    }

    /// Claims one after the other. Of `shop/prod` the components whose names begin with `old` are gone since.
    /// Each has what is told where it is refused, and else who has what then, where that is said.
    #[test]
    fn who_has_what_and_who_is_refused() {
        let stories: [&[(&str, &str, &str)]; 9] = [
            &[
                ("shop/prod/web", "web/", "= shop/prod/web web/"),
                (
                    "bank/prod/site",
                    "web/docs/",
                    "The component site of bank/prod cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
                ),
                ("shop/dev/web", "web/docs/", "it is in s3://web/"),
                (
                    "shop/prod/docs",
                    "web/docs/",
                    "The component docs of shop/prod cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
                ),
                ("shop/prod/web", "web/", "= shop/prod/web web/"),
            ],
            &[
                ("shop/prod/web", "web/docs/", ""),
                (
                    "bank/prod/web",
                    "web/",
                    "The component web of bank/prod cannot have s3://web/: s3://web/docs/, which the component web of shop/prod has, is in it.",
                ),
                (
                    "bank/prod/web",
                    "web/docs/",
                    "The component web of bank/prod cannot have s3://web/docs/: the component web of shop/prod has it.",
                ),
                (
                    "bank/prod/web",
                    "web/more/",
                    "= shop/prod/web web/docs/, bank/prod/web web/more/",
                ),
            ],
            // A claim stays, also where its component goes elsewhere.
            &[
                ("shop/prod/web", "web/", ""),
                (
                    "shop/prod/web",
                    "web/shop/",
                    "= shop/prod/web web/, shop/prod/web web/shop/",
                ),
                ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
                ("shop/prod/docs", "web/docs/", "it is in s3://web/,"),
            ],
            // One with another name has the same.
            &[
                ("shop/prod/old-web", "web/", ""),
                ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
                ("shop/prod/web", "web/", "= shop/prod/web web/"),
            ],
            // What a neighbour has that is gone stands in nobody else's way, and stays the environment's.
            &[
                ("shop/prod/old-web", "web/", ""),
                ("shop/prod/docs", "web/docs/", ""),
                (
                    "shop/prod/web",
                    "web/web/",
                    "= shop/prod/old-web web/, shop/prod/docs web/docs/, shop/prod/web web/web/",
                ),
                ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
                (
                    "shop/prod/more",
                    "web/docs/more/",
                    "it is in s3://web/docs/",
                ),
            ],
            // Of another environment nothing is known to be gone.
            &[
                ("shop/dev/old-web", "web/", ""),
                (
                    "shop/prod/web",
                    "web/",
                    "the component old-web of shop/dev has it",
                ),
            ],
            &[
                ("shop/prod/web", "*e1/", ""),
                ("shop/dev/web", "*e1/", ""),
                (
                    "bank/prod/web",
                    "e1/",
                    "The component web of bank/prod cannot have s3://e1/: the component web of shop/prod uses it.",
                ),
            ],
            &[
                ("bank/prod/web", "e1/", ""),
                (
                    "shop/prod/web",
                    "*e1/",
                    "The component web of shop/prod cannot use s3://e1/: the component web of bank/prod has it.",
                ),
                ("bank/prod/web", "*e1/", "= bank/prod/web *e1/"),
                ("shop/prod/web", "*e1/", ""),
            ],
            // Who uses what is gone leaves others what they use.
            &[
                ("shop/prod/old-web", "*e1/", ""),
                (
                    "shop/prod/web",
                    "*e1/",
                    "= shop/prod/old-web *e1/, shop/prod/web *e1/",
                ),
                (
                    "shop/prod/old-more",
                    "e1/",
                    "the component web of shop/prod uses it",
                ),
            ],
        ];
        for story in stories {
            let mut claims = Claims::default();
            for (who, what, expected) in story {
                let is_gone = |it: &Owner| {
                    it.app.as_str() == "shop"
                        && it.environment.as_str() == "prod"
                        && it.component.as_str().starts_with("old")
                        && who.starts_with("shop/prod/")
                };
                let before = claims.clone();
                let told = match claims.take(&owner(who), &claim(what), is_gone) {
                    Err(finding) => finding.reason,
                    Ok(is_new) => {
                        assert_eq!(is_new, claims != before, "{story:?} {who}");
                        format!("= {}", in_words(&claims))
                    }
                };
                let is_refused = !told.starts_with('=');
                assert!(!is_refused || claims == before, "{story:?} {who}");
                assert_eq!(
                    is_refused,
                    !expected.is_empty() && !expected.starts_with('='),
                    "{story:?} {who}: {told}"
                );
                assert!(told.contains(expected), "{story:?} {who}: {told}");
            }
        }
    }

    fn in_words(claims: &Claims) -> String {
        let held = claims.held.iter().map(|Held { owner, claim }| {
            let shared = if claim.shared { "*" } else { "" };
            let place = claim.to_string();
            format!(
                "{}/{}/{} {shared}{}",
                owner.app,
                owner.environment,
                owner.component,
                place.trim_start_matches("s3://")
            )
        });
        held.collect::<Vec<_>>().join(", ")
    }
}
