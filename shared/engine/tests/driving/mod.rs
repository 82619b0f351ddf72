//! Tests of the loop over a kind that follows a script: what it does at each observation, what it writes, and how long
//! it waits.

mod budgets;
mod script;
mod strangers;
mod switches;
mod unanswered;
