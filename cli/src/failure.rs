//! Why a command could not be carried out, and the exit status that says so.

use crate::exit::Exit;
use crate::manual;
use serde_json::{Value, json};
use std::fmt::Display;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::Finding;
use windlass_domain::way::Way;

/// Why a command could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// The message, for a person.
    pub message: String,
    /// Findings of Windlass, or of the check before anything is sent, about the input.
    pub findings: Vec<Finding>,
    /// Whether asking again may help.
    pub passes: bool,
    /// Whether every other call fails alike: nobody answers there, or the credentials are not good.
    pub is_everywhere: bool,
}

impl Failure {
    /// A command that cannot be carried out as it was written.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
            findings: Vec::new(),
            passes: false,
            is_everywhere: false,
        }
    }

    /// No answer in the time that there was.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Unreachable,
            ..Self::usage(message)
        }
    }

    /// The time to wait was over.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::TimedOut,
            ..Self::usage(message)
        }
    }

    /// An answer that is not as this program knows it; `what` was asked for.
    pub fn not_understood(what: &str, why: impl Display) -> Self {
        Self::broken(format!(
            "{what} cannot be understood: {why}. Use the program that belongs to the installed Windlass; and see that \
             `--endpoint`, or WINDLASS_ENDPOINT, is the output `ApiUrl` of its stack"
        ))
    }

    /// Something that cannot be, was.
    pub fn broken(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Broken,
            ..Self::usage(message)
        }
    }

    /// Input that is refused before anything is changed. What was not told in the command line's words is put into
    /// them.
    pub fn rejected(message: impl Into<String>, mut findings: Vec<Finding>) -> Self {
        for finding in &mut findings {
            finding.remedy = Way::CommandLine.tell(&finding.remedy);
        }
        Self {
            exit: Exit::of_findings(&findings),
            findings,
            ..Self::usage(message)
        }
    }

    /// The remedy for credentials that AWS did not take, by what it said of them. A caller who is known and
    /// lacks a right is told which one by whoever knows what was called.
    pub fn next_for_credentials(said: &str) -> Option<&'static str> {
        let said = said.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if says(&[
            "signature expired",
            "not yet current",
            "requesttimetooskewed",
        ]) {
            Some("Set the clock of this machine: AWS compares it with its own")
        } else if says(&["token", "credentials"]) && says(&["expired"]) {
            Some("Sign in again: these credentials have expired")
        } else if says(&[
            "invalidaccesskeyid",
            "invalidtoken",
            "security token",
            "unrecognizedclient",
        ]) {
            Some("Set AWS_PROFILE to a profile of the installation's account, or sign in again")
        } else if says(&["signaturedoesnotmatch", "signature we calculated"]) {
            Some("Set AWS_SECRET_ACCESS_KEY anew: it does not belong to AWS_ACCESS_KEY_ID")
        } else {
            None
        }
    }

    /// Adds the next step to the message.
    #[must_use]
    pub fn with_next(mut self, next: &str) -> Self {
        self.message = format!("{}. {next}", self.message.trim_end_matches('.'));
        self
    }

    /// The JSON that `--json` prints.
    pub fn as_json(&self) -> Value {
        json!({ "error": self.message, "exit": self.exit as u8, "findings": self.findings })
    }

    /// The text for people.
    pub fn words(&self) -> String {
        let mut text = self.message.clone();
        for finding in &self.findings {
            text.push_str(&format!(
                "\n  {} {}: {}\n    {}",
                finding.name, finding.path, finding.reason, finding.remedy
            ));
        }
        text.extend(manual::line(&self.findings).map(|line| format!("\n{line}")));
        text
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let exit = match fault.name {
            FaultName::BadInput => Exit::Usage,
            FaultName::Unavailable | FaultName::Throttled | FaultName::AccessDenied => {
                Exit::Unreachable
            }
            // A bucket that is not there, or that refuses: Windlass was not reached as it was named.
            FaultName::NotFound | FaultName::Refused => Exit::Unreachable,
            _ => Exit::Broken,
        };
        Self {
            exit,
            passes: fault.name.is_transient(),
            is_everywhere: true,
            ..Self::usage(fault.message)
        }
    }
}
