//! All that Windlass does, over ports in memory. One binary, because each that is linked by itself compiles what is
//! generic over the ports once more.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod appconfig;
mod arriving;
mod codedeploy_former_tasks;
mod codedeploy_service;
mod comparison;
mod conductor;
mod converge;
mod converge_out_of_band;
mod dial;
mod driving;
mod ecs;
mod ecs_foreign;
mod ecs_next;
mod ecs_pause;
mod ecs_prepare;
mod ecs_several;
mod ecs_shift;
mod ecs_waits;
mod external;
mod judge;
mod kept_documents;
mod lambda;
mod ledger;
mod logs;
mod measurements;
mod outbox;
mod planning;
mod prepare;
mod probes;
mod service_scene;
mod site;
mod stack;
mod stack_assets;
mod stage;
mod summary;
mod task;
mod websocket;

/// Unoptimised code allocates much: with the system's allocator a fifth of the time went into that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
