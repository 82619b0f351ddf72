use crate::ports::Key;
use windlass_domain::digest::Digest;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::time::Time;

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// The declaration in force: `declaration::Declared`.
pub fn declaration_in_force(app: &AppName) -> Key {
    key(format!("app#{app}"), "declaration")
}

/// One version of the declaration, kept for deployments that pin it.
pub fn declaration(app: &AppName, version: &semver::Version) -> Key {
    key(format!("app#{app}"), format!("declaration#{version}"))
}

/// What is recorded of a version text: [`windlass_domain::release::RecordedRelease`].
pub fn release(app: &AppName, version: &str) -> Key {
    key(format!("app#{app}"), format!("release#{version}"))
}

/// Which application an image repository belongs to: [`super::RepositoryOwner`].
pub fn repository(repository: &str) -> Key {
    key(format!("repository#{repository}"), "owner")
}

/// Where image repositories are in the index, for looking at those whose pushes no event told.
pub fn repository_index(repository: &str) -> Key {
    key(REPOSITORIES.into(), repository)
}

/// That an arrival was served: an upload by its key and version, an image by repository, digest and
/// tag.
pub fn arrival(what: &str) -> Key {
    key(format!("arrival#{what}"), "served")
}

/// That an arrival was not taken: [`windlass_domain::not_taken::NotTaken`].
pub fn not_taken(what: &str) -> Key {
    key(format!("arrival#{what}"), "not_taken")
}

/// The index partition of what was refused or not taken, of an application or of none.
pub fn refused(app: Option<&AppName>) -> String {
    format!("refused#{}", app.map_or("", AppName::as_str))
}

/// Where something that was refused or not taken is in the index: newest last.
pub fn refused_index(app: Option<&AppName>, at: Time, what: &str) -> Key {
    let digits = Digest::of(what.as_bytes());
    key(refused(app), format!("{:015}#{}", at.0, digits.short()))
}

/// How far the looking for arrivals that no event told has come.
pub fn rounds() -> Key {
    key("arrivals".into(), "rounds")
}

/// How far the telling of a day's summaries has come: [`windlass_domain::summary::Day`].
pub fn summaries() -> Key {
    key("summaries".into(), "day")
}

/// Who has what of a resource: [`windlass_domain::tenancy::Claims`].
pub fn target(resource: &str) -> Key {
    key(format!("target#{resource}"), "claims")
}

/// The place of claims in the index, by their resources, for finding those of an owner.
pub fn claims_index(target: &Key) -> Key {
    key(CLAIMS.into(), target.pk.trim_start_matches("target#"))
}

/// The partition of an environment.
pub fn environment(app: &AppName, environment: &EnvironmentName) -> String {
    format!("env#{app}/{environment}")
}

/// The application and environment of an environment's partition.
pub fn environment_of(pk: &str) -> Option<(AppName, EnvironmentName)> {
    let (app, environment) = pk.strip_prefix("env#")?.split_once('/')?;
    Some((
        AppName::new(app).ok()?,
        EnvironmentName::new(environment).ok()?,
    ))
}

/// The lock: [`windlass_domain::environment::Lock`].
pub fn lock(app: &AppName, env: &EnvironmentName) -> Key {
    key(environment(app, env), "lock")
}

/// Everything else of an environment: [`windlass_domain::environment::EnvironmentState`].
pub fn state(app: &AppName, env: &EnvironmentName) -> Key {
    key(environment(app, env), "state")
}

/// A snapshot: [`windlass_domain::environment::Snapshot`].
pub fn snapshot(app: &AppName, env: &EnvironmentName, number: u64) -> Key {
    key(environment(app, env), format!("snapshot#{number:010}"))
}

/// What is known of an environment's drills: [`windlass_domain::drill::Drills`].
pub fn drills(app: &AppName, env: &EnvironmentName) -> Key {
    key(environment(app, env), "drills")
}

