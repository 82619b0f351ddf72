//! Reads the deployed version, the deployment that is under way, and the versions.

use super::state::{Document, Goal, LabeledVersion, Seen, Target, stopped_by};
use super::{Appconfig, label};
use crate::config::Configured;
use crate::kinds::LookContext;
use crate::ports::{AppConfigApi, Clock, Result, Rollout, RolloutDetail, S3Api};
use windlass_domain::digest::Digest;

impl<P: AppConfigApi + S3Api + Configured + Clock> Appconfig<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let rollouts = self.rollouts(target).await?;
        let (told, stopped) = match &way.sent {
            Some(sent) => (self.told(target, &rollouts).await?, stopped_by(&sent.change)),
            None => (None, None),
        };
        let is_to_be_made = way.goal.is_some_and(|goal| {
            let live = goal.live.as_ref();
            live.is_some_and(|live| live.version.is_none())
        });
        let (made, newest_version) = match &target.document {
            Some(document) if is_to_be_made => self.made(target, document, way.made).await?,
            _ => (None, 0),
        };
        Ok(Seen {
            now,
            profile: target.profile.clone(),
            rollouts,
            made,
            newest_version,
            told,
            stopped,
            mark: self.mark(),
        })
    }

    /// Returns the environment's deployments, newest first. It reads no further back than to the one that this
    /// profile's callers would get if the live one were taken back.
    pub(super) async fn rollouts(&self, target: &Target) -> Result<Vec<Rollout>> {
        let mut rollouts: Vec<Rollout> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let (application, environment) = (&target.application, &target.environment);
            let asked = self.at.rollouts(application, environment, next.as_deref());
            let (page, more) = asked.await?;
            rollouts.extend(page);
            let stand = rollouts.iter().filter(|rollout| rollout.profile == target.profile && rollout.stands());
            next = more;
            if next.is_none() || stand.count() >= 2 {
                break;
            }
        }
        rollouts.sort_by_key(|rollout| std::cmp::Reverse(rollout.number));
        Ok(rollouts)
    }

    /// Returns what the profile's newest deployment tells of itself.
    async fn told(&self, target: &Target, rollouts: &[Rollout]) -> Result<Option<RolloutDetail>> {
        let mut own = rollouts.iter().filter(|rollout| rollout.profile == target.profile);
        let Some(newest) = own.next() else {
            return Ok(None);
        };
        let (application, environment) = (&target.application, &target.environment);
        let told = self.at.rollout(application, environment, newest.number);
        told.await.map(Some)
    }

    /// Returns the version of the document, and the number of the newest version. A label is no proof: if AppConfig
    /// returns a content as it was stored, the content is compared.
    async fn made(
        &self,
        target: &Target,
        document: &Document,
        noted: Option<&str>,
    ) -> Result<(Option<LabeledVersion>, u32)> {
        let (application, profile) = (&target.application, &target.profile);
        let versions = self.at.versions(application, profile).await?;
        let newest = versions.iter().map(|version| version.number).max();
        let label = label(document.deployed());
        let noted = noted.and_then(|noted| noted.parse().ok());
        let labelled = versions.iter().filter(|version| version.label.as_deref() == Some(label.as_str()));
        let Some(number) = labelled.map(|version| version.number).max().or(noted) else {
            return Ok((None, newest.unwrap_or(0)));
        };
        let is_other = target.is_verbatim && {
            let known = self.compared.get();
            match known {
                Some((compared, is_other)) if compared == number => is_other,
                _ => {
                    let content = self.at.content(application, profile, number).await?;
                    let is_other = Digest::of(&content) != *document.deployed();
                    self.compared.set(Some((number, is_other)));
                    is_other
                }
            }
        };
        let made = LabeledVersion { version: number.to_string(), is_other };
        Ok((Some(made), newest.unwrap_or(0).max(number)))
    }
}
