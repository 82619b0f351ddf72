//! The state of a stack, its goals, and the changes of it.

use super::drift::Detected;
use crate::kinds::DocumentToKeep;
use crate::kinds::archive::Archive;
use crate::ports::{ChangeSet, Stack, StackEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::step::SEEN_AFTER_MS;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// A stack, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its name.
    pub stack: String,
    /// Its id; `None` while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The role that CloudFormation acts with, by ARN.
    pub role: String,
    /// The change set of this deployment, by id; `None` if none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// The name of the change set that leads back.
    pub way_back: String,
    /// True if this deployment makes the stack.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_new: bool,
    /// The folder of its kept documents, below that of all stacks.
    pub owner: String,
    /// The stack's tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The resources that the way forward touches, by their names in the template. Those of a nested stack have its
    /// name and a dot before theirs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub touches: BTreeSet<String>,
    /// The resources that hold data and that the way back may remove or replace: those that are new, and those whose
    /// data may be lost.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub may_go: BTreeSet<String>,
    /// True if the way forward loses data, which no way back brings.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The outputs that it gives to others, each with its name in the template.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// The bucket of the files that its template names; `None` if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<String>,
    /// The digest of the template and of all values that its parameters get: whoever approves the plan approves these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brings: Option<Digest>,
    /// The archive that is brought; `None` if nothing new is brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Archive>,
    /// The seconds after which a change of it has failed.
    pub within_s: u64,
}

impl Target {
    /// Returns what names it to CloudFormation: its id, else its name.
    pub fn named(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.stack)
    }
}

/// The stack that there must be, and the record of the one that there was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The stack's id; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The template, which is kept as a document; `None` if there is no stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Digest>,
    /// The parameters. A value that nobody is shown is [`HIDDEN`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// The change set that leads there, by id; `None` on a way back, which makes its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
}

/// The value of a parameter that CloudFormation shows nobody.
pub(super) const HIDDEN: &str = "****";

/// A stack, as one look shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The time at which the look began.
    pub now: Time,
    /// The stack; `None` if there is none, or if it is deleted.
    pub stack: Option<Stack>,
    /// Its template, if the stack stands still.
    pub template: Option<DocumentToKeep>,
    /// The change set of this way; `None` if there is none, or nobody goes anywhere.
    pub set: Option<ChangeSet>,
    /// The resources that it touches and that the way forward did not touch. It is only read of a way back that could
    /// be executed.
    pub beside: Vec<String>,
    /// The resources of the same that would be removed or replaced with their data, which nobody has allowed.
    pub loses: Vec<String>,
    /// True if the last operation of the stack is one that this way has sent.
    pub is_ours: bool,
    /// The last switching change of this way, but for one that is tried once and was not answered.
    pub sent: Option<Change>,
    /// The change set of this way that was sent last, by id, whichever invocation has sent it.
    pub executed: Option<String>,
    /// The time at which a switching change was sent last, in either direction; else that of the stack's last change.
    pub since: Option<Time>,
    /// The event of the first resource that failed in that operation.
    pub failed: Option<StackEvent>,
    /// The resources that are being changed.
    pub moving: Vec<String>,
    /// The resources that could not be deleted.
    pub stuck: Vec<String>,
    /// The time at which that operation ended because the stack could not be deleted; `None` while its events do not
    /// show that.
    pub undeleted: Option<Time>,
    /// The values of the outputs that it gives to others, as far as it has them.
    pub outputs: BTreeMap<String, String>,
    /// The result of the last drift detection. It is only read where nobody goes anywhere.
    pub drift: Option<Detected>,
}

/// The meaning of a stack's status for what is planned or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is there, and nothing goes on.
    Still,
    /// It is only the place of a change set that would make it.
    Review,
    /// It is being made.
    Creating,
    /// It is being updated, and the update can be cancelled.
    Updating,
    /// Something goes on that nobody can stop: what is old is cleared away, or CloudFormation goes back.
    Moving,
    /// It was not made, and has to be deleted.
    Unmade,
    /// Its own way back has failed.
    StuckBack,
    /// It stands in the middle of an update.
    Stuck,
    /// It is being deleted.
    Deleting,
    /// It could not be deleted.
    Undeleted,
    /// It is deleted.
    Gone,
    /// Nobody knows that status.
    Unknown,
}

