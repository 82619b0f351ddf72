//! The files in `examples/init` are those that `windlass init` makes of repositories as the seeds describe them. After
//! a change, write them anew with `UPDATE_DOCS=1 cargo test -p windlass-cli init_seeds`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use windlass_cli::init::answers::Answers;
use windlass_cli::init::application::InitApplication;
use windlass_cli::init::facts::InitFacts;
use windlass_cli::init::proposal::propose;
use windlass_cli::init::repository::Repository;
use windlass_cli::init::{files, pieces, repository_walk};
use windlass_domain::access::{AccessFile, AccessRight, Asked, Rules};
use windlass_domain::declaration::Declaration;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::claims::Claims;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Requester;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// A seed's name, the repository on GitHub, and the answers that nothing else gives.
type Seed<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

const SEEDS: [Seed; 4] = [
    (
        "monorepo",
        "example/insight",
        &[
            ("deploy.staging", "tag:v*.*.0-rc*"),
            ("github.environment", "dev=none,staging=none,prod=production"),
            ("agent.cluster", "insight-{environment}"),
            ("agent.service", "agent"),
            ("agent.container", "agent"),
            ("agent.repository", "insight/agent"),
            ("frontend.bucket", "insight-frontend-{environment}"),
            ("frontend.distribution", "dev=E1DEVELOPMENT,staging=E2STAGING,prod=E3PRODUCTION"),
        ],
    ),
    (
        "container",
        "example/autopr",
        &[
            ("environments", "dev,staging,production"),
            ("deploy.dev", "branch:feature/**,feat/**"),
            ("deploy.staging", "branch:staging"),
            ("deploy.production", "branch:main"),
            ("autopr.cluster", "autopr-{environment}"),
            ("autopr.service", "autopr-{environment}"),
        ],
    ),
    (
        "chat-bot",
        "example/service-bot",
        &[
            ("deploy.dev", "branch:develop"),
            ("deploy.prod", "branch:main"),
            ("components", "messages:backend,frontend"),
            ("frontend.bucket", "service-bot-{environment}-frontend"),
            ("frontend.distribution", "dev=E1DEVELOPMENT,prod=E2PRODUCTION"),
        ],
    ),
    (
        "textbook",
        "example/textbook",
        &[
            ("backend.function", "textbook-backend-{environment}"),
            ("book.bucket", "textbook-book-{environment}"),
            ("book.distribution", "E1TEXTBOOK"),
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The action in the examples: nobody's address, like those of the applications.
const ACTION: (&str, &str) = ("action", "example/windlass@0123456789abcdef0123456789abcdef01234567");

/// The numbers of each repository, and of its owner: nobody's either.
const IDS: (&str, &str) = ("github.ids", "1111/2222");

fn seed_folder(name: &str) -> PathBuf {
    let repositories = root().join("cli/tests/repositories");
    let seed = repositories.join("seeds").join(name);
    if seed.exists() { seed } else { repositories.join(name) }
}

fn facts(folder: &Path, github: &str) -> InitFacts {
    let mut repository = repository_walk::read(folder).unwrap();
    repository.github = Some(github.to_owned());
    repository.branch = None;
    // The seeds lie within this repository.
    repository.above = None;
    facts_of(repository)
}

/// Returns the facts of a repository, with an account that nobody has looked into.
pub fn facts_of(repository: Repository) -> InitFacts {
    InitFacts {
        pieces: pieces::find(&repository),
        repository,
        region: Some("eu-west-1".to_owned()),
        stack: "windlass".to_owned(),
        account_id: Some("111111111111".to_owned()),
        ..InitFacts::default()
    }
}

/// Returns the application that is proposed with these answers, none of which is wrong.
pub fn proposed(facts: &InitFacts, answers: &[(&str, &str)]) -> InitApplication {
    let given = answers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut asked = Answers::new(given.collect());
    let application = propose(facts, &mut asked);
    assert_eq!(asked.wrong, []);
    application
}

/// Returns the files of a seed.
fn made(seed: Seed) -> BTreeMap<String, String> {
    made_in(&seed_folder(seed.0), seed)
}

/// Returns the files of a seed in a folder; no question without a proposed answer may be left.
fn made_in(folder: &Path, (name, github, answers): Seed) -> BTreeMap<String, String> {
    let facts = facts(folder, github);
    let answers = answers.iter().chain([&ACTION, &IDS]).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut asked = Answers::new(answers.collect());
    let application = propose(&facts, &mut asked);
    assert_eq!(asked.wrong, [], "{name}");
    let open = asked.open.iter().filter(|question| question.proposed.is_none());
    let open: Vec<&str> = open.map(|question| question.key.as_str()).collect();
    assert_eq!(open, [""; 0], "{name}");
    let (files, notes) = files::all(&application, &facts);
    let notes: Vec<String> = notes.iter().map(|note| format!("{note}\n")).collect();
    let notes = notes.concat();
    let mut made: BTreeMap<String, String> = files.into_iter().map(|file| (file.path, file.text)).collect();
    if !notes.is_empty() {
        made.insert("notes.txt".to_owned(), notes);
    }
    made
}

fn present(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            present(&entry.path(), &format!("{path}/"), into);
        } else {
            into.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_examples_are_what_is_made_of_the_seeds() {
    for seed in SEEDS {
        let (mut made, folder) = (made(seed), root().join("examples/init").join(seed.0));
        let schema = made.remove("app.schema.json").unwrap();
        let documented = fs::read_to_string(root().join("docs/app.schema.json")).unwrap();
        assert!(schema == documented, "docs/app.schema.json is another one");
        let declared = made.get_mut("app.yaml").unwrap();
        *declared = declared.replace("$schema=app.schema", "$schema=../../../docs/app.schema");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let _ = fs::remove_dir_all(&folder);
            for (path, text) in &made {
                let path = folder.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        let mut there = BTreeMap::new();
        present(&folder, "", &mut there);
        assert_eq!(there.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>(), "{}", seed.0);
        for (path, text) in &made {
            assert!(
                there[path] == *text,
                "examples/init/{}/{path}: UPDATE_DOCS=1 cargo test -p windlass-cli init_seeds",
                seed.0
            );
        }
    }
}

#[test]
fn every_declaration_of_the_examples_is_valid() {
    for seed in SEEDS {
        let text = &made(seed)["app.yaml"];
        let declaration = Declaration::parse(text);
        assert!(declaration.is_ok(), "{}: {:?}\n{text}", seed.0, declaration.err());
    }
}

#[test]
fn every_access_file_of_the_examples_is_valid_and_a_role_is_for_images_alone() {
    for seed in SEEDS {
        let made = made(seed);
        let (path, text) = made.iter().find(|(path, _)| path.starts_with("access/apps/")).unwrap();
        let app = path.strip_prefix("access/apps/").and_then(|name| name.strip_suffix(".yaml")).unwrap();
        let read = AccessFile::read(text, &AppName::new(app).unwrap(), None);
        assert!(read.is_ok(), "{}: {:?}\n{text}", seed.0, read.err().map(PartialDocument::findings));
        let has_images = made["app.yaml"].contains("repository: ");
        assert_eq!(made.contains_key("ci-role.yaml"), has_images, "{}", seed.0);
        let workflow = made.get(".github/workflows/release.yaml").map_or("", String::as_str);
        assert_eq!(workflow.contains("role-to-assume"), has_images, "{}: {workflow}", seed.0);
        assert!(!workflow.contains("          role: "), "{workflow}");
        assert_eq!(workflow.contains("  pull_request: {}"), text.contains("event_name: pull_request"), "{workflow}");
    }
}

#[test]
fn a_pull_request_is_planned_by_its_token_and_releases_nothing() {
    let made = made(SEEDS[0]);
    let (app, prod) = (AppName::new("insight").unwrap(), EnvironmentName::new("prod").unwrap());
    let (file, _) = AccessFile::read(&made["access/apps/insight.yaml"], &app, None).unwrap();
    let claims = [
        ("repository_owner_id", "1111"),
        ("repository_id", "2222"),
        ("event_name", "pull_request"),
        ("ref", "refs/pull/7/merge"),
    ];
    let claims = Claims::of(claims.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (by, rules) = (Requester::job(claims.map(Box::new)), Rules::of(Some(file), None));
    let may = |right| rules.decide(&Asked::for_right(right, &by, EnvironmentId::new(&app, &prod)), None).is_ok();
    assert!(may(AccessRight::Read) && !may(AccessRight::Release));
    let workflow = &made[".github/workflows/release.yaml"];
    assert!(workflow.contains("  pull_request: {}\n"), "{workflow}");
    assert!(workflow.contains("github.event.pull_request.head.repo.full_name == github.repository"), "{workflow}");
    for pushed in ["aws-actions/configure-aws-credentials", "- name: Push the images"] {
        let (_, after) = workflow.split_once(pushed).unwrap();
        assert_eq!(after.lines().nth(1), Some("        if: github.event_name == 'push'"), "{workflow}");
    }
    let image = "${{ github.event_name == 'push' && format('agent=image:insight/agent@{0}', env.digest_agent) || '' }}";
    assert!(workflow.contains(image), "{workflow}");
}

#[test]
fn an_environment_that_no_ref_reaches_is_declared() {
    let (name, github, answers) = SEEDS[1];
    let changed = answers.iter().map(|(key, value)| (*key, if *key == "deploy.production" { "none" } else { *value }));
    let text = &made((name, github, &changed.collect::<Vec<_>>()))["app.yaml"];
    let declaration = Declaration::parse(text);
    assert!(declaration.is_ok(), "{:?}\n{text}", declaration.err());
}

#[test]
fn a_patch_fits_the_code_that_it_is_for() {
    for (name, github, answers) in [SEEDS[0]] {
        let made = made((name, github, answers));
        let place = std::env::temp_dir().join(format!("windlass-patch-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        let mut there = BTreeMap::new();
        present(&seed_folder(name), "", &mut there);
        there.insert("windlass.patch".to_owned(), made["windlass.patch"].clone());
        for (path, text) in &there {
            let path = place.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let applied =
            std::process::Command::new("git").args(["apply", "windlass.patch"]).current_dir(&place).output().unwrap();
        let code = fs::read_to_string(place.join("infrastructure/main.tf")).unwrap();
        fs::remove_dir_all(&place).unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        assert!(code.contains("ignore_changes = [task_definition]") && code.contains("skip_destroy = true"), "{code}");
        assert_eq!(code.matches("\"windlass:environment\" = var.environment").count(), 3, "{code}");
    }
}

#[test]
fn the_same_answers_make_the_same_files_a_second_time() {
    let place = std::env::temp_dir().join(format!("windlass-again-{}", std::process::id()));
    // A service without infrastructure code: the template of CI's roles does not count as such.
    let service: Seed = ("ecs", "example/shop", &[("agent.cluster", "shop"), ("agent.service", "agent")]);
    for seed in SEEDS.into_iter().chain([service]) {
        let folder = place.join(seed.0);
        let first = made(seed);
        let mut there = first.clone();
        present(&seed_folder(seed.0), "", &mut there);
        for (path, text) in &there {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let second = made_in(&folder, seed);
        assert_eq!(second, first, "{}", seed.0);
    }
    fs::remove_dir_all(&place).unwrap();
}

#[test]
fn what_goes_to_kubernetes_is_noted_and_not_taken() {
    let facts = facts(&seed_folder("real-estate"), "example/estate");
    assert_eq!(facts.pieces.pieces, []);
    assert_eq!(facts.pieces.notes.len(), 1);
}
