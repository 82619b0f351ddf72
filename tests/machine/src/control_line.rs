use crate::program::{Program, State, StateId};
use crate::surroundings::Surroundings;
use crate::visit::{Outcome, computed};
use serde_json::Value;
use windlass_domain::text::time::Time;
use windlass_jsonata::{Scope, Variables};

/// The values that all lines of an execution share.
#[derive(Debug)]
pub struct Memory {
    /// `$states.context`.
    pub context: Value,
    /// The variables.
    pub variables: Variables,
}

impl Memory {
    /// Returns what an expression sees in a state with this input.
    pub fn scope<'a>(&'a self, input: &'a Value) -> Scope<'a> {
        Scope { variables: &self.variables, context: &self.context, input, result: None, error_output: None }
    }
}

/// A line of control: the execution itself, or one item of a Map.
#[derive(Debug)]
pub struct Line {
    /// The state.
    pub at: StateId,
    /// The state's input.
    pub input: Value,
    /// The number of times that each Retry of the state was used.
    pub tries: Vec<u32>,
    /// The time at which it goes on.
    pub due: Time,
    /// The number of visits that it made. Lines that are due at the same time take turns by it.
    pub visits: u64,
}

impl Line {
    /// Begins a line in a state.
    pub fn new(at: StateId, input: Value, due: Time) -> Self {
        Self { at, input, tries: Vec::new(), due, visits: 0 }
    }

    /// Enters a state.
    pub fn enter(&mut self, at: StateId, input: Value, due: Time) {
        self.at = at;
        self.input = input;
        self.tries.clear();
        self.due = due;
    }

    /// Visits the state. Returns `None` for a Map.
    pub async fn visit(
        &mut self,
        program: &Program,
        memory: &Memory,
        surroundings: &impl Surroundings,
    ) -> Option<Outcome> {
        self.visits += 1;
        let scope = memory.scope(&self.input);
        match &program.states[self.at] {
            State::Task(task) => {
                let outcome = task.attempt(&scope, &mut self.tries, surroundings);
                Some(outcome.await)
            }
            other => computed(other, &scope, surroundings.now()),
        }
    }
}
