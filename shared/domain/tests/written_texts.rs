//! A text that a reader takes for something else is repeated as it is written, and belongs in quotes: at each member of
//! each schema that takes a text.

#![allow(clippy::unwrap_used)]

use crate::bad_inputs::merge;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::{self, Declaration};
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::cancellation::Cancellation;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The forms that YAML 1.1 (yaml.org/type) or the core schema of YAML 1.2 (section 10.3) reads as null, true or false,
/// a whole number, a number with a point, or a time. Some of them are texts to our reader: those are left out.
const FORMS: &str = "~ null Null NULL y Y yes Yes YES n N no No NO true True TRUE false False FALSE on On ON off Off \
    OFF 0b1010 0o17 017 012345670123 0x1F 1_000 +12 190:20:30 1.10 1.0 0.10 1e3 6.8523015e+5 .5 190:20:30.15 \
    2001-12-14 2001-12-14t21:59:43.10-05:00 12345678901234567890123";

/// Stands in a document where a form is put.
const HERE: &str = "@here@";

/// A JSON Schema. A place in it is a JSON pointer.
struct Schema(Value);

impl Schema {
    fn node(&self, at: &str) -> &Value {
        self.0.pointer(at).unwrap()
    }

    /// Returns the place that a reference leads to, with those of its alternatives.
    fn alternatives(&self, at: &str) -> Vec<String> {
        let mut at = at.to_owned();
        while let Some(to) = self.node(&at).get("$ref") {
            at = to.as_str().unwrap().trim_start_matches('#').to_owned();
        }
        let mut all = vec![at.clone()];
        for word in ["anyOf", "oneOf"] {
            let several = self.node(&at).get(word).and_then(Value::as_array).map_or(0, Vec::len);
            for one in 0..several {
                all.extend(self.alternatives(&format!("{at}/{word}/{one}")));
            }
        }
        all
    }

    fn takes_text(&self, at: &str) -> bool {
        let is_text = |one: &Value| one == "string";
        self.alternatives(at).iter().any(|at| match self.node(at).get("type") {
            Some(Value::Array(several)) => several.iter().any(is_text),
            one => one.is_some_and(is_text),
        })
    }

    /// Notes each member below a place that takes a text.
    fn note_texts(&self, at: &str, known: &mut BTreeSet<String>, texts: &mut BTreeSet<String>) {
        for at in self.alternatives(at) {
            if !known.insert(at.clone()) {
                continue;
            }
            let node = self.node(&at);
            let mut members = Vec::new();
            for word in ["properties", "patternProperties"] {
                let named = node.get(word).and_then(Value::as_object);
                members.extend(named.into_iter().flatten().map(|(name, _)| format!("{at}/{word}/{name}")));
            }
            for word in ["additionalProperties", "items"] {
                let others = node.get(word).filter(|others| others.is_object());
                members.extend(others.map(|_| format!("{at}/{word}")));
            }
            for member in members {
                self.note_texts(&member, known, texts);
                if self.takes_text(&member) {
                    texts.insert(member);
                }
            }
        }
    }

    /// Returns the place of the member of this name.
    fn member(&self, at: &str, name: &str) -> Option<String> {
        let node = self.node(at);
        if node.get("properties").is_some_and(|named| named.get(name).is_some()) {
            return Some(format!("{at}/properties/{name}"));
        }
        let patterns = node.get("patternProperties").and_then(Value::as_object);
        if let Some(pattern) = patterns.and_then(|patterns| patterns.keys().next()) {
            return Some(format!("{at}/patternProperties/{pattern}"));
        }
        let others = node.get("additionalProperties").filter(|others| others.is_object());
        others.map(|_| format!("{at}/additionalProperties"))
    }

    /// Returns whether a value is of this alternative, by the words that each has for itself, such as `kind`.
    fn is_of(&self, at: &str, value: &Value) -> bool {
        let members = self.node(at).get("properties").and_then(Value::as_object);
        members.into_iter().flatten().all(|(name, member)| match (member.get("const"), value.get(name)) {
            (Some(word), Some(value)) => word == value,
            _ => true,
        })
    }

