//! The members that all kinds of components have alike, as people write them.

use crate::declaration::gates::ComponentGates;
use crate::declaration::heal::Heal;
use crate::text::name::ComponentName;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// The member of a kind's schema that says what is otherwise with it: null for a member that it lacks, or a
/// description in place of the usual one.
const OTHERWISE: &str = "x-common";

/// The members that all kinds have alike. The schema of a kind refuses those that it lacks, so that they have their
/// defaults there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Common {
    /// Components that change before this one if a deployment changes both.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub after: BTreeSet<ComponentName>,
    /// Gates of this component, in addition to the gates of the whole release.
    #[serde(default, skip_serializing_if = "ComponentGates::is_empty")]
    pub gates: ComponentGates,
    /// The rule for changes that somebody else makes to the component between deployments. With `off`, Windlass does
    /// not look for such changes. With `report`, Windlass reports such changes. With `restore`, Windlass reports them
    /// and deploys the recorded state again, at most three times a day.
    #[serde(default, skip_serializing_if = "Heal::is_report")]
    pub heal: Heal,
    /// True if each upload of the component's artifact is a release, without a manifest. This works only in
    /// environments whose `sources` include `s3`.
    #[serde(default)]
    pub on_artifact: bool,
}

/// Hands these members out to the schema of each kind, and lets it refuse every other one: what is flattened is taken
/// to leave that to what is around it.
pub(super) fn hand_out(component: &mut Schema) {
    component.remove("type");
    let Some(Value::Object(members)) = component.remove("properties") else { return };
    for kind in component.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        let otherwise = kind.as_object_mut().and_then(|kind| kind.remove(OTHERWISE)).unwrap_or_default();
        for (name, mut member) in members.clone() {
            match otherwise.get(&name) {
                Some(Value::Null) => continue,
                Some(description) => member["description"] = description.clone(),
                None => {}
            }
            kind["properties"][name] = member;
        }
        kind["additionalProperties"] = false.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kind_has_each_member_unless_it_lacks_it_and_may_say_more_of_it() {
        let mut schema = Schema::try_from(json!({
            "type": "object",
            "properties": {"after": {"type": "array", "description": "Usual."}, "heal": {"type": "string"}},
            "oneOf": [
                {"properties": {"kind": {"const": "a"}}},
                {"properties": {"kind": {"const": "b"}}, "x-common": {"after": "Its own.", "heal": null}},
            ],
        }))
        .unwrap();
        hand_out(&mut schema);
        let wanted = json!({"oneOf": [
            {
                "properties": {
                    "kind": {"const": "a"},
                    "after": {"type": "array", "description": "Usual."},
                    "heal": {"type": "string"},
                },
                "additionalProperties": false,
            },
            {
                "properties": {"kind": {"const": "b"}, "after": {"type": "array", "description": "Its own."}},
                "additionalProperties": false,
            },
        ]});
        assert_eq!(schema.to_value(), wanted);
    }
}
