//! What an ended deployment is told, and what begins when it has ended.

use crate::beside;
use crate::conductor::environment::drills;
use crate::conductor::ports::Ports;
use crate::conductor::telling::answer::of_record;
use crate::payload::{Answer, EndTransition};
use crate::ports::Answered;
use windlass_domain::deployment::Deployment;

/// The answer with which an execution ends whose deployment has ended; `None` where it goes on.
/// What was rejected is told beside its upload first, and told again where the answer was lost.
pub async fn told(
    ports: &impl Ports,
    record: &Deployment,
) -> Answered<Option<Answer<EndTransition>>> {
    let Some(ended) = &record.ending else {
        return Ok(None);
    };
    beside::tell(ports, record).await?;
    drills::go_on(ports, record).await;
    Ok(Some(of_record(record, ended)))
}
