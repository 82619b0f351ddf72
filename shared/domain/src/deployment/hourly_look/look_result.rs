//! The result of the last look at an environment, for everybody who asks.

use crate::declaration::heal::Heal;
use crate::deployment::hourly_look::{ChangedBy, Difference, HourlyLook, Watched};
use crate::environment::Lock;
use crate::environment::drift::{Drift, Field};
use crate::text::count::{agree, count};
use crate::text::foreign;
use crate::text::name::ComponentName;
use crate::text::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The result of the last look. Nothing is looked at to show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookResult {
    /// The time at which the last look ended; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked: Option<Time>,
    /// The time at which the next one is due.
    pub due: Time,
    /// Each component that was looked at.
    pub components: BTreeMap<ComponentName, Component>,
    /// The components that it left to later looks, because an hour has no more calls for them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<ComponentName>,
}

/// The observations of a component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// The time of the last look at it.
    pub at: Time,
    /// The result of that look, as far as it is still true.
    pub drift: Drift,
    /// The recorded state, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub recorded: Option<String>,
    /// The seen state; absent if the target is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub seen: Option<String>,
    /// The reason why it is unknown, how it was found to be gone, or which of many parts differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// The fields that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The looks between which the difference began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<BeganBetween>,
    /// The person or service that made the difference, as far as CloudTrail shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<ChangedBy>,
    /// The declared rule for a difference.
    #[serde(default, skip_serializing_if = "Heal::is_report")]
    pub heal: Heal,
}

/// The two looks between which something began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeganBetween {
    /// It began after this.
    pub not_before: Time,
    /// It was there at this.
    pub seen_at: Time,
}

impl HourlyLook {
    /// Returns the result of the last look, beside the lock as it is now.
    pub fn shown(&self, lock: &Lock) -> LookResult {
        // A deployment that had the lock since then may have changed what was seen.
        let is_behind = self.token != lock.token;
        let shown = self.components.iter().map(|(name, one)| {
            let component = if is_behind { behind(one) } else { of(one) };
            (name.clone(), component)
        });
        LookResult { looked: self.looked, due: self.due, components: shown.collect(), left: self.left.clone() }
    }
}

/// The reason of what a deployment may have changed since the last look: the next look shows it.
const BEHIND: &str = "a deployment had its turn since it was looked at";

fn behind(one: &Watched) -> Component {
    Component {
        at: one.at,
        drift: Drift::Unknown,
        recorded: None,
        seen: None,
        reason: Some(BEHIND.to_owned()),
        fields: Vec::new(),
        began: None,
        who: None,
        heal: one.heal,
    }
}

fn of(one: &Watched) -> Component {
    let known = one.difference.as_ref().filter(|_| one.drift != Drift::None);
    let Some(difference) = known else {
        return Component {
            at: one.at,
            drift: one.drift,
            recorded: None,
            seen: one.seen.clone(),
            reason: one.unknown.clone(),
            fields: Vec::new(),
            began: None,
            who: None,
            heal: one.heal,
        };
    };
    let unknown = one.unknown.as_ref();
    let unknown = unknown.map(|why| format!("{why}; what is told here was seen before that"));
    let Difference { not_before, seen_at, .. } = *difference;
    Component {
        at: one.at,
        drift: one.drift,
        recorded: difference.recorded.clone(),
        seen: difference.seen.clone(),
        reason: unknown.or_else(|| difference.reason.clone()),
        fields: difference.fields.clone(),
        began: Some(BeganBetween { not_before, seen_at }),
        who: difference.who.clone(),
        heal: one.heal,
    }
}

impl Component {
    /// Returns it as a line, such as `changed: version recorded 41, seen 40; since between 13:02 and 14:01`.
    pub fn words(&self) -> String {
        let word = match self.drift {
            Drift::None => "none",
            Drift::Changed => "changed",
            Drift::Unknown => "unknown",
        };
        let mut parts = vec![];
        if self.drift != Drift::None {
            parts.extend(self.fields.iter().map(Field::words));
        }
        if parts.is_empty() {
            let each = [("recorded ", &self.recorded), ("seen ", &self.seen)];
            parts.extend(each.into_iter().filter_map(|(what, text)| Some(format!("{what}{}", text.as_ref()?))));
        }
        parts.extend(self.began.map(|began| began.words()));
        parts.extend(self.who.as_ref().map(ToString::to_string));
        parts.extend(self.reason.clone());
        if self.drift == Drift::Changed && self.heal == Heal::Restore {
            parts.push("`heal: restore`".to_owned());
        }
        if parts.is_empty() {
            return word.to_owned();
        }
        format!("{word}: {}", parts.join("; "))
    }
}

impl BeganBetween {
    /// Says `it began between 13:02 and 14:01 UTC`, with the days if they matter.
    pub fn words(&self) -> String {
        format!("it began between {} and {}", self.not_before, self.seen_at)
    }
}

impl LookResult {
    /// Returns whether everything was looked at, and is as recorded.
    pub fn is_as_recorded(&self) -> bool {
        let mut all = self.components.values();
        !self.components.is_empty() && self.left.is_empty() && all.all(|one| one.drift == Drift::None)
    }

    /// Returns the components that are not as recorded, or could not be seen, each in a few words.
    pub fn in_short(&self) -> Vec<(Drift, String)> {
        self.components
            .iter()
            .filter_map(|(name, one)| {
                let words = match one.drift {
                    Drift::None => return None,
                    Drift::Changed => format!("{name} drifted"),
                    Drift::Unknown => {
                        let why = one.reason.as_deref().unwrap_or("nobody can tell");
                        format!("{name}: drift unknown: {why}")
                    }
                };
                Some((one.drift, words))
            })
            .collect()
    }

    /// Returns the same without what only was not looked at yet since the last deployment, which is the usual case.
    pub fn worth_showing(&self) -> Vec<String> {
        let behind = format!("drift unknown: {BEHIND}");
        self.in_short().into_iter().filter(|(_, words)| !words.ends_with(&behind)).map(|(_, words)| words).collect()
    }

    /// Says in a sentence when it was looked at, and since when the first look is overdue if its time has passed.
    pub fn when_at(&self, now: Time) -> String {
        match self.looked {
            None if self.due < now => {
                let due = self.due;
                format!("not looked at yet; the first look is overdue since {due}")
            }
            _ => self.when(),
        }
    }

    /// Says in a sentence when it was looked at, and what the look left.
    pub fn when(&self) -> String {
        let Some(looked) = self.looked else {
            return format!("not looked at yet; the first look is due at {}", self.due);
        };
        let left = self.left.len();
        if left == 0 {
            return format!("looked at {looked}");
        }
        format!(
            "looked at {looked}, but for {}, which {} later because an hour has no more calls",
            count(left, "component"),
            agree(left, "has a turn", "have turns")
        )
    }
}
