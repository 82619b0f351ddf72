//! "It can fail": deliberately broken variants of the product, each of which must break a rule.
//!
//! A variant is a few edits of the product's source. All of them are made in one copy of the tree under `target/`,
//! which is compiled once. Each edit asks first whether its variant is chosen; the product itself knows nothing of
//! them. An edit whose text is not found, or is found twice, fails the build: the variant must follow the product.

mod arrivals;
mod bounds;
mod codedeploy_functions;
mod codedeploy_services;
mod converging;
mod copy;
mod drift;
mod drills;
mod healing;
mod ledger;
mod look;
mod moves;
mod naming;
mod overtaking;
mod pinned_requests;
mod plans;
mod removals;
mod several_images;
mod shifts;
mod stale_reads;
mod tasks;
mod variant;
mod wheel;

pub use copy::make;
pub use look::{Found, look_for};
pub use variant::{Edit, Variant};

/// All variants.
pub fn variants() -> Vec<Variant> {
    [
        converging::VARIANTS,
        codedeploy_functions::VARIANTS,
        codedeploy_services::VARIANTS,
        stale_reads::VARIANTS,
        ledger::VARIANTS,
        arrivals::VARIANTS,
        pinned_requests::VARIANTS,
        bounds::VARIANTS,
        naming::VARIANTS,
        plans::VARIANTS,
        several_images::VARIANTS,
        shifts::VARIANTS,
        wheel::VARIANTS,
        overtaking::VARIANTS,
        removals::VARIANTS,
        moves::VARIANTS,
        tasks::VARIANTS,
        drift::VARIANTS,
        drills::VARIANTS,
        healing::VARIANTS,
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
