//! Whole deployments: the state machine file over the real handlers and the in-memory world. Each
//! asserts the exact path of states, and what is live at the end.

mod large;
mod operators;
mod queue;
mod scene;
mod stops;
mod stuck;
mod successes;
mod undos;
mod upgrades;
