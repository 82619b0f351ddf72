//! CI jobs as members of a group: the claims that their tokens must have. Pure.

use crate::document::git_rule::{glob, glob_matches, version_of_tag};
use crate::document::shape::unknown_name;
use crate::release::claims::{ClaimIssuer, Claims};
use crate::text::finding::{Finding, repeated};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// CI jobs, by the claims of the tokens that they show below `/ci`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CiJobs {
    /// The issuer of the tokens, which decides the names of the claims: `github` or `gitlab`.
    pub issuer: ClaimIssuer,
    /// The claims by name, each a text or a glob, such as `ref: "refs/tags/v*"`; `*` stops at `/`. The ids of the owner
    /// and of the repository must be among them, digit by digit: `repository_owner_id` and `repository_id`, or
    /// `namespace_id` and `project_id` of GitLab. Without `event_name` (GitLab: `pipeline_source`) a job must come from
    /// a push, a release or a person's start. `ref` is the full ref.
    #[schemars(extend("maxProperties" = 30))]
    pub claims: BTreeMap<String, String>,
}

impl CiJobs {
    /// Returns whether a job with these claims is one of them.
    pub fn take(&self, claims: &Claims) -> bool {
        let names = self.issuer.names();
        let is_taken = |(name, wanted): (&String, &String)| {
            let is_id = names.ids.contains(&name.as_str());
            claims.get(name).is_some_and(|is| if is_id { is == wanted } else { glob_matches(wanted, is) })
        };
        let is_usual = |event: &str| names.usual.contains(&event);
        self.issuer == claims.issuer
            && names.ids.iter().all(|id| self.claims.contains_key(*id))
            && self.claims.iter().all(is_taken)
            && (self.claims.contains_key(names.event) || claims.get(names.event).is_some_and(is_usual))
    }

    /// Returns the push that starts them, of the tag that a version has among theirs; `None` if a person starts them,
    /// or they are of any ref, or of too many to be written.
    pub fn push(&self, version: Option<&str>) -> Option<String> {
        let named = self.claims.get("ref").filter(|named| self.are_of("push") && !named.contains('{'))?;
        let Some(glob) = named.strip_prefix("refs/tags/") else {
            return Some(format!("push to the branch `{}`", named.strip_prefix("refs/heads/")?));
        };
        let tag = version.and_then(|version| tag_of(glob, version));
        Some(tag.map_or_else(|| format!("push a tag `{glob}`"), |tag| format!("push the tag {tag}")))
    }

    /// Returns whether they only see and plan, as those of a pull request do.
    pub fn only_read(&self) -> bool {
        let reads = self.issuer.names().reads.iter().any(|event| self.are_of(event));
        reads && !self.are_of("push")
    }

    /// Returns whether a job of this event may be one of them.
    fn are_of(&self, event: &str) -> bool {
        let names = self.issuer.names();
        let usual = || names.usual.contains(&event);
        self.claims.get(names.event).map_or_else(usual, |wanted| glob_matches(wanted, event))
    }

    /// Returns what is wrong with them, with paths below `at`.
    pub fn findings(&self, at: &str) -> Vec<Finding> {
        let names = self.issuer.names();
        let lacking = names.ids.into_iter().filter(|id| !self.claims.contains_key(*id)).map(|id| {
            Finding::missing_field(
                format!("{at}.claims.{id}"),
                format!("`{id}` is not there: another repository could get the name of this one."),
                format!("Write `{id}`, whose digits the token of a job has."),
            )
        });
        let bad = self.claims.iter().filter_map(|(name, wanted)| {
            let at = format!("{at}.claims.{}", repeated(name));
            if !names.kept().any(|kept| kept == name) {
                let reason = format!("no rule is about the claim `{}` of {}.", repeated(name), self.issuer);
                return Some(unknown_name(at, reason, name, names.kept(), ""));
            }
            if names.ids.contains(&name.as_str()) {
                let is_id = !wanted.is_empty() && wanted.bytes().all(|digit| digit.is_ascii_digit());
                let reason = format!("`{}` is no id: an id is digits alone.", repeated(wanted));
                let remedy = "Write the id that the token of a job has, in quotes.";
                return (!is_id).then(|| Finding::bad_value(at, reason, remedy));
            }
            let why = glob(wanted).err()?;
            Some(Finding::bad_value(
                at,
                format!("`{}` is no glob: {why}.", repeated(wanted)),
                "Write a text, or a glob such as `refs/tags/v*`.",
            ))
        });
        lacking.chain(bad).collect()
    }
}

