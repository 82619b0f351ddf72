//! The check that the declaration takes a name. So a wrong answer is reported at its question, and not as a finding
//! about a file that does not exist yet. Pure.

use super::application::Text;
use serde_json::{Value, json};
use windlass_domain::declaration::{Declaration, Exceptions};

/// A member of a component.
pub struct MemberPlace<'a> {
    /// The component's kind.
    pub kind: &'a str,
    /// The member.
    pub member: &'a str,
    /// All environments.
    pub environments: &'a [String],
    /// Values that the declaration takes beyond the rules.
    pub exceptions: &'a Exceptions,
}

impl MemberPlace<'_> {
    /// Checks that the declaration takes a value here.
    ///
    /// # Errors
    /// The reason why it does not, and what to write.
    pub fn takes(&self, text: &Text) -> Result<(), String> {
        let Self { kind, member, .. } = *self;
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
        let environments: serde_json::Map<String, Value> =
            self.environments.iter().map(|name| (name.clone(), none.clone())).collect();
        let document =
            json!({"app": "a", "version": "1.0.0", "environments": environments, "components": {"c": component}});
        let findings = Declaration::parse_with(&document.to_string(), self.exceptions).err().unwrap_or_default();
        let path = format!("components.c.{member}");
        let own =
            findings.into_iter().find(|finding| finding.path == path || finding.path.starts_with(&format!("{path}.")));
        own.map_or(Ok(()), |finding| Err(format!("{} {}", finding.reason, finding.remedy)))
    }
}
