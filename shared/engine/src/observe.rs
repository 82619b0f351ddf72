//! Compares what runs with what is recorded, between deployments: drift. Changes nothing.
//!
//! A component is looked at as the deployment changed it that brought it: the step of that deployment has the target
//! and the place, as an undo would use them. The declaration may by now name another target, which no deployment has
//! touched yet.

// A look uses the kind's own `observe` and `same`, so it cannot disagree with the middle of a deployment. The target
// is that of the step that brought the component: the declaration's may be another by now. Unknown is not none. It
// is asked for, because it costs calls at the targets.

use crate::kinds::{
    Kind, KindPorts, KindVisitor, LookContext, Noticed, Recorded, Trail, from_value, recorded_state, to_value,
    with_kind_of,
};
use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result};
use crate::removable;
use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, ready};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::deployment::accept_look::Live;
use windlass_domain::deployment::hourly_look::{CALLS_A_LOOK, ComponentLook};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::Running;
use windlass_domain::environment::drift::{BothStates, Compared, Drift, Field};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The number of components that are observed at the same time: enough to be quick, and few enough for the request
/// rates of the services.
const AT_A_TIME: usize = 8;

/// The ports that observing needs.
pub trait Ports: KindPorts + DynamoDbApi {}
impl<P: KindPorts + DynamoDbApi> Ports for P {}

/// Looks at each running component's target. Whatever goes wrong with one is reported for that one. `None` for one whose
/// look would run code of the user's: only the hourly look does.
pub async fn compare(
    ports: &impl Ports,
    running: &BTreeMap<ComponentName, Running>,
) -> BTreeMap<ComponentName, Option<Compared>> {
    let looks = each::<NoFunctions>(ports, running).await.into_iter();
    looks.map(|(name, it)| (name, it.map(|it| it.compared))).collect()
}

/// The same of all of them, with what a later look needs to know.
pub async fn glance(
    ports: &impl Ports,
    running: &BTreeMap<ComponentName, Running>,
) -> BTreeMap<ComponentName, ComponentLook> {
    let looks = each::<CompareVisitor>(ports, running).await.into_iter();
    looks.filter_map(|(name, it)| Some((name, it?))).collect()
}

async fn each<A: AfterLook>(
    ports: &impl Ports,
    running: &BTreeMap<ComponentName, Running>,
) -> BTreeMap<ComponentName, Option<ComponentLook>> {
    stream::iter(running)
        .map(|(name, running)| async move {
            let look = component::<A>(ports, name, running).await;
            (name.clone(), look.unwrap_or_else(|fault| Some(ComponentLook::unknown(fault.message))))
        })
        .buffered(AT_A_TIME)
        .collect()
        .await
}

async fn component<A: AfterLook>(
    ports: &impl Ports,
    name: &ComponentName,
    running: &Running,
) -> Result<Option<ComponentLook>> {
    let step = where_it_ran(ports, name, running).await?;
    let (Some(step), false) = (step, running.state.is_null()) else {
        let why = "it ran already when Windlass came, and no deployment has changed it since";
        return Ok(Some(ComponentLook::unknown(why)));
    };
    if !A::RUNS_FUNCTIONS && with_kind_of(ports, &step, RunsFunctions).await? {
        return Ok(None);
    }
    let looked = look::<A, 1>(ports, &step, [&running.state]).await?;
    if let TargetPresence::Gone(why) = &looked.presence
        && with_kind_of(ports, &step, RunsFunctions).await?
    {
        // The version that would look was deleted: that is no drift.
        return Ok(Some(ComponentLook::unknown(why.as_str())));
    }
    let [beside] = looked.beside;
    let beside = beside?;
    let (seen, reason) = match looked.presence {
        TargetPresence::There { shown, .. } => (Some(shown), in_words(&beside.differing)),
        TargetPresence::Gone(reason) => (None, Some(reason)),
    };
    Ok(Some(ComponentLook {
        compared: Compared {
            drift: if beside.same { Drift::None } else { Drift::Changed },
            both: BothStates { recorded: Some(beside.shown), seen, reason, fields: beside.fields },
        },
        mark: Some(beside.mark),
        calls: looked.calls,
    }))
}

