//! Step Functions in memory: executions by name, and task tokens.

use crate::World;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use windlass_engine::ports::{Answered, Clock, Execution, Executions};

/// The executions.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Executions by ARN.
    pub executions: BTreeMap<String, Execution>,
    /// How many transitions each has made, by ARN, as whoever walks them tells.
    pub transitions: BTreeMap<String, u64>,
    /// What was started and has not been picked up yet: (ARN, name, input), oldest first.
    pub started: Vec<(String, String, Value)>,
    /// Task tokens that wait.
    pub tokens: BTreeSet<String>,
    /// Task tokens that were answered: (token, output), oldest first.
    pub answered: Vec<(String, Value)>,
}

/// The ARN of an execution by its name.
pub fn arn_of(name: &str) -> String {
    format!("arn:aws:states:eu-west-1:111111111111:execution:windlass-release:{name}")
}

impl Executions for World {
    async fn start(&self, name: &str, input: &Value) -> Answered<String> {
        let arn = arn_of(name);
        let started = self.now();
        let mut state = self.executions();
        if !state.executions.contains_key(&arn) {
            let execution = Execution {
                arn: arn.clone(),
                status: "RUNNING".into(),
                error: None,
                cause: None,
                started,
                input: input.clone(),
            };
            state.executions.insert(arn.clone(), execution);
            state
                .started
                .push((arn.clone(), name.to_owned(), input.clone()));
        }
        Ok(arn)
    }

    async fn stop(&self, arn: &str, error: &str, cause: &str) -> Answered<()> {
        if let Some(execution) = self.executions().executions.get_mut(arn)
            && execution.status == "RUNNING"
        {
            execution.status = "ABORTED".into();
            execution.error = Some(error.to_owned());
            execution.cause = Some(cause.to_owned());
        }
        Ok(())
    }

    async fn execution(&self, arn: &str) -> Answered<Option<Execution>> {
        Ok(self.executions().executions.get(arn).cloned())
    }

    async fn newest(&self) -> Answered<Vec<String>> {
        let state = self.executions();
        let mut newest: Vec<&Execution> = state.executions.values().collect();
        newest.sort_by_key(|execution| Reverse(execution.started));
        let arns = newest.into_iter().take(100);
        Ok(arns.map(|execution| execution.arn.clone()).collect())
    }

    async fn transitions(&self, arn: &str) -> Answered<Option<u64>> {
        Ok(self.executions().transitions.get(arn).copied())
    }

    async fn succeed_task(&self, token: &str, output: &Value) -> Answered<bool> {
        let mut state = self.executions();
        let waited = state.tokens.remove(token);
        if waited {
            state.answered.push((token.to_owned(), output.clone()));
        }
        Ok(waited)
    }
}
