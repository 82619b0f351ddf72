//! The places where things arrive: the artifacts bucket and a registry, in a world of their own.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ItemKey};
use windlass_engine::ports::Result;
use windlass_engine::routes::intake;
use windlass_world::World;
use windlass_world::run::run;

pub const DECLARATION: &str = "
app: shop
version: 1.0.0
environments:
  dev: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
  prod: {deploy: {tag: stable}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: 'agent-{environment}', container: agent, repository: {dev: shop/agent, prod: shop/steady}}
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  web: {kind: static_site, bucket: 'shop-web-{environment}', on_artifact: true}
";

pub fn shop() -> AppName {
    AppName::new("shop").unwrap()
}

/// Makes a world in which nothing has arrived yet.
pub fn nothing() -> World {
    let world = World::default();
    world.s3().bucket("artifacts", true);
    world.clock().now = Time(1_000_000_000);
    world
}

/// Makes a world in which the declaration is in force.
pub fn declared() -> World {
    let world = nothing();
    let event = upload(&world, "apps/shop/app.yaml", DECLARATION);
    arrives(&world, event).unwrap();
    world
}

/// A declaration in the ledger as it was accepted, at whatever key.
pub fn put_declared(world: &World, key: ItemKey<Declared>, text: &str) {
    let declaration = Declaration::parse(DECLARATION).unwrap();
    let declared = Declared::new(&declaration, text, Time(0), None);
    let item = ledger::Stored::new(key, declared).put().unwrap();
    run(windlass_engine::ports::DynamoDbApi::transact(world, vec![item])).unwrap();
}

/// Uploads to the artifacts bucket, and returns the event that S3 sends.
pub fn upload(world: &World, key: &str, text: &str) -> Value {
    let version = world.s3().upload("artifacts", key, text.to_owned());
    json!({
        "detail-type": "Object Created",
        "account": "111111111111",
        "region": "eu-west-1",
        "detail": {
            "bucket": {"name": "artifacts"},
            "object": {"key": key, "version-id": version.id},
            "requester": "111111111111",
        },
    })
}

pub fn arrives(world: &World, event: Value) -> Result<()> {
    run(intake::handle(world, event))
}

pub fn get<T: DeserializeOwned>(world: &World, key: &ItemKey<T>) -> Option<T> {
    run(ledger::load(world, key)).unwrap().map(|stored| stored.value)
}

/// Returns the inputs of the executions that were started.
pub fn started(world: &World) -> Vec<Value> {
    let started = world.stepfunctions().started.clone();
    started.into_iter().map(|(_, _, input)| input).collect()
}
