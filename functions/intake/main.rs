//! Serves intake: S3 and ECR events from the queue.

use aws_lambda_events::sqs::SqsEvent;
use std::process::ExitCode;
use windlass_aws::{Aws, each_message};
use windlass_engine::routes::intake;

fn main() -> ExitCode {
    windlass_lambda::serve(Aws::from_env, async |aws: &Aws, event: SqsEvent| {
        Ok(each_message(event, async |body| intake::handle(aws, body).await).await)
    })
}
