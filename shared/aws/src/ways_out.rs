//! The ways out: executions of the release machine, events for EventBridge, and messages for topics.

use crate::Aws;
use crate::clock::time_of;
use crate::error::{OrFault, code, fault};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sfn::types::HistoryEventType;
use aws_sdk_sns::config::{Builder, Config, Region};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::topic::region_of;
use windlass_domain::text::fault::Fault;
use windlass_engine::ports::{EventBridgeApi, Execution, Result, SnsApi, StepFunctionsApi};

/// The number of executions that are looked through.
const NEWEST: i32 = 100;

/// The number of events of a history that are read at a time: the most that AWS gives.
const EVENTS: i32 = 1000;

impl StepFunctionsApi for Aws {
    async fn start(&self, name: &str, input: &Value) -> Result<String> {
        let machine = self.settings().state_machine()?;
        let request = self.clients.sfn().start_execution();
        let sent = request.state_machine_arn(machine).name(name).input(input.to_string()).send().await;
        // The same name with the same input is a success on AWS while it runs, and an error afterwards; both mean that
        // it was started.
        let started = sent.or_none("StartExecution", name, &["ExecutionAlreadyExists"])?;
        Ok(started.map_or_else(|| execution_arn(machine, name), |started| started.execution_arn))
    }

    async fn stop(&self, arn: &str, error: &str, cause: &str) -> Result<()> {
        let sent = self.clients.sfn().stop_execution().execution_arn(arn).error(error).cause(cause).send().await;
        match sent {
            Ok(_) => Ok(()),
            // Stopping one that has ended is a success on AWS; one that is gone has ended as well.
            Err(error) if code(&error) == Some("ExecutionDoesNotExist") => Ok(()),
            // Should AWS refuse it for that reason all the same, the execution is looked at.
            Err(error) if code(&error) == Some("ValidationException") => {
                let found = self.execution(arn).await?;
                if found.is_none_or(|found| found.status != "RUNNING") {
                    return Ok(());
                }
                Err(fault(&error, "StopExecution", arn))
            }
            Err(error) => Err(fault(&error, "StopExecution", arn)),
        }
    }

    async fn execution(&self, arn: &str) -> Result<Option<Execution>> {
        let machine = self.settings().state_machine.as_deref();
        // An execution of another machine, or a text that is no ARN, would be refused.
        if machine.is_some_and(|machine| !arn.starts_with(&execution_arn(machine, ""))) {
            return Ok(None);
        }
        let sent = self.clients.sfn().describe_execution().execution_arn(arn).send().await;
        let found = sent.or_none("DescribeExecution", arn, &["ExecutionDoesNotExist"])?;
        Ok(found.map(|execution| Execution {
            arn: execution.execution_arn,
            status: execution.status.as_str().to_owned(),
            error: execution.error,
            cause: execution.cause,
            started: time_of(&execution.start_date),
            input: execution.input.and_then(|input| serde_json::from_str(&input).ok()).unwrap_or_default(),
        }))
    }

    /// Returns the ARNs of executions, newest first (AWS Step Functions API Reference, ListExecutions).
    async fn newest(&self) -> Result<Vec<String>> {
        let machine = self.settings().state_machine()?;
        let sent = self.clients.sfn().list_executions().state_machine_arn(machine).max_results(NEWEST).send().await;
        Ok(sent.or_fault("ListExecutions", machine)?.executions.into_iter().map(|one| one.execution_arn).collect())
    }

    async fn transitions(&self, arn: &str) -> Result<Option<u64>> {
        let request = self.clients.sfn().get_execution_history();
        let mut pages =
            request.execution_arn(arn).include_execution_data(false).max_results(EVENTS).into_paginator().send();
        let mut transitions = 0;
        while let Some(page) = pages.next().await {
            let page = page.or_none("GetExecutionHistory", arn, &["ExecutionDoesNotExist"])?;
            let Some(page) = page else { return Ok(None) };
            transitions += page.events.iter().filter(|event| is_transition(&event.r#type)).count() as u64;
        }
        Ok(Some(transitions))
    }

    async fn succeed_task(&self, token: &str, output: &Value) -> Result<bool> {
        let sent = self.clients.sfn().send_task_success().task_token(token).output(output.to_string()).send().await;
        let nobody_waits = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];
        Ok(sent.or_none("SendTaskSuccess", "a waiting task", &nobody_waits)?.is_some())
    }
}

/// Returns whether an event of a history is a transition: a state that is entered, and for a task each attempt (AWS
/// Step Functions pricing: every step that is executed, retries included).
fn is_transition(event: &HistoryEventType) -> bool {
    let name = event.as_str();
    match name {
        "TaskScheduled" => true,
        "TaskStateEntered" => false,
        _ => name.ends_with("StateEntered"),
    }
}

/// Returns the ARN of an execution (Step Functions Developer Guide, "ARNs of executions"): `…:stateMachine:<machine>`
/// becomes `…:execution:<machine>:<name>`.
fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

impl SnsApi for Aws {
    async fn notify(&self, subject: &str, message: &str) -> Result<()> {
        let topic = self.settings().topic()?;
        let sent = self.clients.sns().publish().topic_arn(topic).subject(subject).message(message).send().await;
        sent.or_fault("Publish", topic).map(drop)
    }

    async fn topic_tags(&self, topic: &str) -> Result<BTreeMap<String, String>> {
        let request = self.clients.sns().list_tags_for_resource().resource_arn(topic).customize();
        let tags = request.config_override(place_of(topic)).send().await.or_fault("ListTagsForResource", topic)?.tags;
        Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn notify_topic(&self, topic: &str, subject: &str, message: &str) -> Result<()> {
        let request = self.clients.sns().publish().topic_arn(topic).subject(subject).message(message).customize();
        request.config_override(place_of(topic)).send().await.or_fault("Publish", topic).map(drop)
    }
}

/// A topic answers in its own region.
fn place_of(topic: &str) -> Builder {
    let region = region_of(topic).map(|region| Region::new(region.to_owned()));
    let mut place = Config::builder();
    place.set_region(region);
    place
}

/// The source of all of Windlass's events.
const SOURCE: &str = "windlass";

impl EventBridgeApi for Aws {
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(self.settings().event_bus()?)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string())
            .build();
        let answer =
            self.clients.eventbridge().put_events().entries(entry).send().await.or_fault("PutEvents", detail_type)?;
        // An entry can fail in an answer that succeeds (EventBridge API Reference, PutEvents).
        match answer.entries().first().and_then(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(Fault::new(
                crate::error::name_of(Some(code), Some(400)),
                format!("PutEvents {detail_type}: AWS answered {code} for the event"),
            )),
        }
    }
}
