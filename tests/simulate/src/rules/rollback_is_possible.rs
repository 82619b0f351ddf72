use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use crate::targets::{TASK, function_of};
use serde_json::Value;
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::environment::{Running, Snapshot};
use windlass_machine::shop_stack::ASSETS;
use windlass_machine::shop_world::BOOK;
use windlass_world::appconfig::named;
use windlass_world::lambda::LiveFunction;
use windlass_world::s3::Bucket;

/// "What a rollback would need is never deleted by the release that replaces it" (rule 8): everything that the
/// snapshots name is still there. For a site by folder this holds for the declared number of snapshots.
///
/// Safety: undo: What a rollback needs is there, of a site by folder as far back as is declared.
pub fn rollback_is_possible(outcome: &Outcome<'_>) -> Result<(), String> {
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let kept = kept(outcome);
    for snapshot in &snapshots {
        for (component, running) in &snapshot.components {
            let is_kept = component.as_str() != "web" || kept.contains(&snapshot.number);
            if is_kept && !is_there(outcome, component.as_str(), running) {
                return Err(format!(
                    "snapshot {} names {component} {}, which is gone",
                    snapshot.number,
                    running.version()
                ));
            }
        }
    }
    Ok(())
}

/// The number of kept releases if `keep` is not declared, as its documentation says.
const KEPT_IF_ABSENT: u64 = 10;

/// Returns the present snapshot and the newest ones, `keep` before the last. After a rollback no more is promised: the
/// snapshot that it would meet next may have been older than that when it was pruned.
fn kept(outcome: &Outcome<'_>) -> BTreeSet<u64> {
    let state = outcome.environment();
    let newest = state.last_snapshot.saturating_sub(declared_keep(outcome))..=state.last_snapshot;
    newest.chain([state.snapshot]).collect()
}

fn declared_keep(outcome: &Outcome<'_>) -> u64 {
    let ledger = outcome.world.dynamodb();
    let steps = ledger.items.values().filter(|item| item.key.sk == "step#web");
    let declared = steps.filter_map(|step| step.body.get("target")?["site"]["keep"].as_u64());
    declared.min().unwrap_or(KEPT_IF_ABSENT)
}

fn is_there(outcome: &Outcome<'_>, component: &str, running: &Running) -> bool {
    let state = &running.state;
    if state.is_null() {
        return true;
    }
    match component {
        "agent" => task_definition_is_there(outcome, state),
        "book" => tree_is_there(outcome, state),
        "flags" => hosted_version_is_there(outcome, state),
        "infra" => template_is_there(outcome, state),
        "web" => files_are_there(outcome, state),
        // A rollback runs no task.
        TASK => true,
        "api" | "jobs" | "work" => version_is_there(outcome, component, state),
        other => panic!("`rollback_is_possible` does not know what {other} needs"),
    }
}

/// Returns whether the outside still has what a user's function gave it. A state without a tree needs nothing.
fn tree_is_there(outcome: &Outcome<'_>, state: &Value) -> bool {
    let tree = state["goal"]["state"]["tree"].as_str();
    tree.is_none_or(|tree| outcome.world.external().of(BOOK).prepared.contains(tree))
}

fn hosted_version_is_there(outcome: &Outcome<'_>, state: &Value) -> bool {
    let Some(version) = state["goal"]["live"]["version"].as_str() else {
        // Nothing was deployed then.
        return state["goal"]["live"].is_null();
    };
    let mut known = outcome.world.appconfig();
    let profile = known.profile(&named("shop").id, &named("flags").id);
    let number = version.parse();
    profile.is_ok_and(|it| number.is_ok_and(|number| it.versions.contains_key(&number)))
}

/// Returns whether the template of a stack is kept, and whether the files are there that it names. A rollback to what
/// was before the stack needs nothing: it deletes none.
fn template_is_there(outcome: &Outcome<'_>, state: &Value) -> bool {
    let Some(digest) = state["goal"]["template"].as_str() else {
        return state["goal"]["id"].is_null();
    };
    let objects = outcome.world.s3();
    let kept = objects.buckets.get("artifacts").and_then(|artifacts| {
        let key = artifacts.keys.keys().find(|key| key.contains(digest))?;
        let text: String = serde_json::from_slice(&artifacts.current(key)?.bytes).ok()?;
        serde_json::from_str::<Value>(&text).ok()
    });
    let files = objects.buckets.get(ASSETS);
    let is_there = |resource: &Value| {
        let key = resource["Properties"]["Code"]["S3Key"].as_str();
        key.is_none_or(|key| files.is_some_and(|files| files.current(key).is_some()))
    };
    let resources = kept.as_ref().and_then(|template| template["Resources"].as_object());
    resources.is_some_and(|resources| resources.values().all(is_there))
}

