//! Comparing what runs with what is recorded, between deployments: drift. Changes nothing.
//!
//! A component is looked at where the deployment that brought it changed it: its step has the target
//! and the place, as undo would use them. What the declaration says by now may be another target,
//! which no deployment has touched yet.

use crate::kinds::ecs::Ecs;
use crate::kinds::lambda::LambdaKind;
use crate::kinds::site::{Site, load};
use crate::kinds::{Kind, KindPorts, from_value, to_value};
use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::accept::Live;
use windlass_domain::drift::{Compared, Drift};
use windlass_domain::environment::Running;
use windlass_domain::fault::FaultName;
use windlass_domain::name::ComponentName;
use windlass_domain::place::Place;
use windlass_domain::plan::KindName;
use windlass_domain::step::Step;

/// How many components are observed at the same time: enough to be quick, and few enough for the
/// request rates of the services.
const AT_A_TIME: usize = 8;

/// What observing needs.
pub trait Ports: KindPorts + Ledger {}
impl<P: KindPorts + Ledger> Ports for P {}

/// Looks at each running component's target. Whatever goes wrong with one is told of that one.
pub async fn compare<P: Ports>(
    ports: &P,
    running: &BTreeMap<ComponentName, Running>,
) -> BTreeMap<ComponentName, Compared> {
    stream::iter(running)
        .map(|(name, running)| async move {
            let compared = component(ports, name, running).await;
            let compared = compared.unwrap_or_else(|fault| Compared::unknown(fault.message));
            (name.clone(), compared)
        })
        .buffered(AT_A_TIME)
        .collect()
        .await
}

async fn component<P: Ports>(
    ports: &P,
    name: &ComponentName,
    running: &Running,
) -> Answered<Compared> {
    let key = store::step(&running.deployment, name);
    let step: Option<Stored<Step>> = store::load(ports, &key).await?;
    let (Some(step), false) = (step, running.state.is_null()) else {
        return Ok(Compared::unknown(
            "it ran already when Windlass came, and no deployment has changed it since",
        ));
    };
    let looked = look::<P, Compares>(ports, &step.value, &running.state).await?;
    Ok(match looked.saw {
        Saw::There { shown, same, .. } => Compared {
            drift: if same { Drift::None } else { Drift::Changed },
            recorded: Some(looked.recorded),
            seen: Some(shown),
            reason: None,
        },
        Saw::Gone(reason) => Compared {
            drift: Drift::Changed,
            recorded: Some(looked.recorded),
            seen: None,
            reason: Some(reason),
        },
    })
}

/// What callers of a step's target get now, beside what they got before the deployment, to be recorded: what
/// the state only names is kept. Transient
/// faults are answered as such, so that it is asked again; every other one is what it is that stands in
/// the way.
pub async fn live<P: Ports>(ports: &P, step: &Step) -> Answered<Live> {
    match look::<P, Keeps>(ports, step, &step.before).await {
        Ok(looked) => Ok(match looked.saw {
            Saw::There { state, shown, same } => Live::There {
                state,
                shown,
                as_before: same,
            },
            Saw::Gone(why) => Live::Gone(why),
        }),
        Err(fault) if fault.name.is_transient() => Err(fault),
        Err(fault) => Ok(Live::Unknown(fault)),
    }
}

/// What was seen of a target, beside what is recorded of it in words.
struct Looked {
    recorded: String,
    saw: Saw,
}

enum Saw {
    There {
        state: Value,
        shown: String,
        /// Whether callers notice no difference to what is recorded.
        same: bool,
    },
    Gone(String),
}

/// What is done with what was seen. A type and no value, so that who only compares has no code that writes, as
/// its role has no right to.
trait Then {
    async fn then<K: Kind>(kind: &K, target: &K::Target, seen: &K::State) -> Answered<()>;
}

struct Compares;

impl Then for Compares {
    async fn then<K: Kind>(_: &K, _: &K::Target, _: &K::State) -> Answered<()> {
        Ok(())
    }
}

/// Keeps what the state only names.
struct Keeps;

impl Then for Keeps {
    async fn then<K: Kind>(kind: &K, target: &K::Target, seen: &K::State) -> Answered<()> {
        kind.keep(target, seen).await
    }
}

/// Compares what is seen with what is recorded.
async fn look<P: Ports, T: Then>(ports: &P, step: &Step, recorded: &Value) -> Answered<Looked> {
    let (home, at) = (ports.at(&Place::default()), ports.at(&step.place));
    match step.kind {
        KindName::Lambda => look_at::<_, T>(&LambdaKind::new(home, at), step, recorded).await,
        KindName::Ecs => {
            let deployment = step.deployment.clone();
            look_at::<_, T>(&Ecs::new(home, at, deployment, None), step, recorded).await
        }
        KindName::StaticSite => {
            let known = load(&home, step).await?;
            look_at::<_, T>(&Site::new(at, known).whole(), step, recorded).await
        }
    }
}

async fn look_at<K: Kind, T: Then>(kind: &K, step: &Step, recorded: &Value) -> Answered<Looked> {
    let target: K::Target = from_value("target", &step.target)?;
    let recorded: K::State = from_value("state", recorded)?;
    let saw = match kind.observe(&target).await {
        Ok(seen) => {
            T::then(kind, &target, &seen).await?;
            Saw::There {
                state: to_value(&seen)?,
                shown: K::shown(&seen),
                same: K::same(&seen, &recorded),
            }
        }
        Err(fault) if fault.name == FaultName::NotFound => Saw::Gone(fault.message),
        Err(fault) => return Err(fault),
    };
    Ok(Looked {
        recorded: K::shown(&recorded),
        saw,
    })
}
