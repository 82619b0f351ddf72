//! The short forms of CloudFormation's functions, such as `!Ref`, which a reader of YAML takes for tags. Pure.

use serde_json::Value;

/// Replaces short forms by texts and lists: `!Ref Name` and `!GetAtt Name.Arn` become `${Name}` and `${Name.Arn}`,
/// `!ImportValue name` becomes `${ImportValue name}`, and a list begins with its function, as in `["!If", IsProd, a,
/// b]`. The tag of any other is left out.
pub fn without_tags(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut replaced = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let line = one(line);
        let Some((before, tag)) = ends_with_tag(&line) else {
            replaced.push(line);
            continue;
        };
        replaced.push(before.to_owned());
        let is_blank = |line: &&&str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let next = lines[at + 1..].iter().find(|line| !is_blank(line));
        if let Some(next) = next.filter(|next| next.trim_start().starts_with("- ")) {
            let indent = &next[..next.len() - next.trim_start().len()];
            replaced.push(format!("{indent}- \"!{tag}\""));
        }
    }
    replaced.join("\n")
}

/// Returns a tag that ends its line and belongs to the list below, with the text before it.
fn ends_with_tag(line: &str) -> Option<(&str, &str)> {
    let code = line.split(" #").next().unwrap_or(line).trim_end();
    let (before, tag) = code.rsplit_once('!')?;
    let is_tag = is_before(before)
        && tag.starts_with(|c: char| c.is_ascii_uppercase())
        && tag.chars().all(|c| c.is_ascii_alphanumeric());
    is_tag.then_some((before, tag))
}

fn is_before(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with([':', '-', '[', ','])
}

fn one(line: &str) -> String {
    let Some((before, after)) = line.split_once('!') else {
        return line.to_owned();
    };
    let Some((tag, rest)) = after.split_once(' ') else {
        return line.to_owned();
    };
    if !is_before(before) || !tag.starts_with(|c: char| c.is_ascii_uppercase()) {
        return line.to_owned();
    }
    if let Some(list) = rest.trim_start().strip_prefix('[') {
        return format!("{before}[\"!{tag}\", {}", one(list));
    }
    let prefix = match tag {
        "Ref" | "GetAtt" => "",
        "ImportValue" => "ImportValue ",
        _ if rest.trim_start().starts_with('#') => return line.to_owned(),
        _ => return format!("{before}{}", one(rest)),
    };
    let end = rest.find([' ', ',', ']', '}', '#']).unwrap_or(rest.len());
    let (value, behind) = rest.split_at(end);
    let value = value.trim_matches(['"', '\'']);
    format!("{before}\"${{{prefix}{value}}}\"{}", one(behind))
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

/// Returns the function that makes a value which only CloudFormation knows, as a person reads it.
pub fn made(value: &Value) -> Option<String> {
    let function = making_function(value).map(|by| format!("`{by}`"));
    let reference = value.as_str().filter(|text| text.contains("${"));
    function.or_else(|| Some(format!("`{}`", reference?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn short_forms_are_texts_and_lists() {
        let text = "a: !Ref B\nc: !Sub \"d-${E}\"\nf: [!Ref G, x]\nh: really!\ni: !GetAtt J.Arn\n  - !Ref K # why\n\
                    l: !If [A, !Ref B, c]\nm: !GetAtt [A, Arn]\nn: {a: !Sub x, b: !Ref C}\no: !If # why\n\n  - A\n  - !If\n    - B\n\
                    p: !ImportValue q\nr: !Sub |\n  s";
        assert_eq!(
            without_tags(text),
            "a: \"${B}\"\nc: \"d-${E}\"\nf: [\"${G}\", x]\nh: really!\ni: \"${J.Arn}\"\n  - \"${K}\" # why\n\
             l: [\"!If\", A, \"${B}\", c]\nm: [\"!GetAtt\", A, Arn]\nn: {a: x, b: \"${C}\"}\no: \n  - \"!If\"\n\n  - A\n  - \n    - \"!If\"\n    - B\n\
             p: \"${ImportValue q}\"\nr: |\n  s"
        );
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