/// A drill that has ended, by the time at which it was asked for: [`windlass_domain::drill::Drill`].
pub fn drill(app: &AppName, env: &EnvironmentName, asked: Time, id: &DeploymentId) -> Key {
    key(
        environment(app, env),
        format!("{DRILL}{:015}#{id}", asked.0),
    )
}

/// How the places of an environment's drills that have ended begin.
pub const DRILL: &str = "drill#";

/// Where an environment's drills are in the index while something is to be done about them, the one that is due first in
/// front.
pub fn drills_index(due: Time, app: &AppName, env: &EnvironmentName) -> Key {
    key(DRILLS.into(), format!("{:015}#{app}/{env}", due.0))
}

/// A waiting deployment: [`windlass_domain::environment::Waiting`].
pub fn waiting(app: &AppName, env: &EnvironmentName, id: &DeploymentId) -> Key {
    key(environment(app, env), format!("waiting#{id}"))
}

/// A veto: [`windlass_domain::environment::Veto`].
pub fn veto(app: &AppName, env: &EnvironmentName, release: &Digest) -> Key {
    key(environment(app, env), format!("veto#{release}"))
}

/// What became of a release here before: [`windlass_domain::environment::Past`].
pub fn past(app: &AppName, env: &EnvironmentName, release: &Digest) -> Key {
    key(environment(app, env), format!("past#{release}"))
}

/// The partition of a deployment.
pub fn deployment_partition(id: &DeploymentId) -> String {
    format!("deployment#{id}")
}

/// A deployment's record: [`windlass_domain::deployment::Deployment`].
pub fn deployment(id: &DeploymentId) -> Key {
    key(deployment_partition(id), "record")
}

/// A deployment's plan: [`windlass_domain::plan::Plan`].
pub fn plan(id: &DeploymentId) -> Key {
    key(deployment_partition(id), "plan")
}

/// What a request would do: [`windlass_domain::planned::Planned`].
pub fn planned(id: &DeploymentId) -> Key {
    key(deployment_partition(id), "planned")
}

/// The last fault of a deployment's state that only looks: [`crate::last_fault::LastFault`].
pub fn last_fault(id: &DeploymentId) -> Key {
    key(deployment_partition(id), "last_fault")
}

/// A component's step: [`windlass_domain::step::Step`].
pub fn step(id: &DeploymentId, component: &ComponentName) -> Key {
    key(deployment_partition(id), format!("step#{component}"))
}

/// A call of a function that a task is: [`windlass_domain::kinds::task::Called`].
pub fn call(id: &DeploymentId, component: &ComponentName, direction: &str) -> Key {
    key(
        deployment_partition(id),
        format!("call#{component}#{direction}"),
    )
}

/// A component that a deployment names and found in place: a step of which nothing is done.
pub fn seen(id: &DeploymentId, component: &ComponentName) -> Key {
    key(deployment_partition(id), format!("seen#{component}"))
}

/// The judgement of a wave.
pub fn judgement(id: &DeploymentId, wave: u32) -> Key {
    key(deployment_partition(id), format!("judgement#{wave:04}"))
}

/// The second look at what a recovery left: [`windlass_domain::second_look::SecondLook`].
pub fn second_look(id: &DeploymentId) -> Key {
    key(deployment_partition(id), "second_look")
}

/// Where second looks are in the index, the one that is due first in front.
pub fn second_look_index(due: Time, id: &DeploymentId) -> Key {
    key(SECOND_LOOKS.into(), format!("{:015}#{id}", due.0))
}

/// What is known of the drift of an environment: [`windlass_domain::hourly_look::HourlyLook`]. In a partition of its own,
/// so that who looks needs no right to write a lock.
pub fn hourly_look(app: &AppName, env: &EnvironmentName) -> Key {
    key(format!("look#{app}/{env}"), "hourly_look")
}

/// Where hourly looks are in the index, the one that is due first in front.
pub fn hourly_look_index(due: Time, app: &AppName, env: &EnvironmentName) -> Key {
    key(HOURLY_LOOKS.into(), format!("{:015}#{app}/{env}", due.0))
}

