//! Tenants: sites of several environments and applications, each with a role of its own that reaches all of them.

use crate::site::zips::zip;
use crate::stage::{Stage, TOKEN};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::step::Step;
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::environment::{
    EnvironmentState, GivenVersion, HeldState, Lock, LockHolder, Proof, Running, Snapshot,
};
use windlass_domain::release::Release;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{CallingExecution, PlannerInput};
use windlass_engine::prepare::handle;
use windlass_world::run::run;

const ROLE: &str = "arn:aws:iam::111111111111:role/reaches-all";

/// Buckets and distributions that all of them may reach.
pub struct Tenants {
    stage: Stage,
    deployments: u32,
}

/// One deployment before its `Prepare`.
pub struct Tenant {
    pub id: DeploymentId,
    pub input: PlannerInput,
}

impl Tenants {
    pub fn new() -> Self {
        let plain = "{app: shop, version: 1.0.0, environments: {prod: {}}, components: {web: {kind: static_site, bucket: web}}}";
        let stage = Stage::new(plain, BTreeMap::new());
        let mut objects = stage.world.s3();
        objects.bucket("artifacts", true);
        for bucket in ["web", "docs"] {
            objects.bucket(bucket, true);
        }
        drop(objects);
        let mut cdn = stage.world.cloudfront();
        for (id, bucket) in [("E1", "web"), ("E2", "web"), ("E3", "docs")] {
            cdn.distribution(id, bucket);
        }
        drop(cdn);
        Self { stage, deployments: 0 }
    }

    pub fn world(&self) -> &windlass_world::World {
        &self.stage.world
    }

    /// Makes a deployment of the sites of an environment, such as `shop/prod web=web/docs/`. A distribution may follow
    /// in place (`docs=web/docs/@E1`, with its origin `@E1#web`), or one that is switched (`=web/docs/>E1`).
    pub fn tenant(&mut self, text: &str) -> Tenant {
        let (tenant, sites) = text.split_once(' ').unwrap();
        let (app, environment) = tenant.split_once('/').unwrap();
        self.deployments += 1;
        let id = DeploymentId(format!("{:016x}", self.deployments));
        let sites: Vec<&str> = sites.split(' ').collect();
        let components: Vec<String> = sites.iter().map(|site| declared(site)).collect();
        let declaration = format!(
            "{{app: {app}, version: 1.0.{}, environments: {{{environment}: {{role_arn: '{ROLE}'}}}}, components: {{{}}}}}",
            self.deployments,
            components.join(", ")
        );
        let artifacts = sites.iter().map(|site| {
            let (name, _) = site.split_once('=').unwrap();
            (ComponentName::new(name).unwrap(), self.upload(app, name))
        });
        let artifacts = artifacts.collect();
        let app = AppName::new(app).unwrap();
        let environment = EnvironmentName::new(environment).unwrap();
        self.write(&declaration, &id, EnvironmentId::new(&app, &environment), artifacts);
        let by = CallingExecution { deployment: id.clone(), ..self.stage.caller() };
        let input = PlannerInput::Prepare { by, wave: 0 };
        Tenant { id, input }
    }

    fn upload(&self, app: &str, component: &str) -> Artifact {
        let bytes = zip(&[("index.html", &format!("<p>{}</p>", self.deployments))]);
        let (sha256, size) = (Digest::of(&bytes), bytes.len() as u64);
        let key = format!("artifacts/{app}/prod/{component}/site.zip");
        let version = self.world().s3().upload("artifacts", &key, bytes);
        Artifact::Object { key, version_id: version.id.unwrap(), sha256, bytes: size }
    }

