// A record lies in the partition `arriving` until its first turn, so that the schedule finds one whose execution
// died before it had a lock or a place in the queue. An item in the queue would supersede others before it is
// admitted.

use super::items::{
    AskedExecution, ExecutionDeployment, ExecutionRecord, LastFault, LetGoProgress, RepositoryOwner, SearchProgress,
    ServedArrival,
};
use super::key::{Index, ItemKey, Range};
use crate::ledger::items::{APPLICATIONS, ARRIVING, CLAIMS, DRILLS, ENVIRONMENTS, HELD, REPOSITORIES, WAITING};
use crate::ports;
use serde_json::Value;
use windlass_domain::access::AccessItem;
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::declaration::tenancy::ResourceClaims;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::deployment::drill::{Drill, Drills};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::environment::{EnvironmentState, Lock, PastRelease, Snapshot, Veto, Waiting};
use windlass_domain::release::arrival_sweep::IgnoredArrival;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::planned::Planned;
use windlass_domain::shown::summary::Day;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// Returns a place in a partition of the index.
pub(super) fn in_index<T>(index: &Index<T>, place: impl Into<String>) -> ports::Key {
    let pk = index.pk.to_owned();
    ports::Key { pk, sk: place.into() }
}

/// The declaration in force.
pub fn declaration_in_force(app: &AppName) -> ItemKey<Declared> {
    ItemKey::new(format!("app#{app}"), "declaration")
}

/// One version of the declaration, kept for deployments that pin it.
pub fn declaration(app: &AppName, version: &semver::Version) -> ItemKey<Declared> {
    ItemKey::new(format!("app#{app}"), format!("declaration#{version}"))
}

/// Every version of the declaration that is kept.
pub fn declarations(app: &AppName) -> Range<Declared> {
    Range::new(format!("app#{app}"), "declaration#")
}

/// The access file of an application that is in force.
pub fn access(app: &AppName) -> ItemKey<AccessItem> {
    ItemKey::new(format!("access#{app}"), "file")
}

/// The access file of all applications that is in force. No application has an empty name.
pub fn access_for_all() -> ItemKey<AccessItem> {
    ItemKey::new("access#".into(), "file")
}

/// Returns the key of the release that is recorded under a version text.
pub fn release(app: &AppName, version: &str) -> ItemKey<RecordedRelease> {
    ItemKey::new(format!("app#{app}"), format!("release#{version}"))
}

/// Returns the key of the application that an image repository belongs to.
pub fn repository(repository: &str) -> ItemKey<RepositoryOwner> {
    ItemKey::new(format!("repository#{repository}"), "owner")
}

/// Returns the place of an image repository in the index, for looking for pushes that no event announced.
pub fn repository_index(repository: &str) -> ports::Key {
    in_index(&REPOSITORIES, repository)
}

/// Returns the key of the note that an arrival was served: an upload by its key and version, an image by repository,
/// digest and tag.
pub fn arrival(what: &str) -> ItemKey<ServedArrival> {
    ItemKey::new(format!("arrival#{what}"), "served")
}

/// Returns the key of the record of an arrival that was not taken.
pub fn not_taken(what: &str) -> ItemKey<IgnoredArrival> {
    ItemKey::new(format!("arrival#{what}"), "not_taken")
}

/// Returns the index partition of what was refused or not taken, of an application or of none.
pub fn refused(app: Option<&AppName>) -> String {
    format!("refused#{}", app.map_or("", AppName::as_str))
}

/// Returns the place in the index of something that was refused or not taken: newest last.
pub fn refused_index(app: Option<&AppName>, at: Time, what: &str) -> ports::Key {
    let digits = Digest::of(what.as_bytes());
    ports::Key { pk: refused(app), sk: format!("{:015}#{}", at.0, digits.short()) }
}

/// Returns the key of the progress of the search for arrivals that no event announced.
pub fn rounds() -> ItemKey<SearchProgress> {
    ItemKey::new("arrivals".into(), "rounds")
}

/// Returns the key of the day whose summaries are sent, with the progress.
pub fn summaries() -> ItemKey<Day> {
    ItemKey::new("summaries".into(), "day")
}

/// Returns the key of the owners of the parts of a resource.
pub fn target(resource: &str) -> ItemKey<ResourceClaims> {
    ItemKey::new(format!("target#{resource}"), "claims")
}

/// The place of claims in the index, by their resources, for finding those of an owner.
pub fn claims_index(target: &ItemKey<ResourceClaims>) -> ports::Key {
    in_index(&CLAIMS, target.pk.trim_start_matches("target#"))
}

