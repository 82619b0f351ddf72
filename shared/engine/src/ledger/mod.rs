//! The ledger's items, typed: their keys, and how they are read and written.

mod declarations;
mod deployment;
mod fence;
mod indexes;
mod items;
mod key;
mod keys;
mod packed;
mod retry;
mod stored;

pub use declarations::*;
pub use deployment::{put_arrived, put_deployment, put_state};
pub use fence::Fence;
pub use indexes::*;
pub use items::*;
pub use key::{Index, Key, Range};
pub use keys::*;
pub(crate) use packed::unpack;
pub use retry::{commit, retry, tries};
pub use stored::*;
