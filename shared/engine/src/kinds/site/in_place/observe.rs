use super::write::SHA256;
use crate::kinds::Kind as _;
use crate::kinds::site::files::{File, Goal, Object, Objects};
use crate::kinds::site::listing::list_all;
use crate::kinds::site::lists::{Lists, digest_of};
use crate::kinds::site::many::{self, Patience};
use crate::kinds::site::plan::{
    Direction, Known, Way, ask_each, changed, is_in_scope, is_noticed, plan,
};
use crate::kinds::site::state::{InPlace, State};
use crate::kinds::site::target::Target;
use crate::kinds::site::{Site, SitePorts};
use crate::ports::{Answered, ObjectHead};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use windlass_domain::digest::Digest;
use windlass_domain::fault::Fault;

/// The digest of what visitors can notice.
pub fn noticed(known: &Known<'_>) -> Answered<Digest> {
    let noticed: Vec<(&String, &String)> = known
        .is
        .iter()
        .filter(|(path, _)| is_noticed(known, path))
        .map(|(path, object)| (path, &object.etag))
        .collect();
    digest_of(&noticed)
}

impl<P: SitePorts> Site<P> {
    /// Looks at every key of the site, and plans the ways to the states that are known.
    pub(in crate::kinds::site) async fn observe_in_place(
        &self,
        target: &Target,
    ) -> Answered<InPlace> {
        let objects = self.look(target).await?;
        let known = self.known(&objects);
        let (digest, noticed) = (digest_of(&objects)?, noticed(&known)?);
        let (forward, before) = (
            in_place(&self.known.forward.0)?,
            in_place(&self.known.before.0)?,
        );
        let ways: BTreeMap<String, Way> = [
            (forward.id(), plan(known, Direction::Forward)),
            (before.id(), plan(known, Direction::Back)),
        ]
        .into();
        let arrived = |goal: &InPlace| ways.get(&goal.id()).is_some_and(|way| way.ops.is_empty());
        let there = [forward, before].into_iter().find(|goal| arrived(goal));
        let lists = Lists::of(&self.home, target);
        // On the way nobody asks for the list; who records such a state keeps it first.
        let kept = there.is_some() && lists.has_objects(&digest).await?;
        Ok(InPlace {
            release: there.and_then(|goal| goal.release.clone()),
            left: there.and_then(|goal| goal.left.clone()),
            objects: Some(digest),
            noticed: Some(noticed),
            ways: Arc::new(ways),
            unrecorded: (!kept).then(|| Arc::new(objects)),
            owned: Self::owned(target),
        })
    }

    fn known<'a>(&'a self, is: &'a Objects) -> Known<'a> {
        Known {
            is,
            before: &self.known.before.1,
            forward: &self.known.forward.1,
            rules: &self.known.rules,
            due: &self.known.due,
        }
    }

    /// What is at each key that this deployment has anything to do with. Where it changes few of
    /// them, only those are asked for: the others are what `Prepare` has seen, and nothing that is
    /// done here depends on them.
    async fn look(&self, target: &Target) -> Answered<Objects> {
        let nothing = Objects::new();
        let changed = changed(&self.known(&nothing));
        let Goal::Recorded(before) = &self.known.before.1 else {
            return self.look_at_all(target).await;
        };
        let at_once = self.pace.get().limit;
        if self.whole || !ask_each(changed.len(), before.len(), at_once) {
            return self.look_at_all(target).await;
        }
        let (found, fault) = many::all(&self.at, &self.pace, Patience::Long, &changed, |path| {
            self.ask(target, path)
        })
        .await;
        fault.map_or(Ok(()), Err)?;
        let changed: BTreeSet<&String> = changed.into_iter().collect();
        let same = before.iter().filter(|(path, _)| !changed.contains(path));
        let same = same.map(|(path, object)| {
            let ours = self.owns(path);
            (
                path.clone(),
                Object {
                    ours,
                    ..object.clone()
                },
            )
        });
        Ok(same.chain(found.into_iter().flatten()).collect())
    }

