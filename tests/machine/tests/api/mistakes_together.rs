//! A mistake in the form of a body hides no mistake in its meaning, and the other way round.

use crate::api::call::{RELEASES, STARTS, call, executions, post_text, program, release};
use serde_json::{Value, json};
use windlass_machine::shop::{ALL_KINDS, Shop};

/// A mistake: the finding's name, its path, and the change of body and address that makes it.
type Mistake = (&'static str, &'static str, fn(&mut Value, &mut String));

/// The mistakes that are seen without the declaration.
const OF_FORM: [Mistake; 11] = [
    ("BadValue", "components.api.sha256", |body, _| {
        body["components"]["api"]["sha256"] = "abc".into();
    }),
    ("BadValue", "components.api.key", |body, _| {
        body["components"]["api"]["key"] = 7.into();
    }),
    ("UnknownField", "components.api.kye", |body, _| {
        body["components"]["api"]["kye"] = "x".into();
    }),
    ("MissingField", "components.api", |body, _| {
        body["components"]["api"] = json!({});
    }),
    ("BadValue", "components.Api", |body, _| {
        body["components"]["Api"] = json!({"key": "artifacts/shop/prod/api/1.zip", "version_id": "v1"});
    }),
    ("BadValue", "version", |body, _| {
        body["version"] = json!(1.3);
    }),
    ("BadValue", "sequence", |body, _| {
        body["sequence"] = "one".into();
    }),
    ("UnknownField", "git.dirtyy", |body, _| {
        body["git"]["dirtyy"] = true.into();
    }),
    ("UnknownField", "agian", |body, _| {
        body["agian"] = true.into();
    }),
    ("MissingField", "reason", |body, _| {
        body["allow_older"] = true.into();
    }),
    ("BadValue", "accept_red", |body, _| {
        body["accept_red"] = 1.into();
    }),
];

/// The mistakes that only the declaration and the bucket show.
const OF_MEANING: [Mistake; 6] = [
    ("UnknownName", "components.wep", |body, _| {
        body["components"]["wep"] = json!({"key": "artifacts/shop/prod/wep/1.zip", "version_id": "v1"});
    }),
    // The same mistake in a component whose form is wrong as well.
    ("UnknownName", "components.jbos", |body, _| {
        body["components"]["jbos"] = json!({"key": "artifacts/shop/prod/jbos/1.zip", "sha256": "x"});
    }),
    ("UnknownName", "environment", |_, address| {
        *address = address.replace("prod", "pord");
    }),
    ("BadValue", "components.agent.key", |body, _| {
        body["components"]["agent"] = json!({"key": "artifacts/shop/prod/agent/1.zip", "version_id": "v1"});
    }),
    ("ArtifactMissing", "artifacts/shop/prod/web/none.zip", |body, address| {
        // In an unknown environment no artifact is looked for.
        if address.contains("prod") {
            body["components"]["web"] = json!({"key": "artifacts/shop/prod/web/none.zip", "version_id": "v1"});
        }
    }),
    ("NoDeclaration", "declaration", |body, _| {
        body["declaration"] = "9.0.0".into();
    }),
];

fn listed(shop: &mut Shop<'_>, mistakes: &[&Mistake]) -> Vec<(String, String)> {
    let (mut body, mut address) = (release(shop, "1.0.0"), STARTS.to_owned());
    body["git"] = json!({"ref": "refs/heads/main"});
    body["components"].as_object_mut().unwrap().remove("jobs");
    for (_, _, make) in mistakes {
        make(&mut body, &mut address);
    }
    let reply = call(shop, "POST", &address, Some(body));
    let findings = reply.body["findings"].as_array().unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    findings.iter().map(|it| (text(it, "name"), text(it, "path"))).collect()
}

#[test]
fn each_mistake_of_form_is_listed_beside_each_of_meaning_and_nothing_else_is() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    for form in &OF_FORM {
        for meaning in &OF_MEANING {
            let listed = listed(&mut shop, &[form, meaning]);
            for (name, path, _) in [form, meaning] {
                let is_it = |one: &&(String, String)| (one.0.as_str(), one.1.as_str()) == (*name, *path);
                assert_eq!(listed.iter().filter(is_it).count(), 1, "{name} {path}: {listed:?}");
            }
            let of_itself = usize::from(meaning.1 == "components.jbos");
            assert_eq!(listed.len(), 2 + of_itself, "{}: {listed:?}", form.1);
        }
    }
    assert_eq!(executions(&shop), 0);
}

#[test]
fn all_of_them_are_listed_at_once() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    // In an unknown environment no artifact is looked for, and one mistake in each component is enough.
    let apart = ["components.api.key", "components.api", "components.api.kye", "environment"];
    let all = OF_FORM.iter().chain(&OF_MEANING);
    let all: Vec<&Mistake> = all.filter(|mistake| !apart.contains(&mistake.1)).collect();
    let listed = listed(&mut shop, &all);
    for (name, path, _) in all {
        let wanted = ((*name).to_owned(), (*path).to_owned());
        assert!(listed.contains(&wanted), "{wanted:?}: {listed:?}");
    }
}

/// What was read of a number is another text than the one that its author looks for.
#[test]
fn a_number_in_a_body_is_answered_as_it_is_written() {
    let program = program();
    let shop = Shop::new(&program, ALL_KINDS);
    let table = [
        (RELEASES, r#"{"version": 1.10, "components": {}}"#, "version", "1.10"),
        (RELEASES, r#"{"version": "1.0.0", "components": {"api": {"key": 1e3}}}"#, "components.api.key", "1e3"),
        (RELEASES, r#"{"reason": 2.50, "version": "1.0.0", "components": {}}"#, "reason", "2.50"),
        (STARTS, r#"{"version": 0.10}"#, "version", "0.10"),
        ("/apps/shop/environments/prod/plans", r#"{"version": 1.10, "components": {}}"#, "version", "1.10"),
        ("/apps/shop/environments/prod/rollbacks", r#"{"reason": 1.10}"#, "reason", "1.10"),
        ("/apps/shop/environments/prod/deployments/1f0c2d9a4b5e6f70/cancel", r#"{"reason": 1.10}"#, "reason", "1.10"),
    ];
    for (address, body, path, wanted) in table {
        let reply = post_text(&shop, address, body);
        let findings = reply.body["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["path"] == path).unwrap();
        assert_eq!(finding["seen"]["found"], wanted, "{address} {body}: {finding}");
    }
}