/// Returns whether a look at the target runs code of the user's.
struct RunsFunctions;

impl KindVisitor for RunsFunctions {
    type Out = bool;

    async fn visit<K: Kind>(self, _: &K) -> Result<bool> {
        Ok(K::RUNS_FUNCTIONS)
    }
}

/// The target and the place of what is recorded of a component, as the step of the deployment that changed it, or
/// found it in place, has them.
pub async fn where_it_ran(ports: &impl DynamoDbApi, name: &ComponentName, running: &Running) -> Result<Option<Step>> {
    let brought = &running.names.brought.deployment;
    let name = running.name_in(brought, name);
    for key in [ledger::step, ledger::seen] {
        let step = ledger::load(ports, &key(brought, name)).await?;
        if let Some(step) = step.map(|step: Stored<Step>| step.value) {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

/// Returns where CloudTrail has the events of what is recorded of a component: the place, and the resource's name.
/// `None` if it has none.
pub async fn trail(ports: &impl Ports, name: &ComponentName, running: &Running) -> Result<Option<(Place, String)>> {
    let Some(step) = where_it_ran(ports, name, running).await? else { return Ok(None) };
    let target = &step.target;
    let trail = with_kind_of(ports, &step, Trails { target }).await?;
    Ok(trail.map(|trail| (step.place.in_region(trail.region), trail.resource)))
}

struct Trails<'s> {
    target: &'s Value,
}

impl KindVisitor for Trails<'_> {
    type Out = Option<Trail>;

    async fn visit<K: Kind>(self, _: &K) -> Result<Option<Trail>> {
        Ok(K::trail(&from_value("target", self.target)?))
    }
}

/// Looks at what callers of a step's target get now, to record it, and compares it with the state before the deployment
/// and with what is recorded as running. Things that the recorded state only names are kept. Transient faults are
/// returned as faults, so that the look is repeated. Every other fault is part of the answer: it is what stands in the
/// way.
pub async fn live(ports: &impl Ports, step: &Step, running: Option<&Running>) -> Result<Live> {
    let recorded = running.map(|running| &running.state);
    let recorded = recorded.filter(|state| !state.is_null());
    let known = [&step.before, recorded.unwrap_or(&step.before)];
    match look::<KeepVisitor, 2>(ports, step, known).await {
        Ok(TargetLook { unsettled: Some(finding), .. }) => Ok(Live::Moving(finding)),
        Ok(looked) => {
            // If a state cannot be read, it does not count as what is there.
            let same = looked.beside.map(|one| one.is_ok_and(|one| one.same));
            let as_recorded = match running {
                Some(running) if !same[1] => is_as_recorded(ports, step, running).await?,
                _ => same[1],
            };
            Ok(match looked.presence {
                TargetPresence::There { state, shown } => Live::There { state, shown, as_before: same[0], as_recorded },
                TargetPresence::Gone(why) => Live::Gone(why),
            })
        }
        Err(fault) if fault.name.is_transient() => Err(fault),
        Err(fault) => Ok(Live::Unknown(fault)),
    }
}

/// Returns whether callers get what is recorded, with a look as the deployment would look that brought it. A look at a
/// site shows what visitors notice of the files of one deployment, and another deployment may have others.
async fn is_as_recorded(ports: &impl Ports, step: &Step, running: &Running) -> Result<bool> {
    if running.state.is_null() {
        return Ok(false);
    }
    let former = where_it_ran(ports, &step.component, running).await?;
    let is_there = |former: &Step| {
        let has_moved = !Claim::left(&former.claims, &step.claims).is_empty();
        former.deployment != step.deployment && !has_moved
    };
    match former.filter(is_there) {
        Some(former) => match shows(ports, &former, running).await {
            // What cannot be seen shows nothing.
            Err(fault) if !fault.name.is_transient() => Ok(false),
            shown => shown,
        },
        None => Ok(false),
    }
}

/// Returns whether callers get what is recorded, with a look as the deployment would look that brought it, whose step
/// this is.
///
/// # Errors
/// Each fault of the look: then nobody knows.
pub async fn shows(ports: &impl Ports, former: &Step, running: &Running) -> Result<bool> {
    let looked = look::<CompareVisitor, 1>(ports, former, [&running.state]).await?;
    Ok(looked.beside.into_iter().any(|one| one.is_ok_and(|one| one.same)))
}

/// The result of a look at a target, with the comparison of known states.
struct TargetLook<const N: usize> {
    beside: [Result<ComparedState>; N],
    /// The most calls to the target that the look took.
    calls: u32,
    presence: TargetPresence,
    /// The reason why what was seen is not final; `None` if it is.
    unsettled: Option<Finding>,
}

/// A known state, compared with what was seen.
struct ComparedState {
    /// The state in words.
    shown: String,
    /// True if callers notice no difference between it and what was seen.
    same: bool,
    /// The names of the parts in which callers notice a difference, if the target has many parts.
    differing: Vec<String>,
    /// The differences, by field.
    fields: Vec<Field>,
    /// A digest of both, so that the same difference is known again.
    mark: Digest,
}

/// The most parts of a target that are named if they are not as recorded.
const NAMED: usize = 5;

/// Says which parts of a target are not as recorded. `None` if there are none.
fn in_words(differing: &[String]) -> Option<String> {
    differing.first()?;
    let named = differing.get(..NAMED).unwrap_or(differing).join("`, `");
    let more = differing.len().saturating_sub(NAMED);
    let files = count(differing.len(), "file");
    let are = agree(differing.len(), "is", "are");
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{files} {are} not as recorded: `{named}`{more}"))
}

/// The presence of a target, with its state if it is there.
enum TargetPresence {
    There { state: Value, shown: String },
    Gone(String),
}

/// The action on a state that was seen. It is a type and no value: so a function that only compares has no code that
/// writes, and its role needs no right to write.
trait AfterLook {
    /// True if looks may run code of the user's.
    const RUNS_FUNCTIONS: bool = true;

    async fn after_look<K: Kind>(kind: &K, target: &K::Target, seen: &K::Seen) -> Result<()>;
}

struct CompareVisitor;

impl AfterLook for CompareVisitor {
    async fn after_look<K: Kind>(_: &K, _: &K::Target, _: &K::Seen) -> Result<()> {
        Ok(())
    }
}

/// Compares where nobody's code is run, and has none that would run it either.
struct NoFunctions;

impl AfterLook for NoFunctions {
    const RUNS_FUNCTIONS: bool = false;

    async fn after_look<K: Kind>(_: &K, _: &K::Target, _: &K::Seen) -> Result<()> {
        Ok(())
    }
}

/// Keeps what the record only names.
struct KeepVisitor;

impl AfterLook for KeepVisitor {
    async fn after_look<K: Kind>(kind: &K, target: &K::Target, seen: &K::Seen) -> Result<()> {
        kind.keep(target, seen).await
    }
}

/// Compares what is seen with known states.
async fn look<A: AfterLook, const N: usize>(
    ports: &impl Ports,
    step: &Step,
    known: [&Value; N],
) -> Result<TargetLook<N>> {
    let after = PhantomData::<A>;
    with_kind_of(ports, step, Look { ledger: ports, step, known, after }).await
}

struct Look<'s, P, A, const N: usize> {
    ledger: &'s P,
    step: &'s Step,
    known: [&'s Value; N],
    after: PhantomData<A>,
}

impl<P: DynamoDbApi, A: AfterLook, const N: usize> KindVisitor for Look<'_, P, A, N> {
    type Out = TargetLook<N>;

    async fn visit<K: Kind>(self, kind: &K) -> Result<TargetLook<N>> {
        // The claims decide words alone. A look that cannot read them takes nothing for a component's own.
        let claimed = if K::MAKES_RESOURCES { Some(claimed(self.ledger).await.unwrap_or_default()) } else { None };
        let of = (self.step, claimed.as_deref());
        // Which of the two it is, is known of the types: only that one is in the program.
        let look: LocalBoxFuture<'_, Result<TargetLook<N>>> = if K::RUNS_FUNCTIONS && !A::RUNS_FUNCTIONS {
            ready(Err(Fault::internal("a look would run a function"))).boxed_local()
        } else {
            look_at::<K, A, N>(kind, of, self.known).boxed_local()
        };
        look.await
    }
}

