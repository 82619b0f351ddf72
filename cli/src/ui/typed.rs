//! The commands that a page makes: the verbs' own arguments read them as the command line does, and the verbs' own
//! functions carry them out. A verb that is not here is done by typing it.

use crate::failure::Failure;
use crate::verbs::accept::Accept;
use crate::verbs::cancel::Cancel;
use crate::verbs::deploy::Deploying;
use crate::verbs::hold::Hold;
use crate::verbs::plan::Plan;
use crate::verbs::recover::Recover;
use crate::verbs::release_hold::ReleaseHold;
use crate::verbs::rollback::Rollback;
use crate::windlass::Windlass;
use clap::Parser;

/// A command of a page, as a person would have typed it.
#[derive(Debug, Parser)]
#[command(name = "windlass")]
pub enum TypedCommand {
    /// Deploys a recorded version.
    Deploy(Deploying),
    /// Draws the plan of an act.
    Plan(Box<Plan>),
    /// Goes back to an earlier snapshot.
    Rollback(Rollback),
    /// Holds automatic deployments.
    Hold(Hold),
    /// Releases the hold.
    ReleaseHold(ReleaseHold),
    /// Stops a deployment and undoes it.
    Cancel(Cancel),
    /// Tries again to undo a deployment.
    Recover(Recover),
    /// Makes what is there the truth.
    Accept(Accept),
}

/// The work that an act began.
#[derive(Debug, Clone)]
pub enum BegunWork {
    /// A deployment.
    Deployment(String),
    /// An execution, whose outcome is asked for later.
    Execution(String),
}

impl TypedCommand {
    /// Reads the words of a command.
    ///
    /// # Errors
    /// The command line's message on a mistake.
    pub fn read(words: &[String]) -> Result<Self, Failure> {
        Self::try_parse_from(words).map_err(|mistake| {
            let said = mistake.render().to_string();
            let said = said.lines().next().unwrap_or_default();
            Failure::usage(said.trim_start_matches("error: "))
        })
    }

    /// Carries the command out, and waits for nothing.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn begin(&self, windlass: &Windlass) -> Result<BegunWork, Failure> {
        let action = match self {
            Self::Deploy(deploy) => return deploy.begin(windlass).await.map(BegunWork::Deployment),
            Self::Cancel(cancel) => return cancel.begin(windlass).await.map(BegunWork::Deployment),
            Self::Rollback(rollback) => rollback.action(),
            Self::Hold(hold) => hold.action(),
            Self::ReleaseHold(release_hold) => release_hold.action(),
            Self::Recover(recover) => recover.action(),
            Self::Accept(accept) => accept.action(),
            Self::Plan(_) => return Err(Failure::usage("a plan begins nothing")),
        };
        action.start(windlass).await.map(BegunWork::Execution)
    }
}
