//! The targets as their callers see them, read from the world and not from the ledger.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_engine::kinds::appconfig::label;
use windlass_machine::shop_stack::{self, STACK};
use windlass_machine::shop_world::{BOOK, POINTER};
use windlass_world::World;
use windlass_world::appconfig::named;
use windlass_world::cloudformation::LiveStack;
use windlass_world::lambda::LiveFunction;

/// The components of the application, of which each scenario declares some.
pub const COMPONENTS: [&str; 8] = ["agent", "api", "book", "flags", "infra", "jobs", TASK, "web"];

/// The component that is run once. Nothing of it lives on, so its callers are shown everything that it ever ran.
pub const TASK: &str = "migrate";

/// Returns the name of the function of a component.
pub fn function_of(component: &str) -> String {
    format!("shop-{}", now(component))
}

/// Returns the name of a component since it was renamed.
pub fn now(component: &str) -> &str {
    if component == "work" { "jobs" } else { component }
}

/// Returns what callers of a component's target see.
pub fn visible(world: &World, component: &str) -> String {
    match now(component) {
        "agent" => task_definition(world),
        "book" => tree(world),
        "flags" => configuration(world),
        "infra" => stack(world),
        TASK => ran(world),
        "web" => documents(world),
        "api" | "jobs" => code(world, component),
        other => unknown(other),
    }
}

/// Returns whether callers see exactly these bytes and nothing else.
pub fn shows(world: &World, component: &str, artifact: &Artifact) -> bool {
    match (now(component), artifact) {
        ("agent", Artifact::Image { digest, .. }) => image(world, "agent").ends_with(digest.as_str()),
        ("agent", Artifact::Images { containers }) => {
            let mut all = containers.iter();
            all.all(|(name, own)| image(world, name).ends_with(own.digest.as_str()))
        }
        (TASK, Artifact::Image { digest, .. }) => has_run(world, digest),
        (TASK, artifact) => has_called(world, &artifact.digest()),
        ("web", Artifact::Object { key, .. }) => {
            let version = key.rsplit('/').next().and_then(|name| name.strip_suffix(".zip"));
            let shown = documents(world);
            version.is_some_and(|version| shown.contains(&format!("<title>Shop {version}</title>")))
        }
        ("book", Artifact::Object { sha256, .. }) => tree(world) == sha256.as_str(),
        ("flags", Artifact::Object { key, .. }) => {
            let live = configuration(world);
            match filled(world, key) {
                Some(contents) => contents.iter().any(|digest| live.ends_with(&label(digest))),
                None => live.ends_with(&label(&artifact.digest())),
            }
        }
        ("infra", Artifact::Object { key, .. }) => {
            let version = key.rsplit('/').next().and_then(|name| name.strip_suffix(".zip"));
            let wanted = version.map(|version| shop_stack::template(world, version));
            of_stack(world, |live| Some(&live.wanted.template) == wanted.as_ref()).unwrap_or(false)
        }
        ("api" | "jobs", Artifact::Image { digest, .. }) => code(world, component) == digest.as_str(),
        ("api" | "jobs", Artifact::Object { sha256, .. }) => {
            code(world, component) == BASE64_STANDARD.encode(sha256.to_bytes())
        }
        (other, _) => unknown(other),
    }
}

