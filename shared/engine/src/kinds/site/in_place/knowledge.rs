//! The knowledge of a site in place and of the deployment that changes it, over its ports.

use super::content::Content;
use super::plan::Operation;
use crate::kinds::archive::Entry;
use crate::kinds::from_value;
use crate::kinds::site::calls::{Pace, SitePorts};
use crate::kinds::site::files::{File, Object, Objects, Staged};
use crate::kinds::site::in_place::plan::{Goal, Seen};
use crate::kinds::site::lists::Lists;
use crate::kinds::site::rules::SiteRules;
use crate::kinds::site::target::Target;
use crate::ports::Result;
use bytes::Bytes;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::Fault;

/// The state that was seen last, with what this invocation has done since.
#[derive(Debug, Clone)]
pub(super) struct LastKnownState {
    /// The object at each key.
    pub(super) objects: Objects,
    /// The result of the look; `None` if something was written since.
    pub(super) seen: Option<Seen>,
    /// True if the next look may begin with it, because the answers show everything that was done since.
    pub(super) is_known: bool,
}

impl LastKnownState {
    /// Notes the object that is at a path now.
    pub fn put(&mut self, path: &str, object: Option<Object>) {
        self.seen = None;
        match object {
            Some(object) => self.objects.insert(path.to_owned(), object),
            None => self.objects.remove(path),
        };
    }
}

/// The bytes of files by path.
pub(super) type Contents = BTreeMap<String, Bytes>;

/// The state before and the goal, with their lists.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// The site's rules.
    pub(super) rules: SiteRules,
    /// The state before.
    pub(super) before: (Goal, Content),
    /// The deployment's goal.
    pub(super) forward: (Goal, Content),
    /// The files that former releases left and that the deployment deletes, by path.
    pub(super) due: BTreeSet<String>,
    /// The objects that this deployment wrote already.
    pub(super) written: Vec<(String, Object)>,
    /// The files that this deployment uploaded without completing them, by path.
    pub(super) staged: BTreeMap<String, (File, Staged)>,
}

impl Knowledge {
    /// Reads what a step's lists say; `home` are the ports at the deployer's own place.
    pub async fn load(home: &impl SitePorts, step: &Step) -> Result<Self> {
        let target: Target = from_value("target", &step.target)?;
        let goal = step.goals.values().last().ok_or_else(|| Fault::internal("the step of a site has no goal"))?;
        let before: Goal = from_value("state before", &step.before["goal"])?;
        let forward: Goal = from_value("goal", goal)?;
        let lists = Lists::of(home, &target);
        let (mut written, mut staged) = (Vec::new(), BTreeMap::new());
        for handled in lists.handled(&step.deployment).await? {
            if let Some(object) = handled.object() {
                written.push((handled.path, object));
            } else if let (Some(file), Some(upload)) = (handled.file, handled.staged) {
                staged.insert(handled.path, (file, upload));
            }
        }
        let before_content = lists.content(&before).await?;
        let forward_content = lists.content(&forward).await?;
        Ok(Self {
            rules: SiteRules::new(&target.site)?,
            due: lists.leftover_list_of(&forward).await?.due,
            before: (before, before_content),
            forward: (forward, forward_content),
            written,
            staged,
        })
    }

    /// Returns whether the files of the release are not known: it is not published, or its list was lost. If it went
    /// on, it would take every file of before for one that is no longer wanted.
    pub(super) fn lacks_files(&self) -> bool {
        matches!(&self.forward.1, Content::Release(files) if files.is_empty())
    }
}

/// The kind of a site that is changed in place, with what is known of the deployment that changes it.
pub struct InPlace<P> {
    /// The ports at the target's place.
    pub(super) at: P,
    /// The ports at the deployer's own place, where the artifacts bucket is.
    pub(super) home: P,
    pub(super) known: Knowledge,
    /// The objects that are known, by path and ETag.
    pub(super) seen: RefCell<BTreeMap<(String, String), Object>>,
    /// The archive's directory, read once.
    pub(super) directory: OnceCell<Vec<Entry>>,
    /// The contents that were read before their change is sent.
    pub(super) fetched: RefCell<Option<(Vec<Operation>, Contents)>>,
    /// The number of calls to S3 that are under way at once.
    pub(super) pace: Cell<Pace>,
    /// The state that was seen last, with what was done since.
    pub(super) looked: RefCell<Option<LastKnownState>>,
    /// The calls that the last look at all files took at most.
    pub(super) calls: Cell<u32>,
}

impl<P: SitePorts> InPlace<P> {
    /// A site; `at` are the ports at its place.
    pub fn new(at: P, mut known: Knowledge) -> Self {
        let home = at.at(&Place::default());
        let seen = std::mem::take(&mut known.written)
            .into_iter()
            .map(|(path, object)| ((path, object.etag.clone()), object))
            .collect();
        Self {
            at,
            home,
            known,
            seen: RefCell::new(seen),
            directory: OnceCell::new(),
            fetched: RefCell::default(),
            pace: Cell::default(),
            looked: RefCell::default(),
            calls: Cell::default(),
        }
    }
}
