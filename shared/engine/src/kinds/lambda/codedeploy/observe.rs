//! Reads what CodeDeploy does in the group, and then the function. So what is read of the alias is never older than
//! what is known of the deployment that moves it.

use super::state::{Goal, RequestedMove, Seen};
use super::{CodeDeployed, group_of};
use crate::config::Configured;
use crate::kinds::LookContext;
use crate::kinds::codedeploy::{find, mark, sent};
use crate::kinds::lambda::observe::{KnownVersions, observe};
use crate::kinds::lambda::state::Target;
use crate::ports::{Clock, CodeDeployApi, Deployed, LambdaApi, Result, S3Api};

impl<P: LambdaApi + S3Api + Configured + CodeDeployApi + Clock> CodeDeployed<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let begun = RequestedMove::of(way.changes);
        let group = group_of(target)?;
        let group = (group.application.as_str(), group.group.as_str());
        let asked = begun.as_ref().map(|begun| begun.at);
        let all = find::deployments(&self.at, group, asked).await?;
        let mark = mark(&self.deployment);
        let is_ours = |one: &&Deployed| one.description == mark && one.creator != find::ROLLBACK;
        let ours = all.iter().filter(is_ours).max_by_key(|one| one.created);
        let rollback = match ours {
            Some(ours) => find::rollback(&self.at, ours, &all).await?,
            None => None,
        };
        let events = match ours {
            Some(ours) if ours.status != "Succeeded" => self.at.lifecycle_events(&ours.id).await?.events,
            _ => vec![],
        };
        let own: Vec<&str> = ours.iter().map(|ours| ours.id.as_str()).collect();
        let own = |id: &str| own.contains(&id) || rollback.as_ref().is_some_and(|it| it.id == id);
        let other = all.iter().find(|one| !one.is_over() && !own(&one.id));
        let stops = ours.and_then(|ours| sent(way.changes, "stop", &ours.id));
        let known = KnownVersions::of(way.goal.map(|goal| &goal.of), way.made);
        Ok(Seen {
            now,
            function: observe(&self.at, target, &known).await?,
            begun,
            ours: ours.cloned(),
            other: other.cloned(),
            rollback,
            only_looks: way.goal.is_none(),
            events,
            stops,
        })
    }
}
