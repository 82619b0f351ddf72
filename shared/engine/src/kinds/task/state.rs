//! The state of a task of Amazon ECS, and the changes of it.

use super::log::Log;
use super::once::{self, Direction, RunEnd, started_by};
use crate::ports::{Launch, Run, StoppedBy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The status of a task that has ended.
const STOPPED: &str = "STOPPED";

/// The things with which a task of Amazon ECS is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InEcs {
    /// The cluster's name.
    pub cluster: String,
    /// The family of its own task definitions.
    pub family: String,
    /// The task definition that its own is made from, by ARN.
    pub base: String,
    /// The container that gets the image and the command.
    pub container: String,
    /// The image that is run, by digest.
    pub image: String,
    /// The way in which it is launched.
    pub launch: Launch,
    /// Its log; `None` if no log group is named for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
}

/// A task, with everything that was decided at `Prepare`.
pub type Target = once::Target<InEcs>;

/// The result of a look. What is run is the task definition that this deployment has registered.
pub type Seen = once::Seen<Option<String>, TaskState>;

/// One of the two tasks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskState {
    /// The request for it; `None` if it was not asked for.
    pub sent: Option<Sent>,
    /// The times at which its stop was sent, on the way forward and on the way back.
    pub stops: [Option<Time>; 2],
    /// The time at which ECS did not show it on the way back, for the first time.
    pub missed: Option<Time>,
    /// The task, as ECS shows it.
    pub run: Option<Run>,
    /// The last lines of its log; `None` if they were not read.
    pub lines: Option<Vec<String>>,
    /// Its end, as the ledger has it.
    pub end: Option<TaskEnd>,
}

/// A request for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The time of the first request.
    pub first: Time,
    /// The task definition, by ARN.
    pub definition: String,
    /// The task that ECS has answered, by ARN, and the time of the answer; `None` if no answer came.
    pub answered: Option<(String, Time)>,
}

/// The end of a task.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEnd {
    /// The task's ARN.
    pub task: String,
    /// Its `startedBy`, as ECS returns it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub started_by: String,
    /// The exit code of its container; `None` if that never ran.
    pub exit: Option<i32>,
    /// True if it may have begun its work.
    pub began: bool,
    /// True if it ended by itself, and was not stopped.
    pub by_itself: bool,
    /// The reason, as ECS gives it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The seconds for which it ran; `None` if it never did.
    pub took_s: Option<u64>,
    /// The page of its log; `None` if it never began, or no log group is named for it.
    pub log: Option<String>,
    /// The last lines of its log, if the declaration lets them be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

impl TaskEnd {
    /// Returns the end of a task that has stopped; `None` if it has not.
    pub fn of(run: &Run, container: &str, log: Option<&Log>) -> Option<Self> {
        if run.last_status != STOPPED {
            return None;
        }
        let own = run.containers.iter().find(|one| one.name == container);
        let exit = own.and_then(|own| own.exit_code);
        let reasons = run.containers.iter().map(|one| one.reason.as_str());
        let mut reasons = reasons.filter(|reason| !reason.is_empty());
        let why = match run.stopped_reason.as_str() {
            "" => reasons.next().unwrap_or_default(),
            why => why,
        };
        // ECS may give no code.
        let by_itself = run.stop_code.is_empty() || StoppedBy::of(&run.stop_code) == Some(StoppedBy::Itself);
        let began = exit.is_some() || run.started.is_some();
        let log = log.filter(|_| began);
        Some(Self {
            log: log.map(|log| log.link(container, &run.arn)),
            lines: vec![],
            task: run.arn.clone(),
            started_by: run.started_by.clone(),
            exit,
            began,
            by_itself,
            why: why.to_owned(),
            took_s: run.started.zip(run.stopped).map(|(from, to)| to.ms_since(from) / 1000),
        })
    }
}

impl RunEnd for TaskEnd {
    fn is_success(&self) -> bool {
        self.by_itself && self.exit == Some(0)
    }

    fn began(&self) -> bool {
        self.began
    }
}

impl TaskState {
    /// Returns its end, as the ledger has it or as ECS shows it.
    pub fn ended(&self, target: &Target) -> Option<TaskEnd> {
        let shown = || {
            let end = TaskEnd::of(self.run.as_ref()?, &target.how.container, target.how.log.as_ref())?;
            Some(TaskEnd { lines: self.lines.clone().unwrap_or_default(), ..end })
        };
        self.end.clone().or_else(shown)
    }

