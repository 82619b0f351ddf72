//! Texts that may differ by environment.

use crate::name::EnvironmentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text for every environment, or one for each: `shop-web-{environment}`, or
/// `{dev: E1, prod: E3}`. `{app}`, `{environment}` and the environment's own `vars` are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// One text for every environment.
    Everywhere(String),
    /// A text for each environment by name.
    PerEnvironment(BTreeMap<EnvironmentName, String>),
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

/// Cuts a text into literals and placeholders. A brace that does not enclose a name is a literal,
/// so that JSON within a text stays what it is.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(open) = rest[from..].find('{').map(|at| from + at) {
        let close = rest[open..].find('}').map(|at| open + at);
        match close {
            Some(close) if is_variable(&rest[open + 1..close]) => {
                parts.push(Part::Literal(&rest[..open]));
                parts.push(Part::Placeholder(&rest[open + 1..close]));
                rest = &rest[close + 1..];
                from = 0;
            }
            _ => from = open + 1,
        }
    }
    parts.push(Part::Literal(rest));
    parts
}

/// Returns whether a text can be the name of a variable.
fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_placeholders() {
        // `<name>` stands for a placeholder.
        let table = [
            ("", "[]"),
            ("shop", "[shop]"),
            ("{app}", "[]<app>[]"),
            ("shop-{environment}-{a_b-1}x", "[shop-]<environment>[-]<a_b-1>[x]"),
            ("{app}{app}", "[]<app>[]<app>[]"),
            ("{", "[{]"),
            ("{}", "[{}]"),
            ("a}{b", "[a}{b]"),
            ("{1a}{-b}{a.b}{a b}", "[{1a}{-b}{a.b}{a b}]"),
            (r#"{"a": "{app}"}"#, r#"[{"a": "]<app>["}]"#),
            ("{{app}}", "[{]<app>[}]"),
            ("é{app}é", "[é]<app>[é]"),
        ];
        for (text, wanted) in table {
            let told: String = parts(text)
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => format!("[{text}]"),
                    Part::Placeholder(name) => format!("<{name}>"),
                })
                .collect();
            assert_eq!(told, wanted, "{text}");
        }
    }
}
