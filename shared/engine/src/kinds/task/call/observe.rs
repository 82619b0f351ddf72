//! Reads what was called: from the ledger, and only the version from Lambda.

use super::state::{CallState, Seen, Target, recorded};
use super::{Call, CallPorts, item};
use crate::kinds::LookContext;
use crate::kinds::task::state::{Direction, Goal};
use crate::ledger;
use crate::ports::Result;

/// The qualifier of a function's code that was not published.
const LATEST: &str = "$LATEST";

impl<P: CallPorts> Call<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let forward = self.side(target, way, Direction::Forward).await?;
        let back = self.side(target, way, Direction::Undo).await?;
        let version = self.version(target, way, &forward).await?;
        let is_done = |side: &CallState| side.ended().is_some_and(|end| end.is_success());
        let done = if is_done(&forward) && !is_done(&back) { Some(target.work.clone()) } else { target.last.clone() };
        Ok(Seen { now, version, forward, back, done })
    }

    async fn side(&self, target: &Target, way: &LookContext<'_, Goal>, direction: Direction) -> Result<CallState> {
        let mut side = recorded(way.changes, direction);
        if !side.starts.is_empty() && side.end.is_none() {
            let key = item(&self.deployment, target, direction);
            let called = ledger::load(&self.home, &key).await?;
            side.called = called.map(|called| called.value);
        }
        Ok(side)
    }

    /// Returns the version that was asked for first. If none was, it is the version to which the alias points now.
    async fn version(&self, target: &Target, way: &LookContext<'_, Goal>, forward: &CallState) -> Result<String> {
        if let Some(start) = forward.starts.first() {
            return Ok(start.version.clone());
        }
        match &target.call.alias {
            Some(alias) if matches!(way.goal, Some(Goal::Run(_))) => {
                let alias = self.at.alias(&target.call.name, alias).await?;
                Ok(alias.version)
            }
            _ => Ok(LATEST.to_owned()),
        }
    }
}