/// Returns the partition of an environment.
pub fn environment(of: EnvironmentId<'_>) -> String {
    format!("env#{of}")
}

/// Returns the application and environment of an environment's partition.
pub fn environment_of(pk: &str) -> Option<(AppName, EnvironmentName)> {
    let (app, environment) = pk.strip_prefix("env#")?.split_once('/')?;
    Some((AppName::new(app).ok()?, EnvironmentName::new(environment).ok()?))
}

/// The lock.
pub fn lock(of: EnvironmentId<'_>) -> ItemKey<Lock> {
    ItemKey::new(environment(of), "lock")
}

/// Everything else of an environment.
pub fn state(of: EnvironmentId<'_>) -> ItemKey<EnvironmentState> {
    ItemKey::new(environment(of), "state")
}

/// A snapshot.
pub fn snapshot(of: EnvironmentId<'_>, number: u64) -> ItemKey<Snapshot> {
    ItemKey::new(environment(of), format!("snapshot#{number:010}"))
}

/// Returns the key of the drills of an environment.
pub fn drills(of: EnvironmentId<'_>) -> ItemKey<Drills> {
    ItemKey::new(environment(of), "drills")
}

/// A drill that has ended, by the time at which it was asked for.
pub fn drill(of: EnvironmentId<'_>, asked: Time, id: &DeploymentId) -> ItemKey<Drill> {
    ItemKey::new(environment(of), format!("{DRILL}{:015}#{id}", asked.0))
}

/// The drills of an environment that have ended, the one that was asked for first in front.
pub fn ended_drills(of: EnvironmentId<'_>) -> Range<Drill> {
    Range::new(environment(of), DRILL)
}

/// The prefix of the sort keys of an environment's drills that have ended.
pub const DRILL: &str = "drill#";

/// Returns the place of an environment's drills in the index while something is to be done about them. The drill that
/// is due first comes first.
pub fn drills_index(due: Time, of: EnvironmentId<'_>) -> ports::Key {
    in_index(&DRILLS, format!("{:015}#{of}", due.0))
}

/// A waiting deployment.
pub fn waiting(of: EnvironmentId<'_>, id: &DeploymentId) -> ItemKey<Waiting> {
    ItemKey::new(environment(of), format!("waiting#{id}"))
}

/// The waiting deployments of an environment.
pub fn all_waiting(of: EnvironmentId<'_>) -> Range<Waiting> {
    Range::new(environment(of), "waiting#")
}

/// A veto.
pub fn veto(of: EnvironmentId<'_>, release: &Digest) -> ItemKey<Veto> {
    ItemKey::new(environment(of), format!("veto#{release}"))
}

/// The vetoes of an environment.
pub fn vetoes(of: EnvironmentId<'_>) -> Range<Veto> {
    Range::new(environment(of), "veto#")
}

/// Returns the key of the record of what became of a release here before.
pub fn past(of: EnvironmentId<'_>, release: &Digest) -> ItemKey<PastRelease> {
    ItemKey::new(environment(of), format!("past#{release}"))
}

/// Returns the partition of a deployment.
pub fn deployment_partition(id: &DeploymentId) -> String {
    format!("deployment#{id}")
}

/// Everything that the ledger has of a deployment, of whatever type.
pub fn all_of_deployment(id: &DeploymentId) -> Range<Value> {
    Range::new(deployment_partition(id), "")
}

/// A deployment's record.
pub fn deployment(id: &DeploymentId) -> ItemKey<Deployment> {
    ItemKey::new(deployment_partition(id), "record")
}

/// A deployment's plan.
pub fn plan(id: &DeploymentId) -> ItemKey<Plan> {
    ItemKey::new(deployment_partition(id), "plan")
}

/// Returns the key of the plan of a request.
pub fn planned(id: &DeploymentId) -> ItemKey<Planned> {
    ItemKey::new(deployment_partition(id), "planned")
}

/// The last fault of a deployment's state that only looks.
pub fn last_fault(id: &DeploymentId) -> ItemKey<LastFault> {
    ItemKey::new(deployment_partition(id), "last_fault")
}

/// A component's step.
pub fn step(id: &DeploymentId, component: &ComponentName) -> ItemKey<Step> {
    ItemKey::new(deployment_partition(id), format!("step#{component}"))
}

/// The steps of a deployment.
pub fn steps(id: &DeploymentId) -> Range<Step> {
    Range::new(deployment_partition(id), "step#")
}

