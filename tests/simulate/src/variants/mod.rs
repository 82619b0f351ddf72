//! "It can fail": deliberately broken variants of the product, each of which must break a rule.
//!
//! A variant is a few edits of the product's source. All of them are made in one copy of the tree under `target/`,
//! which is compiled once. Each edit asks first whether its variant is chosen; the product itself knows nothing of
//! them. An edit whose text is not found, or is found twice, fails the build: the variant must follow the product.
//!
//! A variant earns its place by one of three things. What ordinary tests notice is left to them, because whoever
//! changes the product mends its variants as well:
//!
//! - No ordinary test of `shared/domain`, `shared/engine` or `tests/machine` fails with it.
//! - One fails, but by accident, and the variant is about what is only seen between executions: fences, times, order,
//!   recovery, late calls.
//! - No other variant breaks a rule that it breaks. It shows that the rule can fail.
//!
//! The mutants of `tests/mutants` are none of these: each changes one expression, and a fence that is missing in one
//! place of two, or an order of two writes, is no such change.
//!
//! In the copy `VARIANT=<name> cargo test -p windlass-engine` shows whether an ordinary test fails with it.

mod arrivals;
mod converging;
mod copy;
mod kinds;
mod ledger;
mod look;
mod operators;
mod variant;

pub use copy::make;
pub use look::{Found, look_for};
pub use variant::{Edit, Variant};

/// All variants.
pub fn variants() -> Vec<Variant> {
    [converging::VARIANTS, ledger::VARIANTS, arrivals::VARIANTS, kinds::VARIANTS, operators::VARIANTS].concat()
}
