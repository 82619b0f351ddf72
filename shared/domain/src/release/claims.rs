//! The claims of a CI job: what the token that it shows says of it. Those are kept by which rules let it in, and by
//! which people know it. Pure.

use crate::text::foreign;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The longest claim that is kept, in bytes: as long as a Git ref may be.
const LONGEST: usize = 255;

/// The issuer of a token, which decides the names of its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClaimIssuer {
    /// GitHub Actions (GitHub Docs, "OpenID Connect reference").
    Github,
    /// GitLab CI/CD (GitLab Docs, "OpenID Connect (OIDC) authentication using ID tokens").
    Gitlab,
}

crate::text::name::displayed!(ClaimIssuer, Serialize::serialize);

/// The names of an issuer's claims, and the events that it knows.
#[derive(Debug)]
pub struct ClaimNames {
    /// The claims that a rule must name: the ids of the owner and of the repository, which nobody gets after another.
    pub ids: [&'static str; 2],
    /// The event that has started the job.
    pub event: &'static str,
    /// The events that a rule need not name.
    pub usual: &'static [&'static str],
    /// The events whose jobs see and plan, and do nothing else: what they run is not in the repository yet.
    pub reads: &'static [&'static str],
    /// The events whose jobs get nothing: their claims name another commit than the one that they are about.
    gets_nothing: &'static [&'static str],
    repository: &'static str,
    run: &'static str,
    actor: &'static str,
    actor_id: &'static str,
    /// All claims that are kept, with a blank between two of them.
    kept: &'static str,
}

impl ClaimNames {
    /// Returns all claims that are kept.
    pub fn kept(&self) -> impl Iterator<Item = &'static str> {
        self.kept.split(' ')
    }
}

const OF_GITHUB: ClaimNames = ClaimNames {
    ids: ["repository_owner_id", "repository_id"],
    event: "event_name",
    usual: &["push", "workflow_dispatch", "release"],
    reads: &["pull_request"],
    gets_nothing: &["pull_request_target", "workflow_run"],
    repository: "repository",
    run: "run_id",
    actor: "actor",
    actor_id: "actor_id",
    kept: "repository_owner_id repository_id repository repository_visibility ref ref_type ref_protected \
           sha event_name environment run_id run_attempt runner_environment actor_id actor workflow_ref \
           job_workflow_ref",
};

const OF_GITLAB: ClaimNames = ClaimNames {
    ids: ["namespace_id", "project_id"],
    event: "pipeline_source",
    usual: &["push", "web"],
    reads: &["merge_request_event", "external_pull_request_event"],
    gets_nothing: &[],
    repository: "project_path",
    run: "pipeline_id",
    actor: "user_login",
    actor_id: "user_id",
    kept: "namespace_id project_id project_path project_visibility ref ref_type ref_protected sha \
           pipeline_source environment environment_protected deployment_tier pipeline_id job_id \
           runner_environment user_id user_login ci_config_ref_uri",
};

impl ClaimIssuer {
    /// Returns the names of its claims.
    pub fn names(self) -> &'static ClaimNames {
        match self {
            Self::Github => &OF_GITHUB,
            Self::Gitlab => &OF_GITLAB,
        }
    }
}

/// The most that the event of a job lets it do, whatever a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventReach {
    /// It does nothing.
    Nothing,
    /// It sees and plans.
    Read,
    /// It does all that a rule gives to it.
    All,
}

/// The claims of a CI job that are kept, as API Gateway's authorizer has found them in a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The issuer.
    pub issuer: ClaimIssuer,
    /// The claims by name. `ref` is the full ref, also where the issuer gives its sort apart.
    #[serde(deserialize_with = "visible")]
    pub kept: BTreeMap<String, String>,
}

/// Reads claims. One that is not as [`is_visible`] says is left out, so that no rule is fulfilled by it.
fn visible<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let mut all = BTreeMap::<String, String>::deserialize(from)?;
    all.retain(|name, value| is_visible(name) && is_visible(value));
    Ok(all)
}

/// Returns whether a claim may be shown as it is: it is one line of some length, in which nothing is hidden.
fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && *foreign::line(text) == *text
}

fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
}

impl Claims {
    /// Returns the claims in a token, which API Gateway gives as texts; `None` if it is no job's of GitHub or GitLab:
    /// it lacks the ids by which rules know a repository, or has those of both.
    pub fn of(token: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let mut token: BTreeMap<String, String> = token.into_iter().collect();
        let has_ids =
            |issuer: ClaimIssuer| issuer.names().ids.iter().all(|id| token.get(*id).is_some_and(|it| is_id(it)));
        let issuer = match [ClaimIssuer::Github, ClaimIssuer::Gitlab].map(has_ids) {
            [true, false] => ClaimIssuer::Github,
            [false, true] => ClaimIssuer::Gitlab,
            _ => return None,
        };
        if issuer == ClaimIssuer::Gitlab {
            // A branch and a tag may have one name.
            let full = match (token.get("ref_type").map(String::as_str), token.get("ref")) {
                (Some("branch"), Some(name)) => Some(format!("refs/heads/{name}")),
                (Some("tag"), Some(name)) => Some(format!("refs/tags/{name}")),
                _ => None,
            };
            token.remove("ref");
            token.extend(full.map(|full| ("ref".to_owned(), full)));
        }
        let names = issuer.names();
        token.retain(|name, value| names.kept().any(|kept| kept == name) && is_visible(value));
        Some(Self { issuer, kept: token })
    }

    /// Returns a claim.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.kept.get(name).map(String::as_str)
    }

    /// Returns the name of the user who has started the job, which another user may have later.
    pub fn actor(&self) -> Option<&str> {
        self.get(self.issuer.names().actor)
    }

    /// Returns the id of the user who has started the job.
    pub fn actor_id(&self) -> Option<&str> {
        self.get(self.issuer.names().actor_id)
    }

    /// Returns the most that the job's event lets it do.
    pub fn reach(&self) -> EventReach {
        let names = self.issuer.names();
        match self.get(names.event) {
            None => EventReach::Nothing,
            Some(event) if names.gets_nothing.contains(&event) => EventReach::Nothing,
            Some(event) if names.reads.contains(&event) => EventReach::Read,
            Some(_) => EventReach::All,
        }
    }

    /// Returns whether the job is of a pull request: it sees and plans what a merge would bring, and releases nothing.
    pub fn only_see(&self) -> bool {
        self.reach() == EventReach::Read
    }

    /// Returns the claims by which rules mostly differ, for a person: `repository_id 990134, ref refs/heads/main`.
    pub fn distinctive(&self) -> String {
        let names = self.issuer.names();
        let each = names.ids.into_iter().chain(["ref", names.event]);
        let each = each.filter_map(|name| Some(format!("{name} {}", self.get(name)?)));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// Writes whose job it is, for a person: `run 812 of octo/shop, actor ann`.
impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.issuer.names();
        let [_, repository_id] = names.ids;
        let repository = self.get(names.repository).or(self.get(repository_id));
        if let Some(run) = self.get(names.run) {
            write!(f, "run {run} of ")?;
        }
        f.write_str(repository.unwrap_or("a job of CI"))?;
        self.actor().map_or(Ok(()), |actor| write!(f, ", actor {actor}"))
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
