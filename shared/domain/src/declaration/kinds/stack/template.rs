//! Templates of AWS CloudFormation, as far as what they say of a resource decides something before they are carried
//! out.

use crate::document::syntax::{json, yaml_with_tags};
use crate::text::finding::Finding;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of a template (AWS CloudFormation User Guide, "Understand CloudFormation quotas").
pub const MOST_BYTES: usize = 1_000_000;

/// Reads a template, which is JSON or YAML. What its short functions such as `!Sub` make is not known here: each is
/// read as what it is applied to.
///
/// # Errors
/// It is larger than [`MOST_BYTES`], or neither of the two, or says the same twice.
pub fn read(text: &str) -> Result<Value, Finding> {
    let is_json = text.trim_start().starts_with('{');
    let reader = if is_json { json } else { yaml_with_tags };
    reader("the template", text, MOST_BYTES)
}

/// Returns the `DeletionPolicy` of a resource in a template; `None` if it has none, or one that is only known when the
/// template is carried out.
pub fn deletion_policy<'t>(template: &'t Value, logical: &str) -> Option<&'t str> {
    template.get("Resources")?.get(logical)?.get("DeletionPolicy")?.as_str()
}

/// Returns the transforms that a template names, such as `AWS::Serverless-2016-10-31`.
pub fn transforms(template: &Value) -> Vec<&str> {
    match template.get("Transform") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        one => one.and_then(Value::as_str).into_iter().collect(),
    }
}

/// Returns the places in a property of a resource at which two templates differ, such as `Code.S3Key`. An element of a
/// list is named by its `Id`, if it has one: `DistributionConfig.Origins[web].OriginPath`. Where both say the same,
/// what a function in it stands for changes: it is the places of these, and the property itself if it shows none.
pub fn changed_places((former, next): (&Value, &Value), logical: &str, property: &str) -> BTreeSet<String> {
    let (former, next) = (value_of(former, logical, property), value_of(next, logical, property));
    let mut found = BTreeSet::new();
    differ(property, (former, next), &mut found);
    if found.is_empty() {
        functions(property, next, &mut found);
    }
    if found.is_empty() { [property.to_owned()].into() } else { found }
}

/// Collects the places in a value that are made by functions.
fn functions(place: &str, value: &Value, found: &mut BTreeSet<String>) {
    let is_function = |name: &String| name == "Ref" || name.starts_with("Fn::");
    if value.as_object().is_some_and(|all| all.keys().any(is_function)) {
        found.insert(place.to_owned());
        return;
    }
    for (name, part) in parts(value) {
        functions(&format!("{place}{name}"), part, found);
    }
}

/// The value of what a template does not say.
static NOTHING: Value = Value::Null;

fn value_of<'t>(template: &'t Value, logical: &str, property: &str) -> &'t Value {
    let resource = template.get("Resources").and_then(|all| all.get(logical));
    resource.and_then(|it| it.get("Properties")?.get(property)).unwrap_or(&NOTHING)
}

fn differ(place: &str, (former, next): (&Value, &Value), found: &mut BTreeSet<String>) {
    if former == next {
        return;
    }
    let (one, other) = (parts(former), parts(next));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    if names.is_empty() {
        found.insert(place.to_owned());
    }
    for name in names {
        let both = (part(&one, name), part(&other, name));
        differ(&format!("{place}{name}"), both, found);
    }
}

fn part<'v>(parts: &BTreeMap<String, &'v Value>, name: &str) -> &'v Value {
    parts.get(name).copied().unwrap_or(&NOTHING)
}

