//! "It can fail": deliberately broken variants of the product, each of which must break a rule.
//!
//! A variant is a few edits of the product's source. All of them are made in one copy of the tree
//! under `target/`, each behind a question whether it is chosen, and compiled once; the product itself
//! knows nothing of them. An edit whose text is not found, or is found twice, fails the build: the
//! variant must follow the product.

mod arrivals;
mod behind;
mod bounds;
mod converging;
mod copy;
mod drifted;
mod drills;
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

/// An edit: this text in this file becomes that one. `VARIANT` in it asks whether the variant is
/// chosen.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// The file.
    pub file: &'static str,
    /// What stands there.
    pub find: &'static str,
    /// What stands there instead.
    pub replace: &'static str,
}

/// A broken variant.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// What is broken.
    pub what: &'static str,
    /// How.
    pub edits: &'static [Edit],
    /// The scenarios in which it is looked for.
    pub scenarios: &'static [&'static str],
    /// The mishaps with which it is looked for where it is not caught without one.
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

/// Chooses a variant of the product. Here there is none: this is the product. In the copy this
/// function is another one.
pub fn choose(_name: &str) -> bool {
    false
}

/// Whether the past of a scenario happens now, in which nothing is broken. Here nothing ever is.
pub fn in_past(_past: bool) {}
