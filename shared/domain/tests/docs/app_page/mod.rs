//! `docs/app.md` and `docs/access.md`: the schemas of declarations and of access files for people, each field with its
//! comment in the code.

use super::wrapping::wrapped;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::folder::TABLE;

const ABOUT: &str = "`app.yaml` declares an application: its components, their targets, and what Windlass watches. \
An editor that uses [the schema](app.schema.json) shows the same text for each field, because the schema and this page \
come from the same comments in the code. Windlass refuses an unknown field, and names the field that was probably \
meant. [Integrate](integrate/README.md) shows a small declaration for each thing that you can deploy. `windlass \
validate` checks a declaration, and `windlass declare` puts it in force.";

/// The types that come first, in this order; the others follow by name.
const FIRST: [&str; 5] = ["Environment", "Deploy", "Component", "Gates", "ComponentGates"];

/// Returns the page.
pub fn page(schema: &Value, update: &str) -> String {
    let mut page = format!(
        "<!-- Generated from comments in the code. Written anew by `{update}`. -->\n\n# app.yaml\n\n{}\n\n",
        wrapped("", ABOUT)
    );
    page.push_str("## At the top\n\n");
    page.push_str(&fields(schema));
    let types = schema["$defs"].as_object().unwrap();
    let others = types.keys().map(String::as_str);
    let others = others.filter(|name| !FIRST.contains(name));
    for name in FIRST.into_iter().chain(others) {
        let about = &types[name];
        let section = match name {
            "Component" => kinds(about),
            // The type of a library has no comment of ours.
            "SemVer" => format!("\n## {name}\n\n{}\n", wrapped("", VERSION)),
            _ => format!("\n## {name}\n\n{}", definition(about)),
        };
        page.push_str(&section);
    }
    page.push_str(&files());
    page
}

const ABOUT_ACCESS: &str = "Access files say who may do what in the environments of an application. Each field has \
here the text that an editor shows by the schemas, [of the file of an application](access.schema.json) and [of the \
file of all applications](access-all.schema.json), because both are made from the same comments. Windlass refuses an \
unknown field, and names the field that was probably meant. [Who may do what](integrate/access.md) has a first file, \
and explains how it comes into force.";

/// Returns the page of access files: those of an application, and that of all.
pub fn access(own: &Value, all: &Value, update: &str) -> String {
    let mut page = format!(
        "<!-- Generated from comments in the code. Written anew by `{update}`. -->\n\n# Access files\n\n{}\n",
        wrapped("", ABOUT_ACCESS)
    );
    let types: BTreeMap<&String, &Value> =
        [own, all].into_iter().flat_map(|schema| schema["$defs"].as_object().unwrap()).collect();
    let types = types.into_iter().map(|(name, about)| (name.as_str(), about));
    let files = [("access/apps/shop.yaml", own), ("access/all.yaml", all)];
    for (title, about) in files.into_iter().chain(types) {
        page.push_str(&format!("\n## {title}\n\n{}", definition(about)));
    }
    page
}

const VERSION: &str = "A version as in [Semantic Versioning](https://semver.org), such as `1.3.0`.";

const FILES: &str = "The list below shows how a release of a folder, or of an archive of a folder, treats files with \
certain names. It does not matter who packed the files. A name counts at every depth, for files and for folders, in \
upper and in lower case. For a link two names count, namely the name of the link and the name of the file to which it \
leads. In a site Windlass also refuses a file that holds a private key. Windlass looks for a line \
`-----BEGIN … PRIVATE KEY-----` in the first 64 KiB of each file. If this is the first line of the text, Windlass \
refuses the file, whatever its name. If the line comes later, Windlass refuses the file only in three cases: the file \
has a name for certificates or keys, such as `shop.pem` or `shop.key`, its text begins with another line \
`-----BEGIN … -----`, or its text begins with `Bag Attributes`. A release contains all other files, even those in \
`.well-known/`. If Windlass refuses files, it lists all of them at once, and publishes nothing. Windlass reports the \
number of files that it leaves out.";

const PATTERNS: &str = "`publish` of a component lists files that a release contains even if Windlass would otherwise \
refuse them or leave them out. `exclude` of a component lists files that a release leaves out. Each entry is a line as \
in a `.gitignore` file at the top of the folder. If a file matches both lists, `exclude` counts. Windlass does not \
remove files from the archive of a function. The command `windlass release` leaves out the files in `exclude` when it \
packs the folder of a function. If you give the command an archive that contains such files, Windlass refuses the \
archive.";

