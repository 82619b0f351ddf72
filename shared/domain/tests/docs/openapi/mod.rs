//! The document of the HTTP API, in OpenAPI 3.1: made of the table of routes, and of the types of its answers. A client
//! in another language is generated from it.

pub mod page;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{ApiRoute, ROUTES, RouteName, WISHES};
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Request;
use windlass_domain::release::uploads::WantedUploads;
use windlass_domain::release::way_in::WayIn;
use windlass_domain::shown::api::Problem;
use windlass_domain::shown::api::answers::schemas;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::next_step::NextStep;

/// The place of the types in the document.
const TYPES: &str = "/components/schemas/";

/// Returns the document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = TYPES.into();
        settings.meta_schema = None;
        settings.contract = Contract::Serialize;
    });
    let mut types = settings.into_generator();
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.pattern).or_insert_with(|| json!({}));
        path[route.method.to_lowercase()] = operation(route, &mut types);
    }
    let problem = types.subschema_for::<Problem>().to_value();
    let step = types.subschema_for::<NextStep>().to_value();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Windlass",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The HTTP API of an installation of Windlass. docs/API.md says how it is called.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{
            "url": "https://{api}.execute-api.{region}.amazonaws.com",
            "description": "The output `ApiUrl` of the stack.",
            "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "eu-west-1"}},
        }],
        "security": [{"sigv4": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"sigv4": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "AWS Signature Version 4 for the service `execute-api`.",
                "x-amazon-apigateway-authtype": "awsSigv4",
            }},
            "responses": {"Problem": {
                "description": "A refusal with all findings, or a fault.",
                "content": {"application/problem+json": {"schema": problem}},
            }},
            "schemas": types.take_definitions(true),
        },
    });
    add_next_steps(&mut document["components"]["schemas"], &step);
    name_variants(&mut document["components"]["schemas"]);
    say_simply(&mut document);
    keep_what_is_named(&mut document);
    document
}

