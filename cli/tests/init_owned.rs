//! `windlass init` takes no target from another application: neither by a proposal, nor by an answer, nor by the script
//! that tags the targets.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use windlass_cli::init::account::{Account, Distribution, LiveResource, TagOwner};
use windlass_cli::init::answers::{Answers, Question};
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::proposal::propose;
use windlass_cli::init::repository::Repository;
use windlass_cli::init::{files, pieces};

const FOUND: [(&str, &str); 5] = [
    ("agent/Dockerfile", "FROM alpine"),
    ("api/requirements.txt", "fastapi"),
    ("api/index.py", "handler = Mangum(FastAPI())"),
    ("web/index.html", ""),
    ("web/package.json", "{\"dependencies\": {\"vite\": \"7\"}}"),
];

fn owner(app: &str, environment: &str) -> TagOwner {
    TagOwner { app: app.into(), environment: Some(environment.into()) }
}

fn live(name: &str, belongs: Option<TagOwner>) -> LiveResource {
    LiveResource { name: name.into(), belongs }
}

/// An account in which everything is the application `shop`'s, but for a service, a function and a bucket.
fn facts() -> InitFacts {
    let shop = || Some(owner("shop", "prod"));
    let files = FOUND.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let repository = Repository { name: "st-app".into(), files: files.into(), ..Repository::default() };
    let site = |id: &str, bucket: &str, belongs| Distribution {
        id: id.into(),
        about: id.into(),
        bucket: Some(bucket.into()),
        host: None,
        belongs,
    };
    InitFacts {
        pieces: pieces::find(&repository),
        repository,
        account: Account {
            functions: vec![live("shop-api", shop()), live("own", None)],
            services: vec![live("shop-prod/agent", shop()), live("c/own", None)],
            distributions: vec![site("E1ABCDEFGHIJ", "shop-web", shop()), site("E2ABCDEFGHIJ", "own-web", None)],
            buckets: BTreeMap::from([("shop-web".to_owned(), owner("shop", "prod"))]),
            ..Account::default()
        },
        region: Some("eu-west-1".into()),
        stack: "windlass".into(),
        account_id: Some("111111111111".into()),
        ..InitFacts::default()
    }
}

fn asked(answers: &[(&str, &str)]) -> Answers {
    let answers = answers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut asked = Answers::new(answers.collect());
    propose(&facts(), &mut asked);
    asked
}

#[test]
fn a_target_of_another_application_is_not_offered() {
    let asked = asked(&[]);
    for (key, wanted) in [
        ("agent.cluster", "c"),
        ("agent.service", "own"),
        ("api.function", "own"),
        ("web.distribution", "E2ABCDEFGHIJ"),
        ("web.bucket", "own-web"),
    ] {
        let mut open = asked.open.iter();
        let question: &Question = open.find(|it| it.key == key).unwrap();
        assert_eq!(question.choices, [wanted], "{key}");
        assert_eq!(question.proposed, None, "{key}");
    }
}

#[test]
fn a_target_of_another_application_is_refused_with_its_owner_and_the_next_step() {
    let service = [("agent.cluster", "shop-prod"), ("agent.service", "agent"), ("deploy.prod", "branch:main")];
    for answers in [
        &service[..],
        &[("api.function", "shop-api")],
        &[("web.distribution", "E1ABCDEFGHIJ")],
        &[("web.bucket", "shop-web")],
        // Another environment of its own is another one's, too.
        &[("app", "shop"), ("environments", "dev"), ("api.function", "shop-api")],
    ] {
        let asked = asked(answers);
        assert_eq!(asked.wrong.len(), 1, "{answers:?}: {:?}", asked.wrong);
        for part in ["TargetNotOurs", "`shop/prod`", "docs/let-go.md"] {
            assert!(asked.wrong[0].1.contains(part), "{:?}", asked.wrong);
        }
    }
    for answers in [[("app", "shop"), ("api.function", "shop-api")], [("app", "other"), ("api.function", "own")]] {
        assert_eq!(asked(&answers).wrong, [], "{answers:?}");
    }
}

