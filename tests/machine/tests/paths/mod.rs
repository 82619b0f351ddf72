//! The state machine file itself: the states that follow on each word, fault and lost answer, with functions that
//! answer from a script. The same scripts were run on a local Step Functions.

#![allow(clippy::needless_pass_by_value, reason = "called with json!")]

mod faults;
mod script;
mod waves;
mod words;
