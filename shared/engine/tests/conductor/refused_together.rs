//! Tests that a mistake in the form of a request hides no other mistake in it, by whatever way the request came.

use crate::conductor::arrivals::by;
use crate::conductor::inputs::with;
use crate::conductor::scene::Scene;
use crate::stage::app;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::deployment::Refusal;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

const KEY: &str = "releases/shop/dev/1.5.0.json";

/// A mistake: its name, its place in a manifest, and how it is made.
type Mistake = (&'static str, &'static str, fn(&mut Value));

const OF_FORM: [Mistake; 4] = [
    ("BadValue", "components.api.sha256", |manifest| {
        manifest["components"]["api"]["sha256"] = "abc".into();
    }),
    ("UnknownField", "componnets", |manifest| {
        manifest["componnets"] = json!({});
    }),
    ("BadValue", "sequence", |manifest| {
        manifest["sequence"] = (-1).into();
    }),
    ("BadValue", "git.commit", |manifest| {
        manifest["git"]["commit"] = "not one".into();
    }),
];

const OF_MEANING: [Mistake; 3] = [
    ("UnknownName", "components.apj", |manifest| {
        manifest["components"]["apj"] = json!({"key": "artifacts/shop/dev/apj/1.zip", "version_id": "v1"});
    }),
    ("NoEnvironment", "git.ref", |manifest| {
        manifest["git"]["ref"] = "refs/heads/nobodys".into();
    }),
    ("NoDeclaration", "declaration", |manifest| {
        manifest["declaration"] = "7.0.0".into();
    }),
];

fn manifest(scene: &Scene, mistakes: [&Mistake; 2]) -> Value {
    let main = "refs/heads/main";
    let mut manifest = scene.manifest("1.5.0", main)["manifest"].take();
    for (_, _, make) in mistakes {
        make(&mut manifest);
    }
    manifest
}

/// Returns the mistakes for which a request is refused: names, and places in the manifest.
fn refused(scene: &Scene, request: Value) -> BTreeSet<(String, String)> {
    let request = with(json!({"action": "deploy", "app": "shop"}), request);
    let answer = scene.admit("one-more", request).unwrap();
    assert_eq!(answer.verdict, Transition::Rejected);
    let refusal: Refusal = scene.stage.get(&ledger::refusal(&app(), &arn_of("one-more"))).unwrap();
    let place = |path: &str| path.strip_prefix("manifest.").unwrap_or(path).to_owned();
    let findings = refusal.findings.iter();
    findings.map(|it| (it.name.to_string(), place(&it.path))).collect()
}

#[test]
fn an_upload_and_an_input_at_the_console_name_both() {
    for form in &OF_FORM {
        for meaning in &OF_MEANING {
            let wanted = [form, meaning].map(|it| (it.0.to_owned(), it.1.to_owned()));
            let wanted = BTreeSet::from(wanted);
            let scene = Scene::free();
            let text = manifest(&scene, [form, meaning]);
            scene.stage.world.s3().upload("artifacts", KEY, text.to_string());
            let upload = with(json!({"manifest_object": {"key": KEY}}), by("s3"));
            assert_eq!(refused(&scene, upload), wanted, "{text}");
            let scene = Scene::free();
            let pasted = json!({"manifest": manifest(&scene, [form, meaning])});
            // The console is no source of that environment. The answer names this as well if the request goes there.
            assert!(refused(&scene, pasted).is_superset(&wanted), "{text}");
        }
    }
}

/// A release that cannot be read at all hides nothing that the request names beside it.
#[test]
fn an_environment_that_is_not_known_is_named_beside_a_release_that_is_not() {
    let scene = Scene::free();
    let found = refused(&scene, json!({"version": "9.9.9", "environment": "pord"}));
    let wanted = [("UnknownName", "version"), ("UnknownName", "environment")];
    let wanted = wanted.map(|(name, path)| (name.to_owned(), path.to_owned()));
    assert_eq!(found, BTreeSet::from(wanted));
}
