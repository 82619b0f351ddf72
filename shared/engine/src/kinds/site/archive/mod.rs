//! A site's zip: its directory is checked before anything is written, its entries are read by
//! ranges, with bounded memory.
//!
//! A single top-level folder is not stripped: the archive's paths are the site's paths. The
//! format is PKWARE's APPNOTE.TXT; `rc-zip` reads it, and what it declares is judged here.

mod check;
mod directory;
mod entry;
mod reading;
mod unpack;
mod window;

pub use check::{Limits, check};
pub use directory::read_directory;
pub use entry::{Coding, Entry};
pub use reading::Reading;
pub use unpack::Unpacker;
