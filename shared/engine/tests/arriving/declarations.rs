//! `app.yaml` arrives: it takes force whole, or the former one stays.

use crate::arriving::place::{DECLARATION, arrives, declared, get, nothing, put_declared, shop, upload};
use serde_json::Value;
use windlass_domain::declaration::Declared;
use windlass_domain::deployment::Refusal;
use windlass_domain::release::request::Route;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::AppName;
use windlass_engine::ledger::{self, RepositoryOwner};
use windlass_engine::ports::Clock;
use windlass_world::World;
use windlass_world::run::run;

const KEY: &str = "apps/shop/app.yaml";

fn in_force(world: &World) -> Option<Declared> {
    get(world, &ledger::declaration_in_force(&shop()))
}

/// Returns the names of the findings that lie beside the upload.
fn beside(world: &World) -> Vec<String> {
    let texts = world.s3().texts("artifacts");
    let beside: Value = serde_json::from_str(&texts[&format!("{KEY}.findings.json")]).unwrap();
    let findings = beside["findings"].as_array().unwrap();
    let names = findings.iter().map(|f| f["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn owner(world: &World, repository: &str) -> Option<AppName> {
    let owner: Option<RepositoryOwner> = get(world, &ledger::repository(repository));
    owner.map(|owner| owner.app)
}

#[test]
fn a_good_one_is_in_force_and_kept_by_its_version() {
    let world = declared();
    let declared = in_force(&world).unwrap();
    assert_eq!(declared.text, DECLARATION);
    assert_eq!(declared.accepted, world.now());
    assert_eq!(declared.object.as_ref().unwrap().key, KEY);
    let kept: Option<Declared> = get(&world, &ledger::declaration(&shop(), &declared.version));
    assert_eq!(kept, Some(declared));
    assert_eq!(beside(&world), [""; 0]);
    for repository in ["shop/agent", "shop/steady"] {
        assert_eq!(owner(&world, repository), Some(shop()), "{repository}");
    }
}

#[test]
fn the_same_again_changes_nothing_and_a_higher_version_takes_its_place() {
    let world = declared();
    let former = in_force(&world).unwrap();
    world.clock().now = former.accepted.plus_s(60);
    let again = upload(&world, KEY, &format!("# the same\n{DECLARATION}"));
    arrives(&world, again).unwrap();
    assert_eq!(in_force(&world), Some(former.clone()));
    assert_eq!(beside(&world), [""; 0]);

    let other = DECLARATION.replace("alias: live", "alias: stable");
    let event = upload(&world, KEY, &other);
    arrives(&world, event).unwrap();
    assert_eq!(in_force(&world), Some(former));
    assert_eq!(beside(&world), ["VersionNotHigher"]);

    let higher = other.replace("version: 1.0.0", "version: 1.0.1");
    let event = upload(&world, KEY, &higher);
    arrives(&world, event).unwrap();
    assert_eq!(in_force(&world).unwrap().text, higher);
    assert_eq!(beside(&world), [""; 0]);
}

#[test]
fn a_bad_one_is_shown_everywhere_and_leaves_the_former_in_force() {
    let world = declared();
    let former = in_force(&world);
    let event = upload(&world, KEY, "app: shop\nversion: 2.0.0\n");
    let version = event["detail"]["object"]["version-id"].as_str().unwrap().to_owned();
    arrives(&world, event.clone()).unwrap();
    arrives(&world, event).unwrap();
    assert_eq!(in_force(&world), former);
    assert_eq!(beside(&world), ["MissingField", "MissingField"]);
    let refusal: Refusal = get(&world, &ledger::refusal(&shop(), &format!("{KEY} {version}"))).unwrap();
    assert_eq!(refusal.about, KEY);
    assert_eq!((refusal.requester.route, refusal.at), (Route::S3, world.now()));
    assert_eq!(refusal.requester.to_string(), "an upload");
    assert_eq!(refusal.findings.len(), 2);
}

/// A mistake of form hides nothing that the declaration in force, or other applications, say against it.
#[test]
fn what_cannot_be_read_of_one_hides_nothing_of_the_rest() {
    let world = declared();
    let taken = DECLARATION.replace("prod: shop/steady", "prod: bank/ledger");
    let misspelt = taken.replace("alias: live", "alais: live");
    let of_each = [
        (DECLARATION.replace("alias: live", "alais: live"), vec!["UnknownField", "VersionNotHigher"]),
        (taken, vec!["VersionNotHigher", "TargetNotOurs"]),
        (misspelt, vec!["UnknownField", "VersionNotHigher", "TargetNotOurs"]),
        // The text that is compared cannot be read.
        (DECLARATION.replace("version: 1.0.0", "version: 1"), vec!["BadValue"]),
    ];
    for (text, wanted) in of_each {
        let event = upload(&world, KEY, &text);
        arrives(&world, event).unwrap();
        assert_eq!(beside(&world), wanted, "{text}");
    }
}

#[test]
fn a_bad_one_is_recorded_also_where_that_write_met_another_one() {
    let world = nothing();
    world.dynamodb().busy = 1;
    let event = upload(&world, KEY, "app: shop\nversion: 2.0.0\n");
    arrives(&world, event.clone()).unwrap();
    let version = event["detail"]["object"]["version-id"].as_str().unwrap();
    let key = ledger::refusal(&shop(), &format!("{KEY} {version}"));
    let refusal: Option<Refusal> = get(&world, &key);
    assert_eq!(refusal.unwrap().findings.len(), 2);
}

#[test]
fn one_that_is_too_large_is_refused_as_that() {
    let world = nothing();
    let event = upload(&world, KEY, &format!("# {}\n{DECLARATION}", "x".repeat(300_000)));
    arrives(&world, event).unwrap();
    assert_eq!(in_force(&world), None);
    assert_eq!(beside(&world), ["BadValue"]);
}

#[test]
fn a_repository_belongs_to_one_application() {
    let world = declared();
    mark(&world, "bank");
    let text = DECLARATION.replace("app: shop", "app: bank");
    let event = upload(&world, "apps/bank/app.yaml", &text);
    let version = event["detail"]["object"]["version-id"].as_str().unwrap().to_owned();
    arrives(&world, event).unwrap();
    let bank = AppName::new("bank").unwrap();
    let none: Option<Declared> = get(&world, &ledger::declaration_in_force(&bank));
    assert_eq!(none, None);
    let key = ledger::refusal(&bank, &format!("apps/bank/app.yaml {version}"));
    let refusal: Refusal = get(&world, &key).unwrap();
    assert_eq!(refusal.findings.len(), 1, "one place, and both repositories");
    for repository in ["`shop/agent`", "`shop/steady`"] {
        assert!(refusal.findings[0].reason.written().contains(repository));
    }
    let first = &refusal.findings[0];
    assert_eq!((first.name, first.path.as_str()), (FindingName::Duplicate, "components.agent.repository"));
    assert!(first.reason.written().contains("belongs to application `shop`"));
    assert_eq!(owner(&world, "shop/agent"), Some(shop()));
}

/// Tags both repositories as an application's.
fn mark(world: &World, app: &str) {
    for repository in ["shop/agent", "shop/steady"] {
        let tags = [("windlass:app".to_owned(), app.to_owned())].into();
        world.ecr().tags.insert(repository.into(), tags);
    }
}

/// Safety: tenancy: An image repository is an application's by its name or by its tag.
#[test]
fn a_repository_goes_to_whom_its_name_or_its_tag_says_that_it_belongs() {
    let bank = AppName::new("bank").unwrap();
    let text = DECLARATION.replace("app: shop", "app: bank");
    let world = nothing();
    let arrived = |text: &str| {
        let event = upload(&world, "apps/bank/app.yaml", text);
        let version = event["detail"]["object"]["version-id"].clone();
        arrives(&world, event).unwrap();
        let about = format!("apps/bank/app.yaml {}", version.as_str().unwrap());
        let refusal: Option<Refusal> = get(&world, &ledger::refusal(&bank, &about));
        let findings = refusal.map(|refusal| refusal.findings).unwrap_or_default();
        let lines = findings.iter().map(|f| format!("{} {}", f.name, f.path));
        lines.collect::<Vec<_>>()
    };
    let not_ours = ["TargetNotOurs components.agent.repository"];
    assert_eq!(arrived(&text), not_ours);
    mark(&world, "shopping");
    assert_eq!(arrived(&text), not_ours);
    assert_eq!(owner(&world, "shop/agent"), None);
    mark(&world, "bank");
    assert_eq!(arrived(&text), [""; 0]);
    assert_eq!(owner(&world, "shop/agent"), Some(bank.clone()));

    // A repository that the declaration no longer names belongs to nobody again.
    let fewer = text.replace("version: 1.0.0", "version: 1.1.0").replace("shop/agent", "bank/agent");
    assert_eq!(arrived(&fewer), [""; 0]);
    let owners = ["shop/agent", "bank/agent", "shop/steady"].map(|name| owner(&world, name));
    assert_eq!(owners, [None, Some(bank.clone()), Some(bank)]);
}

#[test]
fn a_repositorys_tag_goes_before_its_name() {
    let world = nothing();
    mark(&world, "bank");
    arrives(&world, upload(&world, KEY, DECLARATION)).unwrap();
    assert_eq!(beside(&world), ["TargetNotOurs"]);
    mark(&world, "shop");
    arrives(&world, upload(&world, KEY, DECLARATION)).unwrap();
    assert_eq!(owner(&world, "shop/agent"), Some(shop()));
}

/// Safety: tenancy: A topic is an application's by its tag, in the account of Windlass.
#[test]
fn a_topic_that_is_not_the_applications_is_not_taken() {
    let own = "arn:aws:sns:us-east-1:111111111111:team";
    for (topic, owner, reason) in [
        (own, Some("shop"), None),
        (own, Some("shopping"), Some("has the tag `windlass:app`: `shopping`")),
        (own, None, Some("has no tag `windlass:app`")),
        ("arn:aws:sns:us-east-1:111111111111:gone", None, Some("does not exist")),
        (
            "arn:aws:sns:us-east-1:222222222222:team",
            Some("shop"),
            Some("is not in the account of Windlass, 111111111111"),
        ),
    ] {
        let world = nothing();
        let mut topics = world.sns();
        topics.owners.extend(owner.map(|owner| (topic.into(), owner.into())));
        topics.missing.insert("arn:aws:sns:us-east-1:111111111111:gone".into());
        drop(topics);
        let prod = format!("prod: {{notify: [{{topic: '{topic}'}}], deploy");
        let text = DECLARATION.replace("prod: {deploy", &prod);
        arrives(&world, upload(&world, KEY, &text)).unwrap();
        let texts = world.s3().texts("artifacts");
        let beside: Value = serde_json::from_str(&texts[&format!("{KEY}.findings.json")]).unwrap();
        let found = beside["findings"].as_array().unwrap();
        assert_eq!(found.len(), usize::from(reason.is_some()), "{topic} {owner:?}: {found:?}");
        for (found, reason) in found.iter().zip(reason) {
            assert_eq!(found["name"], "TargetNotOurs");
            assert_eq!(found["path"], "environments.prod.notify[0].topic");
            assert!(found["reason"].as_str().unwrap().contains(reason), "{found}");
        }
        assert_eq!(in_force(&world).is_some(), reason.is_none(), "{topic} {owner:?}");
    }
}

/// Safety: tenancy: A declaration that names a part of its own installation is not taken.
#[test]
fn one_that_names_a_part_of_windlass_is_not_taken() {
    for (named, part) in
        [("'shop-api-{environment}'", "windlass-conductor"), ("'shop-web-{environment}'", "windlass-artifacts-1x2y")]
    {
        let world = nothing();
        let by_environment = format!("{{dev: own-dev, prod: {part}}}");
        let text = DECLARATION.replace(named, &by_environment);
        arrives(&world, upload(&world, KEY, &text)).unwrap();
        assert_eq!(in_force(&world), None, "{part}");
        assert_eq!(beside(&world), ["PartOfWindlass"], "{part}");
    }
}

#[test]
fn it_is_tried_again_while_others_write_and_comes_again_in_the_end() {
    let world = nothing();
    let event = upload(&world, KEY, DECLARATION);
    world.dynamodb().busy = 12;
    let fault = arrives(&world, event.clone()).unwrap_err();
    assert_eq!(fault.name, FaultName::Unavailable);
    assert_eq!(in_force(&world), None);
    world.dynamodb().busy = 11;
    arrives(&world, event).unwrap();
    assert!(in_force(&world).is_some());
}

#[test]
fn one_that_cannot_be_read_now_comes_again() {
    let world = nothing();
    let event = upload(&world, KEY, DECLARATION);
    world.s3().buckets.remove("artifacts");
    let fault = arrives(&world, event).unwrap_err();
    assert_eq!(fault.name, FaultName::NotFound);
}

/// Returns the applications that `GET /apps` lists.
fn listed(world: &World) -> Vec<String> {
    let call =
        windlass_engine::routes::api::ApiCall { method: "GET".into(), path: "/apps".into(), ..Default::default() };
    let reply = run(windlass_engine::routes::api::handle(world, call));
    let apps = reply.body["apps"].as_array().unwrap().iter();
    apps.map(|app| app["app"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_one_in_force_is_in_the_list_also_one_that_came_before_there_was_one() {
    assert_eq!(listed(&declared()), ["shop"]);
    let world = nothing();
    put_declared(&world, ledger::declaration_in_force(&shop()), DECLARATION);
    assert_eq!(listed(&world), [""; 0]);
    for _ in 0..2 {
        let event = upload(&world, "apps/shop/app.yaml", DECLARATION);
        arrives(&world, event).unwrap();
        assert_eq!(listed(&world), ["shop"], "the same text once more");
    }
}
