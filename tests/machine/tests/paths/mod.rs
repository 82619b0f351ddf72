//! The state machine file itself: the states that follow on each word, fault and lost answer, with functions that
//! answer from a script. The same scripts were run on a local Step Functions.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic, and reads better"
)]

mod faults;
mod script;
mod waves;
mod words;
