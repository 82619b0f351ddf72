//! Deletes what former deployments left and no rollback needs any more: folders of releases with their
//! lists, and notes. Harmless when late, as all that is additive: a folder belongs to one deployment, its
//! note says that it is being deleted before the first file goes, and each batch is fenced after that;
//! whoever goes back to a folder looks at its note, having the lock. What is not done is done by the next deployment.

use super::{Fence, Publisher};
use crate::kinds::site::SitePorts;
use crate::kinds::site::folders::{Folder, Note};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::state::{Prefix, State};
use crate::ports::{Answered, Objects, Replaces};
use serde::Deserialize;
use std::collections::BTreeSet;
use windlass_domain::digest::Digest;
use windlass_domain::environment::Running;
use windlass_domain::fault::Fault;

/// How many keys one call deletes (Amazon S3 API Reference, `DeleteObjects`).
const CALL: usize = 1000;

/// How many calls are made between two looks at the fence.
const CALLS: usize = 16;

/// How many such rounds one invocation makes at most.
const ROUNDS: u32 = 16;

/// How long a folder is left alone after it was filled, in milliseconds: whoever fills it has ended
/// by then.
const FILLING_MS: u64 = 60 * 60 * 1000;

/// What is needed still.
struct Needed {
    folders: BTreeSet<String>,
    releases: BTreeSet<Digest>,
    deployments: BTreeSet<String>,
}

/// Why it does not go on.
enum Stop {
    /// This invocation may not act any more, or the ledger does not answer.
    Fence(Fault),
    /// It has done its share.
    Share,
    /// S3 refuses, or does not answer.
    Store(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Store(fault)
    }
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Prunes, within its share; `kept` is what a rollback may go back to. Answers a warning where
    /// something could not be deleted; that stops no deployment.
    pub async fn prune(
        &self,
        kept: &[Running],
        fence: &mut impl Fence,
    ) -> Answered<Option<String>> {
        let mut share = ROUNDS;
        match self.prune_all(kept, fence, &mut share).await {
            Ok(()) | Err(Stop::Share) => Ok(None),
            Err(Stop::Fence(fault)) => Err(fault),
            Err(Stop::Store(fault)) => Ok(Some(format!(
                "what former deployments left could not be deleted, the next one tries again: {}",
                fault.message
            ))),
        }
    }

    async fn prune_all(
        &self,
        kept: &[Running],
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let needed = self.needed(kept);
        self.prune_notes(&needed, fence, share).await?;
        let bucket = &self.target.site.bucket;
        let notes = Lists::of(self.home, self.target)
            .folder_notes(bucket)
            .await?;
        for note in &notes {
            if !needed.folders.contains(&note.name) {
                let others = notes.iter().filter(|other| other.key != note.key);
                let shared = others
                    .into_iter()
                    .any(|other| other.release == note.release)
                    || needed.releases.contains(&note.release);
                self.prune_folder(note, shared, fence, share).await?;
            }
        }
        Ok(())
    }

    fn needed(&self, kept: &[Running]) -> Needed {
        let mut needed = Needed {
            folders: BTreeSet::new(),
            releases: BTreeSet::new(),
            deployments: [self.deployment.to_string()].into(),
        };
        let mut need = |state: &Prefix| {
            needed.folders.insert(state.folder_name().to_owned());
            needed.releases.extend(state.release.clone());
        };
        for state in [&self.known.before.0, &self.known.forward.0] {
            if let State::Prefix(state) = state {
                need(state);
            }
        }
        for running in kept {
            if let Ok(State::Prefix(state)) = State::deserialize(&running.state) {
                need(&state);
            }
            needed.deployments.insert(running.deployment.to_string());
        }
        needed
    }

    /// What was noted file by file for the invocations of deployments that have ended.
    async fn prune_notes(
        &self,
        needed: &Needed,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let lists = Lists::of(self.home, self.target);
        let under = format!("{}handled/", lists.folder);
        let bucket = &self.home.config().artifacts_bucket;
        let is_needed = |key: &str| {
            let deployment = key[under.len()..].split('/').next().unwrap_or_default();
            needed.deployments.contains(deployment)
        };
        self.delete_under(self.home, (bucket, &under), &is_needed, fence, share)
            .await
    }

    async fn prune_folder(
        &self,
        note: &Note,
        shared: bool,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let lists = Lists::of(self.home, self.target);
        let Some(mut folder) = lists.read::<Folder>(&note.key).await? else {
            return Ok(());
        };
        let is_of_note = folder.under.strip_suffix('/').is_some_and(|path| {
            path.strip_suffix(&note.name)
                .is_some_and(|above| above.is_empty() || above.ends_with('/'))
        });
        if !is_of_note || self.home.now().ms_since(folder.filled) < FILLING_MS {
            return Ok(());
        }
        folder.pruning = true;
        lists.write(&note.key, &folder, Replaces::Anything).await?;
        let files = (self.target.site.bucket.as_str(), folder.under.as_str());
        self.delete_under(self.at, files, &|_| false, fence, share)
            .await?;
        fence.pass(self.progress()).await.map_err(Stop::Fence)?;
        let mut keys = vec![lists.folder_key(&note.name), lists.carried_key(&note.name)];
        keys.extend((!shared).then(|| lists.release_key(&note.release)));
        let home = &self.home.config().artifacts_bucket;
        self.home.delete_all(home, &keys).await?;
        // Last: it is what finds the others.
        self.home
            .delete_all(home, std::slice::from_ref(&note.key))
            .await?;
        Ok(())
    }

    /// Deletes what is under a key of a bucket and not needed.
    async fn delete_under(
        &self,
        ports: &P,
        (bucket, under): (&str, &str),
        is_needed: &impl Fn(&str) -> bool,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let (keys, next) = listed(ports, bucket, under, after).await?;
            let keys: Vec<String> = keys.into_iter().filter(|key| !is_needed(key)).collect();
            if !keys.is_empty() {
                // After the note and the listing: nobody else has had the lock since.
                fence.pass(self.progress()).await.map_err(Stop::Fence)?;
            }
            let calls: Vec<&[String]> = keys.chunks(CALL).collect();
            let (_, fault) = many::all(ports, &self.pace, Patience::Long, &calls, |keys| {
                ports.delete_all(bucket, keys)
            })
            .await;
            fault.map_or(Ok(()), |fault| Err(Stop::Store(fault)))?;
            if next.is_none() {
                return Ok(());
            }
            *share = share.saturating_sub(1);
            if *share == 0 || !fence.has_time() {
                return Err(Stop::Share);
            }
            after = next;
        }
    }
}

/// The keys of some pages, and where the next one begins.
async fn listed<P: Objects>(
    ports: &P,
    bucket: &str,
    under: &str,
    mut after: Option<String>,
) -> Answered<(Vec<String>, Option<String>)> {
    let mut keys = Vec::new();
    for _ in 0..CALLS {
        let page = ports.list(bucket, under, after).await?;
        keys.extend(page.objects.into_iter().map(|listed| listed.key));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok((keys, after))
}
