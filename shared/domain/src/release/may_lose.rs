//! The resources whose data a release may lose: a person names each, with a reason.

use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A resource of a component, such as `infra.Messages`: the component's name, a dot, and the resource's. That of a
/// nested stack has the names of those around it before it, with dots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^[a-z][a-z0-9-]{0,31}(\.[A-Za-z0-9]{1,255}){1,8}$"))]
pub struct ResourceOf {
    /// The component.
    pub component: ComponentName,
    /// The resource's name in the component, such as its logical id in a template.
    pub logical: String,
}

/// A text was refused: it is not a component's name, a dot, and the name of a resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a resource of a component: write for example `infra.Messages`")]
pub struct BadResource(pub String);

/// The most stacks around each other, and the resource itself.
const DEEPEST: usize = 8;

fn is_logical(text: &str) -> bool {
    let is_id = |id: &str| (1..=255).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric());
    text.split('.').count() <= DEEPEST && text.split('.').all(is_id)
}

impl FromStr for ResourceOf {
    type Err = BadResource;

    fn from_str(text: &str) -> Result<Self, BadResource> {
        let parts = text.split_once('.').and_then(|(component, logical)| {
            let component = ComponentName::new(component).ok()?;
            is_logical(logical).then(|| Self { component, logical: logical.to_owned() })
        });
        parts.ok_or_else(|| BadResource(text.to_owned()))
    }
}

impl TryFrom<String> for ResourceOf {
    type Error = BadResource;

    fn try_from(text: String) -> Result<Self, BadResource> {
        text.parse()
    }
}

impl From<ResourceOf> for String {
    fn from(resource: ResourceOf) -> Self {
        resource.to_string()
    }
}

impl fmt::Display for ResourceOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.component, self.logical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_a_component_and_a_name() {
        let (longest, longer) = (format!("a.{}", "x".repeat(255)), format!("a.{}", "x".repeat(256)));
        let (deepest, deeper) = (format!("a{}", ".B".repeat(8)), format!("a{}", ".B".repeat(9)));
        for text in ["infra.Messages", "data-2.Messages3B4C", "infra.Nested.Messages", &longest, &deepest] {
            let resource: ResourceOf = text.parse().unwrap();
            assert_eq!(String::from(resource), text);
        }
        for text in
            ["", "infra", "infra.", ".Messages", "Infra.Messages", "infra.My-Table", "infra.a..b", &longer, &deeper]
        {
            assert_eq!(text.parse::<ResourceOf>(), Err(BadResource(text.to_owned())));
        }
    }
}
