//! What a component changes, so that no two of them change the same.

use crate::kinds::KindName;
use crate::tenancy::overlap;

/// What one component changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The component's kind: names of different kinds are never the same thing.
    pub kind: KindName,
    /// The member of the declaration that names it, such as `function`.
    pub member: &'static str,
    /// Its names, the outer one first. An empty one is not known, because it could not be resolved.
    pub names: Vec<String>,
    /// The folder within it that is claimed: all of it if empty, else ending in a slash.
    pub folder: String,
    /// Whether its names are the same in every account and region.
    pub is_global: bool,
    /// The same in words, such as ``the function `shop-api` ``.
    pub what: String,
}

impl Claim {
    /// Whether both change the same, where they are in the same account and region, or are not.
    pub fn is_same_as(&self, other: &Self, same_place: bool) -> bool {
        let is_known = !self.names.iter().any(String::is_empty);
        is_known
            && (self.is_global || same_place)
            && (self.kind, &self.names) == (other.kind, &other.names)
            && overlap(&self.folder, &other.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(kind: KindName, names: &[&str], folder: &str) -> Claim {
        Claim {
            kind,
            member: "name",
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            folder: folder.into(),
            is_global: kind == KindName::StaticSite,
            what: String::new(),
        }
    }

    #[test]
    fn what_two_components_would_both_change() {
        use KindName::{Ecs, Lambda, StaticSite};
        let function = claim(Lambda, &["a"], "");
        // Both, and whether they are the same in one place, and in two.
        let table = [
            (function.clone(), function.clone(), (true, false)),
            (function.clone(), claim(Lambda, &["b"], ""), (false, false)),
            (
                claim(Lambda, &[""], ""),
                claim(Lambda, &[""], ""),
                (false, false),
            ),
            (function, claim(Ecs, &["a"], ""), (false, false)),
            (
                claim(Ecs, &["c", "s"], ""),
                claim(Ecs, &["c", "s"], ""),
                (true, false),
            ),
            (
                claim(Ecs, &["c", "s"], ""),
                claim(Ecs, &["d", "s"], ""),
                (false, false),
            ),
            (
                claim(StaticSite, &["b"], "web/"),
                claim(StaticSite, &["b"], ""),
                (true, true),
            ),
            (
                claim(StaticSite, &["b"], "web/"),
                claim(StaticSite, &["b"], "docs/"),
                (false, false),
            ),
        ];
        for (one, other, (here, apart)) in table {
            for (a, b) in [(&one, &other), (&other, &one)] {
                assert_eq!(a.is_same_as(b, true), here, "{a:?} {b:?}");
                assert_eq!(a.is_same_as(b, false), apart, "{a:?} {b:?}");
            }
        }
    }
}
