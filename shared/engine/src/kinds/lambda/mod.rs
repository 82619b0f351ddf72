//! AWS Lambda functions: code, versions, and the alias that shifts traffic to them.
//!
//! With an alias, new code and new versions are additive and only the alias switches. Without one
//! callers use `$LATEST`, so that new code is live at once; the former code is then kept as a
//! published version first, from which it is restored.

mod change;
mod checks;
mod code;
mod fetch;
mod gone;
mod next;
mod observe;
mod prepare;
mod state;

pub(crate) use next::candidate;
pub use prepare::prepare;
pub use state::*;

use super::{Class, Facts, Kind, Next};
use crate::config::Configured;
use crate::ports::{Answered, Code, Functions, Objects};
use observe::Known;
use serde_json::Value;
use std::cell::RefCell;
use windlass_domain::identity::DeploymentId;

/// The kind over its ports.
pub struct LambdaKind<P> {
    /// The ports at the deployer's own place, for artifacts.
    home: P,
    /// The ports at the function's place.
    at: P,
    /// Code that was fetched before its change is sent.
    fetched: RefCell<Option<(Source, Code)>>,
    /// The versions to look at that the alias does not name.
    known: RefCell<Known>,
}

impl<P> LambdaKind<P> {
    /// Builds it from the ports at the deployer's own place and at the function's.
    pub fn new(home: P, at: P) -> Self {
        Self {
            home,
            at,
            fetched: RefCell::default(),
            known: RefCell::default(),
        }
    }
}

impl<P: Functions + Objects + Configured> Kind for LambdaKind<P> {
    type Target = Target;
    type State = State;
    type Change = Change;

    fn recall(&self, wanted: &State, remembered: &Value) {
        self.known.replace(Known::of(wanted, remembered.as_str()));
    }

    fn remembered(&self) -> Value {
        Value::from(self.known.borrow().published.clone())
    }

    async fn observe(&self, target: &Target) -> Answered<State> {
        let known = self.known.borrow().clone();
        let seen = observe::observe(&self.at, target, &known).await?;
        self.known
            .borrow_mut()
            .published
            .clone_from(&seen.published);
        Ok(State::Observed(seen))
    }

    fn next(is: &State, wanted: &State) -> Next<Change> {
        next::next(is, wanted)
    }

    fn same(a: &State, b: &State) -> bool {
        next::same(a, b)
    }

    fn facts(change: &Change, is: &State) -> Facts<State> {
        Facts {
            class: match change {
                Change::Update { live: true, .. } | Change::Shift { .. } => Class::Switching,
                Change::Update { .. } | Change::Publish { .. } => Class::Additive,
            },
            longer_s: 0,
            value: change.value(),
            what: change.to_string(),
            after: next::after(change, is),
        }
    }

    fn shown(state: &State) -> String {
        state.to_string()
    }

    fn owned(target: &Target) -> String {
        let code = format!("the code of function {}", target.function);
        match &target.alias {
            Some(alias) => format!("{code}, and version and weights of its alias {alias}"),
            None => code,
        }
    }

    fn is_guarded(_: &State) -> bool {
        true
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
    ) -> Answered<()> {
        self.make(&target.function, change, deployment).await
    }
}
