use super::*;
use crate::init::application::{InitComponent, InitTarget};
use crate::init::pieces::{Piece, PieceSort, Runs};
use crate::init::text::DeclaredText;

/// Returns whether IAM's `StringLike` takes a text (AWS Identity and Access Management User Guide, "String condition
/// operators").
fn is_like(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            text.char_indices().any(|(at, _)| is_like(rest, &text[at..])) || is_like(rest, "")
        }
        (Some('?'), Some(_)) => is_like(&pattern[1..], &text[1..]),
        (Some(one), Some(other)) => one == other && is_like(&pattern[1..], &text[1..]),
        _ => false,
    }
}

/// Returns the names of the roles of a template that take a token with this subject.
fn takers(template: &str, ids: (&str, &str), subject: &str) -> Vec<String> {
    let mut takers: Vec<String> = Vec::new();
    let mut role = String::new();
    for line in template.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("RoleName: ") {
            name.clone_into(&mut role);
        }
        if let Some((_, but)) = line.split_once("\": \"*:ref:") {
            let is_but = is_like(&format!("*:ref:{}", but.trim_end_matches('"')), subject);
            takers.retain(|taker| !is_but || *taker != role);
        }
        let Some(at) = line.find("\"repo:").filter(|_| line.starts_with("- ")) else {
            continue;
        };
        let filled = line[at + 1..]
            .trim_end_matches('"')
            .replace("${GitHubOwnerId}", ids.0)
            .replace("${GitHubRepositoryId}", ids.1);
        if is_like(&filled, subject) && !takers.contains(&role) {
            takers.push(role.clone());
        }
    }
    takers
}

fn application(github_environment: Option<DeclaredText>) -> InitApplication {
    let environment = |name: &str, rule: &str| InitEnvironment { name: name.into(), rule: Rule::read(rule).unwrap() };
    InitApplication {
        app: "shop".into(),
        github: Some("acme/shop".into()),
        github_ids: Some(("12".into(), "345".into())),
        github_environment,
        environments: vec![
            environment("dev", "branch:main,fix/**"),
            environment("staging", "tag:release-candidate"),
            environment("prod", "tag:stable"),
        ],
        components: vec![InitComponent {
            name: "web".into(),
            piece: Piece {
                sort: PieceSort::Vite,
                folder: String::new(),
                file: "package.json".into(),
                name: "web".into(),
                runs: Runs::Site { hashed: Vec::new() },
                build: Vec::new(),
                output: "dist".into(),
                archive: None,
            },
            target: InitTarget::Function {
                function: DeclaredText::One("shop-web".into()),
                alias: "live".into(),
                repository: Some("shop/web".into()),
                request: Err("none is known".into()),
            },
        }],
        action: Some("example/windlass@v1".into()),
        ..InitApplication::default()
    }
}

#[test]
fn a_role_takes_both_forms_of_its_repositorys_subject_and_of_no_other() {
    let written = write(&application(None));
    for (subject, wanted) in [
        ("repo:acme/shop:ref:refs/heads/main", "shop-ci-dev"),
        ("repo:acme@12/shop@345:ref:refs/heads/main", "shop-ci-dev"),
        ("repo:acme@12/shop@345:ref:refs/heads/fix/a/b", "shop-ci-dev"),
        ("repo:acme/shop:ref:refs/tags/v1.4.0", "shop-ci-prod"),
        ("repo:acme@12/shop@345:ref:refs/tags/v1.4.0", "shop-ci-prod"),
        ("repo:acme/shop:ref:refs/tags/v1.4.0-rc.1", "shop-ci-staging"),
        ("repo:acme@12/shop@345:ref:refs/tags/v1.4.0-rc.1", "shop-ci-staging"),
        ("repo:acme/shop:pull_request", ""),
        ("repo:acme@12/shop@345:pull_request", ""),
        // Another owner of the name, another repository of the owner, and names that begin or end alike.
        ("repo:acme@13/shop@345:ref:refs/heads/main", ""),
        ("repo:acme@12/shop@346:ref:refs/heads/main", ""),
        ("repo:acme@123/shop@345:ref:refs/heads/main", ""),
        ("repo:acme@12/shop@3456:ref:refs/tags/v1.4.0", ""),
        ("repo:acme@12/shop:ref:refs/heads/main", ""),
        ("repo:acme/shop@345:ref:refs/heads/main", ""),
        ("repo:acme-evil/shop:ref:refs/heads/main", ""),
        ("repo:acme-evil@12/shop@345:ref:refs/heads/main", ""),
        ("repo:acme/shop-x:ref:refs/tags/v1.4.0", ""),
        ("repo:acme@12/shop-x@345:ref:refs/tags/v1.4.0", ""),
        ("repo:x-acme/shop:pull_request", ""),
        // Other refs, and a job in an environment, which nobody has answered.
        ("repo:acme/shop:ref:refs/heads/topic", ""),
        ("repo:acme/shop:environment:prod", ""),
        ("repo:acme@12/shop@345:environment:prod", ""),
    ] {
        assert_eq!(takers(&written, ("12", "345"), subject).join(" "), wanted, "{subject}\n{written}");
    }
    let beside = |pattern: &str| written.matches(pattern).count();
    assert_eq!(beside("shop*") + beside("acme*") + beside("@*"), 0);
}

