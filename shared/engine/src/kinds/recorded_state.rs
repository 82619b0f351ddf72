//! The state of a target that was seen, as the ledger keeps it, and in people's words the fields that are not as
//! recorded.

use super::{Kind, Noticed, View, from_value, to_value};
use crate::ports::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::drift::Field;

/// A state of a target as it was seen: the goal to come back to, and what callers got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The goal of somebody who comes back to it, as the kind writes it.
    pub goal: Value,
    /// The state that callers noticed.
    pub noticed: Noticed,
    /// True if AWS promises that the look was not behind.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_sure: bool,
}

impl Recorded {
    /// Records what was seen.
    pub fn of<K: Kind>(target: &K::Target, seen: &K::Seen) -> Result<Self> {
        let View { noticed, is_consistent, .. } = K::view(target, seen);
        Ok(Self { goal: to_value(&K::back(seen))?, noticed, is_sure: is_consistent })
    }

    /// Returns whether the target is surely as it was left: callers get what they got then, or AWS promises that what
    /// was seen is not behind.
    pub fn is_as_left(&self, left: &Self) -> bool {
        self.is_sure || self.noticed.is_same(&left.noticed)
    }

    /// Keeps this state in a step as what was seen last: a way back, people and the count of callers read it there.
    /// `share` is what [`Kind::share`] returns, in percent; for the state before it is 0.
    pub fn keep_in(&self, step: &mut Step, share: Option<u32>) -> Result<()> {
        let is_as_before = Self::read("state before", &step.before).is_ok_and(|it| it.noticed.is_same(&self.noticed));
        step.share = if is_as_before { Some(0) } else { share };
        step.shown = Some(self.noticed.shown.clone());
        step.seen = Some(to_value(self)?);
        Ok(())
    }

    /// Reads `what`, such as the state before, from the ledger.
    pub fn read(what: &str, value: &Value) -> Result<Self> {
        from_value(what, value)
    }
}

/// The most fields that are named. Whoever wants more looks at the target.
const MOST: usize = 10;

/// Returns the fields in which two looks differ. `words` returns a member and its value as people call them.
pub fn differing(recorded: &Value, seen: &Value, words: impl Fn(&str, &Value) -> (String, String)) -> Vec<Field> {
    let [recorded, seen] = [recorded, seen].map(members);
    let mut names: Vec<&String> = recorded.keys().chain(seen.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differing = names.into_iter().filter(|name| recorded.get(*name) != seen.get(*name));
    let fields = differing.map(|name| {
        let worded = |of: &BTreeMap<String, &Value>| of.get(name).map(|value| words(name, value));
        let (was, is) = (worded(&recorded), worded(&seen));
        let called = was.as_ref().or(is.as_ref()).map(|(called, _)| called);
        Field {
            name: called.cloned().unwrap_or_default(),
            recorded: was.map(|(_, value)| value),
            seen: is.map(|(_, value)| value),
        }
    });
    fields.take(MOST).collect()
}

/// Returns the parts of a target of many parts. It says only that they differ.
pub fn of_parts(parts: &[String]) -> Vec<Field> {
    let named = parts.iter().take(MOST).map(|part| Field { name: format!("`{part}`"), recorded: None, seen: None });
    named.collect()
}

/// Returns the members of what callers notice. The members of a member have its name before theirs: `images.web`.
fn members(value: &Value) -> BTreeMap<String, &Value> {
    let mut all = BTreeMap::new();
    let own = value.as_object().into_iter().flatten();
    for (name, value) in own {
        match value.as_object() {
            Some(parts) => {
                all.extend(parts.iter().map(|(part, value)| (format!("{name}.{part}"), value)));
            }
            None => {
                all.insert(name.clone(), value);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::noticed::plain;
    use serde_json::json;
    use windlass_domain::declaration::plan::KindName;
    use windlass_domain::release::identity::DeploymentId;
    use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

    #[test]
    fn a_share_is_of_none_where_callers_get_what_they_got_before() {
        let recorded = |value: &str| {
            let noticed = Noticed { value: json!(value), shown: format!("version {value}") };
            Recorded { goal: json!({}), noticed, is_sure: false }
        };
        for (now, share, wanted) in [("1", Some(10), Some(0)), ("2", Some(10), Some(10)), ("2", None, None)] {
            let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
            let (id, component) = (DeploymentId("1f0c".into()), ComponentName::new("api").unwrap());
            let mut step = Step::planned(id, app, environment, component, KindName::Lambda);
            step.before = to_value(&recorded("1")).unwrap();
            recorded(now).keep_in(&mut step, share).unwrap();
            assert_eq!(step.share, wanted, "{now} {share:?}");
            assert_eq!(step.seen, Some(to_value(&recorded(now)).unwrap()));
        }
    }

    fn listed(recorded: &Value, seen: &Value) -> Vec<String> {
        let words = |name: &str, value: &Value| (name.to_owned(), plain(value));
        let fields = differing(recorded, seen, words);
        fields.iter().map(Field::words).collect()
    }

    #[test]
    fn what_differs_is_listed_by_field() {
        let table = [
            (json!({"version": "41"}), json!({"version": "41"}), vec![]),
            (
                json!({"version": "41", "shares": []}),
                json!({"version": "40", "shares": []}),
                vec!["version: recorded 41, seen 40"],
            ),
            (
                json!({"images": {"web": "a", "log": "b"}, "task_definition": "x:1"}),
                json!({"images": {"web": "c", "log": "b"}, "task_definition": "x:2"}),
                vec!["images.web: recorded a, seen c", "task_definition: recorded x:1, seen x:2"],
            ),
            (
                json!({"version": "1"}),
                json!({"version": null, "moved_by": "d-1"}),
                vec!["moved_by: seen d-1", "version: recorded 1, seen none"],
            ),
            (json!({"path": ""}), json!({"path": "/a"}), vec!["path: recorded nothing, seen /a"]),
        ];
        for (recorded, seen, wanted) in table {
            assert_eq!(listed(&recorded, &seen), wanted, "{recorded} {seen}");
        }
    }

    #[test]
    fn no_more_than_a_few_are_named() {
        let all = |value: &str| {
            let images: BTreeMap<String, &str> = (0..30).map(|n| (format!("c{n}"), value)).collect();
            json!({ "images": images })
        };
        assert_eq!(listed(&all("a"), &all("b")).len(), MOST);
        let parts: Vec<String> = (0..30).map(|n| format!("{n}.html")).collect();
        let fields = of_parts(&parts);
        assert_eq!(fields.len(), MOST);
        assert_eq!(fields[0].words(), "`0.html` is not as recorded");
    }
}
