//! Claims say what a component changes, so that no two of them change the same.

use super::unwritten::UNWRITTEN;
use crate::declaration::tenancy::overlap;

/// A resource that one component changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredClaim {
    /// The sort of resource, such as `lambda:function`: names of different sorts are never the same thing, and two
    /// components that change one resource clash whatever their kinds are.
    pub sort: &'static str,
    /// The member of the declaration that names it, such as `function`.
    pub member: &'static str,
    /// The other members that say which one it is, such as `cluster`.
    pub around: &'static [&'static str],
    /// Its names, the outer one first. An empty one is not known, because it could not be resolved; nor is one that
    /// nobody has written yet.
    pub names: Vec<String>,
    /// The folder within it that is claimed: all of it if empty, else ending in a slash.
    pub folder: String,
    /// True if its names are the same in every account and region.
    pub is_global: bool,
    /// The same in words, such as ``the function `shop-api` ``.
    pub what: String,
}

impl DeclaredClaim {
    /// A claim of all of a resource, whose names are those of one account and region.
    pub fn whole(sort: &'static str, member: &'static str, names: &[&str], what: String) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { sort, member, around: &[], names, folder: String::new(), is_global: false, what }
    }

    /// Returns the same claim, which other members say as well.
    #[must_use]
    pub fn within(self, around: &'static [&'static str]) -> Self {
        Self { around, ..self }
    }

    /// Returns whether both change the same. `same_place` says whether they are in the same account and region.
    pub fn is_same_as(&self, other: &Self, same_place: bool) -> bool {
        let is_unknown = |name: &String| name.is_empty() || name == UNWRITTEN;
        let is_known = !self.names.iter().any(is_unknown);
        is_known
            && (self.is_global || same_place)
            && (self.sort, &self.names) == (other.sort, &other.names)
            && overlap(&self.folder, &other.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "function";
    const SERVICE: &str = "service";
    const BUCKET: &str = "bucket";

    fn claim(sort: &'static str, names: &[&str], folder: &str) -> DeclaredClaim {
        let whole = DeclaredClaim::whole(sort, "name", names, String::new());
        DeclaredClaim { folder: folder.into(), is_global: sort == BUCKET, ..whole }
    }

    #[test]
    fn what_two_components_would_both_change() {
        let function = claim(FUNCTION, &["a"], "");
        // Both, and whether they are the same in one place, and in two.
        let table = [
            (function.clone(), function.clone(), (true, false)),
            (function.clone(), claim(FUNCTION, &["b"], ""), (false, false)),
            (claim(FUNCTION, &[""], ""), claim(FUNCTION, &[""], ""), (false, false)),
            (claim(FUNCTION, &[UNWRITTEN], ""), claim(FUNCTION, &[UNWRITTEN], ""), (false, false)),
            (function, claim(SERVICE, &["a"], ""), (false, false)),
            (claim(SERVICE, &["c", "s"], ""), claim(SERVICE, &["c", "s"], ""), (true, false)),
            (claim(SERVICE, &["c", "s"], ""), claim(SERVICE, &["d", "s"], ""), (false, false)),
            (claim(BUCKET, &["b"], "web/"), claim(BUCKET, &["b"], ""), (true, true)),
            (claim(BUCKET, &["b"], "web/"), claim(BUCKET, &["b"], "docs/"), (false, false)),
        ];
        for (one, other, (here, apart)) in table {
            for (a, b) in [(&one, &other), (&other, &one)] {
                assert_eq!(a.is_same_as(b, true), here, "{a:?} {b:?}");
                assert_eq!(a.is_same_as(b, false), apart, "{a:?} {b:?}");
            }
        }
    }
}
