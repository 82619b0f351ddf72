//! Listings of a bucket, in pages.

use crate::World;
use crate::bucket::Version;
use crate::s3::State;
use std::ops::Bound;
use windlass_engine::ports::{Listed, Listing, Result};

impl State {
    fn page(&self) -> usize {
        if self.page == 0 { 1000 } else { self.page }
    }

    fn page_of(&self, all: Vec<Listed>, after: Option<String>) -> Listing {
        let page = self.page();
        let start: usize = after.and_then(|after| after.parse().ok()).unwrap_or(0);
        let next = (all.len() > start + page).then(|| (start + page).to_string());
        Listing { objects: all.into_iter().skip(start).take(page).collect(), next }
    }
}

fn listed(key: &str, version: &Version, latest: bool) -> Listed {
    Listed {
        key: key.to_owned(),
        etag: version.etag.clone(),
        bytes: version.size,
        modified: version.modified,
        version_id: version.id.clone(),
        latest,
        deleted: version.marker,
    }
}

/// The effects, without the hook for mishaps.
impl World {
    pub(crate) fn object_list(&self, bucket: &str, prefix: &str, after: Option<&str>) -> Result<Listing> {
        let state = self.s3();
        let known = state.known(bucket)?;
        let from = after.unwrap_or_default();
        let page = state.page();
        let mut objects: Vec<Listed> = known
            .keys
            .range::<str, _>((Bound::Excluded(from), Bound::Unbounded))
            .map(|(key, _)| key)
            .filter(|key| key.starts_with(prefix))
            .filter_map(|key| Some((key, known.current(key)?)))
            .map(|(key, version)| Listed { version_id: None, ..listed(key, version, true) })
            .take(page + 1)
            .collect();
        let more = objects.len() > page;
        objects.truncate(page);
        let last = objects.last().filter(|_| more);
        Ok(Listing { next: last.map(|last| last.key.clone()), objects })
    }

    pub(crate) fn object_list_versions(&self, bucket: &str, prefix: &str, after: Option<String>) -> Result<Listing> {
        let state = self.s3();
        let known = state.known(bucket)?;
        let mut all = Vec::new();
        for (key, versions) in &known.keys {
            if key.starts_with(prefix) {
                let newest_first = versions.iter().rev().enumerate();
                all.extend(newest_first.map(|(index, version)| listed(key, version, index == 0)));
            }
        }
        Ok(state.page_of(all, after))
    }
}
