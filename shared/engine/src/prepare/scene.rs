//! Finds what is wanted of each component: what the release or the snapshot says, beside the declaration.

use crate::access;
use crate::conductor::{Sought, newest_of};
use crate::deployment_context::DeploymentContext;
use crate::kinds::KindPorts;
use crate::ledger;
use crate::measurements;
use crate::ports::{DynamoDbApi, IamApi, Result};
use serde_json::Value;
use std::sync::Arc;
use windlass_domain::access::declares;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::kinds::Spec;
use windlass_domain::declaration::plan::Unchanged;
use windlass_domain::declaration::resolved::ResolvedComponent;
use windlass_domain::document::shape::unknown_name;
use windlass_domain::environment::rollback::{ComponentRollback, ways};
use windlass_domain::environment::{EnvironmentState, Running, Snapshot};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::{NextStep, Wish};
use windlass_domain::text::prose::Prose;

/// The ports that planning needs.
pub trait Ports: KindPorts + DynamoDbApi + measurements::Ports + IamApi {}
impl<P: KindPorts + DynamoDbApi + measurements::Ports + IamApi> Ports for P {}

/// The ledger's state before anything is observed.
#[derive(Clone)]
pub struct Scene {
    pub loaded: DeploymentContext,
    pub state: EnvironmentState,
    /// The snapshot that a rollback goes to.
    pub goal: Option<Snapshot>,
    /// The snapshot that a rollback from this release will go to; it is read where something irreversible was run.
    pub way_back: Option<Snapshot>,
    /// The components that run and leave the declaration with this deployment, each with the new one that has its
    /// target.
    pub leaving: Vec<(ComponentName, Option<ComponentName>)>,
    /// The warning that an access file decides in the place of the declaration.
    pub overruled: Option<Finding>,
    /// True if only a plan is drawn, which holds no lock, and it is not known that whoever sees it may release. That of a
    /// release that waits for approval was asked for by who may, and without an access file IAM alone knows.
    pub is_plan: bool,
    /// True if it is only tried whether it could go there ([`crate::kinds::PrepareInput::is_trial`]).
    pub is_trial: bool,
}

/// One component, and what is wanted of it.
pub struct WantedComponent<'a> {
    pub name: &'a ComponentName,
    pub component: &'a ResolvedComponent,
    pub artifact: Option<&'a Artifact>,
    /// The recorded state that a rollback returns to.
    pub goal_state: Option<&'a Value>,
}

