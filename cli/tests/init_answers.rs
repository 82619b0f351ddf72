//! The questions of `windlass init` without a terminal: they are listed at once, and an answer that cannot be taken is
//! refused by its key.

#![allow(clippy::unwrap_used)]

use crate::copies::{copy, init};
use crate::standin::{code, err};

#[test]
fn without_a_terminal_every_question_is_listed_at_once_and_nothing_is_written() {
    let place = copy("next");
    let asked = init(&place, &[]);
    assert_eq!(code(&asked), 2, "{}", err(&asked));
    for line in [
        "  app: the application's name [next]",
        "  environments: the environments, in the order in which a release goes through them [prod]",
        "  web.bucket: the bucket of the site's files",
        "  region: the region of Windlass and of the targets",
        "  account: the number of the account of Windlass",
    ] {
        assert!(err(&asked).lines().any(|one| one == line), "no `{line}` in {}", err(&asked));
    }
    let fewer = init(&place, &["--yes"]);
    assert_eq!(code(&fewer), 2);
    assert!(!err(&fewer).contains("environments:") && err(&fewer).contains("  web.distribution: "), "{}", err(&fewer));
    assert!(!place.join("app.yaml").exists());
}

#[test]
fn answers_that_cannot_be_taken_are_listed_with_what_is_missing() {
    let place = copy("next");
    let bad = [
        "app=Shop",
        "deploy.prod=push",
        "web.buckte=x",
        "region=Dublin",
        "web.distribution=$(id)",
        "account=1",
        "action=windlass",
    ];
    let arguments: Vec<&str> = bad.iter().flat_map(|answer| ["--answer", *answer]).collect();
    let refused = init(&place, &arguments);
    assert_eq!(code(&refused), 2);
    for line in [
        "wrong: `app`: `Shop` is not a name",
        "wrong: `deploy.prod`: `push` is no rule",
        "wrong: `web.buckte` is not asked here. Did you mean `web.bucket`?",
        "wrong: `region`: write a region",
        "wrong: `web.distribution`: ",
        "wrong: `account`: ",
        "wrong: `action`: write it as `owner/name@commit`, or `none`",
        "  web.bucket: ",
    ] {
        assert!(err(&refused).contains(line), "no `{line}` in {}", err(&refused));
    }
}

#[test]
fn an_answer_that_cannot_work_is_refused_by_its_key_with_what_to_write() {
    for (answers, why) in [
        (&["deploy.prod=tag:latest"][..], "`deploy.prod`: no version's tag is `latest`"),
        (&["deploy.prod=tag:release-*"], "`deploy.prod`: no version's tag"),
        (&["deploy.prod=tag:prod/*"], "`tag:v*-rc*`"),
        (&["environments=dev,dev"], "`environments`: `dev` stands there twice"),
        (&["components=web,web"], "`components`: two components are called `web`"),
        (&["web.bucket=b"], "`web.bucket`: "),
        (&["environments=dev,prod", "web.bucket=shop-web"], "`web.bucket`: `shop-web` is one target for dev and prod"),
        (
            &["environments=dev,prod", "web.distribution=E1ABCDEFGHIJ"],
            "`web.distribution`: `E1ABCDEFGHIJ` is one target for dev and prod",
        ),
        (&["environments=dev,prod", "web.distribution=dev=E1ABCDEFGHIJ,prod=E1ABCDEFGHIJ"], "`web.distribution`: "),
    ] {
        let place = copy("next");
        let arguments = answers.iter().flat_map(|answer| ["--answer", *answer]);
        let arguments: Vec<&str> = ["--yes"].into_iter().chain(arguments).collect();
        let refused = init(&place, &arguments);
        assert_eq!(code(&refused), 2);
        let wrong: Vec<String> =
            err(&refused).lines().filter(|line| line.starts_with("  wrong: ")).map(str::to_owned).collect();
        assert_eq!(wrong.len(), 1, "{answers:?}: {wrong:?}");
        assert!(wrong[0].contains(why), "{answers:?}: {wrong:?}");
        assert!(!err(&refused).contains("line 7"), "{}", err(&refused));
    }
}

#[test]
fn a_service_is_apart_by_its_cluster_or_by_its_name() {
    for (cluster, service, is_good) in
        [("shop-{environment}", "agent", true), ("shop", "agent-{environment}", true), ("shop", "agent", false)]
    {
        let place = copy("ecs");
        let cluster = format!("agent.cluster={cluster}");
        let service = format!("agent.service={service}");
        let made =
            init(&place, &["--yes", "--answer", "environments=dev,prod", "--answer", &cluster, "--answer", &service]);
        assert_eq!(err(&made).contains("wrong: `agent.service`: `agent` is one target"), !is_good, "{}", err(&made));
    }
}

#[test]
fn what_either_answer_leads_to_is_listed_at_once() {
    let place = copy("fastapi-plain");
    let asked = init(&place, &["--yes"]);
    assert_eq!(code(&asked), 2);
    let text = err(&asked);
    for line in [
        "  backend.runs: what an API with FastAPI (`backend/pyproject.toml`) runs as: `function` or `service`",
        "  backend.function: the function's name (only with backend.runs=function)",
        "  backend.cluster: the cluster of the service (only with backend.runs=service)",
        "  backend.repository: the repository in Amazon ECR that its images are pushed to (only with backend.runs=service)",
    ] {
        assert!(text.lines().any(|it| it == line), "no `{line}` in {text}");
    }
    let decided = init(&place, &["--yes", "--answer", "backend.runs=function"]);
    let text = err(&decided);
    assert!(text.contains("  backend.function: the function's name\n") && !text.contains("backend.cluster"), "{text}");
}
