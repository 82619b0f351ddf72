//! The command line of Windlass, for CI and people.
//!
//! Each verb has a type in [`verbs`] or [`ui`]; [`talk::listing`] serves those that list. Every verb returns an
//! [`Exit`], and prints either words or, with `--json`, one JSON document on standard output.

pub mod ground;
pub mod init;
pub mod stack;
pub mod talk;
pub mod ui;
pub mod verbs;
pub mod view;

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::guide;
use crate::ground::output::{VerbOutput, end};
use crate::talk::listing::ListArguments;
use clap::{Args, Command, CommandFactory, Parser, Subcommand};
use clap_complete::{Shell, generate};
use serde_json::json;
use std::path::PathBuf;
use windlass_domain::release::action::ActionName;
use windlass_domain::shown::api::deployments::HistoryEntry;
use windlass_domain::shown::api::recorded::ListedSnapshot;

/// Deploys releases into AWS environments, and takes them back when they are unhealthy.
#[derive(Debug, Parser)]
#[command(name = "windlass", version)]
pub struct Arguments {
    /// Print one JSON document instead of words.
    #[arg(long, global = true)]
    json: bool,
    /// Write that document to a file, and print words.
    #[arg(long, global = true, value_name = "FILE")]
    json_to: Option<PathBuf>,
    #[command(flatten)]
    color: colorchoice_clap::Color,
    #[command(subcommand)]
    verb: Verb,
}

/// Gives a verb, and each verb within it, the usage that its help shows.
fn with_usage(verb: Command) -> Command {
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    verb.override_usage(usage).mut_subcommands(with_usage)
}

impl Arguments {
    /// Returns the command line with its verbs in groups, an example of each, and the usage of each as its help shows
    /// it. clap itself puts every option with a value into the usage as if it were required, also where a variable gave
    /// the value.
    pub fn command_line() -> Command {
        let mut command = Self::command();
        command.build();
        guide::guided(command.mut_subcommands(with_usage))
    }

    /// Runs the verb that was asked for.
    pub fn run(&self) -> Exit {
        self.color.write_global();
        let output = VerbOutput::new(self.json);
        let with_file = self.json_to.as_deref().map(|path| output.with_file(path));
        match with_file.unwrap_or(Ok(output)) {
            Ok(output) => self.verb.run(output, Self::command),
            Err(failure) => end(output, Err(failure)),
        }
    }
}

/// A verb of the command line.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Look at a repository and at the account, ask, and write what a release needs.
    Init(verbs::init::Init),
    /// Make a declaration from what ecspresso, lambroll or AWS SAM was given.
    Import(verbs::import::Import),
    /// Check a declaration, and a manifest for it. Without an endpoint only the files are looked at.
    Validate(verbs::validate::Validate),
    /// Put a declaration in force, and show what is different from the one that was.
    Declare(verbs::declare::Declare),
    /// Print the declaration in force, as its team wrote it.
    Declaration(verbs::declare::InForce),
    /// Check what a release of every component would need, without a lock and without a change.
    Doctor(verbs::doctor::Doctor),
    /// Upload artifacts and then a manifest: the release goes where its Git ref belongs.
    Release(verbs::release::Releasing),
    /// Deploy a release that is recorded already into an environment.
    Deploy(verbs::deploy::Deploying),
    /// Promote all that runs in one environment to another one. The plan is shown first.
    Promote(verbs::promote::Promote),
    /// Show what a release, a promotion, a rollback, a restoring, a drill or a withdrawal would do, without a lock and
    /// without a change.
    Plan(verbs::plan::Plan),
    /// Approve the plan of a deployment that waits for that. The plan is shown first.
    Approve(verbs::approve::Approve),
    /// Watch a deployment until it has ended.
    Watch(verbs::watch::Watch),
    /// Explain why a deployment ended as it did, or waits, or which environment a Git ref chooses and why.
    Explain(verbs::explain::Explain),
    /// Print the log lines of what a deployment changed, from its start to its end.
    Logs(verbs::logs::Logs),
    /// List all applications with their environments, and what runs there.
    Apps(verbs::status::Apps),
    /// Show what runs in an environment, its hold and lock, and who waits; without one, in all of them.
    Status(verbs::status::Status),
    /// List the deployments of an environment, newest first.
    History(ListArguments),
    /// List the snapshots that a rollback can go back to, newest first.
    Snapshots(ListArguments),
    /// List what was refused before it could become a deployment, or arrived and was not taken.
    Refusals(verbs::refusals::Refusals),
    /// Show how often, how fast and how well an application is deployed, and what it costs.
    Stats(verbs::stats::Stats),
    /// Go back to an earlier snapshot that was good; holds automatic deployments.
    Rollback(verbs::rollback::Rollback),
    /// Bring back what is recorded, where somebody has changed a target by hand; holds nothing.
    Restore(verbs::rollback::Restore),
    /// Go to the version before and come back, so that the way back is known to work.
    ///
    /// The status is 4 if a gate or a change failed and Windlass then restored the version that ran before, and 5 if
    /// Windlass could not restore that version. It is 8 if a release, a rollback or a person interrupted the drill. If
    /// the drill could not begin, the status is 3, or 9 if a hold was the reason.
    Drill(verbs::rollback::Drill),
    /// Take files of a site away, now and for good.
    Withdraw(verbs::remove::Withdraw),
    /// Hold automatic deployments.
    Hold(verbs::operator::ActedOn),
    /// Release the hold on automatic deployments.
    ReleaseHold(verbs::operator::ActedOn),
    /// Pause what is watched, for a time; its gates are judged meanwhile.
    Pause(verbs::steering::Pause),
    /// End the pause of what is watched.
    Continue(verbs::steering::SteeringArguments),
    /// Let what is watched pass at its next look, where no gate is red then.
    SkipBake(verbs::steering::SteeringArguments),
    /// Stop a deployment and undo what it changed.
    Cancel(verbs::cancel::Cancel),
    /// Try again to undo a deployment that needs an operator, or end one whose execution died.
    Recover(verbs::cancel::Recover),
    /// Make what is there the truth, and unlock the environment.
    Accept(verbs::operator::ActedOn),
    /// Let go of a component that is not declared any more, or of all of such an environment.
    Remove(verbs::remove::Remove),
    /// Give a component, an environment or a whole application another name: what is recorded of it goes with it.
    Rename(verbs::moves::Rename),
    /// Give what is recorded of a component, or of all of an environment, to another environment or application.
    HandOver(verbs::moves::HandOver),
    /// Serve pages on this machine that show all of it, and act from there with your rights.
    ///
    /// The pages deploy, promote, approve, roll back, hold, release the hold, cancel, recover and accept. All else is
    /// typed, such as `pause`, `continue`, `skip-bake`, `drill`, `remove` and `rename`.
    Ui(ui::Ui),
    /// Write an environment's pages into one file, for those without access.
    Report(ui::report::Report),
    /// Print a script with which your shell completes verbs and options.
    Completion(Completion),
}

