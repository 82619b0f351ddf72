//! All that Windlass does, over ports. Names no AWS SDK, so that the whole of it runs in a test.

pub mod config;
pub mod converge;
pub mod kinds;
pub mod measurements;
pub mod payload;
pub mod ports;
pub mod store;
