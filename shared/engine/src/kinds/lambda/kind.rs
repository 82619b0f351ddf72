//! A function whose alias Windlass moves, as a kind: its look, its changes, and the words of what callers get.

use super::change::LambdaKind;
use super::next::{self, next};
use super::observe::{self, KnownVersions};
use super::state::{Change, Goal, Observed, Target};
use crate::config::Configured;
use crate::kinds::{ChangeFacts, Class, FORMER, Kind, LookContext, Next, Noticed, Trail, VERSION, View, fields};
use crate::ports::{LambdaApi, Result, S3Api};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::identity::DeploymentId;

impl<P: LambdaApi + S3Api + Configured> Kind for LambdaKind<P> {
    type Target = Target;
    type Seen = Observed;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Observed> {
        let known = KnownVersions::of(way.goal, way.made);
        observe::observe(&self.at, target, &known).await
    }

    fn view(_: &Target, seen: &Observed) -> View {
        View { noticed: noticed(seen), waits_for: None, is_guarded: true, is_consistent: false }
    }

    fn back(seen: &Observed) -> Goal {
        Goal::Back(seen.clone())
    }

    fn next(_: &Target, seen: &Observed, goal: &Goal) -> Next<Change> {
        next(seen, goal)
    }

    fn facts(change: &Change, seen: &Observed) -> ChangeFacts {
        ChangeFacts {
            class: match change {
                Change::Update { live: true, .. } | Change::Shift { .. } => Class::Switching,
                Change::Update { .. } | Change::Publish { .. } => Class::Additive,
            },
            longer_s: 0,
            value: change.value(),
            what: change.to_string(),
            after: next::after(change, seen).map(|after| noticed(&after)),
        }
    }

    fn outputs(seen: &Observed, goal: &Goal) -> BTreeMap<String, String> {
        let version = next::brought(seen, goal);
        let former = match goal {
            Goal::Release(wanted) if wanted.is_shared() => Some(wanted.from.clone()),
            Goal::Release(_) | Goal::Back(_) => None,
        };
        let named = [(VERSION, version), (FORMER, former)];
        let named = named.into_iter();
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.function.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        let code = format!("the code of function {}", target.function);
        match &target.alias {
            Some(alias) => format!("{code}, and version and weights of its alias {alias}"),
            None => code,
        }
    }

    async fn ready(&self, target: &Target, change: &Change) -> Result<()> {
        if let Change::Update { to, source, .. } = change {
            let code = self.code(&target.function, to, source).await?;
            *self.fetched.borrow_mut() = Some((source.clone(), code));
        }
        Ok(())
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        self.make(&target.function, change, deployment).await
    }
}

/// Returns the name and the value, for people, of one member of what callers get.
pub(super) fn field(member: &str, value: &Value) -> (String, String) {
    let (name, value) = match member {
        "version" => ("version of the alias", fields::plain(value)),
        "shares" => ("weights of the alias", weights(value)),
        "code" => ("code of $LATEST", fields::plain(value).chars().take(12).collect()),
        "moved_by" => ("being moved by CodeDeploy", fields::plain(value)),
        other => (other, fields::plain(value)),
    };
    (name.to_owned(), value)
}

/// Formats shares in millionths, as [`super::state::Traffic::noticed`] has them, in percent.
fn weights(shares: &Value) -> String {
    let each = shares.as_array().into_iter().flatten();
    let each = each.filter_map(|share| {
        let (version, millionths) = (share.get(0)?.as_str()?, share.get(1)?.as_u64()?);
        let (whole, tenths) = (millionths / 10_000, millionths / 1_000 % 10);
        Some(match tenths {
            0 => format!("{version} at {whole} %"),
            tenths => format!("{version} at {whole}.{tenths} %"),
        })
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        return "none".to_owned();
    }
    each.join(", ")
}

/// Returns what callers get.
pub(super) fn noticed(seen: &Observed) -> Noticed {
    Noticed {
        value: match &seen.alias {
            Some(alias) => alias.traffic.noticed(),
            None => json!({"code": seen.latest.code()}),
        },
        shown: seen.to_string(),
    }
}
