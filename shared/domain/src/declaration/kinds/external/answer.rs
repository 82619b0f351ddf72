//! The answers of a user's function, by the protocol in version 1: read whole or refused. What is refused is repeated
//! nowhere, because it may have a secret in it.

use super::request::{State, VERSION};
use crate::document::secret;
use crate::document::shape::nearest;
use crate::text::foreign;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The longest answer, in bytes: it goes into items of the ledger.
pub const LONGEST_ANSWER: usize = 8 * 1024;

/// The longest name of an outside thing, in bytes.
const LONGEST_NAME: usize = 200;

/// What a look shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Look {
    /// The name of the outside thing, such as `github:org/textbook#gh-pages`.
    pub owns: String,
    /// What callers get; `None` if that is not known.
    pub state: Option<State>,
    /// What the outside compares, such as a commit; `None` if there is nothing yet, or it compares nothing.
    #[serde(default)]
    pub mark: Option<String>,
    /// False if the outside compares nothing, so that a change may overwrite somebody else's.
    #[serde(default = "usual")]
    pub guarded: bool,
    /// True if callers get that state.
    pub ready: bool,
    /// True if everything that nobody notices is prepared for the goal.
    #[serde(default)]
    pub prepared: bool,
    /// What it waits for, or else has to say.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub says: Option<String>,
    /// Why the outside has given the goal up.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub failed: Option<String>,
    /// The formats of a state that this version understands.
    pub reads: Vec<String>,
    /// What others take of it.
    #[serde(default, deserialize_with = "foreign::maybe")]
    pub value: Option<String>,
    /// The state that the bytes of a release come to, where it was asked for.
    #[serde(default)]
    pub goal: Option<State>,
}

const fn usual() -> bool {
    true
}

/// A refusal of the function's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionRefusal {
    /// Its name, such as `Conflict`.
    pub name: String,
    /// A sentence.
    #[serde(deserialize_with = "foreign::one")]
    pub says: String,
}

/// The name of the refusal because the mark has moved.
pub const CONFLICT: &str = "Conflict";

/// The name of the refusal because it came after its time.
pub const TOO_LATE: &str = "TooLate";

/// What came of a request to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// The preparation is done, or the change is sent.
    Done,
    /// The preparation goes on with another call.
    More,
    /// It was not made.
    Refused(FunctionRefusal),
}

/// The reason why an answer is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadAnswer {
    /// It has so many bytes.
    TooLong(usize),
    /// It is no JSON object.
    NoObject,
    /// A text looks like a secret, in the member of this path.
    Secret(String),
    /// It has a member that the protocol does not know, and perhaps the one that was meant.
    Unknown {
        /// The member.
        name: String,
        /// The one that was meant.
        meant: Option<String>,
    },
    /// It is of another version of the protocol.
    OtherVersion,
    /// This member is missing, or not of its form.
    Form(String),
    /// The function refused a look.
    Refused(FunctionRefusal),
}

/// The members of the answer to a look, and those of every answer.
const LOOK: [&str; 11] =
    ["owns", "state", "mark", "guarded", "ready", "prepared", "says", "failed", "reads", "value", "goal"];
const ANY: [&str; 2] = ["refused", "windlass"];

/// The members that the answer to a look must have.
const MUST: [&str; 4] = ["owns", "state", "ready", "reads"];

impl Look {
    /// Reads the answer to a look. `is_planned` says that it was asked for a goal.
    ///
    /// # Errors
    /// The first reason why it is not believed.
    pub fn read(bytes: &[u8], is_planned: bool) -> Result<Self, BadAnswer> {
        let members = members(bytes, &LOOK)?;
        if let Some(refused) = members.get("refused") {
            return Err(BadAnswer::Refused(typed(refused, "refused")?));
        }
        if let Some(missing) = MUST.iter().find(|name| !members.contains_key(**name)) {
            return Err(BadAnswer::Form((*missing).to_owned()));
        }
        let look: Self = typed(&Value::Object(members), "")?;
        let is_name = (1..=LONGEST_NAME).contains(&look.owns.len()) && !look.owns.contains(char::is_control);
        let fits = |state: &Option<State>| state.as_ref().is_none_or(|state| look.reads_format(state));
        let bad = [
            ("owns", !is_name),
            ("state", !fits(&look.state)),
            ("goal", !fits(&look.goal) || look.goal.is_some() != is_planned),
        ];
        match bad.iter().find(|(_, is_bad)| *is_bad) {
            Some((member, _)) => Err(BadAnswer::Form((*member).to_owned())),
            None => Ok(look),
        }
    }

