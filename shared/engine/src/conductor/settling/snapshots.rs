//! Writes what a deployment that has ended well leaves in the environment: what runs, what was found before it, and the
//! snapshots.

use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result, Write};
use std::collections::BTreeSet;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::irreversible::kept;
use windlass_domain::environment::kept::{Irreversible, IrreversibleRun};
use windlass_domain::environment::{
    BEFORE_WINDLASS, Doubts, EnvironmentState, GivenVersion, PartlyBack, Proof, Running, Snapshot,
};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::{Part, parts};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// A deployment that has ended well.
pub struct EndedWell<'a> {
    pub record: Deployment,
    pub plan: &'a Plan,
    /// The snapshot that a rollback went back to, with what was found.
    pub goal: Option<Snapshot>,
    /// The snapshot of what ran; none before the first.
    pub present: Option<Snapshot>,
    /// The components that it changed.
    pub changed: Vec<&'a Step>,
    /// The components of its release that were found in place, although that was not recorded.
    pub in_place: Vec<Step>,
    /// The components of which a gate passed by a measurement, out of those that it brought.
    pub measured: BTreeSet<ComponentName>,
    pub now: Time,
}

impl EndedWell<'_> {
    /// Returns whether one component went back, and all others stayed as they were: then what runs is as no snapshot
    /// before.
    fn is_partly_back(&self) -> bool {
        self.record.action == ActionName::Rollback && self.record.component.is_some()
    }

    /// Returns the name that the deployment gives now.
    fn given(&self, version: &str) -> GivenVersion {
        let git = self.record.release.git.clone();
        GivenVersion { git, ..unreleased(version, &self.record.id, self.now) }
    }

    /// Returns what it has shown of the components that it brought.
    fn proof(&self) -> Proof {
        let idle = self.changed.iter().filter_map(|step| Some((step.component.clone(), step.idle.clone()?)));
        Proof { measured: self.measured.clone(), idle: idle.collect() }
    }

    /// Returns why what it brought, or went back to, is not verified good. A task is measured by its end.
    pub fn doubts(&self) -> Doubts {
        let states = self.changed.iter().filter(|step| step.kind.goes_back());
        let changed: BTreeSet<&ComponentName> = states.map(|step| &step.component).collect();
        match (self.record.action, &self.goal) {
            (ActionName::Rollback, Some(goal)) => goal.doubts().only(|name| changed.contains(name)),
            (ActionName::Deploy, None) => self.proof().doubts(changed.into_iter()),
            _ => Doubts::default(),
        }
    }

    fn has_brought(&self, name: &ComponentName) -> bool {
        let in_place = self.in_place.iter();
        self.changed.iter().copied().chain(in_place).any(|step| step.component == *name)
    }
}

/// Takes what runs now and what was found into the state, and returns the writes of the snapshots.
pub fn take_in(state: &mut EnvironmentState, scene: &EndedWell<'_>) -> Result<Vec<Write>> {
    mark(state, &scene.record);
    let ran_before = state.running.clone();
    let mut writes = Vec::new();
    if let Some(goal) = &scene.goal {
        // A component that a restore finds as it is recorded stays recorded as it is.
        if scene.record.action != ActionName::Restore {
            found_back(state, goal, scene);
        }
    } else {
        find(state, scene);
        if state.last_snapshot == 0 && !state.found.is_empty() {
            writes.push(before_windlass(&scene.record, state, scene.now)?);
        }
    }
    for step in &scene.changed {
        let running = changed(scene, state, step);
        state.running.extend(running);
    }
    for step in &scene.changed {
        ran(state, &scene.record, step, scene.now);
    }
    let is_renamed = rename(state, scene);
    let is_new = in_place(state, scene) || !scene.changed.is_empty();
    let is_elsewhere = if scene.is_partly_back() {
        state.running != ran_before
    } else {
        scene.goal.as_ref().is_some_and(|goal| goal.number != state.snapshot)
    };
    if is_new || is_elsewhere {
        writes.push(next_snapshot(state, scene)?);
    } else if is_renamed {
        writes.push(renamed_snapshot(state, scene)?);
    }
    Ok(writes)
}

/// Marks the parts of the release: nothing older goes there any more (rule 6). A rollback leaves the marks, so that
/// what it went back from is not replaced by something older still.
fn mark(state: &mut EnvironmentState, record: &Deployment) {
    if record.action == ActionName::Deploy {
        for part in record.release.parts() {
            state.mark(&part, &record.order, record.allow_older);
        }
    }
}

/// Takes in the components that a rollback found in place, for example because somebody had moved an alias by hand.
/// They run what the goal says.
fn found_back(state: &mut EnvironmentState, goal: &Snapshot, scene: &EndedWell<'_>) {
    let unchanged = scene.plan.unchanged.iter().filter(|one| !one.stays);
    for name in unchanged.map(|one| &one.component) {
        let Some(back) = goal.components.get(name) else { continue };
        let given = scene.given(back.version()).called(&back.names.now);
        match state.running.get_mut(name) {
            // What was found exists only once, whatever lies beside it by now.
            Some(known) if known.is_as_found() && back.is_as_found() => {}
            Some(known) if known.is_there(back) => known.rename_as(back, &given),
            _ => {
                let mut back = back.clone();
                back.rename_as(&back.clone(), &given);
                back.names.now = given;
                back.names.brought.since = scene.now;
                state.running.insert(name.clone(), back);
            }
        }
    }
}

