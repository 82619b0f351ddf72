//! The check that a changed template says what it said before, and that each reference of it leads somewhere. Pure.

use crate::init::sam_template::SamTemplate;
use serde_json::{Map, Value};

/// The members that publish and shift beside Windlass.
pub const OTHERS: [&str; 2] = ["AutoPublishAlias", "DeploymentPreference"];

/// The resources that SAM makes of a function with `AutoPublishAlias`, by the names under which a template refers to
/// them (AWS Serverless Application Model Developer Guide, "Generated CloudFormation resources").
const MADE: [&str; 2] = ["Alias", "Version"];

/// A function whose alias and version are written out, in place of those that SAM made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenOut {
    /// The function's logical id.
    pub function: String,
    /// The logical ids of alias and version.
    pub ids: [String; 2],
}

impl WrittenOut {
    /// Returns a text that refers to what is written out where it referred to what SAM made: `Function.Alias` becomes
    /// the id of the alias, `Function.Version` that of the version.
    pub fn replaced(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (made, id) in MADE.iter().zip(&self.ids) {
            let name = format!("{}.{made}", self.function);
            // From the last one on, so that what is written is never looked at again.
            for at in wholes(&text, &name).into_iter().rev() {
                text.replace_range(at..at + name.len(), id);
            }
        }
        text
    }

    /// Returns what a list of function and attribute is replaced by: `[Function, Version.Version]` becomes the id of the
    /// version and its attribute. Such a list is the value of `Fn::GetAtt`, or of its short form `!GetAtt`.
    pub fn replaced_pair(&self, pair: &[&str]) -> Option<[String; 2]> {
        let [function, attribute] = pair else { return None };
        let (made, rest) = attribute.split_once('.')?;
        let at = MADE.iter().position(|it| *it == made).filter(|_| *function == self.function)?;
        Some([self.ids.get(at)?.clone(), rest.to_owned()])
    }

    /// Returns whether a value still refers to what SAM made.
    fn is_left_in(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.replaced(text) != *text,
            Value::Array(all) => {
                let is_pair = |pair: &[Value]| match pair {
                    [Value::String(function), Value::String(made)] => {
                        *function == self.function && MADE.contains(&made.split('.').next().unwrap_or_default())
                    }
                    _ => false,
                };
                all.iter().any(|value| self.is_left_in(value)) || all.windows(2).any(is_pair)
            }
            Value::Object(map) => map.values().any(|value| self.is_left_in(value)),
            _ => false,
        }
    }
}

/// Returns the places of references that are no part of a longer word. An attribute may follow them. `${!Name}` is a
/// text of `Fn::Sub`, and no reference (AWS CloudFormation User Guide, "Fn::Sub").
fn wholes(text: &str, word: &str) -> Vec<usize> {
    let is_edge = |c: Option<char>, others: &str| c.is_none_or(|c| !c.is_ascii_alphanumeric() && !others.contains(c));
    let places = text.match_indices(word).map(|(at, _)| at).filter(|at| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + word.len()..].chars().next());
        is_edge(before, ".-_!") && is_edge(after, "-_")
    });
    places.collect()
}

/// Returns whether a template after its change can be read, and says everything that it said before except for the
/// members that publish and shift. So a change breaks nothing, however the template is written. Everything that it
/// refers to in the functions that are written out is there.
pub fn is_sound(before: &str, after: &str, written: &[WrittenOut]) -> bool {
    match (SamTemplate::read(before), SamTemplate::read(after)) {
        (Ok(SamTemplate { value: before }), Ok(SamTemplate { value: after })) => {
            keeps(&before, &after, written) && !written.iter().any(|it| it.is_left_in(&after))
        }
        _ => false,
    }
}

/// Returns whether a member publishes or shifts, or has nothing else in it.
pub fn is_taken(name: &str, value: &Value) -> bool {
    let of_those = |all: &Map<String, Value>| !all.is_empty() && all.iter().all(|(name, value)| is_taken(name, value));
    OTHERS.contains(&name) || value.as_object().is_some_and(of_those)
}

fn keeps(before: &Value, after: &Value, written: &[WrittenOut]) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.iter().all(|(name, value)| match after.get(name) {
            Some(after) => keeps(value, after, written),
            None => is_taken(name, value),
        }),
        (Value::Array(before), Value::Array(after)) => {
            let texts = |all: &[Value]| all.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect::<Vec<_>>();
            // The short form has its function before the pair.
            let pair = |all: &[Value]| texts(&all[all.len().saturating_sub(2)..]);
            let (was, is) = (pair(before), pair(after));
            let was: Vec<&str> = was.iter().map(String::as_str).collect();
            let is_replaced = written.iter().any(|it| it.replaced_pair(&was).is_some_and(|new| new[..] == is[..]));
            is_replaced && before.len() == after.len()
                || before.len() == after.len() && before.iter().zip(after).all(|(a, b)| keeps(a, b, written))
        }
        (Value::String(before), Value::String(after)) => {
            written.iter().fold(before.clone(), |text, it| it.replaced(&text)) == *after
        }
        (before, after) => before == after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_leads_nowhere_is_seen_in_each_form() {
        let api = WrittenOut { function: "Api".into(), ids: ["ApiAliaslive".into(), "ApiFirstVersion".into()] };
        for (value, wanted) in [
            ("!Ref Api.Alias", Some("!Ref ApiAliaslive")),
            ("!Ref Api.Version # newest", Some("!Ref ApiFirstVersion # newest")),
            ("!GetAtt Api.Version.Version", Some("!GetAtt ApiFirstVersion.Version")),
            (
                "!Sub \"${Api.Version}/${Api.Version.Version}\"",
                Some("!Sub \"${ApiFirstVersion}/${ApiFirstVersion.Version}\""),
            ),
            ("{\"Fn::GetAtt\": Api.Version.Version}", Some("{\"Fn::GetAtt\": ApiFirstVersion.Version}")),
            ("!Sub \"${!Api.Version}${MyApi.Version}\"", Some("!Sub \"${!Api.Version}${MyApi.Version}\"")),
            ("[Api.Arn, X-Api.Version, Api.Versions]", Some("[Api.Arn, X-Api.Version, Api.Versions]")),
            // A list is changed by its parts.
            ("!GetAtt [Api, Version.Version]", None),
            ("{\"Fn::GetAtt\": [Api, Version.Version]}", None),
        ] {
            let before = format!("a: {value}\n");
            let after = api.replaced(&before);
            assert_eq!(after, format!("a: {}\n", wanted.unwrap_or(value)));
            let is_good = |after: &str| is_sound(&before, after, std::slice::from_ref(&api));
            assert_eq!(is_good(&after), wanted.is_some(), "{after}");
            assert_eq!(is_good(&before), wanted == Some(value), "{before}");
        }
    }

    #[test]
    fn what_is_written_is_not_replaced_again() {
        let api = WrittenOut { function: "Api".into(), ids: ["x Api.Alias".into(), "ApiFirstVersion".into()] };
        assert_eq!(api.replaced("Api.Alias, Api.Alias"), "x Api.Alias, x Api.Alias");
    }
}
