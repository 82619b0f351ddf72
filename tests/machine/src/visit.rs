//! One visit of one state, and its outcome.

use crate::definition::{Resource, Retrier};
use crate::program::{Catcher, State, StateId, Task, function_in};
use crate::surroundings::{Surroundings, TaskError};
use crate::template::{Template, Undefined};
use serde_json::{Value, json};
use windlass_domain::text::time::Time;
use windlass_jsonata::{Expression, Scope};

/// The outcome of a visit of a state.
#[derive(Debug)]
pub enum Outcome {
    /// It moves on to the next state. The line ends if there is none.
    Moved(Moved),
    /// It visits the same state again at this time.
    Again(Time),
    /// It waits for this task token to be answered, until this time.
    Token(String, Time),
    /// It waits until this time, then goes on.
    Wait(Time, StateId),
    /// The execution succeeds.
    Succeeded,
    /// The execution fails: at a Fail state, or by an error that nothing catches.
    Failed(TaskError),
}

/// A move to the next state.
#[derive(Debug)]
pub struct Moved {
    /// The next state; the line ends if absent.
    pub next: Option<StateId>,
    /// The input of the next state.
    pub input: Value,
    /// The variables that are set.
    pub assigned: Vec<(String, Value)>,
}

impl Moved {
    /// Makes a move that sets no variable.
    pub fn to(next: StateId, input: Value) -> Self {
        Self { next: Some(next), input, assigned: Vec::new() }
    }
}

/// Visits a state that only computes. Returns `None` for a Task or a Map, which do more.
pub fn computed(state: &State, scope: &Scope<'_>, now: Time) -> Option<Outcome> {
    let text = |template: &Template| {
        let value = template.evaluate(scope).ok()?;
        value.as_str().map(str::to_owned)
    };
    match state {
        State::Task(_) | State::Map(_) => None,
        State::Choice(rules, default) => {
            let holds = |condition: &Expression| condition.evaluate(scope).as_deref() == Some(&Value::Bool(true));
            let rule = rules.iter().find(|(condition, _)| holds(condition));
            let next = rule.map_or(*default, |(_, next)| *next);
            Some(Outcome::Moved(Moved::to(next, scope.input.clone())))
        }
        State::Wait(seconds, next) => {
            let seconds = seconds.evaluate(scope).ok().and_then(|s| s.as_u64());
            Some(match seconds {
                Some(seconds) => Outcome::Wait(now.plus_ms(seconds * 1000), *next),
                None => Outcome::Failed(TaskError::query()),
            })
        }
        State::Pass => Some(Outcome::Moved(Moved { next: None, input: scope.input.clone(), assigned: Vec::new() })),
        State::Succeed => Some(Outcome::Succeeded),
        State::Fail(error, cause) => Some(Outcome::Failed(match (text(error), text(cause)) {
            (Some(error), Some(cause)) => TaskError::new(error, cause),
            _ => TaskError::query(),
        })),
    }
}

/// Evaluates an Assign. Every expression sees the variables as they were before it, as on AWS.
pub fn assigned(assign: &[(String, Template)], scope: &Scope<'_>) -> Result<Vec<(String, Value)>, Undefined> {
    assign.iter().map(|(name, template)| Ok((name.clone(), template.evaluate(scope)?.into_owned()))).collect()
}

/// Returns the outcome of an error by the Catch that names it. Without one, the execution fails.
pub fn caught(catch: &[Catcher], scope: &Scope<'_>, error: TaskError) -> Outcome {
    let Some(catcher) = catch.iter().find(|c| error.is_one_of(&c.errors)) else {
        return Outcome::Failed(error);
    };
    let error_output = error.output();
    let scope = Scope { error_output: Some(&error_output), ..*scope };
    let moved = || {
        let input = match &catcher.output {
            Some(output) => output.evaluate(&scope)?.into_owned(),
            None => error_output.clone(),
        };
        Ok::<_, Undefined>(Moved { next: Some(catcher.next), input, assigned: assigned(&catcher.assign, &scope)? })
    };
    match moved() {
        Ok(moved) => Outcome::Moved(moved),
        Err(Undefined) => Outcome::Failed(TaskError::query()),
    }
}