/// Notes what was there of each component that Windlass has changed now for the first time.
fn find(state: &mut EnvironmentState, scene: &EndedWell<'_>) {
    for step in &scene.changed {
        state.find(&step.component, found(step, None, scene.now));
    }
    for step in &scene.in_place {
        let named = scene.record.release.components.get(&step.component);
        let artifact = step.artifact.as_ref().or(named);
        state.find(&step.component, found(step, artifact, scene.now));
    }
}

/// Makes the version that a deployment gives by itself, without a release that has it.
pub fn unreleased(version: &str, deployment: &DeploymentId, since: Time) -> GivenVersion {
    let (version, deployment) = (version.to_owned(), deployment.clone());
    GivenVersion { version, deployment, since, git: None, released_by: None }
}

/// Returns what was found of a component, with its bytes if they are known.
pub fn found(step: &Step, artifact: Option<&Artifact>, now: Time) -> Running {
    let given = unreleased(BEFORE_WINDLASS, &step.deployment, now);
    Running::new(artifact.cloned(), given, step.before.clone()).of_kind(step.kind)
}

/// Notes the run of an irreversible step.
pub fn ran(state: &mut EnvironmentState, record: &Deployment, step: &Step, now: Time) {
    if !step.irreversible {
        return;
    }
    let ran = IrreversibleRun { deployment: record.id.clone(), version: record.release.version.clone(), at: now };
    state.irreversible.insert(step.component.clone(), ran);
}

/// Returns what a changed component runs now, as it was seen.
fn changed(scene: &EndedWell<'_>, state: &EnvironmentState, step: &Step) -> Option<(ComponentName, Running)> {
    let seen = step.seen.as_ref()?;
    if !step.touched_by.is_empty() && !scene.record.components().any(|name| *name == step.component) {
        // It was only brought back to what is recorded, behind what had touched its target.
        return None;
    }
    let former = state.running.get(&step.component);
    let goal = scene.goal.as_ref();
    let back = goal.and_then(|goal| goal.components.get(&step.component));
    let release = &scene.record.release;
    let given = scene.given(&release.version);
    let running = match (back, release.components.get(&step.component)) {
        (Some(back), _) => back.again(&given, former, seen.clone()),
        (None, Some(named)) => Running::left(whole(step, named), named, &given, former, seen.clone()),
        (None, None) => {
            let artifact = former.and_then(|former| former.artifact.clone());
            Running::new(artifact, given, seen.clone())
        }
    };
    Some((step.component.clone(), running.of_kind(step.kind)))
}

/// Returns all bytes of a component of which the release names all or some.
fn whole(step: &Step, named: &Artifact) -> Artifact {
    step.artifact.as_ref().unwrap_or(named).clone()
}

/// Gives the release's version to everything that the release names and that ran already; who brought the bytes stays.
/// An older release that arrives once more renames nothing that a newer one has named since (rule 6).
fn rename(state: &mut EnvironmentState, scene: &EndedWell<'_>) -> bool {
    if scene.goal.is_some() {
        return false;
    }
    let release = &scene.record.release;
    let mut is_renamed = false;
    for (name, artifact) in &release.components {
        let is_newest = |part: &Part| {
            let mark = state.mark_of(part);
            mark.is_none_or(|mark| !mark.is_newer_than(&scene.record.order))
        };
        let newest: Vec<Part> = parts(name, artifact).into_iter().filter(is_newest).collect();
        let known = state.running.get_mut(name).filter(|it| it.has(artifact));
        let Some(known) = known.filter(|_| !newest.is_empty()) else { continue };
        if let Some(known) = &mut known.artifact {
            known.take(artifact);
        }
        for part in newest {
            let given = scene.given(&release.version);
            is_renamed |= known.rename(part.container.as_deref(), given);
        }
    }
    is_renamed
}

/// Takes in the components of the release that were found in place and are not recorded so, for example because
/// somebody had brought them by hand. They are recorded as they were seen, and count as something new.
fn in_place(state: &mut EnvironmentState, scene: &EndedWell<'_>) -> bool {
    if scene.goal.is_some() {
        return false;
    }
    let release = &scene.record.release;
    for step in &scene.in_place {
        let (given, before) = (scene.given(&release.version), step.before.clone());
        let former = state.running.get(&step.component);
        let running = match release.components.get(&step.component) {
            Some(named) => Running::left(whole(step, named), named, &given, former, before),
            None => Running::new(None, given, before),
        };
        let running = running.of_kind(step.kind);
        state.running.insert(step.component.clone(), running);
    }
    !scene.in_place.is_empty()
}

