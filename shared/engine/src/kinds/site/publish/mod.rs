//! Publishing: everything of a release that visitors cannot notice yet. Additive, and it goes on
//! in a further invocation where it does not fit in one.
//!
//! In place, hashed assets and new keys that are no documents are written, and every other file is
//! read as well: so the list of the release's files is known, and no document is written of an
//! archive of which something is not as declared. With a prefix, the whole folder is written, and
//! hashed assets are copied both ways, because edges switch over minutes.

mod assets;
mod batch;
mod check;
mod copies;
mod documents;
mod upload;

pub use check::check_assets;

use super::archive::{Entry, Limits, check as check_entries, read_directory};
use super::files::Files;
use super::lists::{Handled, Lists};
use super::release::folder_of;
use super::state::State;
use super::target::{Archive, Target};
use super::trouble::Trouble;
use super::{Knowledge, SitePorts};
use crate::ports::{Answered, ObjectId};
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::Progress;

/// What keeps a publish within its rights and its time.
pub trait Fence {
    /// Writes the progress, on the condition that this invocation may still act: before each batch.
    async fn pass(&mut self, progress: Progress) -> Answered<()>;
    /// Whether there is time for another batch.
    fn has_time(&self) -> bool;
}

/// How a publish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// Everything is there.
    All,
    /// It must go on in a further invocation.
    Some,
}

/// One publish.
pub struct Publisher<'a, P> {
    /// The ports at the target's place.
    pub at: &'a P,
    /// The ports at the deployer's own place.
    pub home: &'a P,
    /// The target.
    pub target: &'a Target,
    /// The states before and after.
    pub known: &'a Knowledge,
    /// The deployment.
    pub deployment: &'a DeploymentId,
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Publishes what is left to publish. A recorded goal has nothing to publish but the copies.
    pub async fn publish(&self, fence: &mut impl Fence) -> Result<Published, Trouble> {
        if let (Some(archive), Some(release)) = (&self.target.archive, self.release())
            && self.bring(archive, release, fence).await? == Published::Some
        {
            return Ok(Published::Some);
        }
        match self.folders() {
            Some((from, to)) => self.copy_hashed(&from, &to, fence).await,
            None => Ok(Published::All),
        }
    }

    fn release(&self) -> Option<&Digest> {
        match &self.known.forward.0 {
            State::InPlace(goal) if goal.objects.is_none() => goal.release.as_ref(),
            State::InPlace(_) => None,
            State::Prefix(goal) => goal.release.as_ref(),
        }
    }

    /// With a prefix: the folder of before and the folder of the goal, where they differ.
    fn folders(&self) -> Option<(String, String)> {
        match (&self.known.before.0, &self.known.forward.0) {
            (State::Prefix(before), State::Prefix(goal)) => {
                let (from, to) = (folder_of(&before.origin_path), folder_of(&goal.origin_path));
                (from != to).then_some((from, to))
            }
            _ => None,
        }
    }

    /// Brings what an archive holds, and keeps the list of its files.
    async fn bring(
        &self,
        archive: &Archive,
        release: &Digest,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = self.entries(archive, &object).await?;
        let lists = Lists::of(self.home, self.target);
        let mut handled: BTreeMap<String, Handled> = BTreeMap::new();
        for done in lists.handled(self.deployment).await? {
            handled.insert(done.path.clone(), done);
        }
        let all = self
            .bring_entries(archive, object, &entries, &mut handled, fence)
            .await?;
        if all == Published::Some {
            return Ok(all);
        }
        if let Some(config) = &self.target.site.config
            && !handled.contains_key(&config.path)
        {
            let bytes = super::config_file::config_bytes(config);
            let done = self.handle(&config.path, bytes).await?;
            lists
                .note_handled(self.deployment, std::slice::from_ref(&done))
                .await?;
            handled.insert(done.path.clone(), done);
        }
        let files: Files = handled
            .into_values()
            .map(|done| (done.path, done.file))
            .collect();
        lists.keep_release(release, &files).await?;
        Ok(Published::All)
    }

    /// The files of the archive, in the order in which they lie there. The configuration file
    /// takes the place of one with its path.
    async fn entries(&self, archive: &Archive, object: &ObjectId) -> Result<Vec<Entry>, Trouble> {
        let mut entries = read_directory(self.home, object, archive.bytes).await?;
        let room = super::prepare::room(&self.target.site);
        let limits = Limits::default();
        let findings = check_entries(&archive.key, &entries, archive.bytes, room, &limits);
        if !findings.is_empty() {
            return Err(Trouble::Findings(findings));
        }
        entries.sort_by_key(|entry| entry.offset);
        Ok(entries)
    }

    /// The folder that files are written to.
    fn folder(&self) -> String {
        match &self.known.forward.0 {
            State::InPlace(_) => self.target.site.prefix.clone(),
            State::Prefix(goal) => folder_of(&goal.origin_path),
        }
    }

    fn object(&self, folder: &str, path: &str) -> ObjectId {
        ObjectId {
            bucket: self.target.site.bucket.clone(),
            key: format!("{folder}{path}"),
            version_id: None,
        }
    }
}

/// A file that is neither ours nor what is wanted stands where a new one must go.
fn in_the_way(key: &str) -> Trouble {
    Finding::new(
        FindingName::TargetChangedByOther,
        key,
        "somebody else wrote another object there since the deployment was prepared",
        "find out who wrote it (CloudTrail), delete it, then deploy again",
    )
    .into()
}