    fn write(
        &self,
        declaration: &str,
        id: &DeploymentId,
        of: EnvironmentId<'_>,
        components: BTreeMap<ComponentName, Artifact>,
    ) {
        let app = of.app();
        let declared = Declaration::parse(declaration).unwrap();
        let version = declared.version().clone();
        let declared = Declared::new(&declared, declaration, Time(0), None);
        let stage = &self.stage;
        stage.put(ledger::declaration(app, &version), &declared);
        stage.put(ledger::declaration_in_force(app), &declared);
        let record = Deployment {
            id: id.clone(),
            app: app.clone(),
            environment: of.environment().clone(),
            declaration: version,
            release: Release { app: app.clone(), components, ..stage.record.release.clone() },
            ..stage.record.clone()
        };
        stage.put(ledger::deployment(id), &record);
        let held = LockHolder {
            deployment: id.clone(),
            action: record.action,
            execution: record.executions[0].clone(),
            since: Time(0),
            state: HeldState::Running,
            looked: false,
        };
        let lock = Lock { token: TOKEN, held: Some(held), freed: None, failed: None };
        stage.put(ledger::lock(of), &lock);
    }

    /// Returns why the deployment is refused; nothing if it is planned.
    pub fn refused(&self, tenant: &Tenant) -> Option<String> {
        let plan: Plan = self.stage.get(&ledger::plan(&tenant.id)).unwrap();
        if plan.outcome == PlanOutcome::Change {
            return None;
        }
        let [finding] = plan.findings.as_slice() else {
            panic!("{plan:?}");
        };
        let names = [FindingName::TargetNotOurs, FindingName::NoWayBack];
        assert!(names.contains(&finding.name), "{finding:?}");
        Some(finding.reason.written())
    }

    /// Returns what the newest deployment notes and what stops nothing.
    pub fn warned(&self) -> Vec<(FindingName, String)> {
        let newest = DeploymentId(format!("{:016x}", self.deployments));
        let plan: Plan = self.stage.get(&ledger::plan(&newest)).unwrap();
        let warnings = plan.warnings.into_iter();
        warnings.map(|it| (it.name, it.reason.written())).collect()
    }

    /// Prepares a deployment, and returns why it is refused. A planned one succeeds, unless the text begins with
    /// `undone`, or with `accepted`: then an operator accepts what it left.
    pub fn deploy(&mut self, text: &str) -> Option<String> {
        let words = [("undone ", Ending::RolledBack), ("accepted ", Ending::NeedsOperator)];
        let mut words = words.into_iter();
        let named = words.find_map(|(word, ending)| Some((text.strip_prefix(word)?, ending)));
        let (text, ending) = named.unwrap_or((text, Ending::Succeeded));
        let tenant = self.tenant(text);
        self.prepare(&tenant, ending)
    }

    /// Prepares a rollback, and returns why it is refused. It brings what a deployment of these sites would change back
    /// to what was recorded then. It succeeds, unless it is refused.
    pub fn roll_back(&mut self, text: &str, to: &EnvironmentState) -> Option<String> {
        let tenant = self.tenant(text);
        let mut record: Deployment = self.stage.get(&ledger::deployment(&tenant.id)).unwrap();
        let snapshot = Snapshot {
            number: 1,
            version: "1.0.0".into(),
            release: None,
            deployment: tenant.id.clone(),
            made: Time(0),
            replaced: 0,
            components: to.running.clone(),
            irreversible: [].into(),
            proof: Proof::default(),
            partly: None,
        };
        let key = ledger::snapshot(record.environment_id(), 1);
        self.stage.put(key, &snapshot);
        record.action = ActionName::Rollback;
        record.snapshot = Some(1);
        self.stage.put(ledger::deployment(&tenant.id), &record);
        self.prepare(&tenant, Ending::Succeeded)
    }

    fn prepare(&self, tenant: &Tenant, ending: Ending) -> Option<String> {
        run(handle(self.world(), tenant.input.clone())).unwrap();
        let refused = self.refused(tenant);
        if refused.is_none() {
            let mut record: Deployment = self.stage.get(&ledger::deployment(&tenant.id)).unwrap();
            record.ending = Some(Ended {
                ending,
                cause_name: String::new(),
                cause: "".into(),
                findings: vec![],
                added: vec![],
                stays_reachable: vec![],
                at: Time(0),
                resolved: None,
                cost: None,
            });
            self.stage.put(ledger::deployment(&tenant.id), &record);
        }
        if refused.is_none() && ending != Ending::RolledBack {
            self.is_recorded(tenant);
        }
        refused
    }

