//! Deletes what former deployments left and no rollback needs any more: folders of releases, lists, and
//! notes. Files of a site in place are no part of it: the switch deletes those. Harmless when late, as all
//! that is additive: a folder belongs to one deployment, its note says, behind the checkpoint, that it is being deleted
//! before the first file goes, and each batch is fenced after that; whoever goes back to a folder looks at its note,
//! having the lock. What is not done is done by the next deployment. A folder that a distribution points at stays, and
//! where nobody knows which one does, nothing is deleted.

use super::Publisher;
use crate::kinds::site::bucket_distributions::{NotKnown, OnBucket, distributions_of};
use crate::kinds::site::calls::{self, CallPatience, SitePorts};
use crate::kinds::site::prefix::{MadeFolder, Note};
use crate::kinds::site::prepare::scene::RecordedSite;
use crate::kinds::{Checkpoint, PastReleases};
use crate::ports::{Listed, Replaces, Result, S3Api};
use serde::Deserialize;
use std::collections::BTreeSet;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;

/// The keys that one call deletes (Amazon S3 API Reference, `DeleteObjects`).
const CALL: usize = 1000;

/// The pages that are listed, and so at most the calls that are made, between two looks at the fence.
const CALLS: usize = 16;

/// The most rounds of one invocation.
const ROUNDS: u32 = 16;

/// The milliseconds for which a folder is left alone after it was filled. Whoever fills it has ended by then.
const FILLING_MS: u64 = 60 * 60 * 1000;

/// Everything that is still needed.
#[derive(Default)]
struct Needed {
    folders: BTreeSet<String>,
    releases: BTreeSet<Digest>,
    /// The lists that are kept by their content: of the objects, and of what is left.
    kept: BTreeSet<Digest>,
    deployments: BTreeSet<String>,
    /// The time since which the running release runs. Notes since then are of deployments that were undone. The next
    /// deployment's `Prepare` reads them.
    since: Option<Time>,
}

/// The reason why it does not go on.
enum Stop {
    /// This invocation may not act any more, or the ledger does not answer.
    Checkpoint(Fault),
    /// It has done its share.
    Share,
    /// S3 refuses, or does not answer.
    Store(Fault),
    /// Nobody knows which folders distributions point at.
    NotKnown(NotKnown),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Store(fault)
    }
}

impl Needed {
    fn need(&mut self, state: RecordedSite) {
        match state {
            RecordedSite::Prefix(state) => {
                self.folders.insert(state.folder_name().to_owned());
                self.releases.extend(state.release);
            }
            RecordedSite::InPlace(state) => {
                self.kept.extend(state.objects);
                self.kept.extend(state.left);
                self.releases.extend(state.release);
            }
        }
    }
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Prunes, within its share, what is not of the `past` that a rollback may need. Returns a warning if something
    /// could not be deleted; that stops no deployment.
    pub async fn prune(&self, past: &PastReleases, checkpoint: &mut impl Checkpoint) -> Result<Option<String>> {
        let mut share = ROUNDS;
        let needed = self.needed(past);
        match self.prune_all(&needed, checkpoint, &mut share).await {
            Ok(()) | Err(Stop::Share) => Ok(None),
            Err(Stop::Checkpoint(fault)) => Err(fault),
            Err(Stop::Store(fault)) => Ok(Some(format!(
                "what former deployments left could not be deleted, the next one tries again: {}",
                fault.message
            ))),
            Err(Stop::NotKnown(why)) => Ok(Some(format!(
                "nothing that former deployments left is deleted, because a distribution may point at it: {}; {}",
                why.in_words(),
                why.remedy()
            ))),
        }
    }

    async fn prune_all(&self, needed: &Needed, checkpoint: &mut impl Checkpoint, share: &mut u32) -> Result<(), Stop> {
        let bucket = &self.target.site.bucket;
        let mut notes = self.lists().folder_notes(bucket).await?;
        notes.retain(|note| !needed.folders.contains(&note.name));
        let on_bucket =
            if notes.is_empty() { vec![] } else { distributions_of(self.at, bucket).await.map_err(Stop::NotKnown)? };
        self.prune_notes(needed, checkpoint, share).await?;
        for note in &notes {
            self.prune_folder(note, &on_bucket, checkpoint, share).await?;
        }
        self.prune_releases(needed, checkpoint, share).await?;
        let lists = self.lists();
        lists
            .kept
            .prune(&needed.kept, async || {
                if !checkpoint.has_time() {
                    return Err(Stop::Share);
                }
                self.pass(checkpoint).await.map_err(Stop::Checkpoint)
            })
            .await
    }

