//! The short forms of CloudFormation's functions, such as `!Ref`, which a reader of YAML takes for tags. Pure.

use crate::init::infrastructure::edit::{Edit, TextChange};
use crate::init::template_tree::{self, Node, NodeContent, line_start};
use serde_json::Value;

/// Replaces short forms by texts and lists: `!Ref Name` and `!GetAtt Name.Arn` become `${Name}` and `${Name.Arn}`,
/// `!ImportValue name` becomes `${ImportValue name}`, and a list begins with its function, as in `["!If", IsProd, a,
/// b]`. The tag of any other is left out. What cannot be read stays as it is.
pub fn without_tags(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let Some(root) = template_tree::read(text) else { return text.to_owned() };
    let changes = root.all().into_iter().flat_map(|node| without_tag(text, node));
    Edit::new("", text, changes.collect()).after
}

fn without_tag(text: &str, node: &Node) -> Vec<TextChange> {
    let place = node.tag.clone().unwrap_or_default();
    let tag = text.get(place.clone()).unwrap_or_default();
    let name = tag.strip_prefix('!').unwrap_or_default();
    // A tag of YAML's own begins with two marks, and those of other programs with a small letter.
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Vec::new();
    }
    let instead = match &node.part {
        NodeContent::Scalar(value) if ["Ref", "GetAtt", "ImportValue"].contains(&name) => {
            let imported = if name == "ImportValue" { "ImportValue " } else { "" };
            Some((node.place.clone(), Value::from(format!("${{{imported}{value}}}")).to_string()))
        }
        NodeContent::List(all) if node.is_flow => {
            let (at, between) = (node.place.start + 1, if all.is_empty() { "" } else { ", " });
            Some((at..at, format!("\"{tag}\"{between}")))
        }
        NodeContent::List(_) => {
            let (line, first) = (line_start(text, node.place.start), node.place.start);
            let is_dash = ["- ", "-\n", "-\r"].iter().any(|dash| text[first..].starts_with(dash));
            // A list that is not indented begins behind its first dash.
            let before = text.get(line..first).and_then(|before| before.rfind('-')).map(|at| line + at);
            let dash = before.filter(|_| !is_dash).unwrap_or(first);
            Some((dash..dash, format!("- \"{tag}\"\n{}", " ".repeat(dash - line))))
        }
        _ => None,
    };
    std::iter::once((place, String::new())).chain(instead).collect()
}

/// Returns the function that makes a value, as a person wrote it: `!If`.
pub fn making_function(value: &Value) -> Option<String> {
    let short = value.as_array().and_then(|all| all.first()?.as_str());
    if let Some(short) = short.filter(|short| short.starts_with('!')) {
        return Some(short.to_owned());
    }
    let name = value.as_object().filter(|map| map.len() == 1)?.keys().next()?;
    (name.starts_with("Fn::") || name == "Ref" || name == "Condition").then(|| name.clone())
}

/// Returns a value that a person is shown: a text without quotes.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "without a value".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the function that makes a value which only CloudFormation knows, as a person reads it.
pub fn made(value: &Value) -> Option<String> {
    let function = making_function(value).map(|by| format!("`{by}`"));
    let reference = value.as_str().filter(|text| text.contains("${"));
    function.or_else(|| Some(format!("`{}`", reference?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::sam_template::SamTemplate;
    use serde_json::json;

    #[test]
    fn short_forms_are_texts_and_lists() {
        for (written, wanted) in [
            ("!Ref B", json!("${B}")),
            ("!Ref 'B' # why", json!("${B}")),
            ("!Sub \"d-${E}\"", json!("d-${E}")),
            ("!Sub |\n  s", json!("s\n")),
            ("really!", json!("really!")),
            ("!GetAtt J.Arn", json!("${J.Arn}")),
            ("!ImportValue q", json!("${ImportValue q}")),
            ("[!Ref G, x, !Sub [z]]", json!(["${G}", "x", ["!Sub", "z"]])),
            ("!If [A, !Ref B, c]", json!(["!If", "A", "${B}", "c"])),
            ("!If [\n  A,\n  !Ref B]", json!(["!If", "A", "${B}"])),
            ("!GetAtt [A, Arn]", json!(["!GetAtt", "A", "Arn"])),
            ("!GetAZs []", json!(["!GetAZs"])),
            ("{a: !Sub x, b: !Ref C}", json!({"a": "x", "b": "${C}"})),
            ("!Transform {Name: x}", json!({"Name": "x"})),
            ("!If # why\n\n  - A\n  - !If\n    - B\n    - !Ref C", json!(["!If", "A", ["!If", "B", "${C}"]])),
            ("!If\n- A\n- b: !Ref C", json!(["!If", "A", {"b": "${C}"}])),
            ("!If\n- -1\n- é", json!(["!If", -1, "é"])),
            ("!Join\n- é\n- - !Ref C", json!(["!Join", "é", ["${C}"]])),
        ] {
            for end in ["\n", "\r\n"] {
                let text = format!("\u{feff}k: {written}\nlast: 1\n").replace('\n', end);
                let read = SamTemplate::read(&text).unwrap().value;
                assert_eq!(read, json!({"k": wanted, "last": 1}), "{}", without_tags(&text));
            }
        }
        assert_eq!(without_tags("a: [!Ref B"), "a: [!Ref B");
    }

    #[test]
    fn a_value_that_a_function_makes_is_known_as_one() {
        for (value, wanted) in [
            (json!(["!If", "A", "b", "c"]), Some("!If")),
            (json!({"Fn::If": []}), Some("Fn::If")),
            (json!(["a"]), None),
            (json!("a"), None),
            (json!({"Type": "a"}), None),
        ] {
            assert_eq!(making_function(&value).as_deref(), wanted, "{value}");
        }
    }
}