    /// Returns what runs in an environment.
    pub fn state(&self, tenant: &str) -> EnvironmentState {
        let (app, environment) = tenant.split_once('/').unwrap();
        let (app, environment) = (AppName::new(app), EnvironmentName::new(environment));
        let key = ledger::state(EnvironmentId::new(&app.unwrap(), &environment.unwrap()));
        self.stage.get(&key).unwrap_or_default()
    }

    /// Makes the state that runs of a component that of a function.
    pub fn was_a_function(&self, tenant: &str, component: &str) {
        let mut state = self.state(tenant);
        let name = ComponentName::new(component).unwrap();
        let running = state.running.get_mut(&name).unwrap();
        running.state = json!({"goal": {"back": {}}});
        let key = ledger::step(&running.names.brought.deployment, &name);
        let mut step: Step = self.stage.get(&key).unwrap();
        step.kind = KindName::Lambda;
        step.claims = vec![Claim::whole(format!("arn:aws:lambda:{component}"))];
        self.stage.put(key, &step);
        let (app, environment) = tenant.split_once('/').unwrap();
        let (app, environment) = (AppName::new(app), EnvironmentName::new(environment));
        let key = ledger::state(EnvironmentId::new(&app.unwrap(), &environment.unwrap()));
        self.stage.put(key, &state);
    }

    /// Lets everything that was planned run, with one file at the place to which a distribution points.
    fn is_recorded(&self, tenant: &Tenant) {
        let record: Deployment = self.stage.get(&ledger::deployment(&tenant.id)).unwrap();
        let mut state = self.state(&format!("{}/{}", record.app, record.environment));
        for component in record.release.components.keys() {
            let key = ledger::step(&tenant.id, component);
            let step: Step = self.stage.get(&key).unwrap();
            let seen = step.goals.values().last().unwrap();
            self.points_to(&step.target, seen);
            let running = Running::new(
                None,
                GivenVersion {
                    version: "1.0.0".into(),
                    deployment: tenant.id.clone(),
                    since: Time(0),
                    git: None,
                    released_by: None,
                },
                json!({"goal": seen}),
            );
            state.running.insert(component.clone(), running);
        }
        let key = ledger::state(record.environment_id());
        self.stage.put(key, &state);
    }

    fn points_to(&self, target: &Value, seen: &Value) {
        let (Some(id), Some(path)) = (target["site"]["distribution"].as_str(), seen["origin_path"].as_str()) else {
            return;
        };
        let bucket = target["site"]["bucket"].as_str().unwrap();
        let key = format!("{}/index.html", &path[1..]);
        self.world().s3().upload(bucket, &key, &b"here"[..]);
        let mut cdn = self.world().cloudfront();
        let found = cdn.distributions.get_mut(id).unwrap();
        found.origins[0].path = path.into();
    }
}

fn declared(site: &str) -> String {
    let (name, place) = site.split_once('=').unwrap();
    let (place, rest) = match place.split_once(['@', '>']) {
        Some((folder, distribution)) if place.contains('>') => {
            (folder, format!(", mode: prefix, distribution: {distribution}"))
        }
        Some((folder, distribution)) => match distribution.split_once('#') {
            Some((id, origin)) => (folder, format!(", distribution: {id}, origin: {origin}")),
            None => (folder, format!(", distribution: {distribution}")),
        },
        None => (place, String::new()),
    };
    let (bucket, prefix) = place.split_once('/').unwrap();
    format!("{name}: {{kind: static_site, bucket: {bucket}, prefix: '{prefix}'{rest}}}")
}
