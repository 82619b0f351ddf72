//! Parts: the pieces that a release can bring by itself.

use crate::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A piece that a release can bring, or keep from an older release, by itself: a component, or one container of a
/// service that takes several images, such as `agent/web`. A part that a release does not name keeps what runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Part {
    /// The component.
    pub component: ComponentName,
    /// The container; none for all of the component.
    pub container: Option<String>,
}

/// The text names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no component, and no container of one: write `<component>` or `<component>/<container>`")]
pub struct BadPart(pub String);

impl Part {
    /// Makes the part of one container of a component.
    pub fn of(component: &ComponentName, container: &str) -> Self {
        Self { component: component.clone(), container: Some(container.to_owned()) }
    }

    /// Returns whether a release that brings this part brings all of the other one.
    pub fn covers(&self, other: &Self) -> bool {
        let is_within = self.container.is_none() || self.container == other.container;
        self.component == other.component && is_within
    }
}

/// All of a component.
impl From<ComponentName> for Part {
    fn from(component: ComponentName) -> Self {
        Self { component, container: None }
    }
}

impl From<Part> for String {
    fn from(part: Part) -> Self {
        part.to_string()
    }
}

impl TryFrom<String> for Part {
    type Error = BadPart;

    fn try_from(text: String) -> Result<Self, BadPart> {
        let (component, container) = match text.split_once('/') {
            Some((_, "")) => return Err(BadPart(text)),
            Some((component, container)) => (component, Some(container)),
            None => (text.as_str(), None),
        };
        match ComponentName::new(component) {
            Ok(component) => Ok(Self { component, container: container.map(str::to_owned) }),
            Err(_) => Err(BadPart(text)),
        }
    }
}

/// `agent`, or `agent/web`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.container {
            Some(container) => write!(f, "{}/{container}", self.component),
            None => write!(f, "{}", self.component),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Part {
        Part::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_part_is_written_as_it_is_read() {
        for text in ["agent", "agent/web", "agent/Web_1-x"] {
            assert_eq!(part(text).to_string(), text);
        }
        for text in ["", "agent/", "/web", "Agent", "Agent/web"] {
            assert!(Part::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_component_covers_its_containers_and_no_container_another_one() {
        for (one, other, covers) in [
            ("agent", "agent", true),
            ("agent", "agent/web", true),
            ("agent/web", "agent/web", true),
            ("agent/web", "agent", false),
            ("agent/web", "agent/worker", false),
            ("agent", "api", false),
            ("agent/web", "api/web", false),
        ] {
            assert_eq!(part(one).covers(&part(other)), covers, "{one} {other}");
        }
    }
}
