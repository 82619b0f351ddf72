//! The sample application's targets, its declaration and its releases in an in-memory world.

use crate::shop_stack::{self, tags, zip};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_domain::access::{AccessFile, AccessFileForAll, AccessItem};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::release::key::AccessPlace;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Item, Key, TaskContainer, Write};
use windlass_world::World;
use windlass_world::appconfig::named;
use windlass_world::ecr::HOST;
use windlass_world::lambda::{LiveAlias, Package, Published};
use windlass_world::run::run;

/// The alarm that the gates judge by.
pub const ALARM: &str = "shop-5xx";

/// Makes a world with the targets, and a declaration in force.
///
/// # Panics
/// If the declaration has mistakes.
pub fn make(declaration: &str) -> World {
    let world = World::default();
    world.s3().bucket("artifacts", true);
    for name in ["shop-jobs", "shop-api"] {
        make_function(&world, name);
    }
    make_service(&world);
    make_site(&world);
    make_configuration(&world);
    make_book(&world);
    shop_stack::make(&world);
    world.set_alarm(ALARM, "OK", &[0.0]);
    declare(&world, declaration);
    world
}

/// Uploads artifacts for the components. Returns the request that deploys them into `prod`.
pub fn release(world: &World, version: &str, components: &[&str]) -> Value {
    release_into(world, "prod", version, components)
}

/// Uploads artifacts for the components. Pushes an image for each container, such as `agent/worker`, to the repository
/// of the same name. Returns the request that deploys them into the environment.
pub fn release_into(world: &World, environment: &str, version: &str, components: &[&str]) -> Value {
    let mut named = Map::new();
    for component in components {
        if let Some((component, container)) = component.split_once('/') {
            let image = push(world, container, version);
            let images = named.entry(component).or_insert_with(|| json!({"images": {}}));
            images["images"][container] = image["image"].clone();
            continue;
        }
        let artifact = match *component {
            "agent" => push(world, component, version),
            _ if is_from_image(world, component) => push(world, component, version),
            "flags" if components.contains(&"api") => {
                upload_bytes(world, (environment, component), version, pointing(version))
            }
            _ => upload(world, (environment, component), version),
        };
        named.insert((*component).to_owned(), artifact);
    }
    json!({
        "action": "deploy", "app": "shop", "environment": environment,
        "manifest": {"version": version, "components": named}
    })
}

fn upload(world: &World, of: (&str, &str), version: &str) -> Value {
    let component = of.1;
    let bytes = match component {
        "web" => archive(version),
        "flags" => flags(version),
        "infra" => shop_stack::package(world, version),
        // Less than the shortest zip has: into what is larger `Prepare` looks.
        _ => format!("{component:.8} {version}").into_bytes(),
    };
    upload_bytes(world, of, version, bytes)
}

/// Uploads an artifact of a component for an environment.
fn upload_bytes(world: &World, of: (&str, &str), version: &str, bytes: Vec<u8>) -> Value {
    let (environment, component) = of;
    let ends = if component == "flags" { "json" } else { "zip" };
    let key = format!("artifacts/shop/{environment}/{component}/{version}.{ends}");
    let sha256 = Digest::of(&bytes);
    world.s3().upload("artifacts", &key, bytes);
    json!({"key": key, "sha256": sha256})
}

/// Returns whether the component's function runs an image.
fn is_from_image(world: &World, component: &str) -> bool {
    let functions = world.lambda();
    let function = functions.functions.get(&format!("shop-{component}"));
    function.is_some_and(|function| matches!(function.package, Package::Image(_)))
}

fn push(world: &World, component: &str, version: &str) -> Value {
    let repository = format!("shop/{component}");
    world.ecr().push(&repository, version);
    json!({"image": format!("{repository}:{version}")})
}

/// Makes the function run an image of the repository of the same name as its component, as it was found.
pub fn run_image(world: &World, component: &str) {
    let digest = world.ecr().push(&format!("shop/{component}"), "as-found");
    let image = format!("{HOST}/shop/{component}@sha256:{digest}");
    let mut functions = world.lambda();
    let function = functions.make_of(&format!("shop-{component}"), Package::Image(image));
    function.publish_as("live", "");
}

