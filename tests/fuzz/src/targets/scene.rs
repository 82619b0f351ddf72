//! Two applications: `shop`, whose people try everything, and `bank`, which they must not reach.

use super::belongings::{Belongings, Tenant};
use serde_json::{Value, json};
use std::rc::Rc;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_engine::conductor;
use windlass_engine::payload::{Answer, ConductorInput, ExecutionRef};
use windlass_engine::routes::intake;
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::World;
use windlass_world::run::run;

/// The version of the bank's releases. No answer to `shop` may show it.
pub const BANKS: &str = "9.9.9-banks";

/// The application that the people of `shop` must not reach.
pub const BANK: Tenant = Tenant { app: "bank", environment: None };

/// Makes a world in which both have deployed. The bank is still deploying: one of its deployments bakes, and one waits.
pub fn world() -> Result<World, String> {
    let program = Program::release().map_err(|error| error.to_string())?;
    let mut shop = Shop::new(&program, FUNCTIONS);
    shop.deploy("1.0.0", &["api", "jobs"]);
    shop.region.run();
    let bank = FUNCTIONS.replace("shop", "bank");
    for name in ["bank-api", "bank-jobs"] {
        shop.make_function(name);
        if let Some(function) = shop.world().lambda().functions.get_mut(name) {
            function.tags.insert("windlass:app".into(), "bank".into());
        }
    }
    shop.world().set_alarm("bank-5xx", "OK", &[0.0]);
    arrive(shop.world(), "apps/bank/app.yaml", &bank)?;
    for version in [BANKS.to_owned(), format!("{BANKS}.2"), format!("{BANKS}.3")] {
        let execution = shop.start(&banks_release(shop.world(), &version));
        let until = match version.rsplit('.').next() {
            Some("2") => "Bake",
            Some("3") => "AwaitTurn",
            _ => "none",
        };
        shop.region.run_until(&execution, until);
    }
    shop.region.step();
    let world = shop.world().copy();
    world.stepfunctions().started.clear();
    let is_busy = Belongings::of(&world, BANK).is_busy();
    is_busy.then_some(world).ok_or_else(|| "the bank does not deploy".into())
}

fn banks_release(world: &World, version: &str) -> Value {
    let components = ["api", "jobs"].map(|component| {
        let key = format!("artifacts/bank/prod/{component}/1.zip");
        let bytes = format!("{component} {version}");
        let sha256 = Digest::of(bytes.as_bytes());
        world.s3().upload("artifacts", &key, bytes.into_bytes());
        (component.to_owned(), json!({"key": key, "sha256": sha256}))
    });
    let components: serde_json::Map<_, _> = components.into_iter().collect();
    let manifest = json!({"version": version, "components": components});
    json!({"action": "deploy", "app": "bank", "environment": "prod", "manifest": manifest})
}

/// Puts `prod` of `shop` in need of an operator. Returns the deployment that needs the operator.
pub fn in_need(world: &World) -> Result<DeploymentId, String> {
    let mut ledger = world.dynamodb();
    let mut items = ledger.items.values();
    let records = items.find(|item| item.key.sk == "record" && item.body["app"] == "shop");
    let record = records.ok_or("shop has not deployed")?;
    let id = record.key.pk.trim_start_matches("deployment#").to_owned();
    let held = json!({
        "deployment": id, "action": "deploy", "execution": record.body["executions"][0],
        "since": 0, "state": "needs_operator",
    });
    let lock = ledger.items.iter_mut().find(|(key, _)| key.pk == "env#shop/prod" && key.sk == "lock");
    let (_, lock) = lock.ok_or("prod has no lock")?;
    Rc::make_mut(lock).body.insert("held".into(), held);
    Ok(DeploymentId(id))
}

/// Uploads an object, and handles its event.
pub fn arrive(world: &World, key: &str, text: &str) -> Result<(), String> {
    let version = world.s3().upload("artifacts", key, text.to_owned());
    let event = json!({
        "detail-type": "Object Created", "source": "aws.s3", "account": "111111111111", "region": "eu-west-1",
        "detail": {"bucket": {"name": "artifacts"}, "object": {"key": key, "version-id": version.id}}
    });
    run(intake::handle(world, event)).map_err(|fault| fault.message)
}

/// Admits an execution with its input.
pub fn admit(world: &World, execution: &ExecutionRef, input: &Value) -> Result<Answer, String> {
    let admit = ConductorInput::Admit { execution: execution.clone(), request: input.clone() };
    run(conductor::handle(world, admit)).map_err(|fault| fault.to_string())
}