/// Makes the next snapshot, which replaces the one that ran. A rollback's snapshot replaces what its goal had replaced,
/// so that the next rollback walks further back and never forward (rule 8); it is as good as its goal. Where one
/// component went back alone, the next rollback of all brings the others there as well, and the next of another one
/// goes on from the snapshot that this one was made over ([`PartlyBack`]). Nobody judged what then runs together, nor
/// components that were only found in place.
fn next_snapshot(state: &mut EnvironmentState, scene: &EndedWell<'_>) -> Result<Write> {
    let goal = scene.goal.as_ref();
    let replaced = match goal {
        Some(goal) if scene.is_partly_back() => goal.number.min(state.snapshot),
        Some(goal) => goal.replaced,
        None => state.snapshot,
    };
    let over = state.snapshot;
    let mut snapshot = snapshot_of(scene, state, replaced);
    match goal {
        Some(goal) if scene.is_partly_back() => {
            snapshot.release = None;
            snapshot.partly = scene.record.component.clone().map(|component| PartlyBack { component, over });
            // What went back is as good as it was there.
            let is_back = |name: &ComponentName| scene.record.component.as_ref() == Some(name);
            snapshot.proof = snapshot.proof.only(|name| !is_back(name)).with(goal.proof.clone().only(is_back));
        }
        Some(goal) => {
            snapshot.release.clone_from(&goal.release);
            snapshot.proof.clone_from(&goal.proof);
            // The runs that the rollback went across do not count as runs before this snapshot, although what it has
            // runs again. Its own ones do.
            snapshot.irreversible = kept(Some(goal), state, |_, ran| ran.deployment == scene.record.id);
        }
        None if scene.plan.outcome == PlanOutcome::NothingToDo => snapshot.release = None,
        None => {}
    }
    put_snapshot(&scene.record, snapshot)
}

/// Makes the present snapshot again with the names that a release has given. It takes the place of the present one and
/// is as good, so that a rollback goes to what ran before both.
fn renamed_snapshot(state: &mut EnvironmentState, scene: &EndedWell<'_>) -> Result<Write> {
    let present = scene.present.as_ref();
    let replaced = present.map_or(state.snapshot, |present| present.replaced);
    let mut snapshot = snapshot_of(scene, state, replaced);
    snapshot.release = present.and_then(|present| present.release.clone());
    snapshot.proof = present.map(|present| present.proof.clone()).unwrap_or_default();
    snapshot.partly = present.and_then(|present| present.partly.clone());
    put_snapshot(&scene.record, snapshot)
}

fn snapshot_of(scene: &EndedWell<'_>, state: &mut EnvironmentState, replaced: u64) -> Snapshot {
    let record = &scene.record;
    let next = numbered(state, record, replaced, scene.now);
    let known = scene.present.as_ref().map(|present| present.proof_of_what_runs(state)).unwrap_or_default();
    Snapshot {
        release: Some(record.release_digest.clone()),
        irreversible: kept(scene.present.as_ref(), state, |name, ran| {
            ran.deployment == record.id || is_passed_over(scene, name)
        }),
        proof: known.only(|name| !scene.has_brought(name)).with(scene.proof()),
        ..next
    }
}

/// Makes the next snapshot of what runs, which is the present one from then on. It has no release and no proof: whoever
/// has judged it adds them.
pub fn numbered(state: &mut EnvironmentState, record: &Deployment, replaced: u64, now: Time) -> Snapshot {
    state.last_snapshot += 1;
    state.snapshot = state.last_snapshot;
    Snapshot {
        number: state.last_snapshot,
        version: record.release.version.clone(),
        release: None,
        deployment: record.id.clone(),
        made: now,
        replaced,
        components: state.running.clone(),
        irreversible: Irreversible::new(),
        proof: Proof::default(),
        partly: None,
    }
}

/// Returns whether the release brings what a task has been run with already. Then the release comes after that run.
fn is_passed_over(scene: &EndedWell<'_>, name: &ComponentName) -> bool {
    let mut unchanged = scene.plan.unchanged.iter();
    unchanged.any(|one| one.irreversible && one.component == *name)
}

/// The snapshot of what runs, as it is to be read now; none before the first.
pub async fn present(
    ports: &impl DynamoDbApi,
    record: &Deployment,
    state: &EnvironmentState,
) -> Result<Option<Snapshot>> {
    let present = ledger::load(ports, &ledger::snapshot(record.environment_id(), state.snapshot)).await?;
    Ok(present.map(|present| present.value.with_found(state)))
}

/// Makes the snapshot of what a first deployment found, so that a person can go back to it by its number. It is the
/// first one of the environment.
pub fn before_windlass(record: &Deployment, state: &mut EnvironmentState, now: Time) -> Result<Write> {
    let first = numbered(state, record, 0, now);
    put_snapshot(record, Snapshot { version: BEFORE_WINDLASS.into(), components: state.found.clone(), ..first })
}

/// Returns the write of a snapshot.
pub fn put_snapshot(record: &Deployment, snapshot: Snapshot) -> Result<Write> {
    let key = ledger::snapshot(record.environment_id(), snapshot.number);
    Stored::new(key, snapshot).put()
}
