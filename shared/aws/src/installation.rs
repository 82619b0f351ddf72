//! The parts of an installation of Windlass, as they are in AWS now. The command line reads them, with the rights of
//! the person who asks.

use crate::Aws;
use crate::stacks::{self, Resource};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{CloudWatchApi, JsonCall, JsonServices, Result};

/// The number of parts that are looked at at the same time.
const AT_A_TIME: usize = 8;

/// A part of an installation.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledPart {
    /// Its name in the template.
    pub name: String,
    /// Its name, or ARN, in AWS.
    pub id: String,
    /// Its sort.
    pub sort: InstalledPartSort,
    /// Its state, in AWS's own word; of a queue the number of messages that wait in it.
    pub is: Result<String>,
}

/// The sorts of parts that can stop working, or that report a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstalledPartSort {
    /// An alarm of CloudWatch.
    Alarm,
    /// A version of a function that an alias names.
    Function,
    /// A queue of SQS.
    Queue,
    /// A rule or a schedule of EventBridge.
    Rule,
    /// An event source mapping: it brings messages of a queue, or changes of the ledger, to a function.
    Source,
    /// The release machine.
    Machine,
    /// The ledger.
    Table,
}

impl InstalledPartSort {
    /// Returns the sort of a type in CloudFormation; `None` for a type that needs no look, such as a role.
    fn of(resource_type: &str) -> Option<Self> {
        Some(match resource_type {
            "AWS::CloudWatch::Alarm" => Self::Alarm,
            "AWS::Lambda::Alias" => Self::Function,
            "AWS::SQS::Queue" => Self::Queue,
            "AWS::Events::Rule" => Self::Rule,
            "AWS::Lambda::EventSourceMapping" => Self::Source,
            "AWS::StepFunctions::StateMachine" => Self::Machine,
            "AWS::DynamoDB::Table" => Self::Table,
            _ => return None,
        })
    }

    /// Returns the action that a look at such a part needs.
    pub fn needs(self) -> &'static str {
        match self {
            Self::Alarm => "cloudwatch:DescribeAlarms",
            Self::Function => "lambda:GetFunctionConfiguration",
            Self::Queue => "sqs:GetQueueAttributes",
            Self::Rule => "events:DescribeRule",
            Self::Source => "lambda:GetEventSourceMapping",
            Self::Machine => "states:DescribeStateMachine",
            Self::Table => "dynamodb:DescribeTable",
        }
    }
}

impl Aws {
    /// Looks at all parts of the stack that have a sort; `None` where there is no such stack. A part that could not be
    /// looked at has the fault as its state.
    ///
    /// # Errors
    /// As [`crate::stack_outputs`], with the right `cloudformation:ListStackResources`.
    pub async fn installation(&self, stack: &str) -> Result<Option<Vec<InstalledPart>>> {
        let Some(resources) = stacks::resources(&self.shared.home, stack).await? else { return Ok(None) };
        let parts = resources.into_iter().filter_map(|resource| {
            let sort = InstalledPartSort::of(&resource.sort)?;
            Some((sort, resource))
        });
        let looked = stream::iter(parts).map(|(sort, resource)| async move {
            let is = self.is(sort, &resource).await;
            InstalledPart { name: resource.name, id: resource.id, sort, is }
        });
        Ok(Some(looked.buffered(AT_A_TIME).collect().await))
    }

    /// Returns the number of invocations at a time that all functions of the account share in the region, those without
    /// reserved concurrency (AWS Lambda API Reference, GetAccountSettings, `UnreservedConcurrentExecutions`).
    ///
    /// # Errors
    /// `AccessDenied` without the right `lambda:GetAccountSettings`, `Unavailable` without an answer that has it.
    pub async fn unreserved_concurrency(&self) -> Result<u64> {
        let answer = self.lambda_answer(&["2016-08-19", "account-settings"]).await?;
        let place = "/AccountLimit/UnreservedConcurrentExecutions";
        answer.pointer(place).and_then(Value::as_u64).ok_or_else(|| nothing_at(place))
    }

    async fn is(&self, sort: InstalledPartSort, resource: &Resource) -> Result<String> {
        let id = &resource.id;
        match sort {
            InstalledPartSort::Alarm => {
                let found = self.alarms(std::slice::from_ref(id)).await?;
                found.into_iter().next().map(|alarm| alarm.state).ok_or_else(|| gone(id))
            }
            InstalledPartSort::Queue => {
                let body = json!({"QueueUrl": id, "AttributeNames": ["ApproximateNumberOfMessages"]});
                let place = "/Attributes/ApproximateNumberOfMessages";
                self.json_word("sqs", "AmazonSQS.GetQueueAttributes", body, place).await
            }
            InstalledPartSort::Rule => {
                // The bus is the default one, as for all rules of the template.
                let name = id.rsplit('|').next().unwrap_or(id);
                self.json_word("events", "AWSEvents.DescribeRule", json!({"Name": name}), "/State").await
            }
            InstalledPartSort::Machine => {
                let body = json!({"stateMachineArn": id});
                self.json_word("states", "AWSStepFunctions.DescribeStateMachine", body, "/status").await
            }
            InstalledPartSort::Table => {
                let body = json!({"TableName": id});
                self.json_word("dynamodb", "DynamoDB_20120810.DescribeTable", body, "/Table/TableStatus").await
            }
            InstalledPartSort::Source => self.lambda_state(&["2015-03-31", "event-source-mappings", id]).await,
            InstalledPartSort::Function => self.lambda_state(&["2015-03-31", "functions", id, "configuration"]).await,
        }
    }

    async fn json_word(&self, service: &'static str, target: &'static str, body: Value, place: &str) -> Result<String> {
        word(&self.json_call(JsonCall { service, target, body }).await?, place)
    }

    async fn lambda_state(&self, path: &[&str]) -> Result<String> {
        word(&self.lambda_answer(path).await?, "/State")
    }

    async fn lambda_answer(&self, path: &[&str]) -> Result<Value> {
        stacks::read(&self.shared.home, "lambda", path, &path.join("/")).await
    }
}

/// Returns the word at a place of an answer.
fn word(answer: &Value, place: &str) -> Result<String> {
    answer.pointer(place).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| nothing_at(place))
}

fn nothing_at(place: &str) -> Fault {
    Fault::new(FaultName::Unavailable, format!("the answer has nothing at {place}"))
}

fn gone(id: &str) -> Fault {
    Fault::new(FaultName::NotFound, format!("there is no {id}"))
}
