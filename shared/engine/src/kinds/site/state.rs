//! The state that is recorded of a site, in either mode.

use super::in_place::state as in_place;
use super::prefix::state as prefix;
use serde::Deserialize;

/// The state that is recorded of a site. It may be of either mode, because a person may have changed the mode since.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum State {
    /// The state of a site that is changed in place.
    InPlace(in_place::Goal),
    /// The state of a site with a folder per release.
    Prefix(prefix::Goal),
}

impl State {
    pub(super) fn in_place(self) -> Option<in_place::Goal> {
        match self {
            Self::InPlace(goal) => Some(goal),
            Self::Prefix(_) => None,
        }
    }

    pub(super) fn prefix(self) -> Option<prefix::Goal> {
        match self {
            Self::Prefix(goal) => Some(goal),
            Self::InPlace(_) => None,
        }
    }
}
