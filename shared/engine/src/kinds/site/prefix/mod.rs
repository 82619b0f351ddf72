//! A site with a folder per release.

mod next;
mod observe;

pub use next::{after, next, other_mode, strange};
pub use observe::{Seen, distribution_of, observe};