/// Returns whether callers of a component's target get what a recorded state or view of it says; `None` if the record
/// does not say.
pub fn is_shown(world: &World, component: &str, recorded: &Value) -> Option<bool> {
    let noticed = recorded.get("noticed").unwrap_or(recorded).get("value")?;
    // A recorded state says it in two places: in what is compared, and in the goal that is gone back to.
    let goal = recorded.get("goal").unwrap_or(noticed);
    match now(component) {
        "agent" => {
            let set_to = task_definition(world);
            let is_it = |value: &Value| value["task_definition"].as_str().map(|text| text == set_to);
            Some(is_it(noticed)? && is_it(goal)?)
        }
        "book" => {
            let live = world.external().of(BOOK).tree.clone();
            let is_it = |state: &Value| state["tree"].as_str() == live.as_deref();
            Some(is_it(noticed) && is_it(recorded.get("goal").map_or(noticed, |goal| &goal["state"])))
        }
        "flags" => {
            let live = configuration(world);
            let (live, _) = live.split_once(' ').unwrap_or((&live, ""));
            let is_it = |value: &Value| value["version"].as_str().unwrap_or("none") == live;
            let goal = recorded.get("goal").map(|goal| &goal["live"]);
            Some(is_it(noticed) && goal.is_none_or(is_it))
        }
        "infra" => {
            let Some(id) = noticed["stack"].as_str() else {
                return Some(of_stack(world, |_| ()).is_none());
            };
            // A stack that moves is recorded without its template.
            let digest = noticed["template"].as_str()?;
            let is_it = of_stack(world, |live| {
                let template = Digest::of_content(&json!(live.wanted.template));
                let is_same = live.id == id && noticed["parameters"] == json!(live.wanted.parameters);
                is_same && template.as_str() == digest && goal["template"] == digest
            });
            Some(is_it.unwrap_or(false))
        }
        // No look shows what a task has run.
        TASK => None,
        "web" => {
            let cdn = world.cloudfront();
            let origin = cdn.distributions.get("E1")?.origins.first()?;
            let is_it = |value: &Value| value["origin_path"].as_str().map(|text| text == origin.path);
            Some(is_it(noticed)? && is_it(goal)?)
        }
        "api" | "jobs" => {
            let functions = world.lambda();
            let function = functions.functions.get(&function_of(component))?;
            let back = recorded.get("goal").map(|goal| &goal["back"]);
            let Some(alias) = function.aliases.get("live") else {
                let live = function.package.code_sha256();
                let latest = back.map(|back| &back["latest"]);
                // Lambda shows the image of its platform as its code.
                let is_it = latest.is_none_or(|latest| match latest["image"].as_str() {
                    Some(image) => image.ends_with(&live),
                    None => latest["code_sha256"] == live,
                });
                return Some(is_it && noticed["code"] == live);
            };
            if let Some(to) = world.codedeploy().moves_to(function) {
                let is_whole = noticed["shares"].as_array().is_some_and(Vec::is_empty);
                return Some(is_whole && noticed["version"] == *to);
            }
            let weights = serde_json::to_value(&alias.weights).ok()?;
            let is_it = back.is_none_or(|back| {
                let former = &back["alias"];
                former["version"] == alias.version && former["weights"] == weights
            });
            let shares = noticed["shares"].as_array()?.iter();
            let shares = shares.filter_map(|share| Some((share[0].as_str()?, share[1].as_f64()?)));
            let is_share = |(seen, (version, weight)): ((&str, f64), &(String, String))| {
                seen.0 == version && weight.parse().is_ok_and(|weight: f64| (seen.1 - weight * 1e6).abs() < 0.5)
            };
            let as_many = shares.clone().count() == alias.weights.len();
            let same = as_many && shares.zip(&alias.weights).all(is_share);
            Some(is_it && noticed["version"] == alias.version && same)
        }
        other => unknown(other),
    }
}

/// Panics because of a component that was forgotten here, or that has an artifact of another sort than it takes.
pub(crate) fn unknown(component: &str) -> ! {
    panic!("tests/simulate/src/targets.rs does not know {component} everywhere, or not with what it was given")
}

/// Returns the tasks that Windlass has ever run.
fn ran(world: &World) -> String {
    let runs = world.ecs_tasks();
    let own = runs.live.iter().map(|live| live.asked.started_by.as_str());
    let own: Vec<&str> = own.filter(|by| by.starts_with("windlass/")).collect();
    own.join(" ")
}

/// Returns whether a task of a release has done its work with this image.
fn has_run(world: &World, digest: &Digest) -> bool {
    let now = world.true_time();
    let runs = world.ecs_tasks();
    runs.live.iter().any(|live| {
        let is_forward = live.asked.started_by.ends_with("/forward");
        is_forward && live.image.ends_with(digest.as_str()) && live.succeeded(now)
    })
}

/// Returns whether a call of a release has done its work with this artifact.
fn has_called(world: &World, digest: &Digest) -> bool {
    let now = world.true_time();
    let state = world.lambda_invoke();
    state.live.iter().any(|live| {
        let is_of_it = live.asked.payload["release"]["sha256"] == digest.as_str();
        is_of_it && live.key().ends_with("/forward") && live.succeeded(now)
    })
}

/// Returns the image of a container in the task definition that the service is steered towards.
fn image(world: &World, container: &str) -> String {
    let running = task_definition(world);
    let services = world.ecs();
    let found = services.task_definitions.get(&running);
    let containers = found.and_then(|td| td.document["containerDefinitions"].as_array());
    let mut containers = containers.into_iter().flatten();
    let own = containers.find(|own| own["name"] == container);
    let image = own.and_then(|own| own["image"].as_str());
    image.unwrap_or_default().to_owned()
}

/// Returns the task definition that the service is steered towards.
fn task_definition(world: &World) -> String {
    let mut services = world.ecs();
    let set_to = services.service_mut("shop", "agent").service.task_definition.clone();
    drop(services);
    // As long as CodeDeploy moves callers, it is the one that all callers will get.
    let moved = world.codedeploy().steers_to("shop", "agent");
    moved.unwrap_or(set_to)
}

/// Returns what callers get of the book: the digest of what its function was given.
fn tree(world: &World) -> String {
    world.external().of(BOOK).tree.clone().unwrap_or_else(|| "none".to_owned())
}