    async fn look_at_all(&self, target: &Target) -> Answered<Objects> {
        let nothing = Objects::new();
        let scope = self.known(&nothing);
        let mut objects = Objects::new();
        let mut unknown = Vec::new();
        let known: Vec<&str> = self.known.before.1.paths().map(String::as_str).collect();
        let site = &target.site;
        for listed in list_all(&self.at, &site.bucket, &site.prefix, &known).await? {
            let path = listed.key[target.site.prefix.len()..].to_owned();
            if !is_in_scope(&scope, &path) {
                continue;
            }
            match self.recall(&path, &listed.etag) {
                Some(object) => {
                    objects.insert(path, object);
                }
                None => unknown.push(path),
            }
        }
        let (found, fault) = many::all(&self.at, &self.pace, Patience::Long, &unknown, |path| {
            self.ask(target, path)
        })
        .await;
        objects.extend(found.into_iter().flatten());
        fault.map_or(Ok(objects), Err)
    }

    /// What is known to be at a path with this ETag, without asking.
    fn recall(&self, path: &str, etag: &str) -> Option<Object> {
        let seen = self.seen.borrow();
        let written = seen.get(&(path.to_owned(), etag.to_owned())).cloned();
        written.or_else(|| {
            [&self.known.before.1, &self.known.forward.1]
                .into_iter()
                .filter_map(|goal| goal.want(path)?.object)
                .find(|object| object.etag == etag)
                .map(|object| Object {
                    ours: self.owns(path),
                    ..object.clone()
                })
        })
    }

    fn owns(&self, path: &str) -> bool {
        let owns = |goal: &Goal| goal.owns(path);
        owns(&self.known.before.1) || owns(&self.known.forward.1)
    }

    /// Asks S3 what is at a path.
    async fn ask(&self, target: &Target, path: &str) -> Answered<Option<(String, Object)>> {
        let Some(head) = self.at.head(&target.object(path, None)).await? else {
            return Ok(None);
        };
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

    /// The content of an object, with all that is known of it where it is wanted.
    fn file(&self, path: &str, head: &ObjectHead) -> Option<File> {
        let told = file_of(head)?;
        let wanted = [&self.known.before.1, &self.known.forward.1];
        let mut wanted = wanted.into_iter().filter_map(|goal| goal.want(path)?.file);
        Some(wanted.find(|file| **file == told).cloned().unwrap_or(told))
    }

    /// The ETag of the object of before, if this is a copy of it that nothing else tells: its answer
    /// was lost.
    async fn copied(
        &self,
        target: &Target,
        path: &str,
        head: &ObjectHead,
    ) -> Answered<Option<String>> {
        let before = self.known.before.1.want(path);
        match before.and_then(|want| want.object) {
            Some(object) if self.is_copy(target, path, head, object).await? => {
                Ok(Some(object.etag.clone()))
            }
            _ => Ok(None),
        }
    }

    /// Keeps in mind what is at a path.
    pub(in crate::kinds::site) fn remember(&self, path: &str, object: &Object) {
        let key = (path.to_owned(), object.etag.clone());
        self.seen.borrow_mut().insert(key, object.clone());
    }
}

/// The content of an object, as far as S3 knows its SHA-256: as checksum, or as the metadata that
/// Windlass writes, which copies keep.
pub fn file_of(head: &ObjectHead) -> Option<File> {
    let noted = head
        .metadata
        .get(SHA256)
        .and_then(|it| Digest::parse(it).ok());
    Some(File {
        sha256: head.sha256.clone().or(noted)?,
        bytes: head.bytes,
        content_type: head.content_type.clone()?,
        cache_control: head.cache_control.clone()?,
        crc32: None,
    })
}

fn in_place(state: &State) -> Answered<&InPlace> {
    match state {
        State::InPlace(state) => Ok(state),
        State::Prefix(_) => Err(Fault::internal("a step mixes the two modes of a site")),
    }
}