impl Verb {
    /// Runs the verb, which is one of this command line.
    pub fn run(&self, output: VerbOutput, line: fn() -> Command) -> Exit {
        let done = match self {
            Self::Validate(validate) => validate.run(output),
            Self::Declare(declare) => declare.run(output),
            Self::Declaration(declaration) => declaration.run(output),
            Self::Explain(explain) => explain.run(output),
            Self::Logs(logs) => logs.run(output),
            Self::Apps(apps) => apps.run(output),
            Self::Release(release) => release.run(output),
            Self::Deploy(deploy) => deploy.run(output),
            Self::Promote(promote) => promote.run(output),
            Self::Plan(plan) => plan.run(output),
            Self::Doctor(doctor) => doctor.run(output),
            Self::Approve(approve) => approve.run(output),
            Self::Watch(watch) => watch.run(output),
            Self::Status(status) => status.run(output),
            Self::History(history) => history.run::<HistoryEntry>(output),
            Self::Snapshots(snapshots) => snapshots.run::<ListedSnapshot>(output),
            Self::Refusals(refusals) => refusals.run(output),
            Self::Stats(stats) => stats.run(output),
            Self::Rollback(rollback) => rollback.run(output),
            Self::Restore(restore) => restore.run(output),
            Self::Drill(drill) => drill.run(output),
            Self::Withdraw(withdraw) => withdraw.run(output),
            Self::Hold(at) => verbs::steering::hold(at).run(output),
            Self::ReleaseHold(at) => verbs::steering::release_hold(at).run(output),
            Self::Pause(pause) => pause.run(output),
            Self::Continue(goes_on) => goes_on.run(ActionName::Continue, output),
            Self::SkipBake(skip_bake) => skip_bake.run(ActionName::SkipBake, output),
            Self::Cancel(cancel) => cancel.run(output),
            Self::Recover(recover) => recover.action().run(output),
            Self::Accept(at) => verbs::cancel::accept(at).run(output),
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

/// The arguments of `windlass completion`: a script with which a shell completes verbs, options and files.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completion {
    /// Prints the script for a command line.
    ///
    /// # Errors
    /// If the script is no text.
    pub fn run(&self, output: VerbOutput, mut line: Command) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut line, "windlass", &mut script);
        let script =
            String::from_utf8(script).map_err(|error| Failure::broken(format!("the script is no text: {error}")))?;
        let document = json!({"shell": self.shell.to_string(), "script": script});
        output.document(&document, &script);
        Ok(Exit::Good)
    }
}
