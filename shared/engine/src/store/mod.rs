//! The ledger's items, typed: where each lives and how it is read and written.

mod declared;
mod keys;
mod packed;
mod repository;
mod stored;

pub use declared::*;
pub use keys::*;
pub(crate) use packed::unpack;
pub use repository::*;
pub use stored::*;
