//! lambroll's `function.json`: the function, which callers reach by the alias that lambroll moves; and Jsonnet that is
//! data alone, which lambroll and ecspresso take.

use crate::init::import::expression::of_go;
use crate::init::import::{Imported, UnreadMembers, repository};
use crate::init::names::name;
use serde_json::{Value, json};
use std::path::Path;
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::declaration::kinds::KindName;

/// The alias that lambroll moves where no option names another one.
const ALIAS: &str = "current";

/// Reads the file.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn import(text: &str) -> Result<Imported, String> {
    let file = serde_json::from_str(text).map_err(|error| {
        format!("it is no JSON: {error}. Write what `lambroll render` prints into a file, and import that")
    })?;
    let mut imported = Imported::default();
    let mut file = UnreadMembers::new(file);
    let function = file.text(&["FunctionName"]).ok_or("it has no `FunctionName`")?;
    let function = of_go(&function, &mut imported);
    // The declaration says this by `repository`.
    file.take(&["PackageType"]);
    let component = match name(&function.replace(['{', '}'], "-")).as_str() {
        "function-name" => "api".to_owned(),
        other => other.to_owned(),
    };
    let mut written = json!({"kind": KindName::Lambda, "function": function, "alias": ALIAS});
    image(&mut file, &mut written, &mut imported);
    imported.carry(&file, "the file");
    imported.note(format!(
        "lambroll moves the alias `{ALIAS}` unless `--alias` names another one: write here the alias that your callers use"
    ));
    if let Some(left) = file.left() {
        imported.note(format!(
            "{left} stay as the function has them: Windlass changes its code and its alias alone, and your infrastructure code \
             sets the rest"
        ));
    }
    imported.add(&component, written);
    Ok(imported)
}

fn image(file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) {
    let Some(image) = file.text(&["Code", "ImageUri"]) else {
        return;
    };
    let known = repository(&image);
    if known.is_none() {
        file.set_aside(&["Code", "ImageUri"]);
        imported.note(format!("the image `{image}` is of no known repository of Amazon ECR: write `repository`"));
    }
    written["repository"] = json!(known.as_deref().unwrap_or(UNWRITTEN));
}

/// Returns a file of Jsonnet as JSON, and any other file as it is.
///
/// # Errors
/// The sentence that says why it has to be evaluated, or what is wrong with it.
pub fn as_json(path: &Path, text: String) -> Result<String, String> {
    if path.extension().is_none_or(|extension| extension != "jsonnet") {
        return Ok(text);
    }
    let data: Value =
        json5::from_str(&with_slashes(&text)).map_err(|error| format!("it is Jsonnet, and more than data: {error}"))?;
    Ok(data.to_string())
}

/// Returns Jsonnet with `//` in place of each `#` that begins a comment, as JSON5 has it (Jsonnet, "Specification",
/// "Lexing").
fn with_slashes(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => {
                written.push_str("//");
                rest = &rest[1..];
                rest.find('\n').unwrap_or(rest.len())
            }
            '"' | '\'' => quoted(rest, first),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            other => other.len_utf8(),
        };
        let (taken, left) = rest.split_at(length);
        written.push_str(taken);
        rest = left;
    }
    written
}

/// Returns the length of the text in quotes with which this one begins.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_and_what_has_to_be_evaluated_is_refused() {
        let file = Path::new("ecs-task-def.jsonnet");
        let text = "{\n  // why\n  cpu: '256', /* and */\n  \"memory\": 512,\n}\n".to_owned();
        let data: Value = serde_json::from_str(&as_json(file, text).unwrap()).unwrap();
        assert_eq!(data, serde_json::json!({"cpu": "256", "memory": 512}));
        for (text, wanted) in [
            (
                "// a\n# its name\n{ FunctionName: \"f\", /* s */ Timeout: 1, }",
                json!({"FunctionName": "f", "Timeout": 1}),
            ),
            ("#!/usr/bin/env jsonnet\n/*/ # */{a: 1} # \"end", json!({"a": 1})),
            (
                "{a: '#1', b: \"it's \\\"#2\\\"\", /* # \" */ c: 'x\\'#3', // # '\n d: '//'}",
                json!({"a": "#1", "b": "it's \"#2\"", "c": "x'#3", "d": "//"}),
            ),
            ("{\"größe\": '#ä', # ü\n}", json!({"größe": "#ä"})),
        ] {
            let data = as_json(file, text.to_owned()).map(|text| serde_json::from_str::<Value>(&text).unwrap());
            assert_eq!(data, Ok(wanted), "{text}");
        }
        for text in [
            "local a = 1; {cpu: a}",
            "{cpu: 1 # of two",
            "{cpu: @'c:\\', b: 1}",
            "{cpu: std.extVar('CPU')}",
            "{name: 'a' + 'b'}",
            "(import 'base.libsonnet') + {cpu: '256'}",
        ] {
            let why = as_json(file, text.to_owned()).unwrap_err();
            assert!(why.contains("it is Jsonnet, and more than data: "), "{text}: {why}");
        }
        let yaml = "cpu: 256 # why\n".to_owned();
        assert_eq!(as_json(Path::new("task.yml"), yaml.clone()), Ok(yaml));
    }
}