/// Returns the parts of a value by what names them; none of a text or a number.
fn parts(value: &Value) -> BTreeMap<String, &Value> {
    match value {
        Value::Object(all) => all.iter().map(|(name, value)| (format!(".{name}"), value)).collect(),
        Value::Array(all) => {
            let id = |value: &Value| value.get("Id").and_then(Value::as_str).map(str::to_owned);
            let named = all.iter().enumerate();
            named.map(|(at, value)| (format!("[{}]", id(value).unwrap_or_else(|| at.to_string())), value)).collect()
        }
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
Parameters: {Policy: {Type: String}}
Resources:
  Kept: {Type: A, DeletionPolicy: Retain}
  Named: {Type: A, Properties: {Name: !Sub '${Policy}-a', Arn: !GetAtt Kept.Arn}}
  Referred: {Type: A, DeletionPolicy: !Ref Policy}
  Perhaps: {Type: A, DeletionPolicy: !If [IsProd, Retain, Delete]}
";

    const JSON: &str = r#"{"Resources": {
        "Kept": {"Type": "A", "DeletionPolicy": "Retain"},
        "Named": {"Type": "A"},
        "Referred": {"Type": "A", "DeletionPolicy": {"Ref": "Policy"}},
        "Perhaps": {"Type": "A", "DeletionPolicy": {"Fn::If": ["IsProd", "Retain", "Delete"]}}
    }}"#;

    #[test]
    fn a_policy_is_read_from_either_form_of_a_template() {
        for (form, text) in [("YAML", YAML), ("JSON", JSON)] {
            let template = read(text).unwrap();
            assert_eq!(deletion_policy(&template, "Kept"), Some("Retain"), "{form}");
            for none in ["Named", "Perhaps", "Missing"] {
                assert_eq!(deletion_policy(&template, none), None, "{form} {none}");
            }
            assert_ne!(deletion_policy(&template, "Referred"), Some("Retain"), "{form}");
        }
    }

    #[test]
    fn transforms_are_named_by_one_text_or_by_several() {
        let sam = "AWS::Serverless-2016-10-31";
        let table: [(&str, &[&str]); 4] = [
            ("Resources: {}", &[]),
            ("Transform: AWS::Serverless-2016-10-31", &[sam]),
            ("Transform: [AWS::Serverless-2016-10-31, Mine]", &[sam, "Mine"]),
            ("Transform: {Name: AWS::Include}", &[]),
        ];
        for (text, named) in table {
            assert_eq!(transforms(&read(text).unwrap()), named, "{text}");
        }
    }

    #[test]
    fn a_template_is_one_document_of_at_most_a_megabyte() {
        let long = format!("Description: {}", "a".repeat(MOST_BYTES));
        for text in ["", "{", "a: b: c", "Resources: {}\nResources: {}", &long] {
            assert!(read(text).is_err(), "{text:.40}");
        }
    }

    #[test]
    fn a_template_of_as_many_resources_as_a_stack_may_have_is_read() {
        let one = "{Type: A, Properties: {A: [1, 2, 3, 4, 5], B: {C: !Sub '${D}', E: [6, 7, 8, 9, 10, 11, 12]}}}";
        let resources = (0..500).map(|n| format!("  R{n}: {{First: {one}, Second: {one}, Third: {one}}}\n"));
        let text = format!("Resources:\n{}", resources.collect::<String>());
        let template = read(&text).unwrap();
        assert_eq!(template["Resources"].as_object().map(serde_json::Map::len), Some(500));
    }

    #[test]
    fn what_changes_of_a_property_is_named_by_its_place() {
        let of =
            |property: &str| read(&format!("Resources: {{Web: {{Type: A, Properties: {{{property}}}}}}}")).unwrap();
        // The property as it was, and as it comes.
        let table: [(&str, &str, &[&str]); 9] = [
            ("P: {A: 1, B: 2}", "P: {A: 1, B: 3}", &["P.B"]),
            ("P: {A: 1}", "P: {A: {B: 1, C: {D: 2}}}", &["P.A.B", "P.A.C.D"]),
            ("P: 1", "Q: 1", &["P"]),
            ("P: {A: 1}", "P: {A: 1}", &["P"]),
            ("P: {A: 1, B: {Ref: C}}", "P: {A: 1, B: {Ref: C}}", &["P.B"]),
            ("P: [{Id: web, Path: {Ref: A}}]", "P: [{Id: web, Path: {Ref: A}}]", &["P[web].Path"]),
            ("P: [1, 2]", "P: [1, 3, 4]", &["P[1]", "P[2]"]),
            ("P: [{Id: web, Path: a}]", "P: [{Id: api, Path: b}, {Id: web, Path: a}]", &["P[api].Id", "P[api].Path"]),
            ("P: [{Id: web, Path: a}]", "P: [{Id: api}, {Id: web, Path: b}]", &["P[api].Id", "P[web].Path"]),
        ];
        for (former, next, places) in table {
            let found = changed_places((&of(former), &of(next)), "Web", "P");
            assert_eq!(found.iter().collect::<Vec<_>>(), places, "{former} {next}");
        }
        assert_eq!(changed_places((&Value::Null, &Value::Null), "Web", "P"), ["P".to_owned()].into());
    }
}
