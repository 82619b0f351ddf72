//! Something that is run once per release, and once more to take that back, whatever runs it: a task of Amazon ECS or a
//! call of a function. This frame is the same for both. `How` has the things with which it is run, and `Side` is one of
//! the two runs, as far as it is known.

use crate::kinds::{Next, Noticed, PrepareInput, View, to_value};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::declaration::kinds::task::{Task as Spec, TaskUndo};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// A component that is run, with everything that was decided at `Prepare`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target<How> {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The work.
    pub work: RunWork,
    /// The command or the call that takes it back; `None` if nobody has said.
    pub undo: Option<TaskUndo>,
    /// True if what came before must not run after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The seconds that it may take.
    pub limit_s: u64,
    /// True if the last lines of its log are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_log: bool,
    /// The work that succeeded last here, before this deployment.
    pub last: Option<RunWork>,
    /// The things with which it is run.
    #[serde(flatten)]
    pub how: How,
}

impl<How> Target<How> {
    /// The target of a component, as it is declared.
    pub(super) fn new(input: &PrepareInput<'_>, spec: &Spec, work: RunWork, last: Option<RunWork>, how: How) -> Self {
        Self {
            app: input.app.clone(),
            environment: input.environment.clone(),
            component: input.component.clone(),
            work,
            undo: spec.undo.clone(),
            irreversible: spec.irreversible,
            limit_s: spec.limit.as_s(),
            show_log: spec.show_log,
            last,
            how,
        }
    }

    /// Returns the work that has succeeded last and was not taken back, by how the two runs ended.
    pub(super) fn done<E: RunEnd>(&self, [forward, back]: [Option<E>; 2]) -> Option<RunWork> {
        let is_done = |end: Option<E>| end.is_some_and(|end| end.is_success());
        if is_done(forward) && !is_done(back) { Some(self.work.clone()) } else { self.last.clone() }
    }
}

/// The work of a task or a call. It is the same work if both fields are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWork {
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
    Run(RunWork),
    /// Everything that this deployment has run is over and taken back. This had succeeded last then.
    Back(Option<RunWork>),
}

/// One of the two runs of a component. Each is made once.
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
pub struct Seen<Code, Side> {
    /// The time at which the look began.
    pub now: Time,
    /// The deployment whose runs they are.
    pub deployment: DeploymentId,
    /// The code that is run: a task definition by ARN, or the version of a function.
    pub code: Code,
    /// The run of the release.
    pub forward: Side,
    /// The run that takes it back.
    pub back: Side,
    /// The work that has succeeded last and was not taken back.
    pub done: Option<RunWork>,
}

impl<Code, Side> Seen<Code, Side> {
    /// Returns what is noticed of it: what was done last. Something makes sure that it is run once.
    pub(super) fn view(&self, shown: String, is_consistent: bool) -> View {
        let value = to_value(&self.done).unwrap_or(Value::Null);
        View { noticed: Noticed { value, shown }, waits_for: None, is_guarded: true, is_consistent }
    }
}

/// The end of a run.
pub(super) trait RunEnd {
    /// Returns whether it did all that it had to.
    fn is_success(&self) -> bool;

    /// Returns whether it may have begun its work.
    fn began(&self) -> bool;
}

/// One of the two runs, on one of the two ways.
pub(super) struct Directed<'a, How, Code, Side> {
    pub target: &'a Target<How>,
    pub seen: &'a Seen<Code, Side>,
    pub direction: Direction,
    pub is_back: bool,
}

/// The part of a run that its sort decides.
pub(super) trait RunSort {
    /// Its end.
    type End: RunEnd;
    /// One change.
    type Change;

    /// Returns how it ended, or what to do until it is run and has ended.
    fn until_its_end(&self) -> Result<Self::End, Next<Self::Change>>;

    /// Returns how it ended, or `None` if it never ran and never will, or what to do until one of them is so.
    fn over(&self) -> Result<Option<Self::End>, Next<Self::Change>>;

    /// The finding for one that has failed.
    fn failed(&self, end: &Self::End) -> Finding;

    /// The finding for an irreversible one that has begun: nothing that came before may run after it.
    fn irreversible(&self, end: &Self::End) -> Finding;
}

impl<'a, How, Code, Side> Directed<'a, How, Code, Side> {
    pub(super) fn side(&self) -> &'a Side {
        match self.direction {
            Direction::Forward => &self.seen.forward,
            Direction::Undo => &self.seen.back,
        }
    }
}

impl<'a, How, Code, Side> Directed<'a, How, Code, Side>
where
    Self: RunSort,
{
    /// Decides what to do next; see [`crate::kinds::Kind::next`]. Back, what was run is followed to its end, and taken
    /// back if it may have begun.
    pub(super) fn next(
        target: &'a Target<How>,
        seen: &'a Seen<Code, Side>,
        goal: &Goal,
    ) -> Next<<Self as RunSort>::Change> {
        let is_back = matches!(goal, Goal::Back(_));
        let forward = Self { target, seen, direction: Direction::Forward, is_back };
        if !is_back {
            return forward.to_success();
        }
        let end = match forward.over() {
            Ok(Some(end)) if end.began() => end,
            Ok(_) => return Next::Done,
            Err(next) => return next,
        };
        if target.irreversible {
            return Next::Failed(forward.irreversible(&end));
        }
        match target.undo {
            None | Some(TaskUndo::None) => Next::Done,
            Some(_) => Self { direction: Direction::Undo, ..forward }.to_success(),
        }
    }

    fn to_success(&self) -> Next<<Self as RunSort>::Change> {
        match self.until_its_end() {
            Ok(end) if end.is_success() => Next::Done,
            Ok(end) => Next::Failed(self.failed(&end)),
            Err(next) => next,
        }
    }
}

/// Returns the name of the one who makes a run, by which it is found again. It is of a deployment, a component and a
/// direction, and never of a try.
pub fn started_by(deployment: &DeploymentId, component: &ComponentName, direction: Direction) -> String {
    format!("windlass/{deployment}/{component}/{}", direction.as_str())
}

/// Returns the family of a component's own task definitions. The roles of Windlass may write and run this family, and
/// no other. No name has an underscore, so no two components have the same family.
pub fn family(of: EnvironmentId<'_>, component: &ComponentName) -> String {
    let (app, environment) = (of.app(), of.environment());
    format!("windlass-{app}_{environment}_{component}")
}
