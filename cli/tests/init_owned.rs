//! `windlass init` takes no target from another application: neither by a proposal nor by an answer. Its script does not
//! either (`init_script.rs`).

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use windlass_cli::init::account::{Account, InitDistribution, LiveResource, TagOwner};
use windlass_cli::init::answers::{Answers, Question};
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::pieces;
use windlass_cli::init::proposal::propose;
use windlass_cli::init::repository::Repository;

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
    let site = |id: &str, bucket: &str, belongs| InitDistribution {
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
