//! Outputs: a component that was changed gives them to those that change after it, such as the number that AWS gave to
//! a version. Nobody knows them before.

use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// An output of a component, such as `api.version`. It consists of the component's name, a dot, and the output's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^[a-z][a-z0-9-]{0,31}\.[a-z][a-z0-9_]{0,31}$"))]
pub struct Output {
    /// The component.
    pub component: ComponentName,
    /// The output's name, which its kind has given to it.
    pub name: String,
}

/// A text was refused: it is not a component's name, a dot, and an output's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an output: write a component and what it gives, such as `api.version`")]
pub struct BadOutput(pub String);

impl TryFrom<String> for Output {
    type Error = BadOutput;

    fn try_from(text: String) -> Result<Self, BadOutput> {
        let parts = text.split_once('.').and_then(|(component, name)| {
            let component = ComponentName::new(component).ok()?;
            is_name(name).then(|| (component, name.to_owned()))
        });
        let (component, name) = parts.ok_or(BadOutput(text))?;
        Ok(Self { component, name })
    }
}

/// Returns whether a text can be the name of an output.
pub(crate) fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.len() <= 32 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_part)
}

impl From<Output> for String {
    fn from(output: Output) -> Self {
        output.to_string()
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.component, self.name)
    }
}

/// Returns the outputs that stand in a text, each as `${component.output}`.
pub fn outputs_in(text: &str) -> Vec<Output> {
    let mut outputs = Vec::new();
    fill(text, |output| {
        outputs.push(output.clone());
        None
    });
    outputs
}

/// Returns a text with the values of its outputs in their places. An output without a value stays as it is, and so does
/// what is no output, such as `${HOME}`.
pub fn fill<'v>(text: &str, mut value: impl FnMut(&Output) -> Option<&'v str>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        filled.push_str(before);
        let named = behind.split_once('}');
        let output = named.and_then(|(name, after)| Some((Output::try_from(name.to_owned()).ok()?, after)));
        let given = output.and_then(|(output, after)| Some((value(&output)?, after)));
        // Without a value only the mark is passed over: no other output begins in it.
        let (put, after) = given.unwrap_or(("${", behind));
        filled.push_str(put);
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The outputs that a component takes from others, as its declaration writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOutputs<'a> {
    /// The member that lists them, such as `fill`.
    pub member: &'static str,
    /// The outputs.
    pub outputs: Vec<&'a Output>,
}

/// An output of another component, as the planning knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedOutput {
    /// The component is there already, and gives this.
    Known(String),
    /// The component changes in an earlier wave of the same release, and gave this until then. It is expected to give
    /// it again: the target is looked at by it, and once more when it has changed.
    Expected(String),
    /// The component changes in an earlier wave of the same release, and gives it then.
    Later,
}

/// The outputs that other components give to one.
pub type Inputs = BTreeMap<Output, PlannedOutput>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_component_and_a_name() {
        for text in ["api.version", "shop-2.task_definition", "a.b"] {
            let output = Output::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(output), text);
        }
        let long = format!("api.{}", "x".repeat(33));
        for text in ["", "api", "api.", ".version", "Api.version", "api.Version", "api.a.b", "api.a-b", "api.1", &long]
        {
            assert_eq!(Output::try_from(text.to_owned()), Err(BadOutput(text.to_owned())));
        }
    }

    #[test]
    fn a_text_is_filled_in_where_an_output_stands() {
        let known = |output: &Output| (output.component.as_str() == "infra").then_some("it");
        for (text, filled, outputs) in [
            ("", "", ""),
            ("shop", "shop", ""),
            ("${infra.bucket}", "it", "infra.bucket"),
            ("a-${infra.a}-${infra.b}z", "a-it-itz", "infra.a infra.b"),
            ("${api.version}${infra.a}", "${api.version}it", "api.version infra.a"),
            ("${HOME}/${infra.a}", "${HOME}/it", "infra.a"),
            ("${a.b.c} ${ infra.a} ${infra.A} ${infra.a", "${a.b.c} ${ infra.a} ${infra.A} ${infra.a", ""),
            ("$${infra.a}} ${${infra.a}", "$it} ${it", "infra.a infra.a"),
        ] {
            assert_eq!(fill(text, known), filled, "{text}");
            let found: Vec<String> = outputs_in(text).iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), outputs, "{text}");
        }
    }
}
