//! The types of resource that a call asks for, by its action, as the Service Authorization Reference lists them
//! (`shared/aws/resource_types`). Where one of them is not among the resources of a policy, the call is denied (IAM User
//! Guide, "Policy evaluation logic").

#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "only tests call this")]

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use windlass_domain::document::syntax;

/// The resources that a policy names, or that IAM is asked about, by action.
pub type Named = BTreeMap<String, Vec<String>>;

/// The reference of one service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    /// The ARNs of each type. `*` stands for a text without slash and colon, `**` for any text.
    #[serde(default)]
    types: BTreeMap<String, String>,
    /// The types that a call asks for, all of them, by action.
    #[serde(default)]
    required: BTreeMap<String, Vec<String>>,
    /// The types that Windlass's calls ask for, of actions that take a resource of one of several types.
    #[serde(default)]
    one_of: BTreeMap<String, Vec<String>>,
}

/// The types of resource by action, such as `ecs:UpdateService`: the name of each, and its ARNs.
#[derive(Debug)]
pub struct ResourceTypes(BTreeMap<String, Vec<(String, String)>>);

impl ResourceTypes {
    /// Reads all services.
    pub fn read() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/aws/resource_types");
        let mut actions = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = fs::read_to_string(&path).expect("a file");
            let read = syntax::yaml(&name, &text, text.len()).expect("YAML");
            let Service { types, required, one_of } = serde_json::from_value(read).expect("a service");
            for (action, sorts) in required.into_iter().chain(one_of) {
                let arn = |sort: String| {
                    let arn = types.get(&sort).expect("each type has ARNs").clone();
                    (sort, arn)
                };
                let former = actions.insert(format!("{name}:{action}"), sorts.into_iter().map(arn).collect());
                assert!(former.is_none(), "{name}:{action} is there twice");
            }
        }
        Self(actions)
    }

    /// Returns the types that an action asks for and that none of its resources is of, such as
    /// `ecs:StopServiceDeployment service`.
    pub fn missing(&self, named: &Named) -> Vec<String> {
        let missing = named.iter().flat_map(|(action, resources)| {
            let sorts = self.0.get(action);
            let sorts =
                sorts.unwrap_or_else(|| panic!("shared/aws/resource_types does not say what {action} asks for"));
            let is_named = |arn: &String| resources.iter().any(|named| meet(arn.as_bytes(), named.as_bytes()));
            let missing = sorts.iter().filter(|(_, arn)| !is_named(arn));
            missing.map(|(sort, _)| format!("{action} {sort}")).collect::<Vec<_>>()
        });
        missing.collect()
    }
}

/// Returns whether some ARN is of a type and fits what a policy names, in which `*` stands for any text and `?` for one
/// letter (IAM User Guide, "IAM JSON policy elements: Resource").
fn meet(sort: &[u8], named: &[u8]) -> bool {
    // What stands behind a star, and whether that takes slashes and colons, too.
    let (behind, is_any) = match sort {
        [b'*', b'*', behind @ ..] => (Some(behind), true),
        [b'*', behind @ ..] => (Some(behind), false),
        _ => (None, false),
    };
    if behind.is_some_and(|behind| meet(behind, named)) {
        return true;
    }
    match (sort.split_first(), named.split_first()) {
        (None, None) => true,
        (_, Some((b'*', rest))) if meet(sort, rest) => true,
        // Two stars that both stand for more: what they have in common was tried without.
        (_, Some((b'*', _))) if behind.is_some() => false,
        (_, Some((one, rest))) if behind.is_some() => (is_any || !b"/:".contains(one)) && meet(sort, rest),
        (Some((_, rest)), Some((b'*', _))) => meet(rest, named),
        (Some((one, rest)), Some((other, others))) => (*other == b'?' || one == other) && meet(rest, others),
        _ => false,
    }
}
