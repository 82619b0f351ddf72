//! The state machine, linked: names of states resolved to numbers, expressions parsed.

use crate::definition::{self, Definition, Resource, Retrier};
use crate::template::Template;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_jsonata::{Expression, ParseError, expression_in};

/// The reason why a file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not in the subset of the states language.
    #[error("the file is not in the subset of the states language that is allowed here: {0}")]
    Subset(#[from] serde_json::Error),
    /// An expression is not in the subset of JSONata.
    #[error("state {state}: {error}")]
    Expression {
        /// The state.
        state: String,
        /// The error of the parser.
        error: ParseError,
    },
    /// A state leads to one that does not exist.
    #[error("state {state} leads to {next}, which does not exist")]
    Dangling {
        /// The state.
        state: String,
        /// The missing one.
        next: String,
    },
    /// A state has something that is not allowed in this place.
    #[error("state {state}: {what}")]
    Misplaced {
        /// The state.
        state: String,
        /// The sentence that says what is wrong.
        what: &'static str,
    },
}

/// The number of a state within its program.
pub type StateId = usize;

/// A state machine, or the processor of a Map.
#[derive(Debug)]
pub struct Program {
    /// The longest time that an execution may take, in seconds; a Map's processor has no limit of its own.
    pub timeout_s: Option<u64>,
    /// The first state.
    pub start: StateId,
    /// The states' names.
    pub names: Vec<String>,
    /// The states.
    pub states: Vec<State>,
}

/// A linked state.
#[derive(Debug)]
pub enum State {
    /// Calls a function.
    Task(Task),
    /// Branches; the last is the default.
    Choice(Vec<(Expression, StateId)>, StateId),
    /// Works on every item side by side.
    Map(Map),
    /// Waits for so many seconds.
    Wait(Template, StateId),
    /// Hands its input on and ends its item.
    Pass,
    /// Ends the execution well.
    Succeed,
    /// Ends the execution as failed, with error and cause.
    Fail(Template, Template),
}

/// A linked Task.
#[derive(Debug)]
pub struct Task {
    /// The kind of call.
    pub resource: Resource,
    /// The function's ARN, such as `${ConductorArn}`.
    pub function: Template,
    /// The payload that the function gets.
    pub payload: Template,
    /// The longest time that one call, or the answer of the task token, may take, in seconds.
    pub timeout_s: u64,
    /// The rules for trying a failed call again.
    pub retry: Vec<Retrier>,
    /// The rules for errors that no Retry handles.
    pub catch: Vec<Catcher>,
    /// Variables that are set.
    pub assign: Vec<(String, Template)>,
    /// The next state's input.
    pub output: Template,
    /// The next state; if absent, the item ends.
    pub next: Option<StateId>,
}

/// A linked Map.
#[derive(Debug)]
pub struct Map {
    /// The items.
    pub items: Template,
    /// The states that each item goes through.
    pub processor: Program,
    /// The rules for errors.
    pub catch: Vec<Catcher>,
    /// Variables that are set.
    pub assign: Vec<(String, Template)>,
    /// The next state's input.
    pub output: Template,
    /// The next state.
    pub next: StateId,
}

/// A linked Catch.
#[derive(Debug)]
pub struct Catcher {
    /// Names of errors.
    pub errors: Vec<String>,
    /// Variables that are set.
    pub assign: Vec<(String, Template)>,
    /// The next state's input; the error itself if absent.
    pub output: Option<Template>,
    /// The next state.
    pub next: StateId,
}

impl Program {
    /// Reads and links a state machine file.
    pub fn load(text: &str) -> Result<Self, LoadError> {
        let definition = Definition::read(text)?;
        let mut program = link(&definition.start_at, &definition.states)?;
        program.timeout_s = Some(definition.timeout_seconds);
        Ok(program)
    }

    /// The release machine of this repository.
    pub fn release() -> Result<Self, LoadError> {
        Self::load(definition::RELEASE)
    }
}

/// Returns the name of the function whose ARN a substitution stands for: `Planner` for `${PlannerArn}`.
pub fn function_in(substitution: &str) -> Option<&str> {
    substitution.strip_prefix("${")?.strip_suffix("Arn}")
}

fn link(start: &str, states: &BTreeMap<String, definition::State>) -> Result<Program, LoadError> {
    let names: Vec<String> = states.keys().cloned().collect();
    let start = Linker { names: &names, state: "StartAt" }.id(start)?;
    let linked = states
        .iter()
        .map(|(name, state)| Linker { names: &names, state: name }.state(state))
        .collect::<Result<_, _>>()?;
    Ok(Program { timeout_s: None, start, names, states: linked })
}

