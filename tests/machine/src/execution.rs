use crate::control_line::{Line, Memory};
use crate::items::Items;
use crate::path::Path;
use crate::program::{Map, Program, State, StateId};
use crate::surroundings::{Surroundings, TaskError};
use crate::template::Undefined;
use crate::visit::{Moved, Outcome, assigned, caught};
use serde_json::{Value, json};
use windlass_domain::text::time::Time;
use windlass_jsonata::{Scope, Variables};

/// The end of an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// It succeeded, with this output.
    Succeeded(Value),
    /// It failed.
    Failed(TaskError),
    /// It took longer than the machine allows.
    TimedOut,
}

/// The present activity of an execution in its state.
#[derive(Debug)]
enum Doing {
    /// It visits the state next.
    Visit,
    /// It waits for a task token to be answered.
    Token(String),
    /// It waits in a Wait; then comes this state.
    Wait(StateId),
    /// It works on the items of a Map.
    Items(Items),
}

/// A running execution. It makes one visit at a time, and its driver decides when, so that executions interleave.
#[derive(Debug)]
pub struct Execution<'p> {
    program: &'p Program,
    memory: Memory,
    line: Line,
    doing: Doing,
    deadline: Option<Time>,
    path: Path,
}

impl<'p> Execution<'p> {
    /// Starts an execution.
    pub fn start(program: &'p Program, arn: &str, name: &str, input: Value, now: Time) -> Self {
        let mut path = Path::default();
        path.enter(program.start);
        Self {
            program,
            memory: Memory {
                context: json!({"Execution": {"Id": arn, "Name": name, "Input": &input}}),
                variables: Variables::new(),
            },
            line: Line::new(program.start, input, now),
            doing: Doing::Visit,
            deadline: program.timeout_s.map(|s| now.plus_ms(s * 1000)),
            path,
        }
    }

