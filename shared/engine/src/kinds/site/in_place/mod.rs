//! A site whose files are written over the live ones.

mod copy;
mod next;
mod observe;
mod time;
mod write;

pub use next::{next, value, what};
pub(super) use observe::Looked;
pub use observe::{Seen, file_of, noticed};
pub use time::{about_s, takes_longer_s};
pub(super) use write::Contents;
pub use write::{DEPLOYMENT, put_options};
