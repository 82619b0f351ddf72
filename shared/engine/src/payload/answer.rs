//! The answers of the states: each state has its own words, and the machine branches on them.
//!
//! `statemachine/release.asl.json` is the other side; the contract tests hold the two together.

use super::WorkItem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;

/// The words that Choice states branch on. Everything else leads to undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
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
    /// Admit, `GiveBack`: people are to approve its plan; on to `Plan`, which answers the same, then `AwaitTurn`.
    Draw,
    /// Prepare: the plan is not the one that was approved; on to `GiveBack`.
    GiveBack,
    /// Prepare, Judge: change the wave's items; on to `Change`.
    Change,
    /// Judge: the next wave is to be planned first; back to `Prepare`.
    Prepare,
    /// Judge: all waves passed. Prepare: nothing to do or refused. Admit, for a recovery: judged
    /// already. On to `Settle`.
    Settle,
    /// Judge: a gate failed. Prepare: what comes next cannot be planned; the step item says why. On to `Undo`.
    Failed,
    /// Judge: watch on for `seconds`; back to `Bake`.
    Bake,
    /// Undo: bring the items back; on to `UndoChange`.
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

/// The answer of the conductor, the planner and the judge. Every member is always present, so that no expression in the
/// machine fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer<T = Transition> {
    /// The word to branch on.
    pub verdict: T,
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

impl<T> Answer<T> {
    /// Returns an answer with nothing but a word.
    pub fn of(verdict: T, deployment: &DeploymentId, token: u64) -> Self {
        Self {
            verdict,
            deployment: deployment.clone(),
            token,
            wave: 0,
            items: Vec::new(),
            seconds: 0,
            error: String::new(),
            cause: String::new(),
        }
    }

    /// Returns the same answer in the words of a state that has these and others.
    pub fn widened<W: From<T>>(self) -> Answer<W> {
        Answer {
            verdict: self.verdict.into(),
            deployment: self.deployment,
            token: self.token,
            wave: self.wave,
            items: self.items,
            seconds: self.seconds,
            error: self.error,
            cause: self.cause,
        }
    }
}

macro_rules! words {
    ($($(#[$doc:meta])+ $set:ident { $($word:ident),+ $(,)? })+) => { $(
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $set {
            $(#[doc = concat!("As [`Transition::", stringify!($word), "`].")] $word,)+
        }

        impl $set {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word),+];
        }

        impl From<$set> for Transition {
            fn from(word: $set) -> Self {
                match word {
                    $($set::$word => Self::$word,)+
                }
            }
        }
    )+ };
}

words! {
    /// The words that `Admit` may answer.
    AdmitTransition {
        Go, Wait, Preempt, Undo, Settle, Look, Plan, Draw, Succeeded, NothingToDo, Rejected, RolledBack, NeedsOperator,
    }
    /// The words that `Preempt` and `AwaitTurn` may answer.
    WaitTransition { Wait }
    /// The words that `Look` may answer.
    LookTransition { Look }
    /// The words that `Plan` may answer.
    PlanTransition { Plan, Draw }
    /// The words that `GiveBack` may answer.
    GiveBackTransition { Draw }
    /// The words that `Prepare` may answer.
    PrepareTransition { Change, Settle, Failed, GiveBack }
    /// The words that `Judge` may answer.
    JudgeTransition { Bake, Change, Prepare, Settle, Failed }
    /// The words that `Undo` may answer.
    UndoTransition { Restore, SettleUndo }
    /// The words of the states that end an execution: `GiveUp`, `Accept`, `Settle` and `SettleUndo`.
    EndTransition { Succeeded, NothingToDo, Rejected, RolledBack, NeedsOperator }
}

impl From<Ending> for EndTransition {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Succeeded => Self::Succeeded,
            Ending::NothingToDo => Self::NothingToDo,
            Ending::Rejected => Self::Rejected,
            Ending::RolledBack => Self::RolledBack,
            Ending::NeedsOperator => Self::NeedsOperator,
        }
    }
}

impl From<EndTransition> for AdmitTransition {
    fn from(word: EndTransition) -> Self {
        match word {
            EndTransition::Succeeded => Self::Succeeded,
            EndTransition::NothingToDo => Self::NothingToDo,
            EndTransition::Rejected => Self::Rejected,
            EndTransition::RolledBack => Self::RolledBack,
            EndTransition::NeedsOperator => Self::NeedsOperator,
        }
    }
}