impl Task {
    /// Makes one attempt.
    pub async fn attempt(&self, scope: &Scope<'_>, tries: &mut Vec<u32>, surroundings: &impl Surroundings) -> Outcome {
        let answered = match self.resource {
            Resource::Invoke => self.call(scope, surroundings).await,
            Resource::InvokeThenWait => match self.call_with_token(scope, surroundings).await {
                Ok(token) => {
                    let until = surroundings.now().plus_ms(self.timeout_s * 1000);
                    return Outcome::Token(token, until);
                }
                Err(error) => Err(error),
            },
        };
        match answered.and_then(|payload| self.done(scope, &json!({"Payload": payload}))) {
            Ok(moved) => Outcome::Moved(moved),
            Err(error) => self.failed(scope, tries, error, surroundings.now()),
        }
    }

    async fn call(&self, scope: &Scope<'_>, surroundings: &impl Surroundings) -> Result<Value, TaskError> {
        let started = surroundings.now();
        let arguments = || Ok((self.function.evaluate(scope)?, self.payload.evaluate(scope)?));
        let (arn, payload) = arguments().map_err(|Undefined| TaskError::query())?;
        let function = arn.as_str().and_then(function_in);
        let function = function.ok_or_else(|| TaskError::no_function(&arn))?;
        let answer = surroundings.invoke(function, payload.into_owned()).await;
        if surroundings.now() > started.plus_ms(self.timeout_s * 1000) {
            return Err(TaskError::timeout());
        }
        answer
    }

    async fn call_with_token(&self, scope: &Scope<'_>, surroundings: &impl Surroundings) -> Result<String, TaskError> {
        let token = surroundings.open_token();
        let mut context = scope.context.clone();
        if let Value::Object(members) = &mut context {
            members.insert("Task".into(), json!({"Token": token}));
        }
        let scope = Scope { context: &context, ..*scope };
        let answer = self.call(&scope, surroundings).await;
        if answer.is_err() {
            surroundings.close_token(&token);
        }
        answer.map(|_| token)
    }

    /// Returns the move that follows on the Task's answer.
    pub fn done(&self, scope: &Scope<'_>, result: &Value) -> Result<Moved, TaskError> {
        let scope = Scope { result: Some(result), ..*scope };
        let moved = || {
            Ok::<_, Undefined>(Moved {
                next: self.next,
                assigned: assigned(&self.assign, &scope)?,
                input: self.output.evaluate(&scope)?.into_owned(),
            })
        };
        moved().map_err(|Undefined| TaskError::query())
    }

    /// Returns the outcome of the Task's error: another attempt, or the outcome of its Catch. The first Retry that
    /// names the error decides.
    pub fn failed(&self, scope: &Scope<'_>, tries: &mut Vec<u32>, error: TaskError, now: Time) -> Outcome {
        tries.resize(self.retry.len(), 0);
        let mut retriers = self.retry.iter().zip(tries);
        if let Some((retrier, tries)) = retriers.find(|(r, _)| error.is_one_of(&r.error_equals))
            && *tries < retrier.max_attempts
        {
            *tries += 1;
            return Outcome::Again(now.plus_ms(retrier.delay_ms(*tries)));
        }
        caught(&self.catch, scope, error)
    }
}

impl Retrier {
    /// Returns the wait before the given attempt, from 1 on, in milliseconds. It has no jitter, so that a run can be
    /// repeated: it is the longest wait that AWS would make.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds of a wait"
    )]
    pub fn delay_ms(&self, attempt: u32) -> u64 {
        let growth = self.backoff_rate.powf(f64::from(attempt - 1));
        let seconds = self.interval_seconds as f64 * growth;
        (seconds.min(self.max_delay_seconds as f64) * 1000.0) as u64
    }
}
