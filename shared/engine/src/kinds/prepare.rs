//! The one place that chooses a kind by what a component is, for `Prepare`.

use super::{PrepareInput, Prepared};
use crate::config::Configured;
use crate::ports::{Answered, Cdn, Clock, Functions, Objects, Probe, Reach, Registry, Services};
use windlass_domain::declaration::resolved::Spec;

/// The ports that every kind needs to observe its target.
pub trait KindPorts:
    Configured + Clock + Reach + Objects + Registry + Functions + Services + Cdn + Probe
{
}
impl<P> KindPorts for P where
    P: Configured + Clock + Reach + Objects + Registry + Functions + Services + Cdn + Probe
{
}

/// Asks the component's kind for its part of the plan, with ports at the target's place.
pub async fn prepare<P: KindPorts>(there: &P, input: &PrepareInput<'_>) -> Answered<Prepared> {
    match input.spec {
        Spec::Lambda(_) => super::lambda::prepare(there, input).await,
        Spec::Ecs(_) => super::ecs::prepare(there, input).await,
        Spec::StaticSite(_) => super::site::prepare(there, input).await,
    }
}
