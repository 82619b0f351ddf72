//! Static sites: files in S3, usually behind CloudFront.
//!
//! There are two modes (`docs/decisions/sites/0050-deploying-a-site-in-place-or-by-folders.md`), each a kind of its own
//! (decision 0353). In place, files are written over the live ones, documents last. With a prefix, each release has a
//! folder, and the distribution's origin path is switched. In both modes new files that are no documents are brought
//! first, which is additive.

pub mod archive;
mod brought;
mod calls;
pub mod in_place;
mod lists;
mod needs;
pub mod prefix;
mod prepare;
pub mod publish;
mod rows;
pub mod rules;
mod target;

use crate::config::Configured;
use crate::kinds::{Built, Checkpoint, Publication, Publishes, Switched, Then, Writes, from_value};
use crate::ports::{Answered, Cdn, Clock, Objects, Reach};
pub use crate::trouble::Trouble;
pub use brought::brought;
use in_place::{InPlace, Knowledge};
pub use needs::needs;
use prefix::Prefix;
pub use prepare::prepare;
use serde::Deserialize;
pub use target::{Archive, Target, Visited, folder_of, origin_path_of, release_of};
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::hourly_look::CALLS_A_LOOK;
use windlass_domain::kinds::site::SiteMode;
use windlass_domain::place::Place;
use windlass_domain::step::Step;

/// The ports that a site needs.
pub trait SitePorts: Objects + Cdn + Clock + Reach + Configured {}
impl<P: Objects + Cdn + Clock + Reach + Configured> SitePorts for P {}

/// The kind of a step of a site, by its mode.
pub enum Site<P> {
    /// A site whose files are written over the live ones.
    InPlace(Box<InPlace<P>>),
    /// A site with a folder per release.
    Prefix(Prefix<P>),
}

/// A site writes no log lines, because it runs nothing; see [`crate::kinds::writes`].
#[allow(clippy::unnecessary_wraps, reason = "of other kinds it can fail")]
pub fn writes(_: &Step) -> Answered<Writes> {
    Ok(Writes::Nothing(
        "a site has files and runs nothing; who visited it the access logs of its distribution tell",
    ))
}

/// Returns the most calls that a look takes if it lists so many files. A page has a thousand files, and ranges that are
/// listed at once need not fill their pages.
fn calls_to_list(files: usize) -> u32 {
    let pages = u32::try_from(files.div_ceil(500)).unwrap_or(u32::MAX);
    CALLS_A_LOOK.saturating_add(pages)
}

/// Returns the kind of a step, by the mode in its target.
pub async fn of<P: SitePorts>(ports: &P, step: &Step) -> Answered<Site<P>> {
    let target: Target = from_value("target", &step.target)?;
    Ok(match target.site.mode {
        SiteMode::InPlace => {
            let known = Knowledge::load(&ports.at(&Place::default()), step).await?;
            Site::InPlace(Box::new(InPlace::new(ports.at(&step.place), known)))
        }
        SiteMode::Prefix => Site::Prefix(Prefix::of(ports, step)?),
    })
}

impl<P: SitePorts> Built for Site<P> {
    async fn with<T: Then>(&self, then: T) -> Answered<T::Out> {
        match self {
            Self::InPlace(kind) => then.then(&**kind).await,
            Self::Prefix(kind) => then.then(kind).await,
        }
    }
}

impl<P: SitePorts> Publishes for Site<P> {
    async fn publish(
        &self,
        step: &Step,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Publication, Trouble> {
        match self {
            Self::InPlace(kind) => kind.publish(step, checkpoint).await,
            Self::Prefix(kind) => kind.publish(step, checkpoint).await,
        }
    }
}

/// The state that is recorded of a site. It may be of either mode, because a person may have changed the mode since.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum State {
    /// The state of a site that is changed in place.
    InPlace(in_place::Goal),
    /// The state of a site with a folder per release.
    Prefix(prefix::Goal),
}

impl State {
    fn in_place(self) -> Option<in_place::Goal> {
        match self {
            Self::InPlace(goal) => Some(goal),
            Self::Prefix(_) => None,
        }
    }

    fn prefix(self) -> Option<prefix::Goal> {
        match self {
            Self::Prefix(goal) => Some(goal),
            Self::InPlace(_) => None,
        }
    }
}

/// The files that are Windlass's own, in words.
fn files_of(target: &Target) -> String {
    let site = &target.site;
    format!(
        "the files of its releases in s3://{}/{}",
        site.bucket, site.prefix
    )
}

/// The files that visitors get, in words.
fn files_in_words(release: Option<&Digest>) -> String {
    release.map_or_else(
        || "the files that Windlass found".to_owned(),
        |release| format!("the files of {}", release.short()),
    )
}

/// The end of a remedy for bytes of a release. The version is free until the release is recorded, and not any more
/// then.
const NEW_VERSION: &str = "a release that is recorded keeps its version and its bytes, so release the new ones under a new version";

/// Takes [`NEW_VERSION`] out of the remedy for bytes that are in no release yet: their version is free.
fn unreleased(finding: Finding) -> Finding {
    let remedy = finding.remedy.replace(&format!("; {NEW_VERSION}"), "");
    Finding { remedy, ..finding }
}

/// A finding on an entry of an archive.
pub fn bad_archive(archive: &str, entry: &str, reason: String) -> Finding {
    Finding::new(
        FindingName::BadArchive,
        format!("{archive}: {entry}"),
        reason,
        format!("build the archive again, with plain files and relative paths; {NEW_VERSION}"),
    )
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
async fn invalidate(at: &impl SitePorts, id: &str, switched: &Switched) -> Answered<Vec<String>> {
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
