//! AWS in memory, behind the engine's ports.
//!
//! Each service imitates AWS and not our own verbs: RevisionIds that move, ETags, versions,
//! conditions, asynchronous updates. One service, one file, named like its port. Every file has a
//! state struct that tests read and write directly to set a scene or to look at the outcome.
//! Every method of a port begins and ends with a hook for mishaps; see [`mishaps`].

pub mod alarms;
mod applications;
mod bucket;
pub mod call_gate;
pub mod calls;
pub mod cdn;
pub mod clock;
pub mod cloudtrail;
pub mod codedeploy;
mod codedeploy_documents;
mod codedeploy_progress;
pub mod configurations;
pub mod conformance;
mod deletions;
pub mod events;
pub mod executions;
pub mod functions;
mod json_services;
pub mod ledger;
mod listing;
mod live_alias;
pub mod live_deployment;
pub mod live_function;
pub mod live_rollout;
pub mod live_service_deployment;
mod live_task;
pub mod logs;
pub mod metric_source;
pub mod mishaps;
pub mod notifications;
pub mod objects;
mod package;
pub mod pausing;
pub mod probe;
pub mod quotas;
pub mod registry;
pub mod roles;
pub mod rollout;
pub mod run;
pub mod runners;
pub mod runs;
pub mod services;
mod shifting;
pub mod stale_reads;
mod task_sets;
mod task_starts;
mod trial;
mod uploads;

use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use windlass_domain::place::Place;
use windlass_engine::config::{Config, Configured};
use windlass_engine::ports::Reach;

/// All services. Cloning gives another handle on the same world.
#[derive(Debug, Clone)]
pub struct World {
    shared: Rc<Shared>,
    place: Place,
    /// The time that each of its writes of objects may take, in milliseconds, where these writes are switching changes.
    once_ms: Option<u64>,
}

#[derive(Debug, Clone)]
struct Shared {
    config: Config,
    clock: RefCell<clock::State>,
    ledger: RefCell<ledger::State>,
    objects: RefCell<objects::State>,
    cdn: RefCell<cdn::State>,
    functions: RefCell<functions::State>,
    codedeploy: RefCell<codedeploy::State>,
    services: RefCell<services::State>,
    quotas: RefCell<quotas::State>,
    cloudtrail: RefCell<cloudtrail::State>,
    registry: RefCell<registry::State>,
    roles: RefCell<roles::State>,
    runners: RefCell<runners::State>,
    runs: RefCell<runs::State>,
    alarms: RefCell<alarms::State>,
    configurations: RefCell<configurations::State>,
    logs: RefCell<logs::State>,
    probe: RefCell<probe::State>,
    executions: RefCell<executions::State>,
    events: RefCell<events::State>,
    notifications: RefCell<notifications::State>,
    mishaps: RefCell<mishaps::State>,
}

impl Default for World {
    fn default() -> Self {
        let config = Config {
            artifacts_bucket: "artifacts".into(),
            region: "eu-west-1".into(),
            in_vpc: false,
            local_endpoint: None,
            task_roles: vec!["arn:aws:iam::*:role/windlass-task-*".into()],
            deployers: roles::deployers(),
            links: "https://windlass.example".into(),
        };
        Self {
            shared: Rc::new(Shared {
                config,
                clock: RefCell::default(),
                ledger: RefCell::default(),
                objects: RefCell::default(),
                cdn: RefCell::default(),
                functions: RefCell::default(),
                codedeploy: RefCell::default(),
                services: RefCell::default(),
                quotas: RefCell::default(),
                cloudtrail: RefCell::default(),
                registry: RefCell::default(),
                roles: RefCell::default(),
                runners: RefCell::default(),
                runs: RefCell::default(),
                alarms: RefCell::default(),
                configurations: RefCell::default(),
                logs: RefCell::default(),
                probe: RefCell::default(),
                executions: RefCell::default(),
                events: RefCell::default(),
                notifications: RefCell::default(),
                mishaps: RefCell::default(),
            }),
            place: Place::default(),
            once_ms: None,
        }
    }
}

impl World {
    /// The state of `objects`, to set a scene or to look.
    pub fn objects(&self) -> RefMut<'_, objects::State> {
        let mut state = self.shared.objects.borrow_mut();
        state.now = self.true_time();
        state
    }

    /// The state of `registry`, to set a scene or to look.
    pub fn registry(&self) -> RefMut<'_, registry::State> {
        let mut state = self.shared.registry.borrow_mut();
        state.now = self.true_time();
        state
    }
}

macro_rules! services {
    ($($name:ident),*) => {
        impl World {
            $(
                #[doc = concat!("The state of `", stringify!($name), "`, to set a scene or to look.")]
                pub fn $name(&self) -> RefMut<'_, $name::State> {
                    self.shared.$name.borrow_mut()
                }
            )*
        }
    };
}

services!(
    clock,
    codedeploy,
    ledger,
    cdn,
    functions,
    services,
    alarms,
    configurations,
    logs,
    probe,
    quotas,
    cloudtrail,
    roles,
    runners,
    runs,
    executions,
    events,
    notifications,
    mishaps
);

impl World {
    /// The place that this handle reaches.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Another world that is now as this one is, without a gate.
    #[must_use]
    pub fn copy(&self) -> Self {
        let copy = Self {
            shared: Rc::new(Shared::clone(&self.shared)),
            place: self.place.clone(),
            once_ms: self.once_ms,
        };
        copy.mishaps().gate = None;
        copy
    }
}

impl Reach for World {
    fn at(&self, place: &Place) -> Self {
        Self {
            shared: Rc::clone(&self.shared),
            place: place.clone(),
            once_ms: None,
        }
    }
}

impl Configured for World {
    fn config(&self) -> &Config {
        &self.shared.config
    }
}