/// All components, and what is wanted of them.
#[derive(Default)]
pub struct AllWanted<'a> {
    pub wanted: Vec<WantedComponent<'a>>,
    pub unchanged: Vec<Unchanged>,
    pub findings: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl Scene {
    /// Returns whether a declared component makes resources that others may have for their targets.
    pub fn makes_resources(&self, name: &ComponentName) -> bool {
        let declared = self.loaded.resolved.components.get(name);
        declared.is_some_and(|component| component.spec.as_kind().holds_data())
    }

    /// Reads it.
    pub async fn read(ports: &impl DynamoDbApi, loaded: DeploymentContext) -> Result<Self> {
        let record = &loaded.record;
        let key = ledger::state(record.environment_id());
        let state = ledger::load_or_default(ports, &key).await?;
        let is_to_a_snapshot = record.action.is_to_a_snapshot();
        let goal = match record.snapshot.filter(|_| is_to_a_snapshot) {
            Some(number) => {
                let key = ledger::snapshot(record.environment_id(), number);
                Some(ledger::require(ports, &key).await?.value.with_found(&state.value))
            }
            None if is_to_a_snapshot => {
                let message = format!("the {} {} names no snapshot", record.action, record.id);
                return Err(Fault::internal(message));
            }
            None => None,
        };
        let state = state.value;
        let leaving = leaving(ports, &loaded, &state).await?;
        let way_back = way_back(ports, &loaded, &state).await?;
        let record = &loaded.record;
        let is_drawn = loaded.fence.token == 0 && record.approval.is_none();
        let is_ruled = is_drawn || declares(&loaded.resolved);
        let rules = if is_ruled { Some(access::rules(ports, &record.app).await?) } else { None };
        let is_plan = is_drawn && !rules.as_ref().is_some_and(|rules| access::may_start(rules, record));
        let overruled = rules.filter(|_| declares(&loaded.resolved)).and_then(|it| it.overrules(&loaded.resolved));
        Ok(Self { loaded, state, goal, way_back, leaving, overruled, is_plan, is_trial: false })
    }

    /// Returns whether it goes back to a snapshot.
    pub fn is_rollback(&self) -> bool {
        self.goal.is_some()
    }

    /// Returns whether it brings what has drifted back to what is recorded.
    pub fn is_restoring(&self) -> bool {
        self.loaded.record.action == ActionName::Restore
    }

    /// Returns whether its gates decide. Those of a rollback do not, and neither do those of the way back of a drill.
    pub fn gates_decide(&self) -> bool {
        self.loaded.record.gates_decide()
    }

    /// Returns whether its release is watched for as long as is declared. What a person waits for is not. A drill is
    /// watched both ways, because its purpose is to see.
    pub fn is_watched(&self) -> bool {
        !self.loaded.record.is_awaited()
    }

    /// Returns whether it is for other components than this one.
    pub fn is_passed_over(&self, name: &ComponentName) -> bool {
        let record = &self.loaded.record;
        record.is_narrow() && !record.components().any(|one| one == name)
    }

    /// Returns whether it is a check: it finds out what a release of every component would need, and there is no
    /// release.
    pub fn is_check(&self) -> bool {
        self.loaded.record.action == ActionName::Check
    }

    /// Returns why gates that are red before anything has changed do not stop it; `None` if they do. If nothing runs
    /// that Windlass brought, before the first release or once that was taken back, a gate may measure what this
    /// release is to bring.
    pub fn accepts_red(&self) -> Option<Prose> {
        let state = &self.state;
        let mut running = state.running.values();
        let is_taken_back = !state.running.is_empty() && running.all(Running::is_as_found);
        if !self.loaded.record.gates_decide() {
            Some("a way back waits for no gate".into())
        } else if state.snapshot == 0 || is_taken_back {
            Some("nothing runs here yet that Windlass brought".into())
        } else {
            self.loaded.record.accept_red.then(|| prose!("{} was asked for", NextStep::With(Wish::AcceptRed)))
        }
    }

    /// Returns the declared component whose image another one runs.
    pub fn image_of(&self, component: &ResolvedComponent) -> Option<(&ComponentName, &Spec)> {
        let taken = component.spec.as_kind().image_of()?;
        let (name, owner) = self.loaded.resolved.components.get_key_value(taken.component)?;
        Some((name, &owner.spec))
    }

    /// Returns what is wanted of each declared component.
    pub fn wanted(&self) -> AllWanted<'_> {
        match &self.goal {
            Some(goal) => self.wanted_back(goal),
            None => self.wanted_forward(),
        }
    }

    fn wanted_forward(&self) -> AllWanted<'_> {
        let mut all = AllWanted::default();
        all.warnings.extend(self.loaded.resolved.warnings());
        all.warnings.extend(self.overruled.clone());
        all.warnings.extend(self.leaving.iter().filter_map(|(name, called)| self.left(name, called.as_ref())));
        let release = &self.loaded.record.release.components;
        for (name, component) in &self.loaded.resolved.components {
            match release.get(name) {
                Some(artifact) => {
                    all.wanted.push(WantedComponent { name, component, artifact: Some(artifact), goal_state: None });
                }
                None if self.is_check() => {
                    all.wanted.push(WantedComponent { name, component, artifact: None, goal_state: None });
                }
                None => all.keep(name, "keeps what runs, the release does not name it"),
            }
        }
        for name in release.keys() {
            if !self.loaded.resolved.components.contains_key(name) {
                all.findings.push(self.undeclared(name));
            }
        }
        all
    }

    fn wanted_back<'a>(&'a self, goal: &'a Snapshot) -> AllWanted<'a> {
        let mut all = AllWanted::default();
        all.warnings.extend(self.in_doubt(goal));
        let declared = &self.loaded.resolved.components;
        for (name, way) in ways(goal, &self.state, &declared.keys().collect()) {
            if self.is_passed_over(&name) {
                all.stay(&name, "stays as it is: only another component is asked for");
                continue;
            }
            if declared.get(&name).is_some_and(|it| !it.spec.kind().goes_back()) {
                all.stay(&name, "stays as it is, nothing is run on the way back");
                continue;
            }
            match (way, declared.get_key_value(&name)) {
                (ComponentRollback::Back(running), Some((name, component))) => {
                    all.wanted.push(WantedComponent {
                        name,
                        component,
                        artifact: running.artifact.as_ref(),
                        // If the state is not known, the bytes are wanted.
                        goal_state: running.state.get("goal"),
                    });
                }
                (ComponentRollback::NothingRecorded | ComponentRollback::Back(_), _) => {
                    all.keep(&name, "keeps what runs, nothing that Windlass brought is recorded there");
                }
                (ComponentRollback::LeftAlone(why), _) => {
                    all.warnings.push(self.left_alone(&name, why));
                }
                (ComponentRollback::None(finding), _) => all.findings.push(finding),
            }
        }
        // Those of a release are checked where it is pinned.
        let goes_back = |name: &ComponentName| all.wanted.iter().any(|wanted| wanted.name == name);
        let misplaced = self.loaded.resolved.misplaced_losses(&self.loaded.record.may_lose, goes_back);
        all.findings.extend(misplaced);
        all
    }

    /// Returns the warning that what a rollback brings back is not verified good.
    fn in_doubt(&self, goal: &Snapshot) -> Option<Finding> {
        let brings = |name: &ComponentName| {
            let ran = goal.components.get(name).filter(|_| !self.is_passed_over(name));
            ran.is_some_and(|ran| self.state.running.contains_key(name) && !self.state.runs_as(name, ran))
        };
        let doubts = goal.doubts().only(brings);
        let is_rollback = self.loaded.record.action == ActionName::Rollback;
        (is_rollback && !doubts.is_empty()).then(|| {
            Finding::new(
                FindingName::NothingMeasured,
                format!("environments.{}", self.loaded.record.environment),
                format!("Snapshot {} ({}) {doubts}, so that it is not verified good.", goal.number, goal.version),
                "Look yourself at what it brings back; or name a snapshot that is verified good.",
            )
        })
    }

    /// Returns the finding that a component runs and is not deployed any more.
    fn left(&self, name: &ComponentName, called: Option<&ComponentName>) -> Option<Finding> {
        let record = &self.loaded.record;
        let running = self.state.running.get(name)?;
        Some(running.no_longer_declared(name, record.environment_id(), &record.declaration, called))
    }

    fn left_alone(&self, name: &ComponentName, why: &str) -> Finding {
        Finding::new(
            FindingName::LeftAlone,
            format!("components.{name}"),
            format!(
                "version {} of the declaration of {} has no component `{name}`, so it is left alone; {why}.",
                self.loaded.record.declaration, self.loaded.record.app
            ),
            "Nothing has to be done; see yourself that its target is what you want.",
        )
    }

    fn undeclared(&self, name: &ComponentName) -> Finding {
        let record = &self.loaded.record;
        let reason =
            format!("version {} of the declaration of {} has no component `{name}`.", record.declaration, record.app);
        let known = self.loaded.resolved.components.keys();
        let otherwise = "Declare the component, or leave it out of the release.";
        unknown_name(format!("components.{name}"), reason, name.as_str(), known, otherwise)
    }
}

