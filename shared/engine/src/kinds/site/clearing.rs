//! Finds what an undone release brought newly, and what of it goes with the undo: the files that no page, script or
//! style of the release names (decision 0604). No page that is open can ask for them, so visitors notice nothing; but
//! whoever knows the address of one could get it for as long as it is there.

use super::calls::{self, CallPatience};
use super::rules::SiteRules;
use super::target::{Target, config_bytes};
use crate::kinds::archive::{Entry, Unpacker, read_directory};
use crate::kinds::site::calls::SitePorts;
use crate::kinds::site::files::DEPLOYMENT;
use crate::kinds::{Leftover, Leftovers};
use crate::ports::{ObjectHead, ObjectId, Replaces, Result};
use crate::trouble::{Checked, found};
use std::cell::Cell;
use std::collections::BTreeSet;
use windlass_domain::declaration::named_files::{NameSearch, may_name_others};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::stays_reachable::{StaysReachable, WhyReachable};
use windlass_domain::text::fault::FaultName;

/// The most bytes of pages, scripts and styles that are searched for names. If there are more, every file stays.
const SEARCHED: u64 = 32 * 1024 * 1024;

/// The most new files that are looked for. Those beyond it stay.
const LOOKED_FOR: usize = 10_000;

/// The most files that go with one undo.
const MOST: usize = 2_000;

/// The bytes that are searched at a time.
const PIECE: usize = 1024 * 1024;

/// The milliseconds after which a deletion is given up.
const WITHIN_MS: u64 = 4_000;

/// The milliseconds within which deletions begin.
const SENDING_MS: u64 = 5_000;

/// An undone release of a site, and where its new files are.
pub(super) struct UndoneRelease<'a, P> {
    /// The ports at the target's place.
    pub at: &'a P,
    /// The ports at the deployer's own place.
    pub home: &'a P,
    /// The target.
    pub target: &'a Target,
    /// The site's rules.
    pub rules: &'a SiteRules,
    /// The deployment.
    pub deployment: &'a DeploymentId,
    /// The folder that visitors get files from, with a slash at its end unless it is the whole bucket.
    pub folder: String,
    /// The number of further releases for which files in it stay.
    pub releases: Option<u32>,
}

impl<P: SitePorts> UndoneRelease<'_, P> {
    /// Looks for the new files of the release: those for which `was_there` is false. `is_brought` says of a path
    /// whether the deployment is known to have written it.
    pub async fn new_files(
        &self,
        was_there: impl Fn(&str) -> bool,
        is_brought: impl Fn(&str) -> bool,
    ) -> Result<Leftovers> {
        let Some(archive) = &self.target.archive else { return Ok(Leftovers::default()) };
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = read_directory(self.home, &object, archive.bytes).await;
        let Some(entries) = found(entries)? else { return Ok(Leftovers::default()) };
        let files = entries.iter().filter(|entry| !entry.folder);
        let is_new = |path: &str| self.rules.outlives(path) && !was_there(path);
        let new: BTreeSet<&str> = files.map(|entry| entry.name.as_str()).filter(|path| is_new(path)).collect();
        let brought = |paths: &mut dyn Iterator<Item = &str>| -> BTreeSet<String> {
            paths.filter(|path| is_brought(path)).map(str::to_owned).collect()
        };
        if new.is_empty() {
            return Ok(Leftovers::default());
        }
        let unnamed = self.unnamed(&new, &entries, object, archive.bytes).await;
        let Some(unnamed) = found(unnamed)?.flatten() else {
            let stays = brought(&mut new.iter().copied());
            return Ok(Leftovers {
                stays: self.stays(&stays, WhyReachable::NotSearched).into_iter().collect(),
                ..Leftovers::default()
            });
        };
        let looked_at: Vec<&str> = unnamed.iter().map(String::as_str).take(MOST).collect();
        let gone = self.ours(&looked_at).await?;
        let is_unnamed = |path: &&str| unnamed.contains(*path);
        let named = brought(&mut new.iter().copied().filter(|path| !is_unnamed(path)));
        let beyond = brought(&mut unnamed.iter().skip(MOST).map(String::as_str));
        let named = self.stays(&named, WhyReachable::NamedByUndone);
        let beyond = self.stays(&beyond, WhyReachable::NotSearched);
        Ok(Leftovers {
            which: "that it brought and nothing names",
            goes: gone,
            stays: named.into_iter().chain(beyond).collect(),
        })
    }

    fn stays(&self, files: &BTreeSet<String>, because: WhyReachable) -> Option<StaysReachable> {
        let Target { app, environment, component, .. } = self.target;
        let of = EnvironmentId::new(app, environment);
        StaysReachable::of(of, component, because, self.releases, files.iter())
    }

    /// Returns the files that nothing in the release names; `None` if its texts are too many to be searched.
    async fn unnamed(
        &self,
        new: &BTreeSet<&str>,
        entries: &[Entry],
        object: ObjectId,
        size: u64,
    ) -> Checked<Option<BTreeSet<String>>> {
        let texts = entries.iter().filter(|it| !it.folder && may_name_others(&it.name));
        let mut texts: Vec<Entry> = texts.cloned().collect();
        texts.sort_by_key(|entry| entry.offset);
        let bytes = texts.iter().map(|entry| entry.bytes).fold(0, u64::saturating_add);
        let paths = new.iter().take(LOOKED_FOR).map(|path| (*path).to_owned());
        let search = NameSearch::of(paths).filter(|_| bytes <= SEARCHED);
        let Some(mut search) = search else { return Ok(None) };
        let mut unpacker = Unpacker::new(self.home, object, size, entries, &texts);
        for entry in &texts {
            unpacker.open(entry).each(PIECE, |piece| search.read(piece)).await?;
        }
        if let Some(config) = &self.target.site.config {
            search.read(&config_bytes(config));
        }
        Ok(Some(search.unnamed().into_iter().map(str::to_owned).collect()))
    }

    /// Returns the objects at these paths that say themselves that this deployment wrote them.
    async fn ours(&self, paths: &[&str]) -> Result<Vec<Leftover>> {
        let found = calls::every(self.at, paths, |path| async move {
            let object = ObjectId {
                bucket: self.target.site.bucket.clone(),
                key: format!("{}{path}", self.folder),
                version_id: None,
            };
            let head = self.at.head(&object).await?;
            let by = |head: &ObjectHead| head.metadata.get(DEPLOYMENT) == Some(&self.deployment.to_string());
            Ok(head.filter(by).map(|head| Leftover { key: object.key, etag: head.etag }))
        })
        .await?;
        let mut found: Vec<Leftover> = found.into_iter().flatten().collect();
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(found)
    }
}

/// Deletes objects of a site's bucket, each on the condition that it is the one that was seen, within the time of an
/// open call. One that somebody else has replaced or deleted is left.
pub(super) async fn clear(at: &impl SitePorts, bucket: &str, files: &[Leftover]) -> Result<()> {
    let at = &at.sent_once(WITHIN_MS);
    let (pace, last) = (Cell::default(), at.now().plus_ms(SENDING_MS));
    let (_, fault) = calls::all(at, &pace, CallPatience::Until(last), files, |file| async move {
        let only = Replaces::ETag(file.etag.clone());
        match at.delete(bucket, &file.key, &only).await {
            Err(fault) if matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => Ok(()),
            answer => answer,
        }
    })
    .await;
    fault.map_or(Ok(()), Err)
}
