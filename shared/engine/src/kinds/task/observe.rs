//! Reads what was run: first from the ledger, and from ECS if the ledger does not know the end.

use super::state::{Direction, Goal, Seen, Target, TaskState, recorded, registered, started_by};
use super::{DEPLOYMENT_TAG, Task};
use crate::kinds::LookContext;
use crate::ports::{Clock, EcsApi, EcsTasksApi, Result};
use windlass_domain::fault::FaultName;

/// The number of the family's newest task definitions among which the one of this deployment is looked for if its
/// answer was lost.
const LOOK_BACK: u32 = 5;

impl<P: EcsApi + EcsTasksApi + Clock> Task<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let mut forward = recorded(way.changes, Direction::Forward);
        let mut back = recorded(way.changes, Direction::Undo);
        if forward.is_open() || back.is_open() {
            let answered = [&forward, &back].map(|side| side.sent.as_ref()?.answered.as_ref());
            let answered = answered.into_iter().flatten();
            let known: Vec<String> = answered.map(|(task, _)| task.clone()).collect();
            let runs = self.at.runs(&target.cluster, &target.family, &known);
            let runs = runs.await?;
            let find = |direction| {
                let by = started_by(&self.deployment, &target.component, direction);
                runs.iter().find(|run| run.started_by == by).cloned()
            };
            forward.run = find(Direction::Forward);
            back.run = find(Direction::Undo);
        }
        let definition = self.definition(target, way, &forward).await?;
        let is_done = |side: &TaskState| {
            let end = side.ended(target);
            end.is_some_and(|end| end.is_success())
        };
        let done = if is_done(&forward) && !is_done(&back) { Some(target.work.clone()) } else { target.last.clone() };
        Ok(Seen { now, deployment: self.deployment.clone(), definition, forward, back, done })
    }

    /// Returns the task definition of this deployment: that of the task that was asked for, or the one that is
    /// recorded, or, if the answer was lost, the one with its tag.
    async fn definition(
        &self,
        target: &Target,
        way: &LookContext<'_, Goal>,
        forward: &TaskState,
    ) -> Result<Option<String>> {
        let sent = forward.sent.as_ref().map(|sent| sent.definition.as_str());
        if let Some(known) = sent.or_else(|| registered(way.changes)) {
            return Ok(Some(known.to_owned()));
        }
        if !matches!(way.goal, Some(Goal::Run(_))) {
            return Ok(None);
        }
        let arns = self.at.task_definitions(&target.family, LOOK_BACK).await?;
        for arn in arns {
            match self.at.task_definition(&arn).await {
                Ok(found) if found.tags.get(DEPLOYMENT_TAG) == Some(&self.deployment.0) => {
                    return Ok(Some(arn));
                }
                Ok(_) => {}
                Err(fault) if fault.name == FaultName::NotFound => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }
}