/// Returns the tag of a version among those that a glob takes: what the glob begins with, and then the version. A part
/// of a number in front, as of `v1.*`, is the version's own. Versions with build metadata are of no tag.
fn tag_of(glob: &str, version: &str) -> Option<String> {
    let version = version_of_tag(version).filter(|version| version.build.is_empty())?;
    let literal = glob.split(['*', '?', '[', '\\']).next()?;
    let prefixes = (0..=literal.len()).filter_map(|end| literal.get(..end));
    let prefixes = prefixes.filter(|it| !it.ends_with(|last: char| last.is_ascii_digit() || last == '.'));
    prefixes.map(|prefix| format!("{prefix}{version}")).find(|tag| glob_matches(glob, tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const JOB: [(&str, &str); 6] = [
        ("repository_owner_id", "8472"),
        ("repository_id", "990134"),
        ("ref", "refs/tags/v1.4.0"),
        ("event_name", "push"),
        ("environment", "prod"),
        ("actor_id", "31337"),
    ];

    /// Returns what the job claims, or a rule names, where some of it is another value, or nothing.
    fn with(of: &[(&str, &str)], others: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut all = texts(of);
        all.extend(texts(others));
        all.retain(|_, value| !value.is_empty());
        all
    }

    type Members<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn a_rule_takes_the_jobs_whose_claims_it_names_and_no_others() {
        let ids = &JOB[..2];
        let cases: [(Members<'_>, Members<'_>, bool); 18] = [
            (&[], &[], true),
            (&[("repository_id", "")], &[], false),
            (&[("repository_owner_id", "")], &[], false),
            (&[("repository_id", "*")], &[], false),
            (&[], &[("repository_id", "990135")], false),
            (&[], &[("repository_owner_id", "8473")], false),
            (&[("ref", "refs/tags/v*")], &[], true),
            (&[("ref", "refs/tags/v*")], &[("ref", "refs/tags/v1/x")], false),
            (&[("ref", "refs/tags/v*")], &[("ref", "refs/heads/v1")], false),
            (&[("ref", "refs/tags/v*")], &[("ref", "")], false),
            (&[("ref", "refs/tags/[")], &[("ref", "refs/tags/[")], false),
            (&[("environment", "prod")], &[("environment", "staging")], false),
            (&[], &[("event_name", "workflow_dispatch")], true),
            (&[], &[("event_name", "release")], true),
            (&[], &[("event_name", "schedule")], false),
            (&[("event_name", "schedule")], &[("event_name", "schedule")], true),
            (&[], &[("event_name", "pull_request")], false),
            (&[], &[("event_name", "")], false),
        ];
        for (rule, job, is_taken) in cases {
            let jobs = CiJobs { issuer: ClaimIssuer::Github, claims: with(ids, rule) };
            let claims = Claims::of(with(&JOB, job)).unwrap();
            assert_eq!(jobs.take(&claims), is_taken, "{rule:?} {job:?}");
        }
    }

    #[test]
    fn the_push_is_of_the_tag_that_the_version_has() {
        for (named, version, wanted) in [
            ("refs/tags/v*", Some("1.4.0"), Some("push the tag v1.4.0")),
            ("refs/tags/v*", Some("v1.4.0"), Some("push the tag v1.4.0")),
            ("refs/tags/*", Some("1.4.0-rc.1"), Some("push the tag 1.4.0-rc.1")),
            ("refs/tags/shop-v*", Some("1.4.0"), Some("push the tag shop-v1.4.0")),
            ("refs/tags/shop2-v*.*.*", Some("1.4.0"), Some("push the tag shop2-v1.4.0")),
            ("refs/tags/v1.*", Some("1.4.0"), Some("push the tag v1.4.0")),
            ("refs/tags/v1.*", Some("2.4.0"), Some("push a tag `v1.*`")),
            ("refs/tags/v1*", Some("2.4.0"), Some("push a tag `v1*`")),
            ("refs/tags/v1.4.0", Some("1.4.0"), Some("push the tag v1.4.0")),
            ("refs/tags/v*", Some("main-812"), Some("push a tag `v*`")),
            ("refs/tags/v*", Some("1.4.0+staging.3"), Some("push a tag `v*`")),
            ("refs/tags/v*", None, Some("push a tag `v*`")),
            ("refs/tags/v{1,2}*", Some("1.4.0"), None),
            ("refs/heads/main", Some("1.4.0"), Some("push to the branch `main`")),
        ] {
            let jobs = CiJobs { issuer: ClaimIssuer::Github, claims: with(&JOB[..2], &[("ref", named)]) };
            assert_eq!(jobs.push(version).as_deref(), wanted, "{named} {version:?}");
        }
    }

    #[test]
    fn a_rule_of_another_issuer_takes_no_job() {
        let claims = texts(&[("namespace_id", "72"), ("project_id", "20"), ("pipeline_source", "push")]);
        let of_gitlab = Claims::of(claims.clone()).unwrap();
        let ids = texts(&[("namespace_id", "72"), ("project_id", "20")]);
        for (issuer, is_taken) in [(ClaimIssuer::Gitlab, true), (ClaimIssuer::Github, false)] {
            let jobs = CiJobs { issuer, claims: ids.clone() };
            assert_eq!(jobs.take(&of_gitlab), is_taken, "{issuer}");
        }
    }
}
