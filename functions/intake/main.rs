//! Serves intake: S3 and ECR events from the queue.

use aws_lambda_events::sqs::SqsEvent;
use serde_json::Value;
use std::process::ExitCode;
use windlass_aws::{Aws, each_message};
use windlass_engine::routes::intake;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: SqsEvent| {
        let send_back = async |queue: &str, batch: &[Value]| intake::send_back(aws, queue, batch).await;
        Ok(each_message(event, send_back, async |body| intake::handle(aws, body).await).await)
    })
}
