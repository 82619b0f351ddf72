//! The verbs, one file each.

pub mod accept;
pub mod cancel;
pub mod deploy;
pub mod hold;
pub mod recover;
pub mod refusals;
pub mod release;
pub mod release_hold;
pub mod rollback;
pub mod status;
pub mod validate;
pub mod watch;

use crate::exit::Exit;
use crate::history::Deployment;
use crate::listing::Listing;
use crate::output::{Output, end};
use crate::snapshots::Snapshot;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Check a declaration, and a manifest for it. Without an endpoint only the files are looked at.
    Validate(validate::Validate),
    /// Upload artifacts and then a manifest: the release goes where its Git ref belongs.
    Release(release::Release),
    /// Deploy a release that is recorded already into an environment: promotion.
    Deploy(deploy::Deploy),
    /// Watch a deployment until it has ended.
    Watch(watch::Watch),
    /// What runs in an environment, its hold and lock, and who waits.
    Status(status::Status),
    /// The deployments of an environment, newest first.
    History(Listing),
    /// What a rollback can go back to, newest first.
    Snapshots(Listing),
    /// What was refused before it could become a deployment, or arrived and was not taken.
    Refusals(refusals::Refusals),
    /// Go back to an earlier snapshot that was good; holds automatic deployments.
    Rollback(rollback::Rollback),
    /// Hold automatic deployments.
    Hold(hold::Hold),
    /// Release the hold on automatic deployments.
    ReleaseHold(release_hold::ReleaseHold),
    /// Stop a deployment and undo what it changed.
    Cancel(cancel::Cancel),
    /// Try again to undo a deployment that needs an operator, or end one whose execution died.
    Recover(recover::Recover),
    /// Make what is there the truth, and unlock the environment.
    Accept(accept::Accept),
}

impl Verb {
    /// Does it.
    pub fn run(&self, output: Output) -> Exit {
        let done = match self {
            Self::Validate(validate) => validate.run(output),
            Self::Release(release) => release.run(output),
            Self::Deploy(deploy) => deploy.run(output),
            Self::Watch(watch) => watch.run(output),
            Self::Status(status) => status.run(output),
            Self::History(history) => history.run::<Deployment>(output),
            Self::Snapshots(snapshots) => snapshots.run::<Snapshot>(output),
            Self::Refusals(refusals) => refusals.run(output),
            Self::Rollback(rollback) => rollback.run(output),
            Self::Hold(hold) => hold.run(output),
            Self::ReleaseHold(release_hold) => release_hold.run(output),
            Self::Cancel(cancel) => cancel.run(output),
            Self::Recover(recover) => recover.run(output),
            Self::Accept(accept) => accept.run(output),
        };
        end(output, done)
    }
}
