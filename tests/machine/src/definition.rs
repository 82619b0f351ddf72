//! The state machine file as it is written, in the subset of the states language that Windlass
//! allows itself. A field or a type of state that is not here is refused when the file is read,
//! so that the interpreter cannot ignore something that AWS obeys. It would be tested as if it were not there.
//!
//! AWS: Step Functions Developer Guide, "Using Amazon States Language to define Step Functions
//! workflows".

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A state machine, or the processor of a Map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Definition {
    /// The comment on its purpose.
    pub comment: String,
    /// Always `JSONata`.
    pub query_language: QueryLanguage,
    /// The first state.
    pub start_at: String,
    /// The longest time that an execution may take, in seconds.
    pub timeout_seconds: u64,
    /// The states by name.
    pub states: BTreeMap<String, State>,
}

/// The one language for expressions.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum QueryLanguage {
    /// JSONata.
    #[serde(rename = "JSONata")]
    Jsonata,
}

/// A state.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "Type", deny_unknown_fields)]
pub enum State {
    /// Calls a function.
    Task(Box<Task>),
    /// Branches on a word.
    Choice(Choice),
    /// Works on every item side by side.
    Map(Box<Map>),
    /// Waits.
    Wait(Wait),
    /// Hands its input on.
    Pass(Pass),
    /// Ends the execution well.
    Succeed(Succeed),
    /// Ends the execution as failed.
    Fail(Fail),
}

impl State {
    /// Returns the comment on the state's purpose, as an operator reads it in the console.
    pub fn comment(&self) -> &str {
        match self {
            Self::Task(s) => &s.comment,
            Self::Choice(s) => &s.comment,
            Self::Map(s) => &s.comment,
            Self::Wait(s) => &s.comment,
            Self::Pass(s) => &s.comment,
            Self::Succeed(s) => &s.comment,
            Self::Fail(s) => &s.comment,
        }
    }
}

/// A Task: a call of a Lambda function.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Task {
    /// The comment on its purpose.
    pub comment: String,
    /// The kind of call.
    pub resource: Resource,
    /// The function that it calls, and the payload.
    pub arguments: Arguments,
    /// The longest time that one call may take, in seconds; for a task token, the longest time until the answer.
    pub timeout_seconds: u64,
    /// The rules for trying a failed call again.
    pub retry: Vec<Retrier>,
    /// The rules for errors that no Retry handles.
    pub catch: Vec<Catcher>,
    /// Variables that are set from the answer.
    #[serde(default)]
    pub assign: BTreeMap<String, Value>,
    /// The next state's input.
    pub output: Value,
    /// The next state; if absent, this state is the last one of its Map's processor.
    pub next: Option<String>,
    /// True for the last state of its Map's processor.
    #[serde(default)]
    pub end: bool,
}

/// The kind of call that a Task makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Resource {
    /// Calls and takes the answer.
    #[serde(rename = "arn:${Partition}:states:::lambda:invoke")]
    Invoke,
    /// Calls, then waits until somebody answers the task token.
    #[serde(rename = "arn:${Partition}:states:::lambda:invoke.waitForTaskToken")]
    InvokeThenWait,
}

/// The arguments of `lambda:invoke`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Arguments {
    /// A substitution such as `${ConductorArn}`, or an expression that looks one up.
    pub function_name: String,
    /// The payload that the function gets.
    pub payload: Value,
}

/// A Retry: the errors after which a call is tried again, and how often.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Retrier {
    /// Names of errors.
    pub error_equals: Vec<String>,
    /// The first wait in seconds.
    pub interval_seconds: u64,
    /// By how much the wait grows each time.
    pub backoff_rate: f64,
    /// The longest wait, in seconds.
    #[serde(default = "unbounded")]
    pub max_delay_seconds: u64,
    /// The number of times that the call is tried again.
    pub max_attempts: u32,
    /// The jitter of the wait.
    #[serde(default)]
    pub jitter_strategy: Jitter,
}

/// A wait that does not grow needs no bound.
const fn unbounded() -> u64 {
    u64::MAX
}

/// The jitter of a wait: the random part by which it is shortened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Jitter {
    /// The wait is not shortened.
    #[default]
    #[serde(rename = "NONE")]
    None,
    /// The wait is anything from nothing to the whole.
    #[serde(rename = "FULL")]
    Full,
}

/// A Catch: the state that follows on an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Catcher {
    /// Names of errors.
    pub error_equals: Vec<String>,
    /// Variables that are set.
    #[serde(default)]
    pub assign: BTreeMap<String, Value>,
    /// The next state's input; the error itself if absent.
    pub output: Option<Value>,
    /// The next state.
    pub next: String,
}

/// A Choice.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Choice {
    /// The comment on its purpose.
    pub comment: String,
    /// The rules; the first that holds decides.
    pub choices: Vec<Rule>,
    /// The state that follows if no rule holds.
    pub default: String,
}

/// A rule of a Choice.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Rule {
    /// An expression.
    pub condition: String,
    /// The next state.
    pub next: String,
}

/// A Map in the execution itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Map {
    /// The comment on its purpose.
    pub comment: String,
    /// An expression for the items.
    pub items: String,
    /// The states that each item goes through.
    pub item_processor: Processor,
    /// The rules for errors.
    pub catch: Vec<Catcher>,
    /// Variables that are set from the results.
    #[serde(default)]
    pub assign: BTreeMap<String, Value>,
    /// The next state's input.
    pub output: Value,
    /// The next state.
    pub next: String,
}

/// The states that each item of a Map goes through. No Map within a Map.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Processor {
    /// The configuration, which says where the items run.
    pub processor_config: ProcessorConfig,
    /// The first state.
    pub start_at: String,
    /// The states by name.
    pub states: BTreeMap<String, State>,
}

/// The configuration of a Map's processor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ProcessorConfig {
    /// The place where the items run: in the execution itself.
    pub mode: Mode,
}

/// The place where items run. There is only one.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum Mode {
    /// In the execution itself.
    #[serde(rename = "INLINE")]
    Inline,
}

/// A Wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Wait {
    /// The comment on its purpose.
    pub comment: String,
    /// An expression for the seconds.
    pub seconds: Value,
    /// The next state.
    pub next: String,
}

/// A Pass, the last state of a Map's processor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Pass {
    /// The comment on its purpose.
    pub comment: String,
    /// Always true.
    pub end: bool,
}

/// A Succeed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Succeed {
    /// The comment on its purpose.
    pub comment: String,
}

/// A Fail.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Fail {
    /// The comment on its purpose.
    pub comment: String,
    /// The execution's error.
    pub error: Value,
    /// The execution's cause.
    pub cause: Value,
}

/// The state machine file of this repository.
pub const RELEASE: &str = include_str!("../../../statemachine/release.asl.json");

impl Definition {
    /// Reads a state machine file.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}
