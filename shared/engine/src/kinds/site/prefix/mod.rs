//! A site with a folder per release.

mod next;
mod observe;

pub use next::{next, other_mode};
pub use observe::distribution_of;