    /// Returns whether ECS must be asked for its state.
    pub fn is_open(&self) -> bool {
        self.sent.is_some() && self.end.is_none()
    }

    /// Returns the task, if it has not stopped.
    pub fn alive(&self) -> Option<&Run> {
        self.run.as_ref().filter(|run| run.last_status != STOPPED)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Registers its task definition.
    Register,
    /// Runs a task.
    Run {
        /// The task, of the two.
        direction: Direction,
        /// The task definition, by ARN.
        definition: String,
        /// The time of the first request. A repeated request has the same token, and is for the same task.
        first: Time,
    },
    /// Stops a task.
    Stop {
        /// The task, of the two.
        direction: Direction,
        /// True if on the way back.
        is_back: bool,
        /// Its ARN.
        task: String,
        /// The reason, for whoever looks at it in ECS.
        why: String,
    },
    /// Takes into the ledger since when ECS does not show a task, whose answer was lost, on the way back. It changes
    /// nothing.
    Miss {
        /// The task, of the two.
        direction: Direction,
    },
    /// Reads the last lines of a task's log, before its end is taken in. It changes nothing.
    Read {
        /// The task, of the two.
        direction: Direction,
        /// Its ARN.
        task: String,
        /// The time at which it stopped.
        stopped: Time,
    },
    /// Takes the end of a task into the ledger, because ECS forgets it. It changes nothing.
    Note {
        /// The task, of the two.
        direction: Direction,
        /// The end.
        end: Box<TaskEnd>,
    },
}

impl Change {
    /// Returns the change as the ledger records it.
    pub fn value(&self) -> Value {
        match self {
            Self::Register => json!("register"),
            Self::Run { direction, definition, first } => {
                json!({"run": direction, "definition": definition, "first": first})
            }
            Self::Stop { direction, is_back, .. } => json!({"stop": direction, "back": is_back}),
            Self::Miss { direction } => json!({"missed": direction}),
            Self::Read { direction, .. } => json!({"read": direction}),
            Self::Note { direction, end } => json!({"ended": direction, "end": end}),
        }
    }
}

/// Returns the task definition that this deployment is recorded to have registered.
pub fn registered(changes: &[ChangeRecord]) -> Option<&str> {
    let mut newest_first = changes.iter().rev();
    newest_first.find_map(|record| {
        let is_it = record.change == Change::Register.value();
        record.made.as_deref().filter(|_| is_it)
    })
}

/// Returns everything that is recorded of one of the tasks.
pub fn recorded(changes: &[ChangeRecord], direction: Direction) -> TaskState {
    let mut side = TaskState::default();
    for record in changes {
        let is_of = |member: &str| record.change[member] == direction.as_str();
        if is_of("run") {
            let sent = sent(record);
            // A recovery asks for the same once more, with a record of its own.
            let before = side.sent.take();
            side.sent = match before {
                Some(before) => Some(Sent {
                    answered: before.answered.or(sent.answered),
                    first: before.first.min(sent.first),
                    ..before
                }),
                None => Some(sent),
            };
        } else if is_of("stop") {
            let is_back = record.change["back"] == true;
            side.stops[usize::from(is_back)].get_or_insert(record.at);
        } else if is_of("missed") {
            side.missed.get_or_insert(record.at);
        } else if is_of("read") {
            side.lines = Some(record.made.as_deref().unwrap_or_default().lines().map(str::to_owned).collect());
        } else if is_of("ended") {
            side.end = TaskEnd::deserialize(&record.change["end"]).ok();
        }
    }
    side
}

fn sent(record: &ChangeRecord) -> Sent {
    let first = Time::deserialize(&record.change["first"]);
    let definition = record.change["definition"].as_str();
    let answered_at = record.answered_at.unwrap_or(record.at);
    Sent {
        first: first.unwrap_or(record.at),
        definition: definition.unwrap_or_default().to_owned(),
        answered: record.made.clone().map(|task| (task, answered_at)),
    }
}

/// Returns the client token of a task. It is of a deployment, a component and a direction, and never of an attempt.
pub fn token(deployment: &DeploymentId, component: &ComponentName, direction: Direction) -> String {
    let of = started_by(deployment, component, direction);
    Digest::of(of.as_bytes()).as_str().to_owned()
}
