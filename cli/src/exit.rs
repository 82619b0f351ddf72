//! How the program ends: the exit status tells the truth.

use std::process::ExitCode;
use windlass_domain::ending::Ending;

/// What `windlass --help` says about exit statuses.
pub const HELP: &str = "Exit status:
  0  it succeeded, there was nothing to do, or the input is valid
  1  Windlass itself went wrong
  2  the command was not understood, or a file that it names cannot be read
  3  rejected: refused before anything changed, or the input is not valid
  4  rolled back: everything that was changed is restored
  5  a person is needed: restoring failed, and the environment is locked
  6  Windlass could not be reached, or did not let the caller in
  7  the deployment was still under way when the time to wait was over";

/// How the program ends. The numbers are part of the interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// `Succeeded`, `NothingToDo`, or a valid input.
    Good = 0,
    /// Something that cannot be, was: an answer that cannot be understood, a bug.
    Broken = 1,
    /// The command cannot be carried out as it was written. The same status as clap's own.
    Usage = 2,
    /// `Rejected`, or an input that is not valid.
    Rejected = 3,
    /// `RolledBack`.
    RolledBack = 4,
    /// `NeedsOperator`.
    NeedsOperator = 5,
    /// No answer from Windlass, or none for this caller.
    Unreachable = 6,
    /// The deployment goes on; only the waiting is over.
    TimedOut = 7,
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Succeeded | Ending::NothingToDo => Self::Good,
            Ending::Rejected => Self::Rejected,
            Ending::RolledBack => Self::RolledBack,
            Ending::NeedsOperator => Self::NeedsOperator,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_end_is_0_and_every_bad_one_has_its_own_number() {
        let status = |ending| Exit::from(ending) as u8;
        assert_eq!(status(Ending::Succeeded), 0);
        assert_eq!(status(Ending::NothingToDo), 0);
        let bad = [Ending::Rejected, Ending::RolledBack, Ending::NeedsOperator].map(status);
        assert_eq!(bad, [3, 4, 5]);
    }

    #[test]
    fn the_help_lists_every_status() {
        for exit in 0..=(Exit::TimedOut as u8) {
            assert!(HELP.contains(&format!("\n  {exit}  ")), "{exit}");
        }
    }
}