    /// Returns what the states name that are still needed.
    fn needed(&self, past: &PastReleases) -> Needed {
        let deployments = past.kept.iter().map(|running| &running.names.brought.deployment);
        let deployments = deployments.chain([&self.step.deployment]);
        let mut needed = Needed {
            deployments: deployments.map(ToString::to_string).collect(),
            since: past.kept.iter().map(|running| running.names.brought.since).max(),
            ..Needed::default()
        };
        for state in past.states(self.step) {
            if let Ok(state) = RecordedSite::deserialize(state) {
                needed.need(state);
            }
        }
        needed
    }

    /// Deletes lists of the files of releases.
    async fn prune_releases(
        &self,
        needed: &Needed,
        checkpoint: &mut impl Checkpoint,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let under = format!("{}release-", self.lists().folder);
        let is_needed = |listed: &Listed| {
            let name = listed.key[under.len()..].trim_end_matches(".json");
            let new = self.home.now().ms_since(listed.modified) < FILLING_MS;
            new || Digest::parse(name).is_ok_and(|digest| needed.releases.contains(&digest))
        };
        let files = (self.home.config().artifacts_bucket.as_str(), under.as_str());
        self.delete_under(self.home, files, &is_needed, checkpoint, share).await
    }

    /// Deletes the notes, file by file, that invocations of ended deployments have written.
    async fn prune_notes(
        &self,
        needed: &Needed,
        checkpoint: &mut impl Checkpoint,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let under = format!("{}handled/", self.lists().folder);
        let bucket = &self.home.config().artifacts_bucket;
        let is_needed = |listed: &Listed| {
            let deployment = listed.key[under.len()..].split('/').next().unwrap_or_default();
            let unread = needed.since.is_none_or(|since| listed.modified >= since);
            unread || needed.deployments.contains(deployment)
        };
        self.delete_under(self.home, (bucket, &under), &is_needed, checkpoint, share).await
    }

    /// Deletes a folder, unless a distribution of those on the bucket points into it.
    async fn prune_folder(
        &self,
        note: &Note,
        on_bucket: &[OnBucket],
        checkpoint: &mut impl Checkpoint,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let lists = self.lists();
        let Some(mut folder) = lists.read::<MadeFolder>(&note.key).await? else { return Ok(()) };
        let is_of_note = folder.under.strip_suffix('/').is_some_and(|path| {
            path.strip_suffix(&note.name).is_some_and(|above| above.is_empty() || above.ends_with('/'))
        });
        let is_pointed_at = on_bucket.iter().any(|it| it.points_into(&folder.under));
        if !is_of_note || is_pointed_at || self.home.now().ms_since(folder.filled) < FILLING_MS {
            return Ok(());
        }
        // Who has lost the lock must not say so of a folder that the next owner may need.
        self.pass(checkpoint).await.map_err(Stop::Checkpoint)?;
        folder.pruning = true;
        lists.write(&note.key, &folder, Replaces::Anything).await?;
        let files = (self.target.site.bucket.as_str(), folder.under.as_str());
        self.delete_under(self.at, files, &|_| false, checkpoint, share).await?;
        self.pass(checkpoint).await.map_err(Stop::Checkpoint)?;
        let keys = lists.lists_of_folder(&note.name);
        let home = &self.home.config().artifacts_bucket;
        self.home.delete_all(home, &keys).await?;
        // The note is deleted last, because the others are found by it.
        self.home.delete_all(home, std::slice::from_ref(&note.key)).await?;
        Ok(())
    }

    /// Deletes what is under a key of a bucket and is not needed.
    async fn delete_under(
        &self,
        ports: &P,
        (bucket, under): (&str, &str),
        is_needed: &impl Fn(&Listed) -> bool,
        checkpoint: &mut impl Checkpoint,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let (listed, next) = listed(ports, bucket, under, after).await?;
            let keys: Vec<String> =
                listed.into_iter().filter(|listed| !is_needed(listed)).map(|listed| listed.key).collect();
            if !keys.is_empty() {
                // After the note and the listing: nobody else has had the lock since.
                self.pass(checkpoint).await.map_err(Stop::Checkpoint)?;
            }
            let calls: Vec<&[String]> = keys.chunks(CALL).collect();
            let (_, fault) =
                calls::all(ports, &self.pace, CallPatience::Long, &calls, |keys| ports.delete_all(bucket, keys)).await;
            fault.map_or(Ok(()), |fault| Err(Stop::Store(fault)))?;
            if next.is_none() {
                return Ok(());
            }
            *share = share.saturating_sub(1);
            if *share == 0 || !checkpoint.has_time() {
                return Err(Stop::Share);
            }
            after = next;
        }
    }
}

/// The objects of some pages, and where the next one begins.
async fn listed(
    ports: &impl S3Api,
    bucket: &str,
    under: &str,
    mut after: Option<String>,
) -> Result<(Vec<Listed>, Option<String>)> {
    let mut objects = Vec::new();
    for _ in 0..CALLS {
        let page = ports.list(bucket, under, after).await?;
        objects.extend(page.objects);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok((objects, after))
}
