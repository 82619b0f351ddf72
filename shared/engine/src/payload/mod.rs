//! The messages between the release machine and its functions. They carry ids, not documents.
//!
//! `statemachine/release.asl.json` is the other side; the contract tests hold the two together.

mod answer;

pub use answer::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::declaration::plan::{KindName, Wave};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;

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
pub struct CallingExecution {
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
    Preempt(CallingExecution),
    /// Waits for the turn.
    AwaitTurn {
        /// The caller that waits.
        #[serde(flatten)]
        by: CallingExecution,
        /// The token with which the wait is ended.
        task_token: String,
    },
    /// Ends a deployment that had no turn.
    GiveUp {
        /// The caller that gave up.
        #[serde(flatten)]
        by: CallingExecution,
        /// The failure as the machine saw it, such as an error's name; empty if a function recorded the reason itself.
        error: String,
    },
    /// Frees the lock of a deployment whose plan is not the one that was approved.
    GiveBack(CallingExecution),
    /// Takes what `Look` has seen for what runs.
    Accept {
        /// The caller that accepts. The deployment is the one that is stuck.
        #[serde(flatten)]
        by: CallingExecution,
        /// The execution's input, as it came.
        request: Value,
        /// As in `GiveUp`.
        error: String,
    },
    /// Ends a deployment whose waves all passed.
    Settle(CallingExecution),
    /// Chooses what is brought back next.
    Undo {
        /// The caller that undoes.
        #[serde(flatten)]
        by: CallingExecution,
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
        /// The caller that undid it.
        #[serde(flatten)]
        by: CallingExecution,
        /// As in `GiveUp`.
        error: String,
    },
}

/// The input of the planner: what each state that it serves asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum PlannerInput {
    /// Looks at what an operator accepts.
    Look(CallingExecution),
    /// Plans without doing.
    Plan(CallingExecution),
    /// Plans, or plans a later wave.
    Prepare {
        /// The caller that goes on with the plan.
        #[serde(flatten)]
        by: CallingExecution,
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
        /// The caller that goes on with the judgement.
        #[serde(flatten)]
        by: CallingExecution,
        /// The wave.
        wave: u32,
    },
}

/// The first state of an item within its Map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstItemState {
    /// The publishing of its files comes first.
    Publish,
    /// Nothing is published before its change.
    Deploy,
    /// It is brought back.
    Restore,
}

/// One component to change or to restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// The component.
    pub component: ComponentName,
    /// Its kind, by which the machine looks its function up.
    pub kind: KindName,
    /// The first thing that is done with it.
    pub begin: FirstItemState,
}

impl WorkItem {
    /// Returns the items of a wave, for the machine's Map.
    pub fn of_wave(wave: &Wave) -> Vec<Self> {
        let begin = |kind: KindName| {
            if kind.publishes() { FirstItemState::Publish } else { FirstItemState::Deploy }
        };
        let changes = wave.changes.iter();
        changes
            .map(|change| Self { component: change.component.clone(), kind: change.kind, begin: begin(change.kind) })
            .collect()
    }

    /// Returns the item with which the undo brings a step back.
    pub fn back(step: &Step) -> Self {
        Self { component: step.component.clone(), kind: step.kind, begin: FirstItemState::Restore }
    }
}

/// The step that a deployer or a publisher works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The lock's token.
    pub token: u64,
    /// The component.
    pub component: ComponentName,
}

/// The input of a kind's deployer: what each state that it serves asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum DeployerInput {
    /// Drives the component to the goal of a wave.
    Deploy {
        /// The step.
        #[serde(flatten)]
        of: StepRef,
        /// The wave.
        wave: u32,
    },
    /// Brings the component back to the state before.
    Restore(StepRef),
}

/// The input of a kind's publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub enum PublisherInput {
    /// Publishes what callers do not notice yet.
    Publish {
        /// The step.
        #[serde(flatten)]
        of: StepRef,
        /// The wave.
        wave: u32,
    },
}

/// The answer of a deployer or a publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkTransition {
    /// The wave's goal is reached.
    Changed,
    /// It failed; the step item says why.
    Failed,
}

/// The answer of a deployer. A failure is data, and the step item says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkDone {
    /// The component.
    pub component: ComponentName,
    /// The word that says whether the goal is reached.
    pub verdict: WorkTransition,
}
