//! The path of a place in a document names the fields that lead there, such as `components.shop.alias` or `across[0]`.
//!
//! A parser reads `alarms:` with its members commented out as null. Its author believes that an alarm judges, so null
//! is no other way to leave a member out.

use serde_json::{Map, Value};

/// Returns a path one step further.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Returns the field that a path ends with.
pub(crate) fn last(path: &str) -> &str {
    path.split('[').next().unwrap_or_default().rsplit('.').next().unwrap_or_default()
}

/// Returns whether a path is another one, or within it.
pub(super) fn is_within(path: &str, outer: &str) -> bool {
    let rest = path.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Returns the JSON pointer of a path.
pub(super) fn pointer(path: &str) -> String {
    format!("/{}", path.replace(['.', '['], "/").replace(']', ""))
}

/// Takes null out of a schema wherever a member may be left out instead.
pub(super) fn forbid(schema: &mut Value) {
    match schema {
        Value::Object(node) => {
            without_type(node);
            without_branch(node);
            node.values_mut().for_each(forbid);
        }
        Value::Array(nodes) => nodes.iter_mut().for_each(forbid),
        _ => {}
    }
}

fn without_type(node: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = node.get_mut("type") else { return };
    types.retain(|one| *one != "null");
    if let [one] = types.as_slice() {
        let one = one.clone();
        node.insert("type".to_owned(), one);
    }
    node.retain(|name, value| name != "default" || !value.is_null());
}

fn without_branch(node: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = node.get_mut("anyOf") else { return };
    let is_nothing = |branch: &Value| branch.get("type").is_some_and(|one| *one == "null");
    branches.retain(|branch| !is_nothing(branch));
    // Other members beside a reference are of the member itself, such as its description.
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        node.remove("anyOf");
        for (name, value) in only {
            node.entry(name).or_insert(value);
        }
        node.retain(|name, value| name != "default" || !value.is_null());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_may_be_left_out_is_not_nothing() {
        let table = [
            (json!({"type": ["array", "null"], "default": null}), json!({"type": "array"})),
            (json!({"type": ["string", "integer", "null"]}), json!({"type": ["string", "integer"]})),
            (
                json!({"description": "Its gates.", "anyOf": [{"$ref": "#/$defs/Gates"}, {"type": "null"}]}),
                json!({"description": "Its gates.", "$ref": "#/$defs/Gates"}),
            ),
            (
                json!({"properties": {"a": {"anyOf": [{"const": "x"}, {"type": "string"}, {"type": "null"}]}}}),
                json!({"properties": {"a": {"anyOf": [{"const": "x"}, {"type": "string"}]}}}),
            ),
            (json!({"type": "null"}), json!({"type": "null"})),
        ];
        for (mut schema, wanted) in table {
            forbid(&mut schema);
            assert_eq!(schema, wanted);
        }
    }
}