fn task_definition_is_there(outcome: &Outcome<'_>, state: &Value) -> bool {
    let named = texts(state).find(|text| text.contains(":task-definition/"));
    let Some(named) = named else { return false };
    let services = outcome.world.ecs();
    let found = services.task_definitions.get(&named);
    found.is_some_and(|found| found.document["status"] == "ACTIVE")
}

fn version_is_there(outcome: &Outcome<'_>, component: &str, state: &Value) -> bool {
    let observed = &state["goal"]["back"];
    let functions = outcome.world.lambda();
    let Some(function) = functions.functions.get(&function_of(component)) else {
        return false;
    };
    if observed["alias"].is_null() {
        return code_is_there(outcome, component, function, &observed["latest"]);
    }
    let version = observed["alias"]["version"].as_str().map(str::parse::<u64>);
    version.is_some_and(|number| number.is_ok_and(|number| function.versions.contains_key(&number)))
}

/// Returns whether the image of a function without an alias is there, or its code in a version or still live. Windlass
/// need not keep what somebody else has replaced by hand.
fn code_is_there(outcome: &Outcome<'_>, component: &str, function: &LiveFunction, latest: &Value) -> bool {
    let by_other = |one: &Happening| matches!(one.what, Event::ChangedByOther(of) if of == component);
    let Some(code) = latest["code_sha256"].as_str() else {
        return false;
    };
    if latest["image"].is_string() {
        let registry = outcome.world.ecr();
        let mut images = registry.images.iter();
        return images.any(|image| image.digest.as_str() == code);
    }
    let mut versions = function.versions.values();
    function.package.code_sha256() == code
        || versions.any(|version| version.package.code_sha256() == code)
        || outcome.happened.iter().any(by_other)
}

/// Returns whether the files of a site are there. In place, these are the versions of all files that the recorded list
/// names; by folder, the page in it and what the page names.
fn files_are_there(outcome: &Outcome<'_>, state: &Value) -> bool {
    let objects = outcome.world.s3();
    let Some(bucket) = objects.buckets.get("shop-web") else {
        return false;
    };
    if let Some(folder) = state["goal"]["origin_path"].as_str().filter(|path| !path.is_empty()) {
        return page_is_there(bucket, folder.trim_start_matches('/'));
    }
    let Some(digest) = state["goal"]["objects"].as_str() else {
        return true;
    };
    let artifacts = objects.buckets.get("artifacts");
    let list = artifacts.and_then(|artifacts| {
        let key = artifacts.keys.keys().find(|key| key.contains(digest))?;
        serde_json::from_slice::<Vec<Value>>(&artifacts.current(key)?.bytes).ok()
    });
    // The headers that files share come before the rows. A row begins with path, ETag, size and version.
    let is_there = |row: &Value| {
        let (path, id) = (row[0].as_str().unwrap_or_default(), row[3].as_str());
        let mut versions = bucket.keys.get(path).into_iter().flatten();
        versions.any(|version| !version.marker && version.id.as_deref() == id)
    };
    list.is_some_and(|list| list.iter().skip(1).all(is_there))
}

fn page_is_there(bucket: &Bucket, folder: &str) -> bool {
    let Some(page) = bucket.current(&format!("{folder}/index.html")) else {
        return false;
    };
    let page = String::from_utf8_lossy(&page.bytes);
    let mut named = page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    named.all(|path| bucket.current(&format!("{folder}{path}")).is_some())
}

/// Returns all texts in a value.
fn texts(value: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.clone())),
        Value::Array(items) => Box::new(items.iter().flat_map(texts)),
        Value::Object(members) => Box::new(members.values().flat_map(texts)),
        _ => Box::new(std::iter::empty()),
    }
}
