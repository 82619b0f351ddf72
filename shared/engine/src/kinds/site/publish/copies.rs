use super::carried::{Carried, carried};
use super::{Fence, Published, Publisher};
use crate::kinds::site::SitePorts;
use crate::kinds::site::lists::Lists;
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::rules::Role;
use crate::kinds::site::state::{Prefix, State};
use crate::kinds::site::trouble::Trouble;
use crate::ports::{Answered, CopySource, Replaces};
use std::collections::BTreeSet;
use windlass_domain::fault::FaultName;

/// How many copies a batch has: the ledger and a list answer between two batches.
const BATCH: usize = 2048;

/// The most hashed assets that are taken from a folder that Windlass did not fill.
const FOUND: usize = 20_000;

impl<P: SitePorts> Publisher<'_, P> {
    /// Copies hashed assets both ways between two folders: while the edges switch, a document of
    /// either release may be served by an edge that looks into the other's folder. What the folder of
    /// before holds for documents of former releases, which visitors may have open, goes along.
    pub(super) async fn copy_hashed(
        &self,
        from: &str,
        to: &str,
        fence: &mut impl Fence,
    ) -> Result<Published, Trouble> {
        let (old, new) = (
            self.hashed_in(&self.known.before.0, from).await?,
            self.hashed_in(&self.known.forward.0, to).await?,
        );
        let carried = self.carried(&old).await?;
        let forth = carried.keys().filter(|path| !new.contains(*path));
        let forth = forth.map(|path| (from, to, path));
        let back = new.difference(&old).map(|path| (to, from, path));
        let copies: Vec<(&str, &str, &String)> = forth.chain(back).collect();
        self.tally.borrow_mut().expect_copies(copies.len());
        for batch in copies.chunks(BATCH) {
            if !fence.has_time() {
                return Ok(Published::Some);
            }
            fence.pass(self.progress()).await?;
            let (_, fault) = many::all(
                self.at,
                &self.pace,
                Patience::Long,
                batch,
                |(from, to, path)| self.copy_one(from, to, path),
            )
            .await;
            fault.map_or(Ok(()), Err)?;
            self.tally.borrow_mut().copied(batch.len());
        }
        let now = self.at.now();
        let brought_back = new.into_iter().map(|path| (path, now)).collect();
        self.note_carried(&self.known.before.0, brought_back)
            .await?;
        self.note_carried(&self.known.forward.0, carried).await?;
        Ok(Published::All)
    }

    /// What the folder of the goal must hold of former releases.
    async fn carried(&self, replaced: &BTreeSet<String>) -> Answered<Carried> {
        let lists = Lists::of(self.home, self.target);
        let held = match filled(&self.known.before.0) {
            Some(folder) => lists.carried(folder).await?,
            None => Carried::new(),
        };
        Ok(carried(replaced, held, self.at.now()))
    }

    /// Notes what the folder of a state holds now for other releases, with what it was holding
    /// already.
    async fn note_carried(&self, state: &State, mut carried: Carried) -> Answered<()> {
        let Some(folder) = filled(state) else {
            return Ok(());
        };
        let lists = Lists::of(self.home, self.target);
        for (path, since) in lists.carried(folder).await? {
            let known = carried.entry(path).or_insert(since);
            *known = since.max(*known);
        }
        lists.note_carried(folder, &carried).await
    }

    /// A copy that is there already is done; an asset that is gone cannot be copied any more.
    async fn copy_one(&self, from: &str, to: &str, path: &str) -> Answered<()> {
        let source = CopySource {
            object: self.object(from, path),
            etag: None,
        };
        let goal = self.object(to, path);
        let copied = self
            .at
            .copy(&source, &goal.bucket, &goal.key, &Replaces::Nothing);
        match copied.await {
            Err(fault) if !matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => {
                Err(fault)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The hashed assets of the release in a folder: as its list says, or as they are found there.
    async fn hashed_in(&self, state: &State, folder: &str) -> Answered<BTreeSet<String>> {
        let lists = Lists::of(self.home, self.target);
        let release = filled(state).and_then(|folder| folder.release.as_ref());
        let listed = match release {
            Some(release) => lists.release_paths(release).await?,
            None => None,
        };
        match listed {
            Some(paths) => Ok(self.hashed_of(paths.into_iter())),
            None => self.hashed_found(folder).await,
        }
    }

    fn hashed_of(&self, paths: impl Iterator<Item = String>) -> BTreeSet<String> {
        let rules = &self.known.rules;
        paths
            .filter(|path| rules.role(path) == Role::Hashed)
            .collect()
    }

    async fn hashed_found(&self, folder: &str) -> Answered<BTreeSet<String>> {
        let bucket = &self.target.site.bucket;
        let prefix = &self.target.site.prefix;
        let mut found = BTreeSet::new();
        let mut after = None;
        loop {
            let page = self.at.list(bucket, folder, after).await?;
            let keys = page.objects.into_iter();
            let keys = keys.filter(|listed| !is_in_release_folder(&listed.key, prefix, folder));
            found.extend(self.hashed_of(keys.map(|listed| listed.key[folder.len()..].to_owned())));
            match page.next {
                Some(next) if found.len() < FOUND => after = Some(next),
                _ => return Ok(found),
            }
        }
    }
}

/// The folder that Windlass filled.
fn filled(state: &State) -> Option<&Prefix> {
    match state {
        State::Prefix(state) => state.release.as_ref().map(|_| state),
        State::InPlace(_) => None,
    }
}

/// Whether a key is in the folder of some release, and not in `folder` itself: the folder of
/// before may be the whole bucket.
fn is_in_release_folder(key: &str, prefix: &str, folder: &str) -> bool {
    if folder.len() > prefix.len() {
        return false;
    }
    let top = key
        .strip_prefix(prefix)
        .and_then(|rest| Some(rest.split_once('/')?.0));
    top.is_some_and(|top| {
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        top.len() == 12 && top.bytes().all(hexadecimal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_releases_are_told_from_files() {
        let table = [
            ("web/0123456789ab/a.js", "web/", "", true),
            ("web/0123456789ab/a.js", "web/", "web/0123456789ab/", false),
            ("0123456789ab/a.js", "", "", true),
            ("assets/a.js", "", "", false),
            ("web/assets/a.js", "web/", "", false),
        ];
        for (key, prefix, folder, expected) in table {
            assert_eq!(is_in_release_folder(key, prefix, folder), expected, "{key}");
        }
    }
}
