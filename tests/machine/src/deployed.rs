use crate::definition::RELEASE;
use crate::program::function_in;
use crate::surroundings::{Surroundings, TaskError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::each_kind;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::payload::{DeployerInput, WorkDone};
use windlass_engine::ports::{Clock, Result};
use windlass_engine::{conductor, deploy, judge, kinds, prepare};
use windlass_world::World;

/// The functions as they are deployed: the engine's handlers over the in-memory world, each within its timeout. Their
/// faults are errors, as Step Functions sees them.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The world.
    pub world: World,
    tokens: Cell<u64>,
}

/// Returns a function's timeout in seconds, as the template has it.
pub fn timeout_s(function: &str) -> u64 {
    match function {
        _ if function.starts_with("Publish") => 900,
        "Planner" => 120,
        _ => 60,
    }
}

impl Deployed {
    /// Makes all functions over a world.
    pub fn over(world: World) -> Self {
        Self { world, tokens: Cell::new(0) }
    }
}

/// Returns the answer of a function, which the engine's handler makes over a world.
pub async fn answer(world: &World, function: &str, payload: Value) -> Result<Value> {
    match function {
        "Conductor" => as_json(conductor::handle(world, asked(payload)?).await?),
        "Planner" => as_json(Box::pin(prepare::handle(world, asked(payload)?)).await?),
        "Judge" => as_json(judge::handle(world, asked(payload)?).await?),
        "PublishSite" => as_json(deploy::publish(world, asked(payload)?, kinds::site::of).await?),
        "PublishStack" => as_json(deploy::publish(world, asked(payload)?, kinds::stack::of).await?),
        other => as_json(deploy(world, other, asked(payload)?).await?),
    }
}

/// Returns the kind whose deployer a function is, by the machine's own table.
fn kind_of(function: &str) -> Option<KindName> {
    static KINDS: LazyLock<BTreeMap<String, KindName>> = LazyLock::new(|| {
        let machine: Value = serde_json::from_str(RELEASE).unwrap_or_default();
        let table = machine["States"]["Admit"]["Assign"]["deployers"].as_object();
        let line = |(kind, arn): (&String, &Value)| {
            let kind = serde_json::from_value(kind.as_str().into()).ok()?;
            Some((function_in(arn.as_str()?)?.to_owned(), kind))
        };
        table.into_iter().flatten().filter_map(line).collect()
    });
    KINDS.get(function).copied()
}

macro_rules! deployers {
    ($( $(#[$doc:meta])+ $text:tt => $module:ident::$name:ident, )+) => {
        async fn deploy(world: &World, function: &str, input: DeployerInput) -> Result<WorkDone> {
            // Its deployer alone has the port by which something changes.
            if kind_of(function) == Some(KindName::External) {
                return deploy::handle(world, input, kinds::external::deployer).await;
            }
            match kind_of(function) {
                $(Some(KindName::$name) => deploy::handle(world, input, kinds::$module::of).await,)+
                None => Err(Fault::internal(format!("there is no function {function}"))),
            }
        }
    };
}

each_kind!(deployers);

fn asked<T: DeserializeOwned>(payload: Value) -> Result<T> {
    serde_json::from_value(payload).map_err(|error| Fault::new(FaultName::BadInput, error.to_string()))
}

fn as_json(answer: impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(|error| Fault::internal(error.to_string()))
}

impl Surroundings for Deployed {
    fn now(&self) -> Time {
        Clock::now(&self.world)
    }

    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, TaskError> {
        let ends = self.now().plus_ms(timeout_s(function) * 1000);
        let answer = answer(&self.world, function, payload).await;
        if self.now() > ends {
            let cause = format!("{function} timed out after {} s", timeout_s(function));
            return Err(TaskError::new("Sandbox.Timedout", cause));
        }
        answer.map_err(|fault| TaskError::of(&fault))
    }

    fn open_token(&self) -> String {
        self.tokens.set(self.tokens.get() + 1);
        let token = format!("task-token-{}", self.tokens.get());
        self.world.stepfunctions().tokens.insert(token.clone());
        token
    }

    fn close_token(&self, token: &str) {
        self.world.stepfunctions().tokens.remove(token);
    }
}

/// Returns the event that Step Functions sends when an execution has ended (AWS Step Functions Developer Guide,
/// "Automating Step Functions event delivery with EventBridge").
pub fn status_event(world: &World, arn: &str, status: &str) -> Value {
    let executions = world.stepfunctions();
    let input = executions.executions.get(arn).map(|found| found.input.to_string());
    json!({
        "version": "0",
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "executionArn": arn,
            "stateMachineArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:windlass-release",
            "status": status,
            "input": input,
            "inputDetails": {"included": true},
            "error": null,
            "cause": null
        }
    })
}
