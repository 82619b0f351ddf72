//! The ledger's items, typed: where each lives and how it is read and written.

mod keys;
mod repository;
mod stored;

pub use keys::*;
pub use repository::*;
pub use stored::*;
