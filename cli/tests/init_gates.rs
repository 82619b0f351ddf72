//! `windlass init` begins with gates that can be measured of what it found, and says where it knows none.

#![allow(clippy::unwrap_used)]

use windlass_cli::init::account::{Account, LiveResource, ServiceDetail};
use windlass_cli::init::answers::Answers;
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::proposal::propose;
use windlass_cli::init::repository::Repository;
use windlass_cli::init::{files, pieces};
use windlass_domain::declaration::Declaration;

const SERVICE: &[(&str, &str)] = &[("agent/Dockerfile", "FROM alpine")];
const FUNCTION: &[(&str, &str)] =
    &[("api/requirements.txt", "fastapi"), ("api/index.py", "handler = Mangum(FastAPI())")];
const SITE: &[(&str, &str)] = &[("web/index.html", ""), ("web/package.json", "{\"dependencies\": {\"vite\": \"7\"}}")];

const ACCOUNT: &str = "111111111111";

fn facts(files: &[(&str, &str)], closer: Option<ServiceDetail>) -> InitFacts {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let repository = Repository { name: "shop".into(), files: files.collect(), ..Repository::default() };
    let service = LiveResource { name: "shop/agent".into(), belongs: None };
    InitFacts {
        pieces: pieces::find(&repository),
        repository,
        account: Account {
            services: vec![service],
            closer: [("shop/agent".to_owned(), closer)].into(),
            ..Account::default()
        },
        region: Some("eu-west-1".into()),
        stack: "windlass".into(),
        account_id: Some(ACCOUNT.into()),
        ..InitFacts::default()
    }
}

/// Returns the declaration that is written with these answers, and the open questions without a proposal.
fn written(facts: &InitFacts, answers: &[(&str, &str)]) -> (String, Vec<String>) {
    let answers = answers.iter().chain(&[("github", "none")]);
    let answers = answers.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut asked = Answers::new(answers.collect());
    let application = propose(facts, &mut asked);
    assert_eq!(asked.wrong, []);
    let open = asked.open.into_iter().filter(|it| it.proposed.is_none());
    let (files, _) = files::all(&application, facts);
    let declared = files.into_iter().find(|file| file.path == "app.yaml");
    (declared.unwrap().text, open.map(|it| it.key).collect())
}

/// Returns whether a warning says that nothing is measured.
fn is_unmeasured(text: &str) -> bool {
    let declaration = Declaration::parse(text).unwrap();
    !declaration.warnings().is_empty()
}

#[test]
fn what_was_found_is_measured_from_the_first_release_on() {
    let function = facts(FUNCTION, None);
    let (text, _) = written(&function, &[("environments", "dev,prod"), ("api.function", "dev=shop-dev,prod=own")]);
    assert!(!is_unmeasured(&text), "{text}");
    for line in [
        "          metric: Errors",
        "          dimensions: {FunctionName: {dev: shop-dev, prod: own}, Resource: {dev: \"shop-dev:live\", prod: \"own:live\"}}",
        "    rollout: {canary: [10], every: 3m}",
        "  bake: 3m",
        "  unknown: {becomes: pass}",
    ] {
        assert!(text.lines().any(|it| it == line), "no `{line}` in\n{text}");
    }
    let site = facts(SITE, None);
    let bucket = ("web.bucket", "shop-web-{environment}");
    let (text, _) = written(&site, &[bucket, ("web.distribution", "E1ABCDEFGHIJ")]);
    assert!(!is_unmeasured(&text) && text.contains("gates: {pages: [{path: /}]}"), "{text}");
    assert!(!text.contains("unknown:"), "{text}");
    let (text, _) = written(&site, &[bucket, ("web.distribution", "none")]);
    assert!(is_unmeasured(&text), "{text}");
}

#[test]
fn a_new_version_is_tried_by_a_get_or_by_a_test_event_that_a_person_confirms() {
    const COMMENT: &str = "# invocations: [{name: health, payload: {}}]";
    let routed = [FUNCTION, &[("api/routes.py", "@app.get('/health')\n")]].concat();
    let (text, _) = written(&facts(&routed, None), &[("api.function", "shop-api")]);
    assert!(text.contains("        - name: \"GET /health\"\n") && !text.contains(COMMENT), "{text}");
    assert!(text.lines().any(|line| line == "          expect: {statusCode: 200}"), "{text}");
    assert!(Declaration::parse(&text).is_ok(), "{text}");

    let jobs = facts(
        &[
            ("jobs/index.py", "def handler(event, context):\n    pass\n"),
            ("jobs/events/dry.json", "{\"dry\": true}"),
            ("jobs/events/login.json", "{\"password\": \"hunter2-x9\"}"),
        ],
        None,
    );
    let function = ("jobs.function", "shop-jobs");
    let (text, _) = written(&jobs, &[function]);
    assert!(text.contains(COMMENT) && text.contains("nobody has confirmed"), "{text}");
    let (text, _) = written(&jobs, &[function, ("jobs.event", "jobs/events/dry.json")]);
    let payload =
        "        - name: dry\n          payload:\n            {\n              \"dry\": true\n            }\n";
    assert!(text.contains(payload) && !text.contains(COMMENT), "{text}");
    assert!(!text.contains("expect:"), "its author alone knows its answer: {text}");
    assert!(Declaration::parse(&text).is_ok(), "{text}");
    for (event, why) in [("dry.json", "no test event here"), ("jobs/events/login.json", "looks like a secret")] {
        let given = [("jobs.event", event), ("github", "none"), function];
        let mut asked = Answers::new(given.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        propose(&jobs, &mut asked);
        assert!(asked.wrong.len() == 1 && asked.wrong[0].1.contains(why), "{event}: {:?}", asked.wrong);
    }
}

#[test]
fn a_service_is_looked_at_for_its_container_its_repository_and_its_load_balancer() {
    let image = |name: &str| format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/{name}@sha256:1");
    let one = ServiceDetail {
        containers: vec![("app".into(), image("shop/agent"))],
        balancers: vec![("app/shop/50dc".into(), "targetgroup/agent/73e2".into())],
    };
    let two = ServiceDetail {
        containers: vec![("app".into(), image("shop/agent")), ("log".into(), "public.ecr.aws/x/y:1".into())],
        balancers: vec![],
    };
    let named = [("agent.cluster", "shop"), ("agent.service", "agent")];
    let (text, open) = written(&facts(SERVICE, Some(one)), &named);
    assert_eq!(open, [""; 0]);
    for line in [
        "    container: app",
        "    repository: shop/agent",
        "          metric: HTTPCode_Target_5XX_Count",
        "          dimensions: {LoadBalancer: app/shop/50dc, TargetGroup: targetgroup/agent/73e2}",
    ] {
        assert!(text.lines().any(|it| it == line), "no `{line}` in\n{text}");
    }
    assert!(!is_unmeasured(&text), "{text}");
    let (_, open) = written(&facts(SERVICE, Some(two.clone())), &named);
    assert_eq!(open, ["agent.container", "agent.repository"]);
    let chosen = [&named[..], &[("agent.container", "app")]].concat();
    let (text, open) = written(&facts(SERVICE, Some(two)), &chosen);
    assert_eq!(open, [""; 0]);
    assert!(is_unmeasured(&text) && text.contains("# Nothing is measured of it yet."), "{text}");
}