impl Standing {
    /// Returns whether something goes on, as far as anybody knows.
    pub(super) fn goes_on(self) -> bool {
        matches!(self, Self::Creating | Self::Updating | Self::Moving | Self::Deleting | Self::Unknown)
    }
}

/// Each status of a stack (AWS CloudFormation API Reference, Stack, `StackStatus`).
pub(super) const STATUSES: [(&str, Standing); 23] = [
    ("CREATE_IN_PROGRESS", Standing::Creating),
    ("CREATE_FAILED", Standing::Unmade),
    ("CREATE_COMPLETE", Standing::Still),
    ("ROLLBACK_IN_PROGRESS", Standing::Moving),
    ("ROLLBACK_FAILED", Standing::Unmade),
    ("ROLLBACK_COMPLETE", Standing::Unmade),
    ("DELETE_IN_PROGRESS", Standing::Deleting),
    ("DELETE_FAILED", Standing::Undeleted),
    ("DELETE_COMPLETE", Standing::Gone),
    ("UPDATE_IN_PROGRESS", Standing::Updating),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Standing::Moving),
    ("UPDATE_COMPLETE", Standing::Still),
    ("UPDATE_FAILED", Standing::Stuck),
    ("UPDATE_ROLLBACK_IN_PROGRESS", Standing::Moving),
    ("UPDATE_ROLLBACK_FAILED", Standing::StuckBack),
    ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Standing::Moving),
    ("UPDATE_ROLLBACK_COMPLETE", Standing::Still),
    ("REVIEW_IN_PROGRESS", Standing::Review),
    ("IMPORT_IN_PROGRESS", Standing::Moving),
    ("IMPORT_COMPLETE", Standing::Still),
    ("IMPORT_ROLLBACK_IN_PROGRESS", Standing::Moving),
    ("IMPORT_ROLLBACK_FAILED", Standing::Stuck),
    ("IMPORT_ROLLBACK_COMPLETE", Standing::Still),
];

/// The status of a stack that CloudFormation has taken back by itself.
pub(super) const TAKEN_BACK: &str = "UPDATE_ROLLBACK_COMPLETE";
/// The status of a new stack that CloudFormation has taken back by itself.
pub(super) const NOT_MADE: &str = "ROLLBACK_COMPLETE";
/// A change set's status: it is made.
const MADE: &str = "CREATE_COMPLETE";
/// A change set's status: it could not be made.
pub(super) const UNMADE: &str = "FAILED";
/// A change set's status: it is deleted.
pub(super) const DROPPED: &str = "DELETE_COMPLETE";
/// A change set's status of execution: the stack was changed since.
pub(super) const OBSOLETE: &str = "OBSOLETE";
/// A change set's status of execution: it is being executed.
pub(super) const EXECUTING: &str = "EXECUTE_IN_PROGRESS";
/// Each status of a change set (AWS CloudFormation API Reference, DescribeChangeSet). One that is neither made nor
/// unmade is waited for.
pub(super) const SET_STATUSES: &str = "CREATE_PENDING CREATE_IN_PROGRESS CREATE_COMPLETE FAILED \
    DELETE_PENDING DELETE_IN_PROGRESS DELETE_COMPLETE DELETE_FAILED";

/// Each status of execution of a change set (AWS CloudFormation API Reference, DescribeChangeSet), and whether it says
/// that the change set is or was executed, whatever came of it. The last of these if CloudFormation has taken it back.
pub(super) const EXECUTIONS: [(&str, bool); 6] = [
    ("UNAVAILABLE", false),
    ("AVAILABLE", false),
    (OBSOLETE, false),
    (EXECUTING, true),
    ("EXECUTE_COMPLETE", true),
    ("EXECUTE_FAILED", true),
];

/// Returns what a status of a stack means.
pub(super) fn standing(status: &str) -> Standing {
    let mut known = STATUSES.iter();
    known.find(|(name, _)| *name == status).map_or(Standing::Unknown, |(_, standing)| *standing)
}