    /// Notes where a document has a text: by the member of the schema, the first place in the document.
    fn note_places(&self, at: &str, value: &Value, here: &str, places: &mut BTreeMap<String, String>) {
        if value.is_string() && self.takes_text(at) {
            places.entry(at.to_owned()).or_insert_with(|| here.to_owned());
        }
        for at in self.alternatives(at) {
            if !self.is_of(&at, value) {
                continue;
            }
            for (name, member) in value.as_object().into_iter().flatten() {
                if let Some(at) = self.member(&at, name) {
                    self.note_places(&at, member, &format!("{here}/{name}"), places);
                }
            }
            for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                if self.node(&at).get("items").is_some() {
                    self.note_places(&format!("{at}/items"), item, &format!("{here}/{number}"), places);
                }
            }
        }
    }

    /// Returns a check of values at a place.
    fn check(&self, at: &str) -> impl Fn(&Value) -> bool {
        let shared = self.0.get("$defs").cloned().unwrap_or_else(|| json!({}));
        let check = jsonschema::validator_for(&json!({"$defs": shared, "allOf": [self.node(at)]})).unwrap();
        move |value: &Value| check.is_valid(value)
    }
}

/// Returns the dotted path of a place in a document.
fn path_of(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, name| match name.parse::<usize>() {
        Ok(number) => format!("{path}[{number}]"),
        Err(_) if path.is_empty() => name.to_owned(),
        Err(_) => format!("{path}.{name}"),
    })
}

/// Holds that the samples have each text of the schema, and that each form in the place of each of them is repeated,
/// and is the same text in the quotes of the remedy where it is taken then. A form that the schema takes has no
/// finding. The paths that `read` gives begin with what is `around` the document.
fn hold(schema: &Schema, samples: &[Value], forms: &[&str], around: &str, read: &dyn Fn(&str) -> Vec<Finding>) {
    let mut lacking = BTreeSet::new();
    schema.note_texts("", &mut BTreeSet::new(), &mut lacking);
    let whole = jsonschema::validator_for(&schema.0).unwrap();
    for sample in samples {
        assert!(whole.is_valid(sample), "{sample}");
        let mut places = BTreeMap::new();
        schema.note_places("", sample, "", &mut places);
        for (at, here) in places.iter().filter(|(at, _)| lacking.remove(*at)) {
            let path = format!("{around}{}", path_of(here));
            let takes = schema.check(at);
            let mut document = sample.clone();
            *document.pointer_mut(here).unwrap() = HERE.into();
            let document = document.to_string();
            for form in forms {
                let findings = read(&document.replace(&format!("\"{HERE}\""), form));
                let finding = findings.iter().find(|it| it.path == path && it.name == FindingName::BadValue);
                if takes(&serde_saphyr::from_str(form).unwrap()) {
                    assert_eq!(finding, None, "{path}: {form}");
                    continue;
                }
                let finding = finding.unwrap_or_else(|| panic!("{path}: {form} is taken: {findings:?}"));
                let found = finding.seen.as_ref().and_then(|seen| seen.found.as_deref());
                assert_eq!(found, Some(*form), "{path}: {finding:?}");
                let remedy = finding.remedy.written();
                let quoted = remedy.strip_prefix("Put it in quotes, `").and_then(|rest| rest.split_once('`'));
                let quoted = quoted.map(|(quoted, _)| serde_saphyr::from_str::<Value>(quoted).unwrap());
                let is_said_otherwise = schema.node(at).get("x-of-number").is_some();
                let wanted = Some(Value::from(*form)).filter(|text| takes(text) && !is_said_otherwise);
                assert_eq!(quoted, wanted, "{path}: {remedy}");
            }
        }
    }
    assert_eq!(lacking, BTreeSet::new(), "no sample has these texts");
}

