//! "It can fail": deliberately broken variants of the product, each of which must break a rule.
//!
//! A variant is a few edits of the product's source. All of them are made in one copy of the tree under `target/`,
//! which is compiled once. Each edit asks first whether its variant is chosen; the product itself knows nothing of
//! them. An edit whose text is not found, or is found twice, fails the build: the variant must follow the product.

mod arrivals;
mod behind;
mod bounds;
mod converging;
mod copy;
mod drifted;
mod drills;
mod handed_over;
mod healed;
mod ledger;
mod look;
mod moved;
mod moved_on;
mod moved_services;
mod naming;
mod overtaking;
mod plans;
mod removed;
mod several;
mod shifts;
mod tasks;
mod wheel;

pub use copy::make;
pub use look::{Found, look_for};

use crate::schedule::What;

/// An edit replaces a text in a file by another one. `VARIANT` in the new text asks whether the variant is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The file.
    pub file: &'static str,
    /// The text that it replaces.
    pub find: &'static str,
    /// The new text.
    pub replace: &'static str,
}

/// A broken variant.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The description of what is broken.
    pub what: &'static str,
    /// The edits that break it.
    pub edits: &'static [Edit],
    /// The scenarios in which it is looked for.
    pub scenarios: &'static [&'static str],
    /// The mishaps with which it is looked for, if it is not caught without one.
    pub mishaps: &'static [What],
}

/// All variants.
pub fn variants() -> Vec<Variant> {
    [
        converging::VARIANTS,
        moved::VARIANTS,
        moved_services::VARIANTS,
        behind::VARIANTS,
        ledger::VARIANTS,
        arrivals::VARIANTS,
        handed_over::VARIANTS,
        bounds::VARIANTS,
        naming::VARIANTS,
        plans::VARIANTS,
        several::VARIANTS,
        shifts::VARIANTS,
        wheel::VARIANTS,
        overtaking::VARIANTS,
        removed::VARIANTS,
        moved_on::VARIANTS,
        tasks::VARIANTS,
        drifted::VARIANTS,
        drills::VARIANTS,
        healed::VARIANTS,
    ]
    .concat()
}

/// Chooses a variant of the product. Here there is none: this is the product. The copy has another function in its
/// place.
pub fn choose(_name: &str) -> bool {
    false
}

/// Tells the variant whether the past of a scenario happens now, in which nothing is broken. Here nothing ever is.
pub fn in_past(_past: bool) {}