    /// Returns the state that it is in.
    pub fn state(&self) -> &'p str {
        &self.program.names[self.line.at]
    }

    /// Returns whether it waits for the next look at its wave, in `Bake` or by the Retry of `Judge`.
    pub fn is_baking(&self) -> bool {
        let State::Task(task) = &self.program.states[self.line.at] else {
            return self.state() == "Bake";
        };
        let mut retries = task.retry.iter().zip(&self.line.tries);
        retries.any(|(retrier, tries)| *tries > 0 && retrier.error_equals == ["StillBaking"])
    }

    /// Returns every state that it was in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns every state that it was in, as text.
    pub fn in_words(&self) -> String {
        self.path.in_words(self.program)
    }

    /// Returns the time at which it goes on by itself, and the number of visits that it made.
    pub fn due(&self) -> (Time, u64) {
        let due = match &self.doing {
            Doing::Items(items) => items.due().unwrap_or(self.line.due),
            Doing::Visit | Doing::Token(_) | Doing::Wait(_) => self.line.due,
        };
        let due = self.deadline.map_or(due, |deadline| deadline.min(due));
        (due, self.line.visits)
    }

    /// Returns the task token that it waits for.
    pub fn token(&self) -> Option<&str> {
        match &self.doing {
            Doing::Token(token) => Some(token),
            _ => None,
        }
    }

    /// Begins again where it ended, as RedriveExecution does (AWS Step Functions Developer Guide,
    /// "Restarting state machine executions with redrive"): in the state that did not succeed, with
    /// its variables, and with all its retries. Items of a Map begin anew, also those that had ended.
    pub fn redrive(&mut self, now: Time) {
        let input = self.line.input.take();
        self.line.enter(self.line.at, input, now);
        self.doing = Doing::Visit;
        self.path.again();
    }

    /// Makes one visit. It must be due.
    pub async fn step(&mut self, surroundings: &impl Surroundings) -> Option<End> {
        let now = surroundings.now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Some(End::TimedOut);
        }
        let outcome = match std::mem::replace(&mut self.doing, Doing::Visit) {
            Doing::Visit => self.visit(surroundings).await,
            Doing::Wait(next) => Some(Outcome::Moved(Moved::to(next, self.line.input.take()))),
            Doing::Token(token) => {
                surroundings.close_token(&token);
                Some(self.failed(TaskError::timeout(), now))
            }
            Doing::Items(items) => self.step_item(items, surroundings).await,
        };
        outcome.and_then(|outcome| self.follow(outcome, surroundings.now()))
    }

    /// Takes the answer of its task token.
    pub fn answer(&mut self, output: &Value, now: Time) -> Option<End> {
        self.doing = Doing::Visit;
        let State::Task(task) = &self.program.states[self.line.at] else {
            return None;
        };
        let scope = self.memory.scope(&self.line.input);
        let outcome = match task.done(&scope, output) {
            Ok(moved) => Outcome::Moved(moved),
            Err(error) => self.failed(error, now),
        };
        self.follow(outcome, now)
    }

    async fn visit(&mut self, surroundings: &impl Surroundings) -> Option<Outcome> {
        if let State::Map(map) = &self.program.states[self.line.at] {
            return self.begin_items(map, surroundings.now());
        }
        self.line.visit(self.program, &self.memory, surroundings).await
    }

    fn failed(&mut self, error: TaskError, now: Time) -> Outcome {
        let scope = self.memory.scope(&self.line.input);
        match &self.program.states[self.line.at] {
            State::Task(task) => task.failed(&scope, &mut self.line.tries, error, now),
            State::Map(map) => caught(&map.catch, &scope, error),
            _ => Outcome::Failed(error),
        }
    }

    fn begin_items(&mut self, map: &Map, now: Time) -> Option<Outcome> {
        let scope = self.memory.scope(&self.line.input);
        let values = map.items.evaluate(&scope);
        let Ok(Value::Array(values)) = values.map(std::borrow::Cow::into_owned) else {
            return Some(self.failed(TaskError::query(), now));
        };
        if values.is_empty() {
            return Some(self.end_items(map, Vec::new(), now));
        }
        self.doing = Doing::Items(Items::begin(map, values, now, &mut self.path));
        None
    }

    async fn step_item(&mut self, mut items: Items, surroundings: &impl Surroundings) -> Option<Outcome> {
        let State::Map(map) = &self.program.states[self.line.at] else {
            return None;
        };
        self.line.visits += 1;
        let stepped = items.step(map, &self.memory, &mut self.path, surroundings);
        if let Err(error) = stepped.await {
            return Some(self.failed(error, surroundings.now()));
        }
        if items.due().is_some() {
            self.doing = Doing::Items(items);
            return None;
        }
        Some(self.end_items(map, items.results(), surroundings.now()))
    }

    fn end_items(&mut self, map: &Map, results: Vec<Value>, now: Time) -> Outcome {
        let result = Value::Array(results);
        let scope = Scope { result: Some(&result), ..self.memory.scope(&self.line.input) };
        let moved = || {
            Ok::<_, Undefined>(Moved {
                next: Some(map.next),
                input: map.output.evaluate(&scope)?.into_owned(),
                assigned: assigned(&map.assign, &scope)?,
            })
        };
        match moved() {
            Ok(moved) => Outcome::Moved(moved),
            Err(Undefined) => self.failed(TaskError::query(), now),
        }
    }

    fn follow(&mut self, outcome: Outcome, now: Time) -> Option<End> {
        match outcome {
            Outcome::Moved(moved) => {
                self.memory.variables.extend(moved.assigned);
                let Some(next) = moved.next else {
                    return Some(End::Succeeded(moved.input));
                };
                self.line.enter(next, moved.input, now);
                self.path.enter(next);
            }
            Outcome::Again(at) => {
                self.line.due = at;
                self.path.again();
            }
            Outcome::Token(token, until) => {
                self.line.due = until;
                self.doing = Doing::Token(token);
            }
            Outcome::Wait(until, next) => {
                self.line.due = until;
                self.doing = Doing::Wait(next);
            }
            Outcome::Succeeded => return Some(End::Succeeded(self.line.input.take())),
            Outcome::Failed(error) => return Some(End::Failed(error)),
        }
        None
    }
}
