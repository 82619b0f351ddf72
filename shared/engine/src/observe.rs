//! Comparing what runs with what is recorded, between deployments: drift. Changes nothing.
//!
//! A component is looked at where the deployment that brought it changed it: its step has the target
//! and the place, as undo would use them. What the declaration says by now may be another target,
//! which no deployment has touched yet.

use crate::kinds::ecs::Ecs;
use crate::kinds::lambda::LambdaKind;
use crate::kinds::site::{Site, load};
use crate::kinds::{Kind, KindPorts, from_value};
use crate::ports::{Answered, Ledger};
use crate::store::{self, Stored};
use futures::stream::{self, StreamExt};
use std::collections::BTreeMap;
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
    let step = step.value;
    let (home, at) = (ports.at(&Place::default()), ports.at(&step.place));
    match step.kind {
        KindName::Lambda => look(&LambdaKind::new(home, at), &step, running).await,
        KindName::Ecs => {
            let deployment = running.deployment.clone();
            look(&Ecs::new(home, at, deployment, None), &step, running).await
        }
        KindName::StaticSite => {
            let known = load(&home, &step).await?;
            look(&Site::new(at, known).whole(), &step, running).await
        }
    }
}

async fn look<K: Kind>(kind: &K, step: &Step, running: &Running) -> Answered<Compared> {
    let target: K::Target = from_value("target", &step.target)?;
    let recorded: K::State = from_value("state", &running.state)?;
    let words = Some(K::shown(&recorded));
    match kind.observe(&target).await {
        Ok(seen) => Ok(Compared {
            drift: if K::same(&seen, &recorded) {
                Drift::None
            } else {
                Drift::Changed
            },
            recorded: words,
            seen: Some(K::shown(&seen)),
            reason: None,
        }),
        Err(fault) if fault.name == FaultName::NotFound => Ok(Compared {
            drift: Drift::Changed,
            recorded: words,
            seen: None,
            reason: Some(fault.message),
        }),
        Err(fault) => Err(fault),
    }
}
