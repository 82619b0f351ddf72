//! The hourly looks at environments between deployments, who changed what has drifted, and the restore that is asked
//! for then (`docs/decisions/recovery/0570-looking-for-drift-every-hour.md`), and whether the way back is there. They
//! change no target, take no lock, and wait for nobody, so they are in no deployment's way.
//!
//! CloudTrail is asked once for each component that has newly drifted, because an account may make two of these calls a
//! second in a region, all of its programs together (AWS CloudTrail API Reference, LookupEvents). If CloudTrail does
//! not know it, the difference says so; that is no fault.

use super::drills::begin_where_due;
use crate::faults::Faults;
use crate::ledger::{self, Stored, save_look};
use crate::observe::{glance, trail};
use crate::pin;
use crate::ports::{JsonCall, Result};
use crate::recovery::start::{self, Ports, by_itself};
use crate::recovery::way_back;
use crate::trouble::found;
use crate::vouch;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::heal::Heal;
use windlass_domain::deployment::heal::{HealDecision, HealFacts, turn};
use windlass_domain::deployment::hourly_look::{ChangedBy, ComponentLook, Difference, HourlyLook, LookBasis, spent_by};
use windlass_domain::environment::{EnvironmentState, Lock, Running};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The milliseconds after the beginning of the run within which another look begins. It has the rest of the function's
/// 60 s.
const BEGINS_WITHIN_MS: u64 = 35_000;

/// An environment.
type EnvironmentKey = (AppName, EnvironmentName);

/// Makes the looks that are due, who waits for longest first, and gives an environment that has settled for the first
/// time its item; starts the drill of an environment that was looked at, where one is due. One that goes wrong keeps no
/// other from its turn. Where a second look is still to be made, that comes first.
pub async fn look(ports: &impl Ports, began: Time, awaited: &BTreeSet<EnvironmentKey>, faults: &mut Faults) {
    if ports.now().ms_since(began) > BEGINS_WITHIN_MS {
        return;
    }
    let known = ledger::load_whole_index(ports, &ledger::HOURLY_LOOKS, faults).await;
    let states = ledger::load_whole_index(ports, &ledger::ENVIRONMENTS, faults).await;
    let (Some(mut known), Some(states)) = (known, states) else { return };
    let states = by_place(states);
    discover(ports, &known, &states, faults).await;
    known.sort_by_key(|look| look.value.due);
    for n in 0..known.len() {
        if ports.now().ms_since(began) > BEGINS_WITHIN_MS {
            break;
        }
        let Some(look) = known.get(n).cloned() else { break };
        let place = place_of(&look.value);
        let state = states.get(&place).map_or(0, |state| state.rev);
        if awaited.contains(&place) || !look.value.is_due(state, ports.now()) {
            continue;
        }
        let looks = known.iter().map(|look| &look.value);
        let spent = spent_by(looks, &place.0, ports.now());
        let thing = format!("the hourly look at {}/{}", place.0, place.1);
        let looked = faults.take(thing, one(ports, look, spent).await).flatten();
        if let (Some(looked), Some(known)) = (looked, known.get_mut(n)) {
            *known = looked;
        }
        let (app, environment) = &place;
        let drilled = begin_where_due(ports, EnvironmentId::new(app, environment)).await;
        faults.take(format!("the drill of {app}/{environment}"), drilled);
    }
}

fn place_of(look: &HourlyLook) -> EnvironmentKey {
    (look.app.clone(), look.environment.clone())
}

fn by_place(states: Vec<Stored<EnvironmentState>>) -> BTreeMap<EnvironmentKey, Stored<EnvironmentState>> {
    states.into_iter().filter_map(|state| Some((ledger::environment_of(&state.key.pk)?, state))).collect()
}

/// Gives each environment in which something runs an item. The lists may be behind: one that has it keeps it.
async fn discover(
    ports: &impl Ports,
    known: &[Stored<HourlyLook>],
    states: &BTreeMap<EnvironmentKey, Stored<EnvironmentState>>,
    faults: &mut Faults,
) {
    let known: BTreeSet<EnvironmentKey> = known.iter().map(|look| place_of(&look.value)).collect();
    let runs = |state: &Stored<EnvironmentState>| state.value.running.values().any(is_watched);
    let new = states.iter().filter(|(place, state)| !known.contains(*place) && runs(state));
    for ((app, environment), _) in new {
        let added = add(ports, EnvironmentId::new(app, environment)).await;
        faults.take(format!("the first look at {app}/{environment}"), added);
    }
}

/// Returns whether a component is watched. A component that was run once is no state that could drift.
fn is_watched(running: &Running) -> bool {
    !running.once
}

async fn add(ports: &impl Ports, of: EnvironmentId<'_>) -> Result<()> {
    let key = ledger::hourly_look(of);
    let former = ledger::load(ports, &key).await?;
    let new = HourlyLook::new(of, ports.now());
    let mut look = match former {
        // It had removed everything, and something runs again.
        Some(former) if former.value.is_over() => Stored { value: new, ..former },
        Some(_) => return Ok(()),
        None => Stored::new(key, new),
    };
    save_look(ports, &mut look, Vec::new()).await.map(|_| ())
}

