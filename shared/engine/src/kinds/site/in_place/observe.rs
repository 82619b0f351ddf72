//! Looks at a site in place, and plans the ways to the known states.

use super::content::Content;
use super::knowledge::{InPlace, LastKnownState};
use super::plan::{InPlacePlan, PlanInput, WayDirection, ask_each, changed, plan};
use crate::kinds::digest_of;
use crate::kinds::site::calls::{self, CallPatience, SitePorts, calls_to_list, list_all};
use crate::kinds::site::files::{File, Object, Objects, file_of};
use crate::kinds::site::in_place::content::{ObjectPlace, places};
use crate::kinds::site::in_place::plan::{Goal, ObjectList, Seen};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::target::Target;
use crate::ports::{ObjectHead, ObjectId, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use windlass_domain::text::digest::Digest;

/// Returns the digest of everything that visitors can notice.
pub(super) fn noticed(known: &PlanInput<'_>) -> Result<Digest> {
    let places = known.places();
    let noticed: Vec<(&String, &String)> = places
        .filter(|place| place.is_noticed(known.rules))
        .filter_map(|place| Some((place.path, &place.is?.etag)))
        .collect();
    digest_of(&noticed)
}

impl<P: SitePorts> InPlace<P> {
    /// Goes on from what was seen last and a change that was answered. A look would show the same (Amazon S3 User
    /// Guide, "Amazon S3 data consistency model").
    pub(super) fn go_on_from(&self, change: impl FnOnce(&mut LastKnownState)) {
        if let Some(looked) = self.looked.borrow_mut().as_mut() {
            change(looked);
            looked.is_known = true;
        }
    }

    /// Returns the object at each key. While the site is on the way, this is what was seen, with what was done since.
    /// Once that reaches the state before or the goal, S3 is asked again: only what was seen is reported as reached.
    async fn now(&self, target: &Target, whole: bool) -> Result<LastKnownState> {
        let known = self.looked.take().filter(|looked| looked.is_known);
        if let Some(looked) = known
            && (looked.seen.is_some() || !self.is_arrived(&looked.objects))
        {
            return Ok(looked);
        }
        Ok(LastKnownState { objects: self.look(target, whole).await?, seen: None, is_known: false })
    }

    fn is_arrived(&self, objects: &Objects) -> bool {
        let arrived = |direction| plan(self.known(objects), direction).is_gone();
        arrived(WayDirection::Forward) || arrived(WayDirection::Back)
    }

    /// Looks at the keys of the site, and plans the ways to the known states.
    pub(super) async fn look_and_plan(&self, target: &Target, whole: bool) -> Result<Seen> {
        let looked = self.now(target, whole).await?;
        let seen = match &looked.seen {
            Some(seen) => seen.clone(),
            None => self.seen_in(target, &looked.objects, whole).await?,
        };
        *self.looked.borrow_mut() = Some(LastKnownState { seen: Some(seen.clone()), is_known: false, ..looked });
        Ok(seen)
    }

    /// Describes the objects that are at the keys.
    async fn seen_in(&self, target: &Target, is: &Objects, whole: bool) -> Result<Seen> {
        let known = self.known(is);
        let (forward, before) = (&self.known.forward.0, &self.known.before.0);
        let ways: BTreeMap<String, InPlacePlan> =
            [(forward.id(), plan(known, WayDirection::Forward)), (before.id(), plan(known, WayDirection::Back))].into();
        let arrived = |goal: &Goal| ways.get(&goal.id()).is_some_and(InPlacePlan::is_gone);
        let there = [forward, before].into_iter().find(|goal| arrived(goal));
        // On the way nobody needs the list, except somebody who looks at the whole site to record it.
        let list = if there.is_some() || whole { Some(ObjectList::of(is)?) } else { None };
        let objects = list.as_ref().map(|list| list.document.digest.clone());
        let lists = Lists::of(&self.home, target);
        let unrecorded = match list {
            Some(list) if !lists.kept.has(&list.document.digest).await? => Some(Arc::new(list)),
            _ => None,
        };
        Ok(Seen {
            state: Goal {
                release: there.and_then(|goal| goal.release.clone()),
                left: there.and_then(|goal| goal.left.clone()),
                objects,
            },
            noticed: noticed(&known)?,
            ways: Arc::new(ways),
            forward: forward.clone(),
            unrecorded,
            calls: self.calls.get(),
        })
    }

    fn known<'a>(&'a self, is: &'a Objects) -> PlanInput<'a> {
        PlanInput {
            is,
            before: &self.known.before.1,
            forward: &self.known.forward.1,
            rules: &self.known.rules,
            due: &self.known.due,
        }
    }

    /// Returns the object at each key that concerns this deployment. If the deployment changes few keys, only those are
    /// asked for. The others are as `Prepare` saw them, and nothing here depends on them.
    async fn look(&self, target: &Target, whole: bool) -> Result<Objects> {
        let nothing = Objects::new();
        let changed = changed(&self.known(&nothing));
        let Content::Recorded(before) = &self.known.before.1 else { return self.look_at_all(target).await };
        let at_once = self.pace.get().limit;
        if whole || !ask_each(changed.len(), before.len(), at_once) {
            return self.look_at_all(target).await;
        }
        let (found, fault) =
            calls::all(&self.at, &self.pace, CallPatience::Long, &changed, |path| self.ask(target, path)).await;
        fault.map_or(Ok(()), Err)?;
        let mut changed = changed.into_iter().peekable();
        let same = self.known(&nothing).places().filter(|place| changed.next_if_eq(&place.path).is_none());
        let same = same.filter_map(|place| {
            let object = place.before?.object?.clone();
            let ours = place.is_in_scope();
            Some((place.path.clone(), Object { ours, ..object }))
        });
        Ok(same.chain(found.into_iter().flatten()).collect())
    }

    async fn look_at_all(&self, target: &Target) -> Result<Objects> {
        let known: Vec<&str> = self.known.before.1.paths().map(String::as_str).collect();
        let site = &target.site;
        let listed = list_all(&self.at, &site.bucket, &site.prefix, &known).await?;
        let etags: BTreeMap<String, String> =
            listed.into_iter().map(|listed| (listed.key[site.prefix.len()..].to_owned(), listed.etag)).collect();
        let mut objects = Objects::new();
        let mut unknown = Vec::new();
        let places = places(&etags, &self.known.before.1, &self.known.forward.1);
        for place in places.filter(ObjectPlace::is_in_scope) {
            let path = place.path;
            let Some(etag) = place.is else { continue };
            match self.recall(path, etag) {
                Some(object) => {
                    objects.insert(path.clone(), object);
                }
                None => unknown.push(path.clone()),
            }
        }
        let asked = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
        self.calls.set(calls_to_list(etags.len()).saturating_add(asked));
        let (found, fault) =
            calls::all(&self.at, &self.pace, CallPatience::Long, &unknown, |path| self.ask(target, path)).await;
        objects.extend(found.into_iter().flatten());
        fault.map_or(Ok(objects), Err)
    }

    /// Returns the object with this ETag that is known for a path, without asking S3.
    fn recall(&self, path: &str, etag: &str) -> Option<Object> {
        let seen = self.seen.borrow();
        let written = seen.get(&(path.to_owned(), etag.to_owned())).cloned();
        written.or_else(|| {
            [&self.known.before.1, &self.known.forward.1]
                .into_iter()
                .filter_map(|goal| goal.want(path)?.object)
                .find(|object| object.etag == etag)
                .map(|object| Object { ours: self.owns(path), ..object.clone() })
        })
    }

    fn owns(&self, path: &str) -> bool {
        let owns = |content: &Content| content.owns(path);
        owns(&self.known.before.1) || owns(&self.known.forward.1)
    }

    /// Asks S3 for the object at a path.
    async fn ask(&self, target: &Target, path: &str) -> Result<Option<(String, Object)>> {
        let Some(head) = self.at.head(&target.object(path, None)).await? else { return Ok(None) };
        if let Some(known) = self.recall(path, &head.etag) {
            return Ok(Some((path.to_owned(), known)));
        }
        let object = Object {
            etag: head.etag.clone(),
            bytes: head.bytes,
            version_id: head.version_id.clone(),
            file: self.file(path, &head),
            ours: self.owns(path),
            copy_of: self.copied(target, path, &head).await?,
        };
        self.remember(path, &object);
        Ok(Some((path.to_owned(), object)))
    }

    /// Returns the content of an object. If it is the content that a state wants, everything known of it comes along.
    fn file(&self, path: &str, head: &ObjectHead) -> Option<File> {
        let seen = file_of(head)?;
        let wanted = [&self.known.before.1, &self.known.forward.1];
        let mut wanted = wanted.into_iter().filter_map(|goal| goal.want(path)?.file);
        Some(wanted.find(|file| **file == seen).cloned().unwrap_or(seen))
    }

    /// Returns the ETag of the object of before if this object is a copy of it. That is compared because the answer to
    /// the copy may have been lost, and then no record has it.
    async fn copied(&self, target: &Target, path: &str, head: &ObjectHead) -> Result<Option<String>> {
        let before = self.known.before.1.want(path);
        match before.and_then(|want| want.object) {
            Some(object) if self.is_copy(target, path, head, object).await? => Ok(Some(object.etag.clone())),
            _ => Ok(None),
        }
    }

    /// Remembers the object at a path.
    pub(super) fn remember(&self, path: &str, object: &Object) {
        let key = (path.to_owned(), object.etag.clone());
        self.seen.borrow_mut().insert(key, object.clone());
    }
}

/// The bytes of two objects that are compared at a time.
const PIECE: u64 = 8 * 1024 * 1024;

/// The largest object that is compared byte by byte. To compare a larger one takes longer than an invocation may.
const COMPARED: u64 = 256 * 1024 * 1024;

impl<P: SitePorts> InPlace<P> {
    /// Returns whether the object at a path is a copy of a recorded object of somebody else. S3 gives a copy another
    /// ETag if the bucket is encrypted with a KMS key or the object was uploaded in parts, so only checksums or the
    /// bytes themselves show it. This is asked if the answer to a copy was lost.
    pub(super) async fn is_copy(
        &self,
        target: &Target,
        path: &str,
        is: &ObjectHead,
        recorded: &Object,
    ) -> Result<bool> {
        if recorded.file.is_some() || recorded.version_id.is_none() || recorded.bytes != is.bytes {
            return Ok(false);
        }
        let was = target.object(path, recorded.version_id.clone());
        let Some(head) = self.at.head(&was).await? else { return Ok(false) };
        if !same_headers(&head, is) {
            return Ok(false);
        }
        match (&head.sha256, &is.sha256) {
            (Some(was), Some(is)) => Ok(was == is),
            _ if is.bytes > COMPARED => Ok(false),
            _ => same_bytes(&self.at, &was, &target.object(path, is.version_id.clone()), is.bytes).await,
        }
    }
}

fn same_headers(a: &ObjectHead, b: &ObjectHead) -> bool {
    a.content_type == b.content_type
        && a.cache_control == b.cache_control
        && a.content_encoding == b.content_encoding
        && a.metadata == b.metadata
}

async fn same_bytes(objects: &impl SitePorts, a: &ObjectId, b: &ObjectId, bytes: u64) -> Result<bool> {
    let mut from = 0;
    while from < bytes {
        let (one, other) = futures::join!(objects.get_range(a, from, PIECE), objects.get_range(b, from, PIECE));
        let (one, other) = (one?, other?);
        if one != other || one.is_empty() {
            return Ok(false);
        }
        from += one.len() as u64;
    }
    Ok(true)
}