impl AllWanted<'_> {
    fn keep(&mut self, name: &ComponentName, reason: &str) {
        self.unchanged.push(Unchanged::new(name, reason));
    }

    /// Leaves a component as it is, and the record of it as well.
    fn stay(&mut self, name: &ComponentName, reason: &str) {
        self.unchanged.push(Unchanged { stays: true, ..Unchanged::new(name, reason) });
    }
}

/// Returns the snapshot that a rollback from what a release leaves goes to: the one that it replaces, or one before
/// that.
async fn way_back(
    ports: &impl DynamoDbApi,
    loaded: &DeploymentContext,
    state: &EnvironmentState,
) -> Result<Option<Snapshot>> {
    let record = &loaded.record;
    if record.action != ActionName::Deploy || state.irreversible.is_empty() {
        return Ok(None);
    }
    let at = record.environment_id();
    let brought = &record.release.components;
    let changes = |name: &ComponentName, ran: &Running| {
        brought.contains_key(name) || state.running.contains_key(name) && !state.runs_as(name, ran)
    };
    let weigh = |goal: &Snapshot| Some(goal.is_proven(changes));
    let goal = newest_of(ports, state.snapshot, at, &Sought { state, component: None }, weigh).await?;
    Ok(goal.map(|goal| goal.with_found(state)))
}

/// Returns the components that run and are not declared, but were declared when the present snapshot was made, each
/// with the new one that has its target. Later deployments do not name them any more.
async fn leaving(
    ports: &impl DynamoDbApi,
    loaded: &DeploymentContext,
    state: &EnvironmentState,
) -> Result<Vec<(ComponentName, Option<ComponentName>)>> {
    let declared = &loaded.resolved.components;
    let gone: Vec<&ComponentName> = state.running.keys().filter(|name| !declared.contains_key(name)).collect();
    if gone.is_empty() {
        return Ok(vec![]);
    }
    let before = declared_before(ports, loaded, state).await?;
    let was_declared = |name: &&ComponentName| {
        let known = before.as_ref();
        known.is_none_or(|before| before.components().any(|known| known == *name))
    };
    let former = before.as_ref().and_then(|before| before.resolve(&loaded.record.environment).ok());
    let called = |name: &ComponentName| loaded.resolved.called_since(former.as_ref()?, name).cloned();
    Ok(gone.into_iter().filter(was_declared).map(|name| (name.clone(), called(name))).collect())
}

/// The declaration under which the present snapshot was made, where that is still known.
async fn declared_before(
    ports: &impl DynamoDbApi,
    loaded: &DeploymentContext,
    state: &EnvironmentState,
) -> Result<Option<Arc<Declaration>>> {
    let record = &loaded.record;
    let key = ledger::snapshot(record.environment_id(), state.snapshot);
    let Some(snapshot) = ledger::load(ports, &key).await? else {
        return Ok(None);
    };
    let made_by = ledger::load(ports, &ledger::deployment(&snapshot.value.deployment)).await?;
    // What was handed over came by another application's deployment.
    let Some(made_by) = made_by.filter(|made_by| made_by.value.app == record.app) else {
        return Ok(None);
    };
    let declared = ledger::load(ports, &ledger::declaration(&record.app, &made_by.value.declaration)).await?;
    Ok(declared.and_then(|declared| ledger::read_declaration(&declared.value).ok()))
}
