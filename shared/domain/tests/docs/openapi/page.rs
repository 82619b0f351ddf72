//! The page of the HTTP API: each route, then each type with its members, as the document has them.

use serde_json::{Map, Value};

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// Returns the page.
pub fn page(document: &Value, update: &str) -> String {
    let mut text = format!(
        "<!-- Generated from the table of routes and from the comments of the types.\nWritten anew by `{update}`. -->\n\n\
         # The HTTP API: routes and types\n\n[API.md](API.md) says how it is called, and shows each answer. \
         [openapi.json](openapi.json) has the same in OpenAPI 3.1, from which a client is generated. A member that is \
         not in an answer is absent; `?` marks those that may be. Times are milliseconds since 1970-01-01T00:00:00Z.\n\n\
         ## Routes\n\nEvery refusal and fault is a [Problem](#problem).\n\n"
    );
    for (pattern, path) in members(&document["paths"]) {
        for method in METHODS {
            if let Some(operation) = path.get(method) {
                text.push_str(&route(&format!("{} {pattern}", method.to_uppercase()), operation));
            }
        }
    }
    text.push_str("## Types\n\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        text.push_str(&one_type(name, schema));
    }
    text.trim_end().to_owned() + "\n"
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn route(title: &str, operation: &Value) -> String {
    let mut text = format!("### `{title}`\n\n{}", operation["summary"].as_str().unwrap_or_default());
    let right = operation["tags"][0].as_str().unwrap_or_default().to_lowercase();
    text.push_str(&format!(" It needs the right to {right}.\n\n"));
    let mut rows = Vec::new();
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    for one in parameters.filter(|one| one["in"] == "query" && one["name"] != "words") {
        rows.push(row(
            &format!("`?{}`", one["name"].as_str().unwrap_or_default()),
            &one["schema"],
            &one["description"],
        ));
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    rows.extend(rows_of(body));
    text.push_str(&table("in the query or the body", &rows));
    for status in ["200", "202"] {
        let answer = &operation["responses"][status]["content"]["application/json"]["schema"];
        if !answer.is_null() {
            text.push_str(&format!("Answers {status}: {}.\n\n", name_of(answer)));
        }
    }
    text
}

fn one_type(name: &str, schema: &Value) -> String {
    let mut text = format!("### {name}\n\n{}\n\n", line(&schema["description"]));
    let variants = ["oneOf", "anyOf"].into_iter().filter_map(|part| schema[part].as_array()).flatten();
    let variants: Vec<String> =
        variants.map(|one| format!("| {} | {} |", name_of(one), cell(&one["description"]))).collect();
    let words = members(&schema["x-enumDescriptions"]);
    let words = words.map(|(word, about)| format!("| `{word}` | {} |", cell(about)));
    let variants: Vec<String> = variants.into_iter().chain(words).collect();
    text.push_str(&table("member", &rows_of(schema)));
    if !variants.is_empty() {
        text.push_str(&format!("| one of | is |\n| --- | --- |\n{}\n\n", variants.join("\n")));
    } else if schema.get("properties").is_none() {
        text.push_str(&format!("It is {}.\n\n", name_of(&Value::Object(without_description(schema)))));
    }
    text
}

fn without_description(schema: &Value) -> Map<String, Value> {
    members(schema).filter(|(name, _)| *name != "description").map(|(name, it)| (name.clone(), it.clone())).collect()
}

fn rows_of(schema: &Value) -> Vec<String> {
    let required = schema["required"].as_array();
    let is_required = |name: &String| required.is_some_and(|all| all.iter().any(|one| one == name));
    let named = members(&schema["properties"]);
    named
        .map(|(name, member)| {
            let mark = if is_required(name) { "" } else { "?" };
            row(&format!("`{name}`{mark}"), member, &member["description"])
        })
        .collect()
}

fn table(head: &str, rows: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    format!("| {head} | type | is |\n| --- | --- | --- |\n{}\n\n", rows.join("\n"))
}

fn row(name: &str, schema: &Value, description: &Value) -> String {
    format!("| {name} | {} | {} |", name_of(schema), cell(description))
}

fn line(text: &Value) -> String {
    text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell(text: &Value) -> String {
    line(text).replace('|', "\\|")
}

/// Returns the name of a type, with a link where the page has it.
fn name_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(only) = schema.get("const") {
        return format!("`{}`", only.as_str().map_or_else(|| only.to_string(), str::to_owned));
    }
    for part in ["anyOf", "oneOf"] {
        if let Some(all) = schema[part].as_array() {
            return all.iter().map(name_of).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(all) = schema["enum"].as_array() {
        return all.iter().map(|one| format!("`{}`", one.as_str().unwrap_or_default())).collect::<Vec<_>>().join(", ");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if kinds.contains(&"array") {
        return format!("list of {}", name_of(&schema["items"]));
    }
    if kinds.contains(&"object") {
        let names: Vec<&String> = members(&schema["properties"]).map(|(name, _)| name).collect();
        let values = &schema["additionalProperties"];
        return match (names.as_slice(), values.is_object()) {
            ([only], _) => format!("`{{{only}: …}}`"),
            (_, true) => format!("{} by name", name_of(values)),
            _ => "object".to_owned(),
        };
    }
    if kinds.is_empty() { "any value".to_owned() } else { kinds.join(" or ") }
}
