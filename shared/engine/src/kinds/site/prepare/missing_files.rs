//! Finds the files that the pages of an archive name and that the archive lacks, or has in another Unicode form alone.

// Pages are looked at before anything is written. Only what a browser surely fetches is looked for, and where
// functions may answer an address it is a warning: a good site must not be refused.

use super::forms::{Forms, InOtherForm, in_other_form, other_forms};
use crate::html::named_by;
use crate::kinds::archive::{Entry, Unpacker};
use crate::kinds::site::addresses::{Addresses, Known, Lead};
use crate::kinds::site::rules::SiteRules;
use crate::kinds::site::types::{self, name_of};
use crate::ports::{Clock, ObjectId, S3Api};
use crate::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};

/// The time for which the pages of one site are read, in milliseconds. Eight components are looked at side by side, and
/// the planner has 120 s for all: so five rounds of sites take half of it.
const LOOKS_MS: u64 = 10_000;

/// The largest page that is read, in bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The most files that are remembered: the pages of one archive may name any number.
const REMEMBERED: usize = 10_000;

/// The most findings that are listed one by one. A record in the ledger is limited.
const LISTED: usize = 50;

/// The most files that a warning names.
const NAMED: usize = 5;

/// The files that the pages of an archive name and that the archive lacks.
#[derive(Debug, Default)]
pub(in crate::kinds::site) struct MissingFiles {
    /// The archive's key.
    archive: String,
    /// The place in the declaration that names files of others.
    elsewhere: String,
    /// The files, by their paths.
    files: BTreeMap<String, MissingFile>,
    /// The names that pages link and that the archive has in another form alone, with the first page and the file.
    linked: BTreeMap<String, (String, String)>,
    /// The warning of names of the archive that are alike.
    pub(super) alike: Option<Finding>,
    /// The number of pages that were not read.
    unread: usize,
    /// The number of names in pages that are not remembered. A file counts once for each page that names it.
    forgotten: usize,
}

/// A file that pages name and that the archive lacks.
#[derive(Debug)]
struct MissingFile {
    /// The first page that names it.
    page: String,
    /// The number of pages that do.
    pages: usize,
    /// The most that an address of it shows.
    known: Known,
    /// The file of the archive that has its name in another form.
    there: Option<String>,
}

/// A name in a page under which the release has nothing.
struct Lack<'a> {
    /// The most that an address of it shows.
    known: Known,
    /// True if the page needs the file, and does not only link it.
    is_needed: bool,
    /// The file that has the name in another form.
    there: Option<&'a str>,
}

/// The knowledge with which pages are looked at.
pub(super) struct Looked<'a> {
    addresses: Addresses<'a>,
    rules: &'a SiteRules,
    /// The paths of the files that are published.
    paths: BTreeSet<&'a str>,
    /// Their names, without their folders.
    names: BTreeSet<&'a str>,
    forms: Forms<'a>,
}

impl<'a> Looked<'a> {
    /// The knowledge for a release with these entries, and with the file at `config` that the declaration writes.
    pub(super) fn new(
        addresses: Addresses<'a>,
        rules: &'a SiteRules,
        entries: &'a [Entry],
        config: Option<&'a str>,
    ) -> Self {
        let files = entries.iter().filter(|entry| !entry.folder).map(|entry| entry.name.as_str());
        let paths: BTreeSet<&str> = files.chain(config).collect();
        let names = paths.iter().copied().map(name_of).collect();
        let forms = Forms::of(&paths);
        Self { addresses, rules, paths, names, forms }
    }

