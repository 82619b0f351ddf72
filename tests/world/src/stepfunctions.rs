//! Step Functions in memory: executions by name, and task tokens.

use crate::World;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{Execution, Result, StepFunctionsApi};

/// The executions.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Executions by ARN.
    pub executions: BTreeMap<String, Execution>,
    /// The number of transitions that each execution has made, by ARN. The code that walks an execution counts them.
    pub transitions: BTreeMap<String, u64>,
    /// The executions that were started and have not been picked up yet, as (ARN, name, input), oldest first.
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

impl State {
    /// Begins an execution, unless there is one of that name.
    fn begin(&mut self, name: &str, input: &Value, started: Time) -> String {
        let arn = arn_of(name);
        if !self.executions.contains_key(&arn) {
            let execution = Execution {
                arn: arn.clone(),
                status: "RUNNING".into(),
                error: None,
                cause: None,
                started,
                input: input.clone(),
            };
            self.executions.insert(arn.clone(), execution);
            self.started.push((arn.clone(), name.to_owned(), input.clone()));
        }
        arn
    }

    /// Returns the ARNs of the newest executions, as many as ListExecutions answers at a time.
    fn newest(&self) -> Vec<String> {
        let mut newest: Vec<&Execution> = self.executions.values().collect();
        newest.sort_by_key(|execution| Reverse(execution.started));
        let newest = newest.into_iter().take(100);
        newest.map(|execution| execution.arn.clone()).collect()
    }

    /// Sets the number of transitions that an execution has made so far.
    pub fn count(&mut self, arn: &str, made: u64) {
        match self.transitions.get_mut(arn) {
            Some(known) => *known = made,
            None => {
                self.transitions.insert(arn.to_owned(), made);
            }
        }
    }

    fn succeed(&mut self, token: &str, output: &Value) -> bool {
        let waited = self.tokens.remove(token);
        if waited {
            self.answered.push((token.to_owned(), output.clone()));
        }
        waited
    }
}

impl StepFunctionsApi for World {
    async fn start(&self, name: &str, input: &Value) -> Result<String> {
        let call = self.call("stepfunctions.start").await?;
        let now = self.true_time();
        let arn = self.stepfunctions().begin(name, input, now);
        call.answer(arn).await
    }

    async fn stop(&self, arn: &str, error: &str, cause: &str) -> Result<()> {
        let call = self.call("stepfunctions.stop").await?;
        if let Some(execution) = self.stepfunctions().executions.get_mut(arn)
            && execution.status == "RUNNING"
        {
            execution.status = "ABORTED".into();
            execution.error = Some(error.to_owned());
            execution.cause = Some(cause.to_owned());
        }
        call.answer(()).await
    }

    async fn execution(&self, arn: &str) -> Result<Option<Execution>> {
        let call = self.call("stepfunctions.execution").await?;
        let found = call.seen().stepfunctions().executions.get(arn).cloned();
        call.answer(found).await
    }

    async fn newest(&self) -> Result<Vec<String>> {
        let call = self.call("stepfunctions.newest").await?;
        let arns = call.seen().stepfunctions().newest();
        call.answer(arns).await
    }

    async fn transitions(&self, arn: &str) -> Result<Option<u64>> {
        let call = self.call("stepfunctions.transitions").await?;
        let made = self.stepfunctions().transitions.get(arn).copied();
        call.answer(made).await
    }

    async fn succeed_task(&self, token: &str, output: &Value) -> Result<bool> {
        let call = self.call("stepfunctions.succeed_task").await?;
        let waited = self.stepfunctions().succeed(token, output);
        call.answer(waited).await
    }
}