impl ChangeSet {
    /// Returns whether it is not made yet.
    pub(super) fn is_being_made(&self) -> bool {
        self.status != UNMADE && (self.status != MADE || self.execution == "UNAVAILABLE")
    }

    /// Returns whether it can be executed.
    pub(super) fn can_be_executed(&self) -> bool {
        self.status == MADE && self.execution == "AVAILABLE"
    }

    /// Returns whether it is or was executed, whatever came of it.
    pub(super) fn has_begun(&self) -> bool {
        EXECUTIONS.iter().any(|(status, has_begun)| *has_begun && *status == self.execution)
    }

    /// Returns whether it would change nothing. CloudFormation says that in words alone (AWS CloudFormation User Guide,
    /// "Troubleshooting CloudFormation", "No updates to perform").
    pub(super) fn is_empty(&self) -> bool {
        let words = ["didn't contain changes", "No updates are to be performed"];
        self.status == UNMADE && words.iter().any(|words| self.reason.contains(words))
    }
}

impl Standing {
    /// Returns whether there is a stack that callers have.
    pub(super) fn is_made(self) -> bool {
        !matches!(self, Self::Review | Self::Gone)
    }
}

impl Seen {
    /// Returns what the stack's status means; `Gone` if there is none.
    pub(super) fn standing(&self) -> Standing {
        self.stack.as_ref().map_or(Standing::Gone, |stack| standing(&stack.status))
    }

    /// Returns the stack that callers have: one that is made.
    pub(super) fn made(&self) -> Option<&Stack> {
        self.stack.as_ref().filter(|_| self.standing().is_made())
    }

    /// Returns whether the look at the stack is behind: it stands as it did before its change set was executed. The
    /// template that was read beside it may be that of now. A stack that shows another change set long after that was
    /// changed by others.
    pub(super) fn is_behind(&self) -> bool {
        let begun = self.set.as_ref().filter(|set| set.has_begun());
        let Some(id) = begun.map(|set| &set.id).or(self.executed.as_ref()) else { return false };
        let shows_it = self.stack.as_ref().is_some_and(|stack| stack.change_set.as_ref() == Some(id));
        let may_be_late = self.since.is_some_and(|sent| self.now.ms_since(sent) < SEEN_AFTER_MS);
        let is_executing = begun.is_some_and(|set| set.execution == EXECUTING);
        self.standing() == Standing::Still && (is_executing || (!shows_it && may_be_late))
    }

    /// Returns whether the stack stands still with template and parameters of the goal.
    pub(super) fn is_as(&self, goal: &Goal) -> bool {
        let template = self.template.as_ref().map(|template| &template.digest);
        let is_still = self.standing() == Standing::Still && template == goal.template.as_ref();
        is_still && self.made().is_some_and(|stack| stack.parameters == goal.parameters)
    }

    /// Returns whether the events of a stack that could not be deleted may be behind its status.
    pub(super) fn shows_too_little(&self) -> bool {
        self.stuck.is_empty() && self.undeleted.is_none_or(|at| self.now.ms_since(at) < SEEN_AFTER_MS)
    }

    /// Returns for how many milliseconds CloudFormation has worked on what was sent last.
    pub(super) fn waited_ms(&self) -> u64 {
        self.since.map_or(0, |at| self.now.ms_since(at))
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Makes the change set that leads back to this goal.
    Make(Goal),
    /// Deletes a change set that leads nowhere any more.
    Discard(String),
    /// Executes a change set.
    Execute(String),
    /// Takes back an update in progress.
    Cancel,
    /// Tries CloudFormation's own way back once more.
    Continue,
    /// Deletes the stack, but for these resources.
    Delete(Vec<String>),
}

impl Change {
    /// Returns the value by which it is recognized, and read back.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Make(goal) => json!({"make": goal.template}),
            other => json!(other),
        }
    }
}

/// Returns whether a resource failed because there is one of its name already. Some types have no code for that.
pub(super) fn is_there_already(said: &str) -> bool {
    said.contains("AlreadyExists") || said.contains("already exists")
}

/// Returns whether a resource failed only because another one had failed before. CloudFormation says that in words
/// alone.
pub(super) fn is_cancelled(reason: &str) -> bool {
    reason.ends_with("cancelled")
}
