//! The end of a deployment that holds the lock: settled, undone, or left to an operator, who may accept what is there.

pub mod accept;
pub mod fence_off;
pub mod noted;
pub mod second_look;
pub mod settle;
pub mod settle_undo;
pub mod snapshots;
pub mod undo;
pub mod unprepared;
