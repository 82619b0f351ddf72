//! The sample application in the in-memory world: its targets, its declaration, its releases.

use crate::program::Program;
use crate::region::Region;
use crate::shop_world;
pub use crate::shop_world::ALARM;
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::{Drill, Drills};
use windlass_domain::deployment::step::Step;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::ledger::{self, Stored};
use windlass_world::World;
use windlass_world::run::run;

/// One function, all at once, watched for a minute.
pub const ONE_FUNCTION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// Two functions, one after the other; the second is shifted in two steps.
pub const FUNCTIONS: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  jobs: {kind: lambda, function: shop-jobs, alias: live}
  api: {kind: lambda, function: shop-api, alias: live, after: [jobs], rollout: {canary: [50], every: 1m}}
gates:
  bake: 2m
  alarms: [shop-5xx]
";

/// A service, and a function after it.
pub const SERVICE_AND_FUNCTION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// All three kinds, one after the other.
pub const ALL_KINDS: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent}
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
  web: {kind: static_site, bucket: shop-web, distribution: E1, after: [api]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The application `shop` with one environment, `prod`, in a region.
#[derive(Debug)]
pub struct Shop<'p> {
    /// The region.
    pub region: Region<'p>,
    started: u32,
}

impl<'p> Shop<'p> {
    /// Makes a region with the targets and a declaration in force.
    ///
    /// # Panics
    /// If the declaration has mistakes.
    pub fn new(program: &'p Program, declaration: &str) -> Self {
        Self::in_world(program, shop_world::make(declaration))
    }

    /// Makes a region over this world.
    pub fn in_world(program: &'p Program, world: World) -> Self {
        Self { region: Region::new(program, world), started: 0 }
    }

    /// Makes another function, with the alias `live` on its version 1.
    pub fn make_function(&self, name: &str) {
        crate::shop_world::make_function(self.world(), name);
    }

    /// Returns the world.
    pub fn world(&self) -> &World {
        self.region.world()
    }

    /// Starts an execution with an operator's input, a second after the one before. Returns its ARN.
    pub fn start(&mut self, input: &Value) -> String {
        self.started += 1;
        {
            let mut clock = self.world().clock();
            clock.now = clock.now.plus_ms(1000);
        }
        let name = format!("console-{}", self.started);
        self.region.start(&name, input)
    }

    /// Uploads artifacts for the components and starts a deployment of them, even if deployments are held. Returns its
    /// ARN.
    pub fn deploy(&mut self, version: &str, components: &[&str]) -> String {
        let mut request = self.release(version, components);
        request["through_hold"] = json!(true);
        request["reason"] = json!("because a test says so");
        self.start(&request)
    }

    /// Uploads artifacts for the components. Returns the request that deploys them.
    pub fn release(&self, version: &str, components: &[&str]) -> Value {
        shop_world::release(self.world(), version, components)
    }

    /// Uploads artifacts for the components. Returns the request that deploys them into the environment.
    pub fn release_into(&self, environment: &str, version: &str, components: &[&str]) -> Value {
        shop_world::release_into(self.world(), environment, version, components)
    }

    /// Starts an operator's action. Returns its ARN.
    pub fn act(&mut self, action: &str) -> String {
        let reason = "because a test says so";
        self.start(&json!({"action": action, "app": "shop", "environment": "prod", "reason": reason}))
    }

    /// Returns the path of an execution that has ended.
    ///
    /// # Panics
    /// If it has not ended.
    pub fn path(&self, arn: &str) -> String {
        match self.region.ended(arn) {
            Some(ended) => ended.execution.in_words(),
            None => panic!("{arn} is in {:?}", self.region.state_of(arn)),
        }
    }

    /// Returns the versions that the alias `live` of a function serves: `1`, or `1 2@0.5`.
    pub fn serves(&self, function: &str) -> String {
        let functions = self.world().lambda();
        let alias = &functions.functions[function].aliases["live"];
        let mut text = alias.version.clone();
        for (version, weight) in &alias.weights {
            text += &format!(" {version}@{weight}");
        }
        text
    }

