//! A site with a folder per release.

mod next;
mod observe;

pub use next::{after, next, other_mode};
pub use observe::{Seen, distribution_of};
