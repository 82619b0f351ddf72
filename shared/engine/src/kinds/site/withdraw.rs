//! Finds what an operator withdraws of a site: which objects, whether they are still there, and whether visitors still
//! get them (decision 0604). Edges forget what they cached here, after a withdrawal as after a switch.

use super::calls;
use super::rules::SiteRules;
use super::target::{Target, WithdrawnObject, config_bytes};
use crate::kinds::archive::{Entry, Unpacker};
use crate::kinds::site::calls::SitePorts;
use crate::kinds::{Leftover, Leftovers, Switched, Withdrawals};
use crate::ports::{Get, ObjectId, Probed, Result, S3Api};
use crate::trouble::Checked;
use futures::future;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use url::Url;
use windlass_domain::declaration::kinds::site::StaticSite;
use windlass_domain::release::withdrawal::{
    MOST, MOST_KEPT, WithdrawnFile, WithdrawnFiles, comes_back, keeps_too_many, matches_documents, matches_too_many,
    named, nothing_matches,
};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// Pure: refuses what a withdrawal may not take away. `files` are those that it withdraws, also where no object of them
/// is there now; `former` those that were withdrawn before.
pub(super) fn check(
    objects: &[WithdrawnObject],
    files: &WithdrawnFiles,
    pattern: &str,
    rules: &SiteRules,
    former: Option<&WithdrawnFiles>,
) -> Result<(), Finding> {
    let is_document = |object: &&WithdrawnObject| object.is_live && !rules.outlives(&object.path);
    let documents = objects.iter().filter(is_document);
    let documents: Vec<&str> = documents.map(|object| object.path.as_str()).collect();
    let kept = former.map_or(files.len(), |former| former.union(files).count());
    if !documents.is_empty() {
        return Err(matches_documents(&documents));
    }
    match objects.len() {
        _ if files.is_empty() => Err(nothing_matches(pattern)),
        many if many > MOST => Err(matches_too_many(many)),
        _ if kept > MOST_KEPT => Err(keeps_too_many()),
        _ => Ok(()),
    }
}

/// Returns the files of the objects.
pub(super) fn files(objects: &[WithdrawnObject]) -> WithdrawnFiles {
    objects.iter().map(|object| WithdrawnFile { path: object.path.clone(), sha256: object.sha256.clone() }).collect()
}

/// Returns the withdrawal in words, with each object, and with each file that is to stay away although nothing of it is
/// there.
pub(super) fn what(objects: &[WithdrawnObject], files: &WithdrawnFiles) -> String {
    let is_there = |path: &str| objects.iter().any(|object| object.path == path);
    let away: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let away: Vec<&str> = away.into_iter().filter(|path| !is_there(path)).collect();
    let deleted =
        (!objects.is_empty()).then(|| format!("withdraw {}", named(objects.iter().map(|it| it.key.as_str()))));
    let kept = (!away.is_empty()).then(|| format!("keep away {}, which nobody gets now", named(away.into_iter())));
    deleted.into_iter().chain(kept).collect::<Vec<_>>().join("; ")
}

/// The largest file of an archive that is read to compare it with a withdrawn one, in bytes. A larger one at a path of
/// which something was withdrawn is refused.
const COMPARED: u64 = 64 * 1024 * 1024;

/// The bytes that are hashed at a time.
const PIECE: usize = 1024 * 1024;

/// Returns the refusal of an archive that brings back what was withdrawn, if it does.
pub(super) async fn coming_back(
    home: &impl S3Api,
    (archive, size): (ObjectId, u64),
    entries: &[Entry],
    withdrawals: Withdrawals<'_>,
) -> Checked<Option<Finding>> {
    let is_named = |entry: &&Entry| {
        let mut former = withdrawals.former.into_iter().flatten();
        !entry.folder && former.any(|file| file.path == entry.name)
    };
    let mut suspects: Vec<Entry> = entries.iter().filter(is_named).cloned().collect();
    suspects.sort_by_key(|entry| entry.offset);
    let key = archive.key.clone();
    let mut unpacker = Unpacker::new(home, archive, size, entries, &suspects);
    let mut back = Vec::new();
    for entry in &suspects {
        if entry.bytes > COMPARED {
            back.push(entry.name.as_str());
            continue;
        }
        let mut sum = Sha256::new();
        unpacker.open(entry).each(PIECE, |piece| sum.update(piece)).await?;
        if withdrawals.has(&entry.name, &Digest::from_bytes(&sum.finalize())) {
            back.push(entry.name.as_str());
        }
    }
    Ok((!back.is_empty()).then(|| comes_back(&key, &back)))
}

/// Returns the refusal of a configuration file of the declaration that was withdrawn, if it was.
pub(super) fn config_coming_back(site: &StaticSite, withdrawals: Withdrawals<'_>) -> Option<Finding> {
    let config = site.config.as_ref()?;
    let sha256 = Digest::of(&config_bytes(config));
    withdrawals.has(&config.path, &sha256).then(|| comes_back("config", &[config.path.as_str()]))
}

/// Returns the objects that are still there, as they were planned. What somebody else put in their place stays.
pub(super) async fn still_there(at: &impl SitePorts, target: &Target) -> Result<Leftovers> {
    let found = calls::every(at, &target.withdraws, |object| async move {
        let id = ObjectId { bucket: target.site.bucket.clone(), key: object.key.clone(), version_id: None };
        let head = at.head(&id).await?;
        let same = head.filter(|head| head.etag == object.etag);
        Ok(same.map(|head| Leftover { key: object.key.clone(), etag: head.etag }))
    })
    .await?;
    let mut goes: Vec<Leftover> = found.into_iter().flatten().collect();
    goes.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Leftovers { which: "as withdrawn", goes, stays: vec![] })
}

