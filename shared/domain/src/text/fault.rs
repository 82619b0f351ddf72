//! Faults: something wrong while doing. Their names are the error names that the state machine sees.

use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of a fault: the error name in Step Functions, and the heading of its section in `docs/faults.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum FaultName {
    /// The change is under way and not ready yet. The state machine's Retry asks again; nothing
    /// is wrong.
    ///
    /// Next: Nothing, unless it is the end of an execution: then the change took longer than it
    /// may. Look at the target that the message names.
    StillInProgress,
    /// The change has been under way for twenty minutes, and it may take hours; nothing is wrong. The state machine's
    /// Retry asks again at intervals that grow to a quarter of an hour, for a day.
    ///
    /// Next: Nothing, unless it is the end of an execution: then the change took longer than a day. Look at the
    /// target that the message names.
    TakesHours,
    /// The gates of the wave pass so far, and it bakes on; nothing is wrong. The state machine's Retry looks again
    /// after a minute.
    ///
    /// Next: Nothing.
    StillBaking,
    /// A part of the change is made, and there is more than one invocation has time for. Nobody else is
    /// waited for: the state machine's Retry goes on at once.
    ///
    /// Next: Nothing, unless it is the end of an execution: then the change has more parts than it may.
    /// Release less at once, or a site with mode `prefix`.
    MoreToDo,
    /// AWS asked to slow down. The state machine's Retry asks again, later.
    ///
    /// Next: Nothing, if it passes. If it is frequent, ask AWS for a higher quota of the call
    /// that the message names.
    Throttled,
    /// AWS did not answer, or answered with an error of its own. What was asked may have been
    /// done all the same, so it is observed again before anything else.
    ///
    /// Next: Nothing, if it passes. If it lasts, look at the AWS Health Dashboard.
    Unavailable,
    /// AWS refuses the call to this role.
    ///
    /// Next: Grant the action that the message names to the role that it names, or correct the
    /// trust policy of the target role and its ExternalId.
    AccessDenied,
    /// The thing that the call names does not exist: it was removed, or is in another account or region.
    ///
    /// Next: Create it again, or correct its name, region or role in the declaration.
    NotFound,
    /// A condition on the call did not hold: someone else changed it in between. It is observed
    /// again and decided anew.
    ///
    /// Next: Nothing, if it passes. If it lasts, find out who else changes the target (AWS
    /// CloudTrail shows it).
    Conflict,
    /// The lock's token is no longer the one that this execution holds: another execution took
    /// over the deployment. This one changes nothing any more.
    ///
    /// Next: Look at the deployment's record for the execution that took over; it will end the
    /// deployment.
    StaleToken,
    /// A newer attempt of the same step has begun, usually because the answer of this one was
    /// lost. This one changes nothing any more.
    ///
    /// Next: Nothing: the newer attempt goes on.
    AttemptSuperseded,
    /// The target was changed by someone else in the middle of the deployment. Windlass does
    /// not write over it.
    ///
    /// Next: Find out who changed it (AWS CloudTrail shows it), decide which state is right, then
    /// `recover` or `accept`.
    TargetChangedByOther,
    /// AWS refuses the call as invalid; asking again would not help.
    ///
    /// Next: Correct what the message names in the declaration or at the target, and deploy
    /// again.
    Refused,
    /// The input does not have the form that the function expects: the state machine and the
    /// functions are of different versions, or someone called the function by hand.
    ///
    /// Next: Install all of Windlass at one version, and start executions with the documented
    /// input.
    BadInput,
    /// Something that cannot be, was: a bug in Windlass, or a ledger edited by hand.
    ///
    /// Next: Keep the execution and its logs, report it, and look at the record: an environment
    /// that it left is locked, and `windlass status` shows it.
    Internal,
}

impl FaultName {
    /// Returns the address of the section that says what the fault means, and what to do next.
    pub fn page(self) -> String {
        format!("docs/faults.md#{}", self.to_string().to_lowercase())
    }

    /// Returns whether asking again later may help.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::StillInProgress
                | Self::TakesHours
                | Self::StillBaking
                | Self::MoreToDo
                | Self::Throttled
                | Self::Unavailable
        )
    }
}

crate::text::name::displayed!(FaultName, std::fmt::Debug::fmt);

/// The answer of what may end in a fault, such as of a port.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// A fact about a fault by which a person's next step is chosen. It travels beside the message, so that nobody reads
/// that back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// There are no credentials.
    NoCredentials,
    /// The credentials have expired.
    ExpiredCredentials,
    /// AWS does not know the access key, or its token.
    UnknownKey,
    /// The secret key does not belong to the access key.
    WrongSecret,
    /// The clock of this machine is not that of AWS.
    WrongClock,
    /// Nothing names a region.
    NoRegion,
    /// There is no such bucket.
    NoBucket,
    /// A text is no address of an HTTP API.
    NoAddress,
    /// The call was not taken: its host has no address, or too many calls are made.
    NotTaken,
    /// The call was not taken, because nobody took the connection to this address.
    Unconnected(String),
}

/// Something went wrong while doing: a name for the machine, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Fault {
    /// The name.
    pub name: FaultName,
    /// A sentence that says what was being done, what happened, and what to do. It never holds a secret.
    #[serde(deserialize_with = "foreign::one")]
    pub message: String,
    /// The fact beside the sentence, where one is known. No record keeps it.
    #[serde(skip)]
    pub fact: Option<Fact>,
}

impl Fault {
    /// Makes a fault. Its message is one line in which nothing is hidden, whatever it repeats of AWS.
    pub fn new(name: FaultName, message: impl Into<String>) -> Self {
        Self { name, message: foreign::with_log(&message.into()), fact: None }
    }

    /// Returns the same fault with a fact beside its message.
    #[must_use]
    pub fn with_fact(self, fact: impl Into<Option<Fact>>) -> Self {
        Self { fact: fact.into(), ..self }
    }

    /// Makes a fault that cannot be; see [`FaultName::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FaultName::Internal, message)
    }

    /// Makes a fault of findings where their author is not the one who is answered.
    pub fn of_findings(name: FaultName, findings: &[Finding]) -> Self {
        let findings: Vec<String> = findings.iter().map(Finding::written).collect();
        Self::new(name, findings.join("; "))
    }

    /// Makes a fault of what is waited for, as Step Functions and a log show it.
    pub fn of_wait(name: FaultName, waits_for: &Prose) -> Self {
        Self::new(name, waits_for.written())
    }

    /// Returns the same fault, with what was being done put before its message.
    #[must_use]
    pub fn while_doing(self, what: impl fmt::Display) -> Self {
        let message = format!("{what}: {}", self.message);
        Self::new(self.name, message).with_fact(self.fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asking_again_may_help_with() {
        use FaultName::{
            AccessDenied, AttemptSuperseded, BadInput, Conflict, Internal, MoreToDo, NotFound, Refused, StaleToken,
            StillBaking, StillInProgress, TakesHours, TargetChangedByOther, Throttled, Unavailable,
        };
        let passing = [StillInProgress, TakesHours, StillBaking, MoreToDo, Throttled, Unavailable];
        assert!(passing.map(FaultName::is_transient) == [true; 6]);
        let lasting = [
            AccessDenied,
            NotFound,
            Conflict,
            StaleToken,
            AttemptSuperseded,
            TargetChangedByOther,
            Refused,
            BadInput,
            Internal,
        ];
        assert!(lasting.map(FaultName::is_transient) == [false; 9]);
    }

    #[test]
    fn a_fault_is_shown_with_what_was_being_done() {
        let fault = Fault::internal("it is not there").while_doing("reading the plan");
        assert_eq!(fault.to_string(), "Internal: reading the plan: it is not there");
    }

    #[test]
    fn a_fact_travels_beside_the_message_and_no_record_keeps_it() {
        let fault = Fault::new(FaultName::NotFound, "x").with_fact(Fact::NoBucket).while_doing("y");
        assert_eq!((fault.message.as_str(), &fault.fact), ("y: x", &Some(Fact::NoBucket)));
        let kept = serde_json::to_value(&fault).unwrap();
        assert_eq!(kept, serde_json::json!({"name": "NotFound", "message": "y: x"}));
        assert_eq!(serde_json::from_value::<Fault>(kept).unwrap(), fault.with_fact(None));
    }
}