const REPOSITORY: &str = "shop/agent";

/// Makes a service that is steady with two tasks.
fn make_service(world: &World) {
    let digest = format!("sha256:{}", world.ecr().push(REPOSITORY, "as-found"));
    let image = format!("{HOST}/{REPOSITORY}@{digest}");
    let document = json!({
        "family": "agent",
        "containerDefinitions": [{"name": "agent", "image": image, "essential": true}],
    });
    let now = world.now();
    let mut services = world.ecs();
    let base = services.put_task_definition(&document, &BTreeMap::new());
    services.put_service("shop", "agent", &base.arn, 2, &digest, now);
    services.service_mut("shop", "agent").service.tags = tags();
}

/// Adds a second container of ours to the service. Its image was found by its tag.
pub fn add_worker(world: &World) {
    let image = format!("{HOST}/shop/worker:as-found");
    let digest = format!("sha256:{}", world.ecr().push("shop/worker", "as-found"));
    let mut services = world.ecs();
    let live = services.service_mut("shop", "agent");
    let set_to = live.service.task_definition.clone();
    for task in &mut live.tasks {
        task.task.containers.push(TaskContainer {
            name: "worker".into(),
            image_digest: Some(digest.clone()),
            exit_code: None,
            reason: String::new(),
        });
    }
    let found = services.task_definitions.get_mut(&set_to);
    let containers = found.and_then(|td| td.document["containerDefinitions"].as_array_mut());
    if let Some(containers) = containers {
        containers.push(json!({"name": "worker", "image": image, "essential": true}));
    }
}

/// Makes feature flags, of which a version has been deployed for an hour.
fn make_configuration(world: &World) {
    let mut state = world.appconfig();
    state.put("shop", "prod", &["flags"]);
    let (shop, prod, profile) = (named("shop").id, named("prod").id, named("flags").id);
    let put = state.profile(&shop, &profile);
    let as_found = put.map(|profile| profile.put(None, "{\"flags\":{}}"));
    let found = state.environment(&shop, &prod);
    if let (Ok(as_found), Ok(environment)) = (as_found, found) {
        let since = Time(world.true_time().0 - 3_600_000);
        environment.deploy_by_hand(&profile, as_found, since);
    }
}

/// Makes a document of feature flags. No message may show anything of it: it has a text that the simulation plants and
/// looks for.
fn flags(version: &str) -> Vec<u8> {
    let named = format!("{version} planted-blue-lantern-7731");
    json!({"version": "1", "flags": {"lamp": {"name": named}}, "values": {}}).to_string().into_bytes()
}

/// Makes a document of feature flags that comes with a function and names the function's version.
fn pointing(version: &str) -> Vec<u8> {
    let named = format!("{version} of shop-api:{POINTER}");
    json!({"version": "1", "flags": {"lamp": {"name": named}}, "values": {}}).to_string().into_bytes()
}

/// The text in a document of flags that stands for the version of the function `api`.
pub const POINTER: &str = "${api.version}";

/// The user's function that stands for a book.
pub const BOOK: &str = "shop-book";

/// Makes a user's function that stands for a book, and what it stands for, to which nothing was given yet.
fn make_book(world: &World) {
    make_function(world, BOOK);
    if let Some(function) = world.lambda().functions.get_mut(BOOK) {
        function.tags.insert("windlass:external".into(), "all".into());
        function.timeout_s = 30;
    }
    world.external().put(BOOK, "github:org/book#gh-pages");
}

/// Makes an empty bucket behind a distribution.
fn make_site(world: &World) {
    world.s3().bucket("shop-web", true).tags = tags();
    world.cloudfront().distribution("E1", "shop-web").tags = tags();
}

/// The file of a site that nothing in the site names. Only versions that end so have it.
pub const NOTES: &str = "notes.txt";

/// Returns the text of [`NOTES`] in a version of the site, if that has the file.
pub fn notes_of(version: &str) -> Option<String> {
    version.ends_with("-notes").then(|| format!("notes of {version}"))
}

