//! Static sites: files in S3, usually behind CloudFront.
//!
//! There are two modes (`docs/decisions/kinds/0050-deploying-a-site-in-place-or-by-folders.md`), each a kind of its own
//! (decision 0050). In place, files are written over the live ones, documents last. With a prefix, each release has a
//! folder, and the distribution's origin path is switched. In both modes new files that are no documents are brought
//! first, which is additive.

mod addresses;
mod bucket_distributions;
mod calls;
mod clearing;
mod files;
pub mod hashed_names;
pub mod in_place;
mod lists;
mod packed;
pub mod prefix;
mod prepare;
pub mod publish;
pub mod rules;
mod served_site;
mod target;
mod types;
mod withdraw;

use crate::kinds::{Checkpoint, Either, Publication, Publishes, Writes, from_value};
use crate::ports::Result;
pub use crate::trouble::Trouble;
pub use calls::SitePorts;
use in_place::{InPlace, Knowledge};
use prefix::Prefix;
pub use prepare::check_plan::{check_artifact, needs};
pub use prepare::prepare;
pub use prepare::scene::RecordedSite;
pub use served_site::Visited;
pub use target::{Target, folder_of, origin_path_of, release_of};
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;

/// A site writes no log lines, because it runs nothing; see [`crate::kinds::writes()`].
#[allow(clippy::unnecessary_wraps, reason = "of other kinds it can fail")]
pub fn writes(_: &Step) -> Result<Writes> {
    Ok(Writes::Nothing("a site has files and runs nothing; who visited it the access logs of its distribution show"))
}

/// Returns the kind of a step, by the mode in its target.
pub async fn of<P: SitePorts>(ports: &P, step: &Step) -> Result<Either<InPlace<P>, Prefix<P>>> {
    let target: Target = from_value("target", &step.target)?;
    Ok(match target.site.mode {
        SiteMode::InPlace => {
            let known = Knowledge::load(&ports.at(&Place::default()), step).await?;
            Either::One(InPlace::new(ports.at(&step.place), known))
        }
        SiteMode::Prefix => Either::Other(Prefix::of(ports, step)?),
    })
}

impl<P: SitePorts> Publishes for Either<InPlace<P>, Prefix<P>> {
    async fn publish(&self, step: &Step, checkpoint: &mut impl Checkpoint) -> Result<Publication, Trouble> {
        match self {
            Self::One(kind) => kind.publish(step, checkpoint).await,
            Self::Other(kind) => kind.publish(step, checkpoint).await,
        }
    }
}
