//! The neighbours that `prod` of `shop` must leave alone: another application, and another environment of the
//! application itself. Each has some targets that it has deployed, and some that only carry its tags.

use super::belongings::{Belongings, Tenant};
use super::scene::{self, arrive};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::Clock;
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use windlass_world::World;
use windlass_world::ecr::HOST;

struct Neighbour {
    app: &'static str,
    environment: &'static str,
    cluster: &'static str,
    repository: &'static str,
    bucket: &'static str,
    distribution: &'static str,
}

const BANK: Neighbour = Neighbour {
    app: "bank",
    environment: "prod",
    cluster: "bank",
    repository: "bank/agent",
    bucket: "bank-web",
    distribution: "E2",
};

const DEV: Neighbour = Neighbour {
    app: "shop",
    environment: "dev",
    cluster: "shop-dev",
    repository: "shop/agent",
    bucket: "shop-web-dev",
    distribution: "E3",
};

/// The shop with `dev` beside `prod`.
const DECLARATION: &str = "
app: shop
version: 1.1.0
environments:
  dev: {deploy: {branch: dev}, sources: [api, console, s3, ecr]}
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  jobs: {kind: lambda, function: {dev: shop-jobs-dev, prod: shop-jobs}, alias: live}
  api: {kind: lambda, function: {dev: shop-api-dev, prod: shop-api}, alias: live}
  web: {kind: static_site, bucket: {dev: shop-web-dev, prod: shop-web}, distribution: {dev: E3, prod: E1}}
";

/// Gives the neighbours their targets, and lets `dev` deploy one of its functions and its site.
pub fn move_in(program: &Program, world: World) -> Result<World, String> {
    let mut shop = Shop::in_world(program, world);
    let there = shop.world().clone();
    for name in ["shop-api-dev", "shop-jobs-dev"] {
        shop.make_function(name);
        if let Some(function) = there.lambda().functions.get_mut(name) {
            function.tags.clone_from(&tags(&DEV));
        }
    }
    for neighbour in [&BANK, &DEV] {
        give(&there, neighbour);
    }
    arrive(&there, "apps/shop/app.yaml", DECLARATION)?;
    let mut request = shop.release_into("dev", "1.1.0", &["api", "web"]);
    request["environment"] = json!("dev");
    let execution = shop.region.start("console-dev", &request);
    shop.region.run();
    let ended = shop.deployment(&execution).ending;
    match ended.map(|ended| (ended.ending, ended.cause)) {
        Some((Ending::Succeeded, _)) => {}
        other => return Err(format!("dev has not deployed: {other:?}")),
    }
    let world = there.copy();
    world.stepfunctions().started.clear();
    Ok(world)
}

fn tags(of: &Neighbour) -> BTreeMap<String, String> {
    [("windlass:app".to_owned(), of.app.to_owned()), ("windlass:environment".to_owned(), of.environment.to_owned())]
        .into()
}

/// Gives the neighbour a service, a bucket and a distribution.
fn give(world: &World, neighbour: &Neighbour) {
    let tags = tags(neighbour);
    let (repository, cluster) = (neighbour.repository, neighbour.cluster);
    let digest = format!("sha256:{}", world.ecr().push(repository, "1"));
    let image = format!("{HOST}/{repository}@{digest}");
    let document = json!({
        "family": format!("{cluster}-agent"),
        "containerDefinitions": [{"name": "agent", "image": image, "essential": true}],
    });
    let now = world.now();
    let mut services = world.ecs();
    let base = services.put_task_definition(&document, &tags);
    services.put_service(cluster, "agent", &base.arn, 1, &digest, now);
    services.service_mut(cluster, "agent").service.tags.clone_from(&tags);
    let mut objects = world.s3();
    let bucket = objects.bucket(neighbour.bucket, true);
    bucket.tags.clone_from(&tags);
    let mut cdn = world.cloudfront();
    let distribution = cdn.distribution(neighbour.distribution, neighbour.bucket);
    distribution.tags = tags;
}

/// Returns what callers of the neighbours' targets get: the functions and the site that the neighbours have deployed,
/// and the other targets.
pub fn seen(world: &World) -> Value {
    let functions = ["bank-api", "bank-jobs", "shop-api-dev"].map(|name| function(world, name));
    let others = [function(world, "shop-jobs-dev"), service(world, &BANK), service(world, &DEV), site(world, &BANK)];
    json!({"functions": functions, "site": site(world, &DEV), "others": others})
}

fn function(world: &World, name: &str) -> Value {
    let functions = world.lambda();
    let aliases = functions.functions.get(name).map(|function| {
        let aliases = function.aliases.values();
        let aliases: Vec<_> = aliases.map(|alias| (&alias.version, &alias.weights)).collect();
        json!([aliases, format!("{:?}", function.package)])
    });
    json!(aliases)
}

fn service(world: &World, of: &Neighbour) -> Value {
    let mut services = world.ecs();
    json!(services.service_mut(of.cluster, "agent").service.task_definition)
}

fn site(world: &World, of: &Neighbour) -> Value {
    let cdn = world.cloudfront();
    let found = cdn.distributions.get(of.distribution);
    let changes = found.map(|found| found.changes);
    json!([changes, world.s3().texts(of.bucket)])
}

const TENANTS: [Tenant; 2] = [scene::BANK, Tenant { app: "shop", environment: Some("dev") }];

/// Returns everything of the neighbours in the ledger and in Step Functions.
pub fn kept(world: &World) -> [Belongings; 2] {
    TENANTS.map(|tenant| Belongings::of(world, tenant))
}

/// Checks that nothing of the neighbours changed, and that nothing was started for them.
pub fn left_alone(before: &[Belongings; 2], world: &World) -> Result<(), String> {
    for (tenant, before) in TENANTS.into_iter().zip(before) {
        before.left_alone(world, tenant)?;
    }
    Ok(())
}
