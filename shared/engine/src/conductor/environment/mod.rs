//! The ledger's items of an environment: what admission needs of it, its hold, its drills, and the snapshots to go back
//! to. It is the lowest room.

pub mod drill_goal;
pub mod drills;
pub mod good_snapshots;
pub mod holds;
pub mod past;
pub mod view;
pub mod way_back;
