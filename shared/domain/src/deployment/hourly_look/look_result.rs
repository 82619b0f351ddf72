//! The result of the last look at an environment, for everybody who asks.

use crate::declaration::heal::Heal;
use crate::deployment::hourly_look::{ChangedBy, HourlyLook, Watched};
use crate::environment::Lock;
use crate::environment::drift::{BothStates, Compared, Drift};
use crate::environment::reach::{Reach, SnapshotReach};
use crate::text::count::{agree, count};
use crate::text::name::ComponentName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The result of the last look. Nothing is looked at to show it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookResult {
    /// The time at which the last look ended; absent before the first.
    pub looked: Option<Time>,
    /// The time at which the next one is due.
    pub due: Time,
    /// Each component that was looked at.
    pub components: BTreeMap<ComponentName, ObservedComponent>,
    /// The components that it left to later looks, because an hour has no more calls for them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<ComponentName>,
    /// The reach of the snapshot to which a rollback goes that names none, by the last check; absent before the first
    /// since the last deployment, and where there is no such snapshot.
    pub way_back: Option<Reach>,
    /// The snapshot of `way_back`, with the reasons, while it is out of reach by the last check that could look at it
    /// since the last deployment.
    pub lost: Option<SnapshotReach>,
}

/// The observations of a component.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Component")]
pub struct ObservedComponent {
    /// The time of the last look at it.
    pub at: Time,
    /// The result of that look, as far as it is still true. It has the recorded state only if that differs.
    #[serde(flatten)]
    pub compared: Compared,
    /// True where a deployment has had its turn since that look: the next look shows what is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub behind: bool,
    /// The looks between which the difference began.
    pub began: Option<BeganBetween>,
    /// The person or service that made the difference, as far as CloudTrail shows.
    pub who: Option<ChangedBy>,
    /// The declared rule for a difference; absent where it is `report`.
    #[serde(default, skip_serializing_if = "Heal::is_report")]
    pub heal: Heal,
}

/// The two looks between which something began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BeganBetween {
    /// It began after this.
    pub not_before: Time,
    /// It was there at this.
    pub seen_at: Time,
}

impl HourlyLook {
    /// Returns the result of the last look, beside the lock as it is now and the number of the snapshot that runs.
    pub fn shown(&self, lock: &Lock, present: u64) -> LookResult {
        // A deployment that had the lock since then may have changed what was seen.
        let is_behind = self.token != lock.token;
        let shown = self.components.iter().map(|(name, one)| (name.clone(), of(one, is_behind)));
        let way_back = self.way_back.as_ref().filter(|_| !is_behind);
        LookResult {
            looked: self.looked,
            due: self.due,
            components: shown.collect(),
            left: self.left.clone(),
            way_back: way_back.and_then(|known| known.reach_from(present)),
            lost: way_back.and_then(|known| known.lost_from(present)).cloned(),
        }
    }
}

impl LookResult {
    /// Returns what the last look showed of a component at which only such looks look, with its time.
    pub fn last(looks: Option<&Self>, name: &ComponentName) -> Compared {
        let Some(last) = looks.and_then(|looks| looks.components.get(name)) else {
            return Compared::unknown("only the hourly look asks its function, and none has yet");
        };
        let mut compared = last.compared.clone();
        let at = format!("this is of the hourly look at {}", last.at);
        let why = compared.both.reason.take();
        compared.both.reason = Some(why.map_or_else(|| at.clone(), |why| format!("{why}; {at}")));
        compared
    }
}

/// The reason of what a deployment may have changed since the last look: the next look shows it.
const BEHIND: &str = "a deployment had its turn since it was looked at";

fn of(one: &Watched, is_behind: bool) -> ObservedComponent {
    let known = one.difference.as_ref().filter(|_| !is_behind && one.drift != Drift::None);
    let both = known.map_or_else(
        || BothStates { seen: one.seen.clone(), reason: one.unknown.clone(), ..BothStates::default() },
        |difference| {
            let unknown = one.unknown.as_ref();
            let unknown = unknown.map(|why| format!("{why}; what is shown here was seen before that"));
            let both = difference.both.clone();
            BothStates { reason: unknown.or(both.reason), ..both }
        },
    );
    ObservedComponent {
        at: one.at,
        behind: is_behind,
        compared: if is_behind { Compared::unknown(BEHIND) } else { Compared { drift: one.drift, both } },
        began: known.map(|it| BeganBetween { not_before: it.not_before, seen_at: it.seen_at }),
        who: known.and_then(|it| it.who.clone()),
        heal: one.heal,
    }
}

impl ObservedComponent {
    /// Returns it as a line, such as `changed: version recorded 41, seen 40; since between 13:02 and 14:01`.
    pub fn words(&self) -> String {
        let Compared { drift, both } = &self.compared;
        let (word, mut parts) = (drift.word(), both.words());
        parts.extend(self.began.map(|began| began.words()));
        parts.extend(self.who.as_ref().map(ToString::to_string));
        parts.extend(both.reason.clone());
        if *drift == Drift::Changed && self.heal == Heal::Restore {
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
        !self.components.is_empty() && self.left.is_empty() && all.all(|one| one.compared.drift == Drift::None)
    }

    /// Returns the components that are not as recorded, or could not be seen, each in a few words.
    pub fn in_short(&self) -> Vec<(Drift, String)> {
        self.components.iter().filter_map(|(name, one)| one.compared.in_short(name)).collect()
    }

    /// Returns the same without what only was not looked at yet since the last deployment, which is the usual case.
    pub fn worth_showing(&self) -> Vec<(Drift, String)> {
        let known = self.components.iter().filter(|(_, one)| !one.behind);
        known.filter_map(|(name, one)| one.compared.in_short(name)).collect()
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
