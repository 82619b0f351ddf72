//! The ledger's items, typed: where each lives and how it is read and written.

mod declared;
mod deployment;
mod keys;
mod packed;
mod repository;
mod stored;

pub use declared::*;
pub use deployment::put_deployment;
pub use keys::*;
pub(crate) use packed::unpack;
pub use repository::*;
pub use stored::*;
