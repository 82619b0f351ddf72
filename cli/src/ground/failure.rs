//! The failure of a command, and the exit status that says so.

use crate::ground::exit::Exit;
use crate::ground::manual;
use crate::ground::trouble::TroubleName;
use serde_json::{Value, json};
use std::fmt::Display;
use url::Url;
use windlass_domain::access::refusal;
use windlass_domain::release::way_in::WayIn;
use windlass_domain::text::fault::{Fact, Fault};
use windlass_domain::text::finding::Finding;

/// The reason for which a command could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The trouble of the command line itself; `None` where the findings say what is wrong.
    pub name: Option<TroubleName>,
    /// The exit status.
    pub exit: Exit,
    /// The message, for a person.
    pub message: String,
    /// Findings about the input, from Windlass or from the check before anything is sent.
    pub findings: Vec<Finding>,
    /// The request that failed, such as `shop prod 1.4.0`, where it is known.
    pub asked: Option<String>,
    /// True if asking again may help.
    pub passes: bool,
    /// The fact beside the message, where one is known.
    pub fact: Option<Fact>,
    /// True if something answered, such as an API whose function is dead or overwritten.
    pub is_answered: bool,
    /// True if every other call fails alike: nobody answers there, or the credentials are not good.
    pub is_everywhere: bool,
}

impl Failure {
    /// Makes a failure of the command line itself.
    pub fn of(name: TroubleName, message: impl Into<String>) -> Self {
        Self {
            name: Some(name),
            exit: name.exit(),
            message: message.into(),
            findings: Vec::new(),
            asked: None,
            passes: false,
            fact: None,
            is_answered: false,
            is_everywhere: false,
        }
    }

    /// Makes a failure for a command that cannot be carried out as it was written.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::of(TroubleName::NotUnderstood, message)
    }

    /// Makes a failure for an answer in a form that this program does not know; `what` was asked for.
    pub fn not_understood(what: &str, why: impl Display) -> Self {
        let message = format!(
            "{what} cannot be understood: {why}. Use the program that belongs to the installed Windlass; and see that \
             `--endpoint`, or WINDLASS_ENDPOINT, is the output `ApiUrl` of its stack"
        );
        Self::of(TroubleName::OtherVersion, message)
    }

    /// Makes a failure for something that went wrong in Windlass itself, or in this program.
    pub fn broken(message: impl Into<String>) -> Self {
        Self::of(TroubleName::WentWrong, message)
    }

    /// Makes a failure for input that is refused before anything is changed.
    pub fn rejected(message: impl Into<String>, findings: Vec<Finding>) -> Self {
        Self { name: None, exit: Exit::of_findings(&findings), findings, ..Self::usage(message) }
    }

    /// Adds what was to be done, such as `shop prod 1.4.0`: a refusal by an access file names it.
    #[must_use]
    pub fn asked_for(self, what: String) -> Self {
        Self { asked: Some(what), ..self }
    }

    /// Makes the failure of a look of this one. Whoever may not look by an access file is not let in, as without IAM's
    /// right: what may have been started before is not refused by that.
    #[must_use]
    pub fn of_look(self) -> Self {
        let rule = refusal("", &self.findings).and_then(|_| Some(self.findings.first()?.path.clone()));
        let Some(rule) = rule else { return self };
        let message = format!("Windlass did not let the caller in, whom {rule}, does not name");
        Self { exit: Exit::Unreachable, message, ..self }
    }

    /// Adds the next step to the message.
    #[must_use]
    pub fn with_next(mut self, next: &str) -> Self {
        self.message = format!("{}. {next}", self.message.trim_end_matches('.'));
        self
    }

    /// Returns the JSON that `--json` prints.
    pub fn as_json(&self) -> Value {
        let mut json = json!({ "error": self.message, "exit": self.exit as u8, "findings": self.findings });
        if let Some(name) = self.name {
            json["name"] = name.to_string().into();
            json["page"] = name.page().into();
        }
        json
    }

    /// Returns the text for people.
    pub fn words(&self) -> String {
        let by_rules = self.asked.as_deref().and_then(|asked| refusal(asked, &self.findings));
        let mut text = by_rules.map_or_else(|| self.listed(), |text| WayIn::CommandLine.words(&text));
        let page = manual::line(&self.findings).or_else(|| self.name.map(manual::of_trouble));
        text.extend(page.map(|line| format!("\n{line}")));
        text
    }

    /// Returns the message, with a line for each finding and one for its remedy.
    fn listed(&self) -> String {
        let mut text = self.message.clone();
        for finding in &self.findings {
            text.push_str(&format!(
                "\n  {} {}: {}\n    {}",
                finding.name,
                finding.path,
                WayIn::CommandLine.words(&finding.reason),
                WayIn::CommandLine.words(&finding.remedy)
            ));
        }
        text
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let name = TroubleName::of(&fault);
        let place = std::env::var(PLACE_OF_AWS).ok();
        let next = place.and_then(|place| unconnected(fault.fact.as_ref()?, &place));
        let failure = Self {
            passes: fault.name.is_transient(),
            fact: fault.fact,
            is_everywhere: true,
            ..Self::of(name, fault.message)
        };
        next.as_deref().into_iter().fold(failure, Self::with_next)
    }
}

/// The variable that leads calls of AWS to another place, such as a cloud on this machine (AWS SDKs and Tools Reference
/// Guide, "Service-specific endpoints").
const PLACE_OF_AWS: &str = "AWS_ENDPOINT_URL";

/// Says where a call went that nobody took, and what to do, if the variable has led it there. The message of a call of
/// another address names that itself.
fn unconnected(fact: &Fact, place: &str) -> Option<String> {
    let Fact::Unconnected(address) = fact else { return None };
    let there = Url::parse(place).ok()?;
    let place = place.trim_end_matches('/');
    address.starts_with(there.as_str().trim_end_matches('/')).then(|| {
        format!(
            "Nothing answers at {place}, to which {PLACE_OF_AWS} leads: start what is to answer there, or unset \
             {PLACE_OF_AWS} to reach AWS itself"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_named_where_it_led_the_call_and_nowhere_else() {
        for (place, is_named) in [
            ("http://localhost:4566", true),
            ("http://LOCALHOST:4566/", true),
            ("http://localhost:4567", false),
            ("https://cloud.example", false),
            ("", false),
        ] {
            let next = unconnected(&Fact::Unconnected("http://localhost:4566/stage/apps?words=cli".into()), place);
            assert_eq!(next.is_some(), is_named, "{place}: {next:?}");
            assert_eq!(unconnected(&Fact::NotTaken, place), None, "{place}");
        }
    }
}
