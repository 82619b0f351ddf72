//! Why a command could not be carried out, and the exit status that says so.

use crate::exit::Exit;
use serde_json::{Value, json};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::Finding;
use windlass_domain::way::Way;

/// Why a command could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// What happened, for a person.
    pub message: String,
    /// What Windlass, or the check before anything is sent, found wrong with the input.
    pub findings: Vec<Finding>,
    /// Whether asking again may help.
    pub passes: bool,
}

impl Failure {
    /// A command that cannot be carried out as it was written.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.into(),
            findings: Vec::new(),
            passes: false,
        }
    }

    /// No answer in the time that there was.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Unreachable,
            ..Self::usage(message)
        }
    }

    /// An answer that cannot be understood.
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

    /// Adds the next step to the message.
    #[must_use]
    pub fn with_next(mut self, next: &str) -> Self {
        self.message = format!("{}. {next}", self.message.trim_end_matches('.'));
        self
    }

    /// What `--json` prints.
    pub fn as_json(&self) -> Value {
        json!({ "error": self.message, "exit": self.exit as u8, "findings": self.findings })
    }

    /// What people read.
    pub fn words(&self) -> String {
        let mut text = self.message.clone();
        for finding in &self.findings {
            text.push_str(&format!(
                "\n  {} {}: {}\n    {}",
                finding.name, finding.path, finding.reason, finding.remedy
            ));
        }
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
            ..Self::usage(fault.message)
        }
    }
}