/// Returns the resources that components change by their claims, as the index has them, which may be behind.
async fn claimed(ports: &impl DynamoDbApi) -> Result<Vec<String>> {
    let held = removable::owned(ports).await?.into_iter().flat_map(|one| one.held);
    Ok(held.filter(|held| !held.claim.shared).map(|held| held.claim.resource).collect())
}

async fn look_at<K: Kind, A: AfterLook, const N: usize>(
    kind: &K,
    (step, claimed): (&Step, Option<&[String]>),
    known: [&Value; N],
) -> Result<TargetLook<N>> {
    let target: K::Target = from_value("target", &step.target)?;
    let way = LookContext { changes: &step.changes, claimed, ..LookContext::default() };
    let mut unsettled = None;
    let (seen, presence) = match kind.observe(&target, &way).await {
        Ok(seen) => {
            A::after_look(kind, &target, &seen).await?;
            unsettled = K::unsettled(&target, &seen);
            let recorded = Recorded::of::<K>(&target, &seen)?;
            let (state, shown) = (to_value(&recorded)?, recorded.noticed.shown.clone());
            (Some((seen, recorded.noticed)), TargetPresence::There { state, shown })
        }
        Err(fault) if fault.name == FaultName::NotFound => (None, TargetPresence::Gone(fault.message)),
        Err(fault) => return Err(fault),
    };
    let calls = seen.as_ref().map_or(CALLS_A_LOOK, |(seen, _)| K::calls(seen));
    let beside = known.map(|state| beside::<K>(seen.as_ref(), state));
    Ok(TargetLook { beside, calls, presence, unsettled })
}

