//! Copies files between the folders of two releases. Visitors keep documents open, and ask later for the files that
//! these name. The edge that they ask may look into either folder.

use super::Prefix;
use super::state::Goal;
use crate::kinds::Checkpoint;
use crate::kinds::site::calls::{self, CallPatience, SitePorts};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::publish::Publisher;
use crate::ports::{CopySource, Replaces, Result};
use crate::trouble::Trouble;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::release::stays_reachable::may_be_open;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;

/// The number of copies of a batch. Between two batches the fence is passed.
pub(super) const BATCH: usize = 2048;

/// The most files that are taken from a folder that Windlass did not fill.
const FOUND: usize = 20_000;

/// The largest of them, in bytes: S3 has copied it long before a call is given up.
const LARGEST_FOUND: u64 = 256 * 1024 * 1024;

/// The files of a folder that open pages may ask for.
struct Assets {
    paths: BTreeSet<String>,
    /// True if they were found by listing the folder, because no list of ours has them.
    found: bool,
}

impl<P: SitePorts> Prefix<P> {
    /// Copies everything but documents both ways between two folders: while the edges switch, an edge that looks into
    /// one folder may serve a document of the other release. The files that the folder of before holds for documents of
    /// former releases go along, because visitors may have these documents open.
    ///
    /// Returns warnings if files that open pages may ask for are not in the folder of the release. Returns `None` if it
    /// must go on in a further invocation.
    pub(super) async fn copy_assets(
        &self,
        publisher: &Publisher<'_, P>,
        (from, to): (&str, &str),
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Option<Vec<String>>, Trouble> {
        let lists = publisher.lists();
        let old = self.assets_in(publisher, &self.before, from).await?;
        let new = self.assets_in(publisher, &self.forward, to).await?.paths;
        let held = match self.before.release {
            Some(_) => lists.carried(&self.before).await?,
            None => ReplacedFiles::new(),
        };
        let now = self.at.now();
        let (carried, cut) = carried(&old.paths, held, now);
        let forth = carried.keys().filter(|path| !new.contains(*path));
        let forth = forth.map(|path| (from, to, path));
        let back = new.difference(&old.paths).map(|path| (to, from, path));
        let copies: Vec<(&str, &str, &String)> = forth.chain(back).collect();
        publisher.expect_copies(copies.len());
        let uncopied = RefCell::default();
        for batch in copies.chunks(BATCH) {
            if !checkpoint.has_time() {
                return Ok(None);
            }
            publisher.pass(checkpoint).await?;
            let (_, fault) =
                calls::all(&self.at, &publisher.pace, CallPatience::Long, batch, |(source, goal, path)| {
                    let is_found = old.found && *source == from;
                    let uncopied = &uncopied;
                    async move {
                        let answer = self.copy_one(publisher, source, goal, path).await;
                        forgive(answer, is_found, uncopied)
                    }
                })
                .await;
            fault.map_or(Ok(()), Err)?;
            publisher.copied(batch.len());
        }
        let now = self.at.now();
        let brought_back = new.into_iter().map(|path| (path, now)).collect();
        note_carried(&lists, &self.before, brought_back).await?;
        note_carried(&lists, &self.forward, carried).await?;
        Ok(Some(warnings(&uncopied.into_inner(), cut)))
    }

    /// Copies one file. If the copy is there already, it is done. If the file is gone, it cannot be copied any more.
    async fn copy_one(&self, publisher: &Publisher<'_, P>, from: &str, to: &str, path: &str) -> Result<()> {
        let source = CopySource { object: publisher.object(from, path), etag: None };
        let goal = publisher.object(to, path);
        let copied = self.at.copy(&source, &goal.bucket, &goal.key, &Replaces::Nothing);
        match copied.await {
            Err(fault) if !matches!(fault.name, FaultName::Conflict | FaultName::NotFound) => Err(fault),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Returns the files that open pages may ask for, of the release in a folder: from its list, or else by listing the
    /// folder.
    async fn assets_in(&self, publisher: &Publisher<'_, P>, state: &Goal, folder: &str) -> Result<Assets> {
        let listed = publisher.lists().release_paths(state.release.as_ref()).await?;
        let found = listed.is_none();
        let paths = match listed {
            Some(paths) => paths.into_iter().filter(|path| self.rules.outlives(path)).collect(),
            None => self.assets_found(publisher, folder).await?,
        };
        Ok(Assets { paths, found })
    }

    async fn assets_found(&self, publisher: &Publisher<'_, P>, folder: &str) -> Result<BTreeSet<String>> {
        let bucket = &publisher.target.site.bucket;
        let mut found = BTreeSet::new();
        let mut after = None;
        loop {
            let page = self.at.list(bucket, folder, after).await?;
            let files = page.objects.into_iter();
            let files =
                files.filter(|listed| listed.bytes <= LARGEST_FOUND && !is_in_release_folder(&listed.key, folder));
            let paths = files.map(|listed| listed.key[folder.len()..].to_owned());
            // A key that ends in a slash is a folder that the console made.
            found.extend(paths.filter(|path| self.rules.outlives(path) && !path.ends_with('/')));
            match page.next {
                Some(next) if found.len() < FOUND => after = Some(next),
                _ => return Ok(found),
            }
        }
    }
}

/// Lets a copy of a found file fail. The file may be archived, or encrypted with a key that we may not use. That stops
/// no release, and becomes a warning.
fn forgive(copied: Result<()>, is_found: bool, uncopied: &RefCell<Vec<String>>) -> Result<()> {
    match copied {
        Err(fault) if is_found && !fault.name.is_transient() => {
            uncopied.borrow_mut().push(fault.message);
            Ok(())
        }
        copied => copied,
    }
}

/// The warnings about files of former releases that are not in the folder of the release: because S3 did not copy them,
/// or because there are too many.
fn warnings(uncopied: &[String], cut: usize) -> Vec<String> {
    let refused = uncopied.first().map(|first| {
        format!(
            "{} of what was in the bucket before {} not reachable any more for pages that are open, because S3 did not copy {}: {first}",
            count(uncopied.len(), "file"),
            agree(uncopied.len(), "is", "are"),
            agree(uncopied.len(), "it", "them")
        )
    });
    let cut = (cut > 0).then(|| {
        format!(
            "{} of releases before the last one {} not reachable any more for pages that are open: a folder holds the {MOST} newest of them",
            count(cut, "file"),
            agree(cut, "is", "are")
        )
    });
    refused.into_iter().chain(cut).collect()
}

/// Notes what the folder of a release holds now for other releases, with what it was holding already.
async fn note_carried(lists: &Lists<'_, impl SitePorts>, folder: &Goal, mut carried: ReplacedFiles) -> Result<()> {
    if folder.release.is_none() {
        return Ok(());
    }
    for (path, since) in lists.carried(folder).await? {
        let known = carried.entry(path).or_insert(since);
        *known = since.max(*known);
    }
    lists.note_carried(folder, &carried).await
}

/// Returns whether a key is in the folder of some release below `folder`, of whichever site. The folder of before may
/// be the whole bucket.
fn is_in_release_folder(key: &str, folder: &str) -> bool {
    let below = key.strip_prefix(folder).unwrap_or(key);
    let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let mut folders = folders.split('/');
    folders.any(|name| name.len() == 12 && name.bytes().all(hexadecimal))
}

/// The time at which the release of a file was last replaced, by path.
pub type ReplacedFiles = BTreeMap<String, Time>;

/// The most files of releases before the last one that are carried on. The newest are taken.
const MOST: usize = 20_000;

/// Returns the files of former releases that the folder of the goal must hold: those of the release that is replaced
/// now, and those that its own folder held for others. Returns as well how many of the latter are left out because
/// there are too many.
fn carried(replaced: &BTreeSet<String>, held: ReplacedFiles, now: Time) -> (ReplacedFiles, usize) {
    let mut older: Vec<(String, Time)> =
        held.into_iter().filter(|(path, since)| !replaced.contains(path) && may_be_open(*since, now)).collect();
    older.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let cut = older.len().saturating_sub(MOST);
    older.truncate(MOST);
    let replaced = replaced.iter().map(|path| (path.clone(), now));
    (older.into_iter().chain(replaced).collect(), cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_releases_are_distinguished_from_files() {
        let table = [
            ("web/0123456789ab/a.js", "", true),
            ("web/0123456789ab/a.js", "web/", true),
            ("web/0123456789ab/a.js", "web/0123456789ab/", false),
            ("0123456789ab/a.js", "", true),
            ("0123456789ab", "", false),
            ("assets/a.js", "", false),
            ("web/assets/a.js", "", false),
        ];
        for (key, folder, expected) in table {
            assert_eq!(is_in_release_folder(key, folder), expected, "{key}");
        }
    }

    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn what_was_replaced_lately_is_carried_on() {
        let now = Time(100 * DAY);
        let held: ReplacedFiles =
            [("a", 69), ("b", 70), ("c", 99), ("d", 50)].map(|(path, day)| (path.to_owned(), Time(day * DAY))).into();
        let replaced = ["d".to_owned(), "e".to_owned()].into();
        let expected: ReplacedFiles =
            [("b", 70), ("c", 99), ("d", 100), ("e", 100)].map(|(path, day)| (path.to_owned(), Time(day * DAY))).into();
        assert_eq!(carried(&replaced, held, now), (expected, 0));
    }

    #[test]
    fn all_that_is_replaced_now_is_carried_on_and_the_newest_of_the_rest() {
        let replaced: BTreeSet<String> = (0..=MOST).map(|n| format!("new{n}")).collect();
        let held = (0..MOST).map(|n| (format!("held{n}"), Time(2)));
        let old = ("old".to_owned(), Time(1));
        let (all, cut) = carried(&replaced, held.chain([old]).collect(), Time(3));
        assert_eq!((all.len(), cut), (2 * MOST + 1, 1));
        assert!(!all.contains_key("old"));
    }
}
