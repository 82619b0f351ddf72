//! The adapters against recorded answers. One binary, because each that is linked by itself holds the SDK once more.

#![allow(clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod appconfig;
mod buckets;
mod cloudformation;
mod cloudfront;
mod cloudwatch;
mod codedeploy;
mod codedeploy_services;
mod dynamodb;
mod ecs;
mod ecs_tasks;
mod errors;
mod external;
mod iam;
mod json_services;
mod lambda;
mod lambda_invoke;
mod probe;
mod replay;
mod s3;
mod sns;
mod stepfunctions;
mod sts;
mod uploads;
mod websocket;
mod words;
