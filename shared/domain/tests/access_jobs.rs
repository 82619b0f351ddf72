//! The rules of access files for CI jobs that show a token, as a table.

#![allow(clippy::unwrap_used)]

use crate::access::{DEV, FILE, all, app, by, file};
use windlass_domain::access::{AccessFile, AccessRight, Allowed, Asked, Caller, Rules};
use windlass_domain::release::claims::Claims;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Requester;
use windlass_domain::text::name::{EnvironmentName, WhoName};

/// Returns a job of CI by its ref and event, which lead-1 has started.
fn job(repository_id: &str, reference: &str, event: &str) -> Requester {
    let token = [
        ("repository_owner_id", "8472"),
        ("repository_id", repository_id),
        ("repository", "octo/shop"),
        ("ref", reference),
        ("event_name", event),
        ("actor_id", "31337"),
    ];
    let token = token.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Requester::job(Claims::of(token).map(Box::new))
}

fn decide_on_job(rules: &Rules, by: &Requester, right: AccessRight, environment: &str) -> Option<Allowed> {
    let (app, environment) = (app(), EnvironmentName::new(environment).unwrap());
    rules.decide(&Asked::for_right(right, by, EnvironmentId::new(&app, &environment)), None).ok()
}

#[test]
fn a_job_of_ci_has_the_rights_that_a_rule_gives_to_its_claims_and_none_of_iams() {
    use AccessRight::{Operate, Read, Release, RollBack};
    let rules = Rules::of(Some(file(FILE)), Some(all()));
    let goes = Some(Allowed::Goes);
    let (tag, main) = ("refs/tags/v1.4.0", "refs/heads/main");
    for (repository, reference, event, right, environment, wanted) in [
        ("990134", tag, "push", Release, "tagged", goes),
        ("990134", tag, "push", Read, "tagged", goes),
        ("990134", tag, "push", RollBack, "tagged", None),
        ("990134", tag, "push", Operate, "tagged", None),
        ("990134", main, "push", Release, "tagged", None),
        ("990134", main, "push", Read, "tagged", None),
        ("1", tag, "push", Release, "tagged", None),
        ("1", tag, "push", Read, "tagged", None),
        ("990134", main, "pull_request", Release, "tagged", None),
        ("990134", main, "pull_request", Read, "tagged", goes),
        ("990134", main, "pull_request_target", Read, "tagged", None),
        ("990134", main, "pull_request", Read, "seen", goes),
        ("990134", main, "pull_request", Release, "seen", None),
        ("990134", tag, "push", Release, "seen", goes),
        ("990134", tag, "push", Read, "seen", None),
        ("990134", tag, "push", Release, "staging", None),
        ("990134", tag, "push", Read, "staging", None),
        ("990134", tag, "push", Read, "dev", None),
    ] {
        let by = job(repository, reference, event);
        let decided = decide_on_job(&rules, &by, right, environment);
        assert_eq!(decided, wanted, "{repository} {reference} {event} {right} {environment}");
    }
}

#[test]
fn without_a_file_or_claims_a_job_of_ci_has_no_right_at_all() {
    let (without, with) = (Rules::default(), Rules::of(Some(file(FILE)), Some(all())));
    let job = job("990134", "refs/tags/v1.4.0", "push");
    for (rules, by) in [(&without, &job), (&with, &Requester::job(None))] {
        for right in [AccessRight::Read, AccessRight::Release, AccessRight::RollBack, AccessRight::Operate] {
            assert_eq!(decide_on_job(rules, by, right, "tagged"), None, "{right} {by}");
        }
        assert!(rules.rule_on(by), "{by}");
    }
    let by_role = by(DEV);
    assert!(!without.rule_on(&by_role) && with.rule_on(&by_role));
}

/// Any repository may ask: what it is answered is the same whatever there is.
#[test]
fn a_job_that_no_rule_names_learns_nothing_of_the_rules() {
    let refused = |rules: &Rules, by: &Requester, environment: &str| {
        let (app, environment) = (app(), EnvironmentName::new(environment).unwrap());
        let asked = Asked::for_right(AccessRight::Release, by, EnvironmentId::new(&app, &environment));
        rules.decide(&asked, None).unwrap_err()
    };
    let stranger = job("1", "refs/tags/v1.4.0", "push");
    let without = refused(&Rules::default(), &stranger, "prod");
    let with = Rules::of(Some(file(FILE)), Some(all()));
    for (rules, environment) in
        [(&with, "prod"), (&with, "tagged"), (&with, "dev"), (&Rules::of(None, Some(all())), "prod")]
    {
        assert_eq!(refused(rules, &stranger, environment), without, "{environment}");
    }
    let named = refused(&with, &job("990134", "refs/tags/v1.4.0", "push"), "prod");
    assert!(named[0].path.starts_with("environments.prod.release of "), "{named:?}");
}

#[test]
fn who_has_started_a_job_is_known_by_the_issuers_id_and_let_in_by_nothing() {
    let rules = Rules::of(Some(file(FILE)), Some(all()));
    let job = job("990134", "refs/tags/v1.4.0", "push");
    assert_eq!(rules.person(Caller::of(&job)).map(WhoName::as_str), Some("lead-1"));
    // The environment gives `operate` to lead-1.
    assert_eq!(decide_on_job(&rules, &job, AccessRight::Operate, "tagged"), None);
    let of_gitlab = |user: &str| {
        let claims = [("namespace_id", "72"), ("project_id", "20"), ("user_id", user)];
        let claims = Claims::of(claims.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Requester::job(claims.map(Box::new))
    };
    assert_eq!(rules.person(Caller::of(&of_gitlab("31337"))), None, "the id is another issuer's");
    let with = Rules::of(
        Some(file(&FILE.replace("    github: \"31337\"\n", "    github: \"31337\"\n    gitlab: \"812\"\n"))),
        None,
    );
    assert_eq!(with.person(Caller::of(&of_gitlab("812"))).map(WhoName::as_str), Some("lead-1"));
}

#[test]
fn what_is_wrong_with_the_claims_of_a_rule_is_found() {
    let found = |ci: &str| {
        let text = format!("app: shop\nversion: 1\nwho:\n  ci:\n{ci}");
        let part = AccessFile::read(&text, &app(), None).unwrap_err();
        part.findings().iter().map(|it| format!("{} {}", it.name, it.path)).collect::<Vec<_>>()
    };
    let in_form = "  - {issuer: github, claims: {repository_owner_id: '*', ref: 'refs/[', reff: x}}\n  \
                   - {issuer: gitlab, claims: {namespace_id: '72', repository_id: '1'}}\n";
    let of_no_form = "  - {issuer: gitea, claims: {}}\n  - {issuer: github}\n  \
                      - {issuer: github, claims: {repository_id: 990134}}\npeople: {ann: {github: ann}}\n";
    let found = [found(in_form), found(of_no_form)].concat();
    for wanted in [
        "BadValue people.ann.github",
        "BadValue who.ci[0].claims.repository_owner_id",
        "MissingField who.ci[0].claims.repository_id",
        "BadValue who.ci[0].claims.ref",
        "UnknownName who.ci[0].claims.reff",
        "MissingField who.ci[1].claims.project_id",
        "UnknownName who.ci[1].claims.repository_id",
        "BadValue who.ci[0].issuer",
        "MissingField who.ci[1].claims",
        "BadValue who.ci[2].claims.repository_id",
    ] {
        assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:#?}");
    }
}