/// Which deployment an execution works for, so that asking twice is once.
pub fn execution(arn: &str) -> Key {
    key(format!("execution#{arn}"), "deployment")
}

/// What an execution has done that works for no deployment, such as an `accept`, or an arrival that is another one's
/// deployment, so that asking twice is once: `conductor::done::Done`.
pub fn done(arn: &str) -> Key {
    key(format!("execution#{arn}"), "done")
}

/// The things that an execution has let go of so far: `conductor::remove::Progress`.
pub fn removing(arn: &str) -> Key {
    key(format!("execution#{arn}"), "removing")
}

/// The index partition of an environment's history.
pub fn history(app: &AppName, environment: &EnvironmentName) -> String {
    format!("history#{app}/{environment}")
}

/// Where a deployment is in the history: newest last.
pub fn history_index(app: &AppName, env: &EnvironmentName, at: Time, id: &DeploymentId) -> Key {
    key(history(app, env), format!("{:015}#{id}", at.0))
}

/// Where a deployment is in the index between its arrival and its first turn: whoever died there
/// holds no lock and has no place in the queue, and is found by this.
pub fn arriving_index(app: &AppName, env: &EnvironmentName, id: &DeploymentId) -> Key {
    key(ARRIVING.into(), format!("{app}/{env}#{id}"))
}

/// Where held locks are in the index, for the schedule that looks for dead owners.
pub fn held_index(app: &AppName, env: &EnvironmentName) -> Key {
    key(HELD.into(), format!("{app}/{env}"))
}

/// Where the declarations in force are in the index, by the names of their applications.
pub fn application_index(app: &AppName) -> Key {
    key(APPLICATIONS.into(), app.as_str())
}

/// The application of its partition.
pub fn app_of(pk: &str) -> Option<AppName> {
    AppName::new(pk.strip_prefix("app#")?).ok()
}

/// Where the states of environments are in the index, those of an application together.
pub fn environment_index(app: &AppName, env: &EnvironmentName) -> Key {
    key(
        ENVIRONMENTS.into(),
        format!("{}{env}", environments_of(app)),
    )
}

/// How the places of an application's environments begin; see [`environment_index`].
pub fn environments_of(app: &AppName) -> String {
    format!("{app}/")
}

/// Where waiting deployments are in the index.
pub fn waiting_index(app: &AppName, env: &EnvironmentName, id: &DeploymentId) -> Key {
    key(WAITING.into(), format!("{app}/{env}#{id}"))
}

/// A request that was refused before it could become a deployment:
/// [`windlass_domain::deployment::Refusal`].
pub fn refusal(app: &AppName, execution: &str) -> Key {
    key(format!("app#{app}"), format!("refusal#{execution}"))
}

/// The index partition of image repositories; see [`repository_index`].
pub const REPOSITORIES: &str = "repositories";

/// The index partition of declarations in force; see [`application_index`].
pub const APPLICATIONS: &str = "applications";

/// The index partition of environments in which something was deployed, or is held; see [`environment_index`].
pub const ENVIRONMENTS: &str = "environments";

/// The index partition of claims; see [`claims_index`].
pub const CLAIMS: &str = "claims";

/// The index partition of held locks; see [`held_index`].
pub const HELD: &str = "held";

/// The index partition of waiting deployments; see [`waiting_index`].
pub const WAITING: &str = "waiting";

/// The index partition of deployments that have not had a turn; see [`arriving_index`].
pub const ARRIVING: &str = "arriving";

/// The index partition of drills that somebody is to go on with; see [`drills_index`].
pub const DRILLS: &str = "drills";

/// The index partition of second looks that are still to be made; see [`second_look_index`].
pub const SECOND_LOOKS: &str = "second_looks";

/// The index partition of hourly looks; see [`hourly_look_index`].
pub const HOURLY_LOOKS: &str = "hourly_looks";