/// Compares what was seen with a recorded state.
fn beside<K: Kind>(seen: Option<&(K::Seen, Noticed)>, state: &Value) -> Result<ComparedState> {
    let Recorded { goal, noticed: known, .. } = Recorded::read("recorded state", state)?;
    let same = seen.is_some_and(|(_, seen)| seen.is_same(&known));
    let mut differing = Vec::new();
    let mut fields = Vec::new();
    if let Some((seen, noticed)) = seen.filter(|_| !same) {
        differing = K::differing(seen, &from_value("recorded state", &goal)?);
        fields = match differing.as_slice() {
            [] => recorded_state::differing(&known.value, &noticed.value, K::field),
            parts => recorded_state::of_parts(parts),
        };
    }
    let both = json!([&known.value, seen.map(|(_, noticed)| &noticed.value)]);
    Ok(ComparedState { same, shown: known.shown, differing, fields, mark: Digest::of(both.to_string().as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_of_many_parts_are_named() {
        let words = |count: usize| {
            let all: Vec<String> = (0..count).map(|n| format!("{n}.html")).collect();
            in_words(&all)
        };
        assert_eq!(words(0), None);
        assert_eq!(words(1).unwrap(), "1 file is not as recorded: `0.html`");
        assert_eq!(words(2).unwrap(), "2 files are not as recorded: `0.html`, `1.html`");
        assert!(words(NAMED).unwrap().ends_with("`4.html`"));
        assert!(words(12).unwrap().ends_with("`4.html` and 7 more"));
    }
}
