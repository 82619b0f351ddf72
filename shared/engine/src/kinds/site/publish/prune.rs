//! Deletes what former deployments left and no rollback needs any more: folders of releases, lists, and
//! notes. Files of a site in place are no part of it: the switch deletes those (`left.rs`). Harmless when late, as all
//! that is additive: a folder belongs to one deployment, its note says, behind the fence, that it is being deleted
//! before the first file goes, and each batch is fenced after that; whoever goes back to a folder looks at its note,
//! having the lock. What is not done is done by the next deployment.

use crate::kinds::site::calls::Patience;
use crate::kinds::site::folders::{Folder, Note};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::publish::{Fence, Publisher};
use crate::kinds::site::state::State;
use crate::kinds::site::{SitePorts, calls};
use crate::ports::{Answered, Listed, Objects, Replaces};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::digest::Digest;
use windlass_domain::environment::Running;
use windlass_domain::fault::Fault;
use windlass_domain::time::Time;

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
#[derive(Default)]
struct Needed {
    folders: BTreeSet<String>,
    releases: BTreeSet<Digest>,
    /// Lists of what is at each key, and of what is left.
    lists: BTreeSet<Digest>,
    deployments: BTreeSet<String>,
    /// Since when what runs does: what was noted since then is of deployments that were undone, which
    /// the next one's `Prepare` reads.
    since: Option<Time>,
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

impl Needed {
    fn need(&mut self, state: &State) {
        match state {
            State::Prefix(state) => {
                self.folders.insert(state.folder_name().to_owned());
                self.releases.extend(state.release.clone());
            }
            State::InPlace(state) => {
                self.lists.extend(state.objects.clone());
                self.lists.extend(state.left.clone());
                self.releases.extend(state.release.clone());
            }
        }
    }
}

impl<P: SitePorts> Publisher<'_, P> {
    /// Prunes, within its share; `kept` is what a rollback may go back to, `shown` are further states
    /// whose lists are looked at. Answers a warning where something could not be deleted; that stops no
    /// deployment.
    pub async fn prune(
        &self,
        kept: &[Running],
        shown: &[&Value],
        fence: &mut impl Fence,
    ) -> Answered<Option<String>> {
        let mut share = ROUNDS;
        let needed = self.needed(kept, shown);
        match self.prune_all(&needed, fence, &mut share).await {
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
        needed: &Needed,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        self.prune_notes(needed, fence, share).await?;
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
        match self.known.forward.0 {
            State::InPlace(_) => self.prune_lists(needed, fence, share).await,
            // Its lists go with their folders.
            State::Prefix(_) => Ok(()),
        }
    }

    fn needed(&self, kept: &[Running], shown: &[&Value]) -> Needed {
        let deployments = kept.iter().map(|running| running.deployment.to_string());
        let mut needed = Needed {
            deployments: deployments.chain([self.deployment.to_string()]).collect(),
            since: kept.iter().map(|running| running.since).max(),
            ..Needed::default()
        };
        needed.need(&self.known.before.0);
        needed.need(&self.known.forward.0);
        let recorded = kept.iter().map(|running| &running.state["goal"]);
        for state in recorded.chain(shown.iter().copied()) {
            if let Ok(state) = State::deserialize(state) {
                needed.need(&state);
            }
        }
        needed
    }

    /// In place each release has a list of its files, and each state one of what is at each key.
    async fn prune_lists(
        &self,
        needed: &Needed,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let bucket = &self.home.config().artifacts_bucket;
        let folder = Lists::of(self.home, self.target).folder;
        let kinds = [
            ("objects-", &needed.lists),
            ("left-", &needed.lists),
            ("release-", &needed.releases),
        ];
        for (kind, named) in kinds {
            let under = format!("{folder}{kind}");
            let is_needed = |listed: &Listed| {
                let name = listed.key[under.len()..].trim_end_matches(".json");
                let new = self.home.now().ms_since(listed.modified) < FILLING_MS;
                new || Digest::parse(name).is_ok_and(|digest| named.contains(&digest))
            };
            let files = (bucket.as_str(), under.as_str());
            self.delete_under(self.home, files, &is_needed, fence, share)
                .await?;
        }
        Ok(())
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
        let is_needed = |listed: &Listed| {
            let key = &listed.key[under.len()..];
            let deployment = key.split('/').next().unwrap_or_default();
            let unread = needed.since.is_none_or(|since| listed.modified >= since);
            unread || needed.deployments.contains(deployment)
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
        // Who has lost the lock must not say so of a folder that the next owner may need.
        self.pass(fence).await.map_err(Stop::Fence)?;
        folder.pruning = true;
        lists.write(&note.key, &folder, Replaces::Anything).await?;
        let files = (self.target.site.bucket.as_str(), folder.under.as_str());
        self.delete_under(self.at, files, &|_| false, fence, share)
            .await?;
        self.pass(fence).await.map_err(Stop::Fence)?;
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
        is_needed: &impl Fn(&Listed) -> bool,
        fence: &mut impl Fence,
        share: &mut u32,
    ) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let (listed, next) = listed(ports, bucket, under, after).await?;
            let needless = listed.into_iter().filter(|listed| !is_needed(listed));
            let keys: Vec<String> = needless.map(|listed| listed.key).collect();
            if !keys.is_empty() {
                // After the note and the listing: nobody else has had the lock since.
                self.pass(fence).await.map_err(Stop::Fence)?;
            }
            let calls: Vec<&[String]> = keys.chunks(CALL).collect();
            let (_, fault) = calls::all(ports, &self.pace, Patience::Long, &calls, |keys| {
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

/// The objects of some pages, and where the next one begins.
async fn listed<P: Objects>(
    ports: &P,
    bucket: &str,
    under: &str,
    mut after: Option<String>,
) -> Answered<(Vec<Listed>, Option<String>)> {
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
