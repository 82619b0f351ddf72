//! The verbs, one file each.

pub mod accept;
pub mod apps;
pub mod cancel;
pub mod completion;
pub mod continue_verb;
pub mod declaration;
pub mod declare;
pub mod deploy;
pub mod doctor;
pub mod drill;
pub mod explain;
pub mod hand_over;
pub mod hold;
pub mod import;
pub mod init;
pub mod logs;
pub mod pause;
pub mod plan;
pub mod recover;
pub mod refusals;
pub mod release;
pub mod release_hold;
pub mod remove;
pub mod rename;
pub mod report;
pub mod rollback;
pub mod skip_bake;
pub mod stats;
pub mod status;
pub mod ui;
pub mod validate;
pub mod watch;
pub mod withdraw;

use crate::exit::Exit;
use crate::history::Deployment;
use crate::listing::Listing;
use crate::output::{Output, end};
use crate::snapshots::Snapshot;
use clap::{Command, Subcommand};

/// A verb of the command line.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Look at a repository and at the account, ask, and write what a release needs.
    Init(init::Init),
    /// Make a declaration from what ecspresso, lambroll or AWS SAM was told.
    Import(import::Import),
    /// Check a declaration, and a manifest for it. Without an endpoint only the files are looked at.
    Validate(validate::Validate),
    /// Put a declaration in force, and tell what is different from the one that was.
    Declare(declare::Declare),
    /// Print the declaration in force, as its team wrote it.
    Declaration(declaration::Declaration),
    /// Check what a release of every component would need, without a lock and without a change.
    Doctor(doctor::Doctor),
    /// Upload artifacts and then a manifest: the release goes where its Git ref belongs.
    Release(release::Releasing),
    /// Deploy a release that is recorded already into an environment: promotion.
    Deploy(deploy::Deploying),
    /// Show what a release, a promotion, a rollback, a drill or a withdrawal would do, without a lock and without a change.
    Plan(plan::Plan),
    /// Watch a deployment until it has ended.
    Watch(watch::Watch),
    /// Explain why a deployment ended as it did, or waits, or which environment a Git ref chooses and why.
    Explain(explain::Explain),
    /// Print the log lines of what a deployment changed, from its start to its end.
    Logs(logs::Logs),
    /// List all applications with their environments, and what runs there.
    Apps(apps::Apps),
    /// Show what runs in an environment, its hold and lock, and who waits; without one, in all of them.
    Status(status::Status),
    /// List the deployments of an environment, newest first.
    History(Listing),
    /// List the snapshots that a rollback can go back to, newest first.
    Snapshots(Listing),
    /// List what was refused before it could become a deployment, or arrived and was not taken.
    Refusals(refusals::Refusals),
    /// Show how often, how fast and how well an application is deployed, and what it costs.
    Stats(stats::Stats),
    /// Go back to an earlier snapshot that was good; holds automatic deployments.
    Rollback(rollback::Rollback),
    /// Go to the version before and come back, so that the way back is known to work.
    ///
    /// The status is 4 where a gate or a change failed and what ran before runs, 5 where it does not, 8 where something
    /// else came in between, and where it could not begin 3, or 9 under a hold.
    Drill(drill::Drill),
    /// Take files of a site away, now and for good.
    Withdraw(withdraw::Withdraw),
    /// Hold automatic deployments.
    Hold(hold::Hold),
    /// Release the hold on automatic deployments.
    ReleaseHold(release_hold::ReleaseHold),
    /// Pause what is watched, for a time; its gates are judged meanwhile.
    Pause(pause::Pause),
    /// End the pause of what is watched.
    Continue(continue_verb::Continue),
    /// Let what is watched pass at its next look, where no gate is red then.
    SkipBake(skip_bake::SkipBake),
    /// Stop a deployment and undo what it changed.
    Cancel(cancel::Cancel),
    /// Try again to undo a deployment that needs an operator, or end one whose execution died.
    Recover(recover::Recover),
    /// Make what is there the truth, and unlock the environment.
    Accept(accept::Accept),
    /// Let go of a component that is not declared any more, or of all of such an environment.
    Remove(remove::Remove),
    /// Give a component, an environment or a whole application another name: what is recorded of it goes with it.
    Rename(rename::Rename),
    /// Give what is recorded of a component, or of all of an environment, to another environment or application.
    HandOver(hand_over::HandOver),
    /// Serve pages on this machine that show all of it, and act from there with your rights.
    ///
    /// The pages deploy, promote, roll back, hold, release the hold, cancel, recover and accept. All else is typed, such as
    /// `pause`, `continue`, `skip-bake`, `drill`, `remove` and `rename`.
    Ui(ui::Ui),
    /// Write an environment's pages into one file, for those without access.
    Report(report::Report),
    /// Print a script with which your shell completes verbs and options.
    Completion(completion::Completion),
}

impl Verb {
    /// Runs the verb, which is one of this command line.
    pub fn run(&self, output: Output, line: fn() -> Command) -> Exit {
        let done = match self {
            Self::Validate(validate) => validate.run(output),
            Self::Declare(declare) => declare.run(output),
            Self::Declaration(declaration) => declaration.run(output),
            Self::Explain(explain) => explain.run(output),
            Self::Logs(logs) => logs.run(output),
            Self::Apps(apps) => apps.run(output),
            Self::Release(release) => release.run(output),
            Self::Deploy(deploy) => deploy.run(output),
            Self::Plan(plan) => plan.run(output),
            Self::Doctor(doctor) => doctor.run(output),
            Self::Watch(watch) => watch.run(output),
            Self::Status(status) => status.run(output),
            Self::History(history) => history.run::<Deployment>(output),
            Self::Snapshots(snapshots) => snapshots.run::<Snapshot>(output),
            Self::Refusals(refusals) => refusals.run(output),
            Self::Stats(stats) => stats.run(output),
            Self::Rollback(rollback) => rollback.run(output),
            Self::Drill(drill) => drill.run(output),
            Self::Withdraw(withdraw) => withdraw.run(output),
            Self::Hold(hold) => hold.run(output),
            Self::ReleaseHold(release_hold) => release_hold.run(output),
            Self::Pause(pause) => pause.run(output),
            Self::Continue(goes_on) => goes_on.run(output),
            Self::SkipBake(skip_bake) => skip_bake.run(output),
            Self::Cancel(cancel) => cancel.run(output),
            Self::Recover(recover) => recover.run(output),
            Self::Accept(accept) => accept.run(output),
            Self::Remove(remove) => remove.run(output),
            Self::Rename(rename) => rename.run(output),
            Self::HandOver(hand_over) => hand_over.run(output),
            Self::Init(init) => init.run(output),
            Self::Import(import) => import.run(output),
            Self::Ui(ui) => ui.run(output),
            Self::Report(report) => report.run(output),
            Self::Completion(completion) => completion.run(output, line()),
        };
        end(output, done)
    }
}