/// Looks at one environment; nothing where it is not its turn, or somebody else was first.
async fn one(ports: &impl Ports, found: Stored<HourlyLook>, spent: u32) -> Result<Option<Stored<HourlyLook>>> {
    let (app, environment) = (&found.value.app, &found.value.environment);
    // The index may be behind.
    let mut item = ledger::require(ports, &found.key).await?;
    let lock = ledger::load_or_default(ports, &ledger::lock(found.value.environment_id())).await?;
    let state = ledger::load_or_default(ports, &ledger::state(found.value.environment_id())).await?;
    let now = ports.now();
    if !HourlyLook::is_quiet(&lock.value, now) || !item.value.is_due(state.rev, now) {
        return Ok(None);
    }
    let running = state.value.running.clone();
    let (running, heal) = watched(ports, found.value.environment_id(), running).await?;
    let share = item.value.share(&running, spent);
    if share.is_empty() && !running.is_empty() {
        tracing::info!(%app, %environment, spent, "this hour has no calls left for it");
        return Ok(None);
    }
    let may_try = item.value.begin(&share, ports.now());
    if !save_look(ports, &mut item, Vec::new()).await? {
        return Ok(None);
    }
    let mut its_turn = running.clone();
    its_turn.retain(|name, _| share.contains(name));
    let glances = glances(ports, &its_turn, may_try).await;
    let upon = LookBasis { running: &running, state: state.rev, token: lock.value.token, heal: &heal };
    item.value.conclude(glances, upon, ports.now());
    name(ports, &mut item.value, &running).await;
    // Nobody has had the lock since, and what runs is recorded as before; so what was seen is no deployment's change.
    let same = [lock.check(), state.check()];
    if !save_look(ports, &mut item, same.into()).await? {
        return Ok(None);
    }
    restore(ports, &item.value, &lock.value, &state).await?;
    if !heal.is_empty() && !item.value.is_over() {
        way_back::look(ports, &mut item, state.value.snapshot).await?;
    }
    Ok(Some(item))
}

/// The declared `heal` of each component.
type Declared = BTreeMap<ComponentName, Heal>;

/// The components that are looked at: the declared ones of which there is a state, and that are not declared `heal:
/// off`.
async fn watched(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    mut running: BTreeMap<ComponentName, Running>,
) -> Result<(BTreeMap<ComponentName, Running>, Declared)> {
    running.retain(|_, running| is_watched(running));
    let mut heal = Declared::new();
    if let Some(in_force) = found(pin::declaration_in_force(ports, of.app()).await)? {
        heal.extend(in_force.declaration.heal(of.environment()));
        running.retain(|name, _| heal.get(name).is_some_and(|heal| *heal != Heal::Off));
    }
    Ok((running, heal))
}

/// Looks at these components, or says of each that nothing is known, because former looks at them never ended.
pub async fn glances(
    ports: &impl Ports,
    running: &BTreeMap<ComponentName, Running>,
    may_try: bool,
) -> BTreeMap<ComponentName, ComponentLook> {
    if may_try {
        return glance(ports, running).await;
    }
    let unknown = ComponentLook::unknown("the function that looked at it ended without an answer");
    running.keys().map(|name| (name.clone(), unknown.clone())).collect()
}

/// Starts the execution that restores, where something is to be restored and nothing that is known here stands in the
/// way. Its name is made of the look, so that each look starts one at most; one that could not be started, or died
/// before it had recorded anything, is followed by that of the next look.
pub async fn restore(
    ports: &impl Ports,
    seen: &HourlyLook,
    lock: &Lock,
    state: &Stored<EnvironmentState>,
) -> Result<()> {
    let standing = HealFacts { look: Some(seen), lock, state: &state.value, rev: state.rev, other: None };
    let (HealDecision::Restore(_, reason) | HealDecision::Hold(reason)) = turn(&standing, ports.now()) else {
        return Ok(());
    };
    let (of, looked) = (seen.environment_id(), seen.looked.map_or(0, |looked| looked.0));
    let id = Digest::of(format!("{of}/{looked}").as_bytes());
    let called = start::name(&format!("restore-{looked}"), of, id.as_str());
    vouch::start(ports, &called, &by_itself(ActionName::Restore, of, &reason)).await?;
    Ok(())
}

/// The most components that a look asks CloudTrail about: the first ones.
const ASKED_FOR: usize = 4;

/// The most events in an answer (LookupEvents, MaxResults).
const MOST_EVENTS: u32 = 50;

/// Names who made each difference that this look was the first to see.
pub async fn name(ports: &impl Ports, look: &mut HourlyLook, running: &BTreeMap<ComponentName, Running>) {
    let mut asked = 0;
    for (name, difference) in look.new_differences() {
        let Some(running) = running.get(name) else { continue };
        asked += 1;
        difference.who = Some(if asked > ASKED_FOR {
            ChangedBy::Nobody("it was not asked, because more had drifted at once".to_owned())
        } else {
            who(ports, name, running, difference).await.unwrap_or_else(|fault| ChangedBy::Nobody(fault.message))
        });
    }
}

async fn who(
    ports: &impl Ports,
    name: &ComponentName,
    running: &Running,
    difference: &Difference,
) -> Result<ChangedBy> {
    let Some((place, resource)) = trail(ports, name, running).await? else {
        return Ok(ChangedBy::Nobody("it keeps no events of such a target".to_owned()));
    };
    let (after, until) = (difference.not_before, difference.seen_at);
    let there = ports.at(&place);
    let answer = there.json_call(JsonCall {
        service: "cloudtrail",
        target: "CloudTrail_20131101.LookupEvents",
        body: json!({
            "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": resource}],
            "StartTime": after.0 / 1000,
            "EndTime": until.0.div_ceil(1000),
            "MaxResults": MOST_EVENTS,
        }),
    });
    Ok(ChangedBy::of(&answer.await?, after, until))
}