#[test]
fn a_job_in_an_environment_on_github_is_taken_in_both_forms_and_no_ref_beside_it() {
    let written = write(&application(Some(DeclaredText::Each(
        [("dev", "none"), ("prod", "production")].map(|(name, named)| (name.to_owned(), named.to_owned())).into(),
    ))));
    for (subject, wanted) in [
        ("repo:acme/shop:environment:production", "shop-ci-prod"),
        ("repo:acme@12/shop@345:environment:production", "shop-ci-prod"),
        ("repo:acme@12/shop@345:ref:refs/heads/main", "shop-ci-dev"),
        ("repo:acme@12/shop@345:ref:refs/tags/v1.4.0", ""),
        ("repo:acme@12/shop@345:environment:staging", ""),
        ("repo:acme@12/shop@346:environment:production", ""),
        ("repo:acme-evil/shop:environment:production", ""),
    ] {
        assert_eq!(takers(&written, ("12", "345"), subject).join(" "), wanted, "{subject}\n{written}");
    }
}

#[test]
fn numbers_that_are_not_known_are_asked_of_github_by_the_command() {
    let known = command(&application(None));
    assert!(!known.contains("gh api"), "{known}");
    let unknown = InitApplication { github_ids: None, ..application(None) };
    let command = command(&unknown);
    for wanted in [
        "GitHubOwnerId=$(gh api repos/acme/shop --jq .owner.id)",
        "GitHubRepositoryId=$(gh api repos/acme/shop --jq .id)",
    ] {
        assert!(command.contains(wanted), "{command}");
    }
    // That of MakeProvider alone.
    assert_eq!(write(&unknown).matches("Default: \"").count(), 1);
}

#[test]
fn roles_whose_names_are_made_alike_are_roles_of_their_own() {
    let of = |letters: usize, end: &str| format!("{}{end}", "x".repeat(letters));
    for (app, environments) in [
        ("shop".to_owned(), ["eu-1".to_owned(), "eu1".to_owned(), "eu12".to_owned()]),
        ("shop".to_owned(), ["plan".to_owned(), "plan-2".to_owned(), "prod".to_owned()]),
        (of(32, ""), [of(31, "a"), of(31, "b"), of(30, "-2")]),
        (of(32, ""), [of(28, ""), of(28, "-"), of(28, "-2")]),
    ] {
        let rule = |name: &String| InitEnvironment { name: name.clone(), rule: Rule::Tag("stable".into()) };
        let made = InitApplication { app, environments: environments.iter().map(rule).collect(), ..application(None) };
        let written = write(&made);
        let all = |begin: &str, end: &str| {
            let of = |line: &str| line.strip_prefix(begin)?.strip_suffix(end).map(str::to_owned);
            written.lines().filter_map(of).collect::<Vec<String>>()
        };
        let (ids, names) = (all("  ", "Role:"), all("      RoleName: ", ""));
        for own in [&ids, &names] {
            assert_eq!(own.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{own:?}");
        }
        assert!(names.iter().all(|name| name.len() <= LONGEST), "{names:?}");
        // The workflow takes the roles by the same names.
        let wanted: Vec<String> = environments.iter().map(|it| name(&made, it)).collect();
        assert_eq!(names, wanted);
    }
}
