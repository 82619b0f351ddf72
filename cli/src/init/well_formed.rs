//! A name as the declaration takes it: what is wrong with an answer is told at its question, and not of a file that does
//! not exist yet. Pure.

use super::application::Text;
use serde_json::{Value, json};
use windlass_domain::declaration::Declaration;

/// Says what is wrong with a member of a component of a kind.
///
/// # Errors
/// What is wrong, and what to write.
pub fn check(kind: &str, member: &str, text: &Text, environments: &[String]) -> Result<(), String> {
    let mut component = match kind {
        "static_site" => json!({"bucket": "{app}-{environment}-a"}),
        "lambda" => json!({"function": "{environment}-a", "alias": "a"}),
        _ => {
            json!({"cluster": "{environment}-a", "service": "a", "container": "a", "repository": "aa"})
        }
    };
    component["kind"] = json!(kind);
    component[member] = match text {
        Text::One(text) => json!(text),
        Text::Each(each) => json!(each),
    };
    let none = json!({"start": "manual"});
    let environments: serde_json::Map<String, Value> = environments
        .iter()
        .map(|name| (name.clone(), none.clone()))
        .collect();
    let document = json!({"app": "a", "version": "1.0.0", "environments": environments, "components": {"c": component}});
    let findings = Declaration::parse(&document.to_string())
        .err()
        .unwrap_or_default();
    let path = format!("components.c.{member}");
    let own = findings
        .into_iter()
        .find(|finding| finding.path == path || finding.path.starts_with(&format!("{path}.")));
    own.map_or(Ok(()), |finding| {
        Err(format!("{} {}", finding.reason, finding.remedy))
    })
}