/// Links one state.
struct Linker<'a> {
    names: &'a [String],
    state: &'a str,
}

impl Linker<'_> {
    fn id(&self, next: &str) -> Result<StateId, LoadError> {
        self.names
            .iter()
            .position(|name| name == next)
            .ok_or_else(|| LoadError::Dangling { state: self.state.to_owned(), next: next.to_owned() })
    }

    fn misplaced(&self, what: &'static str) -> LoadError {
        LoadError::Misplaced { state: self.state.to_owned(), what }
    }

    fn refused(&self) -> impl Fn(ParseError) -> LoadError {
        |error| LoadError::Expression { state: self.state.to_owned(), error }
    }

    fn template(&self, value: &Value) -> Result<Template, LoadError> {
        Template::parse(value).map_err(self.refused())
    }

    fn assign(&self, values: &BTreeMap<String, Value>) -> Result<Vec<(String, Template)>, LoadError> {
        Template::parse_all(values).map_err(self.refused())
    }

    fn expression(&self, text: &str) -> Result<Expression, LoadError> {
        let text = expression_in(text).ok_or_else(|| self.misplaced("a text is no condition"))?;
        Expression::parse(text).map_err(self.refused())
    }

    fn state(&self, state: &definition::State) -> Result<State, LoadError> {
        Ok(match state {
            definition::State::Task(task) => State::Task(self.task(task)?),
            definition::State::Choice(choice) => self.choice(choice)?,
            definition::State::Map(map) => State::Map(self.map(map)?),
            definition::State::Wait(wait) => State::Wait(self.template(&wait.seconds)?, self.id(&wait.next)?),
            definition::State::Pass(pass) if pass.end => State::Pass,
            definition::State::Pass(_) => return Err(self.misplaced("a Pass ends its item")),
            definition::State::Succeed(_) => State::Succeed,
            definition::State::Fail(fail) => State::Fail(self.template(&fail.error)?, self.template(&fail.cause)?),
        })
    }

    fn choice(&self, choice: &definition::Choice) -> Result<State, LoadError> {
        let rules = choice
            .choices
            .iter()
            .map(|rule| Ok((self.expression(&rule.condition)?, self.id(&rule.next)?)))
            .collect::<Result<_, LoadError>>()?;
        Ok(State::Choice(rules, self.id(&choice.default)?))
    }

    fn catch(&self, catch: &[definition::Catcher]) -> Result<Vec<Catcher>, LoadError> {
        let link = |catcher: &definition::Catcher| {
            Ok(Catcher {
                errors: catcher.error_equals.clone(),
                assign: self.assign(&catcher.assign)?,
                output: catcher.output.as_ref().map(|o| self.template(o)).transpose()?,
                next: self.id(&catcher.next)?,
            })
        };
        catch.iter().map(link).collect()
    }

    fn task(&self, task: &definition::Task) -> Result<Task, LoadError> {
        if task.next.is_some() == task.end {
            return Err(self.misplaced("a Task has either Next or End"));
        }
        let function = &task.arguments.function_name;
        if expression_in(function).is_none() && function_in(function).is_none() {
            return Err(self.misplaced("FunctionName is a substitution like ${PlannerArn}"));
        }
        Ok(Task {
            resource: task.resource,
            function: self.template(&Value::String(function.clone()))?,
            payload: self.template(&task.arguments.payload)?,
            timeout_s: task.timeout_seconds,
            retry: task.retry.clone(),
            catch: self.catch(&task.catch)?,
            assign: self.assign(&task.assign)?,
            output: self.template(&task.output)?,
            next: task.next.as_ref().map(|next| self.id(next)).transpose()?,
        })
    }

    fn map(&self, map: &definition::Map) -> Result<Map, LoadError> {
        let processor = link(&map.item_processor.start_at, &map.item_processor.states)?;
        let allowed = |state: &State| match state {
            // The variables of the execution belong to its own states.
            State::Task(task) => {
                task.assign.is_empty()
                    && task.resource == Resource::Invoke
                    && task.catch.iter().all(|catcher| catcher.assign.is_empty())
            }
            State::Choice(..) | State::Pass => true,
            State::Map(_) | State::Wait(..) | State::Succeed | State::Fail(..) => false,
        };
        if !processor.states.iter().all(allowed) {
            return Err(self.misplaced("its processor has a state that is not allowed in there"));
        }
        Ok(Map {
            items: self.template(&Value::String(map.items.clone()))?,
            processor,
            catch: self.catch(&map.catch)?,
            assign: self.assign(&map.assign)?,
            output: self.template(&map.output)?,
            next: self.id(&map.next)?,
        })
    }
}