/// The seconds after which a file that visitors still get fails the withdrawal.
const GONE_S: u64 = 900;

/// The milliseconds that an address has for its answer.
const ASKED_MS: u64 = 5_000;

/// The most bytes that are read of an answer.
const READ: u64 = 16 * 1024 * 1024;

/// Lets the edges forget the files, and asks each address that visitors have until it answers something else.
pub(super) async fn prove_gone(at: &impl SitePorts, target: &Target, since: &Switched) -> Result<Option<Finding>> {
    let live: Vec<&WithdrawnObject> = target.withdraws.iter().filter(|it| it.is_live).collect();
    let Some(first) = live.first() else { return Ok(None) };
    if let Some(distribution) = &target.site.distribution
        && let Some(why) = invalidate(at, distribution, since).await?.into_iter().next()
    {
        // One edge that answers something else proves nothing of the others.
        return Ok(Some(still_served(&first.path, &why)));
    }
    let Some(visitors) = &target.visitors else { return Ok(None) };
    let answers = live.iter().map(|object| async move {
        let url = address(visitors, &object.path)?;
        Ok(served(at, &url, object).await?.map(|why| (object.path.as_str(), format!("{url} {why}"))))
    });
    let answers: Result<Vec<_>> = future::join_all(answers).await.into_iter().collect();
    let Some((path, why)) = answers?.into_iter().flatten().next() else { return Ok(None) };
    if at.now().ms_since(since.at) < GONE_S * 1000 {
        return Err(Fault::new(FaultName::StillInProgress, why));
    }
    Ok(Some(still_served(path, &why)))
}

/// Asks an address. Returns the reason why its answer does not prove that the file is gone, if it does not: an edge
/// that is busy, or wants a password, says nothing of it.
async fn served(at: &impl SitePorts, url: &Url, object: &WithdrawnObject) -> Result<Option<String>> {
    let limit = READ.min(object.bytes.saturating_add(1));
    let probed = at.probe(&Get::plain(url.as_str(), ASKED_MS, limit)).await?;
    Ok(match probed {
        Probed::Answer(answer) if answer.is_success() => {
            is_same(&answer.body, object).then(|| "still answers these bytes".to_owned())
        }
        Probed::Answer(answer) if matches!(answer.status, 403 | 404 | 410) => None,
        Probed::Answer(answer) => Some(format!("answers {}", answer.status)),
        Probed::NoAnswer(why) => Some(format!("does not answer: {why}")),
        Probed::Forbidden(_) => None,
    })
}

fn still_served(path: &str, why: &str) -> Finding {
    Finding::new(
        FindingName::ChangeFailed,
        path,
        format!("the object is deleted, and {why}"),
        "find out what serves it (a cache, another origin, another bucket), let it forget the file, then use `recover`",
    )
}

/// Returns whether an answer has the bytes of the object, as far as they are read.
fn is_same(body: &[u8], object: &WithdrawnObject) -> bool {
    if object.bytes >= READ {
        return body.len() as u64 >= READ;
    }
    Digest::of(body) == object.sha256
}

/// Returns the address of a file, under the address at which visitors reach the site.
pub(super) fn address(visitors: &str, path: &str) -> Result<Url> {
    let escaped = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Url::parse(visitors)
        .and_then(|url| url.join(&format!("./{escaped}")))
        .map_err(|error| Fault::internal(format!("`{path}` has no address: {error}")))
}

/// The seconds that an invalidation may take before it is only reported.
const INVALIDATED_S: u64 = 600;
/// The seconds for which an invalidation is tried again that CloudFront refuses.
const TRIED_S: u64 = 180;
/// The milliseconds for which one invocation looks for the end of an invalidation.
const LOOKED_MS: u64 = 15_000;

/// Lets the edges of a distribution forget what they cached, after all of them have the new configuration. Answers a
/// warning where that cannot be done: documents are revalidated anyway, so it never blocks for ever. The whole
/// distribution is invalidated, which counts as one path, because functions and default documents make it unknowable
/// under which addresses a file was cached. `at` are the ports at the target's place.
pub(super) async fn invalidate(at: &impl SitePorts, id: &str, switched: &Switched) -> Result<Vec<String>> {
    let age = || at.now().ms_since(switched.at);
    let everything = ["/*".to_owned()];
    let invalidation = match at.invalidate(id, &switched.token, &everything).await {
        Ok(invalidation) => invalidation,
        Err(fault) if age() < TRIED_S * 1000 => return Err(not_yet(&fault.message)),
        Err(fault) => return Ok(vec![not_forgotten(id, &fault.message)]),
    };
    let started = at.now();
    loop {
        let problem = match at.invalidated(id, &invalidation).await {
            Ok(true) => return Ok(vec![]),
            Ok(false) => format!("the invalidation {invalidation} is in progress"),
            Err(fault) => fault.message,
        };
        if age() > INVALIDATED_S * 1000 {
            return Ok(vec![not_forgotten(id, &problem)]);
        }
        if at.now().ms_since(started) >= LOOKED_MS {
            return Err(not_yet(&problem));
        }
        at.sleep_ms(2_000).await;
    }
}

fn not_yet(why: &str) -> Fault {
    Fault::new(FaultName::StillInProgress, why)
}

fn not_forgotten(distribution: &str, why: &str) -> String {
    format!(
        "the edges of the distribution {distribution} may still serve cached files: {why}. Invalidate `/*` by hand."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_the_path_and_nothing_else() {
        let encoded = |path| address("https://shop.example/a/", path).unwrap().to_string();
        assert_eq!(encoded("b c.csv"), "https://shop.example/a/b%20c.csv");
        assert_eq!(encoded("b?c#d%20.csv"), "https://shop.example/a/b%3Fc%23d%2520.csv");
    }
}
