//! The findings on an upload lie beside it until a good upload has come.

use crate::scenarios::scene::{BOTH, GO, assert_free, both, live, pass_minutes, path, program, serves, upload};
use serde_json::{Value, json};
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::{ALARM, Shop};

const KEY: &str = "releases/shop/prod/1.1.0.json";

/// Makes a manifest whose Git ref chooses `prod`.
fn manifest(shop: &mut Shop<'_>, version: &str) -> Value {
    let mut manifest = shop.release(version, &BOTH)["manifest"].clone();
    manifest["git"] = json!({"ref": "refs/heads/main"});
    manifest
}

/// Returns the findings that lie beside the manifest.
fn beside(shop: &Shop<'_>) -> Option<Value> {
    let texts = shop.world().s3().texts("artifacts");
    let text = texts.get(&format!("{KEY}.findings.json"))?;
    Some(serde_json::from_str(text).unwrap())
}

fn names(beside: &Value) -> Vec<&str> {
    let findings = beside["findings"].as_array().unwrap().iter();
    findings.map(|one| one["name"].as_str().unwrap()).collect()
}

/// Returns the path of the execution that ended last.
fn last_path(shop: &Shop<'_>) -> String {
    shop.region.all_ended().last().unwrap().execution.in_words()
}

#[test]
fn what_prepare_refuses_is_written_beside_the_upload_until_a_good_one_comes() {
    let program = program();
    let mut shop = live(&program);
    let good = manifest(&mut shop, "1.1.0").to_string();
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let version = upload(&shop, KEY, &good);
    shop.region.step();
    shop.region.run();
    assert_eq!(last_path(&shop), path(&[GO, "Settle Ended Rejected"]));
    let arn = shop.region.all_ended().last().unwrap().arn.clone();
    let record = shop.deployment(&arn);
    let written = beside(&shop).unwrap();
    assert_eq!(names(&written), ["GateAlreadyRed"]);
    assert_eq!(written["version_id"], version);
    assert_eq!(written["deployment"], record.id.as_str());
    assert_eq!(record.upload.unwrap().key, KEY);

    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    pass_minutes(&shop, 10);
    let version = upload(&shop, KEY, &good);
    shop.region.step();
    let written = beside(&shop).unwrap();
    assert_eq!(names(&written), [""; 0], "it is taken");
    assert_eq!(written["version_id"], version);
    shop.region.run();
    let arn = shop.region.all_ended().last().unwrap().arn.clone();
    let ended = shop.deployment(&arn).ending.unwrap();
    assert_eq!(ended.ending, Ending::Succeeded, "{}", ended.cause.written());
    assert_eq!(beside(&shop), Some(written));
    assert_eq!(serves(&shop), both("3"));
    assert_free(&shop);
}

#[test]
fn what_waits_and_is_refused_is_written_beside_the_upload() {
    let program = program();
    let mut shop = live(&program);
    shop.act("hold");
    shop.region.run();
    let text = manifest(&mut shop, "1.1.0").to_string();
    upload(&shop, KEY, &text);
    shop.region.step();
    shop.region.run();
    assert_eq!(last_path(&shop), "Admit Admitted Rejected");
    assert_eq!(names(&beside(&shop).unwrap()), ["Held"]);
}

#[test]
fn findings_of_a_former_upload_go_also_where_the_good_one_is_known_already() {
    let program = program();
    let mut shop = live(&program);
    let good = manifest(&mut shop, "1.1.0");
    upload(&shop, KEY, &good.to_string());
    shop.region.step();
    shop.region.run();
    assert_eq!(beside(&shop), None, "nothing was ever wrong");

    let mut bad = good.clone();
    bad["components"]["api"]["key"] = json!("artifacts/shop/prod/api/none.zip");
    upload(&shop, KEY, &bad.to_string());
    shop.region.step();
    shop.region.run();
    assert_eq!(names(&beside(&shop).unwrap()), ["ArtifactMissing"]);
    let so_far = shop.region.all_ended().len();

    let version = upload(&shop, KEY, &good.to_string());
    shop.region.run();
    shop.region.step();
    shop.region.run();
    assert_eq!(shop.region.all_ended().len(), so_far + 1);
    assert!(last_path(&shop).ends_with("NothingToDo"), "it is live already");
    let written = beside(&shop).unwrap();
    assert_eq!(names(&written), [""; 0]);
    assert_eq!(written["version_id"], version);
}
