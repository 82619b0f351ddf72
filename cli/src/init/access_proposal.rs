//! `access/apps/<app>.yaml`: the proposed access file, by which the jobs of one repository release into each
//! environment, for its refs alone. It counts once somebody who may has uploaded it. Pure.

use super::application::{InitApplication, InitEnvironment, Rule};
use super::names::apart;
use crate::ground::quoting::in_yaml;

/// The longest name of a group.
const LONGEST: usize = 32;

/// The group of the jobs of pull requests. Those of environments begin with `ci-`.
const PULLS: &str = "pull-requests";

/// A placeholder for the number of a repository that is not known: the check of an access file refuses it.
const UNKNOWN: &str = "write-me";

/// A number of a version, of up to three digits: a glob of digits would take what is behind a `-` as well.
const NUMBER: &str = "{[0-9],[0-9][0-9],[0-9][0-9][0-9]}";

/// Returns its path.
pub fn path(application: &InitApplication) -> String {
    format!("access/apps/{}.yaml", application.app)
}

/// Writes it.
pub fn write(application: &InitApplication) -> String {
    let app = &application.app;
    let github = application.github.as_deref().unwrap_or_default();
    let mut text = format!(
        "# From `windlass init`, and proposed: it counts once somebody who may has uploaded it (docs/integrate/access.md).\n\
         # From then on nobody releases whom it does not name. Add the people who release, roll back and operate.\n\
         # The numbers are those of {github} and of its owner, by \
         `gh api repos/{github} --jq '\"\\(.owner.id)/\\(.id)\"'`.\n\
         app: {app}\nversion: 1\nwho:\n"
    );
    let groups = groups(application);
    for (environment, group) in application.environments.iter().zip(&groups) {
        let refs = refs(&environment.rule);
        if !refs.is_empty() {
            text.push_str(&format!("  {group}:\n"));
        }
        text.extend(refs.iter().map(|reference| jobs(application, environment, reference)));
    }
    let pulls = if application.plans_pull_requests() {
        text.push_str(&format!(
            "  # Its event bounds such a job: it sees and plans, and releases nothing.\n  {PULLS}:\n"
        ));
        text.push_str(&job(application, "event_name: pull_request", ""));
        format!(", {PULLS}")
    } else {
        String::new()
    };
    text.push_str("environments:\n");
    for (environment, group) in application.environments.iter().zip(&groups) {
        let name = &environment.name;
        // An environment that is not listed takes no release.
        text.push_str(&match environment.rule {
            Rule::None => format!("  {name}: {{release: [console]}}   # and the people who release here\n"),
            Rule::Branches(_) | Rule::Tag(_) => format!("  {name}: {{release: [{group}{pulls}]}}\n"),
        });
    }
    text
}

/// Returns the names of the groups of jobs, one for each environment.
fn groups(application: &InitApplication) -> Vec<String> {
    let names: Vec<String> = application.environments.iter().map(|it| format!("ci-{}", it.name)).collect();
    apart(&names, LONGEST, "-")
}

/// Writes the jobs for a ref.
fn jobs(application: &InitApplication, environment: &InitEnvironment, reference: &str) -> String {
    let named = application.github_environment(&environment.name);
    let named = named.map_or_else(String::new, |named| format!("        environment: {}\n", in_yaml(&named)));
    job(application, &format!("ref: \"{reference}\""), &named)
}

/// Writes the jobs of the repository that have a claim, and perhaps a further line of claims.
fn job(application: &InitApplication, claim: &str, further: &str) -> String {
    let (owner, repository) = match &application.github_ids {
        Some((owner, repository)) => (owner.as_str(), repository.as_str()),
        None => (UNKNOWN, UNKNOWN),
    };
    format!(
        "    - issuer: github\n      claims:\n        repository_owner_id: \"{owner}\"\n        \
         repository_id: \"{repository}\"\n        {claim}\n{further}"
    )
}