    /// Returns the task definition that the service runs, as `agent:1`.
    pub fn runs(&self) -> String {
        let mut services = self.world().ecs();
        let arn = &services.service_mut("shop", "agent").service.task_definition;
        arn.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Returns the page in the site's bucket.
    pub fn page(&self) -> String {
        let pages = self.world().s3().texts("shop-web");
        pages.get("index.html").cloned().unwrap_or_default()
    }

    /// Returns the deployment that an execution worked for.
    ///
    /// # Panics
    /// If it worked for none.
    pub fn deployment(&self, arn: &str) -> Deployment {
        let of = self.item(&ledger::execution(arn));
        self.item(&ledger::deployment(&of.value.deployment)).value
    }

    /// Returns the record of a deployment.
    pub fn record(&self, id: &DeploymentId) -> Deployment {
        self.item(&ledger::deployment(id)).value
    }

    /// Returns the lock of the environment.
    pub fn lock(&self) -> Lock {
        let (app, prod) = names();
        self.item(&ledger::lock(EnvironmentId::new(&app, &prod))).value
    }

    /// Returns the state of the environment in the ledger.
    pub fn environment(&self) -> EnvironmentState {
        let (app, prod) = names();
        self.item(&ledger::state(EnvironmentId::new(&app, &prod))).value
    }

    /// Returns the drills of the environment in the ledger; `None` before the first drill.
    ///
    /// # Panics
    /// If they cannot be read.
    pub fn known_drills(&self) -> Option<Drills> {
        let (app, prod) = names();
        match run(ledger::load(self.world(), &ledger::drills(EnvironmentId::new(&app, &prod)))) {
            Ok(found) => found.map(|found| found.value),
            Err(fault) => panic!("{fault}"),
        }
    }

    /// Returns the drills of the environment in the ledger; the default before the first drill.
    pub fn drills(&self) -> Drills {
        self.known_drills().unwrap_or_default()
    }

    /// Returns the record of the last drill that has ended.
    ///
    /// # Panics
    /// If there is none.
    pub fn ended_drill(&self) -> Drill {
        let (app, prod) = names();
        let all = run(ledger::load_all(self.world(), &ledger::ended_drills(EnvironmentId::new(&app, &prod))));
        match all.map(|mut all| all.pop()) {
            Ok(Some(last)) => last.value,
            Ok(None) => panic!("no drill has ended"),
            Err(fault) => panic!("{fault}"),
        }
    }

    /// Returns a component's step in the deployment that an execution worked for.
    ///
    /// # Panics
    /// If there is none.
    pub fn step(&self, arn: &str, component: &str) -> Step {
        let id = self.deployment(arn).id;
        match ComponentName::new(component) {
            Ok(name) => self.item(&ledger::step(&id, &name)).value,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns whether the ledger has an item of the environment whose sort key begins with this text, such as `veto#`.
    pub fn has(&self, sk_prefix: &str) -> bool {
        let (app, prod) = names();
        let pk = ledger::environment(EnvironmentId::new(&app, &prod));
        let ledger = self.world().dynamodb();
        let mut keys = ledger.items.keys();
        keys.any(|key| key.pk == pk && key.sk.starts_with(sk_prefix))
    }

    fn item<T: serde::de::DeserializeOwned>(&self, key: &ledger::ItemKey<T>) -> Stored<T> {
        match run(ledger::require(self.world(), key)) {
            Ok(stored) => stored,
            Err(fault) => panic!("{fault}"),
        }
    }
}

fn names() -> (AppName, EnvironmentName) {
    match (AppName::new("shop"), EnvironmentName::new("prod")) {
        (Ok(app), Ok(environment)) => (app, environment),
        other => panic!("{other:?}"),
    }
}
