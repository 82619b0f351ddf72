//! Tests of the loop over a kind that follows a script: what it does at each observation, what it writes, and how long
//! it waits.

mod budgets;
mod out_of_band_changes;
mod script;
mod switches;
mod unanswered;
