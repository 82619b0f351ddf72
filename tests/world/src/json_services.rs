//! Services with AWS's JSON protocol, in memory: each is a file of its own.

use crate::World;
use serde_json::Value;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{JsonCall, JsonServices, Result};

/// The function with which a service answers a call.
pub(crate) type Answers = fn(&World, &JsonCall) -> Result<Value>;

/// The services by the names of their endpoints.
const SERVICES: &[(&str, Answers)] = &[
    ("cloudtrail", crate::cloudtrail::answers),
    ("logs", crate::logs::answers),
    ("servicequotas", crate::quotas::answers),
    ("sqs", crate::sqs::answers),
];

impl JsonServices for World {
    async fn json_call(&self, call: JsonCall) -> Result<Value> {
        let made = self.call(call.target).await?;
        let mut services = SERVICES.iter();
        let found = services.find(|(service, _)| *service == call.service);
        let (_, answers) = found.ok_or_else(|| no_service(&call))?;
        let answer = answers(self, &call)?;
        made.answer(answer).await
    }
}

fn no_service(call: &JsonCall) -> Fault {
    let message = format!("there is no service {} here", call.service);
    Fault::new(FaultName::Unavailable, message)
}
