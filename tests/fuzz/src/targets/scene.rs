//! Two applications: `shop`, whose people try everything, and `bank`, which is none of their
//! business.

use serde_json::{Value, json};
use std::rc::Rc;
use windlass_domain::identity::DeploymentId;
use windlass_engine::conductor;
use windlass_engine::payload::{Answer, Ask, ExecutionRef};
use windlass_engine::ports::Key;
use windlass_engine::routes::intake;
use windlass_machine::program::Program;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::World;
use windlass_world::run::run;

/// What no answer to `shop` may show.
pub const BANKS: &str = "9.9.9-of-the-bank";

/// A world in which both have deployed.
pub fn world() -> Result<World, String> {
    let program = Program::release().map_err(|error| error.to_string())?;
    let mut shop = Shop::new(&program, FUNCTIONS);
    shop.deploy("1.0.0", &["api", "jobs"]);
    shop.region.run();
    let bank = FUNCTIONS.replace("shop", "bank");
    for name in ["bank-api", "bank-jobs"] {
        shop.make_function(name);
        if let Some(function) = shop.world().functions().functions.get_mut(name) {
            function.tags.insert("windlass:app".into(), "bank".into());
        }
    }
    shop.world().set_alarm("bank-5xx", "OK", &[0.0]);
    arrive(shop.world(), "apps/bank/app.yaml", &bank)?;
    let mut components = serde_json::Map::new();
    for component in ["api", "jobs"] {
        let key = format!("artifacts/bank/{component}/1.zip");
        shop.world()
            .objects()
            .upload("artifacts", &key, component.as_bytes().to_vec());
        components.insert(component.into(), json!({"key": key}));
    }
    let manifest = json!({"version": BANKS, "components": components});
    shop.start(
        &json!({"action": "deploy", "app": "bank", "environment": "prod", "manifest": manifest}),
    );
    shop.region.run();
    let world = shop.world().copy();
    world.executions().started.clear();
    let deployed = of_the_bank(&world)
        .iter()
        .any(|(key, _)| key.pk.starts_with("deployment#"));
    deployed
        .then_some(world)
        .ok_or_else(|| "the bank has not deployed".into())
}

/// Lets `prod` of `shop` need an operator. Answers the deployment that does.
pub fn in_need(world: &World) -> Result<DeploymentId, String> {
    let mut ledger = world.ledger();
    let mut items = ledger.items.values();
    let records = items.find(|item| item.key.sk == "record" && item.body["app"] == "shop");
    let record = records.ok_or("shop has not deployed")?;
    let id = record.key.pk.trim_start_matches("deployment#").to_owned();
    let held = json!({
        "deployment": id, "action": "deploy", "execution": record.body["executions"][0],
        "since": 0, "state": "needs_operator",
    });
    let lock = ledger
        .items
        .iter_mut()
        .find(|(key, _)| key.pk == "env#shop/prod" && key.sk == "lock");
    let (_, lock) = lock.ok_or("prod has no lock")?;
    Rc::make_mut(lock).body.insert("held".into(), held);
    Ok(DeploymentId(id))
}

/// Uploads something, and brings its event.
pub fn arrive(world: &World, key: &str, text: &str) -> Result<(), String> {
    let version = world.objects().upload("artifacts", key, text.to_owned());
    let event = json!({
        "detail-type": "Object Created", "source": "aws.s3",
        "detail": {"bucket": {"name": "artifacts"}, "object": {"key": key, "version-id": version.id}}
    });
    run(intake::handle(world, event)).map_err(|fault| fault.message)
}

/// Admits an execution with its input.
pub fn admit(world: &World, execution: &ExecutionRef, input: &Value) -> Result<Answer, String> {
    let ask = json!({"state": "Admit", "execution": execution, "request": input});
    let ask: Ask = serde_json::from_value(ask).map_err(|error| error.to_string())?;
    run(conductor::handle(world, ask)).map_err(|fault| fault.to_string())
}

/// Everything of the ledger that is the bank's.
pub fn of_the_bank(world: &World) -> Vec<(Key, Value)> {
    let ledger = world.ledger();
    let items = ledger
        .items
        .iter()
        .map(|(key, item)| (key.clone(), Value::Object(item.body.clone())));
    items
        .filter(|(key, body)| {
            let by_key = key.pk.starts_with("app#bank") || key.pk.starts_with("env#bank/");
            by_key || body.get("app").and_then(Value::as_str) == Some("bank")
        })
        .collect()
}

/// Everything of the ledger that is an environment's.
pub fn of_environment(world: &World, name: &str) -> Vec<(Key, Value)> {
    let ledger = world.ledger();
    let items = ledger.items.iter();
    let items = items.map(|(key, item)| (key.clone(), Value::Object(item.body.clone())));
    let partition = format!("env#shop/{name}");
    let is_of_it = |(key, body): &(Key, Value)| key.pk == partition || body["environment"] == name;
    items.filter(is_of_it).collect()
}

/// That nothing of the bank's changed, and that nothing was started for it.
pub fn left_alone(before: &[(Key, Value)], world: &World) -> Result<(), String> {
    if of_the_bank(world) != before {
        return Err("another application's items were changed".into());
    }
    for (_, _, input) in &world.executions().started {
        if input["app"] == "bank" {
            return Err(format!(
                "an execution was started for another application: {input}"
            ));
        }
    }
    Ok(())
}
