//! The messages between the release machine and its functions. They carry ids, not documents.
//!
//! `statemachine/release.asl.json` is the other side; the contract tests hold the two together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{KindName, Wave};
use windlass_domain::step::Step;

/// The verdict words that Choice states branch on. Everything else leads to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Admit: it holds the lock; on to `Prepare`.
    Go,
    /// Admit: it waits; on to `AwaitTurn`.
    Wait,
    /// Admit: a running deployment must go first; on to `Preempt`, then `AwaitTurn`.
    Preempt,
    /// Admit, for a recovery: on to `Undo`.
    Undo,
    /// Admit, for an `accept`: on to `Look`, which answers the same.
    Look,
    /// Admit, for what is only planned: on to `Plan`, which answers the same.
    Plan,
    /// Prepare, Judge: change the wave's items; on to `Change`.
    Change,
    /// Judge: the next wave is to be planned first; back to `Prepare`.
    Prepare,
    /// Judge: all waves passed. Prepare: nothing to do or refused. Admit, for a recovery: judged
    /// already. On to `Settle`.
    Settle,
    /// An item of a wave: what its kind publishes comes first; on to `Publish`.
    Publish,
    /// An item of a wave: nothing is published before its change; on to `Deploy`.
    Deploy,
    /// A deployer: the wave's goal is reached.
    Changed,
    /// A deployer: it failed; the step item tells why. Judge: a gate failed. Prepare: what comes next cannot be
    /// planned; the step item tells why. On to `Undo`.
    Failed,
    /// Judge: watch on for `seconds`; back to `Bake`.
    Bake,
    /// Undo: bring the items back; on to `UndoChange`. An item of it: on to `Restore`.
    Restore,
    /// Undo: everything that can be restored was tried; on to `SettleUndo`.
    SettleUndo,
    /// It ended `Succeeded` (also: a hold was set or released, `accept` was done).
    Succeeded,
    /// It ended `NothingToDo`.
    NothingToDo,
    /// It ended `Rejected`.
    Rejected,
    /// It ended `RolledBack`.
    RolledBack,
    /// It ended `NeedsOperator`.
    NeedsOperator,
}

/// The execution that a state runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionRef {
    /// `$states.context.Execution.Id`.
    pub arn: String,
    /// `$states.context.Execution.Name`.
    pub name: String,
}

/// The execution that works for a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The execution.
    pub execution: ExecutionRef,
    /// The deployment.
    pub deployment: DeploymentId,
    /// The lock's token; 0 without a lock.
    pub token: u64,
}

/// The input of the conductor: what each state that it serves asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum ConductorInput {
    /// Takes in a request.
    Admit {
        /// The execution.
        execution: ExecutionRef,
        /// The execution's input, as it came.
        request: Value,
    },
    /// Stops the deployment that is in the way.
    Preempt(Caller),
    /// Waits for the turn.
    AwaitTurn {
        /// Who waits.
        #[serde(flatten)]
        by: Caller,
        /// The token with which the wait is ended.
        task_token: String,
    },
    /// Ends a deployment that had no turn.
    GiveUp {
        /// Who gave up.
        #[serde(flatten)]
        by: Caller,
        /// What failed, as the machine saw it, such as an error's name; empty if a function recorded the reason itself.
        error: String,
    },
    /// Takes what `Look` has seen for what runs.
    Accept {
        /// Who accepts. The deployment is the one that is stuck.
        #[serde(flatten)]
        by: Caller,
        /// The execution's input, as it came.
        request: Value,
        /// As in `GiveUp`.
        error: String,
    },
    /// Ends a deployment whose waves all passed.
    Settle(Caller),
    /// Chooses what is brought back next.
    Undo {
        /// Who undoes.
        #[serde(flatten)]
        by: Caller,
        /// As in `GiveUp`.
        error: String,
        /// The wave that `UndoChange` brought back last; absent the first time. Only lower waves may be answered.
        /// So each wave is tried once and the undo cannot loop for ever (rule 8), even if a deployer dies without
        /// recording that it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undone: Option<u32>,
    },
    /// Ends a deployment that was undone.
    SettleUndo {
        /// Who undid it.
        #[serde(flatten)]
        by: Caller,
        /// As in `GiveUp`.
        error: String,
    },
}

/// The input of the planner: what each state that it serves asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum PlannerInput {
    /// Looks at what an operator accepts.
    Look(Caller),
    /// Plans without doing.
    Plan(Caller),
    /// Plans, or plans a later wave.
    Prepare {
        /// Who goes on with the plan.
        #[serde(flatten)]
        by: Caller,
        /// The wave that is planned, 0 at first.
        wave: u32,
    },
}

/// The input of the judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum JudgeInput {
    /// Judges a wave.
    Judge {
        /// Who goes on with the judgement.
        #[serde(flatten)]
        by: Caller,
        /// The wave.
        wave: u32,
    },
}

/// The answer of the conductor, the planner and the judge. Every member is always present, so that no expression in the
/// machine fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The word to branch on.
    pub verdict: Word,
    /// The deployment's id, or the text `none`.
    pub deployment: DeploymentId,
    /// The lock's token; 0 without a lock.
    pub token: u64,
    /// The wave that `items` belong to; for `bake`, the wave that is watched, as it was asked.
    pub wave: u32,
    /// The components to change, or to restore, in parallel.
    pub items: Vec<WorkItem>,
    /// The seconds to watch before the next judgement.
    pub seconds: u64,
    /// For the machine's Fail states: a short name.
    pub error: String,
    /// For the machine's Fail states: the text, which the notification carries, too.
    pub cause: String,
}

/// One component to change or to restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// The component.
    pub component: ComponentName,
    /// Its kind, by which the machine looks its function up.
    pub kind: KindName,
    /// The first thing that is done with it: `publish` or `deploy`, or `restore` on the way back.
    pub begin: Word,
}

impl WorkItem {
    /// Returns the items of a wave, for the machine's Map.
    pub fn of_wave(wave: &Wave) -> Vec<Self> {
        let begin = |kind: KindName| {
            if kind.publishes() {
                Word::Publish
            } else {
                Word::Deploy
            }
        };
        let changes = wave.changes.iter();
        changes
            .map(|change| Self {
                component: change.component.clone(),
                kind: change.kind,
                begin: begin(change.kind),
            })
            .collect()
    }

    /// Returns the item with which the undo brings a step back.
    pub fn back(step: &Step) -> Self {
        Self {
            component: step.component.clone(),
            kind: step.kind,
            begin: Word::Restore,
        }
    }
}

/// The input of a kind's functions: the one that deploys it, and the one that publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The lock's token.
    pub token: u64,
    /// The component.
    pub component: ComponentName,
    /// Forward to the goal of this wave, or back to the state before if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
}

/// The answer of a deployer. A failure is data, and the step item tells why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkDone {
    /// The component.
    pub component: ComponentName,
    /// `changed` or `failed`.
    pub verdict: Word,
}
