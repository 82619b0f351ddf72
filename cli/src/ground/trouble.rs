//! The troubles of the command line itself, by name.

// A refusal names its pages once, at the end, as paths of the repository: an address would name another version.

use crate::ground::exit::Exit;
use clap::ValueEnum;
use std::fmt;
use windlass_domain::text::fault::{Fact, Fault, FaultName};

/// A reason for which the command line could not do what was asked. Each name has its section of `docs/troubles.md`,
/// which the program carries. A refusal of Windlass has the sections of its findings instead. [`ValueEnum`] lists all;
/// it is no argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TroubleName {
    /// The words after `windlass` do not say one thing that can be done.
    NotUnderstood,
    /// A file or a folder that the command names cannot be read, or is too large.
    FileNotRead,
    /// A file cannot be written where the command, or its user, wants it.
    FileNotWritten,
    /// `windlass.toml` is not valid.
    SettingsNotValid,
    /// The repository has nothing that `init` knows.
    NothingFound,
    /// `init` has a question, and nobody is there to answer it.
    NobodyToAsk,
    /// `init` would write over a file that somebody has changed.
    WouldOverwrite,
    /// No installation is named, and the usual stack is not there, or no region is known.
    NoInstallation,
    /// There is no Windlass at the place that is named: no such stack or bucket, or something else answers there.
    NotAWindlass,
    /// Nobody answers, or the answer is that too much was asked.
    NoAnswer,
    /// There are no AWS credentials, or AWS does not take them.
    CredentialsNotTaken,
    /// AWS knows the caller, and the caller lacks a right.
    NotPermitted,
    /// The time to wait was over before it had ended.
    NotYetOver,
    /// An answer is not as this program knows it.
    OtherVersion,
    /// Windlass itself went wrong, or this program did.
    WentWrong,
}

impl TroubleName {
    /// Returns the exit status of a command that ends with it.
    pub fn exit(self) -> Exit {
        match self {
            Self::NotUnderstood
            | Self::FileNotRead
            | Self::FileNotWritten
            | Self::SettingsNotValid
            | Self::NothingFound
            | Self::NobodyToAsk
            | Self::NoInstallation => Exit::Usage,
            Self::WouldOverwrite => Exit::Rejected,
            Self::NotAWindlass | Self::NoAnswer | Self::CredentialsNotTaken | Self::NotPermitted => Exit::Unreachable,
            Self::NotYetOver => Exit::TimedOut,
            Self::OtherVersion | Self::WentWrong => Exit::Broken,
        }
    }

    /// Returns the address of its section in the repository of Windlass.
    pub fn page(self) -> String {
        format!("docs/troubles.md#{}", self.to_string().to_lowercase())
    }

    /// Names the fault of a call that the command line itself made.
    pub fn of(fault: &Fault) -> Self {
        let fact = fault.fact.as_ref();
        let is_nobody = fact == Some(&Fact::NoCredentials) || next_for_credentials(fact).is_some();
        match fault.name {
            _ if is_nobody => Self::CredentialsNotTaken,
            _ if fact == Some(&Fact::NoRegion) => Self::NoInstallation,
            FaultName::BadInput => Self::NotUnderstood,
            FaultName::Unavailable | FaultName::Throttled => Self::NoAnswer,
            FaultName::AccessDenied => Self::NotPermitted,
            // A bucket that is not there, or that refuses: Windlass was not reached as it was named.
            FaultName::NotFound | FaultName::Refused => Self::NotAWindlass,
            _ => Self::WentWrong,
        }
    }
}

impl fmt::Display for TroubleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Returns the remedy for credentials that AWS did not take. Where AWS knows the caller and a right is missing, the
/// code that made the call names the right.
pub fn next_for_credentials(fact: Option<&Fact>) -> Option<&'static str> {
    match fact? {
        Fact::WrongClock => Some("Set the clock of this machine: AWS compares it with its own"),
        Fact::ExpiredCredentials => Some("Sign in again: these credentials have expired"),
        Fact::UnknownKey => Some("Set AWS_PROFILE to a profile of the installation's account, or sign in again"),
        Fact::WrongSecret => Some("Set AWS_SECRET_ACCESS_KEY anew: it does not belong to AWS_ACCESS_KEY_ID"),
        _ => None,
    }
}