/// Makes the archive of a site of one page, which names a script of its own.
fn archive(version: &str) -> Vec<u8> {
    let script = format!("assets/app-{}.js", &Digest::of(version.as_bytes()).as_str()[..8]);
    let page = format!("<title>Shop {version}</title><script src=\"/{script}\"></script>");
    let mut files = vec![("index.html", page), (script.as_str(), format!("shop {version:?}"))];
    files.extend(notes_of(version).map(|text| (NOTES, text)));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    zip(&files)
}

pub(crate) fn make_function(world: &World, name: &str) {
    let mut functions = world.lambda();
    let function = functions.make(name, format!("{name} as found").as_bytes());
    let published = Published {
        package: function.package.clone(),
        configuration: function.configuration.clone(),
        description: String::new(),
        pending: 0,
    };
    function.versions.insert(1, published);
    let live = LiveAlias::at("1");
    function.aliases.insert("live".into(), live);
}

fn declare(world: &World, text: &str) {
    let declaration = match Declaration::parse(text) {
        Ok(declaration) => declaration,
        Err(findings) => panic!("{findings:?}"),
    };
    world.sns().mark(&declaration);
    let declared = Declared::new(&declaration, text, world.now(), None);
    let version = declaration.version();
    let keys = [ledger::declaration_in_force(declaration.app()), ledger::declaration(declaration.app(), version)];
    let writes: Result<Vec<Write>, _> = keys.into_iter().map(|key| Stored::new(key, declared.clone()).put()).collect();
    match writes {
        Ok(writes) => {
            if let Err(fault) = run(world.transact(writes)) {
                panic!("{fault}");
            }
        }
        Err(fault) => panic!("{fault}"),
    }
}

/// Puts the access file of an application into force at once, as `intake` does with an upload.
///
/// # Panics
/// If it has mistakes.
pub fn put_access(world: &World, app: &str, text: &str) {
    let app = match AppName::new(app) {
        Ok(app) => app,
        Err(error) => panic!("{error}"),
    };
    match AccessFile::read(text, &app, None) {
        Ok((file, digest)) => {
            put_item(world, ledger::access(&app), &AccessPlace::App(app), text, (file.version, digest));
        }
        Err(part) => panic!("{:?}", part.findings()),
    }
}

/// Puts the access file of all applications into force at once.
///
/// # Panics
/// If it has mistakes.
pub fn put_access_for_all(world: &World, text: &str) {
    match AccessFileForAll::read(text) {
        Ok((file, digest)) => {
            put_item(world, ledger::access_for_all(), &AccessPlace::All, text, (file.version, digest));
        }
        Err(part) => panic!("{:?}", part.findings()),
    }
}

/// Puts a file into force for an application that this version cannot read, such as one that a newer version took.
///
/// # Panics
/// If that is no name of an application.
pub fn put_unreadable_access(world: &World, app: &str) {
    let text = format!("app: {app}\nversion: 9\nlater: true\n");
    let digest = Digest::of(text.as_bytes());
    match AppName::new(app) {
        Ok(app) => put_item(world, ledger::access(&app), &AccessPlace::App(app), &text, (9, digest)),
        Err(error) => panic!("{error}"),
    }
}

fn put_item(
    world: &World,
    key: ledger::ItemKey<AccessItem>,
    place: &AccessPlace,
    text: &str,
    (version, digest): (u64, Digest),
) {
    let object = ObjectRef { key: place.to_string(), version_id: None };
    let value = AccessItem { text: text.to_owned(), version, digest, accepted: world.true_time(), object };
    let body = match ledger::to_body(&value) {
        Ok(body) => body,
        Err(fault) => panic!("{fault}"),
    };
    let key = Key::from(key);
    let mut known = world.dynamodb();
    let rev = known.items.get(&key).map_or(1, |former| former.rev + 1);
    let item = Item { key: key.clone(), rev, body, index: None, expires: None };
    known.items.insert(key, item.into());
}