/// Returns the section on the files of a folder, with the list of names.
fn files() -> String {
    let mut text = format!("\n## Files of a folder\n\n{}\n", wrapped("", FILES));
    text.push('\n');
    for row in TABLE {
        let names: Vec<String> = row.names.iter().map(|name| format!("`{name}`")).collect();
        text.push_str(&item(&format!(
            "- {}, {} in a site and {} in a function: {}",
            row.what,
            row.site.in_words(),
            row.function.in_words(),
            names.join(", ")
        )));
    }
    text.push_str(&format!("\n{}\n", wrapped("", PATTERNS)));
    text
}

/// Returns a section for each kind of component.
fn kinds(about: &Value) -> String {
    let mut text = format!("\n## Component\n\n{}\n", wrapped("", comment(about)));
    for kind in about["oneOf"].as_array().unwrap() {
        let name = kind["properties"]["kind"]["const"].as_str().unwrap();
        text.push_str(&format!("\n### kind: {name}\n\n{}", definition(kind)));
    }
    text
}

/// Returns what a type is: its comment, and its fields or its values.
fn definition(about: &Value) -> String {
    let mut text = wrapped("", comment(about)) + "\n";
    for example in about["examples"].as_array().into_iter().flatten() {
        text.push_str(&format!("\nSuch as `{example}`.\n"));
    }
    if about["properties"].is_object() {
        text.push('\n');
        text.push_str(&fields(about));
    }
    let values = about["oneOf"].as_array().into_iter().flatten();
    let values = values.map(|one| item(&format!("- `{}`: {}", value(one), comment(one))));
    let values: String = values.collect();
    if !values.is_empty() {
        text.push('\n');
        text.push_str(&values);
    }
    if let Some(any) = about["anyOf"].as_array() {
        let words: Vec<String> = any.iter().map(sort).collect();
        text.push_str(&format!("\nIt is {}.\n", words.join(", or ")));
    }
    text
}

/// Returns the text by which a page names one of several values: the value itself, or the only member of an object.
fn value(one: &Value) -> String {
    match (&one["const"], &one["required"][0]) {
        (Value::String(name), _) | (Value::Null, Value::String(name)) => name.clone(),
        (other, _) => other.to_string(),
    }
}

/// Returns a list of fields.
fn fields(of: &Value) -> String {
    let required: Vec<&str> = of["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = of["properties"].as_object().unwrap().iter();
    let fields = fields.filter(|(_, field)| field["const"].is_null());
    let lines = fields.map(|(name, field)| {
        let needed = if required.contains(&name.as_str()) { ", needed" } else { "" };
        let usual = match &field["default"] {
            Value::Null => String::new(),
            Value::Object(of) if of.is_empty() => String::new(),
            Value::Array(of) if of.is_empty() => String::new(),
            usual => format!(" If absent: `{}`.", usual.to_string().replace('"', "")),
        };
        item(&format!("- `{name}` ({}{needed}): {}{usual}", sort(field), comment(field)))
    });
    lines.collect()
}

/// Returns the words for the type of a value.
fn sort(of: &Value) -> String {
    if let Some(name) = of["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = of["anyOf"].as_array() {
        let any: Vec<String> = any.iter().map(sort).filter(|it| it != "null").collect();
        return any.join(" or ");
    }
    if of["items"].is_object() {
        return format!("list of {}", sort(&of["items"]));
    }
    let named = of["patternProperties"].as_object();
    let named = named.and_then(|all| all.values().next());
    let named = named.or_else(|| Some(&of["additionalProperties"]).filter(|it| it.is_object()));
    if let Some(named) = named {
        return format!("{} by name", sort(named));
    }
    match &of["type"] {
        Value::String(text) if text == "integer" => "number".to_owned(),
        Value::String(text) if text == "string" => "text".to_owned(),
        Value::String(text) => text.clone(),
        _ => "any value".to_owned(),
    }
}

fn comment(of: &Value) -> &str {
    of["description"].as_str().unwrap_or_default()
}

fn item(text: &str) -> String {
    wrapped("  ", text) + "\n"
}
