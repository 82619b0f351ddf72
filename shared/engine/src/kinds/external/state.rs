//! What a function says of an outside thing, the goals, and the changes of it.

use crate::kinds::LookContext;
use crate::ports::PinnedFunction;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use windlass_domain::declaration::kinds::external::{Look, ReleaseBytes, State};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;

/// An outside thing, with everything that was decided at `Prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The version that changes it.
    pub function: PinnedFunction,
    /// The version of another function, which only looks; absent if the first one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<PinnedFunction>,
    /// The settings of the declaration.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// Its name, as the function says.
    pub owns: String,
    /// The seconds until it must be ready.
    pub within_s: u64,
    /// The bytes of the release; absent if none are brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseBytes>,
}

impl Target {
    /// Returns the version that looks.
    pub const fn looks(&self) -> &PinnedFunction {
        match &self.look {
            Some(look) => look,
            None => &self.function,
        }
    }
}

/// The state that callers must get, and the record of the one that they got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The state.
    pub state: State,
}

/// One look, whose state is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The time at which it began.
    pub now: Time,
    /// What the function says.
    pub look: Look,
    /// Whose word it is, as texts say it.
    pub says: String,
    /// The state that callers get.
    pub state: State,
    /// What was done before it.
    pub way: Way,
}

impl Seen {
    /// Returns for how many milliseconds it has been waited for, and whether that is too long.
    pub(super) fn waited(&self, target: &Target) -> (u64, bool) {
        let waited_ms = self.way.since.map_or(0, |since| self.now.ms_since(since));
        (waited_ms, waited_ms > target.within_s * 1000)
    }
}

/// What was done before a look, as the step says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// True if a deployment goes this way; false if somebody only looks.
    pub is_driven: bool,
    /// True on the way back.
    pub is_back: bool,
    /// The time since which it is waited for: the change was sent, or else the wave began.
    pub since: Option<Time>,
    /// The state upon which the last change in this direction was sent, and whether its answer came.
    pub sent: Option<(State, bool)>,
    /// The digest of the state that the change forward goes to; `None` if none was sent.
    pub forward: Option<Value>,
    /// The last note of the goal as it was seen since that: when, and whether it was ready.
    pub noted: Option<(Time, bool)>,
    /// The number of all notes, and of all preparations.
    pub counts: (usize, usize),
    /// True if the function has said that all is prepared.
    pub is_prepared: bool,
    /// How often in a row a change was refused because the mark had moved.
    pub refused: u32,
    /// True if an operator has looked, and the undo goes back over whatever is there.
    pub goes_over: bool,
}

/// How often in a row a change is tried whose mark has moved although the state was the same.
pub(super) const TRIES: u32 = 10;

/// The answer of a preparation that is done, as the ledger names it.
pub(super) const DONE: &str = "done";

impl Way {
    /// Reads what was done from the purpose of a look.
    pub(super) fn of(look: &LookContext<'_, Goal>) -> Self {
        let goal = look.goal.map(|goal| digest(&goal.state));
        let mut way = Self {
            is_driven: goal.is_some() && (look.entered.is_some() || !look.changes.is_empty()),
            is_back: look.entered.is_none() && look.begun.is_some(),
            since: look.sent.as_ref().map(|sent| sent.at).or(look.entered),
            forward: look.begun.map(|begun| begun.change["to"].clone()),
            refused: look.refused,
            goes_over: look.goes_over,
            ..Self::default()
        };
        for record in look.changes {
            let change = &record.change;
            if record.switching {
                way.noted = None;
                if let Some(sent) = &look.sent
                    && (record.at, &record.change) == (sent.at, &sent.change)
                {
                    way.sent = Some((sent.upon.state.clone(), record.answered));
                }
            } else if let Some(ready) = change["ready"].as_bool() {
                way.counts.0 += 1;
                let is_ours = !way.is_back || record.token == look.token;
                if is_ours && Some(&change["of"]) == goal.as_ref() {
                    way.noted = Some((record.at, ready));
                }
            } else if !change["prepare"].is_null() {
                way.counts.1 += 1;
                way.is_prepared = record.made.as_deref() == Some(DONE);
            }
        }
        way
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Prepares what nobody notices.
    Prepare {
        /// The wanted state.
        goal: State,
        /// Its number, from 1.
        nth: usize,
        /// The seconds for which the function may run.
        timeout_s: u64,
    },
    /// Takes into the step that the goal was seen, and whether it was ready. It changes nothing.
    Note {
        /// The state that was seen.
        of: State,
        /// True if it was ready.
        ready: bool,
        /// Its number, from 1.
        nth: usize,
    },
    /// Makes the one change.
    Send {
        /// The wanted state.
        goal: State,
        /// What the outside must still compare as.
        mark: Option<String>,
        /// True on the way back.
        is_back: bool,
        /// The seconds for which the function may run.
        timeout_s: u64,
    },
}

impl Change {
    /// Returns the change as the ledger records it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Prepare { nth, .. } => json!({ "prepare": nth }),
            Self::Note { of, ready, nth } => json!({"ready": ready, "of": digest(of), "nth": nth}),
            Self::Send { goal, .. } => json!({ "to": digest(goal) }),
        }
    }
}

/// Returns the digest by which the ledger knows a state again.
pub(super) fn digest(state: &State) -> Value {
    json!(Digest::of_content(&Value::Object(state.clone())))
}
