//! Declared invocations of the new version of a Lambda function.

use super::{At, ResolveGate, Sort};
use crate::declaration::aws_name;
use crate::declaration::name_text::NameText;
use crate::declaration::scope::Scope;
use crate::document::secret;
use crate::text::foreign::truncate;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request that Windlass sends to a new Lambda version, and the answer that the version must give.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// A name by which people recognize the request.
    pub name: String,
    /// The payload of the request. It must not contain a secret.
    #[serde(default)]
    pub payload: serde_json::Value,
    /// Members that the answer must have, with their values. If absent, Windlass compares nothing. A function error
    /// always fails the gate.
    pub expect: Option<serde_json::Value>,
    /// The time within which the version must answer.
    pub within: Option<Span>,
}

/// A request, and the function that it goes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InvocationGate {
    /// The function's name.
    pub function: String,
    /// The request, and the answer that it must get.
    #[serde(flatten)]
    pub request: Invocation,
}

impl Sort for InvocationGate {
    fn sort(&self) -> &'static str {
        "invocation"
    }

    /// Returns a name such as `shop-api-prod health`; a measurement also names the version.
    fn name(&self) -> String {
        format!("{} {}", self.function, self.request.name)
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        vec![NameText::new("function", &mut self.function, &aws_name::FUNCTION)]
    }

    fn threshold(&self) -> String {
        let within = match self.request.within {
            Some(within) => format!(" within {within}"),
            None => String::new(),
        };
        match &self.request.expect {
            Some(expect) if !secret::may_be_shown("expect", expect) => format!("the declared answer{within}"),
            Some(expect) => format!("{}{within}", truncate(expect.to_string(), 120)),
            None => format!("no function error{within}"),
        }
    }
}

impl ResolveGate for InvocationGate {
    type Written = Invocation;

    fn resolve(scope: &mut Scope<'_>, at: &At<'_>, request: &Invocation) -> Self {
        let function = at.component.and_then(|(name, it)| Some((name, it.function()?)));
        let function = if let Some((name, function)) = function {
            let path = format!("components.{name}.function");
            scope.text_taking(&path, function, &aws_name::FUNCTION)
        } else {
            scope.not_supported(
                &at.path,
                "Only a `lambda` is invoked.",
                "Remove it, or measure the component with `alarms`, `metrics` or `probes`.",
            );
            String::new()
        };
        Self { function, request: request.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_expected_is_shown_unless_it_may_be_a_secret() {
        let of = |expect: Value| {
            let request = Invocation { name: "login".into(), payload: Value::Null, expect: Some(expect), within: None };
            let function = "shop-api".into();
            InvocationGate { function, request }.threshold()
        };
        assert_eq!(of(json!({"status": "fine"})), r#"{"status":"fine"}"#);
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        assert_eq!(of(json!({"token": token})), "the declared answer");
    }
}