/// Returns the refs of a rule, as an access file compares them.
fn refs(rule: &Rule) -> Vec<String> {
    let tags = |of: [String; 2]| of.map(|tag| format!("refs/tags/{tag}")).to_vec();
    match rule {
        Rule::Branches(names) => names.iter().map(|name| format!("refs/heads/{name}")).collect(),
        // Whoever may push the tag of a release candidate runs a workflow of their own at it.
        Rule::Tag(tag) if tag == "stable" => {
            let version = [NUMBER; 3].join(".");
            tags([format!("v{version}"), version])
        }
        Rule::Tag(tag) if tag == "release-candidate" => tags(["v*-*".to_owned(), "[0-9]*-*".to_owned()]),
        Rule::Tag(tag) => vec![format!("refs/tags/{tag}")],
        Rule::None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::text::DeclaredText;
    use windlass_domain::access::{AccessFile, AccessRight, Asked, Rules};
    use windlass_domain::release::claims::Claims;
    use windlass_domain::release::identity::EnvironmentId;
    use windlass_domain::release::request::Requester;
    use windlass_domain::text::name::{AppName, EnvironmentName};

    fn application(ids: Option<(&str, &str)>) -> InitApplication {
        let environment =
            |name: &str, rule: &str| InitEnvironment { name: name.into(), rule: Rule::read(rule).unwrap() };
        InitApplication {
            app: "shop".into(),
            github: Some("acme/shop".into()),
            github_ids: ids.map(|(owner, repository)| (owner.into(), repository.into())),
            github_environment: Some(DeclaredText::Each(
                [("dev", "none"), ("staging", "none"), ("prod", "none"), ("live", "production"), ("spare", "none")]
                    .map(|(name, named)| (name.to_owned(), named.to_owned()))
                    .into(),
            )),
            environments: vec![
                environment("dev", "branch:main,fix/**"),
                environment("staging", "tag:release-candidate"),
                environment("prod", "tag:stable"),
                environment("live", "tag:v*-blue"),
                environment("spare", "none"),
            ],
            ..InitApplication::default()
        }
    }

    #[test]
    fn a_job_releases_where_its_ref_belongs_and_no_other_repository_does() {
        let app = AppName::new("shop").unwrap();
        let (file, _) = AccessFile::read(&write(&application(Some(("12", "345")))), &app, None).unwrap();
        let rules = Rules::of(Some(file), None);
        for (ids, reference, environment, wanted) in [
            (("12", "345"), "refs/heads/main", "", "dev"),
            (("12", "345"), "refs/heads/fix/a/b", "", "dev"),
            (("12", "345"), "refs/heads/topic", "", ""),
            (("12", "345"), "refs/tags/v1.4.0-rc.1", "", "staging"),
            (("12", "345"), "refs/tags/1.4.0-rc.1", "", "staging"),
            (("12", "345"), "refs/tags/v1.4.0", "", "prod"),
            (("12", "345"), "refs/tags/1.140.12", "", "prod"),
            (("12", "345"), "refs/tags/v1.4.0-blue", "production", "staging live"),
            (("12", "345"), "refs/tags/v1.4.0-blue", "", "staging"),
            (("12", "346"), "refs/tags/v1.4.0", "", ""),
            (("13", "345"), "refs/heads/main", "", ""),
        ] {
            let claims = [
                ("repository_owner_id", ids.0),
                ("repository_id", ids.1),
                ("event_name", "push"),
                ("ref", reference),
                ("environment", environment),
            ];
            let claims = claims.into_iter().filter(|(_, value)| !value.is_empty());
            let claims = Claims::of(claims.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
            let by = Requester::job(Some(Box::new(claims)));
            let lets = |name: &&str| {
                let environment = EnvironmentName::new(*name).unwrap();
                let asked = Asked::for_right(AccessRight::Release, &by, EnvironmentId::new(&app, &environment));
                rules.decide(&asked, None).is_ok()
            };
            let let_in: Vec<&str> = ["dev", "staging", "prod", "live", "spare"].into_iter().filter(lets).collect();
            assert_eq!(let_in.join(" "), wanted, "{reference}");
        }
    }

    #[test]
    fn numbers_that_are_not_known_are_refused_until_somebody_writes_them() {
        let app = AppName::new("shop").unwrap();
        let refused = AccessFile::read(&write(&application(None)), &app, None).unwrap_err().findings();
        assert!(!refused.is_empty() && refused.iter().all(|it| it.path.ends_with("_id")), "{refused:?}");
    }
}
