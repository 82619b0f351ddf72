//! An application whose release is prepared, and helpers that ask the plan.

use crate::stage::{Stage, component, id};
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::payload::Answer;
use windlass_engine::ports::Result;
use windlass_engine::prepare::handle;
use windlass_world::lambda::{LiveAlias, Package, Published};
use windlass_world::run::run;

pub const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  worker: {kind: lambda, function: shop-worker-prod, alias: live}
  api:
    kind: lambda
    function: shop-api-prod
    alias: live
    after: [worker]
    rollout: {canary: [10], every: 5m}
gates:
  bake: 10m
  between_waves: 1m
  alarms: [shop-prod-5xx]
  probes: [{url: "https://shop.example/health"}]
"#;

pub const HEALTH: &str = "https://shop.example/health";
pub const OLD: &[u8] = b"the old code";
pub const NEW: &[u8] = b"the new code";

/// Makes a stage in which both functions run the old code, and everything is healthy.
pub fn shop(declaration: &str, worker: &'static [u8], api: &'static [u8]) -> Stage {
    let mut stage = Stage::new(declaration, BTreeMap::new());
    for (name, bytes) in [("worker", worker), ("api", api)] {
        bring(&mut stage, name, bytes);
    }
    stage.write_record();
    stage.deployed_before();
    stage.world.set_alarm("shop-prod-5xx", "OK", &[0.0]);
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage
}

pub fn new_release() -> Stage {
    shop(DECLARATION, NEW, NEW)
}

/// Adds a function that runs the old code, for which the release has these bytes.
pub fn bring(stage: &mut Stage, name: &str, bytes: &'static [u8]) {
    function(stage, name);
    let artifact = upload(stage, name, bytes);
    let components = &mut stage.record.release.components;
    components.insert(component(name), artifact);
}

pub fn function(stage: &Stage, component: &str) {
    let mut functions = stage.world.lambda();
    let made = functions.make(&format!("shop-{component}-prod"), OLD);
    let published = Published {
        package: Package::Zip(Bytes::from_static(OLD)),
        configuration: made.configuration.clone(),
        description: String::new(),
        pending: 0,
    };
    made.versions.insert(1, published);
    let alias = LiveAlias::at("1");
    made.aliases.insert("live".into(), alias);
}

pub fn upload(stage: &Stage, component: &str, bytes: &'static [u8]) -> Artifact {
    let key = format!("artifacts/shop/prod/{component}/1.4.0.zip");
    let mut objects = stage.world.s3();
    let version = objects.upload("artifacts", &key, bytes);
    Artifact::Object { key, version_id: version.id.unwrap(), sha256: Digest::of(bytes), bytes: bytes.len() as u64 }
}

pub fn prepare(stage: &Stage) -> Result<Answer> {
    run(handle(&stage.world, stage.prepare(0)))
}

pub fn plan(stage: &Stage) -> Plan {
    stage.get(&ledger::plan(&id())).unwrap()
}

pub fn step(stage: &Stage, name: &str) -> Option<Step> {
    stage.get(&ledger::step(&id(), &component(name)))
}

pub fn named(plan: &Plan) -> Vec<(FindingName, &str)> {
    let findings = plan.findings.iter();
    findings.map(|f| (f.name, f.path.as_str())).collect()
}

pub fn warned(plan: &Plan) -> Vec<(FindingName, &str)> {
    let warnings = plan.warnings.iter();
    warnings.map(|f| (f.name, f.path.as_str())).collect()
}

pub fn waves_in_words(plan: &Plan) -> Vec<(String, u64)> {
    let waves = plan.waves.iter();
    waves.map(|wave| (windlass_domain::shown::message::wave_in_words(wave), wave.bake_s)).collect()
}
