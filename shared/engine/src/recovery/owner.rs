//! Finds out whether an execution still works for a deployment, as far as Step Functions tells: its answer may be
//! behind (AWS Step Functions API Reference, DescribeExecution: eventually consistent).

use crate::ports::{Clock, Execution, Result, StepFunctionsApi};
use windlass_domain::step::SEEN_AFTER_MS;
use windlass_domain::time::Time;

/// The wait between two looks at an execution that an event says has ended, in milliseconds.
const LOOK_AGAIN_MS: u64 = 2_000;

/// An execution that works for a deployment, or did.
#[derive(Debug, Clone, PartialEq)]
pub enum Owner {
    /// It still runs, or began so lately that Step Functions may not tell it yet.
    Running,
    /// It has ended; absent if Step Functions does not know it any more.
    Ended(Option<Execution>),
}

impl Owner {
    /// Looks at an execution that has worked for a deployment since then.
    pub async fn of(ports: &(impl StepFunctionsApi + Clock), arn: &str, since: Time) -> Result<Self> {
        let is_new = ports.now().ms_since(since) < SEEN_AFTER_MS;
        let found = ports.execution(arn).await?;
        Ok(match found {
            None if is_new => Self::Running,
            Some(execution) if execution.status == "RUNNING" => Self::Running,
            found => Self::Ended(found),
        })
    }

    /// The same of one of which was told that it has ended: it is looked at until that shows, for as
    /// long as an answer may be behind.
    pub async fn of_ended(ports: &(impl StepFunctionsApi + Clock), arn: &str, since: Time) -> Result<Self> {
        let began = ports.now();
        loop {
            let looked = ports.now();
            let owner = Self::of(ports, arn, since).await?;
            if owner != Self::Running || looked.ms_since(began) >= SEEN_AFTER_MS {
                return Ok(owner);
            }
            ports.sleep_ms(LOOK_AGAIN_MS).await;
        }
    }
}
