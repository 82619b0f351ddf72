//! A site whose files are written over the live ones.

mod copy;
mod next;
mod observe;
mod write;

pub use next::{next, what};
pub use observe::{file_of, noticed};
pub(super) use write::Contents;
pub use write::{DEPLOYMENT, put_options};
