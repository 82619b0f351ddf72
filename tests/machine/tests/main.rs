//! The release machine and whole deployments, in process. One binary, because each that is linked by itself compiles
//! what is generic over the ports once more.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod api;
mod deployments;
mod drift;
mod log;
mod paths;
mod scenarios;