/// Returns the number and the label of the version that callers of the configuration get, or will get.
fn configuration(world: &World) -> String {
    let mut state = world.appconfig();
    let environment = state.environment(&named("shop").id, &named("prod").id);
    let rollouts = environment.map(|found| found.rollouts.iter().rev());
    let own = rollouts.ok().and_then(|mut rollouts| {
        rollouts.find(|live| {
            let gone = ["ROLLING_BACK", "ROLLED_BACK", "REVERTED"];
            let rollout = &live.rollout;
            rollout.profile == named("flags").id && !gone.contains(&rollout.state.as_str())
        })
    });
    own.map_or_else(
        || "none".to_owned(),
        |live| {
            let label = live.rollout.label.as_deref().unwrap_or("by hand");
            format!("{} {label}", live.rollout.version)
        },
    )
}

/// Returns the stack with the template and the parameters that CloudFormation steers it towards.
fn stack(world: &World) -> String {
    let shown = of_stack(world, |live| format!("{} {} {:?}", live.id, live.wanted.template, live.wanted.parameters));
    shown.unwrap_or_else(|| "none".to_owned())
}

/// Returns something of the stack; `None` if there is none, or if CloudFormation takes it away.
fn of_stack<T>(world: &World, of: impl FnOnce(&LiveStack) -> T) -> Option<T> {
    let mut state = world.cloudformation();
    let live = state.named(STACK).ok()?;
    // A stack that is only the place of a change set is none.
    let goes = ["REVIEW_", "DELETE_", "ROLLBACK_"].iter().any(|word| live.status.starts_with(word));
    (!goes).then(|| of(live))
}

/// Returns whether CloudFormation takes a resource away with the stack that has made it.
fn is_taken_away(world: &World, physical: &str) -> bool {
    let goes = |live: &LiveStack| ["DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"].contains(&live.status.as_str());
    let has = |live: &LiveStack| live.resources.values().any(|resource| resource.physical == physical);
    world.cloudformation().stacks.iter().any(|live| goes(live) && has(live))
}

/// Returns the digests that a document of flags may have once it names the version of the function that has the code of
/// the same release; `None` if it names no version, or is gone.
fn filled(world: &World, key: &str) -> Option<Vec<Digest>> {
    let objects = world.s3();
    let uploaded = objects.buckets.get("artifacts")?.keys.get(key)?;
    let document = std::str::from_utf8(&uploaded.last()?.bytes).ok()?;
    let release = key.rsplit('/').next()?.strip_suffix(".json")?;
    let code = format!("api {release}");
    let code = BASE64_STANDARD.encode(Digest::of(code.as_bytes()).to_bytes());
    let functions = world.lambda();
    let versions = functions.functions.get("shop-api")?.versions.iter();
    let has_it = versions.filter(|(_, published)| published.package.code_sha256() == code);
    let digests = has_it.map(|(number, _)| {
        let content = document.replace(POINTER, &number.to_string());
        Digest::of(content.as_bytes())
    });
    document.contains(POINTER).then(|| digests.collect())
}

/// Returns the documents under the path that visitors are sent to.
fn documents(world: &World) -> String {
    let cdn = world.cloudfront();
    let origin = cdn.distributions.get("E1").and_then(|found| found.origins.first());
    let path = origin.map_or(String::new(), |origin| origin.path.clone());
    let folder = path.trim_start_matches('/');
    let objects = world.s3();
    let Some(bucket) = objects.buckets.get("shop-web") else {
        return String::new();
    };
    let keys = bucket.keys.keys().filter(|key| {
        let within = folder.is_empty() || key.starts_with(folder);
        within && key.ends_with("html") && (!folder.is_empty() || !key.starts_with("releases/"))
    });
    let shown = keys.filter_map(|key| {
        let text = String::from_utf8_lossy(&bucket.current(key)?.bytes).into_owned();
        let name = key.rsplit('/').next().unwrap_or(key);
        Some(format!("{name}: {text}"))
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// Returns the code that callers get: of the alias if there is one, otherwise of `$LATEST`.
fn code(world: &World, component: &str) -> String {
    let functions = world.lambda();
    let Some(function) = functions.functions.get(&function_of(component)) else {
        return String::new();
    };
    if is_taken_away(world, &function_of(component)) {
        return String::new();
    }
    let Some(alias) = function.aliases.get("live") else {
        return function.package.code_sha256();
    };
    // As long as CodeDeploy moves the alias, it is the code that all callers will get.
    if let Some(to) = world.codedeploy().moves_to(function) {
        return of_version(function, &to);
    }
    let mut shown = of_version(function, &alias.version);
    for (version, weight) in &alias.weights {
        shown += &format!(" {}@{weight}", of_version(function, version));
    }
    shown
}

fn of_version(function: &LiveFunction, version: &str) -> String {
    let number = version.parse().unwrap_or_default();
    let published = function.versions.get(&number);
    published.map_or(format!("missing {version}"), |published| published.package.code_sha256())
}
