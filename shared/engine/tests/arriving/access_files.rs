//! `access/apps/<app>.yaml` and `access/all.yaml` arrive: each takes force whole, or the former one stays.

use crate::arriving::place::{arrives, get, nothing, shop, started, upload};
use serde_json::{Value, json};
use windlass_domain::access::{AccessFile, AccessItem, Rules};
use windlass_domain::deployment::Refusal;
use windlass_domain::release::key::AccessPlace;
use windlass_domain::release::request::Route;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Key};
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_world::World;
use windlass_world::run::run;

const KEY: &str = "access/apps/shop.yaml";
const ALL_KEY: &str = "access/all.yaml";

const FILE: &str = "
app: shop
version: 4
who: {ci: ['arn:aws:iam::111111111111:role/shop-ci']}
environments:
  prod: {release: [ci], roll_back: [ci, console]}
";

const ALL: &str = "
version: 2
who: {leads: ['arn:aws:iam::111111111111:role/leads']}
";

/// Uploads a file and serves its event. Returns the event.
fn comes(world: &World, key: &str, text: &str) -> Value {
    let event = upload(world, key, text);
    arrives(world, event.clone()).unwrap();
    event
}

/// Makes a world in which both files are in force.
fn in_both() -> World {
    let world = nothing();
    comes(&world, ALL_KEY, ALL);
    comes(&world, KEY, FILE);
    world
}

fn in_force(world: &World) -> Option<AccessItem> {
    get(world, &ledger::access(&shop()))
}

fn all_in_force(world: &World) -> Option<AccessItem> {
    get(world, &ledger::access_for_all())
}

