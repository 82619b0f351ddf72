//! The parts that the scenarios share: the paths by name, the shop at the start, and looks at the end.

use serde_json::{Value, json};
use windlass_domain::deployment::Ended;
use windlass_domain::release::request::ObjectRef;
use windlass_engine::ports::Clock;
use windlass_engine::routes::intake;
use windlass_machine::arrivals::{object_created, scheduled};
use windlass_machine::shop::Shop;
pub use windlass_machine::state_paths::{
    BACK, BOTH, GO, ROLLED_BACK, SUCCEEDED, WAVE, both, live, live_with, path, program, serves, whole_way,
};
use windlass_world::run::run;

pub const WAITED: &str = "Admit Admitted AwaitTurn";
pub const NEEDS_OPERATOR: &str = "Undo Undoing SettleUndo Ended NeedsOperator";

/// Returns the whole way of `api` alone.
pub fn api_way() -> String {
    path(&[GO, WAVE, WAVE, SUCCEEDED])
}

/// Returns the whole way of one function, all at once, watched for two minutes.
pub fn at_once() -> String {
    path(&[GO, WAVE, SUCCEEDED])
}

/// Returns the way of a rollback of both functions, which waits for no gate.
pub fn way_back() -> String {
    path(&[GO, WAVE, WAVE, SUCCEEDED])
}

/// Returns the ending of a deployment, as its record says.
pub fn ended(shop: &Shop<'_>, arn: &str) -> Ended {
    shop.deployment(arn).ending.unwrap()
}

/// Returns the error and the cause of an execution that failed.
pub fn failure(shop: &Shop<'_>, arn: &str) -> (String, String) {
    let ended = shop.region.ended(arn).unwrap();
    (ended.error.clone(), ended.cause.clone())
}

/// Checks that nobody holds the lock and nobody waits.
pub fn assert_free(shop: &Shop<'_>) {
    assert_eq!(shop.lock().held, None);
    assert!(!shop.has("waiting#"));
}

/// Uploads a declaration, and brings the event that S3 sends.
pub fn declare(shop: &Shop<'_>, text: &str) {
    upload(shop, "apps/shop/app.yaml", text);
}

/// Uploads something to the artifacts bucket, and brings the event that S3 sends. Returns the version.
pub fn upload(shop: &Shop<'_>, key: &str, text: &str) -> String {
    let event = upload_unheard(shop, key, text);
    let version = event["detail"]["object"]["version-id"].clone();
    arrive(shop, event);
    version.as_str().unwrap().to_owned()
}

/// Uploads something to the artifacts bucket. Returns the event, which does not come by itself.
pub fn upload_unheard(shop: &Shop<'_>, key: &str, text: &str) -> Value {
    let mut objects = shop.world().s3();
    let version = objects.upload("artifacts", key, text.to_owned());
    drop(objects);
    let object = ObjectRef { key: key.to_owned(), version_id: version.id };
    object_created("artifacts", &object, shop.world().now())
}

/// Returns the manifest of a release of both functions, and uploads their code.
pub fn manifest(shop: &Shop<'_>, version: &str) -> String {
    let mut manifest = shop.release(version, &BOTH)["manifest"].take();
    manifest["git"] = json!({"ref": "refs/heads/main", "commit": "0123456"});
    manifest.to_string()
}

/// Uploads a release of both functions. Returns the event, which does not come by itself.
pub fn release_unheard(shop: &Shop<'_>, version: &str) -> Value {
    let manifest = manifest(shop, version);
    upload_unheard(shop, &format!("releases/shop/prod/{version}.json"), &manifest)
}

/// Brings the event of intake's schedule.
pub fn look(shop: &Shop<'_>) {
    arrive(shop, scheduled(shop.world().now()));
}

/// Runs everything to its end. Returns the number of executions.
pub fn executions(shop: &mut Shop<'_>) -> usize {
    shop.region.run();
    shop.region.all_ended().len()
}

/// Brings an event to intake.
pub fn arrive(shop: &Shop<'_>, event: Value) {
    run(intake::handle(shop.world(), event)).unwrap();
}

/// Brings an event to intake, which must fail.
pub fn arrive_in_vain(shop: &Shop<'_>, event: Value) {
    assert!(run(intake::handle(shop.world(), event)).is_err());
}

/// Lets time pass.
pub fn pass_minutes(shop: &Shop<'_>, minutes: u64) {
    let now = shop.world().now();
    shop.world().clock().now = now.plus_s(minutes * 60);
}
