//! Serves the HTTP API.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use std::process::ExitCode;
use windlass_aws::{Aws, answer_of, call_of};
use windlass_engine::routes::api;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: ApiGatewayV2httpRequest| {
        let reply = match call_of(event) {
            Ok(call) => api::handle(aws, call).await,
            Err(reply) => reply,
        };
        Ok(answer_of(&reply))
    })
}