    /// Returns the files that a page needs and that the release lacks, and the names that it links and that the release
    /// has in another form alone.
    fn lacks(&self, page: &str, html: &[u8]) -> BTreeMap<String, Lack<'a>> {
        let names = named_by(html);
        let mut lacks = BTreeMap::new();
        let Some(base) = self.addresses.base(page, names.base.as_deref()) else { return lacks };
        let addresses = names.needed.iter().map(|(_, address)| address).chain(&names.images);
        let leads = addresses.filter_map(|address| self.addresses.follow(&base, address));
        // Nobody knows the folder from which a browser follows the addresses of a piece of HTML.
        let at_most = if names.is_page { Known::Path } else { Known::Name };
        let leads = leads.map(|lead| Lead { known: lead.known.min(at_most), ..lead });
        for lead in leads.filter(|lead| !self.has(lead) && !self.rules.is_elsewhere(&lead.path)) {
            let there = self.forms.file(&lead);
            let lack = lacks.entry(lead.path).or_insert(Lack { known: lead.known, is_needed: true, there });
            lack.known = lead.known.max(lack.known);
        }
        let links = names.links.iter().filter_map(|address| self.addresses.lead(&base, address));
        let links = links.map(|lead| Lead { known: lead.known.min(at_most), ..lead });
        for lead in links.filter(|lead| !self.has(lead) && !self.rules.is_elsewhere(&lead.path)) {
            if let Some(there) = self.forms.page(&lead) {
                let lack = Lack { known: lead.known, is_needed: false, there: Some(there) };
                lacks.entry(lead.path).or_insert(lack);
            }
        }
        lacks
    }

    fn has(&self, lead: &Lead) -> bool {
        let path = lead.path.as_str();
        self.paths.contains(path) || (lead.known < Known::Path && self.names.contains(name_of(path)))
    }
}

