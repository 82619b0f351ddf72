use super::Publisher;
use super::check::Moment;
use super::documents::{Need, named_by, path_of};
use crate::kinds::site::SitePorts;
use crate::kinds::site::archive::{Entry, Unpacker};
use crate::kinds::site::rules::Role;
use crate::kinds::site::state::State;
use crate::kinds::site::target::Archive;
use crate::kinds::site::trouble::Trouble;
use std::collections::BTreeMap;

/// How many documents are read for the check: the first ones of a site name its shared assets.
const DOCUMENTS: usize = 20;

/// How large a document may be to be read for the check, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// A script or style that a document names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub need: Need,
    /// The document that names it.
    pub document: String,
    /// Whether the archive has it.
    pub in_archive: bool,
    /// The cache header that it was given, where it is this release's file that is fetched.
    pub cache_control: Option<String>,
}

impl<P: SitePorts> Publisher<'_, P> {
    /// The scripts and styles that the first documents of the archive name, by path, as far as
    /// they are to be fetched at this moment.
    pub(super) async fn named_assets(
        &self,
        archive: &Archive,
        moment: Moment,
    ) -> Result<BTreeMap<String, Named>, Trouble> {
        let object = archive.object(&self.home.config().artifacts_bucket);
        let entries = self.entries(archive, &object).await?;
        let documents = sample(&entries);
        let mut unpacker = Unpacker::new(self.home, object, archive.bytes, &entries, &documents);
        let mut all = BTreeMap::new();
        let ours = |path: &str| {
            let rules = &self.known.rules;
            let ours = self.is_ours_already(path, moment);
            ours.then(|| rules.cache_control(path).to_owned())
        };
        for document in &documents {
            let html = unpacker.unpack(document).await?;
            for (need, address) in named_by(&html) {
                let Some(path) = path_of(&document.name, &address) else {
                    continue;
                };
                let in_archive = entries.iter().any(|entry| entry.name == path);
                let before = !in_archive || self.is_served_already(&path);
                if before == (moment == Moment::BeforeSwitch) {
                    all.entry(path.clone()).or_insert_with(|| Named {
                        need,
                        document: document.name.clone(),
                        in_archive,
                        cache_control: ours(&path),
                    });
                }
            }
        }
        Ok(all)
    }

    /// Whether what visitors fetch is surely the file that this deployment wrote.
    fn is_ours_already(&self, path: &str, moment: Moment) -> bool {
        match self.known.forward.0 {
            State::InPlace(_) => self.is_additive(path),
            State::Prefix(_) => moment == Moment::AfterSwitch,
        }
    }

    /// Whether visitors can fetch it before the switch: in place, what publishing wrote and what
    /// was there before; with a prefix, what was copied into the folder of before.
    fn is_served_already(&self, path: &str) -> bool {
        match self.known.forward.0 {
            State::InPlace(_) => self.is_additive(path) || self.known.before.1.want(path).is_some(),
            State::Prefix(_) => self.known.rules.role(path) == Role::Hashed,
        }
    }
}

/// The documents to read: entry documents first, then those closest to the root.
fn sample(entries: &[Entry]) -> Vec<Entry> {
    let is_html = |entry: &&Entry| {
        let extension = entry.name.rsplit_once('.').map_or("", |(_, it)| it);
        let html = ["html", "htm"].contains(&extension.to_ascii_lowercase().as_str());
        html && entry.bytes <= LARGEST
    };
    let mut documents: Vec<&Entry> = entries.iter().filter(is_html).collect();
    documents.sort_by_key(|entry| {
        let depth = entry.name.matches('/').count();
        (depth, entry.name != "index.html", entry.name.clone())
    });
    let mut sample: Vec<Entry> = documents.into_iter().take(DOCUMENTS).cloned().collect();
    sample.sort_by_key(|entry| entry.offset);
    sample
}