fn operation(route: &ApiRoute, types: &mut SchemaGenerator) -> Value {
    let named = route.pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = named.map(|name| of_path(name, types)).collect();
    parameters.extend(route.query.iter().chain(&["words"]).map(|name| of_query(name)));
    for one in parameters.iter_mut().filter(|one| one["name"] == "reason") {
        one["required"] = true.into();
    }
    if route.method != "GET" {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header",
            "description": "Makes the call a request of its own: the same key is the same request.",
            "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"}}));
    }
    let mut answers: BTreeMap<u16, Vec<Value>> = BTreeMap::new();
    for (status, schema) in schemas(route.name, types) {
        answers.entry(status).or_default().push(schema);
    }
    let mut responses: Map<String, Value> = answers
        .into_iter()
        .map(|(status, mut any)| {
            any.dedup();
            let schema = if any.len() == 1 { any.remove(0) } else { json!({"anyOf": any}) };
            let description = if status == 202 { "It was started, or is not there yet." } else { "It is so." };
            let content = json!({"application/json": {"schema": schema}});
            (status.to_string(), json!({"description": description, "content": content}))
        })
        .collect();
    for statuses in ["4XX", "5XX"] {
        responses.insert(statuses.to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    }
    let mut operation = json!({
        "operationId": id(route.name),
        "summary": summary(route.name),
        "tags": [format!("{:?}", route.right)],
        "parameters": parameters,
        "responses": responses,
    });
    if route.method != "GET" && route.method != "DELETE" {
        let content = json!({"application/json": {"schema": body(route, types)}});
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    operation
}

/// Returns the name by which a generated client calls a route.
fn id(name: RouteName) -> String {
    match name {
        RouteName::Act(action) => format!("{action:?}"),
        RouteName::ActOnApp(action) => format!("{action:?}App"),
        name => format!("{name:?}"),
    }
}

/// Returns the comment of a route, or of the action that it starts.
fn summary(name: RouteName) -> String {
    match name {
        RouteName::ActOnApp(ActionName::Remove) => return "Let go of the whole application.".to_owned(),
        RouteName::ActOnApp(_) => return "Give the whole application another name.".to_owned(),
        RouteName::Act(ActionName::Rename) => return "Give a component another name.".to_owned(),
        _ => {}
    }
    let (variants, wanted) = match name {
        RouteName::Act(action) | RouteName::ActOnApp(action) => {
            (schemars::schema_for!(ActionName).to_value(), json!(action))
        }
        name => (schemars::schema_for!(RouteName).to_value(), json!(format!("{name:?}"))),
    };
    let all = variants["oneOf"].as_array().into_iter().flatten();
    let found = all.into_iter().find(|one| one["const"] == wanted);
    let comment = found.and_then(|one| one["description"].as_str()).unwrap_or_default();
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_path(name: &str, types: &mut SchemaGenerator) -> Value {
    let schema = match name {
        "app" | "to_app" => types.subschema_for::<AppName>().to_value(),
        "environment" | "to_environment" => types.subschema_for::<EnvironmentName>().to_value(),
        _ => json!({"type": "string"}),
    };
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

fn of_query(name: &str) -> Value {
    let words = [WayIn::Http, WayIn::CommandLine, WayIn::Console].map(|way| way.to_string());
    let (schema, description) = match name {
        "limit" => {
            (json!({"type": "integer", "minimum": 1, "maximum": 100}), "The most that are listed; 20 if absent.")
        }
        "after" => (json!({"type": "string"}), "The `next` of the page before."),
        "days" => {
            (json!({"type": "integer", "minimum": 1, "maximum": 366}), "The last days that are counted; 30 if absent.")
        }
        "observe" => (json!({"type": "boolean"}), "Whether the targets are looked at as well."),
        "words" => (json!({"type": "string", "enum": words}), "In whose words the answer says what to do next."),
        "ref" => (json!({"type": "string"}), "A full Git ref, such as `refs/tags/v1.4.0`."),
        "image_tag" => (json!({"type": "string"}), "The tag of an image."),
        "environment" => (json!({"type": "string"}), "The environment."),
        "execution" => (json!({"type": "string"}), "The ARN of an execution: the answer is what came of it."),
        "component" => (json!({"type": "string"}), "The component; all of the environment if absent."),
        "to_component" => (json!({"type": "string"}), "The component's name from then on."),
        "reason" => (json!({"type": "string"}), "The reason."),
        other => panic!("the parameter `{other}` is not described"),
    };
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// Returns the schema of a body: the members that the route takes, as the request of the release machine has them, and
/// those of a manifest.
fn body(route: &ApiRoute, types: &mut SchemaGenerator) -> Value {
    if route.name == RouteName::Uploads {
        return WantedUploads::json_schema(types).to_value();
    }
    let mut request = Request::json_schema(types).to_value();
    let mut manifest = Manifest::json_schema(types).to_value();
    let mut properties = Map::new();
    let takes_manifest = matches!(route.name, RouteName::Start | RouteName::StartRecorded | RouteName::DrawPlan);
    if takes_manifest && let Value::Object(members) = manifest["properties"].take() {
        properties.extend(members);
    }
    let (more, wishes): (&[&str], &[&str]) = match route.name {
        RouteName::DrawPlan => (&["snapshot", "across", "component", "pattern"], WISHES),
        _ => (&[], &[]),
    };
    for member in route.body.iter().chain(more).chain(wishes) {
        properties.insert((*member).to_owned(), request["properties"][*member].take());
    }
    let required: &[&str] = match route.name {
        // A manifest, or what stands in its place.
        RouteName::Start | RouteName::StartRecorded | RouteName::DrawPlan => &[],
        RouteName::ActOnApp(_) => &["confirm", "reason"],
        _ => &["reason"],
    };
    for member in required {
        if properties[*member]["type"] == json!(["string", "null"]) {
            properties[*member]["type"] = "string".into();
        }
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Adds the member with the next steps to each type with a text that may name some.
fn add_next_steps(types: &mut Value, step: &Value) {
    let Value::Object(types) = types else { return };
    for (_, one) in types {
        let Some(members) = one.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        if members.values().any(is_prose) {
            let described = "The next steps that the texts beside it name, in their order.";
            members.insert("next_steps".to_owned(), json!({"type": "array", "items": step, "description": described}));
        }
    }
}

fn is_prose(schema: &Value) -> bool {
    let parts = ["anyOf", "oneOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    schema["format"] == "prose" || schema.get("items").is_some_and(is_prose) || parts.into_iter().any(is_prose)
}

/// Gives each variant of a type a name of its own, such as `ArtifactImage`, by which a generated client calls it.
fn name_variants(types: &mut Value) {
    let Value::Object(types) = types else { return };
    let mut named = Map::new();
    for (name, one) in types.iter_mut() {
        for part in ["oneOf", "anyOf"] {
            for variant in one.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(own) = variant_name(variant) {
                    let own = format!("{name}{own}");
                    let there = json!({"$ref": format!("#{TYPES}{own}")});
                    named.insert(own, std::mem::replace(variant, there));
                }
            }
        }
    }
    types.append(&mut named);
}

/// Returns the name of a variant that is an object, by its tag or by its only member.
fn variant_name(variant: &Value) -> Option<String> {
    let properties = variant["properties"].as_object()?;
    let tags = properties.values().filter_map(|member| member["const"].as_str());
    let only = properties.keys().map(String::as_str).filter(|_| properties.len() == 1);
    let name = tags.chain(only).next()?;
    let words = name.split('_').map(|word| word.get(..1).map(str::to_uppercase).unwrap_or_default() + &word[1..]);
    Some(words.collect())
}

/// Says what generators of clients do not read in words that they do: any value is `{}` and not `true`, the values of
/// an object whose names have a pattern are `additionalProperties`, one variant alone is no choice, words are an
/// `enum`, and a name of the code is no link.
fn say_simply(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(named)) = members.remove("patternProperties") {
                for (pattern, schema) in named {
                    members.insert("propertyNames".to_owned(), json!({"pattern": pattern}));
                    members.insert("additionalProperties".to_owned(), schema);
                }
            }
            if let Some(Value::Array(only)) = members.get("oneOf")
                && let [Value::Object(only)] = only.as_slice()
            {
                let only = only.clone();
                members.remove("oneOf");
                members.extend(only);
            }
            if let Some(Value::Array(all)) = members.get("oneOf")
                && let Some(words) = words(all)
            {
                members.remove("oneOf");
                members.insert("type".to_owned(), "string".into());
                members.insert("enum".to_owned(), words.keys().cloned().collect());
                members.insert("x-enumDescriptions".to_owned(), Value::Object(words));
            }
            if let Some(Value::String(text)) = members.get_mut("description") {
                // The names of the code have no address outside of it.
                *text = text.replace("[`", "`").replace("`]", "`");
                assert!(!text.contains("crate::"), "{text}");
            }
            for (name, member) in members {
                if name == "items" && *member == true {
                    *member = json!({});
                }
                if let (true, Value::Object(properties)) = (name == "properties", &mut *member) {
                    properties.values_mut().filter(|one| **one == true).for_each(|one| *one = json!({}));
                }
                say_simply(member);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(say_simply),
        _ => {}
    }
}

/// Returns the words of a type that is one of several words, each with its comment; `None` if it is another one.
fn words(variants: &[Value]) -> Option<Map<String, Value>> {
    let mut words = Map::new();
    for one in variants {
        let many = one["enum"].as_array().into_iter().flatten();
        let before = words.len();
        for word in many.chain(one.get("const")) {
            words.insert(word.as_str()?.to_owned(), one["description"].clone());
        }
        if words.len() == before {
            return None;
        }
    }
    Some(words)
}

/// Takes out the types that nothing names.
fn keep_what_is_named(document: &mut Value) {
    loop {
        let mut named = BTreeSet::new();
        collect_names(document, &mut named);
        let Value::Object(types) = &mut document["components"]["schemas"] else { return };
        let before = types.len();
        types.retain(|name, _| named.contains(name));
        if types.len() == before {
            return;
        }
    }
}

fn collect_names(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            named.extend(name.and_then(|name| name.strip_prefix("#")?.strip_prefix(TYPES)).map(str::to_owned));
            members.values().for_each(|member| collect_names(member, named));
        }
        Value::Array(all) => all.iter().for_each(|one| collect_names(one, named)),
        _ => {}
    }
}