/// Returns the names of the findings, or of the `warnings`, that lie beside an upload.
fn beside(world: &World, key: &str, member: &str) -> Vec<String> {
    let texts = world.s3().texts("artifacts");
    let beside: Value = serde_json::from_str(&texts[&format!("{key}.findings.json")]).unwrap();
    let listed = beside[member].as_array().into_iter().flatten();
    listed.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns what `GET /refusals` lists, which is of no declared application.
fn refused(world: &World) -> Vec<String> {
    let call = ApiCall { method: "GET".into(), path: "/refusals".into(), ..ApiCall::default() };
    let reply = run(handle(world, call));
    let lines = reply.body["refusals"].as_array().unwrap().iter();
    let lines = lines.map(|line| format!("{} {}", line["about"], line["findings"][0]["name"]).replace('"', ""));
    lines.collect()
}

/// The application is not declared. Operators may come before its developers.
#[test]
fn a_good_one_is_in_force() {
    let world = in_both();
    let item = in_force(&world).unwrap();
    assert_eq!((item.text.as_str(), item.version, item.accepted), (FILE, 4, world.now()));
    assert_eq!(item.object.key, AccessPlace::App(shop()).to_string());
    assert!(item.object.version_id.is_some());
    let all = all_in_force(&world).unwrap();
    assert_eq!((all.text.as_str(), all.version, all.object.key.as_str()), (ALL, 2, ALL_KEY));
    for key in [KEY, ALL_KEY] {
        assert_eq!(beside(&world, key, "findings"), [""; 0]);
        assert_eq!(beside(&world, key, "warnings"), [""; 0]);
    }
    assert_eq!(refused(&world), [""; 0]);
    assert_eq!(started(&world), [json!(null); 0]);
}

#[test]
fn the_same_again_changes_nothing_and_a_higher_version_takes_its_place() {
    for (key, text, version, higher) in
        [(KEY, FILE, "version: 4", "version: 5"), (ALL_KEY, ALL, "version: 2", "version: 10")]
    {
        let item = |world: &World| if key == KEY { in_force(world) } else { all_in_force(world) };
        let world = in_both();
        let former = item(&world).unwrap();
        world.clock().now = former.accepted.plus_s(60);
        comes(&world, key, &format!("# the same\n{text}"));
        assert_eq!(item(&world), Some(former.clone()));
        assert_eq!(beside(&world, key, "findings"), [""; 0]);

        let other = text.replace("111111111111", "222222222222");
        for offered in [version, "version: 1"] {
            comes(&world, key, &other.replace(version, offered));
            assert_eq!(item(&world), Some(former.clone()), "{key} {offered}");
            assert_eq!(beside(&world, key, "findings"), ["VersionNotHigher"], "{key} {offered}");
        }

        let other = other.replace(version, higher);
        comes(&world, key, &other);
        assert_eq!(item(&world).unwrap().text, other);
        assert_eq!(beside(&world, key, "findings"), [""; 0]);
    }
}

/// A mistake hides nothing that the file in force says against one.
#[test]
fn a_bad_one_is_shown_everywhere_and_leaves_the_former_in_force() {
    let world = in_both();
    let former = in_force(&world);
    let text = FILE.replace("version: 4", "version: 3\nteams: {}").replace("release: [ci]", "release: [cl]");
    let event = comes(&world, KEY, &text);
    arrives(&world, event.clone()).unwrap();
    assert_eq!(in_force(&world), former);
    let wanted = ["UnknownField", "UnknownName", "VersionNotHigher"];
    let mut found = beside(&world, KEY, "findings");
    found.sort();
    assert_eq!(found, wanted);
    let version = event["detail"]["object"]["version-id"].as_str().unwrap();
    let refusal: Refusal = get(&world, &ledger::refusal(&shop(), &format!("{KEY} {version}"))).unwrap();
    assert_eq!((refusal.about.as_str(), refusal.requester.route, refusal.at), (KEY, Route::S3, world.now()));
    assert_eq!(refusal.findings.len(), wanted.len());
    assert_eq!(refused(&world).len(), 1, "its event came twice");
}

/// It is refused for the name alone: its content is the one in force.
#[test]
fn one_in_force_stays_so_where_a_group_that_it_names_is_gone() {
    let world = in_both();
    let text = FILE.replace("version: 4", "version: 5").replace("release: [ci]", "release: [leads]");
    comes(&world, KEY, &text);
    comes(&world, ALL_KEY, "version: 3\n");
    let former = in_force(&world);
    assert_eq!(former.as_ref().unwrap().version, 5);
    comes(&world, KEY, &format!("# the same\n{text}"));
    assert_eq!(beside(&world, KEY, "findings"), ["UnknownName"]);
    assert_eq!(in_force(&world), former);
}

/// It is of no application, so it is listed among what names none.
#[test]
fn a_bad_one_of_all_applications_is_listed_and_leaves_the_former_in_force() {
    let world = in_both();
    let former = all_in_force(&world);
    for text in ["version: 3\nwho: {leads: [lead-1]}\n", "version: 3\napp: shop\n", "version: [", "- 3\n"] {
        comes(&world, ALL_KEY, text);
        assert_eq!(all_in_force(&world), former, "{text}");
        let found = beside(&world, ALL_KEY, "findings");
        assert!(!found.is_empty(), "{text}");
        assert_eq!(refused(&world), [format!("{ALL_KEY} {}", found[0])], "{text}");
    }
}

#[test]
fn one_of_another_application_or_one_that_is_too_large_is_refused() {
    let world = nothing();
    for text in [FILE.replace("app: shop", "app: bank"), format!("# {}\n{FILE}", "x".repeat(128 * 1024))] {
        comes(&world, KEY, &text);
        assert_eq!(in_force(&world), None);
        assert_eq!(beside(&world, KEY, "findings"), ["BadValue"]);
    }
}

#[test]
fn one_may_name_a_group_of_all_applications_once_that_is_in_force() {
    let world = nothing();
    let text = FILE.replace("release: [ci]", "release: [ci, leads]");
    comes(&world, KEY, &text);
    assert_eq!(in_force(&world), None);
    assert_eq!(beside(&world, KEY, "findings"), ["UnknownName"]);
    comes(&world, ALL_KEY, ALL);
    comes(&world, KEY, &text);
    assert_eq!(in_force(&world).unwrap().text, text);
    assert_eq!(beside(&world, KEY, "findings"), [""; 0]);
}

#[test]
fn rules_are_withdrawn_by_a_higher_version() {
    let world = in_both();
    comes(&world, KEY, "app: shop\nversion: 4\nrules: none\n");
    assert_eq!(beside(&world, KEY, "findings"), ["VersionNotHigher"]);
    let has_rules = || {
        let file = AccessFile::accepted(&in_force(&world).unwrap().text).unwrap();
        Rules::of(Some(file), None).are_in_force()
    };
    assert!(has_rules());
    comes(&world, KEY, "app: shop\nversion: 5\nrules: none\n");
    assert!(!has_rules());
    assert_eq!(beside(&world, KEY, "findings"), [""; 0]);
}

/// Nobody knows whom it names then, and whoever uploads it learns what comes first.
#[test]
fn one_of_an_application_waits_until_that_of_all_applications_can_be_read() {
    let world = in_both();
    let mut all = all_in_force(&world).unwrap();
    let rev = world.dynamodb().items[&Key::from(ledger::access_for_all())].rev;
    all.text = "version: 2\nlater: true\n".into();
    let put = Stored { key: ledger::access_for_all(), rev, value: all }.put().unwrap();
    run(world.transact(vec![put])).unwrap();
    let higher = FILE.replace("version: 4", "version: 5");
    comes(&world, KEY, &higher);
    assert_eq!(beside(&world, KEY, "findings"), ["BadValue"]);
    assert_eq!(in_force(&world).unwrap().version, 4);
    comes(&world, ALL_KEY, &ALL.replace("version: 2", "version: 3"));
    comes(&world, KEY, &higher);
    assert_eq!(in_force(&world).unwrap().version, 5);
}

/// Each upload of it shows them, also where it says nothing new.
#[test]
fn warnings_lie_beside_one_that_is_in_force_and_are_no_findings() {
    let world = nothing();
    let text = FILE.replace("roll_back: [ci, console]", "roll_back: [ci]");
    for _ in 0..2 {
        comes(&world, KEY, &text);
        assert_eq!(in_force(&world).unwrap().text, text);
        assert_eq!(beside(&world, KEY, "warnings"), ["NoWayInAtTheConsole"]);
        assert_eq!(beside(&world, KEY, "findings"), [""; 0]);
    }
    comes(&world, KEY, &text.replace("release: [ci]", "release: [console]"));
    assert_eq!(beside(&world, KEY, "findings"), ["VersionNotHigher"]);
    assert_eq!(beside(&world, KEY, "warnings"), [""; 0]);
}

#[test]
fn the_deletion_of_an_object_leaves_its_file_in_force() {
    let world = in_both();
    for key in [KEY, ALL_KEY] {
        let mut event = upload(&world, key, "");
        event["detail-type"] = json!("Object Deleted");
        event["detail"]["deletion-type"] = json!("Delete Marker Created");
        arrives(&world, event).unwrap();
    }
    assert_eq!(in_force(&world).unwrap().text, FILE);
    assert_eq!(all_in_force(&world).unwrap().text, ALL);
    assert_eq!(beside(&world, KEY, "findings"), [""; 0]);
}

#[test]
fn it_is_tried_again_while_others_write_and_comes_again_in_the_end() {
    let world = nothing();
    let event = upload(&world, KEY, FILE);
    world.dynamodb().busy = 12;
    assert_eq!(arrives(&world, event.clone()).unwrap_err().name, FaultName::Unavailable);
    assert_eq!(in_force(&world), None);
    world.dynamodb().busy = 11;
    arrives(&world, event).unwrap();
    assert!(in_force(&world).is_some());
}

#[test]
fn what_is_neither_of_both_is_listed_and_answered_with_its_key() {
    let world = nothing();
    comes(&world, "access/shop.yaml", FILE);
    assert_eq!(in_force(&world), None);
    assert_eq!(refused(&world), ["access/shop.yaml BadValue"]);
    assert_eq!(beside(&world, "access/shop.yaml", "findings"), ["BadValue"]);
}