#[test]
fn a_part_of_an_installation_is_neither_proposed_nor_taken() {
    let mut facts = facts();
    let account = &mut facts.account;
    account.stack = "windlass".into();
    account.functions = vec![live("other-api", None)];
    let deployer = ("deployer-api".to_owned(), "deployer".to_owned());
    account.of_installations.extend([deployer]);
    let mut open = Answers::new(BTreeMap::new());
    propose(&facts, &mut open);
    let asked = open.open.iter().find(|it| it.key == "api.function").unwrap();
    assert_eq!(asked.proposed, None, "a common word is too little");
    for part in ["windlass-conductor", "deployer-api"] {
        let answers = [("api.function".to_owned(), part.to_owned())];
        let mut asked = Answers::new(answers.into());
        propose(&facts, &mut asked);
        assert_eq!(asked.wrong.len(), 1, "{part}: {:?}", asked.wrong);
        assert!(asked.wrong[0].1.contains("PartOfWindlass"), "{:?}", asked.wrong);
    }
}

/// Writes the script of these targets, and a program `aws` that answers the look at the tags with a text.
fn script(name: &str, tags: &str) -> PathBuf {
    let place = std::env::temp_dir().join(format!("windlass-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    let answers = [
        ("agent.cluster", "c"),
        ("agent.service", "own"),
        ("agent.container", "agent"),
        ("agent.repository", "st-app/agent"),
        ("api.function", "own"),
        ("web.distribution", "E2ABCDEFGHIJ"),
        ("web.bucket", "own-web"),
        ("github", "none"),
    ];
    let answers = answers.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut asked = Answers::new(answers.into());
    let facts = facts();
    let (all, _) = files::all(&propose(&facts, &mut asked), &facts);
    let script = all.iter().find(|file| file.path == files::SCRIPT).unwrap();
    fs::write(place.join(files::SCRIPT), &script.text).unwrap();
    let program = place.join("aws");
    let text = format!("#!/bin/sh\necho \"$*\" >> \"$0.calls\"\ncase \"$2\" in get-resources) {tags} ;; esac\n");
    fs::write(&program, text).unwrap();
    let made = Command::new("chmod").arg("+x").arg(&program).status();
    assert!(made.unwrap().success());
    place
}

fn run(place: &Path) -> (Option<i32>, String, Vec<String>) {
    let path = format!("{}:{}", place.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    let bash = bash.arg(files::SCRIPT).current_dir(place).env("PATH", path);
    let done = bash.output().unwrap();
    let calls = fs::read_to_string(place.join("aws.calls")).unwrap();
    fs::remove_dir_all(place).unwrap();
    let writes = calls.lines().filter(|it| !it.contains("get-") && it.starts_with(|c: char| c.is_ascii_lowercase()));
    (
        done.status.code(),
        String::from_utf8(done.stderr).unwrap(),
        writes.map(|it| it.split(' ').nth(1).unwrap().to_owned()).collect(),
    )
}

#[test]
fn the_script_writes_nothing_where_a_target_is_tagged_for_another_one() {
    let others = "echo arn:aws:ecs:eu-west-1:111111111111:service/c/own shop prod";
    for (name, tags, why) in [("others", others, "service/c/own shop prod"), ("unseen", "exit 254", "")] {
        let (status, err, writes) = run(&script(name, tags));
        assert!(status.is_some_and(|it| it != 0), "{err}");
        assert!(err.contains(why), "{err}");
        assert_eq!(writes, [""; 0]);
    }
    let (status, err, writes) = run(&script("own", "true"));
    assert_eq!(status, Some(0), "{err}");
    let tagged = writes.iter().filter(|it| *it == "tag-resources");
    assert_eq!(tagged.count(), 2, "{writes:?}");
}