#[test]
fn a_declaration_is_answered_with_what_is_written_in_it() {
    let is_other = |form: &&str| !serde_saphyr::from_str::<Value>(form).unwrap().is_string();
    let forms: Vec<&str> = FORMS.split_whitespace().filter(is_other).collect();
    assert!(forms.len() > 30, "{forms:?}");
    let small = json!({"app": "shop", "version": "1.3.0", "environments": {"dev": {}},
        "components": {"web": {"kind": "static_site", "bucket": "shop-web"}}});
    let changes: Vec<Value> = serde_saphyr::from_str(include_str!("written_texts.yaml")).unwrap();
    let mut samples = vec![small.clone()];
    for change in changes {
        let mut sample = small.clone();
        merge(&mut sample, &change);
        samples.push(sample);
    }
    let read = |text: &str| Declaration::parse(text).err().unwrap_or_default();
    hold(&Schema(declaration::schema().clone()), &samples, &forms, "", &read);
}

/// Returns the forms that JSON reads as another type.
fn forms_of_json() -> Vec<&'static str> {
    FORMS.split_whitespace().filter(|form| serde_json::from_str::<Value>(form).is_ok()).collect()
}

/// A manifest is uploaded, or it is the body of a call, within a request.
#[test]
fn a_manifest_is_answered_with_what_is_written_in_it() {
    let app = AppName::new("shop").unwrap();
    let samples = [json!({
        "version": "1.4.0",
        "git": {"ref": "refs/tags/v1.4.0", "commit": "9f2c1ab", "time": "2026-11-20T14:02:05Z"},
        "declaration": "1.3.0",
        "components": {
            "web": {"key": "artifacts/shop/prod/web/1.4.0.zip", "version_id": "v1", "sha256": "a".repeat(64)},
            "agent": {"image": "shop/agent:1.4.0"},
            "bots": {"images": {"proxy": "shop/proxy:1.4.0"}},
        },
    })];
    let schema = Schema(schemars::schema_for!(Manifest).to_value());
    let parsed = |text: &str| Manifest::parse(&app, text).err().unwrap_or_default();
    hold(&schema, &samples, &forms_of_json(), "", &parsed);
    let body = |text: &str| {
        let manifest: Value = serde_json::from_str(text).unwrap();
        let input = json!({"action": "deploy", "app": "shop", "environment": "prod", "manifest": manifest});
        Request::read_body(&input, text).err().map(PartialDocument::findings).unwrap_or_default()
    };
    hold(&schema, &samples, &forms_of_json(), "manifest.", &body);
}

#[test]
fn the_body_of_a_call_is_answered_with_what_is_written_in_it() {
    let mut schema = schemars::schema_for!(Request).to_value();
    // The first is the body itself, and no body has the others.
    for name in ["manifest", "pinned", "refused"] {
        schema["properties"].as_object_mut().unwrap().remove(name).unwrap();
    }
    let object = json!({"key": "artifacts/shop/prod/web/1.zip", "version_id": "v1"});
    let samples = [json!({
        "action": "deploy", "app": "shop", "environment": "prod", "reason": "why", "version": "1.4.0",
        "manifest_object": object, "artifact_object": {"component": "web", "object": object},
        "image_push": {"repository": "shop/agent", "digest": "a".repeat(64), "tag": "1.4.0"},
        "across": ["agent"], "drill": "1f0c2d9a4b5e6f70", "deployment": "1f0c2d9a4b5e6f70", "component": "web",
        "pattern": "backup/**", "confirm": "shop", "to_app": "store", "to_environment": "qa", "to_component": "site",
        "for": "2h", "arrived": 1, "idempotency_key": "press-1",
        "requester": {"route": "api", "principal": "ann", "claims": {"issuer": "github", "kept": {"ref": "main"}}},
        "from": "qa", "hash": "a".repeat(64), "may_lose": ["infra.Messages"],
    })];
    let read = |text: &str| {
        let input: Value = serde_json::from_str(text).unwrap();
        Request::read_body(&input, text).err().map(PartialDocument::findings).unwrap_or_default()
    };
    hold(&Schema(schema), &samples, &forms_of_json(), "", &read);

    let schema = Schema(schemars::schema_for!(Cancellation).to_value());
    let samples = [json!({"reason": "why", "idempotency_key": "press-1"})];
    let read = |text: &str| Cancellation::parse(&serde_json::from_str(text).unwrap(), text).err().unwrap_or_default();
    hold(&schema, &samples, &forms_of_json(), "", &read);
}
