//! A site's part in `Publish`.

use super::publish::{Published, Publisher};
use super::{Site, SitePorts, Target};
use crate::kinds::{Fence, Publication, Publishes, Trouble};
use windlass_domain::identity::DeploymentId;

impl<P: SitePorts> Publishes for Site<P> {
    async fn publish(
        &self,
        target: &Target,
        deployment: &DeploymentId,
        fence: &mut impl Fence,
    ) -> Result<Publication, Trouble> {
        let publisher = Publisher::new(&self.at, &self.home, target, &self.known, deployment);
        if publisher.publish(fence).await? == Published::Some {
            return Ok(Publication::Part);
        }
        let mut warnings: Vec<String> = publisher.uncopied().into_iter().collect();
        if target.archive.is_some() {
            // Not in a rollback's way.
            let past = fence.past(target.site.keep).await?;
            let states = past.newest.iter().flat_map(|step| {
                let goals = step.goals.values();
                goals.chain([&step.before["goal"]])
            });
            let shown: Vec<_> = states.collect();
            warnings.extend(publisher.prune(&past.kept, &shown, fence).await?);
        }
        Ok(Publication::Whole(warnings))
    }
}
