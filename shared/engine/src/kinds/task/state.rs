//! The state of a task, its goals, and the changes of it.

use super::log::Log;
use crate::ports::{Launch, Run};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::task::TaskUndo;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The status of a task that has ended.
const STOPPED: &str = "STOPPED";

/// The stop codes of a task that has ended by itself; ECS may give none.
const BY_ITSELF: [&str; 2] = ["EssentialContainerExited", ""];

/// A task, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
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
    /// The work.
    pub work: Work,
    /// The command that takes it back; `None` if nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<TaskUndo>,
    /// True if what came before must not run after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The seconds that it may take.
    pub limit_s: u64,
    /// The way in which it is launched.
    pub launch: Launch,
    /// Its log; `None` if no log group is named for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// True if the last lines of its log are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_log: bool,
    /// The work that succeeded last here, before this deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Work>,
}

/// The work of a task or a call. It is the same work if both fields are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The digest of the image; for a call, that of the artifact.
    pub sha256: Digest,
    /// The command; for a call, the function, its qualifier and its payload.
    pub command: Vec<String>,
}

/// The goal, and the state that is recorded to come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// This is run, and succeeds.
    Run(Work),
    /// Everything that this deployment has run is over and taken back. This had succeeded last then.
    Back(Option<Work>),
}

/// One of the two tasks of a component. Each is run once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The one of the release.
    Forward,
    /// The one that takes it back.
    Undo,
}

impl Direction {
    /// The name, as it is recorded.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Undo => "undo",
        }
    }
}

/// The result of a look, beside what the ledger says.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The deployment whose tasks they are.
    pub deployment: DeploymentId,
    /// The task definition that this deployment has registered, by ARN.
    pub definition: Option<String>,
    /// The task of the release.
    pub forward: TaskState,
    /// The task that takes it back.
    pub back: TaskState,
    /// The work that has succeeded last and was not taken back.
    pub done: Option<Work>,
}

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
    pub end: Option<End>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The task's ARN.
    pub task: String,
    /// Its `startedBy`, as ECS returns it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub started_by: String,
    /// The exit code of its container; `None` if that never ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// True if it may have begun its work.
    pub began: bool,
    /// True if it ended by itself, and was not stopped.
    pub by_itself: bool,
    /// The reason, as ECS gives it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The seconds for which it ran; `None` if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_s: Option<u64>,
    /// The page of its log; `None` if it never began, or no log group is named for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The last lines of its log, if the declaration lets them be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

impl End {
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
        let began = exit.is_some() || run.started.is_some();
        let log = log.filter(|_| began);
        Some(Self {
            log: log.map(|log| log.link(container, &run.arn)),
            lines: vec![],
            task: run.arn.clone(),
            started_by: run.started_by.clone(),
            exit,
            began,
            by_itself: BY_ITSELF.contains(&run.stop_code.as_str()),
            why: why.to_owned(),
            took_s: run.started.zip(run.stopped).map(|(from, to)| to.ms_since(from) / 1000),
        })
    }

    /// Returns whether it did all that it had to.
    pub fn is_success(&self) -> bool {
        self.by_itself && self.exit == Some(0)
    }
}

impl TaskState {
    /// Returns its end, as the ledger has it or as ECS shows it.
    pub fn ended(&self, target: &Target) -> Option<End> {
        let shown = || {
            let end = End::of(self.run.as_ref()?, &target.container, target.log.as_ref())?;
            Some(End { lines: self.lines.clone().unwrap_or_default(), ..end })
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
        end: Box<End>,
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
            side.end = End::deserialize(&record.change["end"]).ok();
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

/// Returns the name of the one who starts a task, by which the task is found again.
pub fn started_by(deployment: &DeploymentId, component: &ComponentName, direction: Direction) -> String {
    format!("windlass/{deployment}/{component}/{}", direction.as_str())
}

/// Returns the family of a component's own task definitions. The roles of Windlass may write and run this family, and
/// no other.
pub fn family(of: EnvironmentId<'_>, component: &ComponentName) -> String {
    let (app, environment) = (of.app(), of.environment());
    format!("windlass-{app}_{environment}_{component}")
}
