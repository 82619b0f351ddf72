//! The exit status of the program. It is the truth about what the caller asked for.

// 0 only where what was asked for is so now: 0 for every ending that is not wrong hid that something else runs. The
// numbers never change, because CI branches on them.

use std::process::ExitCode;
use windlass_domain::deployment::Ended;
use windlass_domain::release::ending::{Ending, NothingDone};
use windlass_domain::text::finding::{Finding, FindingName};

/// The exit statuses in words, for `windlass --help`.
pub const STATUSES: [(&str, &str); 15] = [
    ("0", "what was asked for is done or was done already, or the request was only handed in, or the input is valid"),
    ("1", "Windlass itself went wrong"),
    ("2", "the command was not understood, a file that it names cannot be read, or windlass.toml is not valid"),
    ("3", "rejected: refused before anything changed, or the input is not valid"),
    ("4", "rolled back: everything that was changed is restored"),
    ("5", "a person is needed: restoring failed, and the environment is locked"),
    ("6", "Windlass could not be reached, or refused the caller"),
    ("7", "the deployment was still under way when the time to wait was over"),
    ("8", "superseded: something newer is there, or something else runs now"),
    ("9", "held: automatic deployments were held, and this one did not pass the hold"),
    ("10", "recorded only: a person has to start the deployment"),
    ("11", "the deployment still waited for its turn or for approvals when the time to wait was over"),
    ("12", "the deployment ended well, but what runs now could not be seen, or is no longer declared"),
    ("13", "nothing was changed, because the rollback or the restoring found nothing to change"),
    ("130", "interrupted by Ctrl-C; what the command had started goes on"),
];

/// The exit status. The numbers are part of the interface and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The wish is true now; a verb that only hands in has handed in.
    Good = 0,
    /// Something happened that cannot be: an answer that cannot be understood, or a bug.
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
    /// `NothingToDo` (`Superseded`), or it was live and something else runs now.
    Superseded = 8,
    /// `Rejected` (`Held`).
    Held = 9,
    /// `NothingToDo` (`Recorded`).
    Recorded = 10,
    /// It waits for its turn; the waiting for that is over.
    StillWaits = 11,
    /// It ended well before it was looked at. Whether it runs now could not be seen, or is looked at no more.
    NotSeen = 12,
    /// `NothingToDo` (`NothingChanged`): what a rollback or a restoring goes to runs, and ran already.
    NothingChanged = 13,
}

impl Exit {
    /// The last exit status.
    pub const LAST: Self = Self::NothingChanged;

    /// Returns the exit status of a deployment that was asked for so that it runs.
    pub fn of(ended: &Ended) -> Self {
        match (ended.ending, NothingDone::of(ended.ending, &ended.cause_name)) {
            (Ending::Succeeded, _) | (_, Some(NothingDone::AlreadyThere)) => Self::Good,
            (_, Some(NothingDone::Superseded)) => Self::Superseded,
            (_, Some(NothingDone::Recorded)) => Self::Recorded,
            (_, Some(NothingDone::NothingChanged)) => Self::NothingChanged,
            // Nothing was changed, for a reason that this program does not know, so this does not say that it runs.
            (Ending::NothingToDo, None) => Self::Broken,
            (Ending::Rejected, None) => Self::of_findings(&ended.findings),
            (Ending::RolledBack, None) => Self::RolledBack,
            (Ending::NeedsOperator, None) => Self::NeedsOperator,
        }
    }

    /// Returns the exit status of a deployment that was asked to be undone, or ended; good if it is so.
    pub fn of_undone(ended: &Ended) -> Self {
        match ended.ending {
            Ending::RolledBack | Ending::Rejected => Self::Good,
            Ending::NeedsOperator => Self::NeedsOperator,
            Ending::Succeeded | Ending::NothingToDo => Self::Rejected,
        }
    }

    /// Returns the exit status of a deployment that was asked to be recovered; good if it has ended, whichever way was
    /// right for it. One that was judged good before its execution died is settled, and not undone.
    pub fn of_recovered(ended: &Ended) -> Self {
        match ended.ending {
            Ending::NeedsOperator => Self::NeedsOperator,
            Ending::Succeeded | Ending::NothingToDo | Ending::Rejected | Ending::RolledBack => Self::Good,
        }
    }

    /// Returns the exit status of a refusal with these findings.
    pub fn of_findings(findings: &[Finding]) -> Self {
        let held = |finding: &Finding| finding.name == FindingName::Held;
        if !findings.is_empty() && findings.iter().all(held) { Self::Held } else { Self::Rejected }
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
    use windlass_domain::text::time::Time;

    fn ended(ending: Ending, cause_name: &str, findings: &[FindingName]) -> Ended {
        let findings = findings.iter();
        Ended {
            ending,
            cause_name: cause_name.into(),
            cause: "".into(),
            findings: findings.map(|name| Finding::new(*name, "p", "r", "m")).collect(),
            added: Vec::new(),
            stays_reachable: vec![],
            at: Time(0),
            resolved: None,
            cost: None,
        }
    }

    #[test]
    fn only_what_runs_is_0_and_everything_else_has_its_own_number() {
        use Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
        let held = [FindingName::Held];
        let both = [FindingName::Held, FindingName::BadValue];
        let table: [(Ending, &str, &[FindingName], u8, u8); 11] = [
            (Succeeded, "", &[], 0, 3),
            (NothingToDo, "AlreadyThere", &[], 0, 3),
            (NothingToDo, "Superseded", &[], 8, 3),
            (NothingToDo, "Recorded", &[], 10, 3),
            (NothingToDo, "NothingChanged", &[], 13, 3),
            (NothingToDo, "OfALaterVersion", &[], 1, 3),
            (Rejected, "Held", &held, 9, 0),
            (Rejected, "Held", &both, 3, 0),
            (Rejected, "CancelledByOperator", &[], 3, 0),
            (RolledBack, "GateFailed", &[], 4, 0),
            (NeedsOperator, "GateFailed", &[], 5, 5),
        ];
        for (ending, cause, findings, runs, undone) in table {
            let ended = ended(ending, cause, findings);
            assert_eq!(Exit::of(&ended) as u8, runs, "{ended}");
            assert_eq!(Exit::of_undone(&ended) as u8, undone, "{ended}");
            let recovered = if ending == NeedsOperator { 5 } else { 0 };
            assert_eq!(Exit::of_recovered(&ended) as u8, recovered, "{ended}");
        }
    }

    #[test]
    fn the_help_lists_every_status() {
        for exit in 0..=(Exit::LAST as u8) {
            assert!(STATUSES.iter().any(|(status, _)| *status == exit.to_string()), "{exit}");
        }
    }
}
