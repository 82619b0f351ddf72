//! AWS Lambda functions: code, versions, and the alias that shifts traffic to them.
//!
//! With an alias, new code and new versions are additive and only the alias switches. Without one
//! callers use `$LATEST`, so that new code is live at once; the former code is then kept as a
//! published version first, from which it is restored.

mod brought;
mod change;
mod checks;
mod code;
mod fetch;
mod gone;
mod next;
mod observe;
mod prepare;
mod state;

pub use brought::brought;
pub use prepare::prepare;
pub use state::*;

use super::{Class, FORMER, Facts, Kind, Next, Noticed, VERSION, View, Way};
use crate::config::Configured;
use crate::ports::{Answered, Code, Functions, Objects, Reach};
use observe::Known;
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::identity::DeploymentId;
use windlass_domain::place::Place;
use windlass_domain::step::Step;

/// The kind over its ports.
pub struct LambdaKind<P> {
    /// The ports at the deployer's own place, for artifacts.
    home: P,
    /// The ports at the function's place.
    at: P,
    /// Code that was fetched before its change is sent.
    fetched: RefCell<Option<(Source, Code)>>,
}

impl<P> LambdaKind<P> {
    /// Builds it from the ports at the deployer's own place and at the function's.
    pub fn new(home: P, at: P) -> Self {
        Self {
            home,
            at,
            fetched: RefCell::default(),
        }
    }
}

/// The kind that a step is of.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: Reach>(ports: &P, step: &Step) -> Answered<LambdaKind<P>> {
    Ok(LambdaKind::new(
        ports.at(&Place::default()),
        ports.at(&step.place),
    ))
}

impl<P: Functions + Objects + Configured> Kind for LambdaKind<P> {
    type Target = Target;
    type Seen = Observed;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &Way<'_, Goal>) -> Answered<Observed> {
        observe::observe(&self.at, target, &Known::of(way)).await
    }

    fn view(_: &Target, seen: &Observed) -> View {
        View {
            noticed: noticed(seen),
            waits_for: None,
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn back(seen: &Observed) -> Goal {
        Goal::Back(seen.clone())
    }

    fn next(_: &Target, seen: &Observed, goal: &Goal) -> Next<Change> {
        next::next(seen, goal)
    }

    fn facts(change: &Change, seen: &Observed) -> Facts {
        Facts {
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
        named
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    fn owned(target: &Target) -> String {
        let code = format!("the code of function {}", target.function);
        match &target.alias {
            Some(alias) => format!("{code}, and version and weights of its alias {alias}"),
            None => code,
        }
    }

    async fn ready(&self, target: &Target, change: &Change) -> Answered<()> {
        if let Change::Update { to, source, .. } = change {
            let code = self.code(&target.function, to, source).await?;
            *self.fetched.borrow_mut() = Some((source.clone(), code));
        }
        Ok(())
    }

    async fn change(
        &self,
        target: &Target,
        change: &Change,
        deployment: &DeploymentId,
    ) -> Answered<Option<String>> {
        self.make(&target.function, change, deployment).await
    }
}

/// What callers get.
fn noticed(seen: &Observed) -> Noticed {
    Noticed {
        value: match &seen.alias {
            Some(alias) => alias.traffic.noticed(),
            None => json!({"code": seen.latest.code()}),
        },
        shown: seen.to_string(),
    }
}