/// Returns the key of a call of a function that a component is, in one direction. What lies there is the kind's own,
/// which alone reads it.
pub fn call<T>(id: &DeploymentId, component: &ComponentName, direction: &str) -> ItemKey<T> {
    ItemKey::new(deployment_partition(id), format!("call#{component}#{direction}"))
}

/// A component that a deployment names and found in place: a step of which nothing is done.
pub fn seen(id: &DeploymentId, component: &ComponentName) -> ItemKey<Step> {
    ItemKey::new(deployment_partition(id), format!("seen#{component}"))
}

/// The components that a deployment names and found in place.
pub fn all_seen(id: &DeploymentId) -> Range<Step> {
    Range::new(deployment_partition(id), "seen#")
}

/// The judgement of a wave.
pub fn judgement(id: &DeploymentId, wave: u32) -> ItemKey<Judgement> {
    ItemKey::new(deployment_partition(id), format!("judgement#{wave:04}"))
}

/// The judgements of a deployment, in the order of its waves.
pub fn judgements(id: &DeploymentId) -> Range<Judgement> {
    Range::new(deployment_partition(id), "judgement#")
}

/// Returns the key of the note that one of our functions has asked for an execution of this name with this input.
///
/// Each input has an item of its own, because several may be brought for one name: the cause of a recovery says who
/// found that its owner had died. The digest is that of the value's text. A `Value` keeps its members sorted, so an
/// input has the same digest in whatever order its members come (serde_json without `preserve_order`).
pub fn asked(name: &str, input: &Value) -> ItemKey<AskedExecution> {
    let digest = Digest::of(input.to_string().as_bytes());
    ItemKey::new(format!("asked#{name}"), format!("input#{digest}"))
}

/// Returns the key of the deployment that an execution works for, so that asking twice has one effect.
pub fn execution(arn: &str) -> ItemKey<ExecutionDeployment> {
    ItemKey::new(format!("execution#{arn}"), "deployment")
}

/// Returns the key of the record of what an execution has done that works for no deployment, so that asking twice has
/// one effect: an `accept`, say, or an arrival that is another one's deployment.
pub fn done(arn: &str) -> ItemKey<ExecutionRecord> {
    ItemKey::new(format!("execution#{arn}"), "done")
}

/// The things that an execution has let go of so far.
pub fn removing(arn: &str) -> ItemKey<LetGoProgress> {
    ItemKey::new(format!("execution#{arn}"), "removing")
}

/// Returns the index partition of an environment's history.
pub fn history(of: EnvironmentId<'_>) -> String {
    format!("history#{of}")
}

/// Returns the place of a deployment in the history: newest last.
pub fn history_index(of: EnvironmentId<'_>, at: Time, id: &DeploymentId) -> ports::Key {
    ports::Key { pk: history(of), sk: format!("{:015}#{id}", at.0) }
}

/// Returns the place of a deployment in the index between its arrival and its first turn. A deployment that died there
/// holds no lock and has no place in the queue, and is found by this.
pub fn arriving_index(of: EnvironmentId<'_>, id: &DeploymentId) -> ports::Key {
    in_index(&ARRIVING, format!("{of}#{id}"))
}

/// Returns the place of a held lock in the index, for the schedule that looks for dead owners.
pub fn held_index(of: EnvironmentId<'_>) -> ports::Key {
    in_index(&HELD, of.to_string())
}

/// Returns the place of a declaration in force in the index, by the name of its application.
pub fn application_index(app: &AppName) -> ports::Key {
    in_index(&APPLICATIONS, app.as_str())
}

/// Returns the application of a partition.
pub fn app_of(pk: &str) -> Option<AppName> {
    AppName::new(pk.strip_prefix("app#")?).ok()
}

/// Returns the place of an environment's state in the index. The environments of an application stand together.
pub fn environment_index(of: EnvironmentId<'_>) -> ports::Key {
    let env = of.environment();
    in_index(&ENVIRONMENTS, format!("{}{env}", environments_of(of.app())))
}

/// Returns the prefix of the places of an application's environments; see [`environment_index`].
pub fn environments_of(app: &AppName) -> String {
    format!("{app}/")
}

/// Returns the place of a waiting deployment in the index.
pub fn waiting_index(of: EnvironmentId<'_>, id: &DeploymentId) -> ports::Key {
    in_index(&WAITING, format!("{of}#{id}"))
}

/// A request that was refused before it could become a deployment.
pub fn refusal(app: &AppName, execution: &str) -> ItemKey<Refusal> {
    ItemKey::new(format!("app#{app}"), format!("refusal#{execution}"))
}