impl MissingFiles {
    /// Reads the pages of an archive in S3. A page whose bytes are broken is found when it is published. `elsewhere` is
    /// where the declaration names files of others.
    pub(super) async fn find(
        ports: &(impl S3Api + Clock),
        (object, size): (ObjectId, u64),
        entries: &[Entry],
        looked: &Looked<'_>,
        elsewhere: String,
    ) -> Result<Self, Trouble> {
        let mut missing = Self { archive: object.key.clone(), elsewhere, ..Self::default() };
        let (mut pages, large): (Vec<Entry>, Vec<Entry>) =
            entries.iter().filter(|entry| is_page(entry)).cloned().partition(|page| page.bytes <= LARGEST);
        pages.sort_by_key(|page| page.offset);
        missing.unread = large.len();
        let mut unpacker = Unpacker::new(ports, object, size, entries, &pages);
        let began = ports.now();
        for (number, page) in pages.iter().enumerate() {
            if ports.now().ms_since(began) > LOOKS_MS {
                missing.unread += pages.len() - number;
                break;
            }
            match unpacker.unpack(page).await {
                Ok(html) => missing.note(&page.name, looked.lacks(&page.name, &html)),
                Err(Trouble::Findings(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(missing)
    }

    fn note(&mut self, page: &str, lacks: BTreeMap<String, Lack<'_>>) {
        for (path, Lack { known, is_needed, there }) in lacks {
            if let Some(file) = self.files.get_mut(&path).filter(|_| is_needed) {
                file.pages += 1;
                file.known = file.known.max(known);
                continue;
            }
            if !is_needed && self.linked.contains_key(&path) {
                continue;
            }
            if self.files.len() + self.linked.len() >= REMEMBERED {
                self.forgotten += 1;
                continue;
            }
            let page = page.to_owned();
            match there.map(str::to_owned) {
                Some(there) if !is_needed => drop(self.linked.insert(path, (page, there))),
                there => drop(self.files.insert(path, MissingFile { page, pages: 1, known, there })),
            }
        }
    }

    /// Refuses the archive if a file is missing that is not at one of the paths `of_others` either. Returns warnings:
    /// of the files that something may answer of which nobody knows the answers, and of names in several forms.
    ///
    /// # Errors
    /// A finding for each file, with the first page that names it.
    pub(in crate::kinds::site) fn check(&self, of_others: &BTreeSet<&str>) -> Result<Vec<Finding>, Trouble> {
        let names: BTreeSet<&str> = of_others.iter().copied().map(name_of).collect();
        let is_of_others = |path: &str, known: Known| {
            of_others.contains(path) || (known < Known::Path && names.contains(name_of(path)))
        };
        let missing = self.files.iter().filter(|(path, file)| !is_of_others(path, file.known));
        let (guessed, missing): (Vec<_>, Vec<_>) = missing.partition(|(_, file)| file.known == Known::Guess);
        let mut findings: Vec<Finding> =
            missing.iter().take(LISTED).map(|(path, file)| self.lacking(path, file)).collect();
        if missing.len() > LISTED {
            let more = count(missing.len() - LISTED, "more file");
            findings.push(self.finding("the archive", format!("its pages name {more} that it lacks")));
        }
        if !findings.is_empty() {
            return Err(findings.into());
        }
        let (in_forms, guessed): (Vec<_>, Vec<_>) = guessed.into_iter().partition(|(_, file)| file.there.is_some());
        let in_forms = in_forms.into_iter().filter_map(|(asked, MissingFile { page, there, .. })| {
            Some(InOtherForm { page, asked, there: there.as_deref()? })
        });
        let linked = self.linked.iter();
        let linked = linked.filter(|(path, _)| !self.files.contains_key(*path) && !of_others.contains(path.as_str()));
        let linked = linked.map(|(asked, (page, there))| InOtherForm { page, asked, there });
        let forms = other_forms(&self.archive, &in_forms.chain(linked).collect::<Vec<_>>());
        let some: Vec<&str> = guessed.iter().take(NAMED).map(|(path, _)| path.as_str()).collect();
        let unsure = (!some.is_empty()).then(|| {
            let reason = format!(
                "its pages name {} that it lacks, and that a function of the distribution, or the website of the \
                 bucket, may answer or not: {}",
                count(guessed.len(), "file"),
                some.join(", ")
            );
            self.finding("the archive", reason)
        });
        Ok([unsure, forms, self.alike.clone()].into_iter().flatten().collect())
    }

    fn lacking(&self, path: &str, MissingFile { page, pages, there, .. }: &MissingFile) -> Finding {
        let others = pages.saturating_sub(1);
        let also = match others {
            0 => String::new(),
            _ => format!(", as {} {}", count(others, "other page"), agree(others, "does", "do")),
        };
        match there {
            Some(there) => in_other_form(&self.archive, &InOtherForm { page, asked: path, there }, &also),
            None => self.finding(page, format!("the page names `{path}`, which the archive lacks{also}")),
        }
    }

    fn finding(&self, page: &str, reason: String) -> Finding {
        let Self { archive, elsewhere, .. } = self;
        Finding::new(
            FindingName::BadArchive,
            format!("{archive}: {page}"),
            reason,
            format!(
                "build the archive again, with every file that its pages name; or say with `{elsewhere}` which files \
                 others serve"
            ),
        )
    }

    /// Returns a warning if pages were not read, or name more files than are remembered.
    pub(super) fn warning(&self) -> Option<Finding> {
        let unread = (self.unread > 0).then(|| {
            format!(
                "{} {} not read, because there was no time or the page is larger than 8 MiB: nobody knows whether the \
                 archive has what they name",
                count(self.unread, "page"),
                agree(self.unread, "was", "were")
            )
        });
        let forgotten = (self.forgotten > 0).then(|| {
            format!(
                "its pages name more than {} that it lacks: {} {} not looked at",
                count(REMEMBERED, "file"),
                count(self.forgotten, "more name"),
                agree(self.forgotten, "is", "are")
            )
        });
        let reasons: Vec<String> = unread.into_iter().chain(forgotten).collect();
        (!reasons.is_empty()).then(|| {
            Finding::new(
                FindingName::BadArchive,
                &self.archive,
                reasons.join("; "),
                "look in CI whether every file is there that pages name",
            )
        })
    }
}

fn is_page(entry: &Entry) -> bool {
    !entry.folder && types::by_name(&entry.name).is_some_and(types::is_page)
}

#[cfg(test)]
#[path = "missing_files_tests.rs"]
mod tests;
