//! Compares claims with what the targets show at that moment. Claims are the endings of deployments, and the answers to
//! executions that ask again.

use crate::by_codedeploy::moving_since;
use crate::happening::Event;
use crate::stage::Stage;
use crate::targets::{COMPONENTS, is_shown, shows};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::{ACCEPTED, EnvironmentState, Lock, Snapshot};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::ports::Item;
use windlass_world::dynamodb::Written;

/// A claim of an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The release, or what the deployment went back to, runs.
    Runs,
    /// Everything that it changed is as it was before.
    Restored,
    /// Something else runs in place of the release.
    Replaced,
}

impl Claim {
    fn of(ending: Ending, cause_name: &str, cause: &str) -> Option<Self> {
        match (ending, cause_name) {
            (Ending::Succeeded, _) | (Ending::NothingToDo, "AlreadyThere" | "NothingChanged") => Some(Self::Runs),
            // The deployment that waits to replace it has not done so yet.
            (Ending::NothingToDo, "Superseded") => (!cause.contains("waits for its turn")).then_some(Self::Replaced),
            (Ending::RolledBack, _) => Some(Self::Restored),
            _ => None,
        }
    }
}

impl Stage<'_> {
    /// Checks the ending of a deployment that was just written.
    pub(crate) fn hold_ending(&mut self, change: &Written) {
        let record = |item: &Item| {
            let is_record = item.key.sk == "record";
            is_record.then(|| Deployment::deserialize(&item.body).ok()).flatten()
        };
        let before = change.before.as_deref().and_then(record);
        if before.is_some_and(|before| before.ending.is_some()) {
            return;
        }
        let Some(record) = change.after.as_deref().and_then(record) else {
            return;
        };
        let Some(ended) = &record.ending else { return };
        let claim = Claim::of(ended.ending, &ended.cause_name, &ended.cause.written());
        // A read of the deployment may show what was before a change by somebody else.
        let since = record.started.unwrap_or(record.accepted).0;
        let since = since.saturating_sub(self.schedule.reads_behind_ms());
        self.hold(claim, &record, Time(since));
    }

    /// Checks a snapshot that an operator's `accept` has just made: CodeDeploy must not be moving callers any more.
    pub(crate) fn hold_accepted(&mut self, change: &Written) {
        let item = change.after.as_deref().filter(|_| change.before.is_none());
        let item = item.filter(|item| item.key.sk.starts_with("snapshot#"));
        let accepted = item.and_then(|item| Snapshot::deserialize(&item.body).ok());
        let Some(accepted) = accepted.filter(|made| made.version.as_str() == ACCEPTED) else {
            return;
        };
        for component in COMPONENTS {
            let Ok(name) = ComponentName::new(component) else {
                continue;
            };
            let step: Option<Step> = self.item(&ledger::step(&accepted.deployment, &name));
            let looked = step.and_then(|step| Some(step.looked?.at));
            let moving = looked.and_then(|at| moving_since(&self.world, component, at));
            if let Some(moving) = moving {
                self.log(Event::Untrue(format!(
                    "{component} is accepted while {moving} of CodeDeploy moves its callers"
                )));
            }
        }
    }

    /// Checks the answer of an execution on another execution's deployment. On its own deployment the record has shown
    /// it already.
    pub(crate) fn hold_answer(&mut self, arn: &str, answer: &Value) {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let id = DeploymentId(text("deployment"));
        let Some(record) = self.item::<Deployment>(&ledger::deployment(&id)) else {
            return;
        };
        let executions = self.world.stepfunctions();
        let asked = executions.executions.get(arn);
        let asked = asked.and_then(|asked| asked.input["action"].as_str().map(str::to_owned));
        drop(executions);
        // An operator's `accept` answers what was seen, and not that a release runs.
        let brings = matches!(asked.as_deref(), Some("deploy" | "rollback"));
        if !brings || record.executions.iter().any(|own| own == arn) {
            return;
        }
        let ending = match text("verdict").as_str() {
            "succeeded" => Ending::Succeeded,
            "nothing_to_do" => Ending::NothingToDo,
            _ => return,
        };
        let claim = Claim::of(ending, &text("error"), &text("cause"));
        let now = self.world.true_time();
        self.hold(claim, &record, now);
    }

    fn hold(&mut self, claim: Option<Claim>, record: &Deployment, since: Time) {
        // ECS goes on, even if nobody looks.
        self.world.roll();
        let why = match claim {
            Some(Claim::Runs) => self.does_not_run(record, since),
            Some(Claim::Restored) => self.is_not_restored(record),
            Some(Claim::Replaced) => self.is_not_replaced(record),
            None => None,
        };
        if let Some(why) = why {
            let (id, version) = (&record.id, &record.release.version);
            self.log(Event::Untrue(format!("{version} ({id}): {why}")));
        }
    }

    fn does_not_run(&self, record: &Deployment, since: Time) -> Option<String> {
        let mut named = record.release.components.iter();
        let missing = named.find(|(name, artifact)| {
            let name = name.as_str();
            !shows(&self.world, name, artifact) && !self.is_touched(name, since)
        });
        missing.map(|(name, _)| format!("{name} is said to run it, and does not show it"))
    }

    /// A component that somebody outside has ever changed is left out. Callers cannot distinguish a version with the
    /// same code from another one, so somebody may have changed unseen what was there before.
    fn is_not_restored(&self, record: &Deployment) -> Option<String> {
        COMPONENTS.into_iter().find_map(|component| {
            let name = ComponentName::new(component).ok()?;
            let step: Step = self.item(&ledger::step(&record.id, &name))?;
            let is_back = is_shown(&self.world, component, &step.before).unwrap_or(true);
            let is_said = step.status == StepStatus::Undone;
            (is_said && !is_back && !self.is_touched(component, Time(0)))
                .then(|| format!("{component} is said to be as before, and is not"))
        })
    }

    /// While another deployment is under way its targets are between the two, so nothing is checked.
    fn is_not_replaced(&self, record: &Deployment) -> Option<String> {
        let lock: Option<Lock> = self.item(&ledger::lock(record.environment_id()));
        if lock.is_some_and(|lock| lock.held.is_some()) {
            return None;
        }
        let state: EnvironmentState = self.item(&ledger::state(record.environment_id()))?;
        let mut named = record.release.components.iter();
        // The return from a drill had no turn yet, and so no release.
        if named.len() > 0 && named.all(|(name, artifact)| shows(&self.world, name.as_str(), artifact)) {
            return Some("it is said to be replaced, and all of it runs".to_owned());
        }
        let mut named = record.release.components.keys();
        let wrong = named.find(|name| {
            let running = state.running.get(*name);
            let artifact = running.and_then(|running| running.artifact.as_ref());
            artifact.is_some_and(|artifact| !shows(&self.world, name.as_str(), artifact))
                && !self.is_touched(name.as_str(), Time(0))
        });
        wrong.map(|name| format!("{name} is said to run something that it does not show"))
    }

    /// Returns whether somebody outside has changed the component's target since that time.
    pub(crate) fn is_touched(&self, component: &str, since: Time) -> bool {
        let mut happened = self.happened.iter();
        happened.any(|one| one.at >= since && matches!(one.what, Event::ChangedByOther(of) if of == component))
    }

    pub(crate) fn item<T: DeserializeOwned>(&self, key: &ledger::ItemKey<T>) -> Option<T> {
        let ledger = self.world.dynamodb();
        T::deserialize(&ledger.items.get(key)?.body).ok()
    }
}
