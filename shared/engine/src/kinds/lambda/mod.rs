//! AWS Lambda functions: code, versions, and the alias that shifts traffic to them.
//!
//! With an alias, new code and new versions are additive, and only the alias switches. Without an alias callers use
//! `$LATEST`, so that new code is live at once. The former code is then first kept as a published version, from which
//! it can be restored.

mod brought;
mod change;
mod checks;
mod code;
mod codedeploy;
mod fetch;
mod gone;
mod needs;
mod next;
mod observe;
mod prepare;
mod state;
mod storage;
mod writes;

pub use brought::brought;
pub use codedeploy::{Begun, CodeDeployed, Group};
pub use needs::needs;
pub use state::*;
pub use writes::writes;

use next::next;

use super::{
    Built, Class, FORMER, Facts, Kind, Next, Noticed, PrepareInput, Prepared, Then, Trail, VERSION,
    View, Way, fields, from_value,
};
use crate::config::Configured;
use crate::ports::{Answered, Clock, Code, CodeDeploy, Functions, Objects, Reach, Registry};
use observe::Known;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::identity::DeploymentId;
use windlass_domain::kinds::lambda::Lambda;
use windlass_domain::place::Place;
use windlass_domain::step::Step;

/// The kind over its ports.
pub struct LambdaKind<P> {
    /// The ports at the deployer's own place, for artifacts.
    home: P,
    /// The ports at the function's place.
    at: P,
    /// The code that was fetched before its change is sent.
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

/// The kind of a function, by who moves its alias: Windlass or CodeDeploy.
pub enum Function<P> {
    /// Windlass.
    Own(LambdaKind<P>),
    /// CodeDeploy.
    CodeDeploy(CodeDeployed<P>),
}

impl<P: Functions + Objects + Configured + CodeDeploy + Clock> Built for Function<P> {
    async fn with<T: Then>(&self, then: T) -> Answered<T::Out> {
        match self {
            Self::Own(kind) => then.then(kind).await,
            Self::CodeDeploy(kind) => then.then(kind).await,
        }
    }
}

/// Returns the kind for the target of a step: CodeDeploy's if the target has a deployment group.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: Reach>(ports: &P, step: &Step) -> Answered<Function<P>> {
    let at = || ports.at(&step.place);
    let function = LambdaKind::new(ports.at(&Place::default()), at());
    let target: Target = from_value("target", &step.target)?;
    Ok(if target.codedeploy.is_some() {
        let deployment = step.deployment.clone();
        Function::CodeDeploy(CodeDeployed::new(function, at(), deployment))
    } else {
        Function::Own(function)
    })
}

/// Observes the function, checks that it may and can be changed, and computes the stages; then the same of who moves
/// its alias. Faults: `NotFound` and `AccessDenied` where the function cannot be read.
pub async fn prepare(
    there: &(impl Functions + Objects + Registry + Reach + Configured + CodeDeploy),
    input: &PrepareInput<'_>,
    spec: &Lambda,
) -> Answered<Prepared> {
    let planned = prepare::prepare(there, input, spec).await?;
    match &spec.codedeploy {
        None => Ok(planned),
        Some(group) => codedeploy::prepare(there, input, spec, group, planned).await,
    }
}

impl<P: Functions + Objects + Configured> Kind for LambdaKind<P> {
    type Target = Target;
    type Seen = Observed;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &Way<'_, Goal>) -> Answered<Observed> {
        let known = Known::of(way.goal, way.made);
        observe::observe(&self.at, target, &known).await
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
        next(seen, goal)
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

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail {
            resource: target.function.clone(),
            region: None,
        })
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

/// Returns the name and the value, for people, of one member of what callers get.
fn field(member: &str, value: &Value) -> (String, String) {
    let (name, value) = match member {
        "version" => ("version of the alias", fields::plain(value)),
        "shares" => ("weights of the alias", weights(value)),
        "code" => (
            "code of $LATEST",
            fields::plain(value).chars().take(12).collect(),
        ),
        "moved_by" => ("being moved by CodeDeploy", fields::plain(value)),
        other => (other, fields::plain(value)),
    };
    (name.to_owned(), value)
}

/// Formats shares in millionths, as [`Traffic::noticed`] has them, in percent.
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
fn noticed(seen: &Observed) -> Noticed {
    Noticed {
        value: match &seen.alias {
            Some(alias) => alias.traffic.noticed(),
            None => json!({"code": seen.latest.code()}),
        },
        shown: seen.to_string(),
    }
}