    /// Returns whether this version of the function understands the format of a state. One without a format is of none.
    pub fn reads_format(&self, state: &State) -> bool {
        let format = state.get("format").and_then(Value::as_str);
        format.is_some_and(|format| self.reads.iter().any(|read| read == format))
    }
}

impl Acted {
    /// Reads the answer to a request for a preparation.
    ///
    /// # Errors
    /// The first reason why it is not believed.
    pub fn of_preparation(bytes: &[u8]) -> Result<Self, BadAnswer> {
        Self::one_of(bytes, &[("done", Self::Done), ("more", Self::More)])
    }

    /// Reads the answer to a request for the change.
    ///
    /// # Errors
    /// The first reason why it is not believed.
    pub fn of_change(bytes: &[u8]) -> Result<Self, BadAnswer> {
        Self::one_of(bytes, &[("sent", Self::Done)])
    }

    /// Reads an answer that has one of these words, or a refusal, and nothing beside it.
    fn one_of(bytes: &[u8], words: &[(&str, Self)]) -> Result<Self, BadAnswer> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let members = members(bytes, &known)?;
        let mut said = words.iter().filter(|(word, _)| members.get(*word) == Some(&Value::Bool(true)));
        match (said.next(), said.next(), members.get("refused")) {
            (None, None, Some(refused)) => typed(refused, "refused").map(Self::Refused),
            (Some((_, what)), None, None) => Ok(what.clone()),
            _ => Err(BadAnswer::Form(known.join(", "))),
        }
    }
}

/// Reads an answer as an object of known members in which nothing looks like a secret.
fn members(bytes: &[u8], known: &[&str]) -> Result<Map<String, Value>, BadAnswer> {
    if bytes.len() > LONGEST_ANSWER {
        return Err(BadAnswer::TooLong(bytes.len()));
    }
    let Ok(mut answer @ Value::Object(_)) = serde_json::from_slice(bytes) else {
        return Err(BadAnswer::NoObject);
    };
    write_whole(&mut answer);
    if let Some(found) = secret::findings(&answer).into_iter().next() {
        return Err(BadAnswer::Secret(found.path));
    }
    let Value::Object(mut members) = answer else {
        return Err(BadAnswer::NoObject);
    };
    let known: Vec<String> = known.iter().chain(&ANY).map(|name| (*name).to_owned()).collect();
    if let Some(name) = members.keys().find(|name| !known.contains(name)) {
        let meant = nearest(name, &known).cloned();
        return Err(BadAnswer::Unknown { name: foreign::truncate(name.as_str(), LONGEST_NAME), meant });
    }
    if members.remove("windlass").is_some_and(|version| version != VERSION) {
        return Err(BadAnswer::OtherVersion);
    }
    Ok(members)
}

/// Writes a whole number without a point, as the ledger gives it back, so that states are the same by value.
fn write_whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = number.as_f64().map(|float| float.to_string());
            *value = text.and_then(|text| text.parse::<i64>().ok()).map_or_else(|| value.take(), Value::from);
        }
        Value::Array(all) => all.iter_mut().for_each(write_whole),
        Value::Object(members) => members.values_mut().for_each(write_whole),
        _ => {}
    }
}

fn typed<T: DeserializeOwned>(value: &Value, at: &str) -> Result<T, BadAnswer> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        // The path of the value itself is a point.
        BadAnswer::Form(if path == "." { at.to_owned() } else { path })
    })
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
